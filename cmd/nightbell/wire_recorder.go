package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/call"
	"nightbell/media"
	"nightbell/seal"
	"nightbell/store"
)

// recorder joins media's taps, seal's files and store's rows: call.Recorder. Start returns at once; the tap queues ten
// seconds while the row with the wrapped key is committed and the file is made. Nothing of a recording is ever in clear
// outside memory.
type recorder struct {
	office  *office
	log     *slog.Logger
	alarms  *alarms
	ctx     context.Context // of the server: ends after the last recording was closed
	quit    chan struct{}   // closed when what cannot be filed now is left to the next start
	running sync.WaitGroup
	counts  struct{ started, broken atomic.Uint64 }

	mu     sync.Mutex
	barred string // why nothing is recorded now; empty: it is
	live   map[*recording]struct{}
}

const unrecordedAlarm = "unrecorded"

// Start is call.Recorder.
func (r *recorder) Start(spec call.RecordingSpec, v call.Voice, trouble func(string)) (call.Recording, error) {
	if r.office.Ring == nil {
		return nil, errors.New("recorder: keys are sealed")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.barred != "" {
		return nil, call.Unwilling(r.barred)
	}
	rec := &recording{of: r, id: rand.Text(), spec: spec, session: v.(voice).Session, trouble: trouble, meter: newMeter()}
	rec.tap = rec.session.Record(nil)
	r.live[rec] = struct{}{}
	r.counts.started.Add(1)
	r.running.Go(rec.run)
	return rec, nil
}

// bar ends what is being recorded, in order, and begins nothing new until allow. The calls go on and say so.
func (r *recorder) bar(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.barred = why
	for rec := range r.live {
		rec.cease(why)
	}
}

// allow ends a bar.
func (r *recorder) allow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.barred = ""
}

func (r *recorder) over(rec *recording) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.live, rec)
}

// wait returns when every recording is closed, or left to the next start.
func (r *recorder) wait() {
	close(r.quit)
	r.running.Wait()
}

// recording is one conversation's sound; in parts where a file would exceed eight hours.
type recording struct {
	of      *recorder
	id      string
	spec    call.RecordingSpec
	session *media.Session
	trouble func(string)
	meter   *meter // how much the recorded party said

	mu       sync.Mutex
	tap      *media.Tap // of the part that runs
	ceased   string     // why it was ended before the call
	unwanted *discard   // nil: it is kept
}

// ID is the first part's; later parts name it in their rows.
func (rec *recording) ID() string { return rec.id }

func (rec *recording) now() *media.Tap {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.tap
}

func (rec *recording) Mark(kind, actor, reason string)   { rec.now().Mark(kind, actor, reason) }
func (rec *recording) Pause(actor, reason string)        { rec.now().Pause(actor, reason) }
func (rec *recording) Resume(actor, reason string)       { rec.now().Resume(actor, reason) }
func (rec *recording) Stop(status media.RecordingStatus) { rec.now().Stop(status) }

// Spoken and Settled are call.Meter.
func (rec *recording) Spoken() (said, quiet time.Duration) { return rec.meter.spoken() }
func (rec *recording) Settled() <-chan struct{}            { return rec.meter.settled }

// cease ends it before the call does.
func (rec *recording) cease(why string) {
	rec.mu.Lock()
	rec.ceased = why
	rec.mu.Unlock()
	rec.now().Stop(media.Aborted)
	rec.trouble(why)
}

func (rec *recording) early() string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return cmp.Or(rec.ceased, "media ended first")
}

// broke says at once that the rest of the call is not recorded.
func (rec *recording) broke(id string, err error) {
	word := reasonWord(err)
	rec.of.counts.broken.Add(1)
	rec.of.log.Error("recording broke", "recording", id, "err", err)
	rec.of.alarms.raise(unrecordedAlarm, "a call goes on unrecorded: "+strings.ReplaceAll(word, "_", " "))
	rec.trouble(word)
	rec.meter.settle(media.Aborted)
}

// run writes part after part until one does not continue.
func (rec *recording) run() {
	defer rec.of.over(rec)
	next, parts := reel{rec: rec, id: rec.id, part: rec.spec.Part, tap: rec.now()}, []string(nil)
	for {
		parts = append(parts, next.id)
		summary, status, err := next.record()
		if err != nil {
			rec.broke(next.id, err)
			next.salvage(reasonWord(err))
			rec.destroy(parts)
			return
		}
		if status != media.Continued {
			rec.destroy(parts)
			return
		}
		rec.mu.Lock()
		rec.tap = rec.session.Record(nil)
		rec.mu.Unlock()
		next = reel{rec: rec, id: rand.Text(), part: next.part + 1, before: next.id, tap: rec.now(),
			previous: &seal.Previous{FileID: summary.FileID.String(), Transcript: hex.EncodeToString(summary.Transcript[:])}}
	}
}

// reasonWord is what the story of the call says: a closed word, never an error's text.
func reasonWord(err error) string {
	switch {
	case errors.Is(err, store.ErrFull), noRoom(err):
		return "disk_full"
	case errors.Is(err, store.ErrBusy):
		return "database"
	}
	return "recorder"
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"

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
	ctx     context.Context // of the server: ends after the last recording was closed
	running sync.WaitGroup
	counts  struct{ started, broken atomic.Uint64 }
}

// Start is call.Recorder.
func (r *recorder) Start(spec call.RecordingSpec, v call.Voice, trouble func(string)) (call.Recording, error) {
	if r.office.Ring == nil {
		return nil, errors.New("recorder: keys are sealed")
	}
	rec := &recording{of: r, id: rand.Text(), spec: spec, session: v.(voice).Session, trouble: trouble}
	rec.tap = rec.session.Record(nil)
	r.counts.started.Add(1)
	r.running.Go(rec.run)
	return rec, nil
}

// wait returns when every recording is closed.
func (r *recorder) wait() { r.running.Wait() }

// recording is one conversation's sound; in parts where a file would exceed eight hours.
type recording struct {
	of      *recorder
	id      string
	spec    call.RecordingSpec
	session *media.Session
	trouble func(string)

	mu  sync.Mutex
	tap *media.Tap // of the part that runs
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

// run writes part after part until one does not continue.
func (rec *recording) run() {
	next := reel{rec: rec, id: rec.id, part: rec.spec.Part, tap: rec.now()}
	for {
		summary, status, err := next.record()
		if err != nil {
			rec.of.counts.broken.Add(1)
			rec.of.log.Error("recording broke", "recording", next.id, "err", err)
			rec.trouble(reasonWord(err))
			return
		}
		if status != media.Continued {
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
	case errors.Is(err, store.ErrFull), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "disk_full"
	case errors.Is(err, store.ErrBusy):
		return "database"
	}
	return "recorder"
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nightbell/media"
	"nightbell/seal"
	"nightbell/store"
)

// reel is one file of a recording, from the row with its wrapped key to the row that is final.
type reel struct {
	rec      *recording
	id       string // of the row
	part     int
	before   string // id of the part before
	previous *seal.Previous
	tap      *media.Tap

	row    store.Recording
	aside  bool // the row lies beside the file: the database did not take it in time
	writer *seal.Writer
	torn   bool                  // the file has no end: the disk refused
	status media.RecordingStatus // as Finish was told
}

// Patience with the database. The start must be well within what a tap can queue; the end can wait, and where it waits in
// vain the row stays live and the next start closes it.
const (
	rowPatience = 3 * time.Second
	rowRetry    = time.Second
)

// record makes the file, lets the tap fill it, and files its end.
func (r *reel) record() (seal.Summary, media.RecordingStatus, error) {
	file, err := r.prepare()
	if err != nil {
		r.tap.Open(nil)
		return seal.Summary{}, 0, err
	}
	r.rec.of.alarms.clear(unrecordedAlarm)
	r.tap.Open(r)
	r.await()
	if err := errors.Join(r.tap.Err(), file.Settle(), file.Close()); err != nil {
		r.torn = true
		return seal.Summary{}, 0, err
	}
	summary := r.writer.Summary()
	return summary, r.status, r.finish(summary)
}

// await waits for the tap's end. A row that lies beside its file goes into the database as soon as that answers again: a
// call of hours is in the list long before it ends.
func (r *reel) await() {
	if !r.aside {
		<-r.tap.Done()
		return
	}
	tick := time.NewTicker(rowRetry)
	defer tick.Stop()
	for {
		select {
		case <-r.tap.Done():
			return
		case <-tick.C:
			if r.aside && r.adopt() == nil {
				r.live()
			}
		}
	}
}

// prepare: first the row, then the file, then live.
func (r *reel) prepare() (*seal.File, error) {
	office, spec := r.rec.of.office, r.rec.spec
	code, channels, rate := r.tap.Format()
	header, err := seal.NewHeader(seal.Codec(code), channels, rate)
	if err != nil {
		return nil, err
	}
	header = office.escrowed(header)
	key := seal.NewDataKey()
	defer key.Wipe()
	wrapped, err := office.Ring.Wrap(header.Binding(spec.Clinic), key)
	if err != nil {
		return nil, fmt.Errorf("wrap data key: %w", err)
	}
	digest := header.Digest()
	r.row = store.Recording{ID: r.id, Call: spec.Call, Clinic: spec.Clinic, Part: r.part, Kind: string(spec.Kind), Previous: r.before, Opened: time.Now().UTC(),
		FileID: header.FileID[:], FileName: seal.NewName(), HeaderHash: digest[:], WrappedKey: wrapped.Sealed, KeyVersion: wrapped.Version}
	if err := r.commit(); err != nil {
		return nil, err
	}
	file, err := office.Folder.Create(r.row.FileName)
	if err != nil {
		return nil, errors.Join(err, r.lost())
	}
	r.writer, err = seal.Create(file, key, header, r.meta(wrapped.Version))
	if err == nil {
		err = file.Settle()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), office.Folder.Remove(file.Name()), r.lost())
	}
	if !r.aside {
		r.live()
	}
	return file, nil
}

func (r *reel) meta(version uint32) seal.Meta {
	spec := r.rec.spec
	return seal.Meta{CallID: spec.Call, ClinicID: spec.Clinic, Direction: cmp.Or(spec.Direction, "in"), Started: time.Now().UTC(), Consent: spec.Consent,
		KeyVersion: version, Part: r.part, Previous: r.previous, Channels: spec.Sides[:],
		Legs: []seal.MetaLeg{{ID: spec.Sides[0], Side: spec.Sides[0]}}}
}

// commit brings the wrapped key to safety: into the database, or beside the file when the database does not answer.
func (r *reel) commit() error {
	ctx, cancel := context.WithTimeout(r.rec.of.ctx, rowPatience)
	defer cancel()
	_, err := r.rec.of.office.Store.OpenRecording(ctx, r.row)
	if err == nil {
		return nil
	}
	text, err2 := json.Marshal(r.row)
	if err2 != nil {
		return errors.Join(err, err2)
	}
	if err2 := r.rec.of.office.Folder.PutAside(r.row.FileName, text); err2 != nil {
		return errors.Join(err, err2)
	}
	r.aside = true
	r.rec.of.log.Warn("recording's row waits beside its file", "recording", r.id, "err", err)
	return nil
}

// live is a courtesy to whoever lists recordings: a crash finds the file from "opening" as well.
func (r *reel) live() {
	ctx, cancel := context.WithTimeout(r.rec.of.ctx, rowPatience)
	defer cancel()
	if err := r.rec.of.office.Store.RecordingLive(ctx, r.id); err != nil {
		r.rec.of.log.Warn("recording's row", "recording", r.id, "err", err)
	}
}

// lost says that nothing was recorded.
func (r *reel) lost() error {
	return r.file(store.Ending{State: store.Lost, Reason: "no file"})
}

// finish files count, hash and transcript.
func (r *reel) finish(s seal.Summary) error {
	end := store.Ending{State: store.Final, Records: s.Records, Samples: s.Samples, SHA256: s.SHA256[:], Transcript: s.Transcript[:]}
	if r.status == media.Aborted {
		end.State, end.Reason = store.Aborted, r.rec.early()
	}
	return r.file(end)
}

// salvage closes a file that the disk let down, as the next start would: as soon as there is room for its end.
func (r *reel) salvage(why string) {
	for r.torn {
		rec, err := r.rec.of.office.closeFile(r.row)
		if err == nil {
			err = r.file(endingOf(rec, why))
		}
		if !noRoom(err) {
			r.torn = false
			if err != nil {
				r.rec.of.log.Error("recording is left to the next start", "recording", r.id, "err", err)
			}
			return
		}
		select {
		case <-r.rec.of.quit:
			return
		case <-time.After(rowRetry):
		}
	}
}

// file writes the end of the row, again and again while the database is away, until the server stops.
func (r *reel) file(end store.Ending) error {
	for {
		err := r.fileOnce(end)
		if err == nil || !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrFull) {
			return err
		}
		select {
		case <-r.rec.of.quit:
			return err
		case <-time.After(rowRetry):
		}
	}
}

func (r *reel) fileOnce(end store.Ending) error {
	if err := r.adopt(); err != nil {
		return err
	}
	return r.rec.of.office.Store.EndRecording(context.WithoutCancel(r.rec.of.ctx), r.id, end)
}

// adopt brings a row that lies beside its file home.
func (r *reel) adopt() error {
	if !r.aside {
		return nil
	}
	if err := adopt(context.WithoutCancel(r.rec.of.ctx), r.rec.of.office.Store, r.row); err != nil {
		return err
	}
	if err := r.rec.of.office.Folder.DropAside(r.row.FileName); err != nil {
		return err
	}
	r.aside = false
	return nil
}

// adopt brings a row that lay beside its file into the database; one that is there already is well.
func adopt(ctx context.Context, st *store.Store, row store.Recording) error {
	if _, err := st.Recording(ctx, row.ID); err == nil {
		return nil
	}
	_, err := st.OpenRecording(ctx, row)
	return err
}

// Audio, Mark and Finish are media.Sink: the tap's goroutine writes the file through them.
func (r *reel) Audio(first uint64, interleaved []byte) error {
	r.rec.meter.hears(r.tap, interleaved)
	return r.writer.Audio(first, interleaved)
}
func (r *reel) Mark(json []byte) error { return r.writer.Mark(json) }
func (r *reel) Finish(status media.RecordingStatus, samples uint64) error {
	r.status = status
	r.rec.meter.settle(status)
	return r.writer.Finish(seal.Status(status), samples)
}

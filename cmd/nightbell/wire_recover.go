package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"sync"
	"syscall"
	"time"

	"nightbell/audit"
	"nightbell/seal"
	"nightbell/store"
)

// recovery closes what a crash left open: rows that lie beside their files, calls that were cut off, and recordings that
// have no end. It runs before calls are taken, while the keys are open; where the database or the disk does not let it
// finish, calls are taken all the same and it runs again. What began after before is alive and none of its business.
type recovery struct {
	office *office
	log    *slog.Logger
	before time.Time // the server's start

	mu    sync.Mutex
	spare []string // calls that go on, or are about to

	homed bool // no row lies beside its file any more
}

// Run names what it did in the log and the audit log (store writes the leaf with each row's end).
func (v *recovery) Run(ctx context.Context) error {
	if err := v.asides(ctx); err != nil {
		return err
	}
	cut, err := v.office.Store.RecoverCalls(ctx, v.before, v.spared()...)
	if err != nil {
		return err
	}
	closed, err := v.recordings(ctx)
	if cut+closed > 0 {
		v.log.Warn("recovered after a crash", "calls", cut, "recordings", closed)
		err = errors.Join(err, v.remember(ctx, cut, closed))
	}
	return err
}

// spares says which calls of the process before are not cut off.
func (v *recovery) spares(calls []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.spare = calls
}

func (v *recovery) spared() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.spare
}

// remember sums up; the leaf of each call and recording was written with its end.
func (v *recovery) remember(ctx context.Context, calls, recordings int) error {
	return v.office.Store.Audit(ctx, audit.Event{Time: time.Now().UTC(), Action: audit.ServerRecovered,
		Object: "server:" + v.office.Store.Instance(), Outcome: audit.Done, Actor: audit.Actor{Type: "system"},
		Facts: map[string]string{"calls": strconv.Itoa(calls), "recordings": strconv.Itoa(recordings)}})
}

// canWait reports whether an error says that it is the machine's hour, not the data, that is bad.
func canWait(err error) bool {
	return errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrFull) || noRoom(err)
}

func noRoom(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func (v *recovery) asides(ctx context.Context) error {
	if v.homed {
		return nil
	}
	rows, err := v.office.Folder.Asides()
	if err != nil {
		return err
	}
	for name, text := range rows {
		var row store.Recording
		if err := json.Unmarshal(text, &row); err != nil || row.FileName != name {
			v.log.Error("row beside a recording is torn", "file", name)
			continue
		}
		if !row.Opened.Before(v.before) {
			continue
		}
		if err := adopt(ctx, v.office.Store, row); err != nil {
			return err
		}
		if err := v.office.Folder.DropAside(name); err != nil {
			return err
		}
	}
	v.homed = true
	return nil
}

// recordings closes one file after the other; those that have no room for their end now wait for the next time.
func (v *recovery) recordings(ctx context.Context) (n int, later error) {
	q := store.RecordingQuery{States: []store.RecordingState{store.Opening, store.Live}, Until: v.before}
	for {
		page, err := v.office.Store.Recordings(ctx, q)
		if err != nil {
			return n, err
		}
		for _, row := range page.Rows {
			end, err := v.recover(row)
			if err != nil {
				later = err
				continue
			}
			if err := v.office.Store.EndRecording(ctx, row.ID, end); err != nil {
				return n, err
			}
			n++
		}
		if q.Cursor = page.Next; page.Next == "" {
			return n, later
		}
	}
}

// recover brings one file to an end. A file that cannot be judged is damaged, not lost: nothing is ever removed here. An
// error means that there is no room for its end.
func (v *recovery) recover(row store.Recording) (store.Ending, error) {
	rec, err := v.office.closeFile(row)
	switch {
	case noRoom(err):
		return store.Ending{}, err
	case errors.Is(err, fs.ErrNotExist):
		return store.Ending{State: store.Lost, Reason: "no file after a crash"}, nil
	case err != nil:
		v.log.Error("recording cannot be recovered", "recording", row.ID, "err", err)
		return store.Ending{State: store.Damaged, Reason: "cannot be recovered"}, nil
	}
	return endingOf(rec, "crash"), nil
}

// endingOf says what became of a file that had no end of its own, and why it had none.
func endingOf(rec seal.Recovery, why string) store.Ending {
	switch rec.Outcome {
	case seal.Untouched:
		return store.Ending{State: store.Damaged, Reason: "a bad record with good ones behind it"}
	case seal.Empty:
		return store.Ending{State: store.Lost, Reason: why + " before the first record"}
	}
	end := store.Ending{State: store.Recovered, Records: rec.Records, Samples: rec.Samples, SHA256: rec.SHA256[:],
		Transcript: rec.Transcript[:], Reason: why}
	if rec.Outcome == seal.Whole {
		end.State, end.Reason = store.Final, "finished before: "+why
	}
	return end
}

// closeFile writes the end of a file that nobody writes any more.
func (o *office) closeFile(row store.Recording) (seal.Recovery, error) {
	key, err := sounds{o}.key(row)
	if err != nil {
		return seal.Recovery{}, err
	}
	defer key.Wipe()
	file, err := o.Folder.OpenForRecovery(row.FileName)
	if err != nil {
		return seal.Recovery{}, err
	}
	rec, err := seal.Recover(file, key)
	return rec, errors.Join(err, file.Close())
}

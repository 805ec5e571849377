package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"

	"nightbell/seal"
	"nightbell/store"
)

// recovery closes what a crash left open: calls that were cut off, rows that lie beside their files, and recordings that
// have no end. It runs once, before calls are taken, and only while the keys are open.
type recovery struct {
	office *office
	log    *slog.Logger
}

// Run names what it did in the log and the audit log (store writes the leaf with each row's end).
func (v recovery) Run(ctx context.Context) error {
	if err := v.asides(ctx); err != nil {
		return err
	}
	cut, err := v.office.Store.RecoverCalls(ctx)
	if err != nil {
		return err
	}
	closed, err := v.recordings(ctx)
	if cut+closed > 0 {
		v.log.Warn("recovered after a crash", "calls", cut, "recordings", closed)
	}
	return err
}

func (v recovery) asides(ctx context.Context) error {
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
		if err := adopt(ctx, v.office.Store, row); err != nil {
			return err
		}
		if err := v.office.Folder.DropAside(name); err != nil {
			return err
		}
	}
	return nil
}

func (v recovery) recordings(ctx context.Context) (n int, err error) {
	for {
		page, err := v.office.Store.Recordings(ctx, store.RecordingQuery{States: []store.RecordingState{store.Opening, store.Live}})
		if err != nil || len(page.Rows) == 0 {
			return n, err
		}
		for _, row := range page.Rows {
			end := v.recover(row)
			if err := v.office.Store.EndRecording(ctx, row.ID, end); err != nil {
				return n, err
			}
			n++
		}
	}
}

// recover brings one file to an end. A file that cannot be judged is damaged, not lost: nothing is ever removed here.
func (v recovery) recover(row store.Recording) store.Ending {
	rec, err := v.file(row)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return store.Ending{State: store.Lost, Reason: "no file after a crash"}
	case err != nil:
		v.log.Error("recording cannot be recovered", "recording", row.ID, "err", err)
		return store.Ending{State: store.Damaged, Reason: "cannot be recovered"}
	case rec.Outcome == seal.Untouched:
		return store.Ending{State: store.Damaged, Reason: "a bad record with good ones behind it"}
	case rec.Outcome == seal.Empty:
		return store.Ending{State: store.Lost, Reason: "crash before the first record"}
	}
	end := store.Ending{State: store.Recovered, Records: rec.Records, Samples: rec.Samples, SHA256: rec.SHA256[:],
		Transcript: rec.Transcript[:], Reason: "crash"}
	if rec.Outcome == seal.Whole {
		end.State, end.Reason = store.Final, "finished before the crash"
	}
	return end
}

func (v recovery) file(row store.Recording) (seal.Recovery, error) {
	key, err := sounds{v.office}.key(row)
	if err != nil {
		return seal.Recovery{}, err
	}
	defer key.Wipe()
	file, err := v.office.Folder.OpenForRecovery(row.FileName)
	if err != nil {
		return seal.Recovery{}, err
	}
	rec, err := seal.Recover(file, key)
	return rec, errors.Join(err, file.Close())
}

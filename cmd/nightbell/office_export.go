package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"nightbell/seal"
	"nightbell/store"
)

// export is what a clinic takes along: calls.sealed, the list of its calls and recordings, and every recording as it lies,
// both sealed to the clinic's own key. Nothing of it is in clear. A WAV is a person's to make, with her login and her reason,
// before the clinic goes (recordings export), or the clinic's with its key (recordings rescue).
type export struct {
	office *office
	clinic string
	to     seal.Recipient
	folder string
	files  int
}

// callsLabel is what the list is enclosed under.
const callsLabel = "clinic-calls"

// exportedCall is a line of the list.
type exportedCall struct {
	ID        string    `json:"id"`
	From      string    `json:"from,omitempty"`
	Dialled   string    `json:"dialled,omitempty"`
	Arrived   time.Time `json:"arrived"`
	Answered  time.Time `json:"answered,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Outcome   string    `json:"outcome"`
	By        string    `json:"by,omitempty"`
	Recording string    `json:"recording,omitempty"`
}

// exportedRecording says which file is which call's.
type exportedRecording struct {
	ID     string    `json:"id"`
	Call   string    `json:"call"`
	Part   int       `json:"part"`
	Opened time.Time `json:"opened"`
	State  string    `json:"state"`
	File   string    `json:"file,omitempty"`
	SHA256 string    `json:"sha256,omitempty"` // with bytes 128..4095 as zero
}

func (e *export) write(ctx context.Context, rows []store.Recording) error {
	if err := e.office.outsideData(e.folder); err != nil {
		return err
	}
	list := struct {
		Clinic     string              `json:"clinic"`
		Made       time.Time           `json:"made"`
		Calls      []exportedCall      `json:"calls"`
		Recordings []exportedRecording `json:"recordings"`
	}{Clinic: e.clinic, Made: e.office.now().UTC()}
	var err error
	if list.Calls, err = e.calls(ctx); err != nil {
		return err
	}
	for _, r := range rows {
		line := exportedRecording{ID: r.ID, Call: r.Call, Part: r.Part, Opened: r.Opened, State: string(r.State), SHA256: fmt.Sprintf("%x", r.SHA256)}
		if len(r.WrappedKey) > 0 {
			if line.File, err = e.copy(r); err != nil {
				return fmt.Errorf("export recording %s: %w", r.ID, err)
			}
		}
		list.Recordings = append(list.Recordings, line)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	defer clear(text)
	envelope, err := e.to.Enclose(callsLabel, text)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(e.folder, "calls.sealed"), envelope, 0o600)
}

func (e *export) calls(ctx context.Context) ([]exportedCall, error) {
	q := store.CallQuery{Clinics: []string{e.clinic}, Limit: 1000}
	var all []exportedCall
	for {
		page, err := e.office.Store.Calls(ctx, q)
		if err != nil {
			return nil, known(err)
		}
		for _, c := range page.Rows {
			all = append(all, exportedCall{
				ID: c.ID, From: c.From.Reveal(), Dialled: c.Dialled.Reveal(), Arrived: c.Arrived, Answered: c.Answered, Ended: c.Ended,
				Outcome: string(c.Outcome), By: c.By, Recording: c.Recording,
			})
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return all, nil
		}
	}
}

// copy copies a recording as it lies, and addresses the copy to the clinic. A file that is gone is no reason to stay.
func (e *export) copy(r store.Recording) (name string, err error) {
	in, err := e.office.Folder.Open(r.FileName)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer in.Close()
	key, err := sounds{e.office}.key(r)
	if err != nil {
		return "", err
	}
	defer key.Wipe()
	header := make([]byte, seal.HeaderSize)
	if _, err := io.ReadFull(in, header); err != nil {
		return "", err
	}
	if err := e.to.Address(header, key); err != nil {
		return "", err
	}
	name = r.ID + ".nbr"
	out, err := os.OpenFile(filepath.Join(e.folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = out.Write(header)
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		e.files++
	}
	return name, err
}

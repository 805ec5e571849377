package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"nightbell/console"
	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/store"
)

// history is what was filed of calls.
type history struct{ *office }

func only(clinic string) []string {
	if clinic == "" {
		return nil
	}
	return []string{clinic}
}

func (h history) List(ctx context.Context, q console.CallQuery) (console.CallPage, error) {
	page, err := h.Store.Calls(ctx, store.CallQuery{
		Clinics: only(q.Clinic), Within: store.Within(q.Within), From: q.From, Until: q.To, Caller: normal(q.Number),
		Limit: q.Limit, Cursor: q.Cursor,
	})
	if err != nil {
		return console.CallPage{}, known(err)
	}
	out := console.CallPage{Next: page.Next}
	for _, r := range page.Rows {
		out.Items = append(out.Items, callOf(r))
	}
	return out, nil
}

// normal is the form under which a caller's number was indexed.
func normal(p phi.Phone) phi.Phone {
	if p.IsZero() {
		return p
	}
	e164, _ := policy.NormaliseNumber(p.Reveal(), "")
	return phi.NewPhone(e164)
}

func callOf(r store.CallRow) console.Call {
	return console.Call{
		ID: r.ID, Clinic: r.Clinic, Trunk: r.Trunk.ID, Dialled: r.Dialled, From: r.From, Pseudonym: r.Pseudonym,
		Arrived: r.Arrived, Answered: r.Answered, Ended: r.Ended, Outcome: string(r.Outcome), By: r.By, Served: r.Served,
		Recording: r.Recording, Took: r.Took,
	}
}

func (h history) Find(ctx context.Context, id string) (console.CallStory, error) {
	s, err := h.Store.Call(ctx, id)
	if err != nil {
		return console.CallStory{}, known(err)
	}
	out := console.CallStory{
		Call: callOf(s.CallRow), TrunkName: s.Trunk.Name, KnownBy: s.Trunk.KnownBy, Protection: s.Trunk.Protection, Plan: s.Plan,
	}
	for _, l := range s.Legs {
		view := console.LegView{
			User: l.User, Person: l.Person, Invited: l.Invited, Answered: l.Answered, Ended: l.Ended,
			Cause: string(l.Cause), Code: l.Code,
		}
		if view.Sound, err = soundOf(l.Sound); err != nil {
			return out, fmt.Errorf("call %s: sound of a leg: %w", id, err)
		}
		out.Legs = append(out.Legs, view)
		if l.Person != "" && !l.Answered.IsZero() {
			out.Took = append(out.Took, l.Person)
		}
	}
	for _, e := range s.Events {
		out.Events = append(out.Events, console.CallEvent{At: e.At, Kind: string(e.Kind), Leg: e.Leg, Data: e.Data})
	}
	return out, nil
}

// sounds are the sealed recordings.
type sounds struct{ *office }

func (s sounds) List(ctx context.Context, q console.RecordingQuery) (console.RecordingPage, error) {
	page, err := s.Store.Recordings(ctx, store.RecordingQuery{Call: q.Call, Clinics: only(q.Clinic), Within: store.Within(q.Within), Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return console.RecordingPage{}, known(err)
	}
	out := console.RecordingPage{Next: page.Next}
	for _, r := range page.Rows {
		out.Items = append(out.Items, s.row(r))
	}
	return out, nil
}

func (s sounds) Find(ctx context.Context, id string) (console.RecordingRow, error) {
	r, err := s.Store.Recording(ctx, id)
	if err != nil {
		return console.RecordingRow{}, known(err)
	}
	row := s.row(r)
	row.Took, err = s.Store.Took(ctx, r.Call)
	return row, known(err)
}

// row shows a recording. Its rate stands in the file's clear head; a file that is gone has none.
func (s sounds) row(r store.Recording) console.RecordingRow {
	v := console.RecordingRow{
		ID: r.ID, Call: r.Call, Clinic: r.Clinic, FileID: hex.EncodeToString(r.FileID), File: r.FileName, Started: r.Opened,
		Took: r.Took, State: string(r.State), Samples: r.Samples, SHA256: hex.EncodeToString(r.SHA256), Part: r.Part, Reason: r.Reason,
	}
	if path, err := s.Folder.Path(r.FileName); err == nil {
		v.Path = path
	}
	if head, err := s.head(r.FileName); err == nil && head.Rate > 0 {
		v.Rate = head.Rate
		v.Seconds = float64(r.Samples) / float64(head.Rate)
	}
	return v
}

func (s sounds) head(name string) (seal.Header, error) {
	f, err := s.Folder.Open(name)
	if err != nil {
		return seal.Header{}, err
	}
	defer f.Close()
	b := make([]byte, 4096)
	if _, err := io.ReadFull(f, b); err != nil {
		return seal.Header{}, err
	}
	return seal.ParseHeader(b)
}

// open unwraps the data key and opens the sealed file.
func (s sounds) open(ctx context.Context, id string) (_ store.Recording, f *os.File, key seal.DataKey, err error) {
	r, err := s.Store.Recording(ctx, id)
	if err != nil {
		return r, nil, key, known(err)
	}
	if key, err = s.key(r); err != nil {
		return r, nil, key, err
	}
	f, err = s.Folder.Open(r.FileName)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: %w", console.ErrNotFound, err)
	}
	return r, f, key, err
}

func (s sounds) key(r store.Recording) (seal.DataKey, error) {
	if s.Ring == nil {
		return seal.DataKey{}, console.ErrSealed
	}
	if r.WrappedKey == nil {
		return seal.DataKey{}, fmt.Errorf("%w: shredded", console.ErrNotFound)
	}
	b := seal.Binding{Clinic: r.Clinic, FileID: seal.FileID(r.FileID), Digest: [32]byte(r.HeaderHash)}
	key, err := s.Ring.Unwrap(b, seal.Wrapped{Version: r.KeyVersion, Sealed: r.WrappedKey})
	return ports(key, err)
}

func (s sounds) Verify(ctx context.Context, id string) (console.RecordingVerdict, error) {
	r, f, key, err := s.open(ctx, id)
	if err != nil {
		return console.RecordingVerdict{}, err
	}
	defer f.Close()
	defer key.Wipe()
	info, err := f.Stat()
	if err != nil {
		return console.RecordingVerdict{}, fmt.Errorf("recording %s: %w", id, err)
	}
	rep := seal.Verify(f, info.Size(), key)
	v := console.RecordingVerdict{
		ID: id, OK: rep.Verdict == seal.OK, Status: string(rep.Verdict), Records: rep.Records, Samples: rep.Samples,
		Seconds: rep.Duration.Seconds(), Transcript: hex.EncodeToString(rep.Transcript[:]), SHA256: hex.EncodeToString(rep.SHA256[:]),
	}
	if rep.Status != 0 {
		v.Status = rep.Status.String()
	}
	if err := cmp.Or(rep.Err(), filed(r, rep)); err != nil {
		v.OK, v.Problem = false, err.Error()
	}
	return v, nil
}

// filed compares the file with what was put on record when it was closed.
func filed(r store.Recording, rep seal.Report) error {
	if len(r.SHA256) != 32 || len(r.Transcript) != 32 {
		return nil // still open, or never closed: there is nothing to compare with
	}
	return rep.Matches(seal.Summary{
		FileID: seal.FileID(r.FileID), Records: r.Records, Samples: r.Samples, Size: rep.Size,
		Transcript: [32]byte(r.Transcript), SHA256: [32]byte(r.SHA256),
	})
}

// wav is a view of a sealed file that closes it in the end.
type wav struct {
	*seal.WAV
	file *os.File
}

func (w wav) Close() error { return w.file.Close() }

func (s sounds) Open(ctx context.Context, id string) (console.Sound, error) {
	r, f, key, err := s.open(ctx, id)
	if err != nil {
		return console.Sound{}, err
	}
	defer key.Wipe()
	info, err := f.Stat()
	if err != nil {
		return console.Sound{}, errors.Join(fmt.Errorf("recording %s: %w", id, err), f.Close())
	}
	rd, err := seal.OpenReader(f, info.Size(), key)
	if err != nil {
		return console.Sound{}, errors.Join(fmt.Errorf("recording %s: %w", id, err), f.Close())
	}
	return console.Sound{ReadSeekCloser: wav{rd.WAV(), f}, Modified: modified(r)}, nil
}

// modified is when the sound last changed; zero, so without a date, while it is still being written.
func modified(r store.Recording) time.Time { return r.Ended }

func (s sounds) Key(ctx context.Context, id string) (string, error) {
	if s.Config.Mode != Development {
		return "", console.ErrNotAllowed
	}
	r, err := s.Store.Recording(ctx, id)
	if err != nil {
		return "", known(err)
	}
	key, err := s.key(r)
	if err != nil {
		return "", err
	}
	defer key.Wipe()
	return key.Hex(), nil
}

// soundOf shows a leg's media.Stats.
func soundOf(raw json.RawMessage) (*console.SoundView, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var s media.Stats
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	return viewSound(s), nil
}

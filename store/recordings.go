package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// RecordingState says where a recording is in its life: recording-format.md, "Rules".
type RecordingState string

const (
	Opening   RecordingState = "opening"   // row and wrapped key stand; the file may not yet
	Live      RecordingState = "live"      // the file takes audio
	Final     RecordingState = "final"     // closed in order
	Recovered RecordingState = "recovered" // closed after a crash, up to its last whole record
	Damaged   RecordingState = "damaged"   // left as it is: a bad record has good ones behind it
	Aborted   RecordingState = "aborted"   // closed early: disk, fault
	Lost      RecordingState = "lost"      // no file, or no audio in it
	Shredded  RecordingState = "shredded"  // the wrapped key is destroyed
)

// Recording is a recording's row. It holds no PHI; the data key in it is wrapped by the clinic's key.
type Recording struct {
	ID         string
	Call       string
	Clinic     string
	Part       int
	Kind       string // of call.RecordingKind; empty: the conversation
	Previous   string // id of the part before
	FileID     []byte // 16 bytes, of NBR1's header
	FileName   string // in the recordings' folder
	HeaderHash []byte // SHA-256 of header[0:96], for the wrapping
	WrappedKey []byte // nil once shredded
	KeyVersion uint32
	State      RecordingState
	Opened     time.Time
	LiveSince  time.Time
	Ended      time.Time
	Records    uint64
	Samples    uint64
	SHA256     []byte // of the file with bytes 128..4095 as zero
	Transcript []byte
	Reason     string   // why it is not Final
	Took       []string // RecordingQuery.Within.Took, where she spoke in the call
}

// Ending is how a recording was closed.
type Ending struct {
	State      RecordingState // Final, Recovered, Damaged, Aborted, Lost
	Records    uint64
	Samples    uint64
	SHA256     []byte
	Transcript []byte
	Reason     string
}

func (r Recording) event(action audit.Action, facts map[string]string) audit.Event {
	facts["part"] = strconv.Itoa(r.Part)
	facts["file_id"] = hex.EncodeToString(r.FileID)
	return audit.Event{
		Actor: system, Action: action, Object: "recording:" + r.ID, Clinic: r.Clinic, Correlation: r.Call, Facts: facts,
	}
}

// OpenRecording commits the row with its wrapped key: after it, and only after it, the file may be made. An empty ID and a
// zero Opened are chosen here. It gives the id.
func (s *Store) OpenRecording(ctx context.Context, r Recording) (string, error) {
	if r.Opened.IsZero() {
		r.Opened = s.now()
	}
	if r.ID == "" {
		r.ID = newID()
	}
	if r.Call == "" || len(r.FileID) != 16 || r.FileName == "" || len(r.WrappedKey) == 0 || r.KeyVersion == 0 {
		return "", fmt.Errorf("open recording %s: %w", r.ID, ErrInvalid)
	}
	if r.HeaderHash == nil {
		r.HeaderHash = []byte{}
	}
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO recordings (id, call, clinic, part, previous, file_id, file_name, header_hash,
			wrapped_key, key_version, state, opened, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.Call, r.Clinic, r.Part, r.Previous, r.FileID, r.FileName, r.HeaderHash,
			r.WrappedKey, r.KeyVersion, string(Opening), r.Opened.UnixMicro(), r.Kind)
		if err != nil {
			return err
		}
		key := strconv.FormatUint(uint64(r.KeyVersion), 10)
		return t.remember(r.event(audit.RecordingOpened, map[string]string{"key_version": key}), phi.Text{})
	})
	if err != nil {
		return "", fmt.Errorf("open recording %s: %w", r.ID, err)
	}
	return r.ID, nil
}

// RecordingLive says that the file stands, synced, and takes audio.
func (s *Store) RecordingLive(ctx context.Context, id string) error {
	err := s.write(ctx, func(t *tx) error {
		r, err := t.recording(id, Opening)
		if err != nil {
			return err
		}
		if _, err := t.exec("UPDATE recordings SET state = ?, live = ? WHERE id = ?", string(Live), s.now().UnixMicro(), id); err != nil {
			return err
		}
		return t.remember(r.event(audit.RecordingStarted, map[string]string{}), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("recording %s live: %w", id, err)
	}
	return nil
}

// EndRecording closes the row: count, hash and transcript go into it and into the audit log in one transaction, which
// holds even against an insider who has the data key. Closing one that is closed is ErrConflict.
func (s *Store) EndRecording(ctx context.Context, id string, e Ending) error {
	switch e.State {
	case Final, Recovered, Damaged, Aborted, Lost:
	default:
		return fmt.Errorf("end recording %s: state %q: %w", id, e.State, ErrInvalid)
	}
	err := s.write(ctx, func(t *tx) error {
		r, err := t.recording(id, Opening, Live)
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE recordings SET state = ?, ended = ?, records = ?, samples = ?, sha256 = ?, transcript = ?,
			reason = ? WHERE id = ?`, string(e.State), s.now().UnixMicro(), int64(e.Records), int64(e.Samples),
			e.SHA256, e.Transcript, e.Reason, id)
		if err != nil {
			return err
		}
		event := r.event(audit.RecordingEnded, map[string]string{
			"state": string(e.State), "records": strconv.FormatUint(e.Records, 10), "samples": strconv.FormatUint(e.Samples, 10),
			"sha256": hex.EncodeToString(e.SHA256), "transcript": hex.EncodeToString(e.Transcript),
		})
		if event.Reason = e.Reason; e.State != Final {
			event.Outcome = audit.Broke
		}
		return t.remember(event, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("end recording %s: %w", id, err)
	}
	return nil
}

// recording reads the row inside the transaction; one in another state is ErrConflict.
func (t *tx) recording(id string, states ...RecordingState) (Recording, error) {
	r := Recording{ID: id}
	err := t.scan("SELECT call, clinic, part, file_id, state FROM recordings WHERE id = ?", []any{id},
		&r.Call, &r.Clinic, &r.Part, &r.FileID, &r.State)
	if err != nil {
		return r, err
	}
	for _, s := range states {
		if r.State == s {
			return r, nil
		}
	}
	return r, fmt.Errorf("state %s: %w", r.State, ErrConflict)
}

// RewrapRecording puts the data key under another key version; the file does not change.
func (s *Store) RewrapRecording(ctx context.Context, id string, wrapped []byte, version uint32) error {
	err := s.write(ctx, func(t *tx) error {
		r, err := t.recording(id, Opening, Live, Final, Recovered, Damaged, Aborted)
		if err != nil {
			return err
		}
		if _, err := t.exec("UPDATE recordings SET wrapped_key = ?, key_version = ? WHERE id = ?", wrapped, version, id); err != nil {
			return err
		}
		key := strconv.FormatUint(uint64(version), 10)
		return t.remember(r.event(audit.RecordingRewrap, map[string]string{"key_version": key}), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("rewrap recording %s: %w", id, err)
	}
	return nil
}

const recordingColumns = `id, call, clinic, part, previous, file_id, file_name, header_hash, wrapped_key, key_version,
	state, opened, live, ended, records, samples, sha256, transcript, reason, kind`

func scanRecording(rows *sql.Rows, more ...any) (Recording, error) {
	var r Recording
	var opened, live, ended sql.NullInt64
	into := []any{
		&r.ID, &r.Call, &r.Clinic, &r.Part, &r.Previous, &r.FileID, &r.FileName, &r.HeaderHash, &r.WrappedKey,
		&r.KeyVersion, &r.State, &opened, &live, &ended, &r.Records, &r.Samples, &r.SHA256, &r.Transcript, &r.Reason,
		&r.Kind,
	}
	err := rows.Scan(append(into, more...)...)
	r.Opened, r.LiveSince, r.Ended = instant(opened), instant(live), instant(ended)
	return r, err
}

package store

import (
	"context"
	"errors"
	"fmt"

	"nightbell/audit"
	"nightbell/phi"
)

// ShredRecording destroys a closed recording's wrapped key, after which its file is noise, and empties the write-ahead
// log, so that the key is in no file any more. What a legal hold keeps is ErrHeld. When only the latter is held up (ErrBusy), the key is gone from the table
// already and the call may be repeated.
func (s *Store) ShredRecording(ctx context.Context, actor audit.Actor, id, reason string) error {
	err := s.write(ctx, func(t *tx) error {
		r, err := t.recording(id, Final, Recovered, Damaged, Aborted, Lost, Shredded)
		if err != nil || r.State == Shredded {
			return err
		}
		if err := t.notHeld(r.Clinic, r.Call, id); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE recordings SET state = ?, wrapped_key = NULL WHERE id = ?", string(Shredded), id); err != nil {
			return err
		}
		e := r.event(audit.RecordingShredded, map[string]string{})
		e.Actor, e.Reason = actor, reason
		return t.remember(e, phi.Text{})
	})
	if err == nil {
		err = s.emptyLog(ctx)
	}
	if err != nil {
		return fmt.Errorf("shred recording %s: %w", id, err)
	}
	return nil
}

// EmptyLog takes what was destroyed out of the write-ahead log: a key that was taken away lies in no file any more. ErrBusy
// says that a reader holds it up; ask again.
func (s *Store) EmptyLog(ctx context.Context) error {
	if err := s.emptyLog(ctx); err != nil {
		return fmt.Errorf("empty log: %w", err)
	}
	return nil
}

// emptyLog moves the write-ahead log into the file and cuts it to nothing.
func (s *Store) emptyLog(ctx context.Context) error {
	db, err := openPool(s.opt.Path, 1, pragmas(s.opt.Busy))
	if err != nil {
		return err
	}
	var busy, pages, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		err = ErrBusy
	}
	return errors.Join(named(err), db.Close())
}

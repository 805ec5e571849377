package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// LadderRow is an escalation as it is kept: the machine itself is policy's, here it is a body. It holds no PHI.
type LadderRow struct {
	ID       string
	Kind     string // what climbs: "call", "message", "alarm"
	Subject  string // "call:ID"
	State    string
	Due      time.Time // when the next step is; zero: it waits for nothing
	Revision int64     // 0: new; else the one that was read
	Changed  time.Time
	Body     json.RawMessage
	Did      string // what this state is about to do, for the audit log; empty: no event. Not kept
}

// PutLadder files a ladder, with an audit event where it does something, in one transaction, and gives the new revision. When another one filed
// since Revision was read, the answer is ErrConflict: the machine is read again and asked again, so that a timer and an
// acknowledgement of the same instant cannot both win.
func (s *Store) PutLadder(ctx context.Context, actor audit.Actor, r LadderRow) (revision int64, err error) {
	if r.ID == "" || r.Kind == "" || r.State == "" || !json.Valid(r.Body) {
		return 0, fmt.Errorf("ladder %s: %w", r.ID, ErrInvalid)
	}
	err = s.write(ctx, func(t *tx) error { return t.putLadder(actor, r) })
	if err != nil {
		return 0, fmt.Errorf("ladder %s: %w", r.ID, err)
	}
	return r.Revision + 1, nil
}

func (t *tx) putLadder(actor audit.Actor, r LadderRow) error {
	now := t.w.store.now().UnixMicro()
	if r.Revision == 0 {
		_, err := t.exec(`INSERT INTO ladders (id, kind, subject, state, due, revision, changed, body)
			VALUES (?, ?, ?, ?, ?, 1, ?, ?)`, r.ID, r.Kind, r.Subject, r.State, micros(r.Due), now, string(r.Body))
		if err != nil {
			return err
		}
		return t.remember(r.event(actor, audit.LadderBegan), phi.Text{})
	}
	n, err := t.exec(`UPDATE ladders SET state = ?, due = ?, revision = revision + 1, changed = ?, body = ?
		WHERE id = ? AND revision = ?`, r.State, micros(r.Due), now, string(r.Body), r.ID, r.Revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("revision %d does not hold: %w", r.Revision, ErrConflict)
	}
	if r.Did == "" {
		return nil
	}
	action := audit.LadderMoved
	if r.State != string(policy.Climbing) {
		action = audit.LadderEnded
	}
	return t.remember(r.event(actor, action), phi.Text{})
}

func (r LadderRow) event(actor audit.Actor, action audit.Action) audit.Event {
	e := audit.Event{
		Actor: actor, Action: action, Object: "ladder:" + r.ID, Correlation: r.Subject,
		Facts: map[string]string{"kind": r.Kind, "state": r.State},
	}
	if r.Did != "" {
		e.Facts["did"] = r.Did
	}
	if !r.Due.IsZero() {
		e.Facts["due"] = r.Due.UTC().Format(time.RFC3339Nano)
	}
	return e
}

// DueLadders lists those whose next step is due at that time or was before, the longest due first.
func (s *Store) DueLadders(ctx context.Context, now time.Time) ([]LadderRow, error) {
	list, err := s.ladders(ctx, "WHERE due <= ? ORDER BY due, id", now.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("due ladders: %w", err)
	}
	return list, nil
}

// NextLadder is when the next step of any ladder is due; zero: none waits.
func (s *Store) NextLadder(ctx context.Context) (time.Time, error) {
	var due sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT min(due) FROM ladders WHERE due IS NOT NULL").Scan(&due); err != nil {
		return time.Time{}, fmt.Errorf("next ladder: %w", named(err))
	}
	return instant(due), nil
}

// Ladders lists the ladders of a subject, newest first; an empty subject: all that still climb.
func (s *Store) Ladders(ctx context.Context, subject string) ([]LadderRow, error) {
	where, args := "WHERE subject = ? ORDER BY changed DESC, id", []any{subject}
	if subject == "" {
		where, args = "WHERE due IS NOT NULL ORDER BY due, id", nil
	}
	list, err := s.ladders(ctx, where, args...)
	if err != nil {
		return nil, fmt.Errorf("ladders: %w", err)
	}
	return list, nil
}

// Ladder reads one.
func (s *Store) Ladder(ctx context.Context, id string) (LadderRow, error) {
	list, err := s.ladders(ctx, "WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return LadderRow{}, fmt.Errorf("ladder %s: %w", id, err)
	}
	return list[0], nil
}

func (s *Store) ladders(ctx context.Context, where string, args ...any) ([]LadderRow, error) {
	var list []LadderRow
	query := "SELECT id, kind, subject, state, due, revision, changed, body FROM ladders " + where
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var r LadderRow
		var due, changed sql.NullInt64
		var body []byte
		err := rows.Scan(&r.ID, &r.Kind, &r.Subject, &r.State, &due, &r.Revision, &changed, &body)
		r.Due, r.Changed, r.Body = instant(due), instant(changed), body
		list = append(list, r)
		return err
	}, args...)
	return list, err
}

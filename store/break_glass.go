package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// BreakGlassMost is the longest an emergency access lasts; BreakGlassReview is how soon somebody else has reviewed it.
const (
	BreakGlassMost   = time.Hour
	BreakGlassReview = 72 * time.Hour
)

// BreakGlass is emergency access of one person to one thing (45 CFR 164.312(a)(2)(ii)).
type BreakGlass struct {
	ID         string
	Person     string
	Kind       HoldKind // what it opens: a clinic, a call, or a recording
	Object     string
	Clinic     string
	Reason     phi.Text
	Opened     time.Time
	Until      time.Time
	Closed     time.Time
	Reviewed   time.Time
	ReviewedBy string
	Verdict    string // "justified" or "not_justified"
}

// Open reports whether it still gives access.
func (b BreakGlass) Open(now time.Time) bool {
	return b.Closed.IsZero() && now.Before(b.Until) && !now.Before(b.Opened.Add(-time.Minute))
}

// OpenBreakGlass begins an emergency access; longer than BreakGlassMost is ErrInvalid.
func (s *Store) OpenBreakGlass(ctx context.Context, actor audit.Actor, b BreakGlass) (BreakGlass, error) {
	b.ID, b.Opened, b.Closed = newID(), s.now(), time.Time{}
	if b.Person == "" || b.Reason.IsZero() || !b.Until.After(b.Opened) || b.Until.After(b.Opened.Add(BreakGlassMost)) {
		return BreakGlass{}, fmt.Errorf("break glass: %w", ErrInvalid)
	}
	err := s.write(ctx, func(t *tx) error {
		k, err := s.sealer()
		if err != nil {
			return err
		}
		if b.Clinic, err = t.clinicOfHeld(Hold{Kind: b.Kind, Object: b.Object}); err != nil {
			return err
		}
		reason, err := sealCell(k, Cell{Table: "break_glass", Column: "reason_cell", Row: b.ID}, b.Reason.Reveal())
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO break_glass (id, person, kind, object, clinic, reason_cell, opened, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			b.ID, b.Person, string(b.Kind), b.Object, b.Clinic, reason, b.Opened.UnixMicro(), b.Until.UnixMicro())
		if err != nil {
			return err
		}
		return t.remember(b.event(actor, audit.BreakGlassOpened), phi.Text{})
	})
	if err != nil {
		return BreakGlass{}, fmt.Errorf("break glass: %w", err)
	}
	return b, nil
}

func (b BreakGlass) event(actor audit.Actor, what audit.Action) audit.Event {
	return audit.Event{Actor: actor, Action: what, Object: "break_glass:" + b.ID, Clinic: b.Clinic, Facts: map[string]string{
		"person": b.Person, "kind": string(b.Kind), "of": b.Object, "until": b.Until.UTC().Format(time.RFC3339)}}
}

// CloseBreakGlass ends an emergency access before its time; one that is closed is ErrNotFound.
func (s *Store) CloseBreakGlass(ctx context.Context, actor audit.Actor, id string) error {
	err := s.write(ctx, func(t *tx) error {
		b, err := t.breakGlass(id)
		if err != nil {
			return err
		}
		if err := t.must("UPDATE break_glass SET closed = ? WHERE id = ? AND closed IS NULL", s.now().UnixMicro(), id); err != nil {
			return err
		}
		return t.remember(b.event(actor, audit.BreakGlassClosed), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("close break glass %s: %w", id, err)
	}
	return nil
}

// ReviewBreakGlass files somebody else's verdict. Her own review of herself, and a second one, are ErrConflict.
func (s *Store) ReviewBreakGlass(ctx context.Context, actor audit.Actor, id, verdict string) error {
	err := s.write(ctx, func(t *tx) error {
		b, err := t.breakGlass(id)
		if err != nil {
			return err
		}
		if b.Person == actor.ID || !b.Reviewed.IsZero() {
			return ErrConflict
		}
		_, err = t.exec("UPDATE break_glass SET reviewed = ?, reviewed_by = ?, verdict = ?, closed = COALESCE(closed, ?) WHERE id = ?",
			s.now().UnixMicro(), actor.ID, verdict, s.now().UnixMicro(), id)
		if err != nil {
			return err
		}
		e := b.event(actor, audit.BreakGlassReviewed)
		e.Facts["verdict"] = verdict
		return t.remember(e, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("review break glass %s: %w", id, err)
	}
	return nil
}

func (t *tx) breakGlass(id string) (BreakGlass, error) {
	b := BreakGlass{ID: id}
	var opened, until, reviewed sql.NullInt64
	err := t.scan("SELECT person, kind, object, clinic, opened, until, reviewed FROM break_glass WHERE id = ?", []any{id},
		&b.Person, &b.Kind, &b.Object, &b.Clinic, &opened, &until, &reviewed)
	b.Opened, b.Until, b.Reviewed = instant(opened), instant(until), instant(reviewed)
	return b, err
}

// BreakGlasses lists emergency accesses opened since, newest first.
func (s *Store) BreakGlasses(ctx context.Context, since time.Time) ([]BreakGlass, error) {
	return s.breakGlasses(ctx, " WHERE opened >= ?", since.UnixMicro())
}

// OpenBreakGlasses lists those of a person that nobody closed and whose time is not up: every request of hers asks.
func (s *Store) OpenBreakGlasses(ctx context.Context, person string) ([]BreakGlass, error) {
	return s.breakGlasses(ctx, " WHERE person = ? AND closed IS NULL AND until > ?", person, s.now().UnixMicro())
}

// UnreviewedBreakGlasses lists those that nobody has reviewed.
func (s *Store) UnreviewedBreakGlasses(ctx context.Context) ([]BreakGlass, error) {
	return s.breakGlasses(ctx, " WHERE reviewed IS NULL")
}

func (s *Store) breakGlasses(ctx context.Context, where string, args ...any) ([]BreakGlass, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("break glass: %w", err)
	}
	const columns = "SELECT id, person, kind, object, clinic, reason_cell, opened, until, closed, reviewed, reviewed_by, verdict FROM break_glass"
	var list []BreakGlass
	err = each(ctx, s.read, columns+where+" ORDER BY opened DESC, id", func(rows *sql.Rows) error {
		var b BreakGlass
		var reason []byte
		var opened, until, closed, reviewed sql.NullInt64
		err := rows.Scan(&b.ID, &b.Person, &b.Kind, &b.Object, &b.Clinic, &reason, &opened, &until, &closed, &reviewed, &b.ReviewedBy, &b.Verdict)
		if err != nil {
			return err
		}
		b.Opened, b.Until, b.Closed, b.Reviewed = instant(opened), instant(until), instant(closed), instant(reviewed)
		clear, err := openCell(k, Cell{Table: "break_glass", Column: "reason_cell", Row: b.ID}, reason)
		b.Reason = phi.NewText(clear)
		list = append(list, b)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("break glass: %w", err)
	}
	return list, nil
}

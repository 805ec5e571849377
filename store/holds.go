package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// ErrHeld refuses to destroy what a legal hold keeps.
var ErrHeld = errors.New("kept by a legal hold")

// HoldKind is what a hold keeps: everything of a clinic, a call with its recordings, or one recording.
type HoldKind string

// The closed list of what can be held.
const (
	HoldClinic    HoldKind = "clinic"
	HoldCall      HoldKind = "call"
	HoldRecording HoldKind = "recording"
)

// Hold keeps something from being destroyed until two people release it.
type Hold struct {
	ID         string
	Kind       HoldKind
	Object     string // id of the clinic, call or recording
	Clinic     string
	Reason     phi.Text
	Placed     time.Time
	PlacedBy   string
	Released   time.Time
	ReleasedBy string
}

// PlaceHold keeps something from now on. It answers when the hold is on disk: nothing that is destroyed later was held.
func (s *Store) PlaceHold(ctx context.Context, actor audit.Actor, h Hold) (Hold, error) {
	h.ID, h.Placed, h.PlacedBy, h.Released, h.ReleasedBy = newID(), s.now(), actor.ID, time.Time{}, ""
	err := s.write(ctx, func(t *tx) error {
		k, err := s.sealer()
		if err != nil {
			return err
		}
		if h.Clinic, err = t.clinicOfHeld(h); err != nil {
			return err
		}
		reason, err := sealCell(k, Cell{Table: "holds", Column: "reason_cell", Row: h.ID}, h.Reason.Reveal())
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO holds (id, kind, object, clinic, reason_cell, placed, placed_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
			h.ID, string(h.Kind), h.Object, h.Clinic, reason, h.Placed.UnixMicro(), h.PlacedBy)
		if err != nil {
			return err
		}
		return t.remember(h.event(actor, audit.HoldPlaced), phi.Text{})
	})
	if err != nil {
		return Hold{}, fmt.Errorf("place hold: %w", err)
	}
	return h, nil
}

func (h Hold) event(actor audit.Actor, what audit.Action) audit.Event {
	return audit.Event{Actor: actor, Action: what, Object: "hold:" + h.ID, Clinic: h.Clinic,
		Facts: map[string]string{"kind": string(h.Kind), "of": h.Object}}
}

// clinicOfHeld finds whose the object is; one that is not there is ErrNotFound.
func (t *tx) clinicOfHeld(h Hold) (clinic string, err error) {
	switch h.Kind {
	case HoldClinic:
		err = t.scan("SELECT id FROM clinics WHERE id = ?", []any{h.Object}, &clinic)
	case HoldCall:
		err = t.scan("SELECT clinic FROM calls WHERE id = ?", []any{h.Object}, &clinic)
	case HoldRecording:
		err = t.scan("SELECT clinic FROM recordings WHERE id = ? AND state <> ?", []any{h.Object, string(Shredded)}, &clinic)
	default:
		err = fmt.Errorf("kind: %w", ErrInvalid)
	}
	return clinic, err
}

// ReleaseHold ends a hold; by says who approved. One that is released already is ErrNotFound.
func (s *Store) ReleaseHold(ctx context.Context, actor audit.Actor, id, by string) error {
	err := s.write(ctx, func(t *tx) error {
		h := Hold{ID: id}
		err := t.scan("SELECT kind, object, clinic FROM holds WHERE id = ? AND released IS NULL", []any{id}, &h.Kind, &h.Object, &h.Clinic)
		if err != nil {
			return err
		}
		if err := t.must("UPDATE holds SET released = ?, released_by = ? WHERE id = ?", s.now().UnixMicro(), by, id); err != nil {
			return err
		}
		e := h.event(actor, audit.HoldReleased)
		e.Facts["approved_by"] = by
		return t.remember(e, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("release hold %s: %w", id, err)
	}
	return nil
}

// Holds lists holds, newest first.
func (s *Store) Holds(ctx context.Context, which HoldQuery) ([]Hold, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("holds: %w", err)
	}
	query := `SELECT id, kind, object, clinic, reason_cell, placed, placed_by, released, released_by FROM holds`
	if which == StandingHolds {
		query += " WHERE released IS NULL"
	}
	var list []Hold
	err = each(ctx, s.read, query+" ORDER BY placed DESC, id", func(rows *sql.Rows) error {
		var h Hold
		var reason []byte
		var placed, released sql.NullInt64
		if err := rows.Scan(&h.ID, &h.Kind, &h.Object, &h.Clinic, &reason, &placed, &h.PlacedBy, &released, &h.ReleasedBy); err != nil {
			return err
		}
		h.Placed, h.Released = instant(placed), instant(released)
		clear, err := openCell(k, Cell{Table: "holds", Column: "reason_cell", Row: h.ID}, reason)
		h.Reason = phi.NewText(clear)
		list = append(list, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("holds: %w", err)
	}
	return list, nil
}

// HoldQuery says which holds are asked for.
type HoldQuery int

// Standing ones, or released ones too.
const (
	StandingHolds HoldQuery = iota
	EveryHold
)

// heldSQL is true for a row that a hold keeps, where c, k and r are the SQL of its clinic, call and recording.
func heldSQL(clinic, call, recording string) string {
	return `EXISTS (SELECT 1 FROM holds h WHERE h.released IS NULL AND (h.kind = 'clinic' AND h.object = ` + clinic +
		` OR h.kind = 'call' AND h.object = ` + call + ` OR h.kind = 'recording' AND h.object = ` + recording + `))`
}

// notHeld refuses with ErrHeld what a hold keeps.
func (t *tx) notHeld(clinic, call, recording string) error {
	var held bool
	if err := t.scan("SELECT "+heldSQL("?", "?", "?"), []any{clinic, call, recording}, &held); err != nil {
		return err
	}
	if held {
		return ErrHeld
	}
	return nil
}

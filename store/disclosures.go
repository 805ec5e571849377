package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// Disclosure is PHI that left the house: what, to whom, why (45 CFR 164.528(b)(2)).
type Disclosure struct {
	ID        string
	Made      time.Time
	Clinic    string
	Kind      string // "recording_export", "message_delivery", "patient_access", "clinic_departure", ...: a closed word
	Object    string // "recording:ID", ...
	Call      string
	Author    string   // person id
	Recipient phi.Text // who got it
	Purpose   phi.Text
}

// Disclose files a disclosure with its audit event. It answers when both are on disk: only then may anything leave.
func (s *Store) Disclose(ctx context.Context, actor audit.Actor, d Disclosure) (Disclosure, error) {
	d.ID, d.Made, d.Author = newID(), s.now(), actor.ID
	if d.Kind == "" || d.Object == "" || d.Recipient.IsZero() {
		return Disclosure{}, fmt.Errorf("disclose: kind, object and recipient: %w", ErrInvalid)
	}
	err := s.write(ctx, func(t *tx) error {
		k, err := s.sealer()
		if err != nil {
			return err
		}
		recipient, err := sealCell(k, disclosureCell("recipient_cell", d.ID), d.Recipient.Reveal())
		if err != nil {
			return err
		}
		purpose, err := sealCell(k, disclosureCell("purpose_cell", d.ID), d.Purpose.Reveal())
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO disclosures (id, made, clinic, kind, object, call, author, recipient_cell, purpose_cell)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, d.ID, d.Made.UnixMicro(), d.Clinic, d.Kind, d.Object, d.Call, d.Author, recipient, purpose)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.Disclosed, Object: d.Object, Clinic: d.Clinic, Correlation: d.Call,
			Facts: map[string]string{"disclosure": d.ID, "kind": d.Kind}}, phi.Text{})
	})
	if err != nil {
		return Disclosure{}, fmt.Errorf("disclose: %w", err)
	}
	return d, nil
}

func disclosureCell(column, id string) Cell {
	return Cell{Table: "disclosures", Column: column, Row: id}
}

// DisclosureQuery asks for disclosures, newest first. Empty fields do not restrict.
type DisclosureQuery struct {
	Clinics     []string // nil: all
	Calls       []string // nil: all
	From, Until time.Time
	Limit       int // 1..1000; 0 means 100
	Cursor      string
}

// DisclosurePage is a page of a list; Next is empty at the end.
type DisclosurePage struct {
	Rows []Disclosure
	Next string
}

// Disclosures lists what left the house.
func (s *Store) Disclosures(ctx context.Context, q DisclosureQuery) (DisclosurePage, error) {
	page, err := s.disclosures(ctx, q)
	if err != nil {
		return DisclosurePage{}, fmt.Errorf("disclosures: %w", err)
	}
	return page, nil
}

func (s *Store) disclosures(ctx context.Context, q DisclosureQuery) (page DisclosurePage, err error) {
	k, err := s.sealer()
	if err != nil {
		return page, err
	}
	limit, err := limitOf(q.Limit)
	if err != nil {
		return page, err
	}
	w := &where{}
	w.in("clinic", q.Clinics)
	w.in("call", q.Calls)
	w.span("made", q.From, q.Until)
	if err := w.beforeBoth(q.Cursor, "made", "id"); err != nil {
		return page, err
	}
	query := "SELECT id, made, clinic, kind, object, call, author, recipient_cell, purpose_cell FROM disclosures" + w.text() +
		" ORDER BY made DESC, id DESC LIMIT ?"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		d, err := scanDisclosure(k, rows)
		page.Rows = append(page.Rows, d)
		return err
	}, append(w.args, limit+1)...)
	if err == nil && len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = cursor(last.Made.UnixMicro(), last.ID)
	}
	return page, err
}

func scanDisclosure(k Sealer, rows *sql.Rows) (d Disclosure, err error) {
	var made sql.NullInt64
	var recipient, purpose []byte
	if err := rows.Scan(&d.ID, &made, &d.Clinic, &d.Kind, &d.Object, &d.Call, &d.Author, &recipient, &purpose); err != nil {
		return d, err
	}
	d.Made = instant(made)
	to, err := openCell(k, disclosureCell("recipient_cell", d.ID), recipient)
	if err != nil {
		return d, err
	}
	why, err := openCell(k, disclosureCell("purpose_cell", d.ID), purpose)
	d.Recipient, d.Purpose = phi.NewText(to), phi.NewText(why)
	return d, err
}

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

// OfferQuery asks for offers, newest first. Empty fields do not restrict.
type OfferQuery struct {
	Schedule string
	State    policy.OfferState
	ClosedBy time.Time // those not over whose end has come by then
	Person   string    // who offers, is asked, or took it; an offer to everybody is to her too
}

// Offers lists offers.
func (s *Store) Offers(ctx context.Context, q OfferQuery) ([]policy.Offer, error) {
	w := &where{}
	w.equal("schedule", q.Schedule)
	w.equal("state", string(q.State))
	if !q.ClosedBy.IsZero() {
		w.add("state IN (?, ?) AND closes <= ?", string(policy.OfferOpen), string(policy.OfferTaken), q.ClosedBy.UnixMicro())
	}
	var list []policy.Offer
	query := "SELECT body FROM offers" + w.text() + " ORDER BY made DESC, id"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		o, err := scanJSON[policy.Offer](rows)
		if q.Person == "" || concerns(o, q.Person) {
			list = append(list, o)
		}
		return err
	}, w.args...)
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	return list, nil
}

func concerns(o policy.Offer, person string) bool {
	if o.From == person || o.TakenBy == person || len(o.To) == 0 {
		return true
	}
	for _, to := range o.To {
		if to == person {
			return true
		}
	}
	return false
}

// Offer reads one.
func (s *Store) Offer(ctx context.Context, id string) (o policy.Offer, err error) {
	var body []byte
	err = named(s.read.QueryRowContext(ctx, "SELECT body FROM offers WHERE id = ?", id).Scan(&body))
	if err == nil {
		err = json.Unmarshal(body, &o)
	}
	if err != nil {
		return o, fmt.Errorf("offer %s: %w", id, err)
	}
	return o, nil
}

// PutOffer files a new offer, where expect is empty, or the next move of one: each adds to its events. When it has another
// state than expected, or somebody else moved it in between, the answer is ErrConflict.
func (s *Store) PutOffer(ctx context.Context, actor audit.Actor, o policy.Offer, expect policy.OfferState) error {
	err := s.write(ctx, func(t *tx) error { return t.moveOffer(actor, OfferMove{o, expect}) })
	if err != nil {
		return fmt.Errorf("offer %s: %w", o.ID, err)
	}
	return nil
}

func (t *tx) moveOffer(actor audit.Actor, m OfferMove) error {
	o := m.Offer
	if o.ID == "" || o.Schedule == "" || o.State == "" {
		return fmt.Errorf("id, schedule and state: %w", ErrInvalid)
	}
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if m.Expect == "" {
		_, err := t.exec("INSERT INTO offers (id, schedule, state, closes, made, moves, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
			o.ID, o.Schedule, string(o.State), micros(o.Closes), o.Made.UnixMicro(), len(o.Events), string(body))
		if err != nil {
			return err
		}
		return t.remember(offerEvent(actor, audit.OfferMade, m), phi.Text{})
	}
	n, err := t.exec("UPDATE offers SET state = ?, closes = ?, moves = ?, body = ? WHERE id = ? AND state = ? AND moves < ?",
		string(o.State), micros(o.Closes), len(o.Events), string(body), o.ID, string(m.Expect), len(o.Events))
	if err != nil {
		return err
	}
	if n == 0 {
		return t.offerElsewhere(o.ID, m.Expect)
	}
	return t.remember(offerEvent(actor, audit.OfferChanged, m), phi.Text{})
}

// offerElsewhere says why an offer was not where it was expected.
func (t *tx) offerElsewhere(id string, expect policy.OfferState) error {
	var state string
	if err := t.scan("SELECT state FROM offers WHERE id = ?", []any{id}, &state); err != nil {
		return err
	}
	if state == string(expect) {
		return fmt.Errorf("somebody else moved it: %w", ErrConflict)
	}
	return fmt.Errorf("it is %s, not %s: %w", state, expect, ErrConflict)
}

func offerEvent(actor audit.Actor, action audit.Action, m OfferMove) audit.Event {
	o := m.Offer
	facts := map[string]string{"kind": string(o.Kind), "from": o.From, "schedule": o.Schedule, "after": string(o.State)}
	if m.Expect != "" {
		facts["before"] = string(m.Expect)
	}
	if o.TakenBy != "" {
		facts["taken_by"] = o.TakenBy
	}
	reason := o.Reason
	if n := len(o.Events); n > 0 {
		reason = o.Events[n-1].Reason
	}
	return audit.Event{Actor: actor, Action: action, Object: "offer:" + o.ID, Correlation: "offer:" + o.ID, Reason: reason, Facts: facts}
}

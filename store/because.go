package store

import (
	"context"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// Because is why the rules change, and what the change brings with it in the same transaction.
type Because struct {
	Reason      string // of whoever changes them; stands in every leaf of the change and with every version; no PHI
	Correlation string // request id; ties the leaves of one change together
	Gaps        []GapAck
	Offer       *OfferMove // the offer whose taking made the change
}

// GapAck says that a gap which a change makes is meant. ID, Author, Reason and Made are set when it is filed.
type GapAck struct {
	ID         string
	Schedule   string
	Severity   policy.Severity
	Start, End time.Time
	Reason     string
	Author     string
	Made       time.Time
}

// OfferMove is an offer's next state, and the one it must have until then.
type OfferMove struct {
	Offer  policy.Offer
	Expect policy.OfferState
}

// ApplyBookFor is ApplyBook with a reason, and with what must stand or fall with the change: acknowledged gaps, and the
// offer that it comes from. A book that changes nothing files those all the same.
func (s *Store) ApplyBookFor(ctx context.Context, actor audit.Actor, b policy.Book, why Because) (version string, err error) {
	k, err := s.sealer()
	if err != nil {
		return "", fmt.Errorf("apply book: %w", err)
	}
	for _, c := range b.Clinics { // before the transaction: new keys are written by the same writer
		if err := k.EnsureClinic(c.ID); err != nil {
			return "", fmt.Errorf("apply book: keys of clinic %s: %w", c.ID, err)
		}
	}
	err = s.write(ctx, func(t *tx) error {
		a := applying{t: t, k: k, actor: actor, ctx: ctx, counts: map[string]int{}, why: why}
		if version, err = a.apply(b); err != nil {
			return err
		}
		return a.along()
	})
	if err != nil {
		return "", fmt.Errorf("apply book: %w", err)
	}
	return version, nil
}

// OfferTaken files an offer's move together with the change of the rules that it brings: both or neither.
func (s *Store) OfferTaken(ctx context.Context, actor audit.Actor, m OfferMove, b policy.Book) (version string, err error) {
	return s.ApplyBookFor(ctx, actor, b, Because{Reason: m.Offer.Reason, Correlation: "offer:" + m.Offer.ID, Offer: &m})
}

// along files what comes with the change.
func (a *applying) along() error {
	for _, g := range a.why.Gaps {
		if err := a.acknowledge(g); err != nil {
			return fmt.Errorf("acknowledge gap: %w", err)
		}
	}
	if a.why.Offer == nil {
		return nil
	}
	if err := a.t.moveOffer(a.actor, *a.why.Offer); err != nil {
		return fmt.Errorf("offer %s: %w", a.why.Offer.Offer.ID, err)
	}
	return nil
}

func (a *applying) acknowledge(g GapAck) error {
	if g.Reason == "" {
		g.Reason = a.why.Reason
	}
	if g.Schedule == "" || g.Reason == "" || !g.End.After(g.Start) {
		return fmt.Errorf("schedule, reason and span: %w", ErrInvalid)
	}
	_, err := a.t.exec(`INSERT INTO gap_acks (id, schedule, severity, starts, ends, reason, author, made)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, newID(), g.Schedule, string(g.Severity), g.Start.UnixMicro(), g.End.UnixMicro(),
		g.Reason, a.actor.ID, a.t.w.store.now().UnixMicro())
	if err != nil {
		return err
	}
	return a.t.remember(audit.Event{
		Actor: a.actor, Action: audit.GapAcknowledged, Object: "schedule:" + g.Schedule, Reason: g.Reason,
		Correlation: a.why.Correlation, Facts: map[string]string{
			"severity": string(g.Severity), "from": g.Start.UTC().Format(time.RFC3339), "to": g.End.UTC().Format(time.RFC3339),
		},
	}, phi.Text{})
}

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/store"
)

// keeping is how long things are kept, and the purge of what has passed that.
type keeping struct{ *office }

func (k keeping) Retention(ctx context.Context) ([]console.RetentionView, error) {
	set, err := k.Store.Retention(ctx)
	if err != nil {
		return nil, known(err)
	}
	var out []console.RetentionView
	for _, r := range policy.Retentions() {
		house := console.RetentionView{Artefact: string(r.Artefact), Days: r.Usual, Floor: r.Floor, Basis: r.Basis}
		for _, s := range set {
			if s.Artefact == r.Artefact && s.Clinic == "" {
				house.Days, house.Set, house.By, house.Approved = s.Days, s.Made, s.Author, s.ApprovedBy
			}
		}
		out = append(out, house)
		for _, s := range set {
			if s.Artefact == r.Artefact && s.Clinic != "" {
				out = append(out, console.RetentionView{Artefact: string(r.Artefact), Clinic: s.Clinic, Days: s.Days, Floor: r.Floor,
					Basis: r.Basis, Set: s.Made, By: s.Author, Approved: s.ApprovedBy})
			}
		}
	}
	return out, nil
}

// retentionSubject is what a proposal to change a retention is about.
func retentionSubject(k policy.Keep) string {
	parts := []string{"retention", string(k.Artefact), strconv.Itoa(k.Days)}
	if k.Clinic != "" {
		parts = append(parts, k.Clinic)
	}
	return strings.Join(parts, "~")
}

// Set carries an approved change out.
func (k keeping) Set(ctx context.Context, b console.RetentionBody, by audit.Actor) (console.RetentionView, error) {
	want := policy.Keep{Clinic: b.Clinic, Artefact: policy.Artefact(b.Artefact), Days: b.Days}
	if err := want.Check(); err != nil {
		return console.RetentionView{}, console.Mistakes{{Field: "body", Text: err.Error()}}
	}
	approved, err := k.approvers(ctx, b.Proposal)
	if err != nil {
		return console.RetentionView{}, err
	}
	if err := (destruction{k.office}).carry(ctx, by, b.Proposal, subject{access.ProposePurge, retentionSubject(want)}, true); err != nil {
		return console.RetentionView{}, err
	}
	if err := k.Store.SetRetention(ctx, by, want, approved); err != nil {
		return console.RetentionView{}, known(err)
	}
	all, err := k.Retention(ctx)
	i := slices.IndexFunc(all, func(v console.RetentionView) bool { return v.Artefact == b.Artefact && v.Clinic == b.Clinic })
	if err != nil || i < 0 {
		return console.RetentionView{}, err
	}
	return all[i], nil
}

// approvers names who agreed to a proposal; "solo" where nobody could and it ripened.
func (o *office) approvers(ctx context.Context, proposal string) (string, error) {
	p, err := o.Store.Proposal(ctx, proposal)
	if err != nil {
		return "", known(err)
	}
	var who []string
	for _, d := range p.Decisions {
		if d.What == "approved" {
			who = append(who, d.By)
		}
	}
	if len(who) == 0 {
		return "solo", nil
	}
	return strings.Join(who, "+"), nil
}

// purged are the artefacts that a purge destroys by themselves; the audit log and the disclosures have ways of their own.
var purged = []policy.Artefact{policy.KeptRecordings, policy.KeptCalls}

// Due lists what has passed its retention in every clinic that ever had calls.
func (k keeping) Due(ctx context.Context) ([]console.DueView, error) {
	list, err := k.due(ctx)
	out := make([]console.DueView, 0, len(list))
	for _, d := range list {
		out = append(out, console.DueView{Clinic: d.Clinic, Artefact: string(d.Artefact), Before: d.Before, Count: d.Count,
			Held: d.Held, Oldest: d.Oldest, Newest: d.Newest, Approved: d.approved})
	}
	return out, err
}

// dueNow is what may go, and whether two people set the retention it has passed.
type dueNow struct {
	store.Due
	approved bool
}

func (k keeping) due(ctx context.Context) ([]dueNow, error) {
	set, err := k.Store.Retention(ctx)
	if err != nil {
		return nil, known(err)
	}
	book, err := k.Store.Book(ctx)
	if err != nil {
		return nil, known(err)
	}
	var keeps []policy.Keep
	for _, s := range set {
		keeps = append(keeps, s.Keep)
	}
	var out []dueNow
	for _, c := range book.Clinics {
		for _, a := range purged {
			before := k.now().AddDate(0, 0, -policy.KeptFor(keeps, c.ID, a)).UTC()
			d, err := k.Store.DueBefore(ctx, c.ID, a, before)
			if err != nil {
				return nil, known(err)
			}
			approved := slices.ContainsFunc(keeps, func(k policy.Keep) bool {
				return k.Artefact == a && (k.Clinic == c.ID || k.Clinic == "")
			})
			if d.Count+d.Held > 0 {
				out = append(out, dueNow{d, approved})
			}
		}
	}
	return out, nil
}

// Purge carries an approved purge out, of everything that has passed its retention.
func (k keeping) Purge(ctx context.Context, proposal string, by audit.Actor) (console.Attestation, error) {
	if k.Ring == nil {
		return console.Attestation{}, console.ErrSealed
	}
	d := destruction{k.office}
	if err := d.carry(ctx, by, proposal, subject{access.ProposePurge, "purge"}, true); err != nil {
		return console.Attestation{}, err
	}
	gone, err := k.purge(ctx, by, func(dueNow) bool { return true })
	if err != nil {
		return console.Attestation{}, err
	}
	return d.attest(ctx, gone.certificate(proposal))
}

// gone is what a purge destroyed.
type gone struct {
	files []string
	calls int64
}

func (g gone) certificate(proposal string) attestation {
	return attestation{Kind: "purge", Subject: "retention", Proposal: proposal, Files: g.files,
		What: fmt.Sprintf("What had passed its retention was destroyed: the data keys of %d recordings, with their files, and %d calls.", len(g.files), g.calls)}
}

// purgeStep is how much goes at once, so that calls do not wait for the disk.
const purgeStep = 100

// purge destroys what the choice takes: recordings first, then the calls that have none any more. It stops at the first
// trouble and goes on the next time.
func (k keeping) purge(ctx context.Context, by audit.Actor, choose func(dueNow) bool) (g gone, err error) {
	list, err := k.due(ctx)
	if err != nil {
		return g, err
	}
	for _, d := range list {
		if !choose(d) || d.Count == 0 {
			continue
		}
		switch d.Artefact {
		case policy.KeptRecordings:
			err = k.purgeRecordings(ctx, by, d, &g)
		case policy.KeptCalls:
			err = k.purgeCalls(ctx, by, d, &g)
		}
		if err != nil {
			return g, err
		}
	}
	return g, nil
}

func (k keeping) purgeRecordings(ctx context.Context, by audit.Actor, d dueNow, g *gone) error {
	before := len(g.files)
	for {
		rows, err := k.Store.DueRecordings(ctx, d.Clinic, d.Before, purgeStep)
		if err != nil {
			return known(err)
		}
		for _, r := range rows {
			if err := (destruction{k.office}).shred(ctx, by, r, "retention"); err != nil {
				return err
			}
			g.files = append(g.files, fmt.Sprintf("%x", r.FileID))
		}
		if len(rows) < purgeStep {
			break
		}
	}
	return known(k.Store.Audit(ctx, audit.Event{Actor: by, Action: audit.Purged, Object: "recordings", Clinic: d.Clinic, Outcome: audit.Done,
		Facts: map[string]string{"artefact": string(d.Artefact), "before": d.Before.Format(time.RFC3339), "count": strconv.Itoa(len(g.files) - before)}}))
}

func (k keeping) purgeCalls(ctx context.Context, by audit.Actor, d dueNow, g *gone) error {
	for {
		n, err := k.Store.PurgeCalls(ctx, by, d.Due, purgeStep)
		g.calls += n
		if err != nil || n < purgeStep {
			return known(err)
		}
	}
}

// holding is legal hold.
type holding struct{ *office }

func (h holding) List(ctx context.Context, which console.Past) ([]console.HoldView, error) {
	query := store.StandingHolds
	if which == console.AndEnded {
		query = store.EveryHold
	}
	list, err := h.Store.Holds(ctx, query)
	out := make([]console.HoldView, 0, len(list))
	for _, one := range list {
		out = append(out, holdView(one))
	}
	return out, known(err)
}

func holdView(h store.Hold) console.HoldView {
	return console.HoldView{ID: h.ID, Kind: string(h.Kind), Object: h.Object, Clinic: h.Clinic, Placed: h.Placed, PlacedBy: h.PlacedBy,
		Released: h.Released, ReleasedBy: h.ReleasedBy}
}

func (h holding) Place(ctx context.Context, b console.HoldBody, by audit.Actor) (console.HoldView, error) {
	placed, err := h.Store.PlaceHold(ctx, by, store.Hold{Kind: store.HoldKind(b.Kind), Object: b.Object, Reason: phi.NewText(b.Reason)})
	return holdView(placed), known(err)
}

func (h holding) Release(ctx context.Context, id, proposal string, by audit.Actor) error {
	approved, err := h.approvers(ctx, proposal)
	if err != nil {
		return err
	}
	if err := (destruction{h.office}).carry(ctx, by, proposal, subject{access.ProposeHoldRelease, id}, true); err != nil {
		return err
	}
	return known(h.Store.ReleaseHold(ctx, by, id, approved))
}

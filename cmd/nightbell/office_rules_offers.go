package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"nightbell/console"
	"nightbell/policy"
	"nightbell/store"
)

// offers is the market of shifts.
type offers struct{ rulebook }

func (o offers) List(ctx context.Context, q console.OfferQuery) ([]console.OfferView, error) {
	s, err := o.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := o.Store.Offers(ctx, store.OfferQuery{Schedule: q.Schedule})
	if err != nil {
		return nil, known(err)
	}
	var out []console.OfferView
	for _, row := range rows {
		v := o.view(row, s)
		if (q.Clinic == "" || v.Clinic == q.Clinic) && (q.State == "" || v.State == q.State) {
			out = append(out, v)
		}
	}
	return out, nil
}

func (o offers) Find(ctx context.Context, id string) (console.OfferView, error) {
	s, err := o.snapshot(ctx)
	if err != nil {
		return console.OfferView{}, err
	}
	row, err := o.Store.Offer(ctx, id)
	if err != nil {
		return console.OfferView{}, known(err)
	}
	return o.view(row, s), nil
}

// view shows an offer as it is at this moment: one whose shift has begun is over, whether or not that was filed yet.
func (o offers) view(of policy.Offer, s *policy.Snapshot) console.OfferView {
	if next, _, err := of.Expire(policy.Move{At: o.now()}); err == nil {
		of = next
	}
	v := console.OfferView{
		ID: of.ID, Schedule: of.Schedule, Layer: of.Layer, Kind: string(of.Kind), From: of.From, A: *shiftView(of.A), To: full(of.To),
		NeedsApproval: of.NeedsApproval, State: string(of.State), TakenBy: of.TakenBy, Made: of.Made, Closes: of.Closes,
		Events: []console.OfferStep{},
	}
	if of.B != nil {
		v.B = shiftView(*of.B)
	}
	for _, e := range of.Events {
		v.Events = append(v.Events, console.OfferStep{At: e.At, What: e.What, Who: e.By})
	}
	if sch, ok := scheduleIn(s.Book, of.Schedule); ok {
		v.Clinic = sch.Clinic
	}
	if roster := s.Roster(of.Schedule); roster != nil {
		if duty, ok := roster.ShiftOf(of.Layer, of.A); ok {
			v.Start, v.End = duty.Start, duty.End
		}
	}
	return v
}

func (o offers) Make(ctx context.Context, rev console.Revision, b console.OfferBody) (console.OfferView, error) {
	d, err := o.begin(ctx, rev)
	if err != nil {
		return console.OfferView{}, err
	}
	sch, ok := scheduleIn(d.book, b.Schedule)
	if !ok {
		return console.OfferView{}, console.ErrNotFound
	}
	r := reading{zone: d.zone(sch)}
	made := policy.Offer{
		ID: "o-" + newSecret()[:12], Schedule: b.Schedule, Layer: b.Layer, Kind: policy.OfferKind(b.Kind), From: b.From, A: shiftOf(&b.A),
		To: b.To, NeedsApproval: b.NeedsApproval, Reason: b.Reason, Closes: r.moment("body.closes", b.Closes, ""),
	}
	if b.B != nil {
		shift := shiftOf(b.B)
		made.B = &shift
	}
	if roster := d.before.Roster(sch.ID); roster != nil && made.Closes.IsZero() {
		if duty, ok := roster.ShiftOf(made.Layer, made.A); ok {
			made.Closes = duty.Start
		}
	}
	if err := r.err(); err != nil {
		return console.OfferView{}, err
	}
	if err := mistaken("body", d.before.CheckOffer(made, d.now)); err != nil {
		return console.OfferView{}, err
	}
	made = policy.NewOffer(made, d.now)
	if err := o.Store.PutOffer(ctx, rev.By, made, ""); err != nil {
		return console.OfferView{}, known(err)
	}
	return o.view(made, d.before), nil
}

// Act is one step of an offer's life. A step that brings it into force changes the rules in the same transaction.
func (o offers) Act(ctx context.Context, rev console.Revision, act console.OfferAct) (console.OfferView, error) {
	row, err := o.Store.Offer(ctx, rev.ID)
	if err != nil {
		return console.OfferView{}, known(err)
	}
	next, edit, err := o.step(ctx, row, rev, act)
	if err != nil {
		return console.OfferView{}, err
	}
	if edit == nil {
		err = o.Store.PutOffer(ctx, rev.By, next, row.State)
	} else {
		err = o.enforce(ctx, rev, act)
	}
	if err != nil {
		return console.OfferView{}, known(err)
	}
	return o.Find(ctx, rev.ID)
}

// step is what an act makes of an offer.
func (o offers) step(ctx context.Context, row policy.Offer, rev console.Revision, act console.OfferAct) (policy.Offer, *policy.Edit, error) {
	s, err := o.snapshot(ctx)
	if err != nil {
		return row, nil, err
	}
	at := o.now().UTC().Truncate(time.Microsecond)
	m := policy.Move{By: act.Person, At: at, Reason: rev.Reason, Edit: newEditID("offer", at)}
	if act.B != nil {
		b := shiftOf(act.B)
		m.B = &b
	}
	if m.By == "" && act.Do == "withdraw" {
		m.By = row.From
	}
	if m.By == "" && (act.Do == "approve" || row.State == policy.OfferTaken) {
		m.By = rev.By.Type + ":" + rev.By.ID
	}
	move := map[string]func(policy.Move) (policy.Offer, *policy.Edit, error){
		"take": row.Take, "approve": row.Approve, "decline": row.Decline, "withdraw": row.Withdraw,
	}[act.Do]
	if move == nil {
		return row, nil, console.ErrNotFound
	}
	next, edit, err := move(m)
	if err == nil && act.Do == "take" {
		if err := mistaken("body", s.CheckTake(row, m)); err != nil {
			return row, nil, err
		}
	}
	return next, edit, refusedOffer(err)
}

// refusedOffer says why an act is not possible in the state that the offer has.
func refusedOffer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, policy.ErrNotOffered), errors.Is(err, policy.ErrOwnOffer), errors.Is(err, policy.ErrNotTheirs):
		return console.Mistakes{{Field: "body.person", Text: err.Error()}}
	case errors.Is(err, policy.ErrNoShift):
		return console.Mistakes{{Field: "body.b", Text: err.Error()}}
	}
	return &console.Refusal{Text: strings.TrimSpace(err.Error())}
}

// enforce appends the edit of a taken offer to its schedule, together with the offer's new state.
func (o offers) enforce(ctx context.Context, rev console.Revision, act console.OfferAct) error {
	row, err := o.Store.Offer(ctx, rev.ID)
	if err != nil {
		return err
	}
	of := rev
	of.ID, of.Match = row.Schedule, "*"
	_, err = o.change(ctx, of, aSchedule, func(d *draft) error {
		row, err := o.Store.Offer(ctx, rev.ID)
		if err != nil {
			return known(err)
		}
		next, edit, err := o.step(ctx, row, rev, act)
		if err != nil {
			return err
		}
		if edit == nil {
			return console.ErrConflict
		}
		d.offer = &store.OfferMove{Offer: next, Expect: row.State}
		d.edits = append(d.edits, edit.ID)
		return d.append(row.Schedule, "body", *edit)
	})
	return err
}

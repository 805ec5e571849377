package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// shiftSpan finds when a shift of a layer is: its window, clipped to its period; the whole period where it has no window.
// Of several windows that start on its day, the whole from the first to the last.
func (r *Roster) shiftSpan(lender string, sh shift, c *clock) (span, bool) {
	l := r.lender(lender, dusk)
	if l == nil {
		return span{}, false
	}
	start, end := l.rota.bounds(sh.k, c)
	if then := r.lender(lender, start); then != nil {
		l = then // its windows as they are when the period begins
	}
	if !sh.whole {
		whole := span{start: dusk, end: dawn}
		for _, w := range l.windows {
			if w.on(sh.date) && l.on.holds(sh.date) {
				at := w.at(sh.date, c)
				whole = span{start: min(whole.start, at.start), end: max(whole.end, at.end)}
			}
		}
		start, end = max(start, whole.start), min(end, whole.end)
	}
	return span{date: sh.date, start: start, end: end}, start < end
}

// lender finds a layer with a rotation of its own as it is at an instant, or as it was last before.
func (r *Roster) lender(id string, at int64) *layer {
	for v := len(r.versions) - 1; v >= 0; v-- {
		if r.versions[v].from > at {
			continue
		}
		for i := range r.versions[v].layers {
			if l := &r.versions[v].layers[i]; l.id == id && l.lender == id && l.rota != nil {
				return l
			}
		}
	}
	return nil
}

// bounds finds when period k begins and ends, over all eras.
func (r *turns) bounds(k int64, c *clock) (start, end int64) {
	i := len(r.eras) - 1
	for i > 0 && k < r.eras[i].k0 {
		i--
	}
	e := &r.eras[i]
	start, end = e.beat.handoff(k, c), e.beat.handoff(k+1, c)
	if e.replaced && k >= e.last {
		end = r.eras[i+1].from
	}
	return start, end
}

// ShiftOf finds when a shift of a layer is, and who has it after every swap. False: there is no such layer or shift.
func (r *Roster) ShiftOf(lender string, sh Shift) (Duty, bool) {
	id, err := sh.identity()
	if err != nil || sh.Period > maxPeriod || sh.Period < -maxPeriod {
		return Duty{}, false
	}
	c := newClock(r.zone)
	at, ok := r.shiftSpan(lender, id, &c)
	if !ok {
		return Duty{}, false
	}
	person, _ := r.holder(r.lender(lender, dusk), id, &c)
	return Duty{Person: person, Start: instant(at.start), End: instant(at.end)}, true
}

// maxPeriod bounds a period's number: hours over a thousand years.
const maxPeriod = 10_000_000

// ShiftAt names the shift that a person stands in at an instant by a layer; false where none puts her there.
func (s *Snapshot) ShiftAt(schedule, person string, at time.Time) (layer string, sh Shift, ok bool) {
	var now OnCall
	if !s.Resolve(schedule, at, &now) {
		return "", Shift{}, false
	}
	for _, tier := range now.Tiers {
		for _, p := range tier.People {
			if p.Person == person && p.Source.Kind == "" {
				return s.rosters[schedule].lends(p.Source.Layer), Shift{Period: p.Source.Period, Day: p.Source.Day()}, true
			}
		}
	}
	return "", Shift{}, false
}

// lends is the layer whose rotation stands in a layer.
func (r *Roster) lends(layer string) string {
	for i := range r.latest().layers {
		if l := &r.latest().layers[i]; l.id == layer {
			return l.lender
		}
	}
	return layer
}

// TakeOver is the edit by which somebody takes a running shift over now: from the one who stands in a tier, until her shift
// would have ended. The caller gives it an id. Where the tier is empty, the one who takes over stands there for as long as
// it would stay empty.
func (s *Snapshot) TakeOver(schedule string, tier int, person string, now time.Time) (Edit, error) {
	var at OnCall
	if !s.Resolve(schedule, now, &at) {
		return Edit{}, fmt.Errorf("unknown schedule %q", clip(schedule))
	}
	tier = max(tier, 1)
	if tier > len(at.Tiers) {
		return Edit{}, fmt.Errorf("schedule %s has no tier %d", clip(schedule), tier)
	}
	e := Edit{At: now, Do: DoTakeOver, Person: person, Tier: tier, Start: now.Truncate(time.Second), End: at.Until}
	switch people := at.Tiers[tier-1].People; {
	case len(people) == 1:
		e.From, e.End = people[0].Person, people[0].Until
	case len(people) > 1:
		return Edit{}, errors.New("several stand there: name whose shift is taken over")
	}
	if e.From == person {
		return Edit{}, fmt.Errorf("%s stands there already", clip(person))
	}
	if e.End.IsZero() {
		return Edit{}, errors.New("the shift has no end: name one")
	}
	return e, nil
}

// CheckOffer finds what is wrong with an offer that is about to be made.
func (s *Snapshot) CheckOffer(o Offer, now time.Time) Mistakes {
	var m Mistakes
	r := s.rosters[o.Schedule]
	if r == nil {
		m.add("schedule", "unknown schedule %q", clip(o.Schedule))
		return m
	}
	if o.Kind != OfferSwap && o.Kind != OfferGive && o.Kind != OfferPool {
		m.add("kind", "neither swap, give nor pool: %q", clip(string(o.Kind)))
	}
	if o.Kind == OfferGive && len(o.To) != 1 {
		m.add("to", "a shift is given to one person")
	}
	closes := s.offered(&m, r, "a", o.Layer, o.A, o.From, now)
	if o.Kind == OfferSwap && o.B != nil {
		if len(o.To) != 1 {
			m.add("to", "a swap for a certain shift is offered to the one who has it")
		} else if b := s.offered(&m, r, "b", o.Layer, *o.B, o.To[0], now); b.Start.Before(closes.Start) {
			closes.Start = b.Start
		}
	}
	for i, p := range o.To {
		field := fmt.Sprintf("to[%d]", i)
		if p == o.From {
			m.add(field, "the offer is made by the same person")
		}
		s.fit(&m, r, field, p, closes)
	}
	if len(m) == 0 && (o.Closes.After(closes.Start) || !o.Closes.After(now)) {
		m.add("closes", "must be after now and not after the shift begins, %s", closes.Start.UTC().Format(time.RFC3339))
	}
	return m
}

// offered checks one shift of an offer: it exists, it has not begun, and it is its giver's.
func (s *Snapshot) offered(m *Mistakes, r *Roster, field, layer string, sh Shift, giver string, now time.Time) Duty {
	d, ok := r.ShiftOf(layer, sh)
	switch {
	case !ok:
		m.add(field, "no such shift in layer %q", clip(layer))
	case d.Person != giver:
		m.add(field, "the shift is not %s's", clip(giver))
	case !d.Start.After(now):
		m.add(field, "the shift has begun")
	}
	return d
}

// fit checks that somebody may have a shift: known, active, and not on leave then.
func (s *Snapshot) fit(m *Mistakes, r *Roster, field, person string, d Duty) {
	switch s.reach(person) {
	case Unknown:
		if person == Nobody {
			return // an empty slot may be taken for a shift
		}
		m.add(field, "unknown person %q", clip(person))
		return
	case Deactivated:
		m.add(field, "%s is not active", clip(person))
		return
	}
	if r.awayWithin(person, d.Start.Unix(), d.End.Unix()) {
		m.add(field, "%s is on leave then", clip(person))
	}
	if r.left(person, d.Start.Unix()) {
		m.add(field, "%s is deactivated then", clip(person))
	}
}

// awayWithin reports leave that meets [start, end).
func (r *Roster) awayWithin(person string, start, end int64) bool {
	return slices.ContainsFunc(r.away, func(a act) bool {
		return a.do == DoAbsence && a.from == person && a.start < end && start < a.end
	})
}

// CheckTake finds what is wrong with a taker: on leave, unknown, not the holder of the shift given in return.
func (s *Snapshot) CheckTake(o Offer, m Move) Mistakes {
	var found Mistakes
	r := s.rosters[o.Schedule]
	if r == nil {
		found.add("schedule", "unknown schedule %q", clip(o.Schedule))
		return found
	}
	a := s.offered(&found, r, "a", o.Layer, o.A, o.From, m.At)
	s.fit(&found, r, "by", m.By, a)
	b := o.B
	if b == nil {
		b = m.B
	}
	if o.Kind == OfferSwap && b != nil {
		s.fit(&found, r, "from", o.From, s.offered(&found, r, "b", o.Layer, *b, m.By, m.At))
	}
	return found
}

// Closing is when an offer ends at the latest: at the start of the first of its shifts. False: there is no such shift.
func (s *Snapshot) Closing(o Offer) (time.Time, bool) {
	r := s.rosters[o.Schedule]
	if r == nil {
		return time.Time{}, false
	}
	a, ok := r.ShiftOf(o.Layer, o.A)
	if ok && o.B != nil {
		var b Duty
		if b, ok = r.ShiftOf(o.Layer, *o.B); b.Start.Before(a.Start) {
			a.Start = b.Start
		}
	}
	return a.Start, ok
}

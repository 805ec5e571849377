package main

import (
	"context"
	"slices"
	"time"

	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
)

const hour = time.Hour

// rotaView is a schedule as it is asked: now, or as it was known at a past moment.
type rotaView interface {
	Resolve(at time.Time, into *policy.OnCall)
	Expand(from, to time.Time) []policy.Stretch
	Explain(at time.Time) []string
}

// present is a schedule with everything known now, people who cannot be rung passed over.
type present struct {
	snap *policy.Snapshot
	id   string
}

func (p present) Resolve(at time.Time, into *policy.OnCall) { p.snap.Resolve(p.id, at, into) }
func (p present) Explain(at time.Time) []string             { return p.snap.Explain(p.id, at) }
func (p present) Expand(from, to time.Time) []policy.Stretch {
	all, _ := p.snap.Expand(p.id, from, to)
	return all
}

// seen finds how a schedule is asked; false where it cannot be read.
func seen(s *policy.Snapshot, id string, knownAt time.Time) (rotaView, bool) {
	if knownAt.IsZero() {
		return present{s, id}, s.Roster(id) != nil
	}
	roster, err := s.AsKnownAt(id, knownAt)
	return roster, err == nil
}

func standingsIn(view rotaView, sch policy.Schedule, at time.Time) []console.Standing {
	var on policy.OnCall
	view.Resolve(at, &on)
	because := view.Explain(at)
	var out []console.Standing
	for n, tier := range on.Tiers {
		one := console.Standing{Clinic: sch.Clinic, Schedule: sch.ID, Tier: n + 1, Until: on.Until, Because: because}
		if len(tier.People) == 0 {
			out = append(out, one)
		}
		for _, p := range tier.People {
			one.Person, one.Source, one.Until, one.Origin = p.Person, sourceOf(p.Source), p.Until, originOf(p)
			out = append(out, one)
		}
	}
	return out
}

func originOf(p policy.Standing) console.Origin {
	src := p.Source
	return console.Origin{
		Layer: src.Layer, Period: src.Period, Day: src.Day(), Edit: src.Edit, For: src.For, Notes: slices.Clone(p.Notes),
	}
}

// shiftsIn lists the shifts and gaps that a question is about.
func shiftsIn(s *policy.Snapshot, q console.RotaQuery) []console.Shift {
	out := []console.Shift{}
	for _, sch := range asked(s.Book, q) {
		view, ok := seen(s, sch.ID, q.KnownAt)
		if !ok {
			continue
		}
		out = append(out, stretchesView(sch, view.Expand(q.From, q.To))...)
	}
	return out
}

func stretchesView(sch policy.Schedule, list []policy.Stretch) []console.Shift {
	var out []console.Shift
	for _, st := range list {
		one := console.Shift{Clinic: sch.Clinic, Schedule: sch.ID, Tier: st.Tier, Start: st.Start, End: st.End}
		if len(st.People) == 0 {
			out = append(out, one)
		}
		for _, p := range st.People {
			one.Person, one.Source, one.Origin = p.Person, sourceOf(p.Source), originOf(p)
			out = append(out, one)
		}
	}
	return out
}

// outlook answers beyond one instant.
type outlook struct{ rulebook }

func (o outlook) Why(ctx context.Context, q console.RotaQuery) (console.Explanation, error) {
	s, err := o.snapshot(ctx)
	if err != nil {
		return console.Explanation{}, err
	}
	sch, ok := scheduleIn(s.Book, q.Schedule)
	if !ok {
		return console.Explanation{}, console.ErrNotFound
	}
	e := console.Explanation{
		Clinic: sch.Clinic, Schedule: sch.ID, At: q.From, KnownAt: q.KnownAt, Zone: zoneOf(sch, s), ZoneData: s.Zones.Version,
		Version: s.Book.Version,
	}
	if zone, err := s.Zones.Zone(e.Zone); err == nil {
		e.Local = q.From.In(zone).Format("Mon 2006-01-02 15:04:05 MST")
	}
	view, ok := seen(s, sch.ID, q.KnownAt)
	if !ok {
		e.Because = []string{"the schedule cannot be read: every tier is empty, the catch-all takes its calls"}
		return e, nil
	}
	e.Tiers, e.Because = standingsIn(view, sch, q.From), view.Explain(q.From)
	for _, one := range e.Tiers {
		e.Notes = appendNew(e.Notes, one.Notes)
	}
	return e, nil
}

func (o outlook) Gaps(ctx context.Context, q console.RotaQuery) ([]policy.Gap, error) {
	s, err := o.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if q.Clinic == "" && q.Schedule == "" {
		return s.Gaps(q.From, q.To.Sub(q.From)), nil
	}
	var out []policy.Gap
	for _, sch := range asked(s.Book, q) {
		out = append(out, s.GapsOf(sch.ID, q.From, q.To.Sub(q.From))...)
	}
	return out, nil
}

func (o outlook) Fairness(ctx context.Context, q console.RotaQuery) ([]console.Fairness, error) {
	s, err := o.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out []console.Fairness
	for _, sch := range asked(s.Book, q) {
		quarters := full(s.FairnessByQuarter(sch.ID, q.From, q.To))
		for i := range quarters {
			quarters[i].Shares = full(quarters[i].Shares)
		}
		out = append(out, console.Fairness{Clinic: sch.Clinic, Schedule: sch.ID, Quarters: quarters})
	}
	return out, nil
}

// Replay runs past calls against the rules, or a proposal. Our own calls against a proposal are compared with the rules as
// they stand; against the rules as they stand, and a vendor's log always, with whom they really reached.
func (o outlook) Replay(ctx context.Context, q console.ReplayQuery) (console.Replayed, error) {
	now, err := o.snapshot(ctx)
	if err != nil {
		return console.Replayed{}, err
	}
	var before *policy.Snapshot
	after := now
	if q.Proposal != nil {
		if _, after, _, err = o.propose(ctx, q.Schedule, q.Proposal); err != nil {
			return console.Replayed{}, err
		}
		if q.Log == "" {
			before = now
		}
	}
	calls, out, err := o.past(ctx, q, now)
	if err != nil {
		return console.Replayed{}, err
	}
	out.Replay = policy.ReplayCalls(before, after, ofClinic(q.Clinic, now, calls))
	out.Differences = full(out.Differences)
	for i := range out.Differences {
		d := &out.Differences[i]
		d.Before, d.After = full(d.Before), full(d.After)
	}
	return out, nil
}

// past are the calls to replay, and what of a vendor's log could not be read.
func (o outlook) past(ctx context.Context, q console.ReplayQuery, s *policy.Snapshot) ([]policy.PastCall, console.Replayed, error) {
	var out console.Replayed
	if q.Log == "" {
		calls, err := o.Store.CallsForReplay(ctx, q.From, q.To)
		return calls, out, known(err)
	}
	log, err := book.ReadCallLog([]byte(q.Log), book.RotaReading{File: "log", Zone: zoneFor(q, s), Zones: s.Zones}, namesIn(s, q.People))
	if err != nil {
		return nil, out, mistakesOf(err)
	}
	for _, m := range log.Refused {
		out.Refused = append(out.Refused, console.Mistake(m))
	}
	out.Unknown = log.Unknown
	return log.Calls, out, nil
}

// zoneFor is where a log's times without an offset are read: of the schedule or clinic that is asked about, else UTC.
func zoneFor(q console.ReplayQuery, s *policy.Snapshot) *time.Location {
	name := "UTC"
	if sch, ok := scheduleIn(s.Book, q.Schedule); ok {
		name = zoneOf(sch, s)
	} else if c, ok := s.Clinic(q.Clinic); ok {
		name = c.Zone
	}
	zone, err := s.Zones.Zone(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// ofClinic keeps the calls that a clinic's rules decide.
func ofClinic(clinic string, s *policy.Snapshot, calls []policy.PastCall) []policy.PastCall {
	if clinic == "" {
		return calls
	}
	return slices.DeleteFunc(slices.Clone(calls), func(c policy.PastCall) bool {
		number := c.Number
		if e164, ok := policy.NormaliseNumber(number, ""); ok && c.Trunk == "" {
			number = e164
		}
		return s.Decide(policy.Inquiry{Trunk: c.Trunk, Number: number, At: c.At}).Clinic != clinic
	})
}

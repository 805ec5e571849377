package policy

import (
	"slices"
	"time"
)

// What a save finds out about a schedule as it will be: members that starve, layers and overrides without effect, people
// who cannot be reached.

// latest is the version of the layers that stands last.
func (r *Roster) latest() *version { return &r.versions[len(r.versions)-1] }

// starved finds members whose turns never fall into their layer's windows: a daily turn of fourteen under a window from
// Monday to Friday never reaches four of them. A holiday layer's turns move through the year and starve nobody.
func (r *Roster) starved(now int64) (all []Starved) {
	c := newClock(r.zone)
	for i := range r.latest().layers {
		l := &r.latest().layers[i]
		if l.rota == nil || l.lender != l.id || l.on != nil || len(l.windows) == 0 {
			continue
		}
		e := &l.rota.eras[len(l.rota.eras)-1]
		if e.advance == Covered {
			continue
		}
		k, _, _ := e.beat.period(max(now, e.from), &c)
		served := map[string]bool{}
		for n := range e.cycle() {
			if l.windows.covers(e.beat.handoff(k+n, &c), e.beat.handoff(k+n+1, &c), &c) {
				served[l.rota.holder(k+n, &c)] = true
			}
		}
		for _, slot := range e.live {
			if p := e.list[slot]; p != Nobody && !served[p] {
				served[p] = true // once
				all = append(all, Starved{Layer: l.id, Person: p})
			}
		}
	}
	return all
}

// cycle is after how many periods both the week and the list have come round.
func (e *era) cycle() int64 {
	members := int64(len(e.live))
	switch {
	case e.beat.unit == Hour && e.beat.n < 168:
		return 168 * members
	case e.beat.unit == Day && e.beat.n < 7:
		return 7 * members
	}
	return members
}

// idle finds layers that no tier would ever show within a range if nothing were overridden.
func (r *Roster) idle(over span) (ids []string) {
	bare := *r
	bare.acts, bare.away, bare.swaps, bare.gone = nil, nil, nil, nil
	stood := map[string]bool{}
	for _, st := range bare.Expand(time.Unix(over.start, 0), time.Unix(over.end, 0)) {
		for _, p := range st.People {
			stood[p.Source.Layer] = true
		}
	}
	for _, l := range r.latest().layers {
		if l.on == nil && !stood[l.id] && l.rota != nil && !l.rota.nobodys() && r.latest().from < over.end {
			ids = append(ids, l.id)
		}
	}
	return ids
}

// nobodys reports a rotation that has no slot for anybody.
func (r *turns) nobodys() bool {
	e := &r.eras[len(r.eras)-1]
	return !slices.ContainsFunc(e.live, func(slot int) bool { return e.list[slot] != Nobody })
}

// useless finds the schedule's overrides, still to come or running, without which every answer would be the same.
func (r *Roster) useless(s *Schedule, over span) (ids []string) {
	own := map[string]bool{}
	for _, o := range s.Overrides {
		own[o.ID] = true
	}
	for _, e := range s.Edits {
		own[e.ID] = true
	}
	without := *r
	without.acts = slices.Clone(r.acts)
	for i, a := range r.acts {
		at := span{start: max(a.start, over.start), end: min(a.end, over.end)}
		if at.end <= at.start || !own[a.id] || a.tier == 0 {
			continue
		}
		without.acts[i].end = dawn // holds never
		if r.answersAs(&without, at) {
			ids = append(ids, a.id)
		}
		without.acts[i].end = a.end
	}
	for i, s := range r.swaps {
		without := *r
		without.swaps = slices.Delete(slices.Clone(r.swaps), i, i+1)
		if r.swapped(s, over) && r.answersAs(&without, over) {
			ids = append(ids, s.id)
		}
	}
	return ids
}

// swapped reports a swap whose shifts both lie within a range: only then its effect can be seen there.
func (r *Roster) swapped(s swap, over span) bool {
	c := newClock(r.zone)
	in := func(sh shift) bool {
		at, ok := r.shiftSpan(s.layer, sh, &c)
		return ok && at.start >= over.start && at.end <= over.end
	}
	return in(s.a) && (s.person != "" || in(s.b))
}

// answersAs compares two rosters' people over a range.
func (r *Roster) answersAs(other *Roster, over span) bool {
	var a, b OnCall
	for t := over.start; t < over.end; {
		r.Resolve(time.Unix(t, 0), &a)
		other.Resolve(time.Unix(t, 0), &b)
		for i := range max(len(a.Tiers), len(b.Tiers)) {
			if !slices.EqualFunc(a.people(i), b.people(i), func(p, q Standing) bool { return p.Person == q.Person }) {
				return false
			}
		}
		next := over.end
		for _, until := range []time.Time{a.Until, b.Until} {
			if !until.IsZero() {
				next = min(next, until.Unix())
			}
		}
		t = next
	}
	return true
}

func (now *OnCall) people(tier int) []Standing {
	if tier >= len(now.Tiers) {
		return nil
	}
	return now.Tiers[tier].People
}

// unreachable lists who has, or will be given, a turn and has neither a device nor a telephone.
func (s *Snapshot) unreachable(r *Roster, now int64) (ids []string) {
	seen := map[string]bool{}
	look := func(person string) {
		if person == "" || seen[person] {
			return
		}
		if seen[person] = true; s.reach(person) == Unreachable {
			ids = append(ids, person)
		}
	}
	for _, l := range r.latest().layers {
		if l.rota == nil {
			continue
		}
		e := &l.rota.eras[len(l.rota.eras)-1]
		for _, slot := range e.live {
			look(e.list[slot])
		}
	}
	for _, a := range r.acts {
		if a.end <= now {
			continue
		}
		look(a.person)
		for _, d := range a.duties {
			look(d.person)
		}
	}
	for _, sw := range r.swaps {
		look(sw.person)
	}
	slices.Sort(ids)
	return ids
}

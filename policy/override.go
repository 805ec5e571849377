package policy

import "time"

// overrides makes the acts and swaps of a roster, in creation order.
func (b *builder) overrides() {
	for _, e := range b.edits {
		switch e.Do {
		case DoAssign, DoCover, DoAdd, DoNobody, DoPlan, DoAbsence, DoDND, DoTakeOver:
			b.override(e)
		case DoNote:
			b.note(e)
		case DoSwap, DoGive:
			b.swap(e)
		case DoMembers, DoAnchor, DoEvery, DoLayers, DoDeactivate:
		default:
			b.wrong("edit %s: unknown kind %q", e.ID, clip(string(e.Do)))
		}
	}
}

func (b *builder) override(e Edit) {
	if !e.End.After(e.Start) {
		b.wrong("edit %s: end not after start", e.ID)
		return
	}
	a := act{
		id: e.ID, do: e.Do, tier: max(e.Tier, 1), person: e.Person, from: e.From,
		start: e.Start.Unix(), end: e.End.Unix(), layers: e.Filler == "layers",
	}
	switch e.Do {
	case DoAbsence, DoDND:
		a.tier, a.from, a.person = 0, e.Person, e.Cover
		b.roster.away = append(b.roster.away, a)
	case DoPlan:
		if e.Filler != "" && e.Filler != "layers" {
			b.wrong("edit %s: unknown filler %q", e.ID, clip(e.Filler))
		}
		for _, d := range e.Shifts {
			a.duties = append(a.duties, duty{d.Person, d.Start.Unix(), d.End.Unix()})
		}
	}
	b.roster.acts = append(b.roster.acts, a)
}

// note makes a remark on a tier's shifts, or on one shift by identity.
func (b *builder) note(e Edit) {
	if !e.End.After(e.Start) {
		b.wrong("edit %s: end not after start", e.ID)
		return
	}
	n := remark{tier: max(e.Tier, 1), layer: e.Layer, text: e.Note, start: e.Start.Unix(), end: e.End.Unix()}
	if e.Layer != "" {
		var err error
		if n.shift, err = e.A.identity(); err != nil {
			b.wrong("edit %s: %w", e.ID, err)
		}
	}
	b.roster.remarks = append(b.roster.remarks, n)
}

func (b *builder) swap(e Edit) {
	if b.rotas[e.Layer] == nil {
		b.wrong("edit %s: unknown layer %q", e.ID, clip(e.Layer))
		return
	}
	s := swap{id: e.ID, layer: e.Layer, person: e.Person}
	var err error
	if s.a, err = e.A.identity(); err != nil {
		b.wrong("edit %s: %w", e.ID, err)
	}
	if s.b, err = e.B.identity(); err != nil {
		b.wrong("edit %s: %w", e.ID, err)
	}
	b.roster.swaps = append(b.roster.swaps, s)
}

func (s Shift) identity() (shift, error) {
	if s.Day == "" {
		return shift{k: s.Period, whole: true}, nil
	}
	d, err := time.Parse(time.DateOnly, s.Day)
	return shift{k: s.Period, date: Wall(d.Unix()).date()}, err
}

// is reports whether this identity takes in a shift: a whole period takes in each of its days.
func (s shift) is(other shift) bool {
	return s.k == other.k && (s.whole || other.whole || s.date == other.date)
}

// onto moves a shift from one side of a swap to the other.
func (s shift) onto(side shift) shift {
	if side.whole {
		return shift{k: side.k, date: s.date, whole: s.whole}
	}
	return side
}

// holder names who has a shift of a layer after every swap, and the swap that decided it. The latest swap is asked first:
// whoever had the other shift before it has this one now.
func (r *Roster) holder(l *layer, sh shift, c *clock) (person, by string) {
	for i := len(r.swaps) - 1; i >= 0; i-- {
		s := &r.swaps[i]
		if s.layer != l.lender {
			continue
		}
		switch {
		case s.person != "":
			if s.a.is(sh) {
				return s.person, s.id
			}
		case s.a.is(sh):
			sh, by = sh.onto(s.b), s.id
		case s.b.is(sh):
			sh, by = sh.onto(s.a), s.id
		}
	}
	return l.rota.holder(sh.k, c), by
}

// holds reports whether an override concerns a tier at an instant, and narrows until to its nearest bound.
func (a *act) holds(tier int, t int64, until *int64) bool {
	if a.tier != 0 && a.tier != tier || t >= a.end {
		return false
	}
	if t < a.start {
		*until = min(*until, a.start)
		return false
	}
	*until = min(*until, a.end)
	return true
}

// apply changes who stands in a tier: what came before is what the layers and the earlier overrides made of it.
func (a *act) apply(r *Roster, tier *Tier, q *question) {
	switch a.do {
	case DoAssign:
		tier.People = append(tier.People[:0], a.stands(a.person))
	case DoTakeOver:
		if a.from != "" {
			a.cover(tier)
			return
		}
		tier.People = append(tier.People[:0], a.stands(a.person))
	case DoNobody:
		tier.People = tier.People[:0]
	case DoAdd:
		tier.join(a.stands(a.person))
	case DoCover:
		a.cover(tier)
	case DoAbsence:
		if a.person != "" {
			a.cover(tier)
		}
	case DoPlan:
		a.plan(r, tier, q)
	}
}

// cover puts the covering person where the covered one stands, and nowhere else (S8).
func (a *act) cover(tier *Tier) {
	for i := range tier.People {
		if tier.People[i].Person == a.from {
			tier.People[i] = a.instead(tier.People[i])
		}
	}
	tier.once()
}

// instead is the covering person in the covered one's place: for as long as both the cover and the shift last.
func (a *act) instead(of Standing) Standing {
	p := Standing{Person: a.person, Source: of.Source, Since: later(of.Since, instant(a.start)), Until: instant(a.end)}
	p.Source.Kind, p.Source.Edit, p.Source.For = a.do, a.id, of.Person
	if !of.Until.IsZero() && of.Until.Before(p.Until) {
		p.Until = of.Until
	}
	return p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (a *act) plan(r *Roster, tier *Tier, q *question) {
	tier.People = tier.People[:0]
	for _, d := range a.duties {
		if q.t < d.start {
			q.until = min(q.until, d.start)
		} else if q.t < d.end {
			q.until = min(q.until, d.end)
			p := a.stands(d.person)
			p.Since, p.Until = instant(d.start), instant(d.end)
			tier.join(p)
		}
	}
	if len(tier.People) == 0 && a.layers {
		r.stand(tier, q)
	}
}

func (a *act) stands(person string) Standing {
	return Standing{Person: person, Since: instant(a.start), Until: instant(a.end), Source: Source{Kind: a.do, Edit: a.id}}
}

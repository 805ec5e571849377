package policy

import "time"

// OnCall is who is on call at an instant: tiers in order, the first that has somebody is rung first. Pass the same value to
// Resolve again and nothing is allocated.
type OnCall struct {
	At    time.Time
	Until time.Time // the answer is the same until then at least; zero: for ever
	Tiers []Tier
}

// Tier is one tier's people, and those passed over with the reason (S10).
type Tier struct {
	Number int
	People []Standing
	Passed []Passed
}

// Standing is one person on call, and why.
type Standing struct {
	Person       string
	Source       Source
	Since, Until time.Time // of what puts her there: the shift, clipped to its window, or the override
	Notes        []string  // what the shift's people are to know now
}

// Source is what puts a person there: a layer's period, or an override. Comparable: two answers with the same sources are
// the same shift.
type Source struct {
	Kind   Do     // empty: a layer
	Layer  string // of a layer, or of the one who is covered
	Period int64
	Edit   string // id of the override or swap
	For    string // cover, absence, dnd, take_over: who is covered
	Number int    // of the version of the layers
	date   int64
	dated  bool
}

// Day is the local date on which the window of the shift starts; empty where the layer has no window.
func (s Source) Day() string {
	if !s.dated {
		return ""
	}
	return dateText(s.date)
}

// Passed is somebody who would stand but cannot be rung.
type Passed struct {
	Person string
	Why    Why
}

// Why is why somebody is passed over.
type Why string

const (
	Deactivated Why = "deactivated"
	Away        Why = "absent"
	Undisturbed Why = "do_not_disturb"
	Unknown     Why = "unknown"
	Unreachable Why = "unreachable" // neither a device nor a verified telephone
)

// question is one Resolve under way: the instant, the clock and how long the answer is good for.
type question struct {
	t     int64
	until int64
	clock clock
	ver   *version
}

func instant(t int64) time.Time {
	if t <= dawn || t >= dusk {
		return time.Time{}
	}
	return time.Unix(t, 0).UTC()
}

// Resolve says who is on call at an instant. Fractions of a second are cut off: every boundary lies on a whole one.
func (r *Roster) Resolve(at time.Time, into *OnCall) {
	q := question{t: at.Unix(), until: dusk, clock: newClock(r.zone)}
	q.ver = r.version(q.t, &q.until)
	into.At = at
	for len(into.Tiers) < r.tiers {
		into.Tiers = append(into.Tiers, Tier{})
	}
	into.Tiers = into.Tiers[:r.tiers]
	for i := range into.Tiers {
		tier := &into.Tiers[i]
		tier.Number, tier.People, tier.Passed = i+1, tier.People[:0], tier.Passed[:0]
		r.stand(tier, &q)
		for j := range r.acts {
			if a := &r.acts[j]; a.holds(tier.Number, q.t, &q.until) {
				a.apply(r, tier, &q)
			}
		}
		r.pass(tier, &q)
		for j := range r.remarks {
			r.remarks[j].show(tier, &q)
		}
	}
	into.Until = instant(q.until)
}

// version finds the layers in force (S9).
func (r *Roster) version(t int64, until *int64) *version {
	i := len(r.versions) - 1
	for i > 0 && t < r.versions[i].from {
		*until = r.versions[i].from
		i--
	}
	return &r.versions[i]
}

// stand is what the layers say: the first replace layer that holds, then the add layers in rank order (S7).
func (r *Roster) stand(tier *Tier, q *question) {
	for i := range q.ver.layers {
		l := &q.ver.layers[i]
		if l.tier == tier.Number && l.mode == Replace && r.layer(l, tier, q) {
			break
		}
	}
	for i := range q.ver.layers {
		if l := &q.ver.layers[i]; l.tier == tier.Number && l.mode == Add {
			r.layer(l, tier, q)
		}
	}
}

// layer puts a layer's person into the tier where it holds. A turn that is nobody's leaves the tier as it is; the layer
// holds all the same, so that the layers below it stay out.
func (r *Roster) layer(l *layer, tier *Tier, q *question) (holds bool) {
	s := span{start: dawn, end: dusk}
	dated := len(l.windows) > 0
	if dated {
		s, holds = l.windows.active(q.t, &q.clock, l.on)
		q.until = min(q.until, s.end)
		if !holds {
			return false
		}
	}
	now := l.rota.at(q.t, &q.clock)
	q.until = min(q.until, now.end)
	person, by := r.holder(l, shift{k: now.k, date: s.date, whole: !dated}, &q.clock)
	if person == Nobody {
		return true
	}
	tier.join(Standing{
		Person: person, Since: instant(max(s.start, now.start)), Until: instant(min(s.end, now.end)),
		Source: Source{Layer: l.id, Period: now.k, date: s.date, dated: dated, Edit: by, Number: q.ver.number},
	})
	return true
}

// join adds a person who does not stand there already.
func (t *Tier) join(p Standing) {
	for i := range t.People {
		if t.People[i].Person == p.Person {
			return
		}
	}
	t.People = append(t.People, p)
}

// pass takes out who is deactivated or away; whoever covers an absence stands in (S10).
func (r *Roster) pass(tier *Tier, q *question) {
	for i := range r.gone {
		if at := r.gone[i].at; at > q.t {
			q.until = min(q.until, at)
		}
	}
	kept := tier.People[:0]
	for _, p := range tier.People {
		if p, why := r.stillThere(p, q.t); why == "" {
			kept = append(kept, p)
		} else {
			tier.Passed = append(tier.Passed, Passed{p.Person, why})
		}
	}
	tier.People = kept
	tier.once()
}

// once keeps the first of those who stand twice, because they cover somebody beside them.
func (t *Tier) once() {
	kept := t.People[:0]
	for i, p := range t.People {
		twice := false
		for _, before := range t.People[:i] {
			twice = twice || before.Person == p.Person
		}
		if !twice {
			kept = append(kept, p)
		}
	}
	t.People = kept
}

// stillThere follows absences to somebody who is there. A circle of absences ends with nobody; but do-not-disturb never
// makes a gap: where it leads to nobody, the last who only asked not to be disturbed stands, in a circle the first.
func (r *Roster) stillThere(p Standing, t int64) (Standing, Why) {
	var quiet, stop Standing // who only asked not to be disturbed; where the way ends
	var why Why
	first, asked := p, false
	for range len(r.away) + 1 {
		a := r.absent(p.Person, t)
		switch {
		case r.left(p.Person, t):
			stop, why = p, Deactivated
		case a == nil:
			return p, ""
		case a.do == DoDND && !r.onLeave(p.Person, t):
			quiet, asked = p, true
		}
		if why == "" && a.person == "" {
			stop, why = p, Away
		}
		if why != "" {
			if asked {
				return quiet, ""
			}
			return stop, why
		}
		p = a.instead(p)
	}
	return r.circle(first, t)
}

// circle is the end of a way that leads round: the first on it who only asked not to be disturbed, else nobody.
func (r *Roster) circle(p Standing, t int64) (Standing, Why) {
	first := p
	for range len(r.away) + 1 {
		a := r.absent(p.Person, t)
		if a.do == DoDND && !r.onLeave(p.Person, t) {
			return p, ""
		}
		p = a.instead(p)
	}
	return first, Away
}

func (r *Roster) left(person string, t int64) bool {
	for i := range r.gone {
		if r.gone[i].person == person && r.gone[i].at <= t {
			return true
		}
	}
	return false
}

// absent finds the latest absence of a person that holds; their bounds are boundaries of the answer through acts.
func (r *Roster) absent(person string, t int64) *act {
	for i := len(r.away) - 1; i >= 0; i-- {
		if a := &r.away[i]; a.from == person && a.start <= t && t < a.end {
			return a
		}
	}
	return nil
}

// onLeave reports a person who is truly away, whatever else she asked for.
func (r *Roster) onLeave(person string, t int64) bool {
	for i := range r.away {
		if a := &r.away[i]; a.do == DoAbsence && a.from == person && a.start <= t && t < a.end {
			return true
		}
	}
	return false
}

// show puts a note on whom it concerns while it holds.
func (n *remark) show(tier *Tier, q *question) {
	if n.tier != tier.Number && n.layer == "" || q.t >= n.end {
		return
	}
	if q.t < n.start {
		q.until = min(q.until, n.start)
		return
	}
	q.until = min(q.until, n.end)
	for i := range tier.People {
		p := &tier.People[i]
		src := shift{k: p.Source.Period, date: p.Source.date, whole: !p.Source.dated}
		if n.layer == "" || n.layer == p.Source.Layer && n.shift.is(src) {
			p.Notes = append(p.Notes, n.text)
		}
	}
}

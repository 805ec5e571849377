package policy

import (
	"fmt"
	"slices"
	"time"
)

// Ladder is a plan's hunt as a ladder: the same steps, the same people, the same times; a refusal rings the next at once.
func (p Plan) Ladder(id string, due time.Time) Ladder {
	rungs := make([]Rung, 0, len(p.Steps))
	for _, s := range p.Steps {
		r := Rung{Name: s.Name, Mode: s.Mode, Delay: s.For}
		for _, t := range s.Targets {
			r.People = append(r.People, t.Person)
		}
		rungs = append(rungs, r)
	}
	l := NewLadder(id, rungs, 0, due)
	l.Kind, l.Urgency = "call", Urgent
	return l
}

// Rung finds a rung's people by asking the book: the tier as it stands, the next where it is empty, then those named. Who
// cannot be rung is left out.
func (s *Snapshot) Rung(r Rung, at time.Time) []string {
	people := []string{}
	add := func(person string) {
		if !slices.Contains(people, person) && s.reach(person) == "" {
			people = append(people, person)
		}
	}
	var now OnCall
	if r.Schedule != "" && s.Resolve(r.Schedule, at, &now) {
		for i := max(r.Tier, 1) - 1; i < len(now.Tiers) && len(people) == 0; i++ {
			for _, p := range now.Tiers[i].People {
				add(p.Person)
			}
		}
	}
	for _, person := range r.People {
		add(person)
	}
	return people
}

// Bounds of a ladder: what is beyond them was not meant.
const (
	maxRungs   = 64
	maxRepeats = 100
	maxDelay   = 7 * 24 * time.Hour
)

// CheckRungs finds what is wrong with the rungs of a ladder that is about to be stored.
func CheckRungs(rungs []Rung, repeats int, b *Book) Mistakes {
	var m Mistakes
	if len(rungs) == 0 || len(rungs) > maxRungs {
		m.add("rungs", "between 1 and %d rungs", maxRungs)
		return m
	}
	if repeats < 0 || repeats > maxRepeats {
		m.add("repeats", "between 0 and %d", maxRepeats)
	}
	w := newWary(&m, b, nil, time.Time{})
	for i, r := range rungs {
		at := fmt.Sprintf("rungs[%d]", i)
		w.text(at+".name", r.Name, maxName)
		if r.Delay < 0 || r.Delay > maxDelay {
			m.add(at+".delay", "between 0 and %s", maxDelay)
		}
		if r.Schedule == "" && len(r.People) == 0 {
			m.add(at, "neither a schedule nor people")
		}
		if r.Schedule != "" && !slices.ContainsFunc(b.Schedules, func(s Schedule) bool { return s.ID == r.Schedule }) {
			m.add(at+".schedule", "unknown schedule %q", clip(r.Schedule))
		}
		for j, p := range r.People {
			w.person(fmt.Sprintf("%s.people[%d]", at, j), p)
		}
		if r.Mode != "" && r.Mode != Together && r.Mode != InOrder {
			m.add(at+".mode", "neither together nor in_order: %q", clip(string(r.Mode)))
		}
	}
	return m
}

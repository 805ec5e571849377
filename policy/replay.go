package policy

import (
	"slices"
	"time"
)

// PastCall is a call that was made: a call of our own, or a line of another vendor's log.
type PastCall struct {
	Number, Trunk string
	At            time.Time
	Reached       []string // person ids
}

// Replay is what past calls would have met under other rules.
type Replay struct {
	Total       int          `json:"total"`
	Others      int          `json:"others"` // would have reached somebody else
	Nobody      int          `json:"nobody"` // would have reached nobody
	Differences []Difference `json:"differences"`
}

// Difference is one call that would have gone another way. It holds no number: the call is found by its time.
type Difference struct {
	At     time.Time `json:"at"`
	Clinic string    `json:"clinic"`
	Before []string  `json:"before"`
	After  []string  `json:"after"`
}

// ReplayCalls runs past calls against two books. Before nil: what the calls really reached stands in its place, and a call
// agrees when one of those reached is among those who would be.
func ReplayCalls(before, after *Snapshot, calls []PastCall) Replay {
	r := Replay{Total: len(calls), Differences: []Difference{}}
	for _, c := range calls {
		q := Inquiry{Trunk: c.Trunk, Number: c.Number, At: c.At}
		clinic, now := after.wouldReach(q)
		then := [][]string{c.Reached}
		if before != nil {
			_, then = before.wouldReach(q)
		}
		flatThen, flatNow := flatten(then), flatten(now)
		switch {
		case lost(then, now, before == nil):
			r.Nobody++
		case before == nil && (len(flatThen) == 0 || meet(flatThen, flatNow)), before != nil && slices.EqualFunc(then, now, slices.Equal):
			continue
		default:
			r.Others++
		}
		r.Differences = append(r.Differences, Difference{At: c.At, Clinic: clinic, Before: flatThen, After: flatNow})
	}
	return r
}

// wouldReach lists whom a call reaches: first those its flow rings first, then whoever is on call in each of the clinic's
// schedules that the flow does not ask, because an agent hands the call on to them. Each list is sorted.
func (s *Snapshot) wouldReach(q Inquiry) (clinic string, lists [][]string) {
	var p Plan
	o, _ := s.whose(q, &p)
	if o == nil {
		return "", [][]string{{}}
	}
	flow := o.Closed
	if s.open(o, q.At, &p) {
		flow = o.Open
	}
	first := []string{}
	asked := map[string]bool{}
	for _, step := range flow.Steps {
		asked[step.Schedule] = true
		if len(first) == 0 {
			first = append(first, s.Rung(Rung{Schedule: step.Schedule, Tier: step.Tier, People: step.People}, q.At)...)
		}
	}
	if o.Suspended {
		return o.ID, [][]string{{}}
	}
	slices.Sort(first)
	if len(flow.Steps) > 0 {
		lists = append(lists, first)
	}
	for i := range s.Book.Schedules {
		if sch := &s.Book.Schedules[i]; sch.Clinic == o.ID && !asked[sch.ID] {
			people := s.Rung(Rung{Schedule: sch.ID}, q.At)
			slices.Sort(people)
			lists = append(lists, people)
		}
	}
	if len(lists) == 0 {
		lists = [][]string{{}}
	}
	return o.ID, lists
}

// lost reports a call that reached somebody and would reach nobody: on any list where the lists can be compared one by one.
func lost(then, now [][]string, log bool) bool {
	if log || len(then) != len(now) {
		return len(flatten(then)) > 0 && len(flatten(now)) == 0
	}
	for i := range then {
		if len(then[i]) > 0 && len(now[i]) == 0 {
			return true
		}
	}
	return false
}

func flatten(lists [][]string) []string {
	all := []string{}
	for _, list := range lists {
		for _, p := range list {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(p string) bool { return slices.Contains(b, p) })
}

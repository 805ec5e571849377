package policy

import (
	"cmp"
	"slices"
	"time"
)

// MovedShift is a shift that other zone data put elsewhere.
type MovedShift struct {
	Schedule string    `json:"schedule"`
	Clinic   string    `json:"clinic"`
	Tier     int       `json:"tier"`
	Person   string    `json:"person"`
	Layer    string    `json:"layer"`
	Period   int64     `json:"period"`
	Day      string    `json:"day,omitempty"`
	OldStart time.Time `json:"old_start,omitzero"` // zero: the shift is new
	OldEnd   time.Time `json:"old_end,omitzero"`
	NewStart time.Time `json:"new_start,omitzero"` // zero: the shift is gone
	NewEnd   time.Time `json:"new_end,omitzero"`
}

// ShiftsMoved lists the shifts within the horizon that begin or end at another instant under new zone data, schedule by
// schedule in the book's order. Schedules in zones that did not change are not looked at.
func ShiftsMoved(b *Book, old, new *Zones, from time.Time, horizon time.Duration) []MovedShift {
	before, after := Index(b, old), Index(b, new)
	to := from.Add(horizon)
	same := map[string]bool{}
	var all []MovedShift
	for i := range b.Schedules {
		sch := &b.Schedules[i]
		name := before.rules(sch, time.Time{}).ZoneName
		if _, known := same[name]; !known {
			same[name] = alike(old, new, name, to)
		}
		if !same[name] {
			all = append(all, movedOf(before, after, sch, span{start: from.Unix(), end: to.Unix()})...)
		}
	}
	return all
}

// alike reports a zone whose clocks never differ until an instant.
func alike(old, new *Zones, name string, to time.Time) bool {
	a, errA := old.Zone(name)
	b, errB := new.Zone(name)
	if errA != nil || errB != nil {
		return (errA == nil) == (errB == nil)
	}
	was, is := newClock(a), newClock(b)
	for t := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); t < to.Unix(); t = min(was.end, is.end) {
		was.look(t)
		is.look(t)
		if was.offset != is.offset {
			return false
		}
	}
	return true
}

// shiftKey is a shift as both zone data know it.
type shiftKey struct {
	tier   int
	person string
	source Source
}

func movedOf(before, after *Snapshot, sch *Schedule, over span) (all []MovedShift) {
	was, is := before.hulls(sch.ID, over), after.hulls(sch.ID, over)
	for key, old := range was {
		if now := is[key]; now != old {
			all = append(all, key.moved(sch, old, now))
		}
	}
	for key, now := range is {
		if _, known := was[key]; !known {
			all = append(all, key.moved(sch, span{}, now))
		}
	}
	slices.SortFunc(all, func(a, b MovedShift) int {
		return cmp.Or(a.begins().Compare(b.begins()), cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Person, b.Person))
	})
	return all
}

func (m MovedShift) begins() time.Time {
	if m.OldStart.IsZero() {
		return m.NewStart
	}
	return m.OldStart
}

// hulls finds from when to when each shift stands within a range.
func (s *Snapshot) hulls(schedule string, over span) map[shiftKey]span {
	found := map[shiftKey]span{}
	stretches, _ := s.Expand(schedule, time.Unix(over.start, 0), time.Unix(over.end, 0))
	for _, st := range stretches {
		for _, p := range st.People {
			at := span{start: st.Start.Unix(), end: st.End.Unix()}
			key := shiftKey{st.Tier, p.Person, p.Source}
			if was, known := found[key]; known {
				at = span{start: min(was.start, at.start), end: max(was.end, at.end)}
			}
			found[key] = at
		}
	}
	return found
}

func (k shiftKey) moved(sch *Schedule, old, now span) MovedShift {
	m := MovedShift{
		Schedule: sch.ID, Clinic: sch.Clinic, Tier: k.tier, Person: k.person,
		Layer: k.source.Layer, Period: k.source.Period, Day: k.source.Day(),
	}
	if old.end > 0 {
		m.OldStart, m.OldEnd = time.Unix(old.start, 0).UTC(), time.Unix(old.end, 0).UTC()
	}
	if now.end > 0 {
		m.NewStart, m.NewEnd = time.Unix(now.start, 0).UTC(), time.Unix(now.end, 0).UTC()
	}
	return m
}

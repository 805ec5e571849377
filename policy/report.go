package policy

import (
	"cmp"
	"slices"
	"time"
)

// SaveReport is what a change would do, shown before it is stored and with it.
type SaveReport struct {
	Affected       []PersonChange `json:"affected"`
	Gaps           []Gap          `json:"gaps"`
	NewGaps        []Gap          `json:"new_gaps"` // made by this change: they need an acknowledgement
	DoubleBookings []Double       `json:"double_bookings"`
	Starved        []Starved      `json:"starved"`
	Unreachable    []string       `json:"unreachable"` // ids of people with neither a device nor a telephone
	Useless        []string       `json:"useless"`     // ids of overrides without effect
	IdleLayers     []string       `json:"idle_layers"` // ids of layers that never stand within the horizon
	Mistakes       []string       `json:"mistakes"`    // why the schedule cannot be read; then it is a gap throughout
	Replay         *Replay        `json:"replay,omitempty"`
}

// PersonChange is how a person's time on call changes within the horizon, in hours.
type PersonChange struct {
	Person string  `json:"person"`
	Before float64 `json:"hours_before"`
	After  float64 `json:"hours_after"`
	Gained float64 `json:"hours_gained"` // on call now where she was not
	Lost   float64 `json:"hours_lost"`
}

// Double is a time in which a person stands in two schedules at once.
type Double struct {
	Person string    `json:"person"`
	Here   string    `json:"schedule"`
	There  string    `json:"other_schedule"`
	Clinic string    `json:"other_clinic"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

// Starved is a member whose turns never fall into the layer's windows.
type Starved struct {
	Layer  string `json:"layer"`
	Person string `json:"person"`
}

// Horizon is how far ahead gaps are looked for.
const Horizon = 90 * 24 * time.Hour

// maxDoubles bounds the list of double bookings: a pool of agents that answers for everybody is one line each, not a book.
const maxDoubles = 500

// Report says what a change of one schedule does from now on: before and after are the book without and with it. Before may
// be nil, or not hold the schedule: then all of it is new.
func Report(before, after *Snapshot, schedule string, now time.Time, horizon time.Duration) SaveReport {
	over := span{start: now.Unix(), end: now.Add(horizon).Unix()}
	r := SaveReport{
		Affected: []PersonChange{}, Gaps: after.GapsOf(schedule, now, horizon), DoubleBookings: []Double{}, Starved: []Starved{},
		Unreachable: []string{}, Useless: []string{}, IdleLayers: []string{}, Mistakes: []string{},
	}
	if r.Gaps == nil {
		r.Gaps = []Gap{}
	}
	var was []Gap
	var hoursBefore map[string]spans
	if before != nil {
		was, hoursBefore = before.GapsOf(schedule, now, horizon), before.hoursOf(schedule, over)
		if before.listed(schedule) == nil {
			was = nil
		}
	}
	r.NewGaps = newGaps(was, r.Gaps)
	hours := after.hoursOf(schedule, over)
	r.affected(hoursBefore, hours)
	after.doubles(&r, schedule, hours, over)
	if roster := after.rosters[schedule]; roster != nil {
		r.Starved = append(r.Starved, roster.starved(over.start)...)
		r.IdleLayers = append(r.IdleLayers, roster.idle(over)...)
		r.Useless = append(r.Useless, roster.useless(after.listed(schedule), over)...)
		r.Unreachable = append(r.Unreachable, after.unreachable(roster, over.start)...)
	} else if sch := after.listed(schedule); sch != nil {
		_, err := Compile(*sch, after.rules(sch, time.Time{}))
		r.Mistakes = append(r.Mistakes, err.Error())
	}
	return r
}

// hoursOf lists when each person stands in a schedule, in any tier.
func (s *Snapshot) hoursOf(schedule string, over span) map[string]spans {
	on := map[string]spans{}
	stretches, _ := s.Expand(schedule, time.Unix(over.start, 0), time.Unix(over.end, 0))
	for _, st := range stretches {
		for _, p := range st.People {
			on[p.Person] = append(on[p.Person], span{start: st.Start.Unix(), end: st.End.Unix()})
		}
	}
	for p := range on {
		on[p] = on[p].merged()
	}
	return on
}

// affected compares who stands when.
func (r *SaveReport) affected(before, after map[string]spans) {
	everybody := map[string]bool{}
	for p := range before {
		everybody[p] = true
	}
	for p := range after {
		everybody[p] = true
	}
	for p := range everybody {
		was, is := before[p], after[p]
		c := PersonChange{
			Person: p, Before: was.hours(), After: is.hours(), Gained: is.without(was).hours(), Lost: was.without(is).hours(),
		}
		if c.Gained > 0 || c.Lost > 0 {
			r.Affected = append(r.Affected, c)
		}
	}
	slices.SortFunc(r.Affected, func(a, b PersonChange) int { return cmp.Compare(a.Person, b.Person) })
}

// newGaps cuts out of the gaps what was as bad before.
func newGaps(before, after []Gap) []Gap {
	was := map[Severity]spans{}
	for _, g := range before {
		at := span{start: g.Start.Unix(), end: g.End.Unix()}
		was[g.Severity] = append(was[g.Severity], at)
		if g.Severity == NobodyAtAll {
			was[NextTier] = append(was[NextTier], at)
		}
	}
	for severity := range was {
		was[severity] = was[severity].merged()
	}
	made := []Gap{}
	for _, g := range after {
		whole := spans{{start: g.Start.Unix(), end: g.End.Unix()}}
		for _, left := range whole.without(was[g.Severity]) {
			g.Start, g.End = time.Unix(left.start, 0).UTC(), time.Unix(left.end, 0).UTC()
			made = append(made, g)
		}
	}
	return made
}

// doubles finds times in which somebody stands in this schedule and in another at once.
func (s *Snapshot) doubles(r *SaveReport, schedule string, hours map[string]spans, over span) {
	for i := range s.Book.Schedules {
		there := &s.Book.Schedules[i]
		if there.ID == schedule || !there.mentions(hours) || s.rosters[there.ID] == nil {
			continue
		}
		for person, list := range s.hoursOf(there.ID, over) {
			for _, both := range list.within(hours[person]) {
				r.DoubleBookings = append(r.DoubleBookings, Double{
					Person: person, Here: schedule, There: there.ID, Clinic: there.Clinic,
					Start: time.Unix(both.start, 0).UTC(), End: time.Unix(both.end, 0).UTC(),
				})
			}
		}
		if len(r.DoubleBookings) >= 2*maxDoubles {
			break
		}
	}
	slices.SortFunc(r.DoubleBookings, func(a, b Double) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Person, b.Person), cmp.Compare(a.There, b.There))
	})
	if len(r.DoubleBookings) > maxDoubles {
		r.DoubleBookings = r.DoubleBookings[:maxDoubles]
	}
}

// mentions reports whether any of some people may ever stand in a schedule.
func (s *Schedule) mentions(people map[string]spans) bool {
	among := func(ids ...string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { _, is := people[id]; return is })
	}
	for i := range s.Layers {
		if among(s.Layers[i].Rotation.Members...) {
			return true
		}
	}
	for i := range s.Overrides {
		if among(s.Overrides[i].Person) {
			return true
		}
	}
	for i := range s.Edits {
		e := &s.Edits[i]
		if among(e.Person, e.Cover) || among(e.Members...) ||
			slices.ContainsFunc(e.Shifts, func(d Duty) bool { return among(d.Person) }) ||
			slices.ContainsFunc(e.Layers, func(l Layer) bool { return among(l.Rotation.Members...) }) {
			return true
		}
	}
	return false
}

package policy

import (
	"fmt"
	"time"
)

// Gap is a time in which a schedule's first tier is empty.
type Gap struct {
	Schedule string    `json:"schedule"`
	Clinic   string    `json:"clinic"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Severity Severity  `json:"severity"`
	Because  string    `json:"because"` // as it begins; no PHI
}

// Severity is how bad a gap is.
type Severity string

const (
	NextTier    Severity = "next_tier" // the first tier is empty, another takes its calls
	NobodyAtAll Severity = "nobody"    // every tier is empty
)

// Gaps lists the gaps of every schedule over the horizon, in the book's order. An empty schedule, and one that cannot be
// read, is a gap throughout. A suspended clinic has none: its calls go to the last resort.
func (s *Snapshot) Gaps(now time.Time, horizon time.Duration) []Gap {
	var all []Gap
	for i := range s.Book.Schedules {
		sch := &s.Book.Schedules[i]
		if o := s.clinics[sch.Clinic]; o != nil && o.Suspended {
			continue
		}
		all = s.gaps(all, sch, span{start: now.Unix(), end: now.Add(horizon).Unix()})
	}
	return all
}

// GapsOf is Gaps of one schedule; a schedule that does not exist has none.
func (s *Snapshot) GapsOf(schedule string, now time.Time, horizon time.Duration) []Gap {
	sch := s.listed(schedule)
	if sch == nil {
		return nil
	}
	return s.gaps(nil, sch, span{start: now.Unix(), end: now.Add(horizon).Unix()})
}

// listed finds a schedule of the book, compiled or not.
func (s *Snapshot) listed(schedule string) *Schedule {
	for i := range s.Book.Schedules {
		if s.Book.Schedules[i].ID == schedule {
			return &s.Book.Schedules[i]
		}
	}
	return nil
}

// gaps walks a schedule's answers from boundary to boundary.
func (s *Snapshot) gaps(all []Gap, sch *Schedule, over span) []Gap {
	if over.end <= over.start {
		return all
	}
	r := s.rosters[sch.ID]
	if r == nil {
		return append(all, sch.gap(over, NobodyAtAll, "the schedule cannot be read"))
	}
	if r.tiers == 0 {
		return append(all, sch.gap(over, NobodyAtAll, "the schedule is empty"))
	}
	var now OnCall
	before := Severity("")
	for t := over.start; t < over.end; {
		s.Resolve(sch.ID, time.Unix(t, 0), &now)
		until := over.end
		if !now.Until.IsZero() {
			until = min(until, now.Until.Unix())
		}
		severity := now.severity()
		switch {
		case severity == "":
		case severity == before:
			all[len(all)-1].End = time.Unix(until, 0).UTC()
		default:
			all = append(all, sch.gap(span{start: t, end: until}, severity, r.whyEmpty(&now.Tiers[0], t)))
		}
		before, t = severity, until
	}
	return all
}

func (s *Schedule) gap(over span, severity Severity, because string) Gap {
	return Gap{
		Schedule: s.ID, Clinic: s.Clinic, Start: time.Unix(over.start, 0).UTC(), End: time.Unix(over.end, 0).UTC(),
		Severity: severity, Because: because,
	}
}

// severity says how bad an answer is; empty: somebody stands in the first tier.
func (now *OnCall) severity() Severity {
	for i := range now.Tiers {
		switch {
		case len(now.Tiers[i].People) == 0:
		case i == 0:
			return ""
		default:
			return NextTier
		}
	}
	return NobodyAtAll
}

// whyEmpty says in words why nobody stands in the first tier.
func (r *Roster) whyEmpty(tier *Tier, t int64) string {
	if len(tier.Passed) > 0 {
		p := tier.Passed[len(tier.Passed)-1]
		return fmt.Sprintf("%s is passed over: %s", p.Person, p.Why)
	}
	until := dusk
	for i := len(r.acts) - 1; i >= 0; i-- {
		if a := &r.acts[i]; (a.do == DoNobody || a.do == DoPlan) && a.holds(1, t, &until) {
			return fmt.Sprintf("override %s (%s)", a.id, a.do)
		}
	}
	c := newClock(r.zone)
	for _, l := range r.version(t, &until).layers {
		if l.tier != 1 {
			continue
		}
		if _, holds := l.windows.active(t, &c, l.on); holds || len(l.windows) == 0 {
			return fmt.Sprintf("the turn in layer %s is nobody's", l.id)
		}
	}
	return "no layer holds"
}

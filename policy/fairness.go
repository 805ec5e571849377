package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Share is a person's part of a schedule, in hours on call. Hours are real ones: a night in which the clocks go back is an
// hour longer. Nights, weekends and holidays are read on the schedule's wall clock, and may fall together.
type Share struct {
	Person   string  `json:"person"`
	Hours    float64 `json:"hours"`
	Primary  float64 `json:"primary"`  // in the first tier
	Nights   float64 `json:"nights"`   // 22:00 to 06:00
	Weekends float64 `json:"weekends"` // Saturday and Sunday
	Holidays float64 `json:"holidays"` // the clinic's
	Shifts   int     `json:"shifts"`
}

// QuarterShares is the fairness of one quarter of a year, as the schedule's calendar counts it.
type QuarterShares struct {
	Quarter string    `json:"quarter"` // "2026-Q4"
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Shares  []Share   `json:"shares"`
}

const (
	nightFrom = 22 * hour
	nightTo   = 6 * hour
)

// Fairness adds up who was and will be on call in [from, to), by person id. Who stands in two tiers at once counts once.
func (s *Snapshot) Fairness(schedule string, from, to time.Time) []Share {
	r := s.rosters[schedule]
	stretches, ok := s.Expand(schedule, from, to)
	if !ok {
		return nil
	}
	nights, weekends, holidays := r.special(s.listed(schedule), s, span{start: from.Unix(), end: to.Unix()})
	on, first, shifts := map[string]spans{}, map[string]spans{}, map[string]map[Source]bool{}
	for _, st := range stretches {
		at := span{start: st.Start.Unix(), end: st.End.Unix()}
		for _, p := range st.People {
			on[p.Person] = append(on[p.Person], at)
			if st.Tier == 1 {
				first[p.Person] = append(first[p.Person], at)
			}
			if shifts[p.Person] == nil {
				shifts[p.Person] = map[Source]bool{}
			}
			shifts[p.Person][p.Source] = true
		}
	}
	shares := make([]Share, 0, len(on))
	for person, list := range on {
		list = list.merged()
		shares = append(shares, Share{
			Person: person, Hours: list.hours(), Primary: first[person].merged().hours(), Nights: list.within(nights).hours(),
			Weekends: list.within(weekends).hours(), Holidays: list.within(holidays).hours(), Shifts: len(shifts[person]),
		})
	}
	slices.SortFunc(shares, func(a, b Share) int { return cmp.Compare(a.Person, b.Person) })
	return shares
}

// FairnessByQuarter is Fairness cut at the quarters of the schedule's calendar.
func (s *Snapshot) FairnessByQuarter(schedule string, from, to time.Time) []QuarterShares {
	r := s.rosters[schedule]
	if r == nil {
		return nil
	}
	var all []QuarterShares
	c := newClock(r.zone)
	for at := from; at.Before(to); {
		year, month, _ := ymd(c.wall(at.Unix()).date())
		quarter := (int(month) - 1) / 3
		end := time.Unix(c.resolve(Wall(dateOf(year, time.Month(quarter*3+4), 1))*day), 0).UTC()
		if end.After(to) {
			end = to
		}
		all = append(all, QuarterShares{
			Quarter: fmt.Sprintf("%d-Q%d", year, quarter+1), From: at, To: end, Shares: s.Fairness(schedule, at, end),
		})
		at = end
	}
	return all
}

// special lists the nights, weekends and holidays of a range on the schedule's wall clock.
func (r *Roster) special(sch *Schedule, s *Snapshot, over span) (nights, weekends, holidays spans) {
	c := newClock(r.zone)
	feast := append(calendar{}, s.rules(sch, time.Time{}).Holidays...)
	for d := c.wall(over.start).date() - 1; d <= c.wall(over.end).date()+1; d++ {
		midnight := Wall(d) * day
		nights = append(nights, span{start: c.resolve(midnight + nightFrom), end: c.resolve(midnight + day + nightTo)})
		whole := span{start: c.resolve(midnight), end: c.resolve(midnight + day)}
		if isoWeekday(d) >= 6 {
			weekends = append(weekends, whole)
		}
		if feast.holds(d) {
			holidays = append(holidays, whole)
		}
	}
	return nights.merged(), weekends.merged(), holidays.merged()
}

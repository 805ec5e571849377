package policy

import "time"

// calendar is the set of dates on which a layer's windows may start; nil: every date.
type calendar []Holiday

// allDay is the window of a holiday layer that names none.
var allDay = windows{{days: 0x7f, start: 0, end: day}}

// newCalendar picks the named holidays. A layer that names holidays of which none exists never holds.
func newCalendar(names []string, all []Holiday) calendar {
	if len(names) == 0 {
		return nil
	}
	c := calendar{}
	for _, h := range all {
		for _, n := range names {
			if n == h.Name {
				c = append(c, h)
			}
		}
	}
	return c
}

func (c calendar) holds(date int64) bool {
	if c == nil {
		return true
	}
	year, month, _ := ymd(date)
	for i := range c {
		if c[i].falls(date, year, month) {
			return true
		}
	}
	return false
}

// falls reports whether the holiday, where it is observed, is this date. An observed date may lie in the month, and so
// the year, beside its own: New Year's Day 2028 is a Saturday, observed on 2027-12-31.
func (h *Holiday) falls(date int64, year int, month time.Month) bool {
	apart := (int(h.Month) - int(month) + 12) % 12
	if apart != 0 && (h.Nth != 0 || apart != 1 && apart != 11) {
		return false
	}
	switch {
	case h.Month == time.January && month == time.December:
		year++
	case h.Month == time.December && month == time.January:
		year--
	}
	own, exists := h.date(year)
	return exists && own == date
}

// date is the day on which the holiday is observed in a year; not every year has a 29 February or a fifth Monday.
func (h *Holiday) date(year int) (date int64, exists bool) {
	if h.Nth != 0 {
		return nthWeekday(year, h.Month, h.Weekday, h.Nth)
	}
	date = dateOf(year, h.Month, h.Day)
	if _, m, d := ymd(date); m != h.Month || d != h.Day {
		return 0, false
	}
	weekday := isoWeekday(date)
	switch {
	case h.Observed == NearestWeekday && weekday == 6:
		return date - 1, true
	case h.Observed == NearestWeekday && weekday == 7, h.Observed == NextMonday && weekday == 7:
		return date + 1, true
	case h.Observed == NextMonday && weekday == 6:
		return date + 2, true
	}
	return date, true
}

// nthWeekday finds the nth ISO weekday of a month, from its end when n is negative.
func nthWeekday(year int, month time.Month, weekday, n int) (date int64, exists bool) {
	first, next := dateOf(year, month, 1), dateOf(year, month+1, 1)
	if n < 0 {
		last := next - 1 - mod(int64(isoWeekday(next-1)-weekday), 7)
		date = last + int64(n+1)*7
		return date, date >= first
	}
	date = first + mod(int64(weekday-isoWeekday(first)), 7) + int64(n-1)*7
	return date, n > 0 && date < next
}

// FederalHolidays is the United States' list (5 U.S.C. §6103), an editable start for a clinic's own.
func FederalHolidays() []Holiday {
	fixed := func(name string, m time.Month, d int) Holiday {
		return Holiday{Name: name, Month: m, Day: d, Observed: NearestWeekday}
	}
	nth := func(name string, m time.Month, weekday, n int) Holiday {
		return Holiday{Name: name, Month: m, Weekday: weekday, Nth: n}
	}
	return []Holiday{
		fixed("New Year's Day", time.January, 1),
		nth("Martin Luther King Day", time.January, 1, 3),
		nth("Washington's Birthday", time.February, 1, 3),
		nth("Memorial Day", time.May, 1, -1),
		fixed("Juneteenth", time.June, 19),
		fixed("Independence Day", time.July, 4),
		nth("Labor Day", time.September, 1, 1),
		nth("Columbus Day", time.October, 1, 2),
		fixed("Veterans Day", time.November, 11),
		nth("Thanksgiving", time.November, 4, 4),
		fixed("Christmas Day", time.December, 25),
	}
}

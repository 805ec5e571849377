package book

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"nightbell/policy"
)

// duration reads RFC 5545 §3.3.6 without a sign: P1W, P1DT12H, PT8H30M.
func (v *vcalendar) duration(p property) (time.Duration, bool) {
	text := strings.TrimPrefix(p.value, "+")
	rest, ok := strings.CutPrefix(text, "P")
	var total time.Duration
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour}
	for ok && rest != "" {
		if after, clock := strings.CutPrefix(rest, "T"); clock {
			units, rest = map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}, after
		}
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 || digits > 6 || digits == len(rest) || units[rest[digits]] == 0 {
			ok = false
			break
		}
		n, _ := strconv.Atoi(rest[:digits])
		total += time.Duration(n) * units[rest[digits]]
		rest = rest[digits+1:]
	}
	if !ok || total <= 0 || total > maxTurn {
		v.wrongAt(p.line, "end", "is not a duration like PT12H, of 62 days at most")
		return 0, false
	}
	return total, true
}

// rule is what is read of an RRULE: a rota repeats by days or weeks. Anything else is refused by name, never guessed.
type rule struct {
	weekly   bool
	interval int
	count    int
	until    time.Time
	days     []int // ISO
}

var icalDays = map[string]int{"MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7}

func (v *vcalendar) rule(e *vevent) (rule, bool) {
	r := rule{interval: 1}
	p := e.rule
	wrong := func(what string) (rule, bool) {
		v.wrongAt(p.line, "rrule", "%s is not read: daily and weekly rotas with INTERVAL, COUNT, UNTIL and BYDAY are", plain(what))
		return r, false
	}
	for _, part := range strings.Split(strings.ToUpper(p.value), ";") {
		key, value, _ := strings.Cut(part, "=")
		n, _ := strconv.Atoi(value)
		switch key {
		case "FREQ":
			if r.weekly = value == "WEEKLY"; !r.weekly && value != "DAILY" {
				return wrong(part)
			}
		case "INTERVAL", "COUNT":
			if n < 1 || n > maxTurns {
				return wrong(part)
			}
			if key == "COUNT" {
				r.count = n
			} else {
				r.interval = n
			}
		case "UNTIL":
			s, ok := v.stamp(property{value: value, line: p.line, params: map[string]string{}}, "rrule")
			if !ok {
				return r, false
			}
			if !strings.HasSuffix(value, "Z") {
				s.zone = e.start.zone
			}
			if r.until = s.wall.Instant(s.zone); s.date {
				r.until = (s.wall + 86399).Instant(e.start.zone)
			}
		case "BYDAY":
			for _, d := range strings.Split(value, ",") {
				if icalDays[d] == 0 {
					return wrong(part)
				}
				r.days = append(r.days, icalDays[d])
			}
		case "WKST":
			if value != "MO" && r.weekly && r.interval > 1 {
				return wrong(part)
			}
		default:
			return wrong(part)
		}
	}
	return r, true
}

// repeat follows a rule from its first occurrence on the wall clock, so that 17:00 stays 17:00, to its count, its until,
// or the end of the time that counts.
func (v *vcalendar) repeat(e *vevent) {
	r, ok := v.rule(e)
	if !ok {
		return
	}
	if r.count == 0 && r.until.IsZero() && v.To.IsZero() {
		v.wrongAt(e.rule.line, "rrule", "has no end")
		return
	}
	const aDay = policy.Wall(86400)
	first := isoDay(e.start.wall)
	told := 0
	for at, n := e.start.wall, 0; n < 40*366; at, n = at+aDay, n+1 {
		start := at.Instant(e.start.zone)
		if !r.until.IsZero() && start.After(r.until) || r.count > 0 && told >= r.count || !v.To.IsZero() && !start.Before(v.To) {
			return
		}
		if !r.falls(n, first, isoDay(at)) {
			continue
		}
		if told++; e.skips(at) || v.moved[e.uid+" "+at.String()] && !e.hasInstead {
			continue
		}
		if v.once(e, at); len(v.mistakes) >= maxMistakes || len(v.turns) >= maxTurns {
			return
		}
	}
}

// falls says whether the nth day after the first, a weekday, is one of the rule's. Weeks begin on Monday.
func (r rule) falls(n, first, weekday int) bool {
	if !r.weekly {
		return n%r.interval == 0 && (len(r.days) == 0 || slices.Contains(r.days, weekday))
	}
	if (n+first-1)/7%r.interval != 0 {
		return false
	}
	if len(r.days) == 0 {
		return weekday == first
	}
	return slices.Contains(r.days, weekday)
}

func (e *vevent) skips(at policy.Wall) bool {
	for _, s := range e.without {
		if s.wall == at || s.date && s.wall == at-at%86400 || s.zone == time.UTC && s.wall.Instant(time.UTC).Equal(at.Instant(e.start.zone)) {
			return true
		}
	}
	return false
}

// isoDay is the weekday of a local time, 1 = Monday.
func isoDay(w policy.Wall) int {
	return (int(time.Unix(int64(w), 0).UTC().Weekday())+6)%7 + 1
}

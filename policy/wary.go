package policy

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is stored. Beyond them nobody's rota lies, only mistakes and floods.
const (
	maxLayers  = 64
	maxTiers   = 16
	maxMembers = 500
	maxWindows = 64
	maxTerms   = 1000
	maxShifts  = 5000
	maxEdits   = 20000
	maxID      = 128
	maxName    = 200
	maxReason  = 1000
	firstYear  = 1900
	lastYear   = 2199
)

// wary collects mistakes while it looks at what came from outside.
type wary struct {
	mistakes *Mistakes
	book     *Book
	zones    *Zones
	now      time.Time
	people   map[string]*Person
}

func newWary(m *Mistakes, b *Book, z *Zones, now time.Time) wary {
	if z == nil {
		z = EmbeddedZones()
	}
	w := wary{mistakes: m, book: b, zones: z, now: now, people: make(map[string]*Person, len(b.People))}
	for i := range b.People {
		w.people[b.People[i].ID] = &b.People[i]
	}
	return w
}

func (w wary) wrong(field, format string, args ...any) { w.mistakes.add(field, format, args...) }

// text takes a name or remark: UTF-8, bounded, without control characters and without those that turn the writing around.
func (w wary) text(field, s string, most int) {
	switch {
	case !utf8.ValidString(s):
		w.wrong(field, "not UTF-8")
	case strings.ContainsFunc(s, hidden):
		w.wrong(field, "holds control characters")
	case utf8.RuneCountInString(s) > most:
		w.wrong(field, "longer than %d characters", most)
	}
}

// hidden reports control and direction characters, and the separators that break a line.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

// id takes an opaque id.
func (w wary) id(field, s string) {
	if s == "" {
		w.wrong(field, "is missing")
		return
	}
	if strings.ContainsFunc(s, unicode.IsSpace) {
		w.wrong(field, "holds blanks")
	}
	w.text(field, s, maxID)
}

// person takes somebody of the book.
func (w wary) person(field, id string) {
	switch {
	case id == "":
		w.wrong(field, "is missing")
	case w.people[id] == nil:
		w.wrong(field, "unknown person %q", clip(id))
	}
}

// active takes somebody of the book who takes calls.
func (w wary) active(field, id string) {
	w.person(field, id)
	if p := w.people[id]; p != nil && !p.Active {
		w.wrong(field, "%s is not active", clip(id))
	}
}

func (w wary) zone(field, name string) {
	if _, err := w.zones.Zone(name); err != nil {
		w.wrong(field, "unknown zone %q", clip(name))
	}
}

// year keeps instants within the years that zone data and common sense know.
func (w wary) year(field string, t time.Time) bool {
	if y := t.UTC().Year(); y < firstYear || y > lastYear {
		w.wrong(field, "year %d is out of range %d to %d", y, firstYear, lastYear)
		return false
	}
	return true
}

// future takes an instant at which something is to change: the past never does. The running minute still counts as now.
func (w wary) future(field string, t time.Time) bool {
	switch {
	case t.IsZero():
		w.wrong(field, "is missing")
		return false
	case !w.year(field, t):
		return false
	case t.Before(w.now.Truncate(time.Minute)):
		w.wrong(field, "lies in the past")
		return false
	}
	return true
}

// window takes the bounds of an override.
func (w wary) window(start, end time.Time) bool {
	switch {
	case start.IsZero():
		w.wrong("start", "is missing")
	case end.IsZero():
		w.wrong("end", "is missing")
	case !w.year("start", start) || !w.year("end", end):
	case !end.After(start):
		w.wrong("end", "is not after the start")
	case !end.After(w.now):
		w.wrong("end", "lies in the past")
	case start.Before(w.now.Truncate(time.Minute)):
		w.wrong("start", "lies in the past: let it begin now")
	default:
		return true
	}
	return false
}

// anchor takes a local wall time.
func (w wary) anchor(field, s string) {
	wall, err := ParseWall(s)
	if err != nil {
		w.wrong(field, "%s", err)
		return
	}
	if y, _, _ := ymd(wall.date()); y < firstYear || y > lastYear {
		w.wrong(field, "year %d is out of range %d to %d", y, firstYear, lastYear)
	}
}

// every takes a rotation's length; at is the path before its fields.
func (w wary) every(at string, n int, unit Unit) {
	if n < 1 || n > maxEvery {
		w.wrong(at+"every", "length out of range: %d", n)
	}
	if unit != Hour && unit != Day && unit != Week && unit != Month {
		w.wrong(at+"unit", "neither h, d, w nor m: %q", clip(string(unit)))
	}
}

// members takes a rotation's list.
func (w wary) members(field string, list []string) {
	switch {
	case len(list) == 0:
		w.wrong(field, "rotation without members")
	case len(list) > maxMembers:
		w.wrong(field, "more than %d members", maxMembers)
		return
	}
	for i, p := range list {
		if p != Nobody {
			w.person(fmt.Sprintf("%s[%d]", field, i), p)
		}
	}
}

// hours takes weekly windows.
func (w wary) hours(field string, list []Hours) {
	if len(list) > maxWindows {
		w.wrong(field, "more than %d windows", maxWindows)
		return
	}
	for i, h := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if len(h.Days) == 0 {
			w.wrong(at+".days", "names no weekday")
		}
		for j, d := range h.Days {
			if d < 1 || d > 7 {
				w.wrong(fmt.Sprintf("%s.days[%d]", at, j), "not an ISO weekday: %d", d)
			}
		}
		if h.Start < 0 || h.Start >= 24*60 {
			w.wrong(at+".start", "not a time of day")
		}
		if h.End < 0 || h.End > 24*60 {
			w.wrong(at+".end", "not a time of day")
		}
	}
}

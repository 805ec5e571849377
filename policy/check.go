package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mistake is one thing that is wrong, and where: a path like layers[2].rotation.members.
type Mistake struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

func (m Mistake) Error() string {
	if m.Field == "" {
		return m.Text
	}
	return m.Field + ": " + m.Text
}

// Mistakes is everything that is wrong at once; none is nil.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	texts := make([]string, len(m))
	for i, one := range m {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Err is the list as an error; nil when it is empty.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

func (m *Mistakes) add(field, format string, args ...any) {
	*m = append(*m, Mistake{Field: field, Text: fmt.Sprintf(format, args...)})
}

// CheckSchedule finds what is wrong with a schedule that is about to be stored: with itself, and with what it does to the
// past of the schedule of the same id in the book, which never changes. An edit that is appended is checked by CheckEdit.
func CheckSchedule(s Schedule, b *Book, z *Zones, now time.Time) Mistakes {
	var m Mistakes
	w := newWary(&m, b, z, now)
	w.id("id", s.ID)
	w.text("name", s.Name, maxName)
	w.text("line", s.Line, maxName)
	w.text("place", s.Place, maxName)
	clinic := w.clinic(s)
	if s.Zone != "" {
		w.zone("zone", s.Zone)
	}
	w.layers("layers", s.Layers, clinic)
	if len(s.Edits) > maxEdits || len(s.Overrides) > maxEdits {
		w.wrong("edits", "more than %d", maxEdits)
	}
	w.past(s)
	if len(m) == 0 {
		w.compiles(s)
	}
	return m
}

// clinic finds the schedule's clinic; an empty one where there is none.
func (w wary) clinic(s Schedule) Clinic {
	for _, c := range w.book.Clinics {
		if c.ID == s.Clinic {
			return c
		}
	}
	w.wrong("clinic", "unknown clinic %q", clip(s.Clinic))
	return Clinic{}
}

// compiles is the last word: what the engine cannot read is not stored.
func (w wary) compiles(s Schedule) {
	snapshot := Snapshot{Book: w.book, Zones: w.zones, clinics: map[string]*office{}}
	for i := range w.book.Clinics {
		if c := &w.book.Clinics[i]; c.ID == s.Clinic {
			snapshot.clinics[c.ID] = &office{Clinic: c}
		}
	}
	if _, err := Compile(s, snapshot.rules(&s, time.Time{})); err != nil {
		w.wrong("", "%s", err)
	}
}

func (w wary) layers(field string, list []Layer, clinic Clinic) {
	if len(list) > maxLayers {
		w.wrong(field, "%d layers are more than %d", len(list), maxLayers)
		return
	}
	seen := map[string]bool{}
	for i, l := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		w.id(at+".id", l.ID)
		if seen[l.ID] {
			w.wrong(at+".id", "stands twice: %q", clip(l.ID))
		}
		seen[l.ID] = true
		if l.Tier < 0 || l.Tier > maxTiers {
			w.wrong(at+".tier", "between 1 and %d", maxTiers)
		}
		if l.Mode != "" && l.Mode != Replace && l.Mode != Add {
			w.wrong(at+".mode", "neither replace nor add: %q", clip(string(l.Mode)))
		}
		w.hours(at+".windows", l.Windows)
		for j, name := range l.Holidays {
			if !slices.ContainsFunc(clinic.Holidays, func(h Holiday) bool { return h.Name == name }) {
				w.wrong(fmt.Sprintf("%s.holidays[%d]", at, j), "the clinic has no holiday %q", clip(name))
			}
		}
		if l.As == "" {
			w.rotation(at+".rotation.", l.Rotation)
		} else if !slices.ContainsFunc(list, func(o Layer) bool { return o.ID == l.As && o.As == "" }) {
			w.wrong(at+".as", "no layer %q with a rotation of its own", clip(l.As))
		}
	}
}

func (w wary) rotation(at string, r Rotation) {
	w.anchor(at+"anchor", r.Anchor)
	w.every(at, r.Every, r.Unit)
	w.members(at+"members", r.Members)
	if r.Advance != "" && r.Advance != EveryPeriod && r.Advance != Covered {
		w.wrong(at+"advance", "neither every nor covered: %q", clip(string(r.Advance)))
	}
	if len(r.Terms) > maxTerms {
		w.wrong(at+"terms", "more than %d", maxTerms)
		return
	}
	for i, t := range r.Terms {
		term := fmt.Sprintf("%sterms[%d]", at, i)
		if !slices.Contains(r.Members, t.Member) {
			w.wrong(term+".member", "%q is no member", clip(t.Member))
		}
		if !t.From.IsZero() {
			w.year(term+".from", t.From)
		}
		if !t.To.IsZero() && w.year(term+".to", t.To) && !t.To.After(t.From) {
			w.wrong(term+".to", "is not after from")
		}
	}
}

// past compares with the schedule as the book has it: layers change by an edit that says from when, edits are only
// appended, and an override that has begun stays.
func (w wary) past(s Schedule) {
	i := slices.IndexFunc(w.book.Schedules, func(o Schedule) bool { return o.ID == s.ID })
	if i < 0 {
		return
	}
	old := w.book.Schedules[i]
	if old.Clinic != s.Clinic {
		w.wrong("clinic", "a schedule stays with its clinic")
	}
	if old.Zone != s.Zone {
		w.wrong("zone", "the past does not change: make a new schedule")
	}
	if !alikeJSON(old.Layers, s.Layers) && len(old.Layers) > 0 {
		w.wrong("layers", "the past does not change: append an edit (layers) that says from when")
	}
	if len(s.Edits) < len(old.Edits) || !alikeJSON(old.Edits, s.Edits[:len(old.Edits)]) {
		w.wrong("edits", "edits are only appended: append an undo or a change")
	}
	for j, o := range old.Overrides {
		kept := slices.ContainsFunc(s.Overrides, func(n Override) bool { return alikeJSON(n, o) })
		if o.Start.Before(w.now) && !kept {
			w.wrong(fmt.Sprintf("overrides[%d]", j), "has begun and stays")
		}
	}
}

// alikeJSON compares two values as they are kept.
func alikeJSON(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && (bytes.Equal(x, y) || bytes.Equal(bare(x), bare(y)))
}

// bare lets an absent list be an empty one.
func bare(kept []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(kept, []byte(":[]"), []byte(":null")), []byte("[]"), []byte("null"))
}

// CheckClinic finds what is wrong with a clinic's name, zone, hours and holidays.
func CheckClinic(c Clinic, z *Zones) Mistakes {
	var m Mistakes
	w := newWary(&m, &Book{}, z, time.Time{})
	w.id("id", c.ID)
	if strings.TrimSpace(c.Name) == "" {
		w.wrong("name", "is missing")
	}
	w.text("name", c.Name, maxName)
	w.zone("zone", c.Zone)
	w.hours("hours", c.Hours)
	return append(m, CheckHolidays(c.Holidays)...)
}

// CheckHolidays finds what is wrong with a clinic's list of holidays.
func CheckHolidays(list []Holiday) Mistakes {
	var m Mistakes
	w := newWary(&m, &Book{}, nil, time.Time{})
	if len(list) > 200 {
		w.wrong("holidays", "more than 200")
		return m
	}
	seen := map[string]bool{}
	for i, h := range list {
		at := fmt.Sprintf("holidays[%d]", i)
		w.text(at+".name", h.Name, maxName)
		if h.Name == "" || seen[h.Name] {
			w.wrong(at+".name", "is missing, or stands twice")
		}
		seen[h.Name] = true
		if h.Month < 1 || h.Month > 12 {
			w.wrong(at+".month", "there is no month %d", int(h.Month))
			continue
		}
		switch {
		case h.Nth != 0:
			if h.Nth < -5 || h.Nth > 5 {
				w.wrong(at+".nth", "between 1 and 5, or -1 to -5 from the month's end")
			}
			if h.Weekday < 1 || h.Weekday > 7 {
				w.wrong(at+".weekday", "not an ISO weekday: %d", h.Weekday)
			}
		case h.Day < 1 || h.Day > longest(h.Month):
			w.wrong(at+".day", "%s has no day %d", h.Month, h.Day)
		}
		if h.Observed != AsIs && h.Observed != NearestWeekday && h.Observed != NextMonday {
			w.wrong(at+".observed", "neither nearest nor monday: %q", clip(string(h.Observed)))
		}
	}
	return m
}

// longest is a month's length in a leap year.
func longest(m time.Month) int { return int(dateOf(2024, m+1, 1) - dateOf(2024, m, 1)) }

// CheckPerson finds what is wrong with a person. Nothing of her name is repeated.
func CheckPerson(p Person) Mistakes {
	var m Mistakes
	w := newWary(&m, &Book{}, nil, time.Time{})
	w.id("id", p.ID)
	if p.ID == Nobody {
		w.wrong("id", "%q is the empty slot", Nobody)
	}
	w.text("name", p.Name.Reveal(), maxName)
	if _, ok := NormaliseNumber(p.Phone.Reveal(), ""); !ok && !p.Phone.IsZero() {
		w.wrong("phone", "not a telephone number")
	}
	w.state("state", p.State)
	return m
}

// Warnings lists what is allowed and rarely meant.
func Warnings(s Schedule, b *Book, z *Zones) []string {
	var m Mistakes
	w := newWary(&m, b, z, time.Time{})
	warnings := []string{}
	name := s.Zone
	if name == "" {
		name = w.clinic(s).Zone
	}
	if Fixed(name) {
		warnings = append(warnings, fmt.Sprintf("zone %s never changes its clocks: a clinic's zone is named like America/New_York", name))
	}
	if len(s.Layers) == 0 && !slices.ContainsFunc(s.Edits, func(e Edit) bool { return e.Do == DoLayers }) {
		warnings = append(warnings, "the schedule has no layers: nobody is on call")
	}
	for _, l := range s.Layers {
		for _, id := range l.Rotation.Members {
			if p := w.people[id]; p != nil && !p.Active {
				warnings = append(warnings, fmt.Sprintf("%s in layer %s is not active", clip(id), clip(l.ID)))
			}
		}
	}
	return warnings
}

package book

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"nightbell/policy"
)

// Limits that no honest book comes near; they bound the work one file can ask for.
const (
	maxText      = 200
	maxID        = 64
	maxLayers    = 64
	maxMembers   = 500
	maxWindows   = 64
	maxSteps     = 32
	maxOverrides = 5000
	maxTier      = 9
	maxRing      = 10 * time.Minute
	maxException = 90 * 24 * time.Hour // an exception lives 90 days at most
)

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// id checks an opaque id: lower case, because it appears in URLs and file names.
func (r *reader) id(path, id string) string {
	switch {
	case id == "":
		r.wrong(path, "is missing")
	case len(id) > maxID:
		r.wrong(path, "is longer than %d characters", maxID)
	case strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "":
		r.wrong(path, "may hold a-z, 0-9, dot, underscore and hyphen only")
	case id == policy.Nobody:
		r.wrong(path, "%q is a word of its own", policy.Nobody)
	}
	return id
}

// text checks a name or a reason: one line, printable.
func (r *reader) text(path, s string) string {
	switch {
	case !utf8.ValidString(s):
		r.wrong(path, "is not UTF-8")
	case utf8.RuneCountInString(s) > maxText:
		r.wrong(path, "is longer than %d characters", maxText)
	case strings.ContainsFunc(s, invisible):
		r.wrong(path, "holds a control character")
	case strings.HasPrefix(s, "[phi:"): // a listing that hid the names would wipe them out
		r.wrong(path, "is hidden: this book was shown without --reveal")
	}
	return s
}

// invisible finds what can hide or turn a name round on a screen or forge a line in a log.
func invisible(c rune) bool {
	return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c)
}

func (r *reader) name(path, s string) string {
	if strings.TrimSpace(s) == "" {
		r.wrong(path, "is missing")
	}
	return r.text(path, s)
}

// oneOf checks a closed word; the first is what an empty one means.
func (r *reader) oneOf(path, word string, words ...string) string {
	if word == "" {
		return words[0]
	}
	if !slices.Contains(words, word) {
		r.wrong(path, "must be one of %s", strings.Join(words, ", "))
	}
	return word
}

func (r *reader) limit(path string, n, most int) {
	if n > most {
		r.wrong(path, "has %d entries, more than %d", n, most)
	}
}

// zone checks an IANA name; a fixed offset is valid and rarely meant.
func (r *reader) zone(path, name string) *time.Location {
	if name == "" {
		r.wrong(path, "is missing")
		return nil
	}
	z, err := r.Zones.Zone(name)
	if err != nil {
		r.wrong(path, "unknown zone %q in zone data %s", plain(name), r.Zones.Version)
		return nil
	}
	if policy.Fixed(name) {
		r.warn(path, "%s has a fixed offset: its clocks never change", name)
	}
	return z
}

// instant reads a moment, in zone when it was written without an offset (S2, S13: the first of two).
func (r *reader) instant(path string, m moment, zone *time.Location) time.Time {
	if m.local == "" || zone == nil {
		return m.instant
	}
	w, err := policy.ParseWall(m.local)
	if err != nil {
		r.wrong(path, "is out of range: years run from 1 to 9999")
		return time.Time{}
	}
	switch found := w.Occurrences(zone); len(found) {
	case 0:
		r.warn(path, "the clocks skip this local time: the first instant after it is meant")
	case 2:
		r.warn(path, "this local time comes twice: the first is meant; write it with an offset to be sure")
	}
	return w.Instant(zone)
}

// exception checks an expiring permission: it has an end, within 90 days and not over.
func (r *reader) until(path string, end time.Time) {
	switch {
	case end.IsZero():
		r.wrong(path, "is missing: an exception expires")
	case !end.After(r.Now):
		r.wrong(path, "has expired")
	case end.Sub(r.Now) > maxException:
		r.wrong(path, "is more than 90 days ahead")
	}
}

// span checks a start and an end.
func (r *reader) span(path string, start, end time.Time) {
	switch {
	case start.IsZero():
		r.wrong(join(path, "start"), "is missing")
	case end.IsZero():
		r.wrong(join(path, "end"), "is missing")
	case !end.After(start):
		r.wrong(join(path, "end"), "is not after the start")
	}
}

func (r *reader) isPerson(path, id string) {
	if id == "" {
		r.wrong(path, "is missing")
	} else if !r.people[id] {
		r.wrong(path, "unknown person %q", plain(id))
	}
}

func (r *reader) isClinic(path, id string) {
	if id == "" {
		r.wrong(path, "is missing")
	} else if _, ok := r.clinics[id]; !ok {
		r.wrong(path, "unknown clinic %q", plain(id))
	}
}

// collect gathers the ids that others refer to.
func (r *reader) collect(f *file) {
	r.clinics, r.trunks = map[string]*policy.Clinic{}, map[string]*policy.Trunk{}
	r.people, r.schedules = map[string]bool{}, map[string]string{}
	for _, c := range f.Clinics {
		r.clinics[c.ID] = &policy.Clinic{}
	}
	for _, t := range f.Trunks {
		r.trunks[t.ID] = &policy.Trunk{}
	}
	for _, p := range f.People {
		r.people[p.ID] = true
	}
	for _, s := range f.Schedules {
		r.schedules[s.ID] = s.Clinic
	}
}

// unique names every second use of an id.
func (r *reader) unique(f *file) {
	seen := map[string]string{}
	once := func(path, kind, key string) {
		if key == "" {
			return
		}
		if first, twice := seen[kind+key]; twice {
			r.wrong(path, "stands already at line %d", r.at.find(first).line)
			return
		}
		seen[kind+key] = path
	}
	for i, c := range f.Clinics {
		once(index("clinics", i)+".id", "clinic ", c.ID)
	}
	for i, p := range f.People {
		once(index("people", i)+".id", "person ", p.ID)
	}
	for i, d := range f.Devices {
		once(index("devices", i)+".user", "device ", d.User)
	}
	for i, a := range f.Absences {
		once(index("absences", i)+".id", "edit of people ", a.ID)
	}
	for i, d := range f.Departed {
		once(index("deactivations", i)+".id", "edit of people ", d.ID)
	}
	for i, c := range f.Mended {
		once(index("corrections", i)+".id", "edit of people ", c.ID)
	}
	for i, s := range f.Schedules {
		path := index("schedules", i)
		once(path+".id", "schedule ", s.ID)
		for j, o := range s.Overrides {
			once(index(path+".overrides", j)+".id", "edit of "+s.ID+" ", o.ID)
		}
		for j, e := range s.Edits {
			once(index(path+".edits", j)+".id", "edit of "+s.ID+" ", e.ID)
		}
	}
	for i, t := range f.Trunks {
		once(index("trunks", i)+".id", "trunk ", t.ID)
		once(index("trunks", i)+".digest", "digest ", t.Digest)
		for j, n := range t.Certificate {
			once(index(index("trunks", i)+".certificate", j), "certificate ", strings.ToLower(n))
		}
	}
	for i, n := range f.Numbers {
		e164, _ := policy.NormaliseNumber(n.Number, r.country(n.Trunk))
		once(index("numbers", i)+".number", "number ", e164+" "+n.Trunk)
	}
}

func (r *reader) country(trunk string) string {
	if t := r.trunks[trunk]; t != nil {
		return t.Country
	}
	return ""
}

// references checks what points across the whole book.
func (r *reader) references(f *file) {
	if f.CatchAll != "" || len(f.Clinics) > 0 {
		r.isClinic("catch_all", f.CatchAll)
	}
	for i, c := range f.Clinics {
		for _, flow := range []struct {
			name  string
			steps []step
		}{{"open", c.Open}, {"closed", c.Closed}} {
			for j, s := range flow.steps {
				if _, ok := r.schedules[s.Schedule]; s.Schedule != "" && !ok {
					path := index(index("clinics", i)+"."+flow.name, j)
					r.wrong(path+".schedule", "unknown schedule %q", plain(s.Schedule))
				}
			}
		}
	}
}

// plain keeps a quoted text short and printable.
func plain(s string) string {
	s = strings.Map(func(c rune) rune {
		if invisible(c) || c == utf8.RuneError {
			return '?'
		}
		return c
	}, s)
	if len(s) > 120 {
		return s[:120] + "..."
	}
	return s
}

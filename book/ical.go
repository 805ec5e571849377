package book

import (
	"bytes"
	"strings"
	"time"

	"nightbell/policy"
)

// ReadICal reads a rota out of an iCalendar file (RFC 5545): each VEVENT is a shift of the person its summary names.
// Cancelled events are left out; times may be UTC, local to a zone of the zone data, or floating (the schedule's zone).
func ReadICal(text []byte, with RotaReading) (Rota, error) {
	r := newImporter(with)
	if r.tooLarge(len(text), MaxRota) {
		return r.rota()
	}
	v := vcalendar{importer: r, moved: map[string]bool{}}
	for _, p := range unfold(text) {
		if v.property(p); len(r.mistakes) >= maxMistakes {
			break
		}
	}
	switch {
	case v.found == 0 && len(v.open) == 0:
		r.wrong("rota", "is no iCalendar: there is no BEGIN:VCALENDAR")
	case len(v.open) > 0:
		r.wrong("rota", "ends inside %s", plain(v.open[len(v.open)-1]))
	}
	v.finish()
	return r.rota()
}

// property is one content line: name, parameters, value, and where it began.
type property struct {
	name, value string
	params      map[string]string
	line        int
}

// unfold joins folded lines (RFC 5545 §3.1) and splits each into its parts.
func unfold(text []byte) (all []property) {
	var whole []byte
	began := 0
	keep := func() {
		if len(bytes.TrimSpace(whole)) > 0 {
			all = append(all, split(string(whole), began))
		}
	}
	for n := 1; len(text) > 0; n++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if n > 1 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			whole = append(whole, line[1:]...)
			continue
		}
		keep()
		whole, began = append(whole[:0], line...), n
	}
	keep()
	return all
}

// split cuts NAME;PARAM=VALUE;PARAM="VALUE":value. A colon inside quotes is part of a parameter.
func split(line string, n int) property {
	p := property{line: n, params: map[string]string{}}
	quoted, end := false, len(line)
	for i := range len(line) {
		if line[i] == '"' {
			quoted = !quoted
		}
		if line[i] == ':' && !quoted {
			end = i
			p.value = line[i+1:]
			break
		}
	}
	for i, part := range strings.Split(line[:end], ";") {
		if i == 0 {
			p.name = strings.ToUpper(strings.TrimSpace(part))
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		p.params[strings.ToUpper(key)] = strings.Trim(value, `"`)
	}
	return p
}

// vcalendar walks the components of a file.
type vcalendar struct {
	*importer
	open  []string
	found int
	event *vevent
	held  []*vevent
	moved map[string]bool // UID and start of occurrences that another event replaces (RECURRENCE-ID)
}

// vevent is one event while it is read.
type vevent struct {
	line                 int
	uid, who, status     string
	start, end           stamp
	length               time.Duration
	rule                 property
	without              []stamp
	instead              stamp
	hasEnd, hasDuration  bool
	hasStart, hasInstead bool
}

func (v *vcalendar) property(p property) {
	switch p.name {
	case "BEGIN":
		v.open = append(v.open, strings.ToUpper(p.value))
		if len(v.open) > 8 {
			v.wrongAt(p.line, "rota", "nests components too deeply")
			v.open = v.open[:1]
		}
		if v.inside("VEVENT") {
			v.event = &vevent{line: p.line}
		}
	case "END":
		v.close(p)
	default:
		if v.event != nil && v.inside("VEVENT") {
			v.field(p)
		}
	}
}

func (v *vcalendar) inside(name string) bool {
	return len(v.open) == 2 && v.open[0] == "VCALENDAR" && v.open[1] == name
}

func (v *vcalendar) close(p property) {
	n := len(v.open)
	if n == 0 || v.open[n-1] != strings.ToUpper(p.value) {
		v.wrongAt(p.line, "rota", "END without its BEGIN")
		return
	}
	if v.event != nil && v.inside("VEVENT") {
		v.held = append(v.held, v.event)
		if v.event.hasInstead {
			v.moved[v.event.uid+" "+v.event.instead.wall.String()] = true
		}
		v.event = nil
	}
	if v.open = v.open[:n-1]; n == 1 {
		v.found++
	}
}

func (v *vcalendar) field(p property) {
	e := v.event
	switch p.name {
	case "UID":
		e.uid = p.value
	case "SUMMARY":
		e.who = unescape(p.value)
	case "STATUS":
		e.status = strings.ToUpper(p.value)
	case "DTSTART":
		e.start, e.hasStart = v.stamp(p, "start")
	case "DTEND":
		e.end, e.hasEnd = v.stamp(p, "end")
	case "DURATION":
		e.length, e.hasDuration = v.duration(p)
	case "RRULE":
		e.rule = p
	case "RDATE":
		v.wrongAt(p.line, "rota", "RDATE is not read: write each date as an event of its own")
	case "RECURRENCE-ID":
		e.instead, e.hasInstead = v.stamp(p, "recurrence_id")
	case "EXDATE":
		for _, one := range strings.Split(p.value, ",") {
			p.value = one
			if s, ok := v.stamp(p, "exdate"); ok {
				e.without = append(e.without, s)
			}
		}
	}
}

var unescapes = strings.NewReplacer(`\\`, `\`, `\;`, `;`, `\,`, `,`, `\n`, " ", `\N`, " ")

func unescape(s string) string { return strings.TrimSpace(unescapes.Replace(s)) }

// stamp is a date or time as iCalendar writes it: local to a zone, so that what repeats keeps its local time.
type stamp struct {
	wall policy.Wall
	zone *time.Location
	date bool
}

// stamp reads RFC 5545 §3.3.4 and §3.3.5: 20261123, 20261123T170000, 20261123T220000Z.
func (v *vcalendar) stamp(p property, field string) (stamp, bool) {
	s := stamp{zone: v.Zone, date: p.params["VALUE"] == "DATE"}
	if name, named := p.params["TZID"]; named {
		z, err := v.Zones.Zone(strings.TrimPrefix(name, "/"))
		if err != nil {
			v.wrongAt(p.line, field, "unknown zone %q in zone data %s", plain(name), v.Zones.Version)
			return s, false
		}
		s.zone = z
	}
	text, utc := strings.CutSuffix(p.value, "Z")
	if utc {
		s.zone = time.UTC
	}
	layout := "20060102T150405"
	if len(text) == 8 {
		layout, s.date = "20060102", true
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		v.wrongAt(p.line, field, "is not a date or time like 20261123T170000")
		return s, false
	}
	if !sane(t) {
		v.wrongAt(p.line, field, "is out of range: years run from 1970 to 9998")
		return s, false
	}
	s.wall = policy.Wall(t.Unix())
	return s, true
}

// finish turns events into turns once every moved occurrence is known.
func (v *vcalendar) finish() {
	for _, e := range v.held {
		if len(v.mistakes) >= maxMistakes {
			return
		}
		switch {
		case e.status == "CANCELLED":
		case !e.hasStart:
			v.wrongAt(e.line, "start", "is missing: DTSTART")
		case e.hasEnd && e.hasDuration:
			v.wrongAt(e.line, "end", "stands twice: DTEND and DURATION")
		case e.rule.name != "":
			v.repeat(e)
		default:
			v.once(e, e.start.wall)
		}
	}
}

// once is one occurrence, begun at a local time: its end is as far away on the wall as that of the first.
func (v *vcalendar) once(e *vevent, at policy.Wall) {
	t := Turn{Who: e.who, Line: e.line, Start: v.wall(e.line, "start", at, e.start.zone)}
	switch {
	case e.hasDuration:
		t.End = t.Start.Add(e.length)
	case e.hasEnd:
		t.End = v.wall(e.line, "end", e.end.wall+(at-e.start.wall), e.end.zone)
	case e.start.date:
		t.End = v.wall(e.line, "end", at+86400, e.start.zone)
	default:
		v.wrongAt(e.line, "end", "is missing: DTEND or DURATION")
		return
	}
	v.turn(t)
}

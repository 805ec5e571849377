package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// reading turns bodies of the API into rules, and notes every field that cannot be read.
type reading struct {
	zone     *time.Location
	mistakes console.Mistakes
	warnings []string
}

func (r *reading) wrong(field, format string, args ...any) {
	r.mistakes = append(r.mistakes, console.Mistake{Field: field, Text: fmt.Sprintf(format, args...)})
}

// err is everything that was wrong.
func (r *reading) err() error {
	if len(r.mistakes) == 0 {
		return nil
	}
	return r.mistakes
}

// moment reads an instant. A local time that comes twice is asked back by a warning, the first one taken (S13).
func (r *reading) moment(field string, m console.Moment, fold string) time.Time {
	if m == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, string(m)); err == nil {
		return t.UTC()
	}
	wall, err := policy.ParseWall(strings.Replace(string(m), " ", "T", 1))
	if err != nil {
		r.wrong(field, "not a time like 2026-11-23T17:00 or 2026-11-23T17:00:00-05:00")
		return time.Time{}
	}
	if r.zone == nil {
		r.wrong(field, "needs an offset: there is no zone to read it in")
		return time.Time{}
	}
	found := wall.Occurrences(r.zone)
	switch {
	case len(found) == 0:
		r.warnings = append(r.warnings, field+": this local time does not exist; the next instant that does is taken")
		return wall.Instant(r.zone)
	case len(found) > 1 && fold == "second":
		return found[1]
	case len(found) > 1 && fold == "":
		r.warnings = append(r.warnings, field+": this local time comes twice; the first is taken (fold: second for the other)")
	}
	return found[0]
}

func (r *reading) clock(field, text string) policy.WallClock {
	c, err := policy.ParseClock(text)
	if err != nil {
		r.wrong(field, "not a local time of day like 08:00")
	}
	return c
}

func (r *reading) windows(at string, list []console.WindowBody) []policy.Hours {
	var out []policy.Hours
	for i, w := range list {
		field := fmt.Sprintf("%s[%d]", at, i)
		for j, d := range w.Days {
			if d < 1 || d > 7 {
				r.wrong(fmt.Sprintf("%s.days[%d]", field, j), "must be 1 (Monday) to 7")
			}
		}
		out = append(out, policy.Hours{Days: w.Days, Start: r.clock(field+".start", w.Start), End: r.clock(field+".end", w.End)})
	}
	return out
}

func holidaysOf(list []console.HolidayBody) []policy.Holiday {
	var out []policy.Holiday
	for _, h := range list {
		out = append(out, policy.Holiday{
			Name: h.Name, Month: time.Month(h.Month), Day: h.Day, Weekday: h.Weekday, Nth: h.Nth, Observed: policy.Observed(h.Observed),
		})
	}
	return out
}

func flowOf(list []console.StepBody) policy.Flow {
	var f policy.Flow
	for _, s := range list {
		step := policy.StepRule{
			Name: s.Name, Schedule: s.Schedule, Tier: s.Tier, People: s.People, Mode: cmp.Or(policy.RingMode(s.Mode), policy.Together),
			For: time.Duration(s.Ring) * time.Second, Do: policy.StepKind(s.Do), Queue: s.Queue, Menu: s.Menu, Prompt: s.Prompt,
		}
		if step.Do == policy.Ring {
			step.Do = ""
		}
		if step.Do == "" && step.For == 0 {
			step.For = policy.DefaultRing
		}
		f.Steps = append(f.Steps, step)
	}
	return f
}

func (r *reading) clinic(id string, b console.ClinicBody) policy.Clinic {
	return policy.Clinic{
		ID: id, Name: b.Name, Zone: b.Zone, Hours: r.windows("body.hours", b.Hours), Holidays: holidaysOf(b.Holidays),
		Open: flowOf(b.Open), Closed: flowOf(b.Closed), Greeting: b.Greeting, Announce: b.Announce,
		LastResort: cmp.Or(b.LastResort, policy.DefaultLastResort), Record: b.Record, Suspended: b.Suspended,
		Fallback: r.telephone("body.fallback", b.Fallback),
	}
}

// telephone reads a number that may be missing.
func (r *reading) telephone(at, number string) string {
	if number == "" {
		return ""
	}
	e164, ok := policy.NormaliseNumber(number, "US")
	if !ok {
		r.wrong(at, "is not a telephone number")
	}
	return e164
}

func (r *reading) layers(at string, list []console.LayerBody) []policy.Layer {
	var out []policy.Layer
	for i, l := range list {
		field := fmt.Sprintf("%s[%d]", at, i)
		out = append(out, policy.Layer{
			ID: l.ID, Tier: cmp.Or(l.Tier, 1), Mode: cmp.Or(policy.LayerMode(l.Mode), policy.Replace),
			Windows: r.windows(field+".windows", l.Windows), Holidays: l.Holidays, As: l.As,
			Rotation: r.rotation(field+".rotation", l.Rotation),
		})
	}
	return out
}

func (r *reading) rotation(at string, b console.RotationBody) policy.Rotation {
	out := policy.Rotation{Anchor: r.anchor(at+".anchor", b.Anchor), Members: b.Members, Advance: policy.Advance(b.Advance)}
	out.Every, out.Unit = r.every(at+".every", b.Every)
	for i, t := range b.Terms {
		field := fmt.Sprintf("%s.terms[%d]", at, i)
		out.Terms = append(out.Terms, policy.Term{
			Member: t.Member, From: r.moment(field+".from", t.From, ""), To: r.moment(field+".to", t.To, ""),
		})
	}
	return out
}

// anchor brings a local time into the one form that a book holds.
func (r *reading) anchor(field, text string) string {
	if text == "" {
		return ""
	}
	w, err := policy.ParseWall(text)
	if err != nil {
		r.wrong(field, "not a local time like 2026-11-23T08:00:00")
		return ""
	}
	return w.String()
}

func (r *reading) every(field, text string) (int, policy.Unit) {
	if text == "" {
		return 0, ""
	}
	n, unit, err := policy.ParseEvery(text)
	if err != nil {
		r.wrong(field, "not a length like 12h, 1d, 2w or 1m")
	}
	return n, unit
}

// edit reads one entry of a history; ID and At are the caller's.
func (r *reading) edit(at string, b console.EditBody) policy.Edit {
	e := policy.Edit{
		Do: policy.Do(b.Do), Person: b.Person, From: b.From, Cover: b.Cover, Tier: b.Tier, Layer: b.Layer, Members: b.Members,
		Start: r.moment(at+".start", b.Start, b.Fold), End: r.moment(at+".end", b.End, b.Fold),
		Effective: r.moment(at+".effective", b.Effective, ""), Anchor: r.anchor(at+".anchor", b.Anchor),
		Layers: r.layers(at+".layers", b.Layers), A: shiftOf(b.A), B: shiftOf(b.B), Filler: b.Filler, Of: b.Of,
		Note: b.Note, Reason: b.Reason,
	}
	e.Every, e.Unit = r.every(at+".every", b.Every)
	for i, d := range b.Shifts {
		field := fmt.Sprintf("%s.shifts[%d]", at, i)
		e.Shifts = append(e.Shifts, policy.Duty{
			Person: d.Person, Start: r.moment(field+".start", d.Start, ""), End: r.moment(field+".end", d.End, ""),
		})
	}
	return e
}

func shiftOf(b *console.ShiftBody) policy.Shift {
	if b == nil {
		return policy.Shift{}
	}
	return policy.Shift{Period: b.Period, Day: b.Day}
}

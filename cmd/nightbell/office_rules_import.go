package main

import (
	"context"
	"time"

	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
)

// importTime is how far ahead an imported rota is read; what repeats for ever ends there.
const importTime = 400 * 24 * time.Hour

// namesIn says who of a file is whom.
func namesIn(s *policy.Snapshot, people map[string]string) book.Names {
	return book.Names{People: people, Known: func(id string) bool {
		_, ok := s.Person(id)
		return ok
	}}
}

// rota puts a rota in somebody else's form into the draft: one plan for each of its tiers. Names that are nobody here come
// back, and nothing is planned.
func (d *draft) rota(id string, f console.RotaFile) (read book.Rota, unknown []string, err error) {
	s, ok := scheduleIn(d.book, id)
	if !ok {
		return read, nil, console.ErrNotFound
	}
	with := book.RotaReading{File: f.Name, Zone: d.zone(s), Zones: d.before.Zones, From: d.now, To: d.now.Add(importTime)}
	if f.Format == "ical" {
		read, err = book.ReadICal([]byte(f.Content), with)
	} else {
		read, err = book.ReadRotaCSV([]byte(f.Content), with)
	}
	if err != nil {
		return read, nil, mistakesOf(err)
	}
	for _, w := range read.Warnings {
		d.warnings = append(d.warnings, w.Error())
	}
	tiers := read.Tiers()
	if f.Tier > 0 {
		tiers = []int{f.Tier}
	}
	for _, tier := range tiers {
		e, nobody := read.Plan(namesIn(d.before, f.People), tier, f.Filler)
		unknown = appendNew(unknown, nobody)
		if len(nobody) > 0 || e.Start.IsZero() {
			continue
		}
		e = fromNowOn(e, d.now)
		e.Reason = d.rev.Reason
		d.complete(&e)
		if err := d.append(id, "body.content", e); err != nil {
			return read, unknown, err
		}
	}
	return read, unknown, nil
}

// fromNowOn cuts off what is past: the past never changes.
func fromNowOn(e policy.Edit, now time.Time) policy.Edit {
	if e.Start.Before(now) {
		e.Start = now
	}
	var kept []policy.Duty
	for _, d := range e.Shifts {
		if d.Start.Before(now) {
			d.Start = now
		}
		if d.End.After(d.Start) {
			kept = append(kept, d)
		}
	}
	e.Shifts = kept
	return e
}

// Compare says what an import would change, shift by shift.
func (p previews) Compare(ctx context.Context, id string, f console.RotaFile) (console.RotaDifference, error) {
	d, err := p.begin(ctx, console.Revision{ID: id, Match: "*"})
	if err != nil {
		return console.RotaDifference{}, err
	}
	read, unknown, err := d.rota(id, f)
	if err != nil {
		return console.RotaDifference{}, err
	}
	after, report, err := d.weigh()
	if err != nil {
		return console.RotaDifference{}, err
	}
	out := console.RotaDifference{From: d.now, To: d.now, Unknown: unknown, Warnings: d.warnings, Report: &report}
	s, _ := scheduleIn(d.book, id)
	for _, t := range read.Turns {
		if t.End.After(out.To) {
			out.To = t.End
		}
		one := console.Shift{Clinic: s.Clinic, Schedule: id, Tier: max(t.Tier, f.Tier, 1), Start: t.Start, End: t.End}
		one.Person, _ = namesIn(d.before, f.People).Find(t.Who)
		out.Shifts = append(out.Shifts, one)
	}
	before, _ := d.before.Expand(id, out.From, out.To)
	then, _ := after.Expand(id, out.From, out.To)
	moved := book.Differ(before, then)
	out.Added, out.Removed = stretchesView(s, moved.Added), stretchesView(s, moved.Removed)
	return out, nil
}

// Import appends the plans that Compare spoke of. A name that is nobody here refuses the whole.
func (p previews) Import(ctx context.Context, rev console.Revision, f console.RotaFile) (console.Saved, error) {
	return p.change(ctx, rev, aSchedule, func(d *draft) error {
		_, unknown, err := d.rota(rev.ID, f)
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			return console.Mistakes{{File: f.Name, Field: "body.people", Text: "names of the file that are nobody here: see import/check"}}
		}
		if len(d.edits) == 0 {
			return console.Mistakes{{File: f.Name, Field: "body.content", Text: "holds no shift from now on"}}
		}
		return nil
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nightbell/console"
	"nightbell/policy"
)

// clinics is the practices, thing by thing.
type clinics struct{ rulebook }

func (c clinics) List(ctx context.Context, only string) ([]console.ClinicView, error) {
	s, err := c.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out []console.ClinicView
	for _, one := range s.Book.Clinics {
		if only == "" || one.ID == only {
			out = append(out, c.clinicView(one, s.Book))
		}
	}
	return out, nil
}

func (c clinics) Find(ctx context.Context, id string) (console.ClinicView, error) {
	all, err := c.List(ctx, id)
	if err == nil && len(all) == 0 {
		err = console.ErrNotFound
	}
	if err != nil {
		return console.ClinicView{}, err
	}
	return all[0], nil
}

func (c clinics) Put(ctx context.Context, rev console.Revision, b console.ClinicBody) (console.Saved, error) {
	return c.change(ctx, rev, aClinic, func(d *draft) error {
		r := reading{}
		made := r.clinic(rev.ID, b)
		if was, ok := d.before.Clinic(rev.ID); ok {
			made.Features = was.Features // put apart
		}
		r.flows(made, d.book)
		return errors.Join(r.err(), d.putClinic(made), d.checkCalls(made))
	})
}

func (c clinics) Hours(ctx context.Context, rev console.Revision, hours []console.WindowBody) (console.Saved, error) {
	return c.change(ctx, rev, aClinic, func(d *draft) error {
		r := reading{}
		made, ok := d.before.Clinic(rev.ID)
		if !ok {
			return console.ErrNotFound
		}
		next := *made
		next.Hours = r.windows("body.hours", hours)
		return errors.Join(r.err(), d.putClinic(next))
	})
}

func (c clinics) Holidays(ctx context.Context, rev console.Revision, list []console.HolidayBody) (console.Saved, error) {
	return c.change(ctx, rev, aClinic, func(d *draft) error {
		made, ok := d.before.Clinic(rev.ID)
		if !ok {
			return console.ErrNotFound
		}
		next := *made
		next.Holidays = holidaysOf(list)
		return d.putClinic(next)
	})
}

// putClinic puts a clinic into the draft; its schedules hang on its zone and holidays.
func (d *draft) putClinic(c policy.Clinic) error {
	if err := mistaken("body", policy.CheckClinic(c, d.before.Zones)); err != nil {
		return err
	}
	d.book = policy.AmendClinic(d.book, c)
	for _, s := range d.book.Schedules {
		if s.Clinic == c.ID {
			d.schedules = append(d.schedules, s.ID)
		}
	}
	return d.holidaysNamed(c)
}

// holidaysNamed refuses to take away a holiday on which a layer holds or has held: its schedule could not be changed any
// more, and its past would read otherwise.
func (d *draft) holidaysNamed(c policy.Clinic) error {
	var gone console.Mistakes
	for _, s := range d.book.Schedules {
		if s.Clinic != c.ID {
			continue
		}
		for _, name := range holidaysOfLayers(s) {
			if !slices.ContainsFunc(c.Holidays, func(h policy.Holiday) bool { return h.Name == name }) {
				gone = append(gone, console.Mistake{Field: "body.holidays", Text: fmt.Sprintf("schedule %s holds on %q", s.ID, name)})
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return gone
}

// holidaysOfLayers are the names that any version of a schedule holds on, each once.
func holidaysOfLayers(s policy.Schedule) []string {
	layers := slices.Clone(s.Layers)
	for _, e := range s.Edits {
		layers = append(layers, e.Layers...)
	}
	var names []string
	for _, l := range layers {
		names = append(names, l.Holidays...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// flows refuses steps that ask what does not exist.
func (r *reading) flows(c policy.Clinic, b *policy.Book) {
	for i, step := range c.Open.Steps {
		r.step(fmt.Sprintf("body.open[%d]", i), step, b)
	}
	for i, step := range c.Closed.Steps {
		r.step(fmt.Sprintf("body.closed[%d]", i), step, b)
	}
}

func (r *reading) step(at string, step policy.StepRule, b *policy.Book) {
	rings := step.Do == ""
	if rings && step.Schedule == "" && len(step.People) == 0 {
		r.wrong(at, "rings nobody: neither a schedule nor people")
	}
	if _, ok := scheduleIn(b, step.Schedule); step.Schedule != "" && !ok {
		r.wrong(at+".schedule", "unknown schedule")
	}
	for i, p := range step.People {
		if !slices.ContainsFunc(b.People, func(o policy.Person) bool { return o.ID == p }) {
			r.wrong(fmt.Sprintf("%s.people[%d]", at, i), "unknown person")
		}
	}
}

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// schedules is who is on call, as rules.
type schedules struct{ rulebook }

func (s schedules) List(ctx context.Context, only string) ([]console.ScheduleView, error) {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out []console.ScheduleView
	for _, one := range snap.Book.Schedules {
		if only == "" || one.Clinic == only {
			out = append(out, s.scheduleView(one, snap))
		}
	}
	return out, nil
}

func (s schedules) Find(ctx context.Context, id string) (console.ScheduleView, error) {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return console.ScheduleView{}, err
	}
	one, ok := scheduleIn(snap.Book, id)
	if !ok {
		return console.ScheduleView{}, console.ErrNotFound
	}
	return s.scheduleView(one, snap), nil
}

func scheduleIn(b *policy.Book, id string) (policy.Schedule, bool) {
	i := slices.IndexFunc(b.Schedules, func(s policy.Schedule) bool { return s.ID == id })
	if i < 0 {
		return policy.Schedule{}, false
	}
	return b.Schedules[i], true
}

func (s schedules) Put(ctx context.Context, rev console.Revision, b console.ScheduleBody) (console.Saved, error) {
	return s.change(ctx, rev, aSchedule, func(d *draft) error { return d.putSchedule(rev.ID, b) })
}

func (s schedules) Edit(ctx context.Context, rev console.Revision, list []console.EditBody) (console.Saved, error) {
	return s.change(ctx, rev, aSchedule, func(d *draft) error { return d.edit(rev.ID, "body.edits", list) })
}

// Remove takes a schedule away that no clinic asks. Its versions stay in the database.
func (s schedules) Remove(ctx context.Context, rev console.Revision) (console.Saved, error) {
	if rev.Match == "" {
		return console.Saved{}, console.Mistakes{{Field: "header.If-None-Match", Text: "nothing to remove"}}
	}
	return s.change(ctx, rev, aSchedule, func(d *draft) error {
		for _, c := range d.book.Clinics {
			for _, step := range slices.Concat(c.Open.Steps, c.Closed.Steps) {
				if step.Schedule == rev.ID {
					return console.ErrInUse
				}
			}
		}
		next := *d.book
		next.Schedules = slices.DeleteFunc(slices.Clone(next.Schedules), func(o policy.Schedule) bool { return o.ID == rev.ID })
		d.book = &next
		return nil
	})
}

// putSchedule makes a schedule, or lets other layers hold from an instant on: the past never changes (S9).
func (d *draft) putSchedule(id string, b console.ScheduleBody) error {
	was, stands := scheduleIn(d.book, id)
	if _, ok := d.before.Clinic(b.Clinic); !ok {
		return console.Mistakes{{Field: "body.clinic", Text: "unknown clinic"}}
	}
	if len(b.Layers) > maxLayers {
		return console.Mistakes{{Field: "body.layers", Text: fmt.Sprintf("more than %d layers", maxLayers)}}
	}
	next := was
	next.ID, next.Clinic, next.Name, next.Line, next.Place = id, b.Clinic, b.Name, b.Line, b.Place
	if !stands {
		next.Zone = b.Zone
	}
	r := reading{zone: d.zone(next)}
	layers := r.layers("body.layers", b.Layers)
	effective := r.moment("body.effective", b.Effective, "")
	if stands {
		r.fixed(was, b, d)
	}
	if err := r.err(); err != nil {
		return err
	}
	d.warnings = append(d.warnings, r.warnings...)
	d.schedules = append(d.schedules, id)
	if !stands {
		next.Layers = layers
		return d.putWhole(next)
	}
	if sameLayers(layersNow(was), layers) {
		return d.putWhole(next)
	}
	e := policy.Edit{Do: policy.DoLayers, Effective: effective, Layers: layers, Reason: d.rev.Reason}
	d.complete(&e)
	if err := mistaken("body", policy.CheckEdit(next, e, d.book, d.before.Zones, d.now)); err != nil {
		return err
	}
	return d.putWhole(next.With(e))
}

// maxLayers is policy's own limit, asked before ten thousand of them are read.
const maxLayers = 64

// fixed refuses what would change the past: a schedule's clinic and its zone.
func (r *reading) fixed(was policy.Schedule, b console.ScheduleBody, d *draft) {
	if b.Clinic != was.Clinic {
		r.wrong("body.clinic", "cannot change: make a new schedule")
	}
	if b.Zone != was.Zone && b.Zone != "" && b.Zone != zoneOf(was, d.before) {
		r.wrong("body.zone", "cannot change, the past would with it: make a new schedule")
	}
}

// sameLayers compares as they are shown: absent and empty are the same.
func sameLayers(a, b []policy.Layer) bool {
	return fmt.Sprint(layersView(a)) == fmt.Sprint(layersView(b))
}

// putWhole puts a schedule into the draft.
func (d *draft) putWhole(s policy.Schedule) error {
	next := policy.AmendSchedule(d.book, s)
	if err := mistaken("body", policy.CheckSchedule(s, next, d.before.Zones, d.now)); err != nil {
		return err
	}
	d.book = next
	d.warn(s)
	return nil
}

// warn adds what is allowed and rarely meant.
func (d *draft) warn(s policy.Schedule) {
	d.warnings = appendNew(d.warnings, policy.Warnings(s, d.book, d.before.Zones))
}

// zone is where a schedule's clock hangs; nil where nobody knows it.
func (d *draft) zone(s policy.Schedule) *time.Location {
	zone, err := d.before.Zones.Zone(zoneOf(s, d.before))
	if err != nil {
		return nil
	}
	return zone
}

// edit appends to a schedule's history, each edit seeing those before it; one that is wrong refuses them all.
func (d *draft) edit(id, at string, list []console.EditBody) error {
	for i, b := range list {
		s, ok := scheduleIn(d.book, id)
		if !ok {
			return console.ErrNotFound
		}
		field := fmt.Sprintf("%s[%d]", at, i)
		r := reading{zone: d.zone(s)}
		if len(b.Layers) > maxLayers {
			r.wrong(field+".layers", "more than %d layers", maxLayers)
			return r.err()
		}
		e := r.edit(field, b)
		if err := r.err(); err != nil {
			return err
		}
		d.warnings = append(d.warnings, r.warnings...)
		if err := d.takeOver(id, field, &e); err != nil {
			return err
		}
		d.complete(&e)
		if err := d.append(id, field, e); err != nil {
			return err
		}
	}
	return nil
}

// takeOver fills in the running shift: who stands there, and until when she would.
func (d *draft) takeOver(id, field string, e *policy.Edit) error {
	if e.Do != policy.DoTakeOver || !e.End.IsZero() {
		return nil
	}
	now := policy.Index(d.book, d.before.Zones)
	made, err := now.TakeOver(id, max(e.Tier, 1), e.Person, d.now)
	if err != nil {
		return console.Mistakes{{Field: field + ".person", Text: err.Error()}}
	}
	made.Reason = e.Reason
	*e = made
	return nil
}

// append checks one edit and puts it at the end.
func (d *draft) append(id, field string, e policy.Edit) error {
	s, ok := scheduleIn(d.book, id)
	if !ok {
		return console.ErrNotFound
	}
	if err := mistaken(field, policy.CheckEdit(s, e, d.book, d.before.Zones, d.now)); err != nil {
		return err
	}
	d.book = policy.AmendSchedule(d.book, s.With(e))
	if !slices.Contains(d.schedules, id) {
		d.schedules = append(d.schedules, id)
	}
	d.warn(s.With(e))
	return nil
}

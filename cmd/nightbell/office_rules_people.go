package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"nightbell/console"
	"nightbell/phi"
	"nightbell/policy"
)

// persons is everybody who may be rung.
type persons struct{ rulebook }

// List shows a clinic those alone whom its schedules and flows speak of.
func (p persons) List(ctx context.Context, only string, sight console.Sight) ([]console.PersonView, error) {
	s, err := p.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out []console.PersonView
	known := knownTo(only, s.Book)
	for _, one := range s.Book.People {
		if only != "" && !known[one.ID] {
			continue
		}
		v := p.personView(one, s.Book, sight)
		if only != "" {
			v.Schedules = slices.DeleteFunc(v.Schedules, func(id string) bool { return !belongs(id, only, s.Book) })
		}
		out = append(out, v)
	}
	return out, nil
}

func belongs(schedule, clinic string, b *policy.Book) bool {
	return slices.ContainsFunc(b.Schedules, func(s policy.Schedule) bool { return s.ID == schedule && s.Clinic == clinic })
}

// knownTo are the people of whom a clinic's rules speak.
func knownTo(clinic string, b *policy.Book) map[string]bool {
	all := map[string]bool{}
	for _, s := range b.Schedules {
		if s.Clinic == clinic {
			for p := range names(s) {
				all[p] = true
			}
		}
	}
	for _, c := range b.Clinics {
		if c.ID != clinic {
			continue
		}
		steps := slices.Concat(c.Open.Steps, c.Closed.Steps)
		for _, f := range c.Features.Flows {
			steps = append(steps, f.Steps...)
		}
		if c.Features.Patch != nil {
			steps = append(steps, c.Features.Patch.Ladder...)
		}
		for _, step := range steps {
			for _, p := range step.People {
				all[p] = true
			}
		}
	}
	return all
}

func (p persons) Find(ctx context.Context, id string) (console.PersonView, error) {
	s, err := p.snapshot(ctx)
	if err != nil {
		return console.PersonView{}, err
	}
	one, ok := s.Person(id)
	if !ok {
		return console.PersonView{}, console.ErrNotFound
	}
	return p.personView(*one, s.Book, console.Redacted), nil
}

func (p persons) Put(ctx context.Context, rev console.Revision, b console.PersonBody) (console.Saved, error) {
	return p.change(ctx, rev, aPerson, func(d *draft) error {
		made := policy.Person{ID: rev.ID}
		if was, ok := d.before.Person(rev.ID); ok {
			made = *was
		}
		r := reading{}
		made.Role, made.Active = b.Role, b.Active
		if b.State != nil {
			made.State = *b.State
		}
		r.name(&made, b)
		r.phone(&made, b)
		if err := errors.Join(r.err(), mistaken("body", policy.CheckPerson(made))); err != nil {
			return err
		}
		d.book = policy.AmendPerson(d.book, made)
		d.affects(rev.ID)
		return nil
	})
}

func (r *reading) name(p *policy.Person, b console.PersonBody) {
	switch {
	case b.Name == nil && p.Name.IsZero():
		r.wrong("body.name", "is missing")
	case b.Name != nil:
		name, ok := nameOf(*b.Name)
		if !ok {
			r.wrong("body.name", "is no name")
		}
		p.Name = name
	}
}

func (r *reading) phone(p *policy.Person, b console.PersonBody) {
	switch {
	case b.Phone == nil:
	case *b.Phone == "":
		p.Phone = phi.Phone{}
	default:
		e164, ok := policy.NormaliseNumber(strings.TrimSpace(*b.Phone), "")
		if !ok {
			r.wrong("body.phone", "is not a telephone number")
		}
		p.Phone = phi.NewPhone(e164)
	}
}

// Edit appends to the history of people, which acts on every schedule.
func (p persons) Edit(ctx context.Context, rev console.Revision, b console.EditBody) (console.Saved, error) {
	return p.change(ctx, rev, aPerson, func(d *draft) error {
		r := reading{}
		e := r.edit("body.edit", b)
		r.ofPerson(&e, rev.ID, d.book)
		if err := r.err(); err != nil {
			return err
		}
		d.complete(&e)
		if err := mistaken("body.edit", policy.CheckEdit(policy.Schedule{}, e, d.book, d.before.Zones, d.now)); err != nil {
			return err
		}
		d.warnings = append(d.warnings, r.warnings...)
		d.book = policy.AmendPeople(d.book, e)
		d.affects(rev.ID)
		return nil
	})
}

// ofPerson: the edit is about the person of the path, and so is the edit that it takes back.
func (r *reading) ofPerson(e *policy.Edit, person string, b *policy.Book) {
	if e.Do == policy.DoUndo || e.Do == policy.DoChange {
		if !slices.ContainsFunc(editsOf(person, b), func(o policy.Edit) bool { return o.ID == e.Of }) {
			r.wrong("body.edit.of", "is no edit of this person")
		}
		return
	}
	if e.Person == "" {
		e.Person = person
	}
	if e.Person != person {
		r.wrong("body.edit.person", "is not the person of the path")
	}
}

// complete gives an edit its id, its moment and, where nothing is said, the present as its beginning.
func (d *draft) complete(e *policy.Edit) {
	e.At, e.ID = d.now, newEditID(e.Do, d.now)
	d.edits = append(d.edits, e.ID)
	switch e.Do {
	case policy.DoMembers, policy.DoAnchor, policy.DoEvery, policy.DoLayers, policy.DoDeactivate:
		if e.Effective.IsZero() {
			e.Effective = d.now
		}
	case policy.DoAssign, policy.DoCover, policy.DoAdd, policy.DoNobody, policy.DoNote, policy.DoDND, policy.DoAbsence, policy.DoTakeOver:
		if e.Start.IsZero() && !e.End.IsZero() {
			e.Start = d.now
		}
	}
}

// affects marks every schedule that speaks of the person.
func (d *draft) affects(person string) {
	for _, s := range d.book.Schedules {
		if names(s)[person] {
			d.schedules = append(d.schedules, s.ID)
		}
	}
}

package book

import (
	"slices"
	"time"

	"nightbell/policy"
)

// edits of people act on every schedule. They stand in the file by kind; what counts is the order in which they were made.
func (r *reader) edits(f *file) []policy.Edit {
	all := each(r, "absences", f.Absences, r.absence)
	all = append(all, each(r, "deactivations", f.Departed, r.deactivation)...)
	all = append(all, each(r, "corrections", f.Mended, r.correction)...)
	slices.SortStableFunc(all, func(a, b policy.Edit) int { return a.At.Compare(b.At) })
	return all
}

func (r *reader) absence(path string, a absence) policy.Edit {
	made := policy.Edit{
		ID: r.id(path+".id", a.ID), At: r.instant(path+".at", a.At, time.UTC), Person: a.Person, Cover: a.Cover,
		Do:    policy.Do(r.oneOf(path+".do", a.Do, string(policy.DoAbsence), string(policy.DoDND))),
		Start: r.instant(path+".start", a.Start, time.UTC), End: r.instant(path+".end", a.End, time.UTC),
		Reason: r.text(path+".reason", a.Reason),
	}
	r.away(path, made)
	r.span(path, made.Start, made.End)
	return made
}

// away checks who is away and who stands in.
func (r *reader) away(path string, e policy.Edit) {
	r.isPerson(path+".person", e.Person)
	switch {
	case e.Cover == "" && e.Do == policy.DoDND:
		r.wrong(path+".cover", "is missing: do-not-disturb needs somebody who stands in")
	case e.Cover == "":
	case e.Cover == e.Person:
		r.wrong(path+".cover", "is the person who is away")
	default:
		r.isPerson(path+".cover", e.Cover)
	}
}

func (r *reader) deactivation(path string, d deactivation) policy.Edit {
	r.isPerson(path+".person", d.Person)
	made := policy.Edit{
		ID: r.id(path+".id", d.ID), At: r.instant(path+".at", d.At, time.UTC), Do: policy.DoDeactivate, Person: d.Person,
		Effective: r.instant(path+".effective", d.Effective, time.UTC), Reason: r.text(path+".reason", d.Reason),
	}
	if made.Effective.IsZero() {
		r.wrong(path+".effective", "is missing")
	}
	return made
}

func (r *reader) correction(path string, c correction) policy.Edit {
	made := policy.Edit{
		ID: r.id(path+".id", c.ID), At: r.instant(path+".at", c.At, time.UTC), Of: c.Of,
		Do:    policy.Do(r.oneOf(path+".do", c.Do, string(policy.DoUndo), string(policy.DoChange))),
		Start: r.instant(path+".start", c.Start, time.UTC), End: r.instant(path+".end", c.End, time.UTC),
		Reason: r.text(path+".reason", c.Reason),
	}
	if c.Of == "" {
		r.wrong(path+".of", "is missing: the edit that is meant")
	}
	return made
}

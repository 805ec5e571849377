package policy

import (
	"fmt"
	"slices"
)

// With is the schedule with an edit appended; the old one is not touched.
func (s Schedule) With(e Edit) Schedule {
	s.Edits = append(slices.Clip(s.Edits), e)
	return s
}

// AmendSchedule is the book with a schedule put in place of the one with its id, or added. The book itself is not touched,
// here and below: a new rule is a new Book.
func AmendSchedule(b *Book, s Schedule) *Book {
	next := *b
	next.Schedules = put(b.Schedules, s, func(o Schedule) bool { return o.ID == s.ID })
	return &next
}

// AmendEdit is the book with an edit appended to a schedule.
func AmendEdit(b *Book, schedule string, e Edit) (*Book, error) {
	i := slices.IndexFunc(b.Schedules, func(s Schedule) bool { return s.ID == schedule })
	if i < 0 {
		return nil, fmt.Errorf("unknown schedule %q", clip(schedule))
	}
	return AmendSchedule(b, b.Schedules[i].With(e)), nil
}

// AmendPeople is the book with an edit of a person, which acts on every schedule.
func AmendPeople(b *Book, e Edit) *Book {
	next := *b
	next.Edits = append(slices.Clip(b.Edits), e)
	return &next
}

// AmendClinic is the book with a clinic put in place of the one with its id, or added.
func AmendClinic(b *Book, c Clinic) *Book {
	next := *b
	next.Clinics = put(b.Clinics, c, func(o Clinic) bool { return o.ID == c.ID })
	return &next
}

// AmendHolidays is the book with a clinic's list of holidays.
func AmendHolidays(b *Book, clinic string, holidays []Holiday) (*Book, error) {
	i := slices.IndexFunc(b.Clinics, func(c Clinic) bool { return c.ID == clinic })
	if i < 0 {
		return nil, fmt.Errorf("unknown clinic %q", clip(clinic))
	}
	c := b.Clinics[i]
	c.Holidays = holidays
	return AmendClinic(b, c), nil
}

// AmendPerson is the book with a person put in place of the one with the same id, or added.
func AmendPerson(b *Book, p Person) *Book {
	next := *b
	next.People = put(b.People, p, func(o Person) bool { return o.ID == p.ID })
	return &next
}

// put copies a list with one entry replaced or added at the end.
func put[T any](list []T, one T, same func(T) bool) []T {
	out := slices.Clone(list)
	if i := slices.IndexFunc(out, same); i >= 0 {
		out[i] = one
		return out
	}
	return append(out, one)
}

package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// CheckEdit finds what is wrong with an edit that is about to be appended to a schedule. An edit of a person for every
// schedule (absence, dnd, deactivate, and their undo and change) is checked with the zero Schedule.
func CheckEdit(s Schedule, e Edit, b *Book, z *Zones, now time.Time) Mistakes {
	var m Mistakes
	w := editor{wary: newWary(&m, b, z, now), schedule: s, all: s.Edits}
	if s.ID == "" {
		w.all = b.Edits
	}
	w.edit(e)
	if len(m) > 0 {
		return m
	}
	if s.ID == "" {
		w.everywhere(e)
		return m
	}
	w.compiles(s.With(e))
	if len(m) == 0 && (e.Do == DoSwap || e.Do == DoGive) {
		w.swap(e)
	}
	return m
}

// editor checks one edit of a schedule, or of the book.
type editor struct {
	wary
	schedule Schedule
	all      []Edit // those before it
}

func (w *editor) edit(e Edit) {
	w.id("id", e.ID)
	known := slices.ContainsFunc(w.all, func(o Edit) bool { return o.ID == e.ID }) ||
		slices.ContainsFunc(w.schedule.Overrides, func(o Override) bool { return o.ID == e.ID })
	if known {
		w.wrong("id", "stands already: %q", clip(e.ID))
	}
	if len(w.all) >= maxEdits {
		w.wrong("", "more than %d edits", maxEdits)
	}
	switch n := len(w.all); {
	case e.At.IsZero():
		w.wrong("at", "is missing")
	case !w.year("at", e.At):
	case n > 0 && e.At.Before(w.all[n-1].At):
		w.wrong("at", "is before the last edit")
	}
	if e.Tier < 0 || e.Tier > maxTiers {
		w.wrong("tier", "between 1 and %d", maxTiers)
	}
	w.text("reason", e.Reason, maxReason)
	w.text("note", e.Note, maxReason)
	switch {
	case w.schedule.ID == "" && !ofPeople(e.Do):
		w.wrong("do", "not an edit of a person: %q", clip(string(e.Do)))
	case e.Do == DoUndo || e.Do == DoChange:
		w.earlier(e)
	case ofRotation(e.Do):
		w.turns(e)
	default:
		w.over(e)
	}
}

func ofPeople(do Do) bool {
	return slices.Contains([]Do{DoAbsence, DoDND, DoDeactivate, DoUndo, DoChange}, do)
}

func ofRotation(do Do) bool {
	return slices.Contains([]Do{DoMembers, DoAnchor, DoEvery, DoLayers, DoDeactivate}, do)
}

// over checks what holds for a time: overrides, absences, notes; and swaps, which hold for their shifts.
func (w *editor) over(e Edit) {
	switch e.Do {
	case DoSwap, DoGive:
		w.bound("a", e.A)
		if e.Do == DoSwap {
			w.bound("b", e.B)
			if e.A == e.B {
				w.wrong("b", "is the same shift")
			}
		} else {
			w.active("person", e.Person)
		}
		return
	case DoAssign, DoAdd:
		w.active("person", e.Person)
	case DoCover, DoTakeOver:
		w.active("person", e.Person)
		if e.Do == DoCover || e.From != "" {
			w.person("from", e.From)
		}
		w.circle("person", e)
	case DoNobody:
		if strings.TrimSpace(e.Reason) == "" {
			w.wrong("reason", "nobody on call needs a reason")
		}
	case DoPlan:
		w.plan(e)
	case DoAbsence, DoDND:
		w.away(e)
	case DoNote:
		if strings.TrimSpace(e.Note) == "" {
			w.wrong("note", "is empty")
		}
		if e.Layer != "" {
			w.bound("a", e.A)
		}
	default:
		w.wrong("do", "unknown kind %q", clip(string(e.Do)))
		return
	}
	if w.window(e.Start, e.End) && (e.Do == DoAssign || e.Do == DoAdd || e.Do == DoCover || e.Do == DoTakeOver) {
		w.present("person", e.Person, e)
	}
}

// bound checks a shift's identity.
func (w *editor) bound(field string, sh Shift) {
	if _, err := sh.identity(); err != nil {
		w.wrong(field+".day", "not a date like 2006-01-02: %q", clip(sh.Day))
	}
	if sh.Period > maxPeriod || sh.Period < -maxPeriod {
		w.wrong(field+".period", "out of range")
	}
}

func (w *editor) away(e Edit) {
	w.person("person", e.Person)
	if e.Cover != "" {
		w.active("cover", e.Cover)
	} else if e.Do == DoDND {
		w.wrong("cover", "do-not-disturb needs somebody who stands in")
	}
	if e.Cover != "" && e.Cover == e.Person {
		w.wrong("cover", "is the same person")
		return
	}
	w.circle("cover", e)
	if e.Cover != "" {
		w.present("cover", e.Cover, e)
	}
}

// plan checks an exact block of shifts: each inside the block, nobody in two at once, and no other block over it.
func (w *editor) plan(e Edit) {
	if len(e.Shifts) > maxShifts {
		w.wrong("shifts", "more than %d shifts", maxShifts)
		return
	}
	if e.Filler != "" && e.Filler != "layers" {
		w.wrong("filler", "neither layers nor empty: %q", clip(e.Filler))
	}
	last := map[string]time.Time{}
	order := make([]int, len(e.Shifts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return e.Shifts[a].Start.Compare(e.Shifts[b].Start) })
	for _, i := range order {
		d, at := e.Shifts[i], fmt.Sprintf("shifts[%d]", i)
		w.person(at+".person", d.Person)
		switch {
		case !d.End.After(d.Start):
			w.wrong(at+".end", "is not after the start")
		case d.Start.Before(e.Start) || d.End.After(e.End):
			w.wrong(at, "lies outside the plan")
		case d.Start.Before(last[d.Person]):
			w.wrong(at, "overlaps another shift of %s", clip(d.Person))
		}
		if d.End.After(last[d.Person]) {
			last[d.Person] = d.End
		}
	}
	for _, o := range w.standing() {
		if o.Do == DoPlan && max(o.Tier, 1) == max(e.Tier, 1) && o.Start.Before(e.End) && e.Start.Before(o.End) {
			w.wrong("start", "overlaps the plan %s", clip(o.ID))
		}
	}
}

// standing lists the edits before this one that still count.
func (w *editor) standing() []Edit {
	people := w.book.Edits
	if w.schedule.ID == "" {
		people = nil
	}
	all := make([]Edit, 0, len(w.all)+len(people))
	left, err := standing(append(append(all, w.all...), people...))
	if err != nil {
		return nil
	}
	return left
}

// present refuses somebody who is on leave all the time: an override would change nothing.
func (w *editor) present(field, person string, e Edit) {
	for _, o := range w.standing() {
		if o.Do == DoAbsence && o.Person == person && !o.Start.After(e.Start) && !o.End.Before(e.End) {
			w.wrong(field, "%s is on leave then", clip(person))
			return
		}
	}
}

// everywhere checks an edit of a person against every schedule at once: each must still compile.
func (w *editor) everywhere(e Edit) {
	next := AmendPeople(w.book, e)
	if m := Index(next, w.zones).Mistakes(); len(m) > len(Index(w.book, w.zones).Mistakes()) {
		w.wrong("", "%s", m[len(m)-1])
	}
}

package policy

import (
	"slices"
	"time"
)

// earlier checks an undo or a change: the edit meant stands before, still counts, and what has been is left alone.
func (w *editor) earlier(e Edit) {
	i := slices.IndexFunc(w.all, func(o Edit) bool { return o.ID == e.Of })
	if i < 0 {
		for _, o := range w.schedule.Overrides {
			if o.ID == e.Of {
				w.touch(e, o.edit())
				return
			}
		}
		w.wrong("of", "unknown edit %q", clip(e.Of))
		return
	}
	old := w.all[i]
	if old.Do == DoChange || old.Do == DoUndo {
		if e.Do == DoChange {
			w.wrong("of", "is a change or an undo itself")
		}
		return
	}
	for _, o := range w.standing() {
		if o.ID == e.Of {
			w.touch(e, o)
			return
		}
	}
	w.wrong("of", "is undone already")
}

// touch checks what an undo or a change does to the past.
func (w *editor) touch(e, old Edit) {
	minute := w.now.Truncate(time.Minute)
	begins := old.begins()
	switch {
	case e.Do == DoUndo && !begins.IsZero() && begins.Before(minute):
		w.wrong("of", "has begun: end it now by a change, or append an edit that takes effect now")
	case e.Do == DoUndo:
	case ofRotation(old.Do) || old.Do == DoSwap || old.Do == DoGive:
		w.wrong("of", "has no start and end that can be changed: undo it")
	case e.Start.IsZero() && e.End.IsZero():
		w.wrong("end", "neither start nor end is named")
	default:
		w.rebound(e, old)
	}
}

// rebound checks new bounds for an override.
func (w *editor) rebound(e, old Edit) {
	minute := w.now.Truncate(time.Minute)
	start, end := old.Start, old.End
	if !e.End.IsZero() {
		end = e.End
		if w.year("end", end) && end.Before(minute) {
			w.wrong("end", "lies in the past")
		}
	}
	if !e.Start.IsZero() && !e.Start.Equal(old.Start) {
		start = e.Start
		switch {
		case !w.year("start", start):
		case old.Start.Before(minute):
			w.wrong("start", "the override has begun")
		case start.Before(minute):
			w.wrong("start", "lies in the past")
		}
	}
	if old.End.Before(minute) {
		w.wrong("of", "is over")
	}
	if !end.After(start) {
		w.wrong("end", "is not after the start")
	}
}

// begins is when an edit first changes an answer; zero where its shifts say so.
func (e Edit) begins() time.Time {
	if ofRotation(e.Do) {
		return e.Effective
	}
	return e.Start
}

// turns checks an edit of the layers or of a rotation.
func (w *editor) turns(e Edit) {
	if !w.future("effective", e.Effective) {
		return
	}
	if e.Do == DoDeactivate {
		w.person("person", e.Person)
		return
	}
	if e.Do == DoLayers {
		w.layers("layers", e.Layers, w.clinic(w.schedule))
		return
	}
	layers := w.schedule.LayersAt(e.Effective)
	i := slices.IndexFunc(layers, func(l Layer) bool { return l.ID == e.Layer })
	if i < 0 {
		w.wrong("layer", "unknown layer %q", clip(e.Layer))
		return
	}
	if layers[i].As != "" {
		w.wrong("layer", "%s has no rotation of its own: edit %s", clip(e.Layer), clip(layers[i].As))
	}
	switch e.Do {
	case DoMembers:
		w.members("members", e.Members)
	case DoAnchor:
		w.anchor("anchor", e.Anchor)
	case DoEvery:
		w.every("", e.Every, e.Unit)
	}
}

// LayersAt is the list of layers in force at an instant, each rotation as its edits have left it: what an editor shows, and
// what a restore puts back.
func (s Schedule) LayersAt(at time.Time) []Layer {
	now := slices.Clone(s.Layers)
	left, err := standing(s.Edits)
	if err != nil {
		return now
	}
	left = slices.DeleteFunc(left, func(e Edit) bool { return !ofRotation(e.Do) || e.Effective.After(at) })
	slices.SortStableFunc(left, func(a, b Edit) int { return a.Effective.Compare(b.Effective) })
	for _, e := range left {
		if e.Do == DoLayers {
			now = slices.Clone(e.Layers)
			continue
		}
		if i := slices.IndexFunc(now, func(l Layer) bool { return l.ID == e.Layer }); i >= 0 {
			now[i].Rotation = edited(now[i].Rotation, e)
		}
	}
	return now
}

// Undo is the edit that takes back another from now on: an undo while it has not begun, else the change that ends it now.
// False: there is no such edit, or it is over, or it is one that only a new edit can take back. The caller gives it an id.
func (s Schedule) Undo(of string, now time.Time) (Edit, bool) {
	all := history(s, Rules{})
	left, err := standing(all)
	if err != nil {
		return Edit{}, false
	}
	i := slices.IndexFunc(left, func(e Edit) bool { return e.ID == of })
	if i < 0 {
		return Edit{}, false
	}
	e := left[i]
	switch begins := e.begins(); {
	case begins.IsZero() || !begins.Before(now.Truncate(time.Minute)):
		return Edit{At: now, Do: DoUndo, Of: of}, true
	case ofRotation(e.Do) || !e.End.After(now):
		return Edit{}, false
	}
	return Edit{At: now, Do: DoChange, Of: of, End: now.Truncate(time.Second)}, true
}

// swap checks the shifts of a swap and of a gift: they exist, they have not begun, and who gets one is not on leave then.
func (w *editor) swap(e Edit) {
	s := Index(&Book{Clinics: w.book.Clinics, People: w.book.People, Devices: w.book.Devices, Edits: w.book.Edits,
		Schedules: []Schedule{w.schedule}}, w.zones)
	r := s.rosters[w.schedule.ID]
	if r == nil {
		return
	}
	sides := []Shift{e.A, e.B}
	fields := []string{"a", "b"}
	if e.Do == DoGive {
		sides, fields = sides[:1], fields[:1]
	}
	var found []Duty
	for i, sh := range sides {
		d, ok := r.ShiftOf(e.Layer, sh)
		switch {
		case !ok:
			w.wrong(fields[i], "no such shift in layer %q", clip(e.Layer))
			return
		case !d.Start.After(w.now):
			w.wrong(fields[i], "the shift has begun")
		}
		found = append(found, d)
	}
	if e.Do == DoGive {
		s.fit(w.mistakes, r, "person", e.Person, found[0])
		return
	}
	s.fit(w.mistakes, r, "a", found[1].Person, found[0])
	s.fit(w.mistakes, r, "b", found[0].Person, found[1])
}

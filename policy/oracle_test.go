package policy

import (
	"slices"
	"time"
)

// oracle is a second, deliberately simple scheduler that shares no code with the engine: it walks the wall clock minute by
// minute and lets things happen when the clock has reached their local time. S2 in its words: a local time has come once the
// clock on the wall has ever read it or later. It knows whole minutes, and the years since 1972, when the last zone had
// seconds in its offset.
type oracle struct {
	from    int64   // Unix seconds, a whole minute
	reached []int64 // the latest wall time read until each minute
}

// newOracle walks a zone over [from, to).
func newOracle(zone *time.Location, from, to int64) *oracle {
	o := &oracle{from: from}
	latest := int64(-1 << 62)
	for t := from - 4*86400; t < to; t += 60 {
		l := time.Unix(t, 0).In(zone)
		wall := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC).Unix()
		latest = max(latest, wall)
		if t >= from {
			o.reached = append(o.reached, latest)
		}
	}
	return o
}

// local reads a wall time of a book as seconds.
func local(s string) int64 {
	t, err := time.Parse("2006-01-02T15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

// handoff is the local time of hand-off k after a local time; for hours the walk's own minutes are counted.
func handoff(r Rotation, anchor int64, k int) int64 {
	a := time.Unix(anchor, 0).UTC()
	switch r.Unit {
	case Day:
		return a.AddDate(0, 0, k*r.Every).Unix()
	case Week:
		return a.AddDate(0, 0, 7*k*r.Every).Unix()
	}
	first := time.Date(a.Year(), a.Month()+time.Month(k*r.Every), 1, a.Hour(), a.Minute(), 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(a.Day(), last)-1).Unix()
}

// shiftWorker is a rotation being walked: who has the turn now, and when the next hand-off comes.
type shiftWorker struct {
	rota   Rotation
	anchor int64
	k      int // hand-offs since the anchor
	list   []string
	slot   int
	gone   []string
	frozen bool
	hours  int64 // of an hourly rotation: when the next hand-off comes
}

// next moves the turn to the next who takes one.
func (w *shiftWorker) next() {
	for range w.list {
		w.slot = (w.slot + 1) % len(w.list)
		if w.list[w.slot] == Nobody || !slices.Contains(w.gone, w.list[w.slot]) {
			return
		}
	}
}

// joinList puts a new list in the old one's place; whoever stands keeps standing. The lists of the tests hold nobody twice.
func (w *shiftWorker) joinList(list []string) {
	for range w.list {
		if i := slices.Index(list, w.list[w.slot]); i >= 0 {
			w.list, w.slot = list, i
			return
		}
		w.slot = (w.slot + 1) % len(w.list)
		if i := slices.Index(list, w.list[w.slot]); i >= 0 {
			w.list, w.slot = list, (i-1+len(list))%len(list)
			return
		}
	}
	w.list, w.slot = list, len(list)-1
}

// people walks one layer's rotation: who has the turn at each minute. standing keeps the turn's holder apart from the list
// because she may have left it.
func (o *oracle) people(l Layer, edits []Edit) []string {
	w := shiftWorker{rota: l.Rotation, anchor: local(l.Rotation.Anchor), list: l.Rotation.Members}
	w.start(o)
	holder := w.list[w.slot]
	out := make([]string, len(o.reached))
	for i, wall := range o.reached {
		t := o.from + int64(i)*60
		for _, e := range edits {
			if e.Effective.Unix() == t && e.Do != DoAnchor {
				w.edit(e, l.ID)
			}
		}
		for w.due(t, wall) {
			w.next()
			holder = w.list[w.slot]
			w.pass()
		}
		for _, e := range edits {
			if e.Effective.Unix() == t && e.Do == DoAnchor && e.Layer == l.ID {
				w.anchor, w.k = local(e.Anchor), -4000
				for handoff(w.rota, w.anchor, w.k) <= wall {
					w.k++
				}
				w.frozen = w.rota.Unit == Hour
			}
		}
		out[i] = holder
	}
	return out
}

// start finds the turn at the walk's beginning by stepping from the anchor.
func (w *shiftWorker) start(o *oracle) {
	if w.rota.Unit == Hour {
		at := o.from
		for i, wall := range o.reached {
			if wall >= w.anchor {
				at = o.from + int64(i)*60
				break
			}
		}
		every := int64(w.rota.Every) * 3600
		w.hours = at
		for w.hours-every > o.from {
			w.hours -= every
			w.slot--
		}
		w.slot--
	} else {
		w.k = -4000
		for handoff(w.rota, w.anchor, w.k) <= o.reached[0] {
			w.k++
		}
		w.slot = w.k - 1
	}
	n := len(w.list)
	w.slot = ((w.slot % n) + n) % n
}

func (w *shiftWorker) due(t, wall int64) bool {
	if w.rota.Unit == Hour {
		return t >= w.hours
	}
	return handoff(w.rota, w.anchor, w.k) <= wall
}

func (w *shiftWorker) pass() {
	w.k++
	w.hours += int64(w.rota.Every) * 3600
}

func (w *shiftWorker) edit(e Edit, layer string) {
	switch {
	case e.Do == DoDeactivate:
		w.gone = append(w.gone, e.Person)
	case e.Layer != layer:
	case e.Do == DoMembers:
		w.joinList(e.Members)
	case e.Do == DoEvery && w.rota.Unit != Month:
		// The running period keeps its end: that end is the new anchor.
		w.anchor, w.k = handoff(w.rota, w.anchor, w.k), 0
		w.rota.Every, w.rota.Unit = e.Every, e.Unit
	}
}

// open reports whether any window of a layer holds once the wall has read a time.
func open(ws []Hours, wall int64) bool {
	if len(ws) == 0 {
		return true
	}
	today := time.Unix(wall, 0).UTC().Truncate(24 * time.Hour)
	for _, w := range ws {
		for back := -2; back <= 1; back++ {
			d := today.AddDate(0, 0, back)
			iso := (int(d.Weekday())+6)%7 + 1
			start, end := d.Unix()+int64(w.Start)*60, d.Unix()+int64(w.End)*60
			if w.End <= w.Start {
				end = d.AddDate(0, 0, 1).Unix() + int64(w.End)*60
			}
			if slices.Contains(w.Days, iso) && start <= wall && wall < end {
				return true
			}
		}
	}
	return false
}

// tiers says who stands at every minute of the walk, tier by tier.
func (o *oracle) tiers(s Schedule, tiers int) [][][]string {
	turns := map[string][]string{}
	var gone []Edit
	for _, l := range s.Layers {
		turns[l.ID] = o.people(l, s.Edits)
	}
	for _, e := range s.Edits {
		if e.Do == DoDeactivate {
			gone = append(gone, e)
		}
	}
	out := make([][][]string, len(o.reached))
	for i, wall := range o.reached {
		t := time.Unix(o.from+int64(i)*60, 0)
		for tier := 1; tier <= tiers; tier++ {
			layers := standingIn(s.Layers, tier, wall, func(id string) string { return turns[id][i] })
			people := overridden(layers, s.Edits, tier, t)
			people = slices.DeleteFunc(people, func(p string) bool {
				return slices.ContainsFunc(gone, func(e Edit) bool { return e.Person == p && !t.Before(e.Effective) })
			})
			out[i] = append(out[i], people)
		}
	}
	return out
}

func standingIn(layers []Layer, tier int, wall int64, holder func(string) string) (people []string) {
	taken := false
	for _, mode := range []LayerMode{Replace, Add} {
		for _, l := range layers {
			if l.Tier != tier || l.Mode != mode || mode == Replace && taken || !open(l.Windows, wall) {
				continue
			}
			taken = taken || mode == Replace
			if p := holder(l.ID); p != Nobody && !slices.Contains(people, p) {
				people = append(people, p)
			}
		}
	}
	return people
}

// overridden applies what holds at t in order of creation.
func overridden(layers []string, edits []Edit, tier int, t time.Time) []string {
	people := slices.Clone(layers)
	for _, e := range edits {
		if e.Tier != tier || t.Before(e.Start) || !t.Before(e.End) {
			continue
		}
		switch e.Do {
		case DoAssign:
			people = []string{e.Person}
		case DoNobody:
			people = nil
		case DoAdd:
			if !slices.Contains(people, e.Person) {
				people = append(people, e.Person)
			}
		case DoCover:
			var left []string // nobody stands twice
			for _, p := range people {
				if p == e.From {
					p = e.Person
				}
				if !slices.Contains(left, p) {
					left = append(left, p)
				}
			}
			people = left
		case DoPlan:
			people = nil
			for _, d := range e.Shifts {
				if !t.Before(d.Start) && t.Before(d.End) && !slices.Contains(people, d.Person) {
					people = append(people, d.Person)
				}
			}
			if len(people) == 0 && e.Filler == "layers" {
				people = slices.Clone(layers)
			}
		}
	}
	return people
}

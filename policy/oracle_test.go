package policy

import (
	"cmp"
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
	now    int64 // the walk's instant, for members with dates
	frozen bool
	hours  int64 // of an hourly rotation: when the next hand-off comes
}

// next moves the turn to the next who takes one.
func (w *shiftWorker) next() {
	for range w.list {
		w.slot = (w.slot + 1) % len(w.list)
		if w.takes(w.list[w.slot]) {
			return
		}
	}
}

// holder is whose turn it is; Nobody where nobody takes turns.
func (w *shiftWorker) holder() string {
	for _, p := range w.list {
		if w.takes(p) {
			return w.list[w.slot]
		}
	}
	return Nobody
}

// takes reports who takes a turn now: who has not left and is in one of her terms, if she has any.
func (w *shiftWorker) takes(p string) bool {
	if p == Nobody {
		return true
	}
	dated, in := false, false
	for _, t := range w.rota.Terms {
		if t.Member == p {
			dated = true
			in = in || (t.From.IsZero() || t.From.Unix() <= w.now) && (t.To.IsZero() || w.now < t.To.Unix())
		}
	}
	return !slices.Contains(w.gone, p) && (!dated || in)
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
	holder := w.holder()
	out := make([]string, len(o.reached))
	for i, wall := range o.reached {
		t := o.from + int64(i)*60
		w.now = t
		for _, e := range edits {
			if e.Effective.Unix() == t && e.Do != DoAnchor {
				w.edit(e, l.ID)
			}
		}
		for w.due(t, wall) {
			w.next()
			holder = w.holder()
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
	w.now = o.from
	var live []int // those who took turns ever since the anchor
	for i, p := range w.list {
		if w.takes(p) {
			live = append(live, i)
		}
	}
	if n := len(live); n > 0 {
		w.slot = live[((w.slot%n)+n)%n]
	} else {
		w.slot = len(w.list) - 1
	}
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

// tiers says who stands at every minute of the walk, tier by tier.
func (o *oracle) tiers(s Schedule, tiers int) [][][]string {
	return o.walk(s, Rules{}, tiers)
}

// walk is tiers with the clinic's holidays and the edits of people.
func (o *oracle) walk(s Schedule, rules Rules, tiers int) [][][]string {
	edits := surviving(append(slices.Clone(s.Edits), rules.People...))
	lists := [][]Layer{s.Layers}
	starts := []int64{-1 << 62}
	var gone []Edit
	turning := slices.Clone(edits)
	for _, e := range edits {
		switch e.Do {
		case DoDeactivate:
			gone = append(gone, e)
		case DoLayers:
			lists, starts = append(lists, e.Layers), append(starts, e.Effective.Unix())
			for _, l := range e.Layers {
				turning = append(turning, Edit{Do: DoMembers, Layer: l.ID, Members: l.Rotation.Members, Effective: e.Effective})
			}
		}
	}
	turns := map[string][]string{}
	for _, list := range lists {
		for _, l := range list {
			if turns[l.ID] == nil && l.As == "" {
				turns[l.ID] = o.people(l, turning)
				if l.Rotation.Advance == Covered {
					turns[l.ID] = o.covered(l)
				}
				turns[l.ID] = o.swapped(l, edits, turns[l.ID])
			}
		}
	}
	feast := map[string]func(time.Time) bool{}
	out := make([][][]string, len(o.reached))
	version := 0
	for i, wall := range o.reached {
		at := o.from + int64(i)*60
		for version+1 < len(starts) && starts[version+1] <= at {
			version++
			clear(feast)
		}
		for _, l := range lists[version] {
			if feast[l.ID] == nil {
				feast[l.ID] = feasts(l.Holidays, rules.Holidays)
			}
		}
		for tier := 1; tier <= tiers; tier++ {
			layers := standingIn(lists[version], tier, wall, feast, func(l Layer) string { return turns[cmp.Or(l.As, l.ID)][i] })
			people := overridden(layers, edits, tier, time.Unix(at, 0))
			out[i] = append(out[i], there(people, edits, gone, time.Unix(at, 0)))
		}
	}
	return out
}

// there takes out who has left or is away, and brings who covers.
func there(people []string, edits, gone []Edit, t time.Time) (kept []string) {
	for _, p := range people {
		if p = present(p, edits, gone, t); p != "" && !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// present follows a person's covers; empty: nobody is there. Who only asked not to be disturbed is better than nobody.
func present(p string, edits, gone []Edit, t time.Time) string {
	holds := func(e Edit, p string) bool { return e.Person == p && !t.Before(e.Start) && t.Before(e.End) }
	fallback := ""
	var quiet []string
	for range len(edits) + 1 {
		if slices.ContainsFunc(gone, func(e Edit) bool { return e.Person == p && !t.Before(e.Effective) }) {
			return fallback
		}
		var latest *Edit
		leave := false
		for i := range edits {
			if e := &edits[i]; (e.Do == DoAbsence || e.Do == DoDND) && holds(*e, p) {
				latest = e
				leave = leave || e.Do == DoAbsence
			}
		}
		if latest == nil {
			return p
		}
		if !leave {
			fallback = p
			quiet = append(quiet, p)
		}
		if p = latest.Cover; p == "" {
			return fallback
		}
	}
	if len(quiet) > 0 {
		return quiet[0] // a circle
	}
	return ""
}

func standingIn(layers []Layer, tier int, wall int64, feast map[string]func(time.Time) bool, holder func(Layer) string) (people []string) {
	var order []Layer
	for _, l := range layers {
		if len(l.Holidays) > 0 {
			if len(l.Windows) == 0 {
				l.Windows = []Hours{{Days: []int{1, 2, 3, 4, 5, 6, 7}}}
			}
			order = append(order, l)
		}
	}
	for _, l := range layers {
		if len(l.Holidays) == 0 {
			order = append(order, l)
		}
	}
	taken := false
	for _, mode := range []LayerMode{Replace, Add} {
		for _, l := range order {
			if l.Tier != tier || l.Mode != mode || mode == Replace && taken {
				continue
			}
			if holds, _ := open(l.Windows, wall, feast[l.ID]); !holds {
				continue
			}
			taken = taken || mode == Replace
			if p := holder(l); p != Nobody && !slices.Contains(people, p) {
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
		if e.Tier != tier && e.Do != DoAbsence || t.Before(e.Start) || !t.Before(e.End) {
			continue
		}
		if e.Do == DoAbsence {
			if e.Cover == "" {
				continue
			}
			e.Do, e.From, e.Person = DoCover, e.Person, e.Cover
		}
		if e.Do == DoTakeOver {
			e.Do = DoAssign
			if e.From != "" {
				e.Do = DoCover
			}
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

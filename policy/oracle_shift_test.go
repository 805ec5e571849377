package policy

import (
	"slices"
	"time"
)

// The oracle's own reading of windows, holidays, undone edits, swaps and covered turns.

// open reports whether any window of a layer holds once the wall has read a time, and the day on which the earliest of those
// that hold has started.
func open(ws []Hours, wall int64, feast func(time.Time) bool) (holds bool, day time.Time) {
	if len(ws) == 0 {
		return true, time.Time{}
	}
	today := time.Unix(wall, 0).UTC().Truncate(24 * time.Hour)
	first := int64(1 << 62)
	for back := -2; back <= 1; back++ {
		d := today.AddDate(0, 0, back)
		iso := (int(d.Weekday())+6)%7 + 1
		for _, w := range ws {
			start, end := d.Unix()+int64(w.Start)*60, d.Unix()+int64(w.End)*60
			if w.End <= w.Start {
				end += 86400
			}
			if start <= wall && wall < end && start < first && slices.Contains(w.Days, iso) && feast(d) {
				holds, day, first = true, d, start
			}
		}
	}
	return holds, day
}

func everyDay(time.Time) bool { return true }

// feasts says which days are any of the named holidays, by looking at each day of the year in turn.
func feasts(names []string, all []Holiday) func(time.Time) bool {
	if len(names) == 0 {
		return everyDay
	}
	known := map[string]bool{}
	return func(d time.Time) bool {
		key := d.Format("2006-01-02")
		if is, asked := known[key]; asked {
			return is
		}
		is := false
		for _, h := range all {
			if !slices.Contains(names, h.Name) {
				continue
			}
			for year := d.Year() - 1; year <= d.Year()+1; year++ {
				is = is || key == observed(h, year)
			}
		}
		known[key] = is
		return is
	}
}

// observed is the day of a holiday in a year, found by walking through its month.
func observed(h Holiday, year int) string {
	nth := 0
	var last time.Time
	for d := time.Date(year, h.Month, 1, 0, 0, 0, 0, time.UTC); d.Month() == h.Month; d = d.AddDate(0, 0, 1) {
		iso := (int(d.Weekday())+6)%7 + 1
		if h.Nth == 0 && d.Day() == h.Day {
			switch {
			case iso == 6 && h.Observed == NearestWeekday:
				d = d.AddDate(0, 0, -1)
			case iso == 6 && h.Observed == NextMonday:
				d = d.AddDate(0, 0, 2)
			case iso == 7 && h.Observed != AsIs:
				d = d.AddDate(0, 0, 1)
			}
			return d.Format("2006-01-02")
		}
		if h.Nth != 0 && iso == h.Weekday {
			if nth++; nth == h.Nth {
				return d.Format("2006-01-02")
			}
			last = d
		}
	}
	if h.Nth == -1 {
		return last.Format("2006-01-02")
	}
	return ""
}

// surviving takes out what is undone, and changes what is changed.
func surviving(edits []Edit) (left []Edit) {
	dead := map[string]bool{}
	for _, e := range slices.Backward(edits) {
		if e.Do == DoUndo && !dead[e.ID] {
			dead[e.Of] = true
		}
	}
	for _, e := range edits {
		for _, ch := range edits {
			if ch.Do == DoChange && ch.Of == e.ID && !dead[ch.ID] {
				if !ch.Start.IsZero() {
					e.Start = ch.Start
				}
				if !ch.End.IsZero() {
					e.End = ch.End
				}
			}
		}
		if !dead[e.ID] && e.Do != DoUndo && e.Do != DoChange {
			left = append(left, e)
		}
	}
	return left
}

// slot is one shift as a swap names it.
type slot struct {
	k   int
	day string
}

// owners follows swaps and gifts in order: which slot's holder, or who by name, has each slot that changed hands.
func owners(layer string, edits []Edit) (from map[slot]slot, given map[slot]string) {
	from, given = map[slot]slot{}, map[slot]string{}
	of := func(s slot) slot {
		if o, moved := from[s]; moved {
			return o
		}
		return s
	}
	for _, e := range edits {
		a, b := slot{int(e.A.Period), e.A.Day}, slot{int(e.B.Period), e.B.Day}
		switch {
		case e.Layer != layer:
		case e.Do == DoGive:
			given[a] = e.Person
		case e.Do == DoSwap:
			from[a], from[b] = of(b), of(a)
			x, isX := given[a]
			y, isY := given[b]
			delete(given, a)
			delete(given, b)
			if isX {
				given[b] = x
			}
			if isY {
				given[a] = y
			}
		}
	}
	return from, given
}

// periods counts the hand-offs of an unedited rotation: the number of the period at each minute.
func (o *oracle) periods(r Rotation) []int {
	out := make([]int, len(o.reached))
	anchor := local(r.Anchor)
	k := -4000
	next := handoff(r, anchor, k+1)
	for i, wall := range o.reached {
		for next <= wall {
			k++
			next = handoff(r, anchor, k+1)
		}
		out[i] = k
	}
	return out
}

// swapped changes a layer's holders where shifts have changed hands. The rotation is one of days, weeks or months that
// nothing else edits.
func (o *oracle) swapped(l Layer, edits []Edit, holders []string) []string {
	from, given := owners(l.ID, edits)
	if len(from)+len(given) == 0 {
		return holders
	}
	n := len(l.Rotation.Members)
	out := slices.Clone(holders)
	for i, k := range o.periods(l.Rotation) {
		mine := slot{k: k}
		if holds, day := open(l.Windows, o.reached[i], everyDay); holds && len(l.Windows) > 0 {
			mine.day = day.Format("2006-01-02")
		}
		if s, moved := from[mine]; moved {
			out[i] = l.Rotation.Members[((s.k%n)+n)%n]
		}
		if p, is := given[mine]; is {
			out[i] = p
		}
	}
	return out
}

// covered walks a rotation whose turn passes only on periods that the windows cover, from its anchor on: it counts them.
func (o *oracle) covered(l Layer) []string {
	out := make([]string, len(o.reached))
	periods := o.periods(l.Rotation)
	turn, touched := 0, false
	for i, k := range periods {
		if i > 0 && k > periods[i-1] && periods[i-1] >= 0 && touched {
			turn++
		}
		if i == 0 || k > periods[i-1] {
			touched = false
		}
		if holds, _ := open(l.Windows, o.reached[i], everyDay); holds {
			touched = true
		}
		if k >= 0 {
			out[i] = l.Rotation.Members[turn%len(l.Rotation.Members)]
		}
	}
	return out
}

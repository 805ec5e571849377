package policy

import "math/bits"

// window is an Hours made ready: when on which days it starts.
type window struct {
	days       uint8 // bit i: ISO weekday i+1
	start, end Wall  // since midnight of the day it starts on; end <= 48 h
}

// windows says when a layer, or a clinic, holds. None: always.
type windows []window

// reach is how many days either way a boundary is looked for: two weeks and a bit, so that a weekly window that one
// change of the clocks swallows does not hide the next.
const reach = 16

func newWindows(hours []Hours) windows {
	var ws windows
	for _, h := range hours {
		w := window{start: Wall(h.Start) * minute, end: Wall(h.End) * minute}
		if w.end <= w.start {
			w.end += day
		}
		for _, d := range h.Days {
			if d >= 1 && d <= 7 {
				w.days |= 1 << (d - 1)
			}
		}
		if w.days != 0 {
			ws = append(ws, w)
		}
	}
	return ws
}

func (w window) on(date int64) bool { return w.days&(1<<(isoWeekday(date)-1)) != 0 }

// span is what one start of a window, one period or one holiday comes to in real time: [start, end) (S1).
type span struct {
	date       int64 // it starts on, counted from 1970-01-01
	start, end int64
}

// at is the span of the window that starts on a date (S6); empty where the clocks swallow it (S2).
func (w window) at(date int64, c *clock) span {
	midnight := Wall(date) * day
	return span{date: date, start: c.resolve(midnight + w.start), end: c.resolve(midnight + w.end)}
}

// active finds the span that holds at t. When none does, holds is false and the span is the gap between the end before
// and the start after t. Of several that hold, the one that started first counts until its end.
func (ws windows) active(t int64, c *clock, on calendar) (s span, holds bool) {
	today := c.wall(t).date()
	gap := span{start: dawn, end: dusk}
	for _, w := range ws {
		// Three days back and one ahead hold every span that may hold now: the clock may have gone back over midnight.
		for d := today - 2; d <= today+1; d++ {
			if !w.on(d) || !on.holds(d) {
				continue
			}
			o := w.at(d, c)
			if o.start <= t && t < o.end && (!holds || o.start < s.start) {
				s, holds = o, true
			}
		}
	}
	if holds {
		return s, true
	}
	for _, w := range ws {
		gap = w.around(t, c, on, gap)
	}
	return gap, false
}

// around narrows gap to this window's nearest end before and start after t.
func (w window) around(t int64, c *clock, on calendar, gap span) span {
	today := c.wall(t).date()
	for d := today - 1; d <= today+reach; d++ {
		if !w.on(d) || !on.holds(d) {
			continue
		}
		if o := w.at(d, c); o.start > t && o.end > o.start {
			gap.end = min(gap.end, o.start)
			break
		}
	}
	for d := today + 1; d >= today-reach; d-- {
		if !w.on(d) || !on.holds(d) {
			continue
		}
		if o := w.at(d, c); o.end <= t && o.end > o.start {
			gap.start = max(gap.start, o.end)
			break
		}
	}
	if gap.end == dusk && w.days != 0 {
		gap.end = c.resolve(Wall(today+reach) * day) // nothing within reach: look again from there
	}
	return gap
}

// touches reports whether any window, read on a wall clock without changes, meets [a, b).
func (ws windows) touches(a, b Wall) bool {
	for _, w := range ws {
		if b-a >= 2*week && bits.OnesCount8(w.days) > 0 {
			return true
		}
		for d := a.date() - 2; d <= b.date(); d++ {
			midnight := Wall(d) * day
			if w.on(d) && midnight+w.start < b && midnight+w.end > a {
				return true
			}
		}
	}
	return false
}

// covers reports whether any window really meets [start, end).
func (ws windows) covers(start, end int64, c *clock) bool {
	if len(ws) == 0 {
		return end > start
	}
	for d := c.wall(start).date() - 2; d <= c.wall(end).date()+1; d++ {
		for _, w := range ws {
			if !w.on(d) {
				continue
			}
			if o := w.at(d, c); max(o.start, start) < min(o.end, end) {
				return true
			}
		}
	}
	return false
}

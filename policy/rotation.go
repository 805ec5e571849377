package policy

import "time"

// beat is where a rotation's hand-offs lie: hand-off k = resolve(origin + (k-first)·n·unit), always from the origin (S3).
type beat struct {
	unit   Unit
	n      int64
	origin Wall  // local hand-off number first
	dom    int   // Month: the day of month before clamping (S4)
	at     int64 // Hour: the instant of hand-off number first (S5: elapsed hours)
	first  int64
}

// newBeat anchors a rotation at a local time: its hand-off number first.
func newBeat(r Rotation, anchor Wall, first int64, c *clock) beat {
	b := beat{unit: r.Unit, n: int64(max(r.Every, 1)), origin: anchor, first: first}
	switch r.Unit {
	case Hour:
		b.at = c.resolve(anchor)
	case Month:
		_, _, b.dom = ymd(anchor.date())
	}
	return b
}

// local is the local time of hand-off k; not for Hour.
func (b *beat) local(k int64) Wall {
	i := k - b.first
	switch b.unit {
	case Week:
		return b.origin + Wall(i*b.n)*week
	case Month:
		return b.month(i)
	}
	return b.origin + Wall(i*b.n)*day
}

// month moves by i·n months from the origin and clamps the day to the month's length (S4), so that the 31st does not
// drift to the 28th.
func (b *beat) month(i int64) Wall {
	year, month, _ := ymd(b.origin.date())
	first := dateOf(year, month+time.Month(i*b.n), 1)
	next := dateOf(year, month+time.Month(i*b.n)+1, 1)
	date := min(first+int64(b.dom)-1, next-1)
	return Wall(date)*day + b.origin - Wall(b.origin.date())*day
}

// handoff is the instant of hand-off k.
func (b *beat) handoff(k int64, c *clock) int64 {
	if b.unit == Hour {
		return b.at + (k-b.first)*b.n*int64(hour)
	}
	return c.resolve(b.local(k))
}

// guess is a period near the one that holds at t: exact but for the hours after the clocks went back.
func (b *beat) guess(t int64, c *clock) int64 {
	switch b.unit {
	case Hour:
		return b.first + floorDiv(t-b.at, b.n*int64(hour))
	case Week:
		return b.first + floorDiv(int64(c.wall(t)-b.origin), b.n*int64(week))
	case Month:
		oy, om, _ := ymd(b.origin.date())
		y, m, _ := ymd(c.wall(t).date())
		return b.first + floorDiv(int64(y-oy)*12+int64(m-om), b.n)
	}
	return b.first + floorDiv(int64(c.wall(t)-b.origin), b.n*int64(day))
}

// period finds the k with handoff(k) <= t < handoff(k+1), and both bounds. Of periods that collapsed in a skipped day the
// last is taken, which is the one that has a length.
func (b *beat) period(t int64, c *clock) (k, start, end int64) {
	k = b.guess(t, c)
	start = b.handoff(k, c)
	for start > t {
		k--
		start = b.handoff(k, c)
	}
	for {
		end = b.handoff(k+1, c)
		if end > t {
			return k, start, end
		}
		k, start = k+1, end
	}
}

// rebeat is the same rotation with a new length from hand-off k on: the running period has kept its end.
func (b *beat) rebeat(k int64, n int64, unit Unit, c *clock) beat {
	next := beat{unit: unit, n: max(n, 1), first: k}
	if b.unit == Hour {
		next.at = b.handoff(k, c)
		next.origin = c.wall(next.at)
	} else {
		next.origin = b.local(k)
		next.at = c.resolve(next.origin)
	}
	_, _, next.dom = ymd(next.origin.date())
	if b.unit == Month && unit == Month {
		next.dom = b.dom
	}
	return next
}

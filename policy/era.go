package policy

import "slices"

// era is a stretch of a rotation's life with one beat, one list of members and one way of counting turns. An edit of a
// rotation ends an era at a hand-off and begins the next: who stands at that moment is not changed by it.
type era struct {
	from    int64 // its first hand-off; the first era has held for ever
	k0      int64 // the number of the period that begins there
	i0      int64 // whose turn that period is: index into live
	beat    beat
	list    []string
	live    []int // indexes of list: those who take turns
	before  place // who stood, or last had a turn, before from
	windows windows
	advance Advance
	// last is the era's last period. It lasts until the next era even where the old beat had a hand-off earlier.
	last     int64
	replaced bool
}

// place is a slot in a list; the list is kept because a person may have left it since.
type place struct {
	list []string
	i    int
}

// turns is a rotation over all its eras, oldest first.
type turns struct{ eras []era }

// turn is one period as it stands.
type turn struct {
	k          int64
	start, end int64
}

// at finds the period that holds at an instant.
func (r *turns) at(t int64, c *clock) turn {
	i := len(r.eras) - 1
	for i > 0 && t < r.eras[i].from {
		i--
	}
	e := &r.eras[i]
	k, start, end := e.beat.period(t, c)
	if !e.replaced {
		return turn{k, start, end}
	}
	if k >= e.last {
		return turn{e.last, e.beat.handoff(e.last, c), r.eras[i+1].from}
	}
	return turn{k, start, end}
}

// holder names the member whose turn period k is; Nobody where nobody takes turns.
func (r *turns) holder(k int64, c *clock) string {
	i := len(r.eras) - 1
	for i > 0 && k < r.eras[i].k0 {
		i--
	}
	e := &r.eras[i]
	if len(e.live) == 0 {
		return Nobody
	}
	return e.list[e.live[mod(e.i0+e.passed(k, c), int64(len(e.live)))]]
}

// passed counts the turns from k0 to k; negative before it.
func (e *era) passed(k int64, c *clock) int64 {
	if e.advance != Covered || len(e.windows) == 0 {
		return k - e.k0
	}
	if k < e.k0 {
		return -e.count(k, e.k0, c)
	}
	return e.count(e.k0, k, c)
}

// margin keeps the counting by pattern away from a change of the clocks, where windows are not what their wall times say.
const margin = 2 * int64(day)

// count counts the periods of [lo, hi) that the windows cover: one by one around changes of the clocks, by the weekly
// pattern between them.
func (e *era) count(lo, hi int64, c *clock) (n int64) {
	for k := lo; k < hi; {
		start := e.beat.handoff(k, c)
		c.look(start)
		calm := clock{zone: c.zone, start: c.start, end: c.end, offset: c.offset}
		if start >= calm.start+margin {
			to := hi
			if e.beat.handoff(hi, c) > calm.end-margin {
				to, _, _ = e.beat.period(calm.end-margin, c)
			}
			if to = min(to, hi); to > k {
				n, k = n+e.pattern(k, to, calm), to
				continue
			}
		}
		if e.windows.covers(start, e.beat.handoff(k+1, c), c) {
			n++
		}
		k++
	}
	return n
}

// pattern counts the covered periods of [lo, hi) within one stretch of constant offset. Their coverage repeats after at
// most a week's worth of periods, and periods of a week and longer always hold every weekly window.
func (e *era) pattern(lo, hi int64, calm clock) (n int64) {
	var cycle int64
	switch {
	case e.beat.unit == Hour && e.beat.n < 168:
		cycle = 168
	case e.beat.unit == Day && e.beat.n < 7:
		cycle = 7
	default:
		return hi - lo
	}
	whole, rest := (hi-lo)/cycle, (hi-lo)%cycle
	for i := range min(cycle, hi-lo) {
		from, to := e.beat.handoff(lo+i, &calm), e.beat.handoff(lo+i+1, &calm)
		if !e.windows.touches(Wall(from+calm.offset), Wall(to+calm.offset)) {
			continue
		}
		n += whole
		if i < rest {
			n++
		}
	}
	return n
}

// next finds, in the new list, whose turn follows: the next in list order after the one before, who takes turns. Somebody
// who has left the list is followed by the next of the old list who is still in the new one.
func (p place) next(list []string, live []int) int64 {
	if len(live) == 0 {
		return 0
	}
	after := p.in(list)
	for j, i := range live {
		if i > after.i {
			return int64(j)
		}
	}
	return 0
}

// in gives the same place in another list.
func (p place) in(list []string) place {
	if slices.Equal(p.list, list) || len(list) == 0 {
		return p
	}
	return place{list, (p.moved(list) + len(list)) % len(list)}
}

// moved finds where the place lies in another list: the same occurrence of the same member; for one who has left, just
// before the first of those after it who stayed.
func (p place) moved(list []string) int {
	for step := range p.list {
		i := (p.i + step + len(p.list)) % len(p.list)
		occurrence := 0
		for _, m := range p.list[:i] {
			if m == p.list[i] {
				occurrence++
			}
		}
		at := nth(list, p.list[i], occurrence)
		if at < 0 {
			continue
		}
		if step == 0 {
			return at
		}
		return at - 1
	}
	return -1
}

// nth finds the nth occurrence of a member, or the last there is; -1 when there is none.
func nth(list []string, member string, n int) int {
	found := -1
	for i, m := range list {
		if m == member {
			found = i
			if n--; n < 0 {
				break
			}
		}
	}
	return found
}

package policy

import "slices"

// amendment is one edit of a rotation, in order of effect.
type amendment struct {
	effective int64
	do        Do // members (also: deactivate, terms, windows), anchor, every
	list      []string
	live      func(member string) bool
	beat      Rotation // anchor, every: what the new beat is made of
	anchor    Wall
	windows   windows
	advance   Advance
}

// begin makes the first era: it holds from the anchor in both directions (S3: k may be negative).
func begin(r Rotation, anchor Wall, ws windows, live func(string) bool, c *clock) turns {
	e := era{from: dawn, beat: newBeat(r, anchor, 0, c), list: r.Members, windows: ws, advance: r.Advance}
	e.live = living(e.list, live)
	e.before = place{e.list, len(e.list) - 1}
	return turns{[]era{e}}
}

// living lists the slots that take turns. The slot Nobody always does.
func living(list []string, live func(string) bool) (slots []int) {
	for i, m := range list {
		if m == Nobody || live(m) {
			slots = append(slots, i)
		}
	}
	return slots
}

// amend ends the last era at the hand-off that the edit allows and begins another.
func (r *turns) amend(a amendment, c *clock) {
	cur := &r.eras[len(r.eras)-1]
	next := era{beat: cur.beat, list: a.list, windows: a.windows, advance: a.advance}
	next.live = living(a.list, a.live)
	// An era that has not begun yet is made anew. One that begins this very instant hands off first if the edit moves
	// hand-offs: who stands from now on, stands until the first new one.
	pending := len(r.eras) > 1 && (a.effective < cur.from || a.effective == cur.from && a.do != DoAnchor)
	switch {
	case a.do == DoAnchor:
		running := cur.k0 - 1
		if !pending {
			running, _, _ = cur.beat.period(a.effective, c)
			running = r.within(cur, running)
		}
		next.k0 = running + 1
		next.beat = newBeat(a.beat, a.anchor, 0, c)
		j, _, _ := next.beat.period(a.effective, c)
		next.beat.first = next.k0 - (j + 1)
	case pending:
		next.k0 = cur.k0
	default:
		k, start, _ := cur.beat.period(a.effective, c)
		if next.k0 = k + 1; start == a.effective {
			next.k0 = k
		}
	}
	if a.do == DoEvery {
		next.beat = cur.beat.rebeat(next.k0, int64(a.beat.Every), a.beat.Unit, c)
	}
	next.from = next.beat.handoff(next.k0, c)
	next.before = cur.lastTurn(next.k0, c)
	next.i0 = next.before.next(next.list, next.live)
	if pending {
		*cur = next
		return
	}
	cur.last, cur.replaced = next.k0-1, true
	r.eras = append(r.eras, next)
}

// within keeps a period's number inside an era that has begun.
func (r *turns) within(e *era, k int64) int64 {
	if len(r.eras) == 1 {
		return k
	}
	return max(k, e.k0)
}

// lastTurn is the slot whose turn was used up last before period k.
func (e *era) lastTurn(k int64, c *clock) place {
	n := e.passed(k, c)
	first := e.from == dawn
	if len(e.live) == 0 || n == 0 && !first {
		return e.before.in(e.list)
	}
	return place{e.list, e.live[mod(e.i0+n-1, int64(len(e.live)))]}
}

// same reports whether an amendment would change nothing.
func (a amendment) same(e *era) bool {
	return a.do == DoMembers && slices.Equal(a.list, e.list) && slices.Equal(living(a.list, a.live), e.live) &&
		slices.Equal(a.windows, e.windows) && a.advance == e.advance
}

package media

import (
	"math/bits"
	"time"
)

// tick is the loop's sense of time between packets: fine enough for frames of 20 ms.
const tick = 10 * time.Millisecond

// wheelSlots holds 10.24 s; nothing here waits longer.
const wheelSlots = 1024

// timer is one entry of a wheel, owned by what it wakes. Zero is idle.
type timer struct {
	fire       func(now int64)
	prev, next *timer
	slot       int
	set        bool
}

// wheel fires timers in steps of a tick. It belongs to one loop; nothing in it allocates after the start.
type wheel struct {
	at    int64 // the next tick to fire
	slots [wheelSlots]timer
	full  [wheelSlots / 64]uint64 // bit set: the slot holds a timer
}

func newWheel(now int64) *wheel {
	w := &wheel{at: now/int64(tick) + 1}
	for i := range w.slots {
		w.slots[i].prev, w.slots[i].next = &w.slots[i], &w.slots[i]
	}
	return w
}

// in sets t to fire after d, counted from now; an earlier setting is void. d is cut to what the wheel holds.
func (w *wheel) in(t *timer, now int64, d time.Duration) {
	w.stop(t)
	due := max((now+int64(d)+int64(tick)-1)/int64(tick), w.at)
	due = min(due, w.at+wheelSlots-2)
	t.slot = int(due % wheelSlots)
	root := &w.slots[t.slot]
	t.prev, t.next = root.prev, root
	t.prev.next, root.prev = t, t
	t.set = true
	w.full[t.slot/64] |= 1 << (t.slot % 64)
}

// stop makes t idle.
func (w *wheel) stop(t *timer) {
	if !t.set {
		return
	}
	t.prev.next, t.next.prev = t.next, t.prev
	t.prev, t.next, t.set = nil, nil, false
	if root := &w.slots[t.slot]; root.next == root {
		w.full[t.slot/64] &^= 1 << (t.slot % 64)
	}
}

// advance fires what is due. A timer that sets itself again lands in a later tick.
func (w *wheel) advance(now int64) {
	last := now / int64(tick)
	if last-w.at >= wheelSlots { // the machine slept: fire everything once
		w.at = last - wheelSlots + 1
	}
	for w.at <= last {
		slot := int(w.at % wheelSlots)
		w.at++
		if w.full[slot/64]&(1<<(slot%64)) == 0 {
			continue
		}
		for root := &w.slots[slot]; root.next != root; {
			t := root.next
			w.stop(t)
			t.fire(now)
		}
	}
}

// wait is how long until the next timer, or idle where none is set.
func (w *wheel) wait(now int64, idle time.Duration) time.Duration {
	at := int(w.at % wheelSlots)
	for n := 0; n < wheelSlots; {
		slot := (at + n) % wheelSlots
		word := w.full[slot/64] >> (slot % 64)
		if word == 0 {
			n += 64 - slot%64
			continue
		}
		due := (w.at + int64(n) + int64(bits.TrailingZeros64(word))) * int64(tick)
		return max(0, min(idle, time.Duration(due-now)))
	}
	return idle
}

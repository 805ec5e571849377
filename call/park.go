package call

import (
	"slices"
	"strconv"
	"time"
)

const (
	parkSlots = 99
	parkTime  = 3 * time.Minute // then the caller comes back to who parked her
)

// parked is the errand of a caller who stands in a slot with music until somebody retrieves her.
type parked struct {
	by       *party
	slot     string
	ringing  []*party // phones of somebody who retrieves her by command
	stop     func()
	stopRing func()
}

// Slot is one caller who is parked.
type Slot struct {
	Slot   string    `json:"slot"`
	Call   string    `json:"call"`
	Clinic string    `json:"clinic"`
	By     string    `json:"by"`
	Since  time.Time `json:"since"`
}

// Parked lists who is parked, by slot.
func (b *Switchboard) Parked() []Slot {
	b.mu.Lock()
	calls := make(map[string]*Call, len(b.slots))
	for slot, c := range b.slots {
		calls[slot] = c
	}
	b.mu.Unlock()
	all := make([]Slot, 0, len(calls))
	for slot, c := range calls {
		v := c.view()
		one := Slot{Slot: slot, Call: v.ID, Clinic: v.Clinic, Since: v.Since}
		if len(v.Former) > 0 {
			one.By = v.Former[len(v.Former)-1]
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Slot) int { return slotNumber(a.Slot) - slotNumber(b.Slot) })
	return all
}

// park takes a slot for a call; empty: the first that is free. Slots are the house's: a phone that dials one need not say
// of which clinic.
func (b *Switchboard) park(want string, c *Call) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if want != "" {
		n, err := strconv.Atoi(want)
		if err != nil || n < 1 || n > parkSlots || strconv.Itoa(n) != want || b.slots[want] != nil {
			return "", false
		}
		b.slots[want] = c
		return want, true
	}
	for n := 1; n <= parkSlots; n++ {
		if slot := strconv.Itoa(n); b.slots[slot] == nil {
			b.slots[slot] = c
			return slot, true
		}
	}
	return "", false
}

func (b *Switchboard) unpark(c *Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.slot != "" && b.slots[c.slot] == c {
		delete(b.slots, c.slot)
	}
	c.slot = ""
}

// openPark puts the caller into a slot; the agent is free.
func (c *Call) openPark(want string) error {
	if c.errand != nil || c.third != nil {
		return unfit(LineBusy)
	}
	slot, ok := c.board.park(want, c)
	if !ok {
		return unfit(SlotTaken)
	}
	e := &parked{by: c.agent, slot: slot, stopRing: func() {}}
	c.errand, c.slot, c.held, c.alone = e, slot, false, ""
	c.note(ParkedIn, e.by.name(), with("slot", slot))
	c.mark("hold", "caller parked")
	c.retire(e.by)
	c.dismissAgent(e.by)
	e.stop = c.after(parkTime, func(c *Call) { e.expire(c) })
	c.show(Parked)
	c.arrange()
	return nil
}

// retrieveBy rings somebody's phones; the first that answers has the caller.
func (c *Call) retrieveBy(t Target) error {
	e, ok := c.errand.(*parked)
	if !ok {
		return unfit(NotNow)
	}
	if anyRings(e.ringing) {
		return unfit(LineBusy)
	}
	e.ringing = c.seek(t)
	if len(e.ringing) == 0 {
		return unfit(Nobody)
	}
	e.stopRing = c.after(ringBackTime, func(c *Call) { endAll(c, e.ringing, NoAnswer) })
	return nil
}

func (e *parked) happened(c *Call, h happening) bool {
	if h.leg == nil || !slices.Contains(e.ringing, h.from) {
		return false
	}
	if h.leg.Kind == Answered && c.won(h.from, h.leg) {
		e.retrieved(c, h.from)
	}
	return true
}

// retrieved gives the caller to somebody who came for her.
func (e *parked) retrieved(c *Call, p *party) {
	e.ringing = without(e.ringing, p)
	e.abandon(c, ElsewhereTook)
	c.board.unpark(c)
	c.errand = nil
	c.note(Retrieved, p.name(), with("slot", e.slot))
	c.succeed(p)
}

// expire brings a caller back whom nobody fetched: to who parked her, else she waits again, first of all.
func (e *parked) expire(c *Call) {
	e.abandon(c, NoAnswer)
	c.board.unpark(c)
	c.errand = nil
	c.note(LineClosed, e.by.name(), with("what", "park", "cause", string(NoAnswer)))
	if !c.ringBack(e.by) {
		c.disperse(errRequeued)
	}
}

func (e *parked) abandon(c *Call, cause Cause) {
	e.stop()
	e.stopRing()
	endAll(c, e.ringing, cause)
	e.ringing = nil
}

func (e *parked) line() LineView {
	if anyRings(e.ringing) {
		return LineView{What: "park", State: "ringing"}
	}
	return LineView{What: "park"}
}

func slotNumber(slot string) int { n, _ := strconv.Atoi(slot); return n }

package call

import (
	"cmp"
	"slices"
	"time"

	"nightbell/policy"
)

// bid is one agent to whom a waiting caller is offered: her phones ring for RingFor.
type bid struct {
	person string
	round  *round
	winner *party
	late   bool
	stop   func()
}

// How long an agent is left in peace after an offer that came to nothing, and how many in a row pause her.
const (
	calmDeclined = 15 * time.Second
	calmBusy     = 30 * time.Second
	calmAway     = 10 * time.Second // her phone could not be reached
	calmMissed   = 5 * time.Second
	pauseAfter   = 3
)

// bid rings whom the hall has chosen, and lets go of whom nobody waits for any more.
func (w *waiting) bid() {
	w.bids = slices.DeleteFunc(w.bids, w.over)
	c := w.call
	for _, person := range c.board.hall.askedFor(w.ticket) {
		if slices.ContainsFunc(w.bids, func(b *bid) bool { return b.person == person }) {
			continue
		}
		b := &bid{person: person, round: c.newRound([]policy.Target{{Person: person, Users: c.board.hall.usersOf(person)}})}
		b.round.holder = w.ticket
		b.stop = c.after(cmp.Or(w.queue.RingFor, policy.DefaultRing), func(*Call) { b.late = true })
		c.note(Bidden, "", with("queue", c.queue, "person", person))
		b.round.invite(w.ctx)
		w.bids = append(w.bids, b)
	}
	w.bids = slices.DeleteFunc(w.bids, w.over) // no phone of hers could be reached
}

// over closes a bid that came to nothing.
func (w *waiting) over(b *bid) bool {
	why := Cause("")
	switch {
	case b.winner != nil:
		return false
	case b.late:
		why = NoAnswer
	case !b.round.hopeful():
		why = b.round.outcome()
	default:
		return false
	}
	b.stop()
	b.round.withdraw()
	w.call.note(BidOver, "", with("queue", w.call.queue, "person", b.person, "why", string(why)))
	w.call.board.hall.refused(w.ticket, b.person, why)
	return true
}

// outcome is what became of a round whose phones are all silent: somebody's own word counts more than silence.
func (r *round) outcome() Cause {
	why := Unreachable
	for _, p := range r.ringing {
		switch p.record.Cause {
		case Declined, Busy, NotReady:
			return p.record.Cause
		case NoAnswer:
			why = NoAnswer
		}
	}
	return why
}

// answered gives the agent who took the caller; the other phones fall silent.
func (w *waiting) answered() *party {
	for _, b := range w.bids {
		if b.winner != nil && !b.winner.ended {
			w.call.board.hall.taken(w.ticket, b.person, w.queue.WrapUp)
			w.withdraw(ElsewhereTook)
			return b.winner
		}
	}
	return nil
}

// withdraw silences what still rings.
func (w *waiting) withdraw(cause Cause) {
	for _, b := range w.bids {
		b.stop()
		if b.winner == nil {
			b.round.why = cause
		}
		b.round.withdraw()
	}
	w.bids = nil
}

// askedFor are those whose phones are to ring for a ticket.
func (h *hall) askedFor(t *ticket) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(t.asked)
}

func (h *hall) usersOf(person string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.agents[person]; a != nil {
		return slices.Clone(a.users)
	}
	return nil
}

func (h *hall) forsaken(t *ticket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(t.asked) == 0 && t.forsaken(h.now())
}

// taken says that an agent answered: what follows is this queue's, and she may write down afterwards.
func (h *hall) taken(t *ticket, person string, wrap time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.agents[person]; a != nil {
		a.row, a.rests, a.missed = t.row, wrap, 0
	}
}

// refused says that an offer came to nothing. After a few that she did not answer, one after the other, the house is told
// to pause her; it keeps a clinic's last one. What she declined on purpose, or could not hear, does not count.
func (h *hall) refused(t *ticket, person string, why Cause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unhold(person, t)
	t.asked = slices.DeleteFunc(t.asked, func(p string) bool { return p == person })
	a := h.agents[person]
	if a == nil {
		return
	}
	a.calm = h.now().Add(calmFor(why))
	if why == NoAnswer {
		h.missed(t, a)
	}
	h.settle()
}

func (h *hall) missed(t *ticket, a *agent) {
	a.missed++
	if a.missed < cmp.Or(t.queue.PauseAfter, pauseAfter) {
		return
	}
	a.missed = 0
	if ports := h.board.ports.Agents; ports != nil {
		ports.Pause(a.person, Unanswered)
	}
}

func calmFor(why Cause) time.Duration {
	switch why {
	case Declined:
		return calmDeclined
	case Busy:
		return calmBusy
	case NoAnswer:
		return calmMissed
	}
	return calmAway
}

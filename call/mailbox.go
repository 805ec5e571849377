package call

import (
	"context"
	"errors"
	"sync"

	"nightbell/media"
)

// happening is one thing that befell the call: a leg's event, a sound, a command, or the board's word.
type happening struct {
	from  *party
	leg   *LegEvent
	sound *media.Event
	do    func(*Call)
}

// mailbox takes happenings from anywhere without blocking and hands them to the call's goroutine in order.
// A dialog has at most one offer open and a few endings, so only keyed digits can flood: those are bounded.
type mailbox struct {
	mu    sync.Mutex
	queue []happening
	bell  chan struct{} // capacity 1
}

const mailboxDigits = 256

func (m *mailbox) post(h happening) {
	m.mu.Lock()
	flood := len(m.queue) >= mailboxDigits && (h.sound != nil || h.leg != nil && h.leg.Kind == Digit)
	if !flood {
		m.queue = append(m.queue, h)
	}
	m.mu.Unlock()
	select {
	case m.bell <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() (happening, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return happening{}, false
	}
	h := m.queue[0]
	m.queue[0] = happening{}
	m.queue = m.queue[1:]
	return h, true
}

var errTime = errors.New("time is up")

// next gives the next happening that a phase decides on. What every phase serves alike (commands, offers, digits, the
// caller's leaving) is served here. Errors: the context's cause, or errTime when until fires.
func next[T any](ctx context.Context, c *Call, until <-chan T) (happening, error) {
	for {
		if ctx.Err() != nil {
			return happening{}, context.Cause(ctx)
		}
		if c.volunteer != nil {
			return happening{}, errPickedUp
		}
		if c.machine == faxCalls {
			return happening{}, errFax
		}
		if h, ok := c.mail.take(); ok {
			seen := c.serve(h)
			c.refresh()
			if seen && ctx.Err() == nil {
				return h, nil
			}
			continue
		}
		select {
		case <-c.mail.bell:
		case <-until:
			return happening{}, errTime
		case <-ctx.Done():
		}
	}
}

// until serves what happens until done closes.
func (c *Call) until(ctx context.Context, done <-chan struct{}) error {
	for {
		if _, err := next(ctx, c, done); errors.Is(err, errTime) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// serve does what any phase does alike and reports whether the phase should see it too. What befell a party of the open
// errand is offered to that first.
func (c *Call) serve(h happening) bool {
	seen := true
	switch {
	case h.do != nil:
		h.do(c)
	case h.sound != nil:
		c.heard(h.from, *h.sound)
	case h.from == c.caller:
		seen = c.callerDid(*h.leg)
	default:
		seen = c.phoneDid(h.from, *h.leg)
	}
	switch {
	case !seen || h.from == nil:
	case h.from.place == placeErrand && c.errand != nil:
		return !c.errand.happened(c, h)
	case h.from.place == placeObserver && h.leg != nil:
		c.observerDid(h.from, *h.leg)
	}
	return seen
}

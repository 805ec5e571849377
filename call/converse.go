package call

import (
	"context"
	"errors"
	"time"
)

// How long a conversation outlives trouble. A lost connection leaves media running: the dialog re-attaches when the
// same device comes back (RFC 5626); silence with a lost connection means nobody is there.
const (
	returnTime  = 30 * time.Second // a phone whose connection is lost may come back
	silentTime  = 10 * time.Second // flow lost and no media: at once after this
	abandonTime = 60 * time.Second // no media from a caller whose connection stands: gone without BYE
)

// converse joins caller and agent until one of them leaves. It returns errAgentLost when the agent's connection died
// and the caller must be served by somebody else.
func (c *Call) converse(ctx context.Context, agent *party) error {
	c.agent = agent
	defer c.board.release(agent.user, c)
	if err := c.answerCaller(ctx); err != nil {
		return err
	}
	if err := c.announce(ctx); err != nil {
		return err
	}
	if agent.ended {
		return errAgentLost
	}
	c.joined = true
	c.join()
	c.record.Served = true
	c.note(Bridged, agent.name(), nil)
	c.mark("joined", agent.user)
	c.show(Talking)
	watch := newWatch(c)
	defer watch.stop()
	for !agent.ended {
		_, err := next(ctx, c, watch.timer())
		if errors.Is(err, errTime) {
			if err := watch.verdict(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		watch.look()
	}
	if agent.record.Cause != Completed {
		return errAgentLost
	}
	c.mark("left", agent.user)
	c.outcome(Completed, agent.user)
	return nil
}

// join lets both hear each other, or music where one of them holds the other.
func (c *Call) join() {
	if c.agent == nil || c.agent.ended {
		return
	}
	if c.caller.holding || c.agent.holding {
		c.park()
		return
	}
	c.caller.voice.Quiet()
	c.agent.voice.Quiet()
	c.sound.Bridge(c.caller.voice, c.agent.voice)
}

// park plays music to the party that is held.
func (c *Call) park() {
	c.sound.Split()
	music := c.board.ports.Prompt("music")
	if music == nil {
		return
	}
	if c.agent.holding && !c.caller.holding {
		c.caller.voice.Play(music, 0)
	}
	if c.caller.holding && !c.agent.holding {
		c.agent.voice.Play(music, 0)
	}
}

// dropAgent leaves the agent's leg behind, whether she went by herself or is sent away for cause: the caller is still
// there.
func (c *Call) dropAgent(cause Cause) {
	a := c.agent
	c.sound.Split()
	a.dismiss(cause, c.now())
	c.note(FlowGone, a.name(), with("cause", string(a.record.Cause)))
	if c.joined {
		c.mark("left", a.user)
	}
	c.agent, c.joined = nil, false
}

// watch notices parties that are gone without saying so.
type watch struct {
	call  *Call
	clock *time.Timer
	since map[*party]time.Time // since when a party is in doubt
}

func newWatch(c *Call) *watch {
	w := &watch{call: c, since: map[*party]time.Time{}}
	w.look()
	return w
}

// patience is how long a party in this state is waited for; zero: it is not in doubt.
func (w *watch) patience(p *party) time.Duration {
	switch {
	case p.lost && p.silent:
		return silentTime
	case p.lost:
		return returnTime
	case p.silent && p == w.call.caller && !p.holding:
		return abandonTime
	}
	return 0
}

// look sets the clock for the first party whose time runs out.
func (w *watch) look() {
	now, soonest := w.call.now(), time.Duration(0)
	for _, p := range []*party{w.call.caller, w.call.agent} {
		d := w.patience(p)
		if d == 0 {
			delete(w.since, p)
			continue
		}
		if w.since[p].IsZero() {
			w.since[p] = now
		}
		if left := max(w.since[p].Add(d).Sub(now), 1); soonest == 0 || left < soonest {
			soonest = left
		}
	}
	w.stop()
	w.clock = nil
	if soonest > 0 {
		w.clock = time.NewTimer(soonest)
	}
}

func (w *watch) timer() <-chan time.Time {
	if w.clock == nil {
		return nil
	}
	return w.clock.C
}

// verdict is asked when the clock rings: whose patience ran out, and what that means.
func (w *watch) verdict() error {
	c := w.call
	now := c.now()
	due := func(p *party) bool {
		d := w.patience(p)
		return d > 0 && now.Sub(w.since[p]) >= d
	}
	if due(c.caller) {
		c.outcome(NoMedia, "caller")
		c.leave(errCallerGone)
		return errCallerGone
	}
	if due(c.agent) {
		return errAgentLost
	}
	w.look()
	return nil
}

func (w *watch) stop() {
	if w.clock != nil {
		w.clock.Stop()
	}
}

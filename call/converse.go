package call

import (
	"context"
	"errors"

	"nightbell/phi"
)

// converse joins caller and agent and keeps the caller company until nobody is left who speaks with her, and no errand
// that may bring somebody. It returns errAgentLost when the agent's connection died and errRequeued when nobody took a
// caller who was handed on: she must be served by somebody else.
func (c *Call) converse(ctx context.Context, agent *party) error {
	c.agent, agent.place, agent.since = agent, placeAgent, c.now()
	defer c.disband()
	if err := c.answerCaller(ctx); err != nil {
		return err
	}
	if err := c.announce(ctx); err != nil {
		return err
	}
	if agent.ended {
		return errAgentLost
	}
	c.meet()
	watch := newWatch(c)
	defer watch.stop()
	for c.settle() {
		_, err := next(ctx, c, watch.timer())
		if errors.Is(err, errTime) {
			err = watch.verdict()
		}
		if err != nil {
			return err
		}
		watch.look()
	}
	return c.verdict
}

// Endings of a conversation that leave the caller to be served by somebody else.
var (
	errAgentLost = errors.New("agent's connection is lost")
	errRequeued  = errors.New("caller is to wait again")
)

// meet begins the conversation.
func (c *Call) meet() {
	c.joined = true
	c.caller.tuned, c.agent.tuned = false, false
	c.arrange()
	c.record.Served = true
	c.note(Bridged, c.agent.name(), nil)
	c.mark("joined", c.agent.name())
	c.show(Talking)
	c.beepWhileRecorded()
	c.fetchInterpreter()
}

// fetchInterpreter dials the clinic's interpreter line where the caller asked for one; the agent joins the three of them.
func (c *Call) fetchInterpreter() {
	if !c.way.helps || c.plan.Interpreter == "" {
		return
	}
	c.way.helps = false
	_ = c.openConsult(Target{To: phi.NewPhone(c.plan.Interpreter)}, nil) // a line that cannot be had is told as any other
}

// settle draws the consequences of who has gone, and reports whether the conversation goes on.
func (c *Call) settle() bool {
	c.seeOff()
	if c.third != nil && c.third.ended {
		c.thirdLeft()
	}
	if c.second != nil && c.second.ended {
		c.secondLeft()
	}
	if c.agent != nil && c.agent.ended {
		c.agentLeft()
	}
	return !c.parted
}

// disperse ends the conversation; the error says what is done for the caller then.
func (c *Call) disperse(why error) { c.parted, c.verdict = true, why }

// agentLeft: a third who is there goes on with the caller; one who is still rung is waited for; else the conversation is
// over, by the agent's own will or because her connection died.
func (c *Call) agentLeft() {
	a, willing := c.agent, c.agent.record.Cause == Completed
	switch {
	case c.third != nil && (willing || !c.apart):
		c.note(Transferred, c.third.name(), with("by", a.name(), "how", "left"))
		c.succeed(c.third)
	case c.errand != nil && willing && c.adopted(nil):
	case willing && c.unaware(a):
		c.retire(a)
		if !c.ringBack(a) {
			c.disperse(errRequeued)
		}
	default:
		c.disperse(errAgentLost)
		if willing {
			c.disperse(nil)
			c.mark("left", a.name())
			c.outcome(Completed, a.name())
		}
	}
}

// adopted asks the open errand whether it goes on without the agent who began it.
func (c *Call) adopted(refer Transferor) bool {
	o, can := c.errand.(orphan)
	return can && o.orphaned(c, refer)
}

// thirdLeft: agent and caller are by themselves again.
func (c *Call) thirdLeft() {
	third := c.third
	c.third = nil
	c.free(third)
	c.hush(third)
	c.note(LineClosed, third.name(), with("cause", string(third.record.Cause)))
	c.mark("left", third.name())
	if c.second != nil {
		c.second.dismiss(third.record.Cause, c.now())
		c.second = nil
	}
	c.together()
}

// secondLeft: her phone ended its own call with the third; who is there goes on.
func (c *Call) secondLeft() {
	c.hush(c.second)
	c.second = nil
	switch {
	case c.third != nil && c.apart: // she let the third go
		c.third.dismiss(Completed, c.now())
	case c.errand != nil:
		c.errand.abandon(c, Completed)
		c.came(Completed)
	default:
		c.arrange()
	}
}

// succeed makes somebody the one who talks with the caller; the agent before her has left or leaves.
func (c *Call) succeed(p *party) {
	if c.agent != nil {
		c.retire(c.agent)
	}
	if c.second != nil {
		c.second.dismiss(Completed, c.now())
		c.second = nil
	}
	if p == c.third {
		c.third = nil
	}
	if p.place != placeThird {
		c.mark("joined", p.name())
	}
	joins := p.place != placeThird || c.apart
	c.takeOver(p)
	c.held = false
	c.together()
	if joins {
		c.inform(p)
	}
}

// takeOver gives somebody the agent's place.
func (c *Call) takeOver(p *party) {
	c.agent, p.place, p.since = p, placeAgent, c.now()
	if p.user != "" {
		c.board.engage(p.user, c)
	}
	c.show(Talking)
}

// free says that a party's user talks here no more, unless she does so at another phone.
func (c *Call) free(p *party) {
	for _, q := range c.phones {
		talks := q.place == placeAgent || q.place == placeThird || q.place == placeObserver
		if q != p && q.user == p.user && talks && q.confirmed && !q.ended {
			return
		}
	}
	c.board.release(p.user, c)
}

// retire lets an agent go out of the conversation; her leg ends by itself or is ended by whoever lets her go.
func (c *Call) retire(a *party) {
	if c.agent == a {
		c.agent = nil
	}
	a.place = placeGone
	c.former = append(c.former, a.name())
	c.mark("left", a.name())
	if a.ended { // else she is free as soon as her leg is
		c.free(a)
		c.hush(a)
	}
}

// hush closes the voice of a party whose leg has ended.
func (c *Call) hush(p *party) {
	if p.ended && p.voice != nil {
		p.voice.Close()
	}
}

// dropAgent leaves the agent's leg behind, whether she went by herself or is sent away for cause: the caller is still
// there.
func (c *Call) dropAgent(cause Cause) {
	a := c.agent
	c.scatter()
	a.dismiss(cause, c.now())
	c.note(FlowGone, a.name(), with("cause", string(a.record.Cause)))
	if c.joined {
		c.mark("left", a.name())
	}
	c.former = append(c.former, a.name())
	c.board.release(a.user, c)
	c.agent, c.joined = nil, false
}

// disband ends a conversation: nobody but the caller stays, and the agent for whom the next phase has words.
func (c *Call) disband() {
	if c.errand != nil {
		c.errand.abandon(c, Completed)
		c.errand = nil
	}
	for _, p := range append([]*party{c.third, c.second}, c.observers...) {
		if p != nil {
			c.board.release(p.user, c)
			p.dismiss(Completed, c.now())
		}
	}
	c.stopAside()
	c.endBeep()
	c.board.unpark(c)
	c.room = room{}
	if c.agent != nil {
		c.board.release(c.agent.user, c)
		return
	}
	c.joined = false
	c.scatter()
}

package call

import (
	"cmp"
	"slices"
	"time"

	"nightbell/phi"
)

// Numbers says what a number means that a phone dials or refers to, and whose phones a person has.
type Numbers interface {
	// Meaning: an extension is a user of ours, E.164 is outside; neither: it means nobody. Clinic is the call's.
	Meaning(clinic string, number phi.Phone) Target
	Users(person string) []string
}

// Target is who is meant: phones of ours, or a number outside.
type Target struct {
	Person string
	Users  []string
	To     phi.Phone // zero: phones of ours
}

// known reports whether it means anybody.
func (t Target) known() bool { return len(t.Users) > 0 || t.To != phi.Phone{} }

const ringLine = 45 * time.Second // a consulted or transferred-to party is rung no longer

// seek rings whoever is meant, at all of her phones, or over a trunk. What rings belongs to the open errand. Empty:
// nobody can be reached.
func (c *Call) seek(t Target) []*party {
	if (t.To != phi.Phone{}) {
		p := c.dial(c.life, Dialling{To: t.To, Route: c.plan.Outbound}, t.Person)
		if p == nil {
			return nil
		}
		return []*party{p}
	}
	var ringing []*party
	for _, contact := range c.board.ports.Phones.Contacts(c.plan.Clinic, t.Users) {
		if c.board.talking(contact.User) {
			continue
		}
		if p := c.invite(c.life, contact, t.Person); p != nil {
			p.place = placeErrand
			ringing = append(ringing, p)
		}
	}
	return ringing
}

// target finds whom a command means.
func (c *Call) target(cmd Command) (Target, error) {
	t := Target{Person: cmd.Person, To: cmd.To}
	numbers := c.board.ports.Numbers
	switch {
	case cmd.User != "":
		t.Users, t.To = []string{cmd.User}, phi.Phone{}
	case cmd.To != phi.Phone{} && numbers != nil:
		t = numbers.Meaning(c.plan.Clinic, cmd.To)
	case cmd.Person != "" && numbers != nil:
		t.Users = numbers.Users(cmd.Person)
	}
	if !t.known() {
		return Target{}, unfit(Nobody)
	}
	if c.agent != nil && slices.Contains(t.Users, c.agent.user) && c.agent.user != "" {
		return Target{}, unfit(NotAllowed)
	}
	return t, nil
}

// consult is the errand of an agent who asks somebody while the caller has music.
type consult struct {
	ringing []*party
	by      string
	refused Cause // of the last who did not answer
	stop    func()
}

func (c *Call) openConsult(t Target, second *party) error {
	e := &consult{by: c.agent.name(), stop: func() {}}
	if err := c.begin(e); err != nil {
		return unfit(LineBusy)
	}
	c.apart = true
	e.ringing = c.seek(t)
	if len(e.ringing) == 0 {
		c.errand, c.apart = nil, false
		return unfit(Nobody)
	}
	c.second, c.held = second, false
	e.stop = c.after(ringLine, func(c *Call) { e.fail(c, NoAnswer) })
	c.note(LineOpened, e.by, with("what", "consult"))
	c.mark("hold", "caller held")
	c.arrange()
	return nil
}

func (e *consult) happened(c *Call, h happening) bool {
	if h.leg == nil || !slices.Contains(e.ringing, h.from) {
		return false
	}
	switch h.leg.Kind {
	case Answered:
		if c.won(h.from, h.leg) {
			e.take(c, h.from)
			return true
		}
	}
	e.refused = cmp.Or(h.from.record.Cause, e.refused, Unreachable)
	if !anyRings(e.ringing) {
		e.fail(c, e.refused)
	}
	return true
}

// take gives the one who answered to the agent, and lets the others be.
func (e *consult) take(c *Call, p *party) {
	e.stop()
	e.ringing = without(e.ringing, p)
	endAll(c, e.ringing, ElsewhereTook)
	if c.second != nil && c.second.leg.Answer(c.second.local) == nil {
		c.second.confirmed = true // the leg retransmits until her ACK, or ends
		c.second.record.Answered = c.now()
	}
	c.reached(p)
}

func (e *consult) fail(c *Call, cause Cause) {
	e.abandon(c, NoAnswer)
	if c.second != nil {
		c.refuseSecond(cause)
	}
	c.came(cause)
}

func (e *consult) abandon(c *Call, cause Cause) {
	e.stop()
	endAll(c, e.ringing, cause)
	e.ringing = nil
}

func (e *consult) line() LineView { return LineView{What: "consult", State: "ringing"} }

// orphaned: the agent has left while it rang; whoever answers is given the caller.
func (e *consult) orphaned(c *Call, refer Transferor) bool {
	if !anyRings(e.ringing) {
		return false
	}
	e.stop()
	c.adopt(e.ringing, refer)
	return true
}

// joinAll makes three-way of a consult.
func (c *Call) joinAll() error {
	if c.third == nil {
		return unfit(NoLine)
	}
	if !c.apart {
		return unfit(Already)
	}
	c.note(ThreeWay, c.third.name(), nil)
	c.mark("joined", c.third.name())
	c.held = false
	c.together()
	c.inform(c.third)
	return nil
}

// handOver is the attended transfer: the agent leaves, caller and third go on. A third who still rings is waited for. The
// phone that asked by REFER is told; nil: nobody's did.
func (c *Call) handOver(refer Transferor) error {
	by := c.agent
	switch {
	case c.third != nil:
		c.mark("transfer", by.name())
		if c.apart {
			c.mark("joined", c.third.name())
		}
		c.note(Transferred, c.third.name(), with("by", by.name(), "how", "attended"))
		c.succeed(c.third)
	case c.errand == nil || !c.adopted(refer):
		return unfit(NoLine)
	}
	if refer == nil {
		c.dismissAgent(by)
	} else if c.errand == nil {
		_ = refer.TellRefer(referTaken)
		c.releaseSoon(by)
	}
	return nil
}

// cancel takes the line back: whoever was asked is let go, the caller is with the agent again.
func (c *Call) cancel(cause Cause) error {
	switch {
	case c.third != nil:
		c.third.dismiss(cause, c.now())
		return nil // settle does the rest
	case c.errand != nil && c.agent != nil:
		e := c.errand
		e.abandon(c, cause)
		if c.second != nil {
			c.refuseSecond(cause)
		}
		c.came(cause)
		return nil
	}
	return unfit(NoLine)
}

// refuseSecond ends the agent's second leg, whatever its state.
func (c *Call) refuseSecond(cause Cause) {
	c.second.dismiss(cause, c.now())
	c.second = nil
}

func anyRings(ps []*party) bool {
	return slices.ContainsFunc(ps, func(p *party) bool { return !p.ended })
}

func endAll(c *Call, ps []*party, cause Cause) {
	for _, p := range ps {
		p.dismiss(cause, c.now())
	}
}

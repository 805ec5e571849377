package call

import (
	"cmp"
	"slices"
	"time"
)

const (
	ringBackTime = 20 * time.Second // who handed a caller on is rung this long when nobody took her
	referTime    = 3 * time.Second  // a phone whose transfer is done ends its leg by itself; later we do
)

// transfer is the errand of a caller whose agent has handed her on: whom she is meant for is rung while she hears music,
// then ring-back. Where nobody takes her she comes back: to the leg of the agent's phone if that still stands, else that
// phone is rung once, else she waits again, first of all.
type transfer struct {
	by      *party // who handed her on
	ringing []*party
	back    bool       // it is her phone that rings now
	refer   Transferor // whose REFER it was; nil: nobody's
	refused Cause      // of the last who did not take her
	stop    func()
}

// openTransfer hands the caller on without asking first. Where nobody can be rung at all the agent keeps her.
func (c *Call) openTransfer(t Target, refer Transferor) error {
	e := &transfer{by: c.agent, refer: refer}
	if err := c.begin(e); err != nil {
		return unfit(LineBusy)
	}
	e.ringing = c.seek(t)
	if len(e.ringing) == 0 {
		c.errand = nil
		return unfit(Nobody)
	}
	c.note(LineOpened, e.by.name(), with("what", "transfer"))
	e.leave(c)
	return nil
}

// adopt goes on with what a consult rings already: its agent leaves.
func (c *Call) adopt(ringing []*party, refer Transferor) {
	if c.second != nil {
		c.second.dismiss(Completed, c.now())
		c.second = nil
	}
	e := &transfer{by: c.agent, ringing: ringing, refer: refer}
	c.errand = e
	c.apart, c.alone = false, "ringback"
	e.leave(c)
}

// ringBack rings the phone of who handed the caller on. False: it cannot be rung.
func (c *Call) ringBack(by *party) bool {
	if by.user == "" {
		return false
	}
	e := &transfer{by: by, back: true}
	c.errand, c.alone = e, ""
	e.ringing = c.seek(Target{Person: by.person, Users: []string{by.user}})
	if len(e.ringing) == 0 {
		c.errand = nil
		return false
	}
	c.note(RangBack, by.name(), nil)
	c.show(Transferring)
	e.stop = c.after(ringBackTime, func(c *Call) { e.fail(c, NoAnswer) })
	c.arrange()
	return true
}

// leave takes the agent out of the conversation. Where her phone referred, her leg stands until it is known what became
// of the caller.
func (e *transfer) leave(c *Call) {
	e.stop = c.after(ringLine, func(c *Call) { e.fail(c, NoAnswer) })
	c.mark("transfer", e.by.name())
	c.retire(e.by)
	if e.refer == nil {
		c.dismissAgent(e.by)
	}
	c.held = false
	c.show(Transferring)
	c.arrange()
}

func (e *transfer) happened(c *Call, h happening) bool {
	if h.leg == nil || !slices.Contains(e.ringing, h.from) {
		return false
	}
	switch h.leg.Kind {
	case Ringing:
		e.tell(referRinging)
		c.alone = "ringback"
		c.arrange()
		return true
	case Answered:
		if c.won(h.from, h.leg) {
			e.done(c, h.from)
			return true
		}
	}
	e.refused = cmp.Or(h.from.record.Cause, e.refused, Unreachable)
	if !anyRings(e.ringing) {
		e.fail(c, e.refused)
	}
	return true
}

// done gives the caller to whom she was meant for.
func (e *transfer) done(c *Call, p *party) {
	e.stop()
	e.ringing = without(e.ringing, p)
	endAll(c, e.ringing, ElsewhereTook)
	e.tell(referTaken)
	how := "blind"
	if e.back {
		how = "back"
	}
	c.note(Transferred, p.name(), with("by", e.by.name(), "how", how))
	c.errand = nil
	c.succeed(p)
	if e.refer != nil {
		c.releaseSoon(e.by)
	}
}

// fail brings the caller back: nobody took her.
func (e *transfer) fail(c *Call, cause Cause) {
	e.drop(c, NoAnswer)
	c.errand = nil
	c.note(LineClosed, e.by.name(), with("cause", string(cause)))
	e.tell(answerTo(cause))
	switch {
	case e.refer != nil && !e.by.ended: // her phone kept the call until it knew
		c.takeBack(e.by)
	case !e.back && c.ringBack(e.by):
	default:
		c.disperse(errRequeued)
	}
}

func (e *transfer) abandon(c *Call, cause Cause) {
	e.drop(c, cause)
	e.tell(referGone)
}

func (e *transfer) drop(c *Call, cause Cause) {
	e.stop()
	endAll(c, e.ringing, cause)
	e.ringing = nil
}

func (e *transfer) line() LineView {
	if e.back {
		return LineView{What: "transfer", State: "returning"}
	}
	return LineView{What: "transfer", State: "ringing"}
}

// takeBack undoes a transfer whose target did not answer: the agent's leg stands, and so does her conversation.
func (c *Call) takeBack(a *party) {
	c.agent, a.place, c.alone = a, placeAgent, ""
	a.takenBack = c.now()
	c.former = c.former[:len(c.former)-1]
	c.mark("joined", a.name())
	c.show(Talking)
	c.arrange()
}

// unaware reports that a phone hung up before its owner can have understood that her transfer failed: some do so by
// themselves, whatever they were told. She did not mean to leave the caller alone.
func (c *Call) unaware(a *party) bool {
	return !a.takenBack.IsZero() && c.now().Sub(a.takenBack) < unawareTime
}

const unawareTime = 2 * time.Second

// SIP codes of a NOTIFY's fragment (RFC 3515 §2.4.5); that it is tried was told when the REFER was accepted.
const (
	referRinging = 180
	referTaken   = 200
	referGone    = 487
)

// tell lets the phone that referred know how it goes.
func (e *transfer) tell(code int) {
	if e.refer == nil {
		return
	}
	_ = e.refer.TellRefer(code) // a leg that has gone is told nothing
}

// answerTo is the code of a failed target.
func answerTo(cause Cause) int {
	switch cause {
	case Busy:
		return 486
	case Declined:
		return 603
	case NoAnswer:
		return 480
	}
	return 503
}

// dismissAgent ends the leg of an agent who has left the conversation; she is free.
func (c *Call) dismissAgent(a *party) {
	a.dismiss(Completed, c.now())
	c.free(a)
}

// releaseSoon does so unless her phone ends it first (RFC 5589 §6.1).
func (c *Call) releaseSoon(a *party) {
	c.after(referTime, func(c *Call) { c.dismissAgent(a) })
}

// won makes sure of a phone that answered an errand: she is in no other call, and her sound is agreed.
func (c *Call) won(p *party, e *LegEvent) bool {
	if p.user != "" && !c.board.engage(p.user, c) {
		p.dismiss(ElsewhereTook, c.now())
		return false
	}
	if !c.agreed(p, e) {
		c.free(p)
		return false
	}
	return true
}

// referred serves a REFER: blind goes to what it names, attended to the third of this very call. Two calls are never
// merged, and a caller transfers nobody.
func (c *Call) referred(p *party, r *Referral) {
	leg, can := p.leg.(Transferor)
	if !can || r == nil {
		return
	}
	err := c.refer(p, leg, r)
	if err != nil {
		_ = leg.RefuseRefer(Refusal{Cause: Declined, Warning: err.Error()})
	}
}

func (c *Call) refer(p *party, leg Transferor, r *Referral) error {
	if !c.joined || c.agent == nil || p != c.agent && p != c.second {
		return unfit(NotNow)
	}
	if r.Replaces != "" {
		return c.referAttended(p, leg, r.Replaces)
	}
	if c.errand != nil || c.third != nil {
		return unfit(LineBusy)
	}
	t, err := c.target(Command{To: r.To})
	if err != nil {
		return err
	}
	if err := leg.AcceptRefer(); err != nil {
		return nil // she has gone; her leg says so
	}
	if err := c.openTransfer(t, leg); err != nil {
		_ = leg.TellRefer(answerTo(Unreachable))
	}
	return nil
}

// referAttended completes a consult that her phone made: the REFER names the other of her two legs.
func (c *Call) referAttended(p *party, leg Transferor, replaces string) error {
	other := c.second
	if p == c.second {
		other = c.agent
	}
	if other == nil || legID(other) != replaces {
		return unfit(NotAllowed)
	}
	if c.third == nil && c.errand == nil {
		return unfit(NoLine)
	}
	if err := leg.AcceptRefer(); err != nil {
		return nil
	}
	return c.handOver(leg)
}

// Named is a Leg that a Replaces can name.
type Named interface{ ID() string }

func legID(p *party) string {
	if n, ok := p.leg.(Named); ok {
		return n.ID()
	}
	return ""
}

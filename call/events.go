package call

import (
	"time"

	"nightbell/media"
)

// callerDid serves the caller's leg. Her leaving is the cause of the call's context.
func (c *Call) callerDid(e LegEvent) bool {
	p := c.caller
	switch e.Kind {
	case Confirmed:
		first := !p.confirmed
		p.confirmed = true
		switch {
		case e.SDP != nil:
			c.agree(p, e.SDP)
		case first && c.arrival.Offer == nil: // our offer was never answered (RFC 3261 §13.2.1): nobody would hear a word
			c.disagree(p)
		}
	case Ended, Refused:
		p.gone(e, c.now())
		c.callerLeft(e)
	default:
		return c.anybodyDid(p, e)
	}
	return true
}

// callerLeft tells whose doing the end was: after an agent spoke with her it is an ordinary end.
func (c *Call) callerLeft(e LegEvent) {
	ordinary := e.Cause == "" || e.Cause == CallerGone || e.Cause == Completed
	switch {
	case c.box.capture != nil: // what she has said decides
	case ordinary && c.record.Served:
		c.outcome(Completed, "caller")
	case ordinary:
		c.outcome(CallerGone, "caller")
	default:
		c.outcome(e.Cause, "caller")
	}
	c.leave(errCallerGone)
}

// phoneDid serves a phone's leg; the round or the conversation sees what it must decide on.
func (c *Call) phoneDid(p *party, e LegEvent) bool {
	switch e.Kind {
	case Trying:
		return false
	case Ringing:
		c.note(Alerting, p.name(), nil)
	case Answered:
		return !p.ended
	case Refused, Ended:
		if p.voice != nil && p != c.agent {
			p.voice.Close()
		}
		if p.place == placeGone {
			c.free(p)
		}
		if p.ended {
			return false
		}
		p.gone(e, c.now())
		if e.Kind == Refused {
			c.note(LegRefused, p.name(), with("cause", string(e.Cause), "code", code(e.Code)))
		}
	case FlowLost:
		if !p.confirmed { // a ringing phone is passed over at once
			c.note(FlowGone, p.name(), nil)
			p.dismiss(Unreachable, c.now())
			return true
		}
		return c.anybodyDid(p, e)
	default:
		return c.anybodyDid(p, e)
	}
	return true
}

// anybodyDid serves what either side may do within a dialog.
func (c *Call) anybodyDid(p *party, e LegEvent) bool {
	if p.ended {
		return false
	}
	switch e.Kind {
	case Offered:
		c.reoffer(p, e.SDP)
	case Confirmed, Agreed:
		if e.SDP != nil {
			c.agree(p, e.SDP)
		}
	case Digit:
		c.relayDigit(p, e.Digit)
	case FlowLost:
		p.lost = true
		c.note(FlowGone, p.name(), nil)
		c.giveUp()
		c.arrange()
	case FlowBack:
		p.lost = false
		c.arrange()
	case Referred:
		c.referred(p, e.Refer)
	}
	return true
}

// reoffer answers a re-INVITE or UPDATE. A refusal leaves the old session standing (RFC 3261 §14.2).
func (c *Call) reoffer(p *party, offer []byte) {
	var err error
	if offer == nil {
		p.local, err = p.voice.Offer(nil)
	} else {
		p.local, err = p.voice.Answer(offer)
	}
	if err != nil {
		_ = p.leg.Refuse(refusal(NotAcceptable, err))
		return
	}
	if p.leg.Answer(p.local) == nil {
		c.turned(p)
	}
}

// agree takes the peer's answer to an offer of ours. An answer that cannot be used ends that leg: keys are unknown.
func (c *Call) agree(p *party, answer []byte) {
	if err := p.voice.Accept(answer); err != nil {
		c.disagree(p)
		return
	}
	c.turned(p)
}

// disagree ends a leg whose sound cannot be had; the caller's is the call's end.
func (c *Call) disagree(p *party) {
	p.dismiss(NotAcceptable, c.now())
	if p == c.caller {
		c.outcome(NotAcceptable, "caller")
		c.leave(errCallerGone)
	}
}

// turned acts on a changed direction: a party that only sends, or is inactive, holds the other (RFC 3264 §8.4).
func (c *Call) turned(p *party) {
	d := p.voice.Direction()
	holds := d == media.SendOnly || d == media.Inactive
	if holds == p.holding {
		return
	}
	p.holding = holds
	kind := Resumed
	if holds {
		kind = Held
	}
	c.note(kind, p.name(), nil)
	if !c.joined { // they meet later, after the announcement: the arrangement looks at who holds whom
		return
	}
	word := "resumed"
	if holds {
		word = "held"
	}
	c.mark("hold", p.name()+" "+word)
	c.arrange()
}

const infoDigit = 160 * time.Millisecond // RFC 4733 duration of a digit that came by INFO

// relayDigit passes a digit of an INFO on as RFC 4733; digits in the media are relayed by media itself.
func (c *Call) relayDigit(p *party, digit string) {
	if len(digit) != 1 || !p.keys.press(digit[0], byInfo, c.now()) {
		return
	}
	other := c.other(p)
	if other == nil {
		return
	}
	other.voice.SendDigit(digit[0], infoDigit)
	c.note(Keyed, p.name(), nil)
}

// giveUp ends a call whose caller is neither connected nor heard before anybody talks with her; in a conversation the
// watch decides.
func (c *Call) giveUp() {
	if c.agent == nil && c.caller.lost && c.caller.silent {
		c.outcome(NoMedia, "caller")
		c.leave(errCallerGone)
	}
}

// other is who p talks with.
func (c *Call) other(p *party) *party {
	if p == c.caller {
		return c.agent
	}
	if p == c.agent {
		return c.caller
	}
	return nil
}

// heard serves what the sound of a party tells.
func (c *Call) heard(p *party, e media.Event) {
	switch e.Kind {
	case media.Digit:
		if p.keys.press(e.Digit, byMedia, c.now()) {
			c.note(Keyed, p.name(), nil)
		}
	case media.Fax:
		c.faxHeard(p)
	case media.Silent:
		p.silent = true
		c.note(MediaSilent, p.name(), nil)
		c.giveUp()
		c.arrange()
	case media.Heard:
		p.silent = false
		c.arrange()
	}
}

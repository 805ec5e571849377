package call

import (
	"context"
	"errors"
	"slices"
	"time"
)

// errand is a sub-affair of the call that goes on while the call lives: somebody is consulted, a patch climbs its ladder,
// a transfer's target is rung, a caller stands parked. It is a small state machine on the call's goroutine: nothing of it
// waits; what it waits for comes as a happening of its parties, or by after and when.
type errand interface {
	// happened is offered each happening of a party whose place is placeErrand, after what every leg does alike was served
	// (endings are in the party's record, offers are answered). False: it is none of the errand's business.
	happened(c *Call, h happening) bool
	// abandon takes everything back without a word to the call: it ends, or somebody cancelled. Nothing of the errand may
	// happen afterwards.
	abandon(c *Call, cause Cause)
	// line is what people see of it.
	line() LineView
}

// orphan is an errand that may go on when the agent who began it hangs up.
type orphan interface {
	orphaned(c *Call, refer Transferor) bool // false: it has no sense without her; refer: whose phone is to be told, or nil
}

var errBusyLine = errors.New("a line of the call is open already")

// begin opens the call's one line for an errand.
func (c *Call) begin(e errand) error {
	if c.errand != nil || c.third != nil {
		return errBusyLine
	}
	c.errand = e
	return nil
}

// reached is the errand's good end: a party has answered, has accepted where that is asked, and her sound is agreed. She
// is the third of the conversation now and speaks with the agent, while the caller has music.
func (c *Call) reached(p *party) {
	c.errand = nil
	if !c.apart {
		c.mark("hold", "caller held")
	}
	c.third, c.apart = p, true
	p.place, p.confirmed = placeThird, true
	p.since = c.now()
	if p.user != "" {
		c.board.engage(p.user, c)
	}
	c.note(Consulted, p.name(), nil)
	c.recordConsult()
	c.arrange()
}

// came is the errand's other end: it reached nobody. Agent and caller go on as they were.
func (c *Call) came(cause Cause) {
	c.errand = nil
	c.note(LineClosed, "", with("cause", string(cause)))
	c.together()
}

// together lets everybody who is there speak with everybody.
func (c *Call) together() {
	c.apart, c.alone = false, ""
	c.stopAside()
	c.arrange()
}

// after posts a closure into the mailbox when d is over. It never runs after stop, nor after the call's end.
func (c *Call) after(d time.Duration, do func(*Call)) (stop func()) {
	a := &alarm{}
	a.clock = time.AfterFunc(d, func() {
		c.mail.post(happening{do: func(c *Call) {
			if !a.off {
				a.off = true
				do(c)
			}
		}})
	})
	c.alarms = append(slices.DeleteFunc(c.alarms, func(a *alarm) bool { return a.off }), a)
	return func() { a.stop() }
}

// alarm is one clock of the call; off is touched by the call's goroutine alone.
type alarm struct {
	clock *time.Timer
	off   bool
}

func (a *alarm) stop() {
	a.off = true
	a.clock.Stop()
}

// when posts a closure into the mailbox as soon as done closes: a prompt is over. Voices close all of theirs at the
// call's end, so nothing waits longer than the call.
func (c *Call) when(done <-chan struct{}, do func(*Call)) (stop func()) {
	a := &alarm{}
	c.board.wg.Go(func() {
		<-done
		c.mail.post(happening{do: func(c *Call) {
			if !a.off {
				a.off = true
				do(c)
			}
		}})
	})
	return func() { a.off = true }
}

// dial sends an INVITE over a trunk outward, with an offer that puts the caller's codec first. Nil: there is no way to
// her, and the story says so.
func (c *Call) dial(ctx context.Context, d Dialling, person string) *party {
	p := &party{person: person, place: placeErrand}
	p.record = LegRecord{Person: person, Place: "outside", Invited: c.now()}
	c.phones = append(c.phones, p)
	trunks := c.board.ports.Trunks
	if trunks == nil {
		return c.unreachable(p, Unreachable)
	}
	d.Person, d.Call = person, c.arrival.ID
	if len(d.Route.Trunks) == 0 {
		d.Route = c.plan.Outbound
	}
	if d.Display == "" {
		d.Display = c.plan.ClinicName
	}
	trunk, profile, err := trunks.Profile(d)
	if err != nil {
		return c.unreachable(p, Unreachable)
	}
	voice, err := c.sound.NewVoice(profile)
	if err != nil {
		return c.unreachable(p, NoMedia)
	}
	p.take(voice, c.hear(p))
	if d.Offer, err = voice.Offer(c.caller.voice); err != nil {
		return c.unreachable(p, NoMedia)
	}
	if p.leg, err = trunks.Dial(ctx, trunk, d, c.post(p)); err != nil {
		return c.unreachable(p, Unreachable)
	}
	c.note(Rang, p.name(), with("person", person, "trunk", trunk))
	return p
}

// take agrees the sound of a party of an errand that has answered. False: it cannot be agreed; she was let go.
func (c *Call) agreed(p *party, e *LegEvent) bool {
	if err := p.voice.Accept(e.SDP); err != nil {
		c.note(LegRefused, p.name(), with("cause", string(NotAcceptable), "warning", refusal(NotAcceptable, err).Warning))
		p.dismiss(NotAcceptable, c.now())
		return false
	}
	p.confirmed = true
	p.record.Answered = c.now()
	c.note(LegAnswered, p.name(), nil)
	return true
}

// close ends what still stands of the room when the call does.
func (c *Call) close() {
	for _, a := range c.alarms {
		a.stop()
	}
	if c.errand != nil {
		c.errand.abandon(c, c.parting())
		c.errand = nil
	}
	for _, p := range c.phones { // one who transferred by her phone is busy until her leg is over
		c.board.release(p.user, c)
	}
}

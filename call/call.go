// Package call tells the life of one call, top to bottom: a caller arrives, a plan is made, phones are rung, an agent
// and the caller talk, and what happened is remembered. Start at handle.
//
// One goroutine owns one call. What happens outside (a leg's messages, sound, commands from the console) arrives in
// its mailbox; nobody else touches its state. The caller's going away is the cause of the call's context.
//
// The call never waits for disk or database: Journal and Recorder return at once. It never chooses a SIP code: it
// names a Cause, and the rim chooses. And it never leaves the caller in silence: every way through hunt ends in a
// conversation or in an announced last resort.
package call

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"nightbell/policy"
)

// Call is one caller's affair with the clinic, from the INVITE to the filed record.
type Call struct {
	arrival   Arrival
	board     *Switchboard
	plan      policy.Plan
	sound     Sound
	caller    *party
	agent     *party // whom the caller talks with; nil: nobody yet
	joined    bool   // they share a bridge, or one of them holds the other
	phones    []*party
	capture   // the conversation's recording
	record    Record
	mail      mailbox
	leave     context.CancelCauseFunc
	life      context.Context // ends with the call; for what is sent on its behalf
	over      chan struct{}   // closed when the call is forgotten
	alarms    []*alarm
	former    []string // agents who spoke with the caller before
	losses    int      // agents whose connection died
	lostAgent string   // the last of them, who may have a telephone
	rung      int      // the step the hunt has come to
	way       way      // through the plan; see flow.go

	repeats      bool // the same number rang within the last hour
	machine      machine
	arrivedFirst bool // she was served already and lost her agent: she goes before everybody who waits
	state        State
	stateSince   time.Time
	seen         atomic.Pointer[View]
	room
	standing
	box     voicebox // see voicemail.go
	remains          // what goes on in another process; see kept.go
}

// Endings of a phase. They are context causes or results of hunt, never shown to anybody.
var (
	errCallerGone = errors.New("caller is gone")
	errNobody     = errors.New("nobody answered")
	errFault      = errors.New("defect of ours")
)

// handle is the whole story. A defect of ours costs the caller an agent, never a word: she hears the last resort.
func (c *Call) handle(ctx context.Context) {
	ctx, c.leave = context.WithCancelCause(ctx)
	c.life = ctx
	defer c.leave(nil)
	err := c.guard(func() error { return c.attend(ctx) })
	if errors.Is(err, errFax) {
		err = c.guard(func() error { return c.passFax(ctx) })
	}
	if errors.Is(err, errNobody) && c.plan.Voicemail != nil {
		if err = c.guard(func() error { return c.voicemail(ctx) }); err == nil {
			err = errNobody // she said nothing, and is still there
		}
	}
	if errors.Is(err, errNobody) || errors.Is(err, errFault) {
		_ = c.guard(func() error { return c.lastResort(ctx) })
	}
	_ = c.guard(c.file)
}

// guard catches a defect of ours: one call's never becomes another's.
func (c *Call) guard(phase func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.outcome(Fault, "system")
			c.board.ports.Fault(c.arrival.ID, r)
			err = errFault
		}
	}()
	return phase()
}

// attend serves the caller until an agent and she have talked, she leaves, or nobody is left to ask (errNobody).
func (c *Call) attend(ctx context.Context) error {
	if c.caller.revived {
		return c.attendAgain(ctx)
	}
	c.decide()
	if !c.board.hall.enters(c.plan.Clinic, c.plan.MaxCalls) {
		return c.crowded(ctx)
	}
	defer c.board.hall.exits(c.plan.Clinic)
	if err := c.welcome(ctx); err != nil {
		return err
	}
	return c.accompany(ctx, nil)
}

// accompany walks the plan for the caller, as often as it takes; agent is who talks with her already, or nil.
func (c *Call) accompany(ctx context.Context, agent *party) (err error) {
	for {
		if agent == nil {
			agent, err = c.walk(ctx)
		}
		if errors.Is(err, errNobody) {
			agent, err = c.reachLost(ctx)
		}
		if errors.Is(err, errPickedUp) {
			agent, c.volunteer, err = c.volunteer, nil, nil
		}
		if err != nil {
			return err
		}
		err = c.converse(ctx, agent)
		agent = nil
		if !errors.Is(err, errAgentLost) && !errors.Is(err, errRequeued) {
			return err
		}
		if err := c.apologise(ctx); err != nil {
			return err
		}
	}
}

// decide copies the plan into the call: later edits never bend it.
func (c *Call) decide() {
	c.note(Arrived, "caller", with("trunk", c.arrival.Trunk.ID, "known_by", c.arrival.Trunk.KnownBy))
	c.plan = c.board.ports.Decide(c.arrival.Inquiry)
	if from := c.arrival.Inquiry.From; !from.IsZero() {
		c.repeats = c.board.hall.rang(from)
	}
	c.record.Plan = c.plan
	c.board.ports.Journal.Begin(c.record)
	c.note(Planned, "", with("clinic", c.plan.Clinic, "version", c.plan.Version))
	c.show(Deciding)
}

// crowded is for a caller whose clinic has as many calls as it may: she hears so, and then the last resorts.
func (c *Call) crowded(ctx context.Context) error {
	c.note(AllBusy, "caller", nil)
	if err := c.takeOffer(); err != nil {
		return err
	}
	if err := c.answerCaller(ctx); err != nil {
		return err
	}
	if _, err := c.say(ctx, Stated, "all_busy"); err != nil {
		return err
	}
	return errNobody
}

// takeOffer makes the caller's voice and, where her INVITE held an offer, the answer to it.
func (c *Call) takeOffer() error {
	voice, err := c.sound.NewVoice(c.arrival.Profile)
	if err != nil {
		c.turnAway(NoMedia, err)
		return err
	}
	c.caller.take(voice, c.hear(c.caller))
	if c.arrival.Offer == nil {
		c.caller.local, err = voice.Offer(nil)
	} else {
		c.caller.local, err = voice.Answer(c.arrival.Offer)
	}
	if err != nil {
		c.turnAway(NotAcceptable, err)
	}
	return err
}

// answerCaller sends the 200 and waits for the ACK; the leg retransmits and gives up by itself (RFC 3261 §13.3.1.4).
func (c *Call) answerCaller(ctx context.Context) error {
	if !c.record.Answered.IsZero() {
		return nil
	}
	if err := c.caller.leg.Answer(c.caller.local); err != nil {
		return c.missed(ctx, err)
	}
	c.record.Answered = c.now()
	c.note(LegAnswered, "caller", nil)
	for !c.caller.confirmed {
		if _, err := next[time.Time](ctx, c, nil); err != nil {
			return err
		}
	}
	return nil
}

// missed is an answer that came too late: the caller left in that moment, and her leg is about to say so. A leg that
// says nothing is a fault of ours.
func (c *Call) missed(ctx context.Context, refused error) error {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		_, err := next(ctx, c, timer.C)
		if errors.Is(err, errTime) {
			c.outcome(Fault, "system")
			return refused
		}
		if err != nil {
			return err
		}
	}
}

// lastResort is never silence: the caller is answered if she was not, told what to do, and let go.
func (c *Call) lastResort(ctx context.Context) error {
	name, p := c.prompt(c.plan.LastResort, "last_resort")
	c.show(Resorting)
	c.note(Resorted, "caller", with("prompt", name))
	c.outcome(LastResort, "system")
	if c.agent != nil { // a defect ended the conversation
		c.dropAgent(Fault)
	}
	if c.caller.voice == nil { // a defect came before her sound
		if err := c.takeOffer(); err != nil {
			return err
		}
	}
	if err := c.answerCaller(ctx); err != nil || p == nil {
		return err
	}
	return c.until(ctx, c.caller.voice.Play(p, 2))
}

// apologise keeps a caller company whose agent's connection died, or whom nobody took when she was handed on; then the
// plan is walked again for her, before everybody who waits. After a few losses something is wrong with our side of the
// network, and she hears the last resort instead.
func (c *Call) apologise(ctx context.Context) error {
	c.arrivedFirst = true
	if c.agent != nil {
		c.lostAgent = c.agent.person
		c.dropAgent(Unreachable)
		c.losses++
	}
	c.note(Requeued, "caller", nil)
	if c.losses >= maxLosses {
		c.plan.Steps = nil
		return nil
	}
	_, err := c.say(ctx, Apologised, "please_hold")
	return err
}

// maxLosses is how many agents' connections one caller outlives.
const maxLosses = 4

// turnAway refuses a caller whose sound cannot be had.
func (c *Call) turnAway(cause Cause, err error) {
	c.outcome(cause, "system")
	_ = c.caller.leg.Refuse(refusal(cause, err))
	c.caller.ended = true
}

func (c *Call) now() time.Time { return c.board.ports.Now() }

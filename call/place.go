package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// A call that the house places is a call like others: one goroutine, one record, one recording. Its caller, on channel 1, is
// the outside party. The near party is rung first and says that she is there; then the far one is dialled. An alarm, a
// probe and the sentinel have a near party alone.

const (
	mostPlaced   = 64               // at once: an office that calls more than that has a defect
	nearRings    = 45 * time.Second // an agent's phone, a clinician's telephone
	farRings     = 60 * time.Second
	sentinelWait = 10 * time.Second
	alarmWait    = 90 * time.Second // an alarm is repeated so long to one who answered
	alarmEvery   = 3 * time.Second
)

// NoTrunk, Busy words of refusals to place a call.
const (
	NoClinic  UnfitWord = "no_clinic"  // none of that name, or it may not call out
	TooMany   UnfitWord = "too_many"   // calls that the house places at once
	Departing UnfitWord = "draining"   // the server takes no more calls
	NothingTo UnfitWord = "nothing_to" // neither a near nor a far party
)

// Place begins a call of the house's own. It returns at once; what becomes of it is told to p.Ended, and in the story. A
// refusal is an *Unfit and sends nothing.
func (b *Switchboard) Place(p Placing) error {
	if len(p.Near) == 0 && p.NearLeg == nil && p.NearDial == nil {
		return unfit(NothingTo)
	}
	plan, err := b.outward(p)
	if err != nil {
		return err
	}
	c := b.placed(p, plan)
	if !b.admit(c) {
		c.sound.Close()
		return unfit(Departing)
	}
	if p.NearLeg != nil {
		c.agent = &party{user: p.NearLeg.User, person: p.NearLeg.Person, leg: p.NearLeg.Leg}
		c.agent.record = LegRecord{User: p.NearLeg.User, Person: p.NearLeg.Person, Invited: c.now()}
		c.phones = append(c.phones, c.agent)
		p.NearLeg.Listen(c.post(c.agent))
	}
	b.wg.Go(func() {
		c.placing(b.ctx, p)
		b.forget(c)
	})
	return nil
}

// outward is the plan of a call that is to be placed.
func (b *Switchboard) outward(p Placing) (policy.Plan, error) {
	plan := policy.Plan{Clinic: p.Clinic, At: b.ports.Now()}
	if p.Clinic != "" {
		found := false
		if b.ports.Outward != nil {
			plan, found = b.ports.Outward(p.Clinic, p.outside())
		}
		if !found {
			return plan, unfit(NoClinic)
		}
	}
	if p.Far == nil || p.Why == AlarmCall || p.Why == ProbeCall || p.Why == Sentinel {
		plan.Record = false // the house speaks with its own people
	}
	plan.Steps, plan.Voicemail = nil, nil
	placed := 0
	for _, v := range b.Live() {
		if v.Direction == "out" {
			placed++
		}
	}
	if placed >= mostPlaced {
		return plan, unfit(TooMany)
	}
	return plan, nil
}

// outside is the number of the outside party.
func (p Placing) outside() phi.Phone {
	switch {
	case p.Far != nil:
		return p.Far.To
	case p.NearDial != nil:
		return p.NearDial.To
	}
	return phi.Phone{}
}

// placed makes the call, which has no caller yet.
func (b *Switchboard) placed(p Placing, plan policy.Plan) *Call {
	now := b.ports.Now()
	c := &Call{board: b, sound: b.ports.Sound(), mail: mailbox{bell: make(chan struct{}, 1)}, over: make(chan struct{}), plan: plan}
	c.arrival = Arrival{ID: p.ID, Inquiry: policy.Inquiry{Number: plan.Number, From: p.outside(), At: now}}
	c.caller = &party{place: placeCaller, record: LegRecord{Invited: now}}
	c.record = Record{ID: p.ID, From: c.arrival.Inquiry.From, Dialled: plan.Number, Plan: plan, Arrived: now,
		Direction: "out", Why: p.Why, Of: p.Of}
	return c
}

// placing is the whole story of such a call.
func (c *Call) placing(ctx context.Context, p Placing) {
	ctx, c.leave = context.WithCancelCause(ctx)
	c.life = ctx
	defer c.leave(nil)
	_ = c.guard(func() error { return c.carryOut(ctx, p) })
	_ = c.guard(c.file)
	if p.Ended != nil {
		p.Ended(c.record)
	}
}

func (c *Call) carryOut(ctx context.Context, p Placing) error {
	c.board.ports.Journal.Begin(c.record)
	c.note(Placed, "", with("why", string(p.Why), "clinic", c.plan.Clinic, "of", p.Of))
	c.show(Hunting)
	if p.Why == Sentinel {
		return c.knock(ctx, p)
	}
	near, err := c.fetchNear(ctx, p)
	if err != nil || near == nil {
		return err
	}
	if p.Far == nil {
		return c.speakAlone(ctx, p, near)
	}
	if err := c.fetchFar(ctx, p, near); err != nil {
		return err
	}
	err = c.converse(ctx, near)
	if errors.Is(err, errAgentLost) || errors.Is(err, errRequeued) {
		c.outcome(Unreachable, "system")
		_, err = c.say(ctx, Apologised, "call_lost")
	}
	return err
}

// fetchNear brings the near party to the line: she called us, or is rung. Nil: she was not to be had, and the outcome says
// why.
func (c *Call) fetchNear(ctx context.Context, p Placing) (*party, error) {
	if p.NearLeg != nil {
		return c.admitNear(p.NearLeg)
	}
	all := c.ringNear(ctx, p)
	timer := time.NewTimer(nearRings)
	defer timer.Stop()
	for {
		winner, more := all.standing()
		if winner != nil || !more {
			return c.nearCame(all, winner), nil
		}
		h, err := next(ctx, c, timer.C)
		switch {
		case errors.Is(err, errTime):
			timer.Stop()
			all.giveUp(c)
		case err != nil:
			return nil, err
		default:
			all.happened(c, h)
		}
	}
}

// near are those who are rung as the near party, and what the last of them said.
type near struct {
	asked  []*summons
	winner *summons
	last   verdict
}

func (c *Call) ringNear(ctx context.Context, p Placing) *near {
	all := &near{last: noReach}
	ask := func(q *party) {
		if q == nil {
			return
		}
		q.place = placeRung
		s := &summons{party: q, rule: p.Accept, wait: answerWait, over: all.answered}
		for _, w := range p.Whisper {
			s.words = append(s.words, []string{w})
		}
		if s.rule == "" {
			s.rule = ByAnswer
		}
		if p.Why == AlarmCall {
			s.wait, s.every = alarmWait, alarmEvery
		}
		all.asked = append(all.asked, s)
	}
	for _, contact := range p.Near {
		ask(c.invite(ctx, contact, ""))
	}
	if p.NearDial != nil {
		ask(c.dial(ctx, *p.NearDial, p.NearDial.Person))
	}
	return all
}

func (n *near) happened(c *Call, h happening) {
	for _, s := range slices.Clone(n.asked) {
		s.happened(c, h)
	}
}

// answered takes what came of one; the first who accepts is the near party.
func (n *near) answered(c *Call, s *summons, v verdict) {
	n.asked = slices.DeleteFunc(n.asked, func(o *summons) bool { return o == s })
	defer c.mail.wake()
	if v == took && n.winner == nil {
		n.winner = s
		for _, o := range n.asked {
			o.close()
			o.part(c, ElsewhereTook, "")
		}
		n.asked = nil
		return
	}
	n.last = v
	c.note(kindOf(v), s.party.name(), with("person", s.party.person))
	s.part(c, NoAnswer, partingWord(v))
}

// standing is the winner, or whether anybody may still become her.
func (n *near) standing() (*summons, bool) { return n.winner, len(n.asked) > 0 }

// giveUp is the end of ringing; who decides may finish that.
func (n *near) giveUp(c *Call) {
	n.asked = slices.DeleteFunc(n.asked, func(s *summons) bool {
		if s.open() {
			return false
		}
		s.close()
		s.part(c, NoAnswer, "")
		return true
	})
	c.mail.wake()
}

// nearCame says how it went and gives the party.
func (c *Call) nearCame(all *near, winner *summons) *party {
	if winner != nil {
		if p := winner.party; p.person != "" && winner.rule != ByAnswer {
			c.record.Taken = &Acceptance{Person: p.person, At: c.now(), Rule: winner.rule}
			c.note(Took, p.name(), with("person", p.person, "rule", string(winner.rule)))
		}
		return winner.party
	}
	switch all.last {
	case turnedDown:
		c.outcome(Declined, "near")
	default:
		c.outcome(NoAnswer, "near")
	}
	return nil
}

// admitNear answers the phone of an agent who dials out.
func (c *Call) admitNear(g *Guest) (*party, error) {
	p := c.agent
	c.agent = nil
	voice, err := c.sound.NewVoice(g.Profile)
	if err == nil {
		p.take(voice, c.hear(p))
		if g.Offer == nil {
			p.local, err = voice.Offer(nil)
		} else {
			p.local, err = voice.Answer(g.Offer)
		}
	}
	if err == nil && !c.board.engage(p.user, c) {
		err = errBusyLine
	}
	if err != nil {
		c.outcome(NotAcceptable, "system")
		_ = g.Leg.Refuse(refusal(NotAcceptable, err))
		p.ended = true
		return nil, err
	}
	if err := p.leg.Answer(p.local); err != nil {
		return nil, err
	}
	p.confirmed, p.record.Answered = true, c.now()
	c.note(LegAnswered, p.name(), nil)
	return p, nil
}

// fetchFar dials the outside party, while the near one hears it ring, and makes her the call's caller.
func (c *Call) fetchFar(ctx context.Context, p Placing, near *party) error {
	if _, tone := c.prompt("ringback"); tone != nil {
		near.voice.Play(tone, 0)
	}
	far := c.dial(ctx, *p.Far, p.Far.Person)
	if far == nil {
		return c.farFailed(ctx, near, Unreachable)
	}
	far.place = placeRung
	timer := time.NewTimer(farRings)
	defer timer.Stop()
	for {
		h, err := next(ctx, c, timer.C)
		switch {
		case errors.Is(err, errTime):
			far.dismiss(NoAnswer, c.now())
			return c.farFailed(ctx, near, NoAnswer)
		case err != nil:
			return err
		case near.ended:
			far.dismiss(CallerGone, c.now())
			c.outcome(CallerGone, near.name())
			return errNobody
		case h.from == far && h.leg != nil && h.leg.Kind == Answered && c.agreed(far, h.leg):
			c.promote(far)
			return nil
		case far.ended:
			return c.farFailed(ctx, near, far.record.Cause)
		}
	}
}

// farFailed tells the near party in words, and ends.
func (c *Call) farFailed(ctx context.Context, near *party, cause Cause) error {
	c.outcome(cause, "far")
	near.voice.Quiet()
	if _, words := c.prompt(farWord(cause)); words != nil {
		if err := c.until(ctx, near.voice.Play(words, 1)); err != nil {
			return err
		}
	}
	near.dismiss(Completed, c.now())
	return errNobody
}

// promote makes a party that was dialled the call's caller.
func (c *Call) promote(p *party) {
	c.phones = slices.DeleteFunc(c.phones, func(q *party) bool { return q == p })
	p.place, p.since = placeCaller, c.now()
	c.caller = p
	c.record.Answered = p.record.Answered
}

// speakAlone is a call without a far party: an alarm that somebody has just taken, or a probe that speaks and listens.
func (c *Call) speakAlone(ctx context.Context, p Placing, near *party) error {
	c.promote(near)
	words := p.Whisper
	if p.Why == AlarmCall {
		c.outcome(Acknowledged, near.person)
		words = []string{"alarm_taken"}
	}
	for _, w := range words {
		if _, sound := c.prompt(w); sound != nil {
			if err := c.until(ctx, near.voice.Play(sound, 1)); err != nil {
				return err
			}
		}
	}
	c.outcome(Completed, "system")
	near.dismiss(Completed, c.now())
	return nil
}

// knock is the sentinel: it dials, and ends before anybody could answer. Whoever waits for the call on our own trunk hangs it
// up; an answer or a refusal is the carrier's word that it went somewhere else.
func (c *Call) knock(ctx context.Context, p Placing) error {
	if p.NearDial == nil {
		c.outcome(Unreachable, "system")
		return errNobody
	}
	q := c.dial(ctx, *p.NearDial, "")
	if q == nil {
		c.outcome(Unreachable, "system")
		return errNobody
	}
	q.place = placeRung
	timer := time.NewTimer(sentinelWait)
	defer timer.Stop()
	for {
		h, err := next(ctx, c, timer.C)
		switch {
		case errors.Is(err, errTime):
			c.outcome(NoAnswer, "system")
			q.dismiss(NoAnswer, c.now())
			return nil
		case err != nil:
			return err
		case h.from == q && h.leg != nil && h.leg.Kind == Answered:
			c.outcome(Completed, "far")
			q.dismiss(Completed, c.now())
			return nil
		case q.ended:
			c.outcome(q.record.Cause, "far")
			return nil
		}
	}
}

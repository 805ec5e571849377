package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"nightbell/policy"
)

// hunt climbs steps that ring as a ladder until somebody answers. It returns the agent's party with her leg answered and
// her sound agreed, errNobody when every step is through, or the cause of the call's end.
func (c *Call) hunt(ctx context.Context, steps []policy.Step) (*party, error) {
	c.show(Hunting)
	c.entertain()
	defer c.caller.voice.Quiet()
	c.rung = 0
	ladder := policy.Plan{Steps: steps}.Ladder(c.arrival.ID, c.now())
	ladder, actions := ladder.On(policy.LadderEvent{Kind: policy.Ticked, At: ladder.Due})
	for {
		try := c.tell(actions)
		if try == nil {
			return nil, errNobody
		}
		agent, err := c.ring(ctx, asked(steps, try), ladder.Due.Sub(c.now()))
		switch {
		case errors.Is(err, errTime):
			ladder, actions = ladder.On(policy.LadderEvent{Kind: policy.Ticked, At: later(c.now(), ladder.Due)})
		case err != nil || agent != nil:
			return agent, err
		default: // nobody is left to wait for: the next at once
			ladder, actions = c.forsake(ladder)
		}
	}
}

// tell notes each step that was come to and gives the attempt that is to be made; nil: the ladder is exhausted.
func (c *Call) tell(actions []policy.Action) (try *policy.Action) {
	for i, a := range actions {
		if (a.Do == policy.Try || a.Do == policy.Skip) && a.Rung > 0 && a.Rung != c.rung {
			c.note(Stepped, "", with("step", a.Name))
		}
		if a.Do == policy.Try || a.Do == policy.Skip {
			c.rung = a.Rung
		}
		if a.Do == policy.Try {
			try = &actions[i]
		}
	}
	return try
}

// asked are the phones of those whom an attempt asks.
func asked(steps []policy.Step, try *policy.Action) []policy.Target {
	return slices.DeleteFunc(slices.Clone(steps[try.Rung].Targets), func(t policy.Target) bool {
		return !slices.Contains(try.People, t.Person)
	})
}

// forsake takes everybody out of an attempt whose phones have all refused, or who cannot be reached.
func (c *Call) forsake(l policy.Ladder) (policy.Ladder, []policy.Action) {
	var all []policy.Action
	for _, person := range slices.Clone(l.Ringing) {
		var actions []policy.Action
		l, actions = l.On(policy.LadderEvent{Kind: policy.Declined, Person: person, At: c.now()})
		all = append(all, actions...)
	}
	return l, all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// entertain lets an answered caller hear ring-back while phones ring; before the answer her own carrier does that.
func (c *Call) entertain() {
	if c.record.Answered.IsZero() {
		return
	}
	if p := c.board.ports.Prompt("ringback"); p != nil {
		c.caller.voice.Play(p, 0)
	}
}

// ring is one round: INVITE every phone that can be reached, first answer wins, the others are cancelled. People are
// resolved to phones now, and again whenever somebody comes free or registers while the round lasts. A round that
// reaches nobody and waits for nobody takes no time: a nil party without an error. errTime: d is over.
func (c *Call) ring(ctx context.Context, targets []policy.Target, d time.Duration) (*party, error) {
	r := c.newRound(targets)
	defer r.withdraw()
	r.invite(ctx)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for r.hopeful() {
		h, err := next(ctx, c, timer.C)
		if errors.Is(err, errTime) {
			return nil, err
		}
		if err != nil {
			r.why = CallerGone
			if errors.Is(err, errPickedUp) {
				r.why = ElsewhereTook
			}
			return nil, err
		}
		if h.do != nil {
			r.invite(ctx)
		}
		if h.leg != nil && h.leg.Kind == Answered {
			if agent := r.settle(h.from, h.leg); agent != nil {
				return agent, nil
			}
		}
	}
	return nil, nil
}

// round is one round of ringing.
type round struct {
	call    *Call
	targets []policy.Target
	ringing []*party
	tried   map[string]bool // contact ids
	waits   bool            // somebody is talking and may come free
	why     Cause           // told to the phones that are still ringing when the round ends
	holder  holder          // in whose name agents are asked; nil: the round's own
}

// heldBy is whose caller the agent is offered.
func (r *round) heldBy() *Call { return r.call }

// name is in whose name agents are asked.
func (r *round) by() holder {
	if r.holder != nil {
		return r.holder
	}
	return r
}

func (c *Call) newRound(targets []policy.Target) *round {
	return &round{call: c, targets: targets, tried: map[string]bool{}, why: NoAnswer}
}

// hopeful reports whether somebody may still answer.
func (r *round) hopeful() bool {
	if r.waits {
		return true
	}
	for _, p := range r.ringing {
		if !p.ended {
			return true
		}
	}
	return false
}

// invite rings every contact of the round's people that was not tried yet and is free.
func (r *round) invite(ctx context.Context) {
	r.waits = false
	for _, t := range r.targets {
		switch r.call.board.hall.claim(r.by(), t.Person, t.Users) {
		case claimLater:
			r.waits = true
			continue
		case claimNever:
			continue
		}
		for _, contact := range r.call.board.ports.Phones.Contacts(r.call.plan.Clinic, t.Users) {
			if r.tried[contact.ID] {
				continue
			}
			if r.call.board.talking(contact.User) {
				r.waits = true
				continue
			}
			r.tried[contact.ID] = true
			if p := r.call.invite(ctx, contact, t.Person); p != nil {
				r.ringing = append(r.ringing, p)
			}
		}
	}
}

// settle makes an answered phone the agent. Where her sound cannot be agreed she is let go and the round goes on.
func (r *round) settle(p *party, e *LegEvent) *party {
	c := r.call
	if !c.board.engage(p.user, c) {
		p.dismiss(ElsewhereTook, c.now())
		return nil
	}
	if err := p.voice.Accept(e.SDP); err != nil {
		c.board.release(p.user, c)
		c.note(LegRefused, p.name(), with("cause", string(NotAcceptable), "warning", refusal(NotAcceptable, err).Warning))
		p.dismiss(NotAcceptable, c.now())
		return nil
	}
	p.confirmed = true
	p.record.Answered = c.now()
	c.note(LegAnswered, p.name(), nil)
	r.why = ElsewhereTook
	return p
}

// withdraw ends every leg of the round but the winner's.
func (r *round) withdraw() {
	for _, p := range r.ringing {
		if !p.confirmed {
			p.dismiss(r.why, r.call.now())
		}
	}
	if r.holder == nil {
		var people []string
		for _, t := range r.targets {
			people = append(people, t.Person)
		}
		r.call.board.hall.unclaim(r, people...)
	}
}

// withdraw cancels what rings at phones of users who are gone; the round sees it and moves on.
func (c *Call) withdraw(gone func(clinic, user string) bool) {
	for _, p := range c.phones {
		if p.confirmed || p.ended || !gone(c.plan.Clinic, p.user) {
			continue
		}
		p.dismiss(NotReady, c.now())
		c.note(LegRefused, p.name(), with("cause", string(NotReady)))
		if c.errand != nil && p.place == placeErrand {
			c.errand.happened(c, happening{from: p, leg: &LegEvent{Kind: Refused, Cause: NotReady}})
		}
	}
}

// invite sends one INVITE with an offer that puts the caller's codec first. Nil: that phone is unreachable.
func (c *Call) invite(ctx context.Context, contact Contact, person string) *party {
	return c.inviteAs(ctx, contact, person, Invite{})
}

// inviteAs does so with what the phone is told besides.
func (c *Call) inviteAs(ctx context.Context, contact Contact, person string, inv Invite) *party {
	p := &party{user: contact.User, person: person}
	p.record = LegRecord{User: contact.User, Person: person, Invited: c.now()}
	c.phones = append(c.phones, p)
	voice, err := c.sound.NewVoice(contact.Profile)
	if err != nil {
		return c.unreachable(p, NoMedia)
	}
	p.take(voice, c.hear(p))
	offer, err := voice.Offer(c.caller.voice)
	if err != nil {
		return c.unreachable(p, NoMedia)
	}
	inv.Call, inv.From, inv.Clinic = c.arrival.ID, c.arrival.Inquiry.From, c.plan.ClinicName
	inv.Number, inv.Offer, inv.Again = c.plan.Number, offer, len(c.former) > 0
	p.leg, err = c.board.ports.Phones.Invite(ctx, contact, inv, c.post(p))
	if err != nil {
		return c.unreachable(p, Unreachable)
	}
	c.note(Rang, p.name(), with("person", person))
	return p
}

func (c *Call) unreachable(p *party, cause Cause) *party {
	p.ended = true
	p.record.Cause, p.record.Ended = cause, c.now()
	if p.voice != nil {
		p.voice.Close()
	}
	c.note(LegRefused, p.name(), with("cause", string(cause)))
	return nil
}

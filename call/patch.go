package call

import (
	"cmp"
	"context"
	"errors"
	"time"

	"nightbell/policy"
)

// patch is the way from a caller to the clinician on call. Where an agent stays, it is an errand of their conversation:
// whoever takes it speaks with the agent first, who knows her by voice, so key 1 is enough. Where nobody stays it asks
// for a PIN as well.
type patch struct {
	*ascent
	by string // the agent who wants it; empty: the house
}

// newPatch makes the errand of an agent; it begins as soon as it is the call's line.
func newPatch(c *Call, urgency policy.Urgency, by string) errand {
	p := &patch{by: by}
	p.ascent = newAscent(c, c.patchNow(), urgency, ByKey)
	p.won = func(c *Call, s *summons) {
		p.accepted(c, s)
		c.reached(s.party)
	}
	p.lost = func(c *Call) {
		c.note(PatchOver, "", with("result", "nobody"))
		c.came(NoAnswer)
		if c.agent == nil {
			return
		}
		if words := c.housePrompt("patch_nobody"); words != nil {
			c.agent.voice.Play(words, 1)
		}
	}
	c.after(0, func(c *Call) {
		if c.errand == errand(p) {
			p.start(c)
		}
	})
	return p
}

// patchNow is the clinic's patch with the people who are on call now; empty where it has none: then nobody is asked, and
// the agent is told at once.
func (c *Call) patchNow() policy.PatchPlan {
	plan := c.plan.Patch
	if fresh := c.board.ports.Patch; fresh != nil {
		plan = cmp.Or(fresh(c.plan.Clinic), plan)
	}
	if plan == nil {
		return policy.PatchPlan{}
	}
	return *plan
}

func (p *patch) start(c *Call) {
	c.note(PatchBegan, "", with("by", p.by, "urgency", string(p.ladder.Urgency)))
	p.begin(c)
}

// accepted is remembered before anybody hears anybody.
func (p *patch) accepted(c *Call, s *summons) {
	c.record.Taken = &Acceptance{Person: s.party.person, At: c.now(), Rule: s.rule, By: p.by}
	c.note(Took, s.party.name(), with("person", s.party.person, "rule", string(s.rule)))
	c.note(PatchOver, "", with("result", "taken", "person", s.party.person))
}

// orphaned: the agent has hung up while the ladder is climbed. The caller still wants the clinician; but nobody is there to
// know a voice, so a telephone takes a PIN from now on.
func (p *patch) orphaned(c *Call, refer Transferor) bool {
	if refer != nil || c.agent == nil {
		return false
	}
	p.strict()
	p.won = func(c *Call, s *summons) {
		p.accepted(c, s)
		c.errand = nil
		c.succeed(s.party)
	}
	p.lost = func(c *Call) {
		c.note(PatchOver, "", with("result", "nobody"))
		c.errand = nil
		c.disperse(errRequeued)
	}
	c.retire(c.agent)
	c.held = false
	c.show(PatchingAlone)
	c.arrange()
	return true
}

// strict asks for a PIN where that was not asked so far.
func (p *patch) strict() {
	if p.plan.WithoutPIN {
		return
	}
	p.rule = ByPIN
	for _, s := range p.asked {
		if s.party.user == "" {
			s.rule = ByPIN
		}
	}
}

// patchAlone joins the caller to the clinician on call with nobody between them: key 1 and her PIN. The caller hears music
// and, time and again, that she is not forgotten. errNobody: nobody took it.
func (c *Call) patchAlone(ctx context.Context, _ *policy.Step) (*party, error) {
	plan, rule := c.patchNow(), ByPIN
	if plan.WithoutPIN {
		rule = ByKey
	}
	return c.climbAlone(ctx, newAscent(c, plan, policy.Urgent, rule))
}

// climbAlone waits on the caller's side until somebody of a ladder has taken the call.
func (c *Call) climbAlone(ctx context.Context, a *ascent) (*party, error) {
	if len(a.plan.Steps) == 0 {
		return nil, errNobody
	}
	if err := c.answerCaller(ctx); err != nil {
		return nil, err
	}
	var found *party
	p := &patch{ascent: a}
	p.won = func(c *Call, s *summons) {
		p.accepted(c, s)
		found = s.party
		c.mail.wake()
	}
	p.lost = func(c *Call) {
		c.note(PatchOver, "", with("result", "nobody"))
		c.mail.wake()
	}
	if err := c.begin(p); err != nil {
		return nil, errors.Join(errNobody, err)
	}
	c.show(PatchingAlone)
	stop := c.company()
	defer stop()
	p.start(c)
	for !p.over {
		if _, err := next[time.Time](ctx, c, nil); err != nil {
			return nil, err // the call ends: file abandons the errand
		}
	}
	c.errand = nil
	if found != nil && found.ended { // she took it, and hung up before anybody spoke
		c.record.Taken = nil
		c.note(NotTaken, found.name(), with("person", found.person, "why", "left"))
		found = nil
	}
	if found == nil {
		return nil, errNobody
	}
	found.place = placeRung
	return found, nil
}

// company is what a caller hears for whom somebody is being looked for: music, and words between. Never silence.
func (c *Call) company() (stop func()) {
	var halt func()
	var music, words func(*Call)
	music = func(c *Call) {
		if _, p := c.prompt(c.plan.Music, "music"); p != nil {
			c.caller.voice.Play(p, 0)
		}
		halt = c.after(companyEvery, words)
	}
	words = func(c *Call) {
		_, p := c.prompt("still_trying", "please_hold")
		if p == nil {
			music(c)
			return
		}
		halt = c.when(c.caller.voice.Play(p, 1), music)
	}
	words(c)
	return func() {
		halt()
		c.caller.voice.Quiet()
	}
}

const companyEvery = 20 * time.Second

// reachLost asks the agent whose connection died in this call, when nobody else has answered. errNobody: none did, or she
// does not take it.
func (c *Call) reachLost(ctx context.Context) (*party, error) {
	person := c.lostAgent
	c.lostAgent = ""
	return c.reachByTelephone(ctx, person)
}

// reachByTelephone asks an agent at the telephone she enrolled, when her connection has died and nobody else is there: key
// 1 and her PIN. errNobody: she did not take it, or has none.
func (c *Call) reachByTelephone(ctx context.Context, person string) (*party, error) {
	pins := c.board.ports.PINs
	if person == "" || pins == nil || pins.Telephone(person).IsZero() {
		return nil, errNobody
	}
	step := policy.PatchStep{Name: "telephone", Mode: policy.Together, For: policy.DefaultRing, People: []policy.Reachable{{Person: person}}}
	a := newAscent(c, policy.PatchPlan{Steps: []policy.PatchStep{step}}, policy.Urgent, ByPIN)
	a.own = true
	return c.climbAlone(ctx, a)
}

// wake lets the phase that waits look again: an errand keeps its parties' happenings to itself.
func (m *mailbox) wake() { m.post(happening{do: func(*Call) {}}) }

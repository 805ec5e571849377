package call

import (
	"cmp"
	"slices"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// ascent climbs a ladder of people by the machine of policy: who is asked, for how long, who is next. It lives on the
// call's goroutine; people are found anew at each attempt, and a telephone rings once a round, whoever is reached at it.
type ascent struct {
	plan    policy.PatchPlan
	rule    AcceptRule // at a telephone; a phone that is registered is its owner's already
	words   [][]string
	ladder  policy.Ladder
	asked   []*summons
	dialled map[phi.Phone]bool // in this round
	round   int
	own     bool // not the clinic's ladder: its people are as they were given
	clock   func()
	due     bool // the time is up, but somebody is deciding
	over    bool
	won     func(*Call, *summons)
	lost    func(*Call)
}

// newAscent makes one that has not begun.
func newAscent(c *Call, plan policy.PatchPlan, urgency policy.Urgency, rule AcceptRule) *ascent {
	rungs := make([]policy.Rung, 0, len(plan.Steps))
	for i, s := range plan.Steps {
		r := policy.Rung{Name: s.Name, Tier: i + 1, Mode: s.Mode, Delay: cmp.Or(s.For, plan.RingFor, policy.DefaultRing)}
		for _, p := range s.People {
			r.People = append(r.People, p.Person)
		}
		rungs = append(rungs, r)
	}
	a := &ascent{plan: plan, rule: rule, dialled: map[phi.Phone]bool{}}
	a.ladder = policy.NewLadder(c.arrival.ID, rungs, max(plan.Rounds, 1)-1, c.now())
	a.ladder.Kind, a.ladder.Urgency = "patch", urgency
	a.words = whisperOf(plan.Patch, urgency)
	return a
}

// whisperOf is what she hears who is asked: that we call, for which clinic, how urgent it is, what the keys do. Nothing of
// the caller.
func whisperOf(p policy.Patch, urgency policy.Urgency) [][]string {
	u := "urgency_" + string(cmp.Or(urgency, policy.Routine))
	return [][]string{{p.Greeting, "nightbell_call"}, {"clinic_name", "a_clinic"}, {u, "urgency_urgent"}, {"patch_keys"}}
}

// begin makes the first attempt.
func (a *ascent) begin(c *Call) {
	a.climb(c, policy.LadderEvent{Kind: policy.Ticked, At: later(c.now(), a.ladder.Due)})
}

// climb tells the machine what happened and does what it asks, until it asks for nothing more.
func (a *ascent) climb(c *Call, events ...policy.LadderEvent) {
	for len(events) > 0 && !a.over {
		var actions []policy.Action
		e := events[0]
		e.Who = a.who(c)
		a.ladder, actions = a.ladder.On(e)
		events = events[1:]
		for _, act := range actions {
			events = append(events, a.do(c, act)...)
		}
	}
	a.wind(c)
}

// do does one action. What it gives is for the machine to hear next.
func (a *ascent) do(c *Call, act policy.Action) []policy.LadderEvent {
	switch act.Do {
	case policy.Leave:
		a.leave(c, act.People)
	case policy.Skip:
		if len(a.plan.Steps[act.Rung].People) == 0 { // else its people have had their turn
			c.note(PassedOver, "", with("step", act.Name, "why", "empty"))
		}
	case policy.Alarm:
		a.exhausted(c)
	case policy.Try:
		if act.Round == a.round {
			return a.try(c, act)
		}
		a.round = act.Round
		clear(a.dialled)
		if a.plan.Spacing <= 0 {
			return a.try(c, act)
		}
		a.ladder.Due = a.ladder.Due.Add(a.plan.Spacing)
		c.after(a.plan.Spacing, func(c *Call) {
			if !a.over {
				a.climb(c, a.try(c, act)...)
			}
		})
	}
	return nil
}

// try rings everybody of an attempt. Those to whom there is no way now have declined.
func (a *ascent) try(c *Call, act policy.Action) (declined []policy.LadderEvent) {
	for _, person := range act.People {
		reach := a.reach(c, act.Rung, person)
		if !a.ring(c, act.Rung, reach) && !a.dial(c, act.Rung, reach) {
			declined = append(declined, policy.LadderEvent{Kind: policy.Declined, Person: person, At: c.now()})
		}
	}
	return declined
}

// who finds the people of a rung anew: somebody may have taken the shift since the call came.
func (a *ascent) who(c *Call) func(policy.Rung, time.Time) []string {
	return func(r policy.Rung, _ time.Time) (people []string) {
		for _, p := range a.steps(c)[r.Tier-1].People { // the tier is its place among the steps

			people = append(people, p.Person)
		}
		return people
	}
}

// steps are the ladder's with their people as they are now; where the clinic's rules have changed meanwhile, as they were.
func (a *ascent) steps(c *Call) []policy.PatchStep {
	if a.own || c.board.ports.Patch == nil {
		return a.plan.Steps
	}
	now := c.board.ports.Patch(c.plan.Clinic)
	same := func(x, y policy.PatchStep) bool { return x.Name == y.Name }
	if now == nil || !slices.EqualFunc(now.Steps, a.plan.Steps, same) {
		return a.plan.Steps
	}
	return now.Steps
}

// reach finds the ways to a person anew.
func (a *ascent) reach(c *Call, rung int, person string) policy.Reachable {
	found := policy.Reachable{Person: person}
	for _, p := range a.steps(c)[rung].People {
		if p.Person == person {
			found = p
		}
	}
	if pins := c.board.ports.PINs; found.Phone.IsZero() && pins != nil {
		found.Phone = pins.Telephone(person)
	}
	return found
}

// ring rings the phones that she has registered and made ready. They are hers by their certificates: key 1 is enough.
func (a *ascent) ring(c *Call, rung int, r policy.Reachable) (any bool) {
	for _, contact := range c.board.ports.Phones.Contacts(c.plan.Clinic, r.Users) {
		if c.board.talking(contact.User) {
			continue
		}
		if p := c.invite(c.life, contact, r.Person); p != nil {
			a.ask(c, p, rung, ByKey)
			any = true
		}
	}
	return any
}

// dial rings her telephone, unless it has rung in this round.
func (a *ascent) dial(c *Call, rung int, r policy.Reachable) bool {
	why := ""
	switch {
	case r.Phone.IsZero():
		why = "no_telephone"
	case a.dialled[r.Phone]:
		why = "dialled"
	default:
		a.dialled[r.Phone] = true
		p := c.dial(c.life, Dialling{To: r.Phone}, r.Person)
		if p != nil {
			a.ask(c, p, rung, a.rule)
			return true
		}
		why = "unreachable"
	}
	c.note(PassedOver, "", with("person", r.Person, "why", why))
	return false
}

func (a *ascent) ask(c *Call, p *party, rung int, rule AcceptRule) {
	p.place = placeErrand
	if !a.own {
		c.board.wanted.ask(p.person, asking{call: c.arrival.ID, clinic: c.plan.Clinic, from: c.arrival.Inquiry.From, at: c.now()})
	}
	a.asked = append(a.asked, &summons{party: p, rung: rung, rule: rule, words: a.words, wait: cmp.Or(a.plan.AnswerWait, answerWait),
		over: a.answered})
}

// answered is what came of one summons. The first who takes it has it: that is decided here and nowhere else.
func (a *ascent) answered(c *Call, s *summons, v verdict) {
	a.asked = slices.DeleteFunc(a.asked, func(o *summons) bool { return o == s })
	if a.over {
		return
	}
	person := s.party.person
	if v == took {
		a.over = true
		a.ladder, _ = a.ladder.On(policy.LadderEvent{Kind: policy.Accepted, Person: person, At: c.now(), Reason: "accepted"})
		a.stop(c, ElsewhereTook, "call_taken")
		a.won(c, s)
		return
	}
	c.note(kindOf(v), s.party.name(), with("person", person))
	s.part(c, NoAnswer, partingWord(v))
	if a.others(person) || v == noReach && s.party.user != "" && a.dial(c, s.rung, a.reach(c, s.rung, person)) {
		return
	}
	a.climb(c, policy.LadderEvent{Kind: policy.Declined, Person: person, At: c.now()})
	if a.due && !a.deciding() && !a.over {
		a.tick(c)
	}
}

// others reports whether she is still asked at another phone.
func (a *ascent) others(person string) bool {
	return slices.ContainsFunc(a.asked, func(s *summons) bool { return s.party.person == person })
}

// wind sets the clock for the machine's next tick.
func (a *ascent) wind(c *Call) {
	if a.clock != nil {
		a.clock()
		a.clock = nil
	}
	if !a.over && !a.ladder.Due.IsZero() {
		a.clock = c.after(max(a.ladder.Due.Sub(c.now()), time.Millisecond), a.tick)
	}
}

// tick is the end of an attempt's time. Somebody who has answered and is deciding is not cut off: her own time is short.
func (a *ascent) tick(c *Call) {
	if a.due = a.deciding(); a.due {
		return
	}
	a.climb(c, policy.LadderEvent{Kind: policy.Ticked, At: later(c.now(), a.ladder.Due)})
}

func (a *ascent) deciding() bool { return slices.ContainsFunc(a.asked, (*summons).open) }

// leave stops ringing people whose time is over.
func (a *ascent) leave(c *Call, people []string) {
	for _, s := range slices.Clone(a.asked) {
		if slices.Contains(people, s.party.person) {
			a.drop(c, s, NoAnswer, "")
		}
	}
}

// stop lets everybody go who is still asked.
func (a *ascent) stop(c *Call, cause Cause, word string) {
	if a.clock != nil {
		a.clock()
	}
	for _, s := range slices.Clone(a.asked) {
		if cause == ElsewhereTook {
			c.note(TakenElsewhere, s.party.name(), with("person", s.party.person))
		}
		a.drop(c, s, cause, word)
	}
}

func (a *ascent) drop(c *Call, s *summons, cause Cause, word string) {
	s.close()
	s.part(c, cause, word)
	a.asked = slices.DeleteFunc(a.asked, func(o *summons) bool { return o == s })
}

func (a *ascent) exhausted(c *Call) {
	a.over = true
	a.stop(c, NoAnswer, "")
	a.lost(c)
}

// happened offers a happening to whom it befell.
func (a *ascent) happened(c *Call, h happening) bool {
	for _, s := range a.asked {
		if s.happened(c, h) {
			return true
		}
	}
	return false
}

// abandon takes everything back without a word.
func (a *ascent) abandon(c *Call, cause Cause) {
	a.over = true
	a.stop(c, cause, "")
}

// line is what people see: that somebody decides is worth knowing.
func (a *ascent) line() LineView {
	if a.deciding() {
		return LineView{What: "patch", State: "deciding"}
	}
	return LineView{What: "patch", State: "ringing"}
}

func kindOf(v verdict) EventKind {
	switch v {
	case turnedDown:
		return TurnedDown
	case noKey:
		return NotTaken
	case pinRefused:
		return PINRefused
	}
	return Unreached
}

// partingWord is what she hears who does not take it.
func partingWord(v verdict) string {
	switch v {
	case turnedDown:
		return "call_declined"
	case pinRefused:
		return "call_not_yours"
	}
	return ""
}

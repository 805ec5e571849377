package call

import (
	"errors"
	"slices"
)

// errPickedUp ends a hunt or a wait: an agent took the caller by herself.
var errPickedUp = errors.New("picked up")

// Guest brings an INVITE of a registered phone into the call that it means. An *Unfit says that there is none; then the
// leg is the asker's to refuse. Else the call serves it, or refuses it itself.
func (b *Switchboard) Guest(g Guest) error {
	c := b.host(g)
	if c == nil {
		return unfit(NoSuchCall)
	}
	c.mail.post(happening{do: func(c *Call) { c.receive(g) }})
	return nil
}

// Meant is the running call that a guest means, as it stands now. Nobody is brought into it.
func (b *Switchboard) Meant(g Guest) (View, bool) {
	c := b.host(g)
	if c == nil {
		return View{}, false
	}
	return c.view(), true
}

// host finds the call that a guest means.
func (b *Switchboard) host(g Guest) *Call {
	watched := ""
	if g.Want == Monitor && b.ports.Numbers != nil {
		if t := b.ports.Numbers.Meaning("", g.To); len(t.Users) > 0 {
			watched = t.Users[0]
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.Call != "" {
		return b.calls[g.Call]
	}
	switch g.Want {
	case Retrieve:
		return b.slots[g.Slot]
	case Consult:
		return b.busy[g.User]
	case Monitor:
		return b.busy[watched]
	case Replace:
		for _, c := range b.calls {
			if slices.Contains(c.view().legs, g.Replaces) {
				return c
			}
		}
	case PickUp:
		return b.longestWaiting(g.User)
	}
	return nil
}

// longestWaiting is the caller who has waited longest of those whom user may be offered.
func (b *Switchboard) longestWaiting(user string) *Call {
	var oldest *Call
	for _, c := range b.calls {
		v := c.view()
		if v.State != Hunting && v.State != Waiting || !b.mayServe(v.Clinic, user) {
			continue
		}
		if oldest == nil || v.Arrived.Before(oldest.view().Arrived) {
			oldest = c
		}
	}
	return oldest
}

// mayServe reports whether user may be given callers of clinic.
func (b *Switchboard) mayServe(clinic, user string) bool {
	if agents := b.ports.Agents; agents != nil {
		return agents.Present(clinic, user)
	}
	return len(b.ports.Phones.Contacts(clinic, []string{user})) > 0
}

// receive makes the guest a party of this call, or refuses her leg.
func (c *Call) receive(g Guest) {
	welcome := map[GuestWish]func(*party, Guest) error{
		Retrieve: c.guestRetrieves, PickUp: c.guestPicksUp, Consult: c.guestConsults, Replace: c.guestReplaces, Monitor: c.guestMonitors,
	}[g.Want]
	if welcome == nil || c.life.Err() != nil {
		_ = g.Leg.Refuse(Refusal{Cause: Unreachable})
		return
	}
	p := &party{user: g.User, person: g.Person, leg: g.Leg, since: c.now()}
	p.record = LegRecord{User: g.User, Person: g.Person, Invited: c.now()}
	err := c.takeGuest(p, g)
	if err == nil {
		err = welcome(p, g)
	}
	if err == nil {
		return
	}
	refused := refusal(NotAcceptable, err)
	if not := (*Unfit)(nil); errors.As(err, &not) {
		refused = Refusal{Cause: Declined, Warning: not.Error()}
	}
	_ = g.Leg.Refuse(refused)
	p.ended = true
	if p.voice != nil {
		p.voice.Close()
	}
}

// takeGuest makes the guest's sound in this call and listens to her leg.
func (c *Call) takeGuest(p *party, g Guest) error {
	voice, err := c.sound.NewVoice(g.Profile)
	if err != nil {
		return err
	}
	p.take(voice, c.hear(p))
	if g.Offer == nil {
		p.local, err = voice.Offer(c.caller.voice)
	} else {
		p.local, err = voice.Answer(g.Offer)
	}
	return err
}

// admit answers a guest's INVITE; she is heard at once.
func (c *Call) admit(p *party, g Guest) error {
	if !c.board.engage(p.user, c) {
		return unfit(LineBusy)
	}
	if err := p.leg.Answer(p.local); err != nil {
		c.free(p)
		return unfit(Gone)
	}
	p.confirmed = true
	p.record.Answered = c.now()
	c.phones = append(c.phones, p)
	g.Listen(c.post(p))
	c.note(LegAnswered, p.name(), with("guest", string(g.Want)))
	return nil
}

func (c *Call) guestRetrieves(p *party, g Guest) error {
	e, is := c.errand.(*parked)
	switch {
	case !is || e.slot != g.Slot:
		return unfit(NotNow)
	case !c.board.mayServe(c.plan.Clinic, g.User):
		return unfit(NotAllowed)
	}
	if err := c.admit(p, g); err != nil {
		return err
	}
	e.retrieved(c, p)
	return nil
}

func (c *Call) guestPicksUp(p *party, g Guest) error {
	if c.state != Hunting && c.state != Waiting || c.volunteer != nil {
		return unfit(NotNow)
	}
	if err := c.admit(p, g); err != nil {
		return err
	}
	c.volunteer = p
	return nil
}

// guestConsults: a second call of the agent's phone while she talks here; whom she dialled is rung by this call.
func (c *Call) guestConsults(p *party, g Guest) error {
	if c.state != Talking || !c.joined || c.agent == nil || c.agent.ended || c.agent.user != g.User {
		return unfit(NotNow)
	}
	if c.errand != nil || c.third != nil {
		return unfit(LineBusy)
	}
	t, err := c.target(Command{To: g.To})
	if err != nil {
		return err
	}
	p.place = placeAgent
	if err := c.openConsult(t, p); err != nil {
		return err
	}
	c.phones = append(c.phones, p)
	g.Listen(c.post(p))
	_ = p.leg.Ring(nil)
	return nil
}

// guestReplaces takes over the leg that its Replaces names (RFC 3891): the same person at another phone, or a colleague who
// may serve the clinic.
func (c *Call) guestReplaces(p *party, g Guest) error {
	var old *party
	for _, q := range []*party{c.agent, c.third} {
		if q != nil && q.attendsOrHolds() && legID(q) == g.Replaces {
			old = q
		}
	}
	switch {
	case !c.joined || old == nil || c.second != nil:
		return unfit(NotNow)
	case old.user != g.User && (old.person == "" || old.person != g.Person) && !c.board.mayServe(c.plan.Clinic, g.User):
		return unfit(NotAllowed)
	}
	if err := c.admit(p, g); err != nil {
		return err
	}
	c.note(Transferred, p.name(), with("by", old.name(), "how", "replaced"))
	if old == c.third {
		c.mark("left", old.name())
		old.place, p.place = placeGone, placeThird
		c.third = p
		c.mark("joined", p.name())
	} else {
		c.agent = nil
		c.retire(old)
		c.takeOver(p)
	}
	c.dismissAgent(old)
	c.arrange()
	return nil
}

func (c *Call) guestMonitors(p *party, g Guest) error {
	if c.state != Talking || !c.joined || len(c.observers) >= mostObservers {
		return unfit(NotNow)
	}
	if err := c.admit(p, g); err != nil {
		return err
	}
	p.place, p.mode, p.wants = placeObserver, listens, listens
	c.observers = append(c.observers, p)
	c.note(Observed, p.name(), with("mode", string(listens)))
	c.arrange()
	return nil
}

// attendsOrHolds reports whether a party's dialog stands and its sound with it.
func (p *party) attendsOrHolds() bool { return p.confirmed && !p.ended }

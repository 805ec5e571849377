package call

import (
	"slices"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// observing is how a supervisor takes part.
type observing string

const (
	listens  observing = "listen"  // hears the agent and whom the agent hears
	whispers observing = "whisper" // and is heard by the agent alone
	barges   observing = "barge"   // is in the conversation
)

const (
	observeTime   = 30 * time.Second // a supervisor's phone rings no longer
	mostObservers = 4
)

// barging are the supervisors who are in the conversation.
func (c *Call) barging() []*party {
	var in []*party
	for _, o := range c.observers {
		if o.mode == barges && o.attends() {
			in = append(in, o)
		}
	}
	return in
}

// observe rings a supervisor's phone, or changes how she takes part who is there already.
func (c *Call) observe(cmd Command, mode observing) error {
	if mode == barges && c.announceJoining() && c.promptNamed("joined") == nil {
		return unfit(NoPrompt)
	}
	if o := c.observer(cmd); o != nil {
		return c.turnTo(o, mode)
	}
	users := []string{cmd.User}
	if cmd.User == "" {
		if c.board.ports.Numbers == nil || cmd.By == "" {
			return unfit(Nobody)
		}
		users = c.board.ports.Numbers.Users(cmd.By)
	}
	if len(c.observers) >= mostObservers {
		return unfit(LineBusy)
	}
	rung := false
	for _, contact := range c.board.ports.Phones.Contacts("", users) {
		if c.board.talking(contact.User) {
			continue
		}
		p := c.inviteAs(c.life, contact, cmd.By, Invite{Auto: true})
		if p == nil {
			continue
		}
		p.place, p.wants, p.mode, p.since = placeObserver, mode, listens, c.now()
		c.observers = append(c.observers, p)
		c.after(observeTime, func(c *Call) {
			if !p.confirmed {
				p.dismiss(NoAnswer, c.now())
			}
		})
		rung = true
	}
	if !rung {
		return unfit(Nobody)
	}
	return nil
}

// observer finds the supervisor whom a command means.
func (c *Call) observer(cmd Command) *party {
	i := slices.IndexFunc(c.observers, func(o *party) bool {
		return !o.ended && (cmd.User != "" && o.user == cmd.User || cmd.User == "" && o.person != "" && o.person == cmd.By)
	})
	if i < 0 {
		return nil
	}
	return c.observers[i]
}

// observerDid serves what befalls a supervisor's leg: she hears nothing before her phone answered.
func (c *Call) observerDid(p *party, e LegEvent) {
	if e.Kind != Answered || !slices.Contains(c.observers, p) {
		return
	}
	if !c.won(p, &e) {
		return
	}
	for _, o := range c.observers { // her other phones fall silent
		if o != p && o.person == p.person && !o.confirmed {
			o.dismiss(ElsewhereTook, c.now())
		}
	}
	p.since = c.now()
	c.note(Observed, p.name(), with("mode", string(listens)))
	_ = c.turnTo(p, p.wants)
}

// turnTo changes how a supervisor takes part. Where the law wants everybody told, the others hear first that somebody
// joins; until then she listens.
func (c *Call) turnTo(o *party, mode observing) error {
	o.wants = mode
	if !o.confirmed {
		return nil
	}
	if mode != barges || o.mode == barges || !c.announceJoining() {
		c.turnNow(o, mode)
		return nil
	}
	name, p := c.prompt("joined")
	if p == nil {
		return unfit(NoPrompt)
	}
	c.note(Announced, "caller", with("prompt", name))
	done := c.caller.voice.Play(p, 1)
	c.caller.tuned = false // it took the place of whatever played
	c.when(done, func(c *Call) {
		if !o.ended && o.wants == barges && slices.Contains(c.observers, o) {
			c.turnNow(o, barges)
		}
	})
	return nil
}

func (c *Call) turnNow(o *party, mode observing) {
	if o.mode != mode {
		c.note(Observed, o.name(), with("mode", string(mode)))
		c.markObserver(o, mode)
	}
	o.mode = mode
	c.recordWhisper(o)
	c.arrange()
}

// markObserver tells the recording of supervisors who are heard by the caller; of others it knows nothing.
func (c *Call) markObserver(o *party, mode observing) {
	switch {
	case mode == barges:
		c.mark("joined", o.name())
	case o.mode == barges:
		c.mark("left", o.name())
	}
}

// recordWhisper keeps what a supervisor and the agent hear of each other in a file of its own, where the clinic's rule
// wants that.
func (c *Call) recordWhisper(o *party) {
	kept := c.plan.Patch != nil && c.plan.Patch.WhisperKept && o.mode == whispers
	switch {
	case kept && o.aside == nil:
		o.aside = c.recordAside(Whispering, o.voice, [2]string{o.name(), c.agentName()})
	case !kept && o.aside != nil:
		o.aside.Stop(media.Complete)
		o.aside = nil
	}
}

// announceJoining reports whether everybody has to be told who joins.
func (c *Call) announceJoining() bool { return c.plan.Consent.Rule == policy.AllParties }

// inform tells somebody outside who joins that she is recorded, where everybody has to be told.
func (c *Call) inform(p *party) {
	if p.user != "" || c.rec == nil || !c.announceJoining() {
		return
	}
	name, words := c.prompt(c.plan.Announce, "announcement")
	if words == nil {
		return
	}
	c.note(Announced, p.name(), with("prompt", name))
	p.voice.Play(words, 1)
}

// leaveCall lets a supervisor go.
func (c *Call) leaveCall(cmd Command) error {
	o := c.observer(cmd)
	if o == nil {
		return unfit(Nobody)
	}
	o.dismiss(Completed, c.now())
	return nil
}

// seeOff forgets supervisors who have gone; nobody in the conversation notices unless one was in it.
func (c *Call) seeOff() {
	var stay []*party
	changed := false
	for _, o := range c.observers {
		if !o.ended {
			stay = append(stay, o)
			continue
		}
		changed = true
		c.forgetObserver(o)
	}
	c.observers = stay
	if changed {
		c.arrange()
	}
}

func (c *Call) forgetObserver(o *party) {
	if !o.confirmed {
		return
	}
	c.markObserver(o, listens)
	o.mode = listens
	c.recordWhisper(o)
	c.free(o)
	c.note(Unobserved, o.name(), nil)
}

func (c *Call) agentName() string {
	if c.agent == nil {
		return ""
	}
	return c.agent.name()
}

package call

import "slices"

// place is a party's part in the call.
type place byte

const (
	placeRung     place = iota // a phone that is rung to become the agent
	placeCaller                // whose affair the call is
	placeAgent                 // talks with the caller
	placeThird                 // was fetched by the agent: consulted, then perhaps in the conversation
	placeObserver              // a supervisor
	placeErrand                // rung, dialled or spoken to by an errand; nobody of the conversation hears her yet
	placeGone                  // has left the conversation; her leg ends
)

// String is the word of views and of the record.
func (p place) String() string {
	return [...]string{"rung", "caller", "agent", "third", "observer", "errand", "gone"}[p]
}

// room is who is in the conversation, and who is kept apart in it.
type room struct {
	third     *party   // nil: nobody; else she has answered
	second    *party   // the agent's second leg: her phone consults by a call of its own
	observers []*party // supervisors, ringing ones too
	apart     bool     // agent and third speak with each other; the caller has music
	held      bool     // the agent holds the caller by command, not by her phone
	alone     string   // the prompt a caller hears whom nobody speaks with; empty: the clinic's music
	volunteer *party   // took the caller by herself while others were sought
	errand    errand   // the line that is open; nil: none
	slot      string   // where the caller is parked; empty: nowhere
	parted    bool     // the conversation is over
	verdict   error    // and what is done for the caller then; nil: nothing
}

// arrange computes who hears whom from places, holds and modes, tells sound, and lets nobody wait in silence who should
// not: who is left alone has music.
func (c *Call) arrange() {
	if !c.joined {
		return
	}
	hears := map[*party][]*party{}
	for _, circle := range c.circles() {
		for _, p := range circle {
			hears[p] = without(circle, p)
		}
	}
	c.overhear(hears)
	c.sound.Arrange(c.hearings(hears))
	for _, p := range c.present() {
		if len(hears[p]) > 0 {
			p.tune(c, "")
		} else {
			p.tune(c, c.pastime(p))
		}
	}
}

// scatter parts everybody.
func (c *Call) scatter() { c.sound.Arrange(nil) }

// circles are those who speak with each other now. A party that holds, or that is neither connected nor heard, is in none.
func (c *Call) circles() [][]*party {
	var all [][]*party
	switch {
	case c.second != nil && c.apart: // her phone keeps two calls: each pair by itself
		all = [][]*party{{c.caller, c.agent}, {c.second, c.third}}
	case c.second != nil:
		all = [][]*party{{c.caller, c.second, c.third}}
	case c.apart, c.held:
		all = [][]*party{{c.caller}, {c.agent, c.third}}
	default:
		all = [][]*party{{c.caller, c.agent, c.third}}
	}
	for i, circle := range all {
		all[i] = slices.DeleteFunc(circle, func(p *party) bool { return !p.attends() })
	}
	if c.caller.attends() && slices.Contains(all[0], c.caller) {
		all[0] = append(all[0], c.barging()...)
	}
	return all
}

// overhear adds what observers hear, and what the agent hears of one who whispers. They hear the agent and whom the
// agent hears; a caller who is on hold is not listened to.
func (c *Call) overhear(hears map[*party][]*party) {
	agent := c.agent
	if agent == nil || !agent.attends() {
		agent = c.second
	}
	if agent == nil || !agent.attends() {
		return
	}
	heard := append([]*party{agent}, hears[agent]...)
	for _, o := range c.observers {
		if !o.attends() || o.mode == barges && slices.Contains(heard, o) {
			continue
		}
		hears[o] = slices.Clone(heard)
		if o.mode == whispers {
			hears[agent] = append(hears[agent], o)
		}
	}
}

// hearings says it in voices, in an order that does not change from one time to the next.
func (c *Call) hearings(hears map[*party][]*party) []Hearing {
	var all []Hearing
	for _, p := range c.present() {
		if len(hears[p]) == 0 {
			continue
		}
		h := Hearing{Listener: p.voice}
		for _, q := range hears[p] {
			h.Sources = append(h.Sources, q.voice)
		}
		all = append(all, h)
	}
	return all
}

// present are all whose sound stands, the caller first.
func (c *Call) present() []*party {
	all := append([]*party{c.caller, c.agent, c.second, c.third}, c.observers...)
	return slices.DeleteFunc(all, func(p *party) bool { return p == nil || p.ended || p.voice == nil || !p.confirmed })
}

// pastime is the prompt that a party hears whom nobody speaks with; empty: nothing.
func (c *Call) pastime(p *party) string {
	switch {
	case p.holding || p.place == placeObserver:
		return ""
	case p == c.caller && c.alone != "":
		return c.alone
	case p == c.caller || p == c.third:
		return c.music()
	case c.apart && c.third == nil && c.second == nil: // whom she asked for is being rung
		return "ringback"
	case p == c.agent && c.caller.holding, p == c.second && c.third != nil:
		return c.music()
	}
	return ""
}

// music is the clinic's, where there is such a prompt.
func (c *Call) music() string {
	name, _ := c.prompt(c.plan.Music, "music")
	return name
}

// attends reports whether a party may speak and hear now.
func (p *party) attends() bool {
	return p != nil && p.voice != nil && p.confirmed && !p.ended && !p.holding && !(p.lost && p.silent)
}

// tune plays a prompt to a party for as long as nobody speaks with her; empty: none. One that plays goes on.
func (p *party) tune(c *Call, name string) {
	if p.tuned && p.plays == name {
		return
	}
	p.tuned, p.plays = true, name
	prompt := c.promptNamed(name)
	if prompt == nil {
		p.voice.Quiet()
		return
	}
	p.voice.Play(prompt, 0)
}

func without(circle []*party, p *party) []*party {
	var others []*party
	for _, q := range circle {
		if q != p {
			others = append(others, q)
		}
	}
	return others
}

// here are all who take part, ringing ones of the errand too.
func (c *Call) here() []*party {
	all := append([]*party{c.caller, c.agent, c.second, c.third}, c.observers...)
	for _, p := range c.phones {
		if p.place == placeErrand {
			all = append(all, p)
		}
	}
	return slices.DeleteFunc(all, func(p *party) bool { return p == nil || p.ended })
}

package call

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// Keeper writes running calls down where they outlive the process: not a disk that somebody waits for. What it is given
// holds numbers and keys, and is sealed before it touches anything. It never blocks.
type Keeper interface {
	Keep(call string, state []byte)
	Drop(call string)
}

// Keepable is a Leg or a Voice that another process can go on with.
type Keepable interface {
	Keep() ([]byte, error)
}

// Revival takes up what Keepables left; cmd implements it over sip and media.
type Revival interface {
	Leg(kept []byte) (Leg, func(func(LegEvent)), error)
	Voice(s Sound, kept []byte) (Voice, error)
}

// keptCall is a call as it stood. Only those are kept whose caller's dialog is confirmed: before that nothing is left of
// it after a kill.
type keptCall struct {
	TrunkID string      `json:"trunk_id"`
	Number  string      `json:"number"`
	At      time.Time   `json:"at"`
	Trunk   TrunkFacts  `json:"trunk"`
	Plan    policy.Plan `json:"plan"`
	Record  keptRecord  `json:"record"`
	State   State       `json:"state"`
	Part    int         `json:"part"` // of the recording; 0: there is none
	Consent string      `json:"consent,omitempty"`
	Asked   bool        `json:"asked"`
	First   bool        `json:"first"`
	Former  []string    `json:"former,omitempty"`
	Parties []keptParty `json:"parties"`
}

// keptRecord puts the clear number where Record has one that redacts itself.
type keptRecord struct {
	Record
	From string
}

type keptParty struct {
	Place   place     `json:"place"`
	User    string    `json:"user,omitempty"`
	Person  string    `json:"person,omitempty"`
	Leg     []byte    `json:"leg"`
	Voice   []byte    `json:"voice"`
	Holding bool      `json:"holding,omitempty"`
	Since   time.Time `json:"since"`
	Record  LegRecord `json:"record"`
}

// remains is what of a call another process needs beside its parties.
type remains struct {
	keeping     bool   // it is about to be written down
	part        int    // parts of the conversation's recording so far
	consentWord string // under which it is made
}

// keepPause lets changes that come together be written down once.
const keepPause = 200 * time.Millisecond

// keepSoon has the call written down shortly.
func (c *Call) keepSoon() {
	if c.board.ports.Keeper == nil || c.keeping {
		return
	}
	c.keeping = true
	c.after(keepPause, func(c *Call) {
		c.keeping = false
		c.keep()
	})
}

// keep writes the call down as it stands. What cannot be kept now keeps its last state: an open offer is soon over.
func (c *Call) keep() {
	k := keptCall{
		TrunkID: c.arrival.Inquiry.Trunk, Number: c.arrival.Inquiry.Number, At: c.arrival.Inquiry.At,
		Trunk: c.arrival.Trunk, Plan: c.plan, Record: keptRecord{c.record, c.record.From.Reveal()},
		State: c.state, Asked: c.asked, First: c.arrivedFirst, Former: c.former, Part: c.part, Consent: c.consentWord,
	}
	for _, p := range c.present() {
		if p.place == placeObserver {
			continue // she rings in again by herself
		}
		kept, ok := p.kept()
		if !ok {
			return
		}
		k.Parties = append(k.Parties, kept)
	}
	if len(k.Parties) == 0 || k.Parties[0].Place != placeCaller {
		return
	}
	state, err := json.Marshal(k)
	if err != nil {
		return
	}
	c.board.ports.Keeper.Keep(c.arrival.ID, state)
}

func (p *party) kept() (keptParty, bool) {
	leg, ok := p.leg.(Keepable)
	if !ok {
		return keptParty{}, false
	}
	voice, ok := p.voice.(Keepable)
	if !ok {
		return keptParty{}, false
	}
	k := keptParty{Place: p.place, User: p.user, Person: p.person, Holding: p.holding, Since: p.since, Record: p.record}
	var err error
	if k.Leg, err = leg.Keep(); err != nil {
		return k, false
	}
	k.Voice, err = voice.Keep()
	return k, err == nil
}

// TakeUp goes on with a call that another process left when it was killed. False: it cannot be saved; then whoever of it
// comes back is told BYE, and the caller of TakeUp files it as cut off.
func (b *Switchboard) TakeUp(id string, state []byte, r Revival) bool {
	var k keptCall
	if json.Unmarshal(state, &k) != nil || len(k.Parties) == 0 {
		return false
	}
	from := phi.NewPhone(k.Record.From)
	c := &Call{board: b, sound: b.ports.Sound(), mail: mailbox{bell: make(chan struct{}, 1)}, over: make(chan struct{})}
	c.arrival = Arrival{ID: id, Inquiry: policy.Inquiry{Trunk: k.TrunkID, Number: k.Number, From: from, At: k.At}, Trunk: k.Trunk}
	c.plan, c.record, c.asked, c.former = k.Plan, k.Record.Record, k.Asked, k.Former
	c.record.From = from
	c.arrivedFirst, c.part, c.consentWord = k.First, k.Part, k.Consent
	c.state, c.stateSince = k.State, b.ports.Now()
	if !c.revive(k.Parties, r) || !b.admit(c) {
		c.letGo()
		return false
	}
	go func() {
		defer b.forget(c)
		c.handle(b.ctx)
	}()
	return true
}

// revive brings legs and voices back. Without the caller there is no call; without anybody else she waits for another.
func (c *Call) revive(parties []keptParty, r Revival) bool {
	for _, k := range parties {
		p := &party{user: k.User, person: k.Person, place: k.Place, holding: k.Holding, since: k.Since, record: k.Record}
		leg, listen, err := r.Leg(k.Leg)
		if err != nil {
			continue
		}
		p.leg, p.confirmed, p.lost, p.revived = leg, true, true, true
		voice, err := r.Voice(c.sound, k.Voice)
		if err != nil {
			farewell(leg, listen)
			continue
		}
		c.seat(p)
		p.take(voice, c.hear(p))
		listen(c.post(p))
	}
	return c.caller != nil
}

func (c *Call) seat(p *party) {
	switch p.place {
	case placeCaller:
		c.caller = p
		return
	case placeAgent:
		c.agent = p
	case placeThird:
		c.third = p
	}
	c.phones = append(c.phones, p)
}

// letGo ends what was brought back of a call that cannot be saved.
func (c *Call) letGo() {
	for _, p := range append(slices.Clone(c.phones), c.caller) {
		if p != nil {
			p.leg.End(CutOff)
		}
	}
	c.sound.Close()
}

// farewell ends a dialog as soon as its connection is there again: nobody stays on the line with us who cannot be heard.
func farewell(leg Leg, listen func(func(LegEvent))) {
	listen(func(e LegEvent) {
		if e.Kind == FlowBack {
			go leg.End(CutOff)
		}
	})
}

// attendAgain goes on where the process before was killed: who talked goes on talking; who waited hears a word, and waits
// on before everybody else.
func (c *Call) attendAgain(ctx context.Context) error {
	c.note(Revived, "", with("state", string(c.state)))
	if c.part > 0 && c.asked {
		c.startRecording(c.consentWord)
	}
	agent := c.agent
	if agent == nil { // whom her agent had fetched may still be there
		agent, c.third = c.third, nil
	}
	c.agent = nil
	if agent != nil && (agent.user == "" || c.board.engage(agent.user, c)) {
		return c.accompany(ctx, agent)
	}
	if err := c.apologise(ctx); err != nil {
		return err
	}
	return c.accompany(ctx, nil)
}

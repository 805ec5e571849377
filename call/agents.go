package call

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// AgentState is what an agent does now. It is derived from live calls, from who is ready and from breaks that stand; there is
// no flag that could say something else.
type AgentState string

// The closed list. Of two that hold the upper one is shown.
const (
	AgentTalking  AgentState = "talking"
	AgentOffered  AgentState = "offered" // her phone rings for a caller
	AgentWrapUp   AgentState = "wrap_up" // writes down what the last caller said
	AgentBreak    AgentState = "break"
	AgentTraining AgentState = "training"
	AgentAway     AgentState = "away"    // not ready, or no phone of hers is registered
	AgentLimited  AgentState = "limited" // ready as a clinic's last one
	AgentReady    AgentState = "ready"
)

// AgentView is an agent as the console shows her. No PHI.
type AgentView struct {
	Person  string        `json:"person"`
	State   AgentState    `json:"state"`
	Since   time.Time     `json:"since,omitzero"`
	Until   time.Time     `json:"until,omitzero"` // of a break, a wrap-up
	Reason  string        `json:"reason,omitempty"`
	Call    string        `json:"call,omitempty"` // offered or talking
	Queue   string        `json:"queue,omitempty"`
	Clinics []string      `json:"clinics,omitempty"` // ready for these; nil: all
	Calls   int           `json:"calls"`             // answered today
	Talk    time.Duration `json:"talk"`              // today
	Idle    time.Time     `json:"idle,omitzero"`     // since when she has had no caller
	Missed  int           `json:"missed,omitempty"`  // offers in a row that she did not answer
}

// Teammate is somebody who may answer callers, ready or not.
type Teammate struct {
	Person  string
	Users   []string // her devices
	Skills  []string
	Ready   bool
	Limited bool
	Here    bool // a phone of hers is registered
	Since   time.Time
	Clinics []string // nil: all
}

// Rest is a break, a training or a wrap-up that outlives a restart.
type Rest struct {
	Person string
	State  AgentState // AgentBreak, AgentTraining, AgentWrapUp
	Reason string
	By     string // who ordered it; empty: she herself, or the house
	Since  time.Time
	Until  time.Time // zero: until it is ended
}

// Shelf keeps rests. It never blocks and never fails: what cannot be written now is written later.
type Shelf interface {
	Keep(Rest)
	Drop(person string)
	Kept() []Rest // at the start
}

// Why a break is refused.
var (
	ErrLastAgent = errors.New("last_agent") // a clinic would be left without anybody ready
	ErrNoAgent   = errors.New("no_agent")
	ErrNoRest    = errors.New("no_rest") // there is none to be ended
	ErrTooLong   = errors.New("too_long")
)

// RestMost is how long a break may be: a longer one is the end of a shift.
const RestMost = 12 * time.Hour

// Agents shows everybody who may answer, by person.
func (b *Switchboard) Agents() []AgentView { return b.hall.agentViews() }

// Break keeps callers from an agent until a moment; the zero moment is until EndBreak. Reason "training" is a training.
// What she is offered or talks about goes on. A clinic's last ready agent is refused: ErrLastAgent.
func (b *Switchboard) Break(person, reason string, until time.Time) error {
	if ports := b.ports.Agents; ports != nil && len(ports.Last(person)) > 0 {
		return ErrLastAgent
	}
	return b.ForceBreak(person, reason, until)
}

// ForceBreak is a supervisor's: it takes the last agent, too.
func (b *Switchboard) ForceBreak(person, reason string, until time.Time) error {
	now := b.ports.Now()
	if until.Sub(now) > RestMost {
		return ErrTooLong
	}
	state := AgentBreak
	if reason == string(AgentTraining) {
		state = AgentTraining
	}
	if !b.hall.rest(Rest{Person: person, State: state, Reason: reason, Since: now, Until: until}) {
		return ErrNoAgent
	}
	return nil
}

// EndBreak brings an agent back from a break or a training.
func (b *Switchboard) EndBreak(person string) error {
	if !b.hall.endRest(person, AgentBreak, AgentTraining) {
		return ErrNoRest
	}
	return nil
}

// EndWrapUp makes an agent free before her time for writing down is over.
func (b *Switchboard) EndWrapUp(person string) error {
	if !b.hall.endRest(person, AgentWrapUp) {
		return ErrNoRest
	}
	return nil
}

// Resting reports whether a break or a training keeps callers from a person now: her phones are not rung by any step.
func (b *Switchboard) Resting(person string) bool { return b.hall.resting(person) }

// agent is what the hall knows of somebody who may answer.
type agent struct {
	person string
	users  []string
	pause  Rest   // break or training; zero: none
	wrap   Rest   // wrap-up; zero: none
	holder holder // whose phone call rings her; nil: nobody's
	held   time.Time
	call   *Call // she talks in
	talks  time.Time
	row    *row          // whose caller that is; nil: none
	rests  time.Duration // the wrap-up after it
	calm   time.Time     // not asked before: she has just declined, or let it ring
	idle   time.Time
	missed int
	turn   uint64 // when she was last asked, in order
	day    string // of the counters
	calls  int
	talk   time.Duration
}

// holder is what rings a phone: a round of a step, or a caller in a queue.
type holder interface{ heldBy() *Call }

// agent finds or makes what is known of a person; the hall is locked.
func (h *hall) agent(person string, users []string) *agent {
	a := h.agents[person]
	if a == nil {
		a = &agent{person: person}
		h.agents[person] = a
	}
	for _, u := range users {
		if !slices.Contains(a.users, u) {
			a.users = append(a.users, u)
			h.owners[u] = a
		}
	}
	return a
}

// today begins the counters of a new day.
func (a *agent) today(now time.Time) {
	if day := now.Format(time.DateOnly); a.day != day {
		a.day, a.calls, a.talk = day, 0, 0
	}
}

func (h *hall) rest(r Rest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.known(r.Person) {
		return false
	}
	h.agent(r.Person, nil).pause = r
	h.keep(r)
	h.settle()
	return true
}

// known reports whether somebody of that name may answer at all.
func (h *hall) known(person string) bool {
	if h.agents[person] != nil {
		return true
	}
	return slices.ContainsFunc(h.team(), func(t Teammate) bool { return t.Person == person })
}

func (h *hall) endRest(person string, states ...AgentState) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.agents[person]
	if a == nil {
		return false
	}
	switch now := h.now(); {
	case a.pause.holds(now) && slices.Contains(states, a.pause.State):
		a.pause = Rest{}
	case a.wrap.holds(now) && slices.Contains(states, a.wrap.State):
		a.wrap, a.idle = Rest{}, now
	default:
		return false
	}
	h.reshelve(a)
	h.settle()
	return true
}

func (h *hall) resting(person string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.agents[person]
	return a != nil && a.pause.holds(h.now())
}

// holds reports whether the rest stands.
func (r Rest) holds(now time.Time) bool {
	return r.State != "" && (r.Until.IsZero() || now.Before(r.Until))
}

// keep puts a rest on the shelf; reshelve what is left of an agent's.
func (h *hall) keep(r Rest) {
	if h.shelf != nil {
		h.shelf.Keep(r)
	}
	h.tellAgent(r.Person)
}

func (h *hall) reshelve(a *agent) {
	now := h.now()
	switch {
	case a.pause.holds(now):
		h.keep(a.pause)
	case a.wrap.holds(now):
		h.keep(a.wrap)
	default:
		if h.shelf != nil {
			h.shelf.Drop(a.person)
		}
		h.tellAgent(a.person)
	}
}

// unpack takes up the rests that a restart found; of ended ones nothing is left.
func (h *hall) unpack() {
	if h.shelf == nil {
		return
	}
	for _, r := range h.shelf.Kept() {
		a := h.agent(r.Person, nil)
		if r.State == AgentWrapUp {
			a.wrap = r
		} else {
			a.pause = r
		}
	}
}

func (h *hall) tellAgent(person string) {
	h.board.changed(Change{Kind: AgentChanged, ID: person})
}

// team is everybody who may answer, as the house knows them now.
func (h *hall) team() []Teammate {
	if h.board.ports.Agents == nil {
		return nil
	}
	return h.board.ports.Agents.Team()
}

func (h *hall) agentViews() []AgentView {
	team := h.team()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	seen := map[string]bool{}
	var all []AgentView
	for _, t := range team {
		seen[t.Person] = true
		all = append(all, h.view(h.agent(t.Person, t.Users), &t, now))
	}
	if h.board.ports.Agents == nil { // nobody says who there is: whoever was ever asked
		for _, a := range h.agents {
			all = append(all, h.view(a, &Teammate{Ready: true, Here: true}, now))
		}
	}
	slices.SortFunc(all, func(a, b AgentView) int { return cmp.Compare(a.Person, b.Person) })
	return all
}

// view is one agent; the first state that holds is hers.
func (h *hall) view(a *agent, t *Teammate, now time.Time) AgentView {
	a.today(now)
	v := AgentView{Person: a.person, Since: t.Since, Clinics: t.Clinics, Calls: a.calls, Talk: a.talk, Idle: a.idle, Missed: a.missed}
	if a.row != nil {
		v.Queue = a.row.id
	}
	switch {
	case h.talks(a):
		v.State, v.Since, v.Idle = AgentTalking, a.talks, time.Time{}
		if a.call != nil {
			v.Call = a.call.arrival.ID
		}
	case a.holder != nil:
		v.State, v.Since, v.Call = AgentOffered, a.held, callID(a.holder.heldBy())
	case a.pause.holds(now):
		v.State, v.Since, v.Until, v.Reason = a.pause.State, a.pause.Since, a.pause.Until, a.pause.Reason
	case a.wrap.holds(now):
		v.State, v.Since, v.Until = AgentWrapUp, a.wrap.Since, a.wrap.Until
	case !t.Ready || !t.Here:
		v.State, v.Idle = AgentAway, time.Time{}
	case t.Limited:
		v.State = AgentLimited
	default:
		v.State = AgentReady
	}
	return v
}

func callID(c *Call) string {
	if c == nil {
		return ""
	}
	return c.arrival.ID
}

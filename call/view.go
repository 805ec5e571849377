package call

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"time"
)

// State is where a call stands, for people to look at; nothing decides on it but Nudge, which may err, and whether a
// command fits.
type State string

const (
	Deciding      State = "deciding"
	Greeting      State = "greeting"
	Hunting       State = "hunting" // phones ring for the caller
	Waiting       State = "waiting" // in a queue
	Menu          State = "menu"
	PatchingAlone State = "patching" // the ladder of clinicians is climbed, no agent is there
	Talking       State = "talking"
	Transferring  State = "transferring" // the agent has left; the target is rung
	Parked        State = "parked"
	TakingMessage State = "voicemail"
	Resorting     State = "last_resort"
	Over          State = "over"
)

// View is a running call as the console shows it. No PHI.
type View struct {
	ID          string        `json:"id"`
	Direction   string        `json:"direction"` // "in", "out"
	Clinic      string        `json:"clinic"`
	Trunk       string        `json:"trunk"`
	State       State         `json:"state"`
	Since       time.Time     `json:"since"`
	Arrived     time.Time     `json:"arrived"`
	Answered    time.Time     `json:"answered,omitzero"`
	Agent       string        `json:"agent,omitempty"`
	Former      []string      `json:"former,omitempty"` // agents who spoke with her before, in order
	Queue       string        `json:"queue,omitempty"`
	Position    int           `json:"position,omitempty"`
	Priority    int           `json:"priority,omitempty"`
	Parties     []PartyView   `json:"parties,omitempty"`
	Line        LineView      `json:"line,omitzero"`
	Recording   string        `json:"recording,omitempty"` // id
	Recorded    RecordingView `json:"recorded,omitzero"`
	Slot        string        `json:"slot,omitempty"`
	Attestation string        `json:"attestation,omitempty"` // STIR/SHAKEN: "A", "B", "C", "failed"
	Of          string        `json:"of,omitempty"`          // the call this one answers to

	legs []string // ids of its dialogs, for a Replaces
}

// PartyView is one party of a call.
type PartyView struct {
	Place  string    `json:"place"`
	User   string    `json:"user,omitempty"`
	Person string    `json:"person,omitempty"`
	State  string    `json:"state"`          // "ringing", "up", "lost"
	Mode   string    `json:"mode,omitempty"` // of an observer
	Held   bool      `json:"held,omitempty"` // hears nobody
	Since  time.Time `json:"since"`
}

// LineView is the sub-affair that is open.
type LineView struct {
	What  string `json:"what,omitempty"`  // "consult", "patch", "transfer", "park"
	State string `json:"state,omitempty"` // "ringing", "consulting", "three_way", "returning", or a patch's own word
}

// RecordingView says what becomes of the caller's words.
type RecordingView struct {
	State string `json:"state,omitempty"` // "running", "paused", "declined", "none"
	Why   string `json:"why,omitempty"`
}

// standing is where a waiting caller stands; the queue keeps it.
type standing struct {
	queue    string // id
	position int
	priority int
}

var errDrained = errors.New("server drained")

// show publishes the state; the view is replaced whole, so readers need no lock of the call.
func (c *Call) show(s State) {
	if c.state != s {
		c.state, c.stateSince = s, c.now()
	}
	c.refresh()
}

// refresh publishes what has changed since.
func (c *Call) refresh() {
	v := c.look()
	if old := c.seen.Load(); old != nil && reflect.DeepEqual(*old, v) {
		return
	}
	c.seen.Store(&v)
	c.keepSoon()
	c.board.changed(Change{Kind: CallChanged, ID: v.ID, Call: &v})
}

// look is the call as it stands now.
func (c *Call) look() View {
	v := View{ID: c.arrival.ID, Direction: cmp.Or(c.record.Direction, "in"), Of: c.record.Of, Clinic: c.plan.Clinic, Trunk: c.arrival.Trunk.ID, State: c.state, Since: c.stateSince,
		Arrived: c.record.Arrived, Answered: c.record.Answered, Former: slices.Clone(c.former), Queue: c.queue, Position: c.position,
		Priority: c.priority, Recording: c.record.Recording, Recorded: c.recorded, Slot: c.slot}
	if c.agent != nil {
		v.Agent = c.agent.user
	}
	for _, p := range c.here() {
		v.Parties = append(v.Parties, p.look(c))
		if id := legID(p); id != "" {
			v.legs = append(v.legs, id)
		}
	}
	v.Line = c.lineView()
	return v
}

// lineView tells of the errand, or of whom it brought.
func (c *Call) lineView() LineView {
	switch {
	case c.errand != nil:
		return c.errand.line()
	case c.third != nil && c.apart:
		return LineView{What: "consult", State: "consulting"}
	case c.third != nil:
		return LineView{What: "consult", State: "three_way"}
	}
	return LineView{}
}

func (p *party) look(c *Call) PartyView {
	v := PartyView{Place: p.place.String(), User: p.user, Person: p.person, State: "up", Since: p.since}
	switch {
	case !p.confirmed:
		v.State = "ringing"
	case p.lost:
		v.State = "lost"
	}
	if p.place == placeObserver {
		v.Mode = string(p.mode)
	}
	v.Held = p == c.caller && c.joined && c.agent != nil && (c.held || c.apart || c.agent.holding)
	return v
}

func (c *Call) view() View {
	if v := c.seen.Load(); v != nil {
		return *v
	}
	return View{ID: c.arrival.ID, Trunk: c.arrival.Trunk.ID, State: Deciding, Arrived: c.record.Arrived}
}

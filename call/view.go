package call

import (
	"errors"
	"time"
)

// State is where a call stands, for people to look at; nothing decides on it but Nudge, which may err.
type State string

const (
	Deciding  State = "deciding"
	Greeting  State = "greeting"
	Hunting   State = "hunting"
	Talking   State = "talking"
	Resorting State = "last_resort"
	Over      State = "over"
)

// View is a running call as the console shows it. No PHI.
type View struct {
	ID        string    `json:"id"`
	Clinic    string    `json:"clinic"`
	Trunk     string    `json:"trunk"`
	State     State     `json:"state"`
	Since     time.Time `json:"since"`
	Arrived   time.Time `json:"arrived"`
	Agent     string    `json:"agent,omitempty"`
	Recording string    `json:"recording,omitempty"`
}

var errDrained = errors.New("server drained")

// show publishes the state; the view is replaced whole, so readers need no lock of the call.
func (c *Call) show(s State) {
	v := View{ID: c.arrival.ID, Clinic: c.plan.Clinic, Trunk: c.arrival.Trunk.ID, State: s,
		Since: c.now(), Arrived: c.record.Arrived, Recording: c.record.Recording}
	if c.agent != nil {
		v.Agent = c.agent.user
	}
	c.seen.Store(&v)
}

func (c *Call) view() View {
	if v := c.seen.Load(); v != nil {
		return *v
	}
	return View{ID: c.arrival.ID, Trunk: c.arrival.Trunk.ID, State: Deciding, Arrived: c.record.Arrived}
}

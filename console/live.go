package console

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"nightbell/call"
)

// LiveCall is a call that runs. Nothing of it says who the caller is.
type LiveCall struct {
	call.View
	Revision string `json:"revision" doc:"changes with whatever is shown of the call; for If-Match of a command"`
}

// LiveOf gives a view its revision.
func LiveOf(v call.View) LiveCall {
	h := fnv.New64a()
	b, _ := json.Marshal(v) // a view always can be
	_, _ = h.Write(b)
	return LiveCall{v, strconv.FormatUint(h.Sum64(), 36)}
}

// LiveQueue is what waits in a queue, as far as whoever asks may see it.
type LiveQueue struct {
	ID      string    `json:"id"`
	Waiting int       `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero" doc:"since when the first of them waits"`
}

// LiveTrunk is how many calls a trunk carries now.
type LiveTrunk struct {
	ID    string `json:"id"`
	Calls int    `json:"calls"`
}

// Live is the server at this moment.
type Live struct {
	State      State       `json:"state" enum:"ready,sealed,draining,stopped"`
	Mode       string      `json:"mode" enum:"production,development"`
	Version    string      `json:"version"`
	Since      time.Time   `json:"since,omitzero"`
	Registered int         `json:"registered" doc:"live bindings"`
	Calls      []LiveCall  `json:"calls" nullable:"false"`
	Queues     []LiveQueue `json:"queues" nullable:"false"`
	Agents     []Agent     `json:"agents" nullable:"false" doc:"of one's clinics; empty without scope agents:read"`
	Trunks     []LiveTrunk `json:"trunks" nullable:"false"`
	Alarms     []string    `json:"alarms" nullable:"false" doc:"of the house: for whom no clinic bounds"`
	Event      string      `json:"event,omitempty" doc:"id of the last event before this: Last-Event-ID of a stream that goes on from here"`
}

func showLive(c *Console, ctx context.Context, _ *struct{}) (*answer[Live], error) {
	return say(c.snapshot(ctx))
}

// snapshot is everything that whoever asks may see of now. The event's id is read first: what changes while the rest is read
// comes again in the stream.
func (c *Console) snapshot(ctx context.Context) (Live, error) {
	at := c.stream.last()
	live, err := c.ports.Floor.Live(ctx)
	if err != nil {
		return Live{}, err
	}
	a := askingOf(ctx)
	live.Event = at
	live.Calls = slices.DeleteFunc(noNil(live.Calls), func(k LiveCall) bool { return !a.watches(k.Clinic) })
	live.Queues, live.Trunks = queuesOf(live.Calls), trunksOf(live.Calls)
	if live.Alarms = noNil(live.Alarms); !a.unbound() {
		live.Alarms = []string{}
	}
	live.Agents, err = c.agentsSeen(ctx)
	return live, err
}

// watches reports whether the live calls of a clinic are shown. One whose clinic is not known yet is the whole house's.
func (a *asking) watches(clinic string) bool { return a.unbound() || a.sees(clinic) }

// agentsSeen are the agents of the asking person's clinics, herself among them; none for whom the agents are no concern.
func (c *Console) agentsSeen(ctx context.Context) ([]Agent, error) {
	a := askingOf(ctx)
	items, err := c.ports.Agents.List(ctx)
	return slices.DeleteFunc(noNil(items), func(g Agent) bool { return !a.seesAgent(g) }), err
}

// seesAgent: herself everybody sees, others who may read of agents in one of the clinics that they work for.
func (a *asking) seesAgent(g Agent) bool {
	if g.Person == a.who.Person && g.Person != "" {
		return true
	}
	return slices.ContainsFunc(a.who.claims[AgentsRead], func(c Claim) bool {
		if c.Bound != Granted {
			return false
		}
		return c.Clinics == nil || g.Clinics == nil || slices.ContainsFunc(g.Clinics, c.in)
	})
}

// queuesOf counts who waits where.
func queuesOf(calls []LiveCall) []LiveQueue {
	at, out := map[string]int{}, []LiveQueue{}
	for _, k := range calls {
		if k.Queue == "" || k.State != call.Waiting {
			continue
		}
		n, known := at[k.Queue]
		if !known {
			n, at[k.Queue] = len(out), len(out)
			out = append(out, LiveQueue{ID: k.Queue, Oldest: k.Arrived})
		}
		out[n].Waiting++
		if k.Arrived.Before(out[n].Oldest) {
			out[n].Oldest = k.Arrived
		}
	}
	slices.SortFunc(out, func(a, b LiveQueue) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func trunksOf(calls []LiveCall) []LiveTrunk {
	n := map[string]int{}
	for _, k := range calls {
		if k.Trunk != "" {
			n[k.Trunk]++
		}
	}
	out := make([]LiveTrunk, 0, len(n))
	for id, calls := range n {
		out = append(out, LiveTrunk{id, calls})
	}
	slices.SortFunc(out, func(a, b LiveTrunk) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

package console

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nightbell/call"
)

// ring remembers the latest changes, so that a stream that broke off goes on without a gap. Whoever reads has nothing of her
// own in it but a number: a slow reader costs no memory.
type ring struct {
	boot string // ids of another run of the program are strangers

	mu    sync.Mutex
	kept  []moved // in order; the newest is the last
	seq   uint64  // of the newest
	floor uint64  // what is at or before it is forgotten
	bell  chan struct{}
	cut   uint64 // streams that were ended because nobody read them
	open  int
}

// moved is one change as every reader may be told it.
type moved struct {
	seq    uint64
	kind   string // call, agent, alarm
	id     string // of the call, the person; the alarm's name
	clinic string // of a call; empty: not known yet
	agent  *Agent // of an agent
	data   []byte // JSON
	house  bool   // shown to nobody whom a clinic bounds
}

// mostKept is how many changes a reader may be behind.
const mostKept = 4096

func newRing(boot string) *ring { return &ring{boot: boot, bell: make(chan struct{})} }

// put keeps a change and wakes everybody who reads.
func (r *ring) put(m moved) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	m.seq = r.seq
	if len(r.kept) >= mostKept {
		r.floor = r.kept[0].seq
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, m)
	r.ring()
}

// forget makes every reader begin anew.
func (r *ring) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	r.kept, r.floor = nil, r.seq
	r.ring()
}

func (r *ring) ring() {
	close(r.bell)
	r.bell = make(chan struct{})
}

// last is the id of the newest change.
func (r *ring) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.name(r.seq)
}

func (r *ring) name(seq uint64) string { return r.boot + "." + strconv.FormatUint(seq, 36) }

// after finds the place of an id. False: it is of another run, of no run, or its next is forgotten already.
func (r *ring) after(id string) (uint64, bool) {
	boot, text, _ := strings.Cut(id, ".")
	seq, err := strconv.ParseUint(text, 36, 64)
	r.mu.Lock()
	defer r.mu.Unlock()
	return seq, boot == r.boot && err == nil && seq >= r.floor && seq <= r.seq
}

// since gives what came after seq: of each thing its newest state alone, in the order of those. False: some of it is
// forgotten. The channel closes when more comes.
func (r *ring) since(seq uint64) (news []moved, more <-chan struct{}, whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq < r.floor {
		return nil, r.bell, false
	}
	from, _ := slices.BinarySearchFunc(r.kept, seq+1, func(m moved, seq uint64) int {
		switch {
		case m.seq < seq:
			return -1
		case m.seq > seq:
			return 1
		}
		return 0
	})
	seen := map[string]bool{}
	for _, m := range slices.Backward(r.kept[from:]) {
		if key := m.kind + " " + m.id; !seen[key] {
			seen[key] = true
			news = append(news, m)
		}
	}
	slices.Reverse(news)
	return news, r.bell, true
}

// readers counts who reads now, and who was cut off since the start.
func (r *ring) readers() (open int, cut uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open, r.cut
}

func (r *ring) joined() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
}

// left counts out a reader; cut: she did not read what was sent.
func (r *ring) left(cut uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	r.cut += cut
}

// Readers says how many read the live view now, and how many were cut off because they did not read what was sent.
func (c *Console) Readers() (open int, cut uint64) { return c.stream.readers() }

// Follow keeps what changes on the floor, for everybody who looks on, until ctx ends. Without it a stream has a beginning and
// nothing more.
func (c *Console) Follow(ctx context.Context) error {
	changes, err := c.ports.Lines.Watch(ctx)
	if err != nil {
		return err
	}
	c.stream.forget()
	who, soon := map[string]bool{}, time.NewTimer(agentsPause)
	defer soon.Stop()
	soon.Stop()
	for {
		select {
		case ch, more := <-changes:
			if !more {
				return nil
			}
			if ch.Kind != call.AgentChanged {
				c.keep(ctx, ch)
				continue
			}
			if len(who) == 0 {
				soon.Reset(agentsPause)
			}
			who[ch.ID] = true
		case <-soon.C:
			c.keepAgents(ctx, who)
			clear(who)
		}
	}
}

// agentsPause gathers agents who change together: what each does now is found by asking for all of them.
const agentsPause = 200 * time.Millisecond

// keep turns a change into what readers are told.
func (c *Console) keep(ctx context.Context, ch call.Change) {
	switch ch.Kind {
	case call.CallChanged:
		if ch.Call != nil {
			k := LiveOf(*ch.Call)
			c.stream.put(moved{kind: "call", id: ch.ID, clinic: k.Clinic, data: bytesOf(k)})
		}
	case AlarmMoved:
		c.keepAlarm(ctx, ch.ID)
	case call.AllChanged:
		c.stream.forget()
	}
}

// keepAgents tells what these people do now.
func (c *Console) keepAgents(ctx context.Context, people map[string]bool) {
	all, err := c.ports.Agents.List(ctx)
	if err != nil {
		return // the next change tells it
	}
	for i := range all {
		if a := &all[i]; people[a.Person] {
			c.stream.put(moved{kind: "agent", id: a.Person, agent: a, data: bytesOf(*a)})
		}
	}
}

// keepAlarm tells of an alarm that stands, or that it is over.
func (c *Console) keepAlarm(ctx context.Context, name string) {
	all, err := c.ports.Alarms.List(ctx)
	if err != nil {
		return
	}
	var told any = struct {
		Name string `json:"name"`
		Over bool   `json:"over"`
	}{name, true}
	if at := slices.IndexFunc(all, func(a Alarm) bool { return a.Name == name }); at >= 0 {
		told = all[at]
	}
	c.stream.put(moved{kind: "alarm", id: name, house: true, data: bytesOf(told)})
}

// bytesOf is one line of JSON; what is told here always has one.
func bytesOf(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}

// shows reports whether whoever asks may be told.
func (a *asking) shows(m moved) bool {
	switch {
	case m.house:
		return a.unbound()
	case m.agent != nil:
		return a.seesAgent(*m.agent)
	}
	return a.watches(m.clinic)
}

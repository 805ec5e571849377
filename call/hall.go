package call

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"nightbell/policy"
)

// hall is where callers wait, and what is known of agents: one small structure behind one lock. Whatever happens (a caller
// comes or goes, an agent is free, a rest is over) ends in settle, which gives free agents to callers in their order; the
// calls' own goroutines ring them. Nothing here waits for anything.
//
// Its promises: nobody is asked for two callers at once, over all queues and steps; a caller is offered to two only where
// her queue rings all; of two whom the same agents may answer the one in front is served first; and since a step of
// priority is worth a fixed time of waiting, nobody waits for ever while agents come free.
type hall struct {
	mu     sync.Mutex
	board  *Switchboard
	now    func() time.Time
	shelf  Shelf
	rows   map[string]*row
	agents map[string]*agent // by person
	owners map[string]*agent // by user
	seen   map[any]time.Time // callers' numbers of the last hour
	inside map[string]int    // running calls by clinic
	turns  uint64
	clock  *time.Timer
	shut   bool
	work   sync.WaitGroup // call-backs that are being placed
}

// lead is what one step of priority is worth.
const lead = 5 * time.Minute

// everybody is longer than anybody's wait and priority together.
const everybody = 10 * 365 * 24 * time.Hour

// row is one queue: its callers in order, and what it has done.
type row struct {
	id, name string
	weight   int
	credit   int // of the turns between queues of equal priority
	waiting  []*ticket
	crew     *crew // the newest caller's
	RowCounts
	handling time.Duration // of a caller, smoothed: talk and wrap-up; zero: nobody knows yet
}

// RowCounts are a queue's counters since the start.
type RowCounts struct {
	Entered   int64 `json:"entered"`
	Answered  int64 `json:"answered"`
	Soon      int64 `json:"answered_within_20s"`
	Abandoned int64 `json:"abandoned"`
	WentOn    int64 `json:"went_on"` // to the next step, voicemail or a call-back
}

// crew is who may be asked for a queue's callers; callers with the same list share it.
type crew struct {
	members []policy.QueueMember
	by      map[string]*policy.QueueMember
}

// ticket is one caller in a queue.
type ticket struct {
	row      *row
	queue    *policy.Queue
	clinic   string
	priority int
	arrived  time.Time // her place counts from here
	first    bool      // an agent's connection died under her, or nobody took her when she was handed on: before all others
	joined   time.Time // this queue
	crew     *crew     // nil: whoever is ready for the clinic
	call     *Call     // nil: she has hung up and keeps her place
	back     *callBack // then
	asked    []string  // people whose phones are to ring, or ring
	fresh    bool      // has just come
	bare     time.Time // since when nobody is there who could answer; zero: somebody is
	after    time.Time // not served before: a call-back's next try
}

func (t *ticket) heldBy() *Call { return t.call }

// due is the order: when she came, less what her priority is worth. Who was served already goes before everybody.
func (t *ticket) due() time.Time {
	due := t.arrived.Add(-time.Duration(t.priority) * lead)
	if t.first {
		due = due.Add(-everybody)
	}
	return due
}

func newHall(b *Switchboard) *hall {
	h := &hall{board: b, now: b.ports.Now, shelf: b.ports.Shelf, rows: map[string]*row{}, agents: map[string]*agent{},
		owners: map[string]*agent{}, seen: map[any]time.Time{}, inside: map[string]int{}}
	if h.now == nil {
		h.now = time.Now
	}
	h.unpack()
	return h
}

// close stops the clock.
func (h *hall) close() {
	h.mu.Lock()
	h.shut = true
	if h.clock != nil {
		h.clock.Stop()
	}
	h.mu.Unlock()
	h.work.Wait()
}

// look settles anew: somebody registered, became ready, or is ready no more.
func (h *hall) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.settle()
}

// join puts a ticket into its row. False: the row is full.
func (h *hall) join(t *ticket, id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rows[id]
	if r == nil {
		r = &row{id: id}
		h.rows[id] = r
	}
	r.name, r.weight = t.queue.Name, max(t.queue.Weight, 1)
	if most := t.queue.MaxCallers; most > 0 && len(r.waiting) >= most {
		return false
	}
	t.row, t.joined, t.fresh = r, h.now(), true
	if len(t.queue.Members) > 0 {
		t.crew = r.share(t.queue.Members)
	}
	r.put(t)
	r.Entered++
	h.tellRow(r)
	h.settle()
	return true
}

func (h *hall) tellRow(r *row) { h.board.changed(Change{Kind: QueueChanged, ID: r.id}) }

// share gives the crew of these members: the newest one where it is the same.
func (r *row) share(members []policy.QueueMember) *crew {
	same := func(a, b policy.QueueMember) bool {
		return a.Person == b.Person && a.Order == b.Order && slices.Equal(a.Users, b.Users) && slices.Equal(a.Skills, b.Skills)
	}
	if r.crew == nil || !slices.EqualFunc(r.crew.members, members, same) {
		r.crew = newCrew(members)
	}
	return r.crew
}

func newCrew(members []policy.QueueMember) *crew {
	c := &crew{members: members, by: make(map[string]*policy.QueueMember, len(members))}
	for i := range members {
		c.by[members[i].Person] = &members[i]
	}
	return c
}

// put keeps the row in order: whoever came first among equals stands first.
func (r *row) put(t *ticket) {
	at, _ := slices.BinarySearchFunc(r.waiting, t, func(a, b *ticket) int {
		if c := a.due().Compare(b.due()); c != 0 {
			return c
		}
		return -1 // behind those who are there
	})
	r.waiting = slices.Insert(r.waiting, at, t)
}

// leave takes a ticket out; whoever rings for it is free.
func (h *hall) leave(t *ticket, how func(*row)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.drop(t) {
		return
	}
	how(t.row)
	h.settle()
}

// drop is leave under the lock. False: she is not there.
func (h *hall) drop(t *ticket) bool {
	at := slices.Index(t.row.waiting, t)
	if at < 0 {
		return false
	}
	t.row.waiting = slices.Delete(t.row.waiting, at, at+1)
	for _, person := range t.asked {
		h.unhold(person, t)
	}
	t.asked = nil
	if len(t.row.waiting) == 0 {
		t.row.credit = 0
	}
	h.tellRow(t.row)
	return true
}

// unhold lets go of an agent whom a holder rang.
func (h *hall) unhold(person string, by holder) {
	if a := h.agents[person]; a != nil && a.holder == by {
		a.holder = nil
		h.tellAgent(person)
		h.board.wakeHunters()
	}
}

// claimed is what became of a wish to ring somebody.
type claimed byte

const (
	claimOurs  claimed = iota // her phones may ring
	claimLater                // she talks, writes down, or is rung for somebody else: she may come free
	claimNever                // she has a break
)

// claim reserves an agent for a round of a step. One that has her already keeps her.
func (h *hall) claim(by holder, person string, users []string) claimed {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, now := h.agentOf(person, users), h.now()
	switch {
	case a.pause.holds(now):
		return claimNever
	case h.talks(a), a.wrap.holds(now):
		return claimLater
	case a.holder != nil && a.holder != by:
		if _, queued := a.holder.(*ticket); queued {
			return claimLater
		}
		return claimOurs // two steps may ring one phone: better twice than not at all
	}
	if a.holder == nil {
		a.holder, a.held = by, now
		h.tellAgent(a.person)
	}
	return claimOurs
}

// agentOf knows people by name, and a line that nobody owns by its device.
func (h *hall) agentOf(person string, users []string) *agent {
	if len(users) > 0 && h.owners[users[0]] != nil && h.owners[users[0]].person == person {
		return h.owners[users[0]]
	}
	return h.agent(cmp.Or(person, first(users)), users)
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// unclaim gives agents back whom a round rang.
func (h *hall) unclaim(by holder, people ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range people {
		h.unhold(p, by)
	}
	h.settle()
}

// talks reports whether one of her phones is in a call.
func (h *hall) talks(a *agent) bool {
	return slices.ContainsFunc(a.users, h.board.talking)
}

// took says that a user talks in a call now.
func (h *hall) took(user, person string, c *Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, now := h.owners[user], h.now()
	if a == nil {
		a = h.agent(cmp.Or(person, user), []string{user})
	}
	if a.call == c {
		return
	}
	a.today(now)
	a.call, a.talks, a.missed = c, now, 0
	a.calls++
	h.tellAgent(a.person)
}

// left says that a user has left a call: after a queue's caller she may write down for a while.
func (h *hall) left(user string, c *Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, now := h.owners[user], h.now()
	if a == nil || a.call != c {
		return
	}
	a.today(now)
	a.call, a.idle = nil, now
	a.talk += now.Sub(a.talks)
	if a.row != nil {
		a.row.handled(now.Sub(a.talks) + a.rests)
	}
	if a.rests > 0 {
		a.wrap = Rest{Person: a.person, State: AgentWrapUp, Since: now, Until: now.Add(a.rests)}
		h.keep(a.wrap)
	}
	a.row, a.rests = nil, 0
	h.tellAgent(a.person)
	h.settle()
}

// handled smooths how long a caller takes.
func (r *row) handled(d time.Duration) {
	if r.handling == 0 {
		r.handling = d
		return
	}
	r.handling += (d - r.handling) / 8
}

// enters counts a call of a clinic. False: it has as many as it may.
func (h *hall) enters(clinic string, most int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if most > 0 && h.inside[clinic] >= most {
		return false
	}
	h.inside[clinic]++
	return true
}

func (h *hall) exits(clinic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inside[clinic]--; h.inside[clinic] <= 0 {
		delete(h.inside, clinic)
	}
}

// rang reports whether the same number rang within the last hour, and remembers that it rings now. It is never shown.
func (h *hall) rang(number any) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	last, known := h.seen[number]
	if len(h.seen) >= seenMost {
		maps.DeleteFunc(h.seen, func(_ any, at time.Time) bool { return now.Sub(at) > time.Hour })
	}
	if len(h.seen) < seenMost {
		h.seen[number] = now
	}
	return known && now.Sub(last) <= time.Hour
}

const seenMost = 1 << 16

package call

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/policy"
)

// here is a house of phones that are all registered, but for those that are away.
type here map[string]bool

func (h here) Contacts(_ string, users []string) (all []Contact) {
	for _, u := range users {
		if !h[u] {
			all = append(all, Contact{ID: u, User: u})
		}
	}
	return all
}

func (here) Invite(context.Context, Contact, Invite, func(LegEvent)) (Leg, error) {
	return nil, errNobody
}

// night is a queue's night, told by a seed: callers come and go, agents answer, decline, do not answer, rest and come back.
type night struct {
	t      *testing.T
	rnd    *rand.Rand
	hall   *hall
	board  *Switchboard
	away   here
	crews  [][]policy.QueueMember
	agents []string
	calls  map[string]*Call // agent -> the call she talks in
	asked  map[*ticket]bool
	seq    int
}

func newNight(t *testing.T, seed uint64) *night {
	n := &night{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), away: here{}, calls: map[string]*Call{}, asked: map[*ticket]bool{}}
	n.board = NewSwitchboard(Ports{Phones: n.away, Now: time.Now})
	n.hall = n.board.hall
	for i := range 6 {
		n.agents = append(n.agents, fmt.Sprint("agent", i))
	}
	for i := range 3 {
		var crew []policy.QueueMember
		for _, a := range n.agents[i : i+4] {
			crew = append(crew, policy.QueueMember{Person: a, Users: []string{a}, Order: n.rnd.IntN(2)})
		}
		n.crews = append(n.crews, crew)
	}
	return n
}

var strategies = []policy.Strategy{"", policy.RingAll, policy.RoundRobin, policy.Ordered, policy.FewestCalls}

func (n *night) arrive() {
	i := n.rnd.IntN(len(n.crews))
	q := &policy.Queue{ID: fmt.Sprint("q", i), Members: n.crews[i], Strategy: strategies[i], Weight: i, Empty: policy.WaitOn, Priority: i / 2}
	n.seq++
	t := &ticket{queue: q, clinic: "harbor", call: &Call{board: n.board}, priority: q.Priority + n.rnd.IntN(2), arrived: time.Now()}
	n.hall.join(t, q.ID)
}

// waiting are all tickets, by queue.
func (n *night) waiting() (all []*ticket) {
	for i := range n.crews {
		if r := n.hall.rows[fmt.Sprint("q", i)]; r != nil {
			all = append(all, r.waiting...)
		}
	}
	return all
}

// pick chooses one of the callers who are offered to somebody, or any, and gives the first who is asked.
func (n *night) pick(offered bool) (*ticket, string) {
	n.hall.mu.Lock()
	defer n.hall.mu.Unlock()
	all := slices.DeleteFunc(n.waiting(), func(t *ticket) bool { return offered && len(t.asked) == 0 })
	if len(all) == 0 {
		return nil, ""
	}
	t := all[n.rnd.IntN(len(all))]
	return t, first(t.asked)
}

func (n *night) happen() {
	switch n.rnd.IntN(10) {
	case 0, 1, 2:
		n.arrive()
	case 3:
		if t, _ := n.pick(false); t != nil {
			n.hall.leave(t, wentOn)
		}
	case 4, 5:
		n.answer()
	case 6:
		if t, person := n.pick(true); t != nil {
			n.hall.refused(t, person, []Cause{Declined, Busy, NoAnswer, Unreachable}[n.rnd.IntN(4)])
		}
	case 7:
		n.hangUp()
	case 8:
		n.rest()
	case 9:
		time.Sleep(time.Duration(n.rnd.IntN(60)) * time.Second)
	}
}

func (n *night) answer() {
	t, person := n.pick(true)
	if t == nil {
		return
	}
	n.board.mu.Lock()
	n.board.busy[person] = t.call
	n.board.mu.Unlock()
	n.calls[person] = t.call
	n.hall.took(person, person, t.call)
	n.hall.taken(t, person, 10*time.Second)
	n.hall.leave(t, wentOn)
}

func (n *night) hangUp() {
	for _, person := range n.agents {
		if c := n.calls[person]; c != nil {
			delete(n.calls, person)
			n.board.release(person, c)
			n.hall.left(person, c)
			return
		}
	}
}

func (n *night) rest() {
	person := n.agents[n.rnd.IntN(len(n.agents))]
	switch n.rnd.IntN(4) {
	case 0:
		_ = n.board.ForceBreak(person, "lunch", time.Now().Add(time.Minute))
	case 1:
		n.leaves(person, true)
	default:
		n.leaves(person, false)
		_ = n.board.EndBreak(person)
	}
	n.board.Nudge()
}

// leaves takes a phone off the air, or brings it back.
func (n *night) leaves(person string, away bool) {
	n.hall.mu.Lock()
	defer n.hall.mu.Unlock()
	n.away[person] = away
}

// judge holds what stands against what was promised.
func (n *night) judge(what string) {
	n.t.Helper()
	n.hall.mu.Lock()
	defer n.hall.mu.Unlock()
	by := map[string]*ticket{}
	ahead := map[*row]*ticket{}
	for _, t := range n.waiting() {
		if len(t.asked) > 1 && t.queue.Strategy != policy.RingAll {
			n.t.Fatalf("%s: a caller is offered to %v at once", what, t.asked)
		}
		for _, p := range t.asked {
			if by[p] != nil {
				n.t.Fatalf("%s: %s is asked for two callers", what, p)
			}
			if by[p] = t; n.calls[p] != nil && !n.asked[t] {
				n.t.Fatalf("%s: %s talks, and is asked", what, p)
			}
		}
		if len(t.asked) > 0 && !n.asked[t] && ahead[t.row] != nil {
			n.t.Fatalf("%s: a caller was passed over in %s", what, t.row.id)
		}
		if len(t.asked) == 0 {
			ahead[t.row] = t
		}
	}
	clear(n.asked)
	for _, t := range n.waiting() {
		if len(t.asked) > 0 {
			n.asked[t] = true
			continue
		}
		for _, m := range t.queue.Members {
			a := n.hall.agents[m.Person]
			free := by[m.Person] == nil && n.calls[m.Person] == nil && !n.away[m.Person] && !a.pause.holds(time.Now()) && !a.wrap.holds(time.Now())
			if free && !a.calm.After(time.Now()) {
				n.t.Fatalf("%s: %s is free and a caller of hers waits", what, m.Person)
			}
		}
	}
}

// nights is how many are told: 50 things happen in each.
func nights() uint64 {
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		return 10_000
	}
	return 200
}

func TestQueuesKeepTheirPromisesInAnyNight(t *testing.T) {
	for seed := range nights() {
		synctest.Test(t, func(t *testing.T) {
			n := newNight(t, seed)
			defer n.hall.close()
			for step := range 50 {
				n.happen()
				synctest.Wait()
				n.judge(fmt.Sprintf("night %d, step %d", seed, step))
			}
		})
	}
}

// A caller of no priority waits beside a queue into which more pressing ones come without end.
func TestNobodyStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t, 1)
		defer n.hall.close()
		crew := []policy.QueueMember{{Person: "amy", Users: []string{"amy"}}}
		come := func(id string, priority int) *ticket {
			q := &policy.Queue{ID: id, Members: crew, Empty: policy.WaitOn}
			tk := &ticket{queue: q, clinic: "harbor", call: &Call{board: n.board}, priority: priority, arrived: time.Now()}
			n.hall.join(tk, id)
			return tk
		}
		for range 3 {
			come("pressing", 3)
		}
		modest := come("modest", 0)
		began := time.Now()
		for len(modest.asked) == 0 {
			if time.Since(began) > 3*lead+10*time.Minute {
				t.Fatalf("still waiting after %v", time.Since(began))
			}
			n.hall.leave(n.hall.rows["pressing"].waiting[0], wentOn) // the one who is offered: there are always others behind
			come("pressing", 3)
			time.Sleep(time.Minute)
		}
	})
}

func TestQueuesOfOnePriorityTakeTurnsByWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t, 1)
		defer n.hall.close()
		for id, weight := range map[string]int{"heavy": 3, "light": 1} {
			for range 40 {
				q := &policy.Queue{ID: id, Weight: weight, Members: []policy.QueueMember{{Person: "amy", Users: []string{"amy"}}}, Empty: policy.WaitOn}
				n.hall.join(&ticket{queue: q, clinic: "harbor", call: &Call{board: n.board}, arrived: time.Now()}, id)
			}
		}
		served := map[string]int{}
		for range 40 {
			for _, r := range n.hall.rows {
				if len(r.waiting) > 0 && len(r.waiting[0].asked) > 0 {
					served[r.id]++
					n.hall.leave(r.waiting[0], wentOn)
					break
				}
			}
		}
		if served["heavy"] < 28 || served["light"] < 8 {
			t.Errorf("of 40 turns %v", served)
		}
	})
}

// Whom we lost goes before everybody, in whatever queue: before who has come first, who has priority, and whose turn it is.
func TestWhomWeLostGoesBeforeEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNight(t, 1)
		defer n.hall.close()
		amy := []policy.QueueMember{{Person: "amy", Users: []string{"amy"}}}
		come := func(id string, priority int, lost bool) *ticket {
			q := &policy.Queue{ID: id, Weight: 9, Members: amy, Empty: policy.WaitOn}
			if id == "light" {
				q.Weight = 1
			}
			time.Sleep(time.Minute)
			k := &ticket{queue: q, clinic: "harbor", call: &Call{board: n.board}, priority: priority, arrived: time.Now(), first: lost}
			n.hall.join(k, id)
			return k
		}
		served := come("heavy", 0, false)
		for range 4 {
			come("heavy", 3, false)
			come("light", 0, false)
		}
		lost, later := come("light", 0, true), come("heavy", 0, true)
		for _, k := range []*ticket{lost, later} {
			n.hall.leave(served, wentOn)
			if served = k; len(k.asked) != 1 {
				t.Fatal("somebody else is served first")
			}
		}
	})
}

// BenchmarkQueueEvent is the cost of one agent who comes free and is given a caller, of 1,000 who wait, with 200 agents.
func BenchmarkQueueEvent(b *testing.B) {
	board := NewSwitchboard(Ports{Phones: here{}, Now: time.Now})
	defer board.hall.close()
	var crew []policy.QueueMember
	for i := range 200 {
		p := fmt.Sprint("agent", i)
		crew = append(crew, policy.QueueMember{Person: p, Users: []string{p}})
	}
	come := func() {
		q := &policy.Queue{ID: "q", Members: crew, Empty: policy.WaitOn}
		board.hall.join(&ticket{queue: q, clinic: "harbor", call: &Call{board: board, mail: mailbox{}}, arrived: time.Now()}, "q")
	}
	for range 1200 {
		come()
	}
	for b.Loop() {
		board.hall.leave(board.hall.rows["q"].waiting[0], wentOn)
		come()
	}
}

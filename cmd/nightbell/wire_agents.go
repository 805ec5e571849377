package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/call"
	"nightbell/store"
)

// team is call.Agents: who may answer, as the gate and the rules know it. None of it asks the switchboard, but for Last.
type team struct{ *server }

func (t team) Present(clinic, user string) bool { return t.rules.present(user, clinic) }

// Skills are the queues' own: a member brings hers in each.
func (t team) Skills(string) []string { return nil }

// Pause is the end of a readiness for want of an answer: the gate's watch carries it out, keeps a clinic's last one, and
// tells the supervisor.
func (t team) Pause(person string, _ call.PauseReason) { t.gate.silent(person) }

// Team is everybody with a device who holds a role that answers.
func (t team) Team() []call.Teammate {
	s, now, here := t.rules.now.Load(), t.rules.clock(), t.Registered()
	at := map[string]int{}
	var all []call.Teammate
	for user, person := range s.owner {
		f := s.gate.facts[person]
		if f == nil {
			continue
		}
		if clinics, every := access.ClinicsOf(f.Grants, now, access.Agent, access.Supervisor); !every && len(clinics) == 0 {
			continue
		}
		n, known := at[person]
		if !known {
			n, at[person] = len(all), len(all)
			all = append(all, t.mate(s, person))
		}
		all[n].Users = append(all[n].Users, user)
		all[n].Here = all[n].Here || here[user] > 0
	}
	for n := range all {
		slices.Sort(all[n].Users)
	}
	return all
}

func (t team) mate(s *standing, person string) call.Teammate {
	r, ready := s.gate.roster.Of(person)
	return call.Teammate{Person: person, Ready: ready && !s.paused[person], Limited: ready && isLimited(r), Since: r.Since, Clinics: r.Clinics}
}

// Last gives the clinics that would have nobody ready without her; who has a break is not there.
func (t team) Last(person string) []string {
	s := t.rules.now.Load()
	roster := s.gate.roster
	for _, r := range roster.All() {
		if r.Person != person && (s.paused[r.Person] || t.board.Resting(r.Person)) {
			roster = roster.Without(r.Person)
		}
	}
	var last []string
	for _, clinic := range clinicsOf(s) {
		if roster.Last(person, []string{clinic}) {
			last = append(last, clinic)
		}
	}
	return last
}

// silent counts somebody as one who does not answer, whatever was counted before.
func (w *gateWatch) silent(person string) {
	if ready, ok := w.rules().gate.roster.Of(person); ok {
		w.mu.Lock()
		w.misses[person] = misses{since: ready.Since, count: missesMost}
		w.mu.Unlock()
		w.Changed()
	}
}

// restShelf is call.Shelf over the store: what is to be written waits in memory, of each person the newest. A time for
// writing down is too short to be kept.
type restShelf struct {
	store   *store.Store
	trouble func(error)
	mu      sync.Mutex
	waiting map[string]store.AgentState
	bell    chan struct{} // capacity 1
}

func newRestShelf(s *store.Store, trouble func(error)) *restShelf {
	return &restShelf{store: s, trouble: trouble, waiting: map[string]store.AgentState{}, bell: make(chan struct{}, 1)}
}

func (r *restShelf) Keep(rest call.Rest) {
	if rest.State != call.AgentWrapUp {
		r.put(store.AgentState{Person: rest.Person, State: string(rest.State), Reason: rest.Reason, Since: rest.Since, Until: rest.Until})
	}
}

func (r *restShelf) Drop(person string) { r.put(store.AgentState{Person: person}) }

func (r *restShelf) put(a store.AgentState) {
	r.mu.Lock()
	r.waiting[a.Person] = a
	r.mu.Unlock()
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// Kept is read once, before the first call.
func (r *restShelf) Kept() []call.Rest {
	rows, err := r.store.AgentStates(context.Background())
	r.trouble(err)
	all := make([]call.Rest, 0, len(rows))
	for _, a := range rows {
		all = append(all, call.Rest{Person: a.Person, State: call.AgentState(a.State), Reason: a.Reason, Since: a.Since, Until: a.Until})
	}
	return all
}

// Run writes until ctx ends; what cannot be written is tried again.
func (r *restShelf) Run(ctx context.Context) error {
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return r.write(context.WithoutCancel(ctx))
		case <-r.bell:
		case <-again:
		}
		err := r.write(ctx)
		if again = nil; err != nil {
			again = time.After(time.Second)
		}
		r.trouble(err)
	}
}

func (r *restShelf) write(ctx context.Context) error {
	r.mu.Lock()
	due := r.waiting
	r.waiting = map[string]store.AgentState{}
	r.mu.Unlock()
	for person, a := range due {
		if err := r.store.SetAgentState(ctx, audit.Actor{Type: "system", ID: "agents"}, a); err != nil {
			r.mu.Lock()
			for _, left := range due {
				if _, newer := r.waiting[left.Person]; !newer {
					r.waiting[left.Person] = left
				}
			}
			r.mu.Unlock()
			return err
		}
		delete(due, person)
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/call"
	"nightbell/policy"
)

// gateStage is the gate over a clinic "harbor" whose rules ring Amy, and then Bo; readiness is kept in memory.
type gateStage struct {
	*gateWatch
	mu      sync.Mutex
	now     *standing
	story   []string
	here    map[string]int // bindings
	talking map[string]bool
}

func newGateStage(t *testing.T, rung ...string) *gateStage {
	t.Helper()
	st := &gateStage{here: map[string]int{}, talking: map[string]bool{}}
	b := &policy.Book{
		Clinics: []policy.Clinic{{ID: "harbor", Zone: "UTC", Closed: policy.Flow{Steps: []policy.StepRule{{Name: "agents", People: rung, For: 20 * time.Second}}}}},
		Numbers: []policy.Number{{Number: "+12125550100", Clinic: "harbor"}},
	}
	s := &standing{owner: map[string]string{}, paused: map[string]bool{}, gate: gatehouse{facts: map[string]*access.Facts{}, live: liveNumbers(b)}}
	for _, p := range rung {
		b.People = append(b.People, policy.Person{ID: p, Active: true})
		b.Devices = append(b.Devices, policy.Device{User: p + "-phone", Person: p})
		s.owner[p+"-phone"] = p
		st.here[p+"-phone"] = 1
		s.gate.facts[p] = &access.Facts{
			For: access.Answering, May: []access.Role{access.Agent, access.Supervisor}, Account: access.Account{Person: p, State: access.Active},
			Grants: []access.Grant{{Person: p, Role: access.Agent, From: time.Now().Add(-time.Hour)}}, Devices: []access.Enrolled{{User: p + "-phone"}},
		}
	}
	s.policy = policy.Index(b, nil)
	st.now = s
	st.gateWatch = newGateWatch(st, func() *standing { st.mu.Lock(); defer st.mu.Unlock(); return st.now })
	st.registered = func() map[string]int { st.mu.Lock(); defer st.mu.Unlock(); return st.here }
	st.busy = func(p string) bool { st.mu.Lock(); defer st.mu.Unlock(); return st.talking[p] }
	st.bare = func(clinics []string) { st.say("bare %v", clinics) }
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { st.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return st
}

// say keeps what is new.
func (st *gateStage) say(format string, args ...any) {
	st.mu.Lock()
	defer st.mu.Unlock()
	words := fmt.Sprintf(format, args...)
	if n := len(st.story); n == 0 || st.story[n-1] != words {
		st.story = append(st.story, words)
	}
}

func (st *gateStage) told(words string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Contains(st.story, words)
}

// become replaces the rules, as a load does.
func (st *gateStage) become(change func(*access.Roster) *access.Roster) {
	st.mu.Lock()
	next := *st.now
	next.gate.roster = change(next.gate.roster)
	st.now = &next
	st.mu.Unlock()
	st.Changed()
}

func (st *gateStage) PutReadiness(_ context.Context, _ audit.Actor, r access.Readiness) error {
	st.say("%s %s: %s", r.Person, r.Mode, r.Why)
	st.become(func(old *access.Roster) *access.Roster { return old.With(r) })
	return nil
}

func (st *gateStage) EndReadiness(_ context.Context, _ audit.Actor, person, why string) error {
	st.say("%s ends: %s", person, why)
	st.become(func(old *access.Roster) *access.Roster { return old.Without(person) })
	return nil
}

func (st *gateStage) Audit(_ context.Context, e audit.Event) error {
	st.say("%s %s", e.Action, e.Clinic)
	return nil
}

func (st *gateStage) makeReady(people ...string) {
	for _, p := range people {
		now := time.Now()
		st.become(func(old *access.Roster) *access.Roster {
			return old.With(access.Readiness{Person: p, Login: "l", Device: p + "-phone", Since: now, Until: now.Add(access.ShiftMost), Mode: access.ReadyFull})
		})
	}
}

// rings says who is offered a call now.
func (st *gateStage) rings() (who []string) {
	s := st.rules()
	for _, n := range s.gate.live {
		for _, p := range s.rung(n, time.Now()) {
			if s.gate.lets(p, n.Clinic, time.Now()) {
				who = append(who, p)
			}
		}
	}
	return who
}

func (st *gateStage) phone(user string, n int) {
	st.mu.Lock()
	next := map[string]int{}
	for u, c := range st.here {
		next[u] = c
	}
	next[user] = n
	st.here = next
	st.mu.Unlock()
	st.Changed()
}

// A quiet night: one agent, two calls an hour, a page that nobody touches. Every call rings, the whole night, and after her
// twelfth hour too: she is the last one.
func TestAQuietNightKeepsRinging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy")
		st.makeReady("amy")
		for half := range 28 { // fourteen hours
			synctest.Wait()
			if !slices.Equal(st.rings(), []string{"amy"}) {
				t.Fatalf("after %v the phone rings at %v", time.Duration(half)*30*time.Minute, st.rings())
			}
			st.finished(call.Record{Legs: []call.LegRecord{{Person: "amy", Invited: time.Now(), Answered: time.Now().Add(6 * time.Second)}}})
			time.Sleep(30 * time.Minute)
		}
		if !st.told("amy limited: shift over") || st.told("amy ends: shift over") {
			t.Errorf("story %q", st.story)
		}
	})
}

func TestTheTwelfthHourEndsAShiftThatIsNotTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy", "bo")
		st.makeReady("amy")
		time.Sleep(4 * time.Hour)
		st.makeReady("bo")
		time.Sleep(8*time.Hour + 10*time.Second)
		synctest.Wait()
		if !slices.Equal(st.rings(), []string{"bo"}) || !st.told("amy ends: shift over") {
			t.Errorf("%v %q", st.rings(), st.story)
		}
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if !slices.Equal(st.rings(), []string{"bo"}) || !st.told("bo limited: shift over") {
			t.Errorf("%v %q", st.rings(), st.story)
		}
		st.makeReady("amy") // Bo may go now
		time.Sleep(time.Minute)
		synctest.Wait()
		if !slices.Equal(st.rings(), []string{"amy"}) || !st.told("bo ends: relieved") {
			t.Errorf("%v %q", st.rings(), st.story)
		}
	})
}

// Two are due in the same moment: one of them goes, the other is the last.
func TestOfTwoWhoAreDueOneStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy", "bo")
		st.makeReady("amy", "bo")
		time.Sleep(12*time.Hour + time.Minute)
		synctest.Wait()
		if len(st.rings()) != 1 {
			t.Errorf("%v %q", st.rings(), st.story)
		}
	})
}

func TestNoEndInsideACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy", "bo")
		st.makeReady("amy")
		time.Sleep(time.Hour)
		st.makeReady("bo")
		st.mu.Lock()
		st.talking["amy"] = true
		st.mu.Unlock()
		time.Sleep(11*time.Hour + time.Minute)
		synctest.Wait()
		if st.told("amy ends: shift over") {
			t.Error("ended inside a call")
		}
		st.mu.Lock()
		st.talking["amy"] = false
		st.mu.Unlock()
		time.Sleep(gateLook + time.Second)
		synctest.Wait()
		if !st.told("amy ends: shift over") {
			t.Errorf("%q", st.story)
		}
	})
}

func TestWhoLetsThreeCallsRingIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy", "bo")
		st.makeReady("amy", "bo")
		miss := func(p string, rang time.Duration) {
			st.finished(call.Record{Legs: []call.LegRecord{{Person: p, Invited: time.Now(), Ended: time.Now().Add(rang), Cause: call.NoAnswer}}})
			synctest.Wait()
		}
		miss("amy", 20*time.Second)
		miss("amy", 20*time.Second)
		st.finished(call.Record{Legs: []call.LegRecord{{Person: "amy", Answered: time.Now()}}}) // she took one
		miss("amy", 20*time.Second)
		miss("amy", 20*time.Second)
		miss("amy", time.Second) // nobody can answer within a second
		if len(st.rings()) != 2 {
			t.Fatalf("%q", st.story)
		}
		miss("amy", 20*time.Second)
		if !slices.Equal(st.rings(), []string{"bo"}) || !st.told("amy ends: repeated no-answer") {
			t.Errorf("%v %q", st.rings(), st.story)
		}
		for range 3 {
			miss("bo", 20*time.Second)
		}
		if !slices.Equal(st.rings(), []string{"bo"}) || !st.told("bo limited: repeated no-answer") {
			t.Errorf("the last one was taken away: %q", st.story)
		}
	})
}

func TestALostConnectionIsForgivenAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy", "bo")
		st.makeReady("amy", "bo")
		st.phone("amy-phone", 0)
		time.Sleep(5 * time.Minute)
		st.phone("amy-phone", 1)
		time.Sleep(lostForLong)
		if st.told("amy ends: flow lost") {
			t.Fatal("a phone that came back was taken for a lost one")
		}
		st.phone("amy-phone", 0)
		time.Sleep(lostForLong + time.Minute)
		synctest.Wait()
		if !slices.Equal(st.rings(), []string{"bo"}) || !st.told("amy ends: flow lost") {
			t.Errorf("%q", st.story)
		}
	})
}

// The rules ring Amy alone. Bo is ready for every clinic too, but no call would reach him: Amy is the last one.
func TestTheLastOneIsTheLastWhomTheRulesRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy")
		st.mu.Lock()
		st.now.gate.facts["bo"] = &access.Facts{For: access.Answering, Account: access.Account{Person: "bo", State: access.Active}}
		st.mu.Unlock()
		st.makeReady("amy", "bo")
		time.Sleep(12*time.Hour + time.Minute)
		synctest.Wait()
		if !slices.Contains(st.rings(), "amy") {
			t.Errorf("%q", st.story)
		}
	})
}

func TestNobodyEligibleIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy")
		synctest.Wait()
		if !st.told("bare [harbor]") || !st.told("gate.nobody_eligible harbor") || st.empty.Load() != 1 {
			t.Fatalf("%q", st.story)
		}
		st.makeReady("amy")
		synctest.Wait()
		if !st.told("gate.somebody_eligible harbor") || st.empty.Load() != 0 {
			t.Errorf("%q", st.story)
		}
		began := time.Now()
		st.become(func(old *access.Roster) *access.Roster { return old.Without("amy") }) // a revocation goes below the last
		synctest.Wait()
		if time.Since(began) != 0 || st.empty.Load() != 1 {
			t.Errorf("said after %v: %q", time.Since(began), st.story)
		}
	})
}

func TestTheGateAsksEverythingButPaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newGateStage(t, "amy")
		st.makeReady("amy")
		s := st.rules()
		f := s.gate.facts["amy"]
		whole := *f
		for name, c := range map[string]struct {
			spoil func(*access.Facts)
			want  bool
		}{
			"nothing":   {func(*access.Facts) {}, true},
			"suspended": {func(f *access.Facts) { f.Account.State = access.Suspended }, false},
			"no role":   {func(f *access.Facts) { f.Grants = nil }, false},
			"another clinic": {func(f *access.Facts) {
				f.Grants = []access.Grant{{Person: "amy", Role: access.Agent, Clinics: []string{"mill"}}}
			}, false},
			"device revoked":    {func(f *access.Facts) { f.Devices = nil }, false},
			"missing agreement": {func(f *access.Facts) { f.Papers = []string{"Business associate agreement"} }, true},
			"training lapsed":   {func(f *access.Facts) { f.Courses = []string{"privacy"} }, true},
		} {
			*f = whole
			c.spoil(f)
			if got := s.gate.lets("amy", "harbor", time.Now()); got != c.want {
				t.Errorf("%s: %v", name, got)
			}
		}
		*f = whole
		if s.gate.lets("zoe", "harbor", time.Now()) {
			t.Error("somebody without an account")
		}
	})
}

// The real path of the call: one user of a full house is asked for.
func BenchmarkGate(b *testing.B) {
	r := &rules{clock: time.Now}
	s := &standing{owner: map[string]string{}, paused: map[string]bool{}, gate: gatehouse{facts: map[string]*access.Facts{}}}
	var ready []access.Readiness
	for i := range 5000 {
		p := fmt.Sprintf("agent-%d", i)
		s.owner[p] = p
		s.gate.facts[p] = &access.Facts{
			For: access.Answering, May: []access.Role{access.Agent, access.Supervisor}, Account: access.Account{Person: p, State: access.Active},
			Grants:  []access.Grant{{Person: p, Role: access.Agent, Clinics: []string{"a", "b", "c", "d", "e", "f", "g", "harbor"}}, {Person: p, Role: access.Supervisor}},
			Devices: []access.Enrolled{{User: p}, {User: p + "-2"}, {User: p + "-3"}},
		}
		ready = append(ready, access.Readiness{Person: p, Device: p + "-3", Since: time.Now(), Until: time.Now().Add(time.Hour), Mode: access.ReadyFull})
	}
	s.gate.roster = access.NewRoster(ready)
	r.now.Store(s)
	b.ReportAllocs()
	for b.Loop() {
		if !r.present("agent-4711", "harbor") || !s.gate.lets("agent-4711", "harbor", time.Now()) {
			b.Fatal("not present")
		}
	}
}

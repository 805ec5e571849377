package main

import (
	"context"
	"slices"
	"time"

	"nightbell/access"
	"nightbell/call"
	"nightbell/policy"
	"nightbell/store"
)

// This file is the access gate on the telephone: who may be offered a call. The same access.Decide stands at the console's
// routes; here it is asked with every ringing of every phone, on an immutable snapshot, in microseconds.
//
// Missing paperwork is no reason here, and lapses of training and policies bite when a shift begins: a patient may be on
// the line.

// gatehouse is what the gate knows of people.
type gatehouse struct {
	roster *access.Roster
	facts  map[string]*access.Facts // by person; all but the moment, the clinic and her readiness
	live   []policy.Number          // one number of every clinic that takes calls
}

// openGatehouse reads who may do what, and who is ready.
func openGatehouse(ctx context.Context, st *store.Store, b *policy.Book) (gatehouse, error) {
	g := gatehouse{facts: map[string]*access.Facts{}, live: liveNumbers(b)}
	accounts, err := st.Accounts(ctx)
	if err != nil {
		return g, err
	}
	grants, err := st.Grants(ctx)
	if err != nil {
		return g, err
	}
	rows, err := st.Devices(ctx)
	if err != nil {
		return g, err
	}
	ready, err := st.Readiness(ctx)
	if err != nil {
		return g, err
	}
	for _, a := range accounts {
		g.facts[a.Person] = &access.Facts{For: access.Answering, Account: a, May: []access.Role{access.Agent, access.Supervisor}}
	}
	for _, one := range grants {
		if f := g.facts[one.Person]; f != nil {
			f.Grants = append(f.Grants, one)
		}
	}
	for _, d := range rows {
		if f := g.facts[d.Person]; f != nil {
			f.Devices = append(f.Devices, access.Enrolled{User: d.User, Revoked: !d.HasSecret || !d.Revoked.IsZero()})
		}
	}
	g.roster = access.NewRoster(ready)
	return g, nil
}

// liveNumbers gives one number of every clinic that takes calls.
func liveNumbers(b *policy.Book) []policy.Number {
	open := map[string]bool{}
	for _, c := range b.Clinics {
		open[c.ID] = !c.Suspended
	}
	var one []policy.Number
	for _, n := range b.Numbers {
		if open[n.Clinic] {
			open[n.Clinic] = false
			one = append(one, n)
		}
	}
	return one
}

// lets asks the gate whether a person may be offered a call of a clinic now; an empty clinic is a call that nobody owns.
func (g *gatehouse) lets(person, clinic string, now time.Time) bool {
	f := g.facts[person]
	if f == nil {
		return false
	}
	ask := *f
	ask.Now, ask.Clinic = now, clinic
	ask.Ready, _ = g.roster.Of(person)
	return access.Decide(ask).Open
}

// present says who may be offered a call of a clinic now. The caller asks for bindings: registered alone is not ready.
func (r *rules) present(user, clinic string) bool {
	s := r.now.Load()
	person, known := s.owner[user]
	return known && !s.paused[person] && s.admits(person, clinic, r.clock())
}

// withdrawn reports whether what was offered to a user must be taken back: she may not be offered this clinic's calls any
// more. A pause holds for the next call only.
func (r *rules) withdrawn(clinic, user string) bool {
	s := r.now.Load()
	person, known := s.owner[user]
	_, enrolled := s.devices[user]
	return !known || !enrolled || !s.admits(person, clinic, r.clock())
}

// admits is the gate's place in the call path.
func (s *standing) admits(person, clinic string, now time.Time) bool {
	return !gated || s.gate.lets(person, clinic, now)
}

// gated switches the gate on.
const gated = true

// rung are the people whom a call to a number would ask now, in the order in which they come.
func (s *standing) rung(n policy.Number, now time.Time) []string {
	var people []string
	plan := s.policy.Decide(policy.Inquiry{Trunk: n.Trunk, Number: n.Number, At: now})
	for _, step := range plan.Steps {
		for _, t := range step.Targets {
			if t.Person != "" {
				people = append(people, t.Person)
			}
		}
	}
	return people
}

// openGate makes the watch over readiness.
func (s *server) openGate() {
	s.gate = newGateWatch(s.office.Store, s.rules.now.Load)
	s.gate.registered, s.gate.busy = s.Registered, s.inCall
	s.gate.tell, s.gate.fault = s.notices.gateEnd, s.trouble("readiness")
	s.gate.bare = func(clinics []string) {
		s.notices.gateNobody(clinics)
		if !slices.ContainsFunc(s.rules.now.Load().gate.roster.All(), isLimited) {
			s.alarms.clear("agent_limited")
		}
	}
}

func isLimited(r access.Readiness) bool { return r.Mode == access.ReadyLimited }

// inCall reports whether a person talks now.
func (s *server) inCall(person string) bool {
	owner := s.rules.now.Load().owner
	return slices.ContainsFunc(s.board.Live(), func(v call.View) bool { return v.Agent != "" && owner[v.Agent] == person })
}

// gateFigures show who is there.
func (s *server) gateFigures(gauge metric) {
	gauge("agents_ready", "People who made themselves ready, limited ones included.", func() float64 { return float64(s.gate.ready.Load()) })
	gauge("clinics_nobody_eligible", "Live clinics without a ready agent who can be rung.", func() float64 { return float64(s.gate.empty.Load()) })
}

// runGate watches over readiness while the gate is on.
func (s *server) runGate(ctx context.Context) {
	if !gated {
		<-ctx.Done()
		return
	}
	s.gate.Run(ctx)
}

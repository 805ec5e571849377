package main

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/policy"
	"nightbell/sip"
)

// lines are the running calls as the console sees them.
type lines struct {
	*office
	running running
}

func (l lines) board() (*call.Switchboard, error) {
	b := l.running.Board()
	if b == nil {
		return nil, console.ErrNotRunning
	}
	return b, nil
}

func (l lines) Calls(context.Context) ([]call.View, error) {
	b, err := l.board()
	if err != nil {
		return nil, err
	}
	return b.Live(), nil
}

// Watch joins what the switchboard tells with what the alarms do.
func (l lines) Watch(ctx context.Context) (<-chan call.Change, error) {
	b, err := l.board()
	if err != nil {
		return nil, err
	}
	calls, alarms := b.Watch(ctx), l.running.Standing().watch(ctx)
	out := make(chan call.Change)
	go func() {
		defer close(out)
		for calls != nil || alarms != nil {
			var ch call.Change
			var more bool
			select {
			case ch, more = <-calls:
				if !more {
					calls = nil
					continue
				}
			case name, more := <-alarms:
				if !more {
					alarms = nil
					continue
				}
				ch = call.Change{Kind: console.AlarmMoved, ID: name}
			}
			select {
			case out <- ch:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// Order lets a call do what a person wants. Who listens in does it on a telephone of her own.
func (l lines) Order(ctx context.Context, id string, cmd call.Command) error {
	b, err := l.board()
	if err != nil {
		return err
	}
	if !cmd.To.IsZero() {
		if cmd.To = normal(cmd.To); cmd.To.IsZero() {
			return &call.Unfit{Word: call.NotAllowed}
		}
	}
	if cmd.Do == call.Listen || cmd.Do == call.Whisper || cmd.Do == call.Barge {
		if cmd.User, err = l.ownPhone(ctx, cmd.By, cmd.User); err != nil {
			return err
		}
	}
	return b.Command(ctx, id, cmd)
}

// ownPhone is the telephone that a person named, or one of hers that is registered.
func (l lines) ownPhone(ctx context.Context, person, user string) (string, error) {
	book, err := l.Store.Book(ctx)
	if err != nil {
		return "", known(err)
	}
	here := l.running.Registered()
	for _, d := range book.Devices {
		if d.Person == person && (user == "" && here[d.User] > 0 || user == d.User) {
			return d.User, nil
		}
	}
	return "", &call.Unfit{Word: call.Nobody}
}

// Place rings the person who asks first; then whom she calls, in her clinic's name and under its number.
func (l lines) Place(ctx context.Context, p console.Placing, _ audit.Actor) (string, error) {
	b, err := l.board()
	if err != nil {
		return "", err
	}
	to := normal(p.To)
	if to.IsZero() || policy.EmergencyNumber(to.Reveal()) != "" { // 911 is for the phone itself: it knows where it stands
		return "", &call.Unfit{Word: call.NotAllowed}
	}
	near := l.running.Phones(p.Clinic, p.Person, p.User)
	if len(near) == 0 {
		return "", &call.Unfit{Word: call.Nobody}
	}
	s, err := rulebook{l.office}.snapshot(ctx)
	if err != nil {
		return "", err
	}
	clinic, known := s.Clinic(p.Clinic)
	if !known {
		return "", console.ErrNotFound
	}
	route, _ := s.Route(p.Clinic, to.Reveal())
	id := rand.Text()
	return id, b.Place(call.Placing{ID: id, Why: p.Kind, Clinic: p.Clinic, Near: near, Of: p.Of,
		Far: &call.Dialling{To: to, Route: route, Display: clinic.Name, Call: id}})
}

// desks are what agents say of themselves.
type desks struct {
	*office
	running running
}

func (d desks) board() (*call.Switchboard, error) { return lines(d).board() }

// Break is remembered, then done: who is sent away knows by whom.
func (d desks) Break(ctx context.Context, b console.Break, by audit.Actor) error {
	board, err := d.board()
	if err != nil {
		return err
	}
	rest := board.Break
	if by.ID != b.Person {
		rest = board.ForceBreak
	}
	return d.resting(ctx, b.Person, map[string]string{"after": b.Reason}, by, func() error { return rest(b.Person, b.Reason, b.Until) })
}

func (d desks) EndBreak(ctx context.Context, person string, by audit.Actor) error {
	board, err := d.board()
	if err != nil {
		return err
	}
	return d.resting(ctx, person, map[string]string{"after": "back"}, by, func() error { return board.EndBreak(person) })
}

func (d desks) EndWrapUp(ctx context.Context, person string, by audit.Actor) error {
	board, err := d.board()
	if err != nil {
		return err
	}
	return d.resting(ctx, person, map[string]string{"after": "wrap_up_ended"}, by, func() error { return board.EndWrapUp(person) })
}

// resting does it and remembers who wanted it and how it went.
func (d desks) resting(ctx context.Context, person string, facts map[string]string, by audit.Actor, do func() error) error {
	e := audit.Event{Actor: by, Action: audit.AgentStateSet, Object: "person:" + person, Outcome: audit.Done, Facts: facts}
	if err := known(d.Store.Audit(ctx, e)); err != nil {
		return err
	}
	err := ofRest(do())
	if err != nil {
		e.Outcome = audit.Refused
		err = errors.Join(err, known(d.Store.Audit(ctx, e)))
	}
	return err
}

// ofRest is what the console says of a refusal of the switchboard.
func ofRest(err error) error {
	switch {
	case errors.Is(err, call.ErrLastAgent):
		return &console.Problem{Type: "nightbell:last-agent", Title: "Conflict", Status: 409, Detail: "a clinic would have nobody ready: a supervisor may send you all the same"}
	case errors.Is(err, call.ErrNoRest):
		return &console.Problem{Type: "nightbell:no-break", Title: "Conflict", Status: 409, Detail: "there is none to be ended"}
	case errors.Is(err, call.ErrNoAgent):
		return console.ErrNotFound
	case errors.Is(err, call.ErrTooLong):
		return console.Mistakes{{Field: "body.minutes", Text: "longer than a break may be"}}
	}
	return err
}

// seen adds what each agent does now, and for which clinics she may answer.
func (a agents) seen(ctx context.Context, all []console.Agent) ([]console.Agent, error) {
	grants, err := a.Store.Grants(ctx)
	if err != nil {
		return nil, known(err)
	}
	clinics := mayAnswer(grants, a.now())
	now := map[string]call.AgentView{}
	if b := a.running.Board(); b != nil {
		for _, v := range b.Agents() {
			now[v.Person] = v
		}
	}
	for n := range all {
		one := &all[n]
		one.Clinics = clinics(one.Person)
		v, there := now[one.Person]
		if !there {
			continue
		}
		one.State, one.Since, one.Until, one.Reason, one.Call = string(v.State), v.Since, v.Until, v.Reason, v.Call
		if one.Paused && v.State == call.AgentReady {
			one.State = "paused"
		}
	}
	return all, nil
}

// mayAnswer says for which clinics somebody may answer by her grants: nil is every clinic, empty none.
func mayAnswer(grants []access.Grant, now time.Time) func(person string) []string {
	all, some := map[string]bool{}, map[string]map[string]bool{}
	for _, g := range grants {
		if g.Role != access.Agent && g.Role != access.Supervisor || !g.Holds(now) {
			continue
		}
		if all[g.Person] = all[g.Person] || len(g.Clinics) == 0; some[g.Person] == nil {
			some[g.Person] = map[string]bool{}
		}
		for _, c := range g.Clinics {
			some[g.Person][c] = true
		}
	}
	return func(person string) []string {
		if all[person] {
			return nil
		}
		return append([]string{}, slices.Sorted(maps.Keys(some[person]))...)
	}
}

// Board is who keeps the running calls; nil while the keys are sealed.
func (s *server) Board() *call.Switchboard {
	if s.sealed.Load() != nil {
		return nil
	}
	return s.board
}

// followLive keeps what changes on the floor for whoever looks on, from the moment on that there is one.
func (s *server) followLive(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for s.Board() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	return s.console.Follow(ctx)
}

// Standing is what stands wrong.
func (s *server) Standing() *alarms { return &s.alarms }

// Phones are the registered telephones of a person who may answer for a clinic; of all of hers, or of the one named.
func (s *server) Phones(clinic, person, user string) []call.Contact {
	rules := s.rules.now.Load()
	users := slices.DeleteFunc(slices.Clone(rules.policy.Users(person)), func(u string) bool { return user != "" && u != user })
	return phones{s.rules, func() *sip.Server { return s.sip }}.Contacts(clinic, users)
}

func (stopped) Board() *call.Switchboard             { return nil }
func (stopped) Standing() *alarms                    { return &alarms{} }
func (stopped) Phones(_, _, _ string) []call.Contact { return nil }

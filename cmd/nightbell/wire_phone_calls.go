package main

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

// This file is what a registered phone may dial, and who takes it:
//
//	911 933 988        at once, whoever is ready and whatever the house does (wire_urgent.go)
//	*10 *11            the desk: ready, not ready
//	*7N                the caller parked in slot N
//	*8                 the caller who has waited longest of those whom she may be offered
//	*9USER             listens to USER's call (a supervisor of its clinic, remembered first: wire_monitor.go)
//	NUMBER, USER       while she talks with a caller: consults whoever that is, in her call
//	NUMBER[*CLINIC]    else: calls outside in the name of that clinic, or of the only one she is ready for

const (
	dialRetrieve = "*7"
	dialPickUp   = "*8"
	dialMonitor  = "*9"
)

// phoned is an INVITE of a registered phone. It never blocks.
func (s *server) phoned(l *sip.Leg) {
	dialled := l.Facts().Number
	if kind := policy.EmergencyNumber(dialled); kind != "" {
		s.urgent.dialled(l, kind)
		return
	}
	if s.sealed.Load() != nil {
		s.urgent.say(l, "phone_sealed")
		return
	}
	switch deskCode(dialled) {
	case dialReady, dialNotReady:
		s.desk.dialled(l)
		return
	}
	if prompt := s.guided(l, dialled); prompt != "" {
		s.urgent.say(l, prompt)
	}
}

// guided leads a phone to the call that it means, or begins one; else it names the words of the refusal.
func (s *server) guided(l *sip.Leg, dialled string) (prompt string) {
	g := s.guest(l)
	if g.Person == "" {
		return "phone_not_allowed"
	}
	code := func(prefix string) (string, bool) { return strings.CutPrefix(dialled, prefix) }
	if slot, ok := code(dialRetrieve); ok {
		g.Want, g.Slot = call.Retrieve, slot
		return s.received(g)
	}
	if rest, ok := code(dialPickUp); ok && rest == "" {
		g.Want = call.PickUp
		return s.received(g)
	}
	if user, ok := code(dialMonitor); ok {
		g.Want, g.To = call.Monitor, phi.NewPhone(user)
		return s.monitors(l, g)
	}
	if strings.HasPrefix(dialled, "*") {
		return "phone_not_allowed"
	}
	number, clinic, _ := strings.Cut(dialled, "*")
	number, _ = policy.NormaliseNumber(number, "US")
	g.Want, g.To = call.Consult, phi.NewPhone(number)
	if err := s.board.Guest(g); err == nil {
		return ""
	}
	return s.callsOut(g, clinic)
}

// replaces takes a phone that is to take the place of another party's (RFC 3891). Trunks may not: who rings from outside
// takes over nobody's conversation.
func (s *server) replaces(l *sip.Leg) {
	g := s.guest(l)
	g.Want, g.Replaces = call.Replace, l.Facts().Replaces
	if g.Person == "" || s.sealed.Load() != nil || s.received(g) != "" {
		_ = l.Refuse(sip.Refusal{Reason: sip.Declined})
	}
}

// guest is the phone as a party of a call that there is, or is to be.
func (s *server) guest(l *sip.Leg) call.Guest {
	f := l.Facts()
	id := rand.Text()
	l.Label(id)
	return call.Guest{User: f.Device, Person: s.rules.now.Load().owner[f.Device], Offer: l.RemoteSDP(), Leg: leg{l},
		Listen:  func(post func(call.LegEvent)) { l.Listen(func(e sip.Event) { post(legEvent(e)) }) },
		Profile: s.office.Config.profile(f.Local, sameFamily(f.Local))}
}

// received brings a guest to her call. Who is not ready takes nobody's caller.
func (s *server) received(g call.Guest) (prompt string) {
	if len(s.readyFor(g.User)) == 0 {
		return "phone_not_ready"
	}
	if err := s.board.Guest(g); err != nil {
		return "phone_no_way"
	}
	return ""
}

// callsOut begins a call to a number outside, in a clinic's name.
func (s *server) callsOut(g call.Guest, clinic string) (prompt string) {
	ready := s.readyFor(g.User)
	switch {
	case len(ready) == 0:
		return "phone_not_ready"
	case clinic == "" && len(ready) == 1:
		clinic = ready[0]
	case !slices.Contains(ready, clinic):
		return "phone_not_allowed"
	}
	rules := s.rules.now.Load().policy
	c, _ := rules.Clinic(clinic)
	route, _ := rules.Route(clinic, g.To.Reveal())
	if route.Shown == "" {
		return "phone_not_allowed"
	}
	id := rand.Text()
	out := &call.Dialling{To: g.To, Route: route, Display: c.Name, Call: id}
	g.Want = ""
	err := s.board.Place(call.Placing{ID: id, Why: call.CallOut, Clinic: clinic, NearLeg: &g, Far: out})
	if err == nil {
		return ""
	}
	if _, _, why := s.outward.Profile(*out); errors.Is(why, wordNotAllowed) {
		return "phone_not_allowed"
	}
	return "phone_no_way"
}

// readyFor are the clinics whose callers a user may be offered now.
func (s *server) readyFor(user string) (clinics []string) {
	for _, c := range s.rules.now.Load().policy.Book.Clinics {
		if s.rules.present(user, c.ID) {
			clinics = append(clinics, c.ID)
		}
	}
	return clinics
}

// urgentNumber says of what a phone dialled that nothing may hold it up.
func urgentNumber(dialled string) bool { return policy.EmergencyNumber(dialled) != "" }

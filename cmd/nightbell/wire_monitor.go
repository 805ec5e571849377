package main

import (
	"context"
	"slices"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/call"
	"nightbell/sip"
)

// monitorWait is how long a telephone waits for the audit log.
const monitorWait = 5 * time.Second

// monitors lets a supervisor hear a colleague's call from her telephone. That she is ready says that she has shown who she
// is; she holds the role for the clinic whose caller it is, else there is no such call for her. It never blocks.
func (s *server) monitors(l *sip.Leg, g call.Guest) (prompt string) {
	if len(s.readyFor(g.User)) == 0 {
		return "phone_not_ready"
	}
	clinics, all := s.rules.supervised(g.Person)
	if !all && len(clinics) == 0 {
		return "phone_not_allowed"
	}
	meant, runs := s.board.Meant(g)
	if !runs || !all && !slices.Contains(clinics, meant.Clinic) {
		return "phone_no_way"
	}
	g.Call = meant.ID
	if !s.urgent.begin(func() { s.hears(l, g, meant.Clinic) }) {
		_ = l.Refuse(sip.Refusal{Reason: sip.Unreachable})
	}
	return ""
}

// hears remembers who listens to which call, and then brings her into that very one. What cannot be remembered is not heard.
func (s *server) hears(l *sip.Leg, g call.Guest, clinic string) {
	ctx, stop := context.WithTimeout(s.urgent.ctx, monitorWait)
	defer stop()
	err := s.office.Store.Audit(ctx, audit.Event{
		Time: time.Now().UTC(), Action: audit.CallHeard, Object: "call:" + g.Call, Clinic: clinic, Outcome: audit.Done,
		Actor:  audit.Actor{Type: "person", ID: g.Person, Role: string(access.Supervisor), Device: g.User},
		Reason: "dialled " + dialMonitor, Classes: []string{"audio"}, Correlation: g.Call,
		Facts: map[string]string{"do": string(call.Listen), "user": g.User},
	})
	if err == nil {
		err = s.board.Guest(g)
	}
	if err != nil {
		s.urgent.say(l, "phone_no_way")
	}
}

// supervised are the clinics whose calls a person may listen to.
func (r *rules) supervised(person string) (clinics []string, all bool) {
	f := r.now.Load().gate.facts[person]
	if f == nil {
		return nil, false
	}
	return access.ClinicsOf(f.Grants, r.clock(), access.Supervisor)
}

package main

import (
	"context"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// callPINs is call.PINs: what a clinician types when she takes a patch, against the hash that her console stored. The digits
// live as long as the check; a wrong one is a leaf of the audit log, without them.
type callPINs struct {
	desk     *deskKeys
	rules    *rules
	throttle *access.Throttle
}

func newCallPINs(o *office, r *rules) *callPINs {
	return &callPINs{desk: &deskKeys{office: o, passwords: o.lobby.passwords}, rules: r, throttle: access.NewThrottle()}
}

// atTelephone stands for an address in the throttle.
const atTelephone = "telephone"

// CheckPIN says whether it is hers. A person without a PIN takes the same time, and is refused.
func (p *callPINs) CheckPIN(ctx context.Context, person, typed string) (bool, error) {
	now := p.desk.now()
	if p.throttle.Wait(person, atTelephone, now) > 0 {
		return false, nil
	}
	ok, err := p.desk.pin(ctx, person, typed)
	if err != nil {
		return false, err
	}
	if ok {
		p.throttle.Passed(person)
		return true, nil
	}
	p.throttle.Failed(person, atTelephone, now)
	return false, p.desk.Store.Audit(ctx, audit.Event{
		Time: now.UTC(), Action: audit.LoginFailed, Object: "person:" + person, Outcome: audit.Refused,
		Actor: audit.Actor{Type: "person", ID: person}, Reason: "PIN at the telephone",
	})
}

// Telephone is the person's verified number; zero: she has none, or is not active.
func (p *callPINs) Telephone(person string) phi.Phone {
	who, known := p.rules.now.Load().policy.Person(person)
	if !known || !who.Active {
		return phi.Phone{}
	}
	return who.Phone
}

// patch finds whom a clinic's patch asks now: call.Ports.Patch.
func (r *rules) patch(clinic string) *policy.PatchPlan {
	return r.now.Load().policy.PatchPlan(clinic, time.Now().UTC())
}

// outwardPlan is the plan of a call that we place for a clinic: its name, its number and its rule of recording, by the law of
// whom it calls. A suspended clinic calls nobody.
func (r *rules) outwardPlan(clinic string, far phi.Phone) (policy.Plan, bool) {
	s := r.now.Load().policy
	c, known := s.Clinic(clinic)
	if !known || c.Suspended {
		return policy.Plan{}, false
	}
	now := time.Now().UTC()
	route, because := s.Route(clinic, "")
	plan := s.Decide(policy.Inquiry{Number: route.Shown, From: far, At: now})
	if plan.Clinic != clinic { // its number stands on one trunk alone
		plan = policy.Plan{Clinic: clinic, ClinicName: c.Name, Record: c.Record, Announce: c.Announce, Version: plan.Version,
			ZoneData: plan.ZoneData, At: now, Music: c.Features.Music}
		if plan.Record && plan.Announce == "" {
			plan.Announce = policy.DefaultAnnounce // nothing weighed the law: the strict way
		}
	}
	plan.Number, plan.Outbound, plan.Because = route.Shown, route, append(plan.Because, because...)
	return plan, true
}

// known are the active people whose verified telephone this is: call.Ports.Known. Two may share one; her PIN says who calls.
func (r *rules) known(from phi.Phone) (who []string) {
	for _, p := range r.now.Load().policy.Book.People {
		if p.Active && p.Phone == from && !from.IsZero() {
			who = append(who, p.ID)
		}
	}
	return who
}

package main

import (
	"context"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/media"
	"nightbell/policy"
	"nightbell/sip"
)

// openUrgent makes the desk of emergency calls; it is closed before the media.
func (s *server) openUrgent() {
	d := newUrgentDesk(s.log)
	d.media, d.sip = s.media, func() *sip.Server { return s.sip }
	d.prompts = func(name string) *media.Prompt { return s.prompts[name] }
	d.profile = func(f sip.Facts) media.Profile { return s.office.Config.profile(f.Local, sameFamily(f.Local)) }
	d.ringing = func(b sip.Binding) media.Profile {
		return s.office.Config.profile(b.Local, sameFamily(b.Remote.Addr()))
	}
	d.inbound = s.callersProfile
	d.standing = func() *policy.Snapshot { return s.rules.now.Load().policy }
	d.way = func(t *policy.Trunk) media.Profile {
		for _, c := range s.sip.CarrierStates() {
			if c.ID == t.ID {
				return s.outward.profile(outwardWay{t, c})
			}
		}
		return s.outward.profile(outwardWay{trunk: t})
	}
	d.told = s.urgentCalled
	d.names = func(device string) []string {
		return []string{device, phoneName(s.office.Store.Instance(), device)}
	}
	s.urgent = d
	s.owns(d.Close)
}

// urgentCalled tells the supervisor of a 911 call, and remembers it. Who asks for help with herself, by 988, is told of to
// nobody.
func (s *server) urgentCalled(c urgentCall) {
	s.log.Warn("emergency call", "line", string(c.Kind), "trunk", c.Trunk, "code", c.Code)
	if c.Kind == policy.Crisis988 {
		return
	}
	if c.Kind == policy.Emergency911 {
		where := "answered by way of " + c.Trunk
		if c.Trunk == "" {
			where = "REACHED NOBODY"
		}
		s.alarms.raise("emergency_call", "the phone "+c.Device+" dialled 911 at "+c.At.UTC().Format("15:04 UTC")+": "+where)
	}
	outcome := audit.Done
	if c.Trunk == "" {
		outcome = audit.Refused
	}
	event := audit.Event{Time: c.At.UTC(), Action: audit.EmergencyCalled, Object: "device:" + c.Device, Outcome: outcome, Actor: audit.Actor{Type: "device", ID: c.Device},
		Facts: map[string]string{"line": string(c.Kind), "trunk": c.Trunk, "code": strconv.Itoa(c.Code)}}
	s.urgent.begin(func() {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		if err := s.office.Store.Audit(ctx, event); err != nil && s.sealed.Load() == nil {
			s.log.Error("audit", "err", err)
		}
	})
}

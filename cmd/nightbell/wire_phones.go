package main

import (
	"context"
	"net/netip"

	"nightbell/call"
	"nightbell/media"
	"nightbell/sip"
)

// phones is call.Phones over the registrar: who is ready and reachable now, and one INVITE on the very flow she registered
// on.
type phones struct {
	rules *rules
	sip   func() *sip.Server
}

func (p phones) Contacts(clinic string, users []string) []call.Contact {
	present := make([]string, 0, len(users))
	for _, u := range users {
		if p.rules.present(u, clinic) {
			present = append(present, u)
		}
	}
	if len(present) == 0 {
		return nil
	}
	var contacts []call.Contact
	for _, b := range p.sip().Bindings(present...) {
		contacts = append(contacts, call.Contact{ID: b.ID, User: b.User, Profile: p.profile(b)})
	}
	return contacts
}

// profile: a phone's sound travels in the family of its connection. Nothing but SRTP; every phone can do the suite that
// Offer always holds.
func (p phones) profile(b sip.Binding) media.Profile {
	return p.rules.office.Config.profile(b.Local, sameFamily(b.Remote.Addr()))
}

func sameFamily(a netip.Addr) func(media.Profile) bool {
	v4 := a.Unmap().Is4()
	return func(p media.Profile) bool { return p.Bind.Unmap().Is4() == v4 }
}

func (p phones) Invite(ctx context.Context, c call.Contact, inv call.Invite, post func(call.LegEvent)) (call.Leg, error) {
	for _, b := range p.sip().Bindings(c.User) {
		if b.ID != c.ID {
			continue
		}
		out := sip.Invite{From: inv.From, Display: display(inv), Number: inv.Number, SDP: inv.Offer}
		if inv.Auto {
			out.Headers = byItself
		}
		l, err := p.sip().Invite(ctx, b, out)
		if err != nil {
			return nil, err
		}
		l.Label(inv.Call)
		l.Listen(func(e sip.Event) { post(legEvent(e)) })
		return leg{l}, nil
	}
	return nil, errGone
}

// byItself asks a phone to answer by itself: RFC 5373, and the older way that desk phones know. One that does neither rings.
var byItself = map[string]string{"Answer-Mode": "Auto", "Call-Info": "<sip:nightbell>;answer-after=0"}

// display is what a ringing phone shows: whose caller it is, and whether she was served already.
func display(inv call.Invite) string {
	if inv.Again {
		return inv.Clinic + " (again)"
	}
	return inv.Clinic
}

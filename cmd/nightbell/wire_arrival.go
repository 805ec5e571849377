package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"time"

	"nightbell/call"
	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

var errGone = errors.New("contact is gone")

// arrival freezes what is known of a caller's INVITE.
func (s *server) arrival(l *sip.Leg) call.Arrival {
	f := l.Facts()
	trunk, _ := s.rules.now.Load().policy.Trunk(f.TrunkID)
	region := "US"
	if trunk != nil && trunk.Country != "" {
		region = trunk.Country
	}
	if trunk != nil {
		s.trunkExcepted(trunk, f, l.RemoteSDP())
	}
	number, _ := policy.NormaliseNumber(f.Number, region)
	id := rand.Text()
	l.Label(id)
	s.attested(l, id)
	return call.Arrival{
		ID:      id,
		Inquiry: policy.Inquiry{Trunk: f.TrunkID, Number: number, From: normalised(f.Caller, region), At: time.Now().UTC()},
		Trunk:   call.TrunkFacts{ID: f.TrunkID, Name: f.TrunkName, KnownBy: f.KnownBy, Protection: f.Protection},
		Offer:   l.RemoteSDP(),
		Leg:     leg{l},
		Listen:  func(post func(call.LegEvent)) { l.Listen(func(e sip.Event) { post(legEvent(e)) }) },
		Profile: s.callersProfile(f, l.RemoteSDP()),
	}
}

// callersProfile says how the caller's sound travels. SDES keys are worth nothing where signalling is in clear.
func (s *server) callersProfile(f sip.Facts, offer []byte) media.Profile {
	p := s.rules.profile(f, offeredFamily(offer))
	p.Exposed = f.Protection == string(sip.UDP) || f.Protection == string(sip.TCP)
	return p
}

// normalised is the caller's number in E.164 where it is one. A number that is none (an extension, a short code) is
// kept as it was sent and never indexed.
func normalised(p phi.Phone, region string) phi.Phone {
	if p.IsZero() {
		return p
	}
	n, _ := policy.NormaliseNumber(p.Reveal(), region)
	return phi.NewPhone(n)
}

// offeredFamily follows the offer: sound goes by IPv6 where the caller's description says so.
func offeredFamily(sdp []byte) func(media.Profile) bool {
	v4 := !bytes.Contains(sdp, []byte("c=IN IP6"))
	return func(p media.Profile) bool { return p.Bind.Unmap().Is4() == v4 }
}

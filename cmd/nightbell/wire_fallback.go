package main

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"nightbell/call"
	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

// fallbackLine is call.Phones of a house without keys: its only telephone is the clinic's fixed fallback number, dialled
// over the fallback trunk.
type fallbackLine struct {
	rules  *rules
	sip    func() *sip.Server
	bundle *bundle // nil: there is nobody to ring
	log    *slog.Logger

	dials sync.WaitGroup
	mu    sync.Mutex
	local netip.Addr // our end towards the carrier, as it was last seen
	seen  time.Time
}

// Contacts is one contact a call: the number itself.
func (f *fallbackLine) Contacts(clinic string, users []string) (all []call.Contact) {
	if f.bundle == nil || f.number(clinic) == "" {
		return nil
	}
	for _, u := range users {
		all = append(all, call.Contact{ID: clinic, User: u, Profile: f.profile()})
	}
	return all
}

func (f *fallbackLine) number(clinic string) string {
	for _, c := range f.bundle.Rules.Clinics {
		if c.ID == clinic {
			return c.Fallback
		}
	}
	return ""
}

// presented is what the other side sees: the clinic's number that was dialled, or another of its own.
func (f *fallbackLine) presented(clinic, dialled string) string {
	if dialled != "" {
		return dialled
	}
	for _, n := range f.bundle.Rules.Numbers {
		if n.Clinic == clinic {
			return n.Number
		}
	}
	return ""
}

// profile: sound travels from the address by which the carrier is reached.
func (f *fallbackLine) profile() media.Profile {
	local := f.towards()
	return f.rules.office.Config.profile(local, sameFamily(local))
}

// localKept is how long our end is not looked up again; localWait how long one look may take.
const (
	localKept = time.Minute
	localWait = 2 * time.Second
)

// towards asks the kernel which address of ours faces the carrier. No packet is sent.
func (f *fallbackLine) towards() netip.Addr {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.seen) < localKept {
		return f.local
	}
	f.seen = time.Now()
	conn, err := (&net.Dialer{Timeout: localWait}).Dial("udp", f.route("").address())
	if err != nil {
		return f.local
	}
	defer conn.Close()
	f.local = conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	return f.local
}

// trunkRoute is a route with the words of the book behind it.
type trunkRoute struct{ sip.Route }

func (r trunkRoute) address() string { return net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }

func (f *fallbackLine) route(number string) trunkRoute {
	t := f.bundle.Rules.Fallback
	r := sip.Route{Host: t.Host, Port: t.Port, User: t.User, MD5Until: t.MD5Until, Number: number,
		Secret: func() string { return f.bundle.Secrets[policy.FallbackTrunkID] }}
	if t.Roots != "" {
		r.Roots = x509.NewCertPool()
		r.Roots.AppendCertsFromPEM([]byte(t.Roots))
	}
	return trunkRoute{r}
}

// Invite begins to dial. A refusal, a busy line or a carrier that cannot be reached is tried again until the hunt ends
// this leg: the caller hears ringing meanwhile.
func (f *fallbackLine) Invite(_ context.Context, c call.Contact, inv call.Invite, post func(call.LegEvent)) (call.Leg, error) {
	number := f.number(c.ID)
	shown := f.presented(c.ID, inv.Number)
	ctx, stop := context.WithCancel(context.Background())
	l := &fallbackLeg{post: post, stop: stop, log: f.log}
	out := sip.Invite{From: phi.NewPhone(shown), Display: inv.Clinic, Number: shown, SDP: inv.Offer}
	f.dials.Go(func() {
		l.dial(ctx, func(ctx context.Context) (*sip.Leg, error) { return f.sip().Dial(ctx, f.route(number).Route, out) })
	})
	return l, nil
}

// fallbackLeg is one party that is dialled until she answers or the call gives up. Of all the dialogs that it takes, the
// call sees one leg.
type fallbackLeg struct {
	post func(call.LegEvent)
	stop context.CancelFunc
	log  *slog.Logger

	mu    sync.Mutex
	leg   *sip.Leg // nil: nothing is on its way
	ended bool
}

// dialPauses are between two attempts; the last one repeats.
var dialPauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// dial ends with an answer, or when the call has ended the leg.
func (l *fallbackLeg) dial(ctx context.Context, try func(context.Context) (*sip.Leg, error)) {
	for n := 0; ctx.Err() == nil; n++ {
		leg, err := try(ctx)
		if err == nil && l.follow(ctx, leg) {
			return
		}
		if err != nil && ctx.Err() == nil {
			l.log.Warn("fallback trunk", "err", err)
		}
		pause := time.NewTimer(dialPauses[min(n, len(dialPauses)-1)])
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
}

// follow lets the call hear one attempt. False: it came to nothing, and another may be made.
func (l *fallbackLeg) follow(ctx context.Context, leg *sip.Leg) bool {
	l.mu.Lock()
	late := l.ended
	l.leg = leg
	l.mu.Unlock()
	if late {
		leg.End(sip.CallerGone)
		return true
	}
	came := make(chan bool, 1)
	leg.Listen(func(e sip.Event) {
		switch e.Kind {
		case sip.Refused:
			l.log.Info("fallback refused", "code", e.Code)
			came <- false
			return
		case sip.Answered, sip.Ended:
			select {
			case came <- true:
			default:
			}
		}
		l.post(legEvent(e))
	})
	select {
	case ok := <-came:
		if !ok {
			l.mu.Lock()
			l.leg = nil
			l.mu.Unlock()
		}
		return ok
	case <-ctx.Done():
		return true
	}
}

// with does something on the dialog that stands.
func (l *fallbackLeg) with(do func(*sip.Leg) error) error {
	l.mu.Lock()
	leg := l.leg
	l.mu.Unlock()
	if leg == nil {
		return sip.ErrState
	}
	return do(leg)
}

func (l *fallbackLeg) Ring([]byte) error { return sip.ErrState }
func (l *fallbackLeg) Answer(sdp []byte) error {
	return l.with(func(s *sip.Leg) error { return s.Answer(sdp) })
}
func (l *fallbackLeg) Offer(sdp []byte) error {
	return l.with(func(s *sip.Leg) error { return s.Offer(sdp) })
}
func (l *fallbackLeg) Refuse(r call.Refusal) error {
	return l.with(func(s *sip.Leg) error { return leg{s}.Refuse(r) })
}

// End gives up. A pause between two attempts ends at once, and the call is told as if a dialog had ended.
func (l *fallbackLeg) End(why call.Cause) {
	l.mu.Lock()
	over, on := l.ended, l.leg
	l.ended = true
	l.mu.Unlock()
	if over {
		return
	}
	if on != nil {
		on.End(reasonOf(why))
	} else {
		l.post(call.LegEvent{Kind: call.Ended, Cause: why})
	}
	l.stop()
}

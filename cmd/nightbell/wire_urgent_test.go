package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nightbell/call"
	"nightbell/media"
	"nightbell/media/mediatest"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
	"nightbell/sip/siptest"
)

// outhouse is signalling, sound, the urgent desk and the lines outward, over a book of its own.
type outhouse struct {
	t     *testing.T
	dir   string
	ca    *authority
	roots string
	sip   *sip.Server
	media *media.Engine
	rules *rules
	desk  *urgentDesk
	out   *outward
	told  chan urgentCall
	taken chan *sip.Leg
}

func newOuthouse(t *testing.T) *outhouse {
	t.Helper()
	h := &outhouse{t: t, dir: t.TempDir(), told: make(chan urgentCall, 8), taken: make(chan *sip.Leg, 8)}
	var err error
	h.ca, err = newAuthority(filepath.Join(h.dir, "ca.pem"), filepath.Join(h.dir, "ca.key"), time.Now())
	ours(t, err)
	text, err := os.ReadFile(filepath.Join(h.dir, "ca.pem"))
	ours(t, err)
	h.roots = string(text)
	loopback := netip.MustParseAddr("127.0.0.1")
	cfg := Config{Dir: h.dir, Media: MediaConfig{Address: []MediaAddress{{Bind: loopback}}}}
	h.rules = &rules{office: &office{Config: cfg}, clock: time.Now}
	h.media, err = media.Open(media.Config{Loops: 1})
	ours(t, err)
	h.out = &outward{rules: h.rules, sip: func() *sip.Server { return h.sip }, log: slog.New(slog.DiscardHandler)}
	h.desk = newUrgentDesk(slog.New(slog.DiscardHandler))
	h.desk.media, h.desk.sip = h.media, h.out.sip
	prompts := media.Prompts()
	h.desk.prompts = func(name string) *media.Prompt { return prompts[name] }
	plain := media.Profile{Bind: loopback}
	h.desk.profile = func(sip.Facts) media.Profile { return plain }
	h.desk.ringing = func(sip.Binding) media.Profile { return plain }
	h.desk.inbound = func(sip.Facts, []byte) media.Profile { return plain }
	h.desk.way = func(t *policy.Trunk) media.Profile { return h.out.profile(outwardWay{trunk: t}) }
	h.desk.standing = func() *policy.Snapshot { return h.rules.now.Load().policy }
	h.desk.told = func(c urgentCall) { h.told <- c }
	h.desk.names = func(device string) []string { return []string{device} }
	h.write(&policy.Book{})
	h.serve()
	return h
}

func ours(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *outhouse) pair(name string) *tls.Certificate {
	h.t.Helper()
	base := filepath.Join(h.dir, name)
	ours(h.t, h.ca.server(base+".crt", base+".key", []string{name, "127.0.0.1"}, time.Now()))
	pair, err := certificate(base+".crt", base+".key")()
	ours(h.t, err)
	return pair
}

func (h *outhouse) serve() {
	own := h.pair("nightbell.example")
	var err error
	h.sip, err = sip.New(sip.Config{
		Listeners: []sip.Listen{{Network: sip.TLS, Bind: netip.MustParseAddrPort("127.0.0.1:0"), Certificate: func() (*tls.Certificate, error) { return own, nil }}},
		Trunks:    h.rules.Trunks, Devices: h.rules, Carriers: h.rules.Carriers, Urgent: urgentNumber,
		OnPhone: func(l *sip.Leg) {
			if kind := policy.EmergencyNumber(l.Facts().Number); kind != "" {
				h.desk.dialled(l, kind)
				return
			}
			h.desk.say(l, "phone_not_allowed")
		},
		OnInvite: func(l *sip.Leg) {
			if !h.desk.calledBack(l, func(l *sip.Leg) { h.taken <- l }) {
				h.taken <- l
			}
		},
	})
	ours(h.t, err)
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = h.sip.Run(ctx) })
	work.Go(func() { _ = h.media.Run(ctx) })
	h.t.Cleanup(func() {
		_ = h.desk.Close()
		stop()
		work.Wait()
		h.out.dials.Wait()
		_ = h.media.Close()
	})
}

// write puts a book in place; amy's and bo's phones are enrolled.
func (h *outhouse) write(b *policy.Book) {
	s := &standing{policy: policy.Index(b, nil), owner: map[string]string{"amy": "amy", "bo": "bo"}, paused: map[string]bool{}, devices: map[string]sip.Device{}}
	for user := range s.owner {
		s.devices[user] = sip.Device{User: user, Person: user, Secret: func() string { return "secret of " + user }}
	}
	s.carriers = sipCarriers(b, func(string) string { return "" }, func(string) (*tls.Certificate, error) { return nil, nil })
	s.trunks = sipTrunks(b, h.roots, func(string) string { return "" })
	h.rules.now.Store(s)
	if h.sip != nil {
		deadline := time.Now().Add(10 * time.Second)
		for h.sip.CarriersChanged(); len(h.sip.CarrierStates()) != len(s.carriers) && time.Now().Before(deadline); h.sip.CarriersChanged() {
		}
	}
}

// exchange is a carrier's server; its trunk is added to the book.
func (h *outhouse) exchange(b *policy.Book, id string, ring func(*siptest.Dialog)) {
	h.t.Helper()
	x, err := siptest.ListenExchange(siptest.ExchangeOptions{Addr: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{*h.pair(id + ".example")}}}, ring)
	ours(h.t, err)
	h.t.Cleanup(x.Close)
	b.Trunks = append(b.Trunks, policy.Trunk{ID: id, Name: id, NumberFrom: "to", Carrier: &policy.Carrier{Host: "127.0.0.1",
		Port: x.Addr().(*net.TCPAddr).Port, Roots: h.roots, OptionsEvery: -1, Rank: len(b.Trunks)}})
}

// house911 has one emergency trunk and one other.
func house911() *policy.Book {
	return &policy.Book{Emergency: policy.EmergencyLine{Trunk: "psap", CallBack: "+12125550111", Locations: map[string]policy.Location{
		"":    {Country: "US", State: "NY", City: "New York", Street: "Main Street", House: "1"},
		"amy": {Country: "US", State: "NY", City: "Albany", Street: "Elm Street", House: "7", Room: "3 & 4"},
	}}, Clinics: []policy.Clinic{{ID: "harbor", Name: "Harbor", Zone: "UTC"}}, Numbers: []policy.Number{{Number: "+12125550100", Clinic: "harbor"}}}
}

// taker answers with real sound, and hands the dialog on.
func taker(t *testing.T, to chan<- *siptest.Dialog, sound *mediatest.Peer) func(*siptest.Dialog) {
	return func(d *siptest.Dialog) {
		answer, err := sound.Answer(sdpOf(d.Invite()))
		if err != nil {
			t.Error(err)
			return
		}
		_ = d.Ring(nil)
		_ = d.Answer(answer)
		to <- d
	}
}

// sdpOf takes the session description out of a body, multipart or not.
func sdpOf(e siptest.Event) []byte {
	if !strings.HasPrefix(e.Header("Content-Type"), "multipart/") {
		return e.SDP
	}
	_, rest, _ := strings.Cut(string(e.SDP), "Content-Type: application/sdp\r\n\r\n")
	sdp, _, _ := strings.Cut(rest, "\r\n--")
	return []byte(sdp + "\r\n")
}

func (h *outhouse) sound() *mediatest.Peer {
	h.t.Helper()
	p, err := mediatest.Listen(mediatest.Options{})
	ours(h.t, err)
	h.t.Cleanup(func() { _ = p.Close() })
	return p
}

func (h *outhouse) phone(user string, ring func(*siptest.Dialog)) *siptest.Phone {
	h.t.Helper()
	p, err := siptest.NewPhone(h.soon(), siptest.Options{Addr: h.sip.Addrs()[0].String(), RootCAs: h.pool(), User: user, Secret: "secret of " + user, Domain: "nightbell"}, ring)
	ours(h.t, err)
	h.t.Cleanup(p.Close)
	ours(h.t, p.Register(h.soon()))
	return p
}

func (h *outhouse) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(h.roots))
	return pool
}

// hears is what the supervisor is told next.
func (h *outhouse) hears() urgentCall {
	h.t.Helper()
	select {
	case c := <-h.told:
		return c
	case <-h.soon().Done():
		h.t.Fatal("nobody was told")
		return urgentCall{}
	}
}

func (h *outhouse) soon() context.Context {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	h.t.Cleanup(stop)
	return ctx
}

// dials lets a phone dial, and gives its sound once it was answered.
func (h *outhouse) dials(p *siptest.Phone, number string) (*siptest.Dialog, *mediatest.Peer) {
	h.t.Helper()
	sound := h.sound()
	offer, err := sound.Offer()
	ours(h.t, err)
	d, err := p.Dial(number, offer)
	ours(h.t, err)
	e, err := d.Wait(h.soon(), "200")
	ours(h.t, err)
	ours(h.t, sound.Accept(e.SDP))
	return d, sound
}

func TestA911CallLeavesWithItsLocation(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	psap, at := h.sound(), make(chan *siptest.Dialog, 1)
	h.exchange(b, "other", func(d *siptest.Dialog) { t.Error("911 went by another trunk first"); _ = d.Reject(404) })
	h.exchange(b, "psap", taker(t, at, psap))
	h.write(b)
	p := h.phone("amy", nil)
	h.sip.Drain()
	d, sound := h.dials(p, "9911")
	got := (<-at).Invite()
	for _, want := range []string{"INVITE sip:911@", "Geolocation: <cid:", "<country>US</country>", "<A3>Albany</A3>", "<HNO>7</HNO>", "3 &amp; 4",
		"<sip:+12125550111@127.0.0.1>"} {
		if !strings.Contains(got.Raw, want) {
			t.Errorf("no %q in\n%s", want, got.Raw)
		}
	}
	sound.Speak(mediatest.Caller())
	psap.Speak(mediatest.Agent())
	for name, err := range map[string]error{"the phone": sound.AwaitSound(h.soon(), time.Time{}, time.Second), "911": psap.AwaitSound(h.soon(), time.Time{}, time.Second)} {
		if err != nil {
			t.Errorf("%s heard nothing: %v", name, err)
		}
	}
	ours(t, d.Bye(h.soon()))
	if c := h.hears(); c.Device != "amy" || c.Kind != policy.Emergency911 || c.Trunk != "psap" {
		t.Errorf("told %+v", c)
	}
}

// The emergency trunk fails: every other one is tried, whatever it may dial otherwise.
func TestA911CallTakesWhateverTrunkThereIs(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	at := make(chan *siptest.Dialog, 4)
	h.exchange(b, "psap", func(d *siptest.Dialog) { _ = d.Reject(486) })
	h.exchange(b, "other", taker(t, at, h.sound()))
	b.Trunks[1].Carrier.Numbers.Allow = []string{"+49"}
	b.Trunks[1].MaxCalls = 1
	h.write(b)
	p := h.phone("amy", nil)
	first, _ := h.dials(p, "911")
	second, _ := h.dials(p, "9,911") // over the trunk's limit
	for _, d := range []*siptest.Dialog{first, second} {
		ours(t, d.Bye(h.soon()))
		if c := h.hears(); c.Trunk != "other" {
			t.Errorf("told %+v", c)
		}
	}
}

// Where 911 cannot be reached the phone hears so, at once, and the supervisor is told.
func TestAPhoneThatCannotReach911SaysSo(t *testing.T) {
	for name, emergency := range map[string]bool{"no emergency trunk": false, "nobody answers there": true} {
		t.Run(name, func(t *testing.T) {
			h := newOuthouse(t)
			b := house911()
			h.exchange(b, "psap", func(d *siptest.Dialog) { _ = d.Reject(500) })
			if !emergency {
				b.Emergency = policy.EmergencyLine{}
			}
			h.write(b)
			d, sound := h.dials(h.phone("amy", nil), "911")
			ours(t, sound.AwaitSound(h.soon(), time.Time{}, 2*time.Second))
			_, err := d.Wait(h.soon(), "BYE")
			ours(t, err)
			if c := h.hears(); c.Trunk != "" || c.Device != "amy" {
				t.Errorf("told %+v", c)
			}
		})
	}
}

// Whoever answered 911 calls back: the phone that dialled rings, and no queue, for two hours.
func TestACallBackFrom911RingsThePhoneFirst(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	at := make(chan *siptest.Dialog, 4)
	h.exchange(b, "psap", taker(t, at, h.sound()))
	h.write(b)
	rang := make(chan *siptest.Dialog, 1)
	p := h.phone("amy", taker(t, rang, h.sound()))
	d, _ := h.dials(p, "911")
	back := (<-at).Carrier()
	ours(t, d.Bye(h.soon()))
	sound := h.sound()
	offer, err := sound.Offer()
	ours(t, err)
	in, err := back.Call(h.soon(), "+12125550111", "+12125550122", offer)
	ours(t, err)
	e, err := in.Wait(h.soon(), "200")
	ours(t, err)
	ours(t, sound.Accept(e.SDP))
	<-rang
	ours(t, in.Bye(h.soon()))
	if len(h.taken) != 0 {
		t.Error("the call back went to the desk")
	}
	h.desk.mu.Lock()
	h.desk.recent[0].At = time.Now().Add(-urgentKept - time.Second)
	h.desk.mu.Unlock()
	in, err = back.Call(h.soon(), "+12125550111", "+12125550122", offer)
	ours(t, err)
	select {
	case l := <-h.taken:
		l.End(sip.Busy)
	case <-h.soon().Done():
		t.Error("after two hours it is a call like any other")
	}
	_, err = in.Wait(h.soon(), "486")
	ours(t, err)
}

// Carriers are tried in the order of the route, those that are down last; the far side sees the clinic's number, written
// as its trunk wants it.
func TestACallOutwardFindsATrunkThatTakesIt(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	at := make(chan *siptest.Dialog, 4)
	h.exchange(b, "first", func(d *siptest.Dialog) { _ = d.Reject(500) })
	h.exchange(b, "second", taker(t, at, h.sound()))
	b.Trunks[1].Carrier.Numbers = policy.NumberRules{Format: "plain", Prefix: "0"}
	h.write(b)
	d := call.Dialling{To: phi.NewPhone("+12125550123"), Route: policy.OutboundRoute{Trunks: []string{"first", "second"}, Shown: "+12125550100"}}
	trunk, profile, err := h.out.Profile(d)
	ours(t, err)
	if trunk != "first" || !profile.Bind.IsValid() {
		t.Errorf("%s %+v", trunk, profile)
	}
	sound := h.sound()
	d.Offer, err = sound.Offer()
	ours(t, err)
	events := make(chan call.LegEvent, 16)
	leg, err := h.out.Dial(h.soon(), trunk, d, func(e call.LegEvent) { events <- e })
	ours(t, err)
	for e := range events {
		if e.Kind == call.Refused || e.Kind == call.Ended {
			t.Fatalf("%+v", e)
		}
		if e.Kind == call.Answered {
			break
		}
	}
	got := (<-at).Invite()
	if !strings.Contains(got.Raw, "INVITE sip:012125550123@") || !strings.Contains(got.Header("From"), "sip:12125550100@") {
		t.Errorf("INVITE %s", got.Raw)
	}
	leg.End(call.Completed)
	for e := range events {
		if e.Kind == call.Ended {
			break
		}
	}
}

// What may not be dialled is not: 911 for a patient least of all.
func TestWhatMayNotBeDialledOutward(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	h.exchange(b, "first", func(d *siptest.Dialog) { t.Error("dialled: ", d.Invite().Raw) })
	b.Trunks[0].Carrier.Numbers.Deny = []string{"+1415"}
	h.write(b)
	for number, want := range map[string]error{"911": wordNotAllowed, "+19005550123": wordNotAllowed, "+14155550123": wordNotAllowed, "+442071838750": wordNotAllowed} {
		d := call.Dialling{To: phi.NewPhone(number), Route: policy.OutboundRoute{Trunks: []string{"first"}, Shown: "+12125550100"}}
		if _, _, err := h.out.Profile(d); err != want {
			t.Errorf("%s: %v", number, err)
		}
		if _, err := h.out.Dial(h.soon(), "first", d, func(call.LegEvent) {}); err != want {
			t.Errorf("%s dialled: %v", number, err)
		}
	}
	if _, _, err := h.out.Profile(call.Dialling{To: phi.NewPhone("+12125550123"), Route: policy.OutboundRoute{Trunks: []string{"gone"}}}); err != wordNoTrunk {
		t.Error(err)
	}
}

// The number says no: no other trunk is asked.
func TestABusyNumberIsBusyOnEveryTrunk(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	h.exchange(b, "first", func(d *siptest.Dialog) { _ = d.Reject(486) })
	h.exchange(b, "second", func(d *siptest.Dialog) { t.Error("another trunk was asked"); _ = d.Reject(404) })
	h.write(b)
	d := call.Dialling{To: phi.NewPhone("+12125550123"), Route: policy.OutboundRoute{Trunks: []string{"first", "second"}, Shown: "+12125550100"}, Offer: []byte("v=0\r\n")}
	events := make(chan call.LegEvent, 16)
	_, err := h.out.Dial(h.soon(), "first", d, func(e call.LegEvent) { events <- e })
	ours(t, err)
	for e := range events {
		if e.Kind == call.Refused {
			if e.Cause != call.Busy || e.Code != 486 {
				t.Errorf("%+v", e)
			}
			return
		}
	}
}

// A call that is given up while a trunk is silent ends at once, and nothing is left of it.
func TestGivingUpWhileATrunkIsSilent(t *testing.T) {
	h := newOuthouse(t)
	b := house911()
	asked := make(chan *siptest.Dialog, 1)
	h.exchange(b, "first", func(d *siptest.Dialog) { asked <- d })
	h.write(b)
	d := call.Dialling{To: phi.NewPhone("+12125550123"), Route: policy.OutboundRoute{Trunks: []string{"first"}, Shown: "+12125550100"}, Offer: []byte("v=0\r\n")}
	events := make(chan call.LegEvent, 16)
	leg, err := h.out.Dial(h.soon(), "first", d, func(e call.LegEvent) { events <- e })
	ours(t, err)
	<-asked
	leg.End(call.CallerGone)
	if e := <-events; e.Kind != call.Ended || e.Cause != call.CallerGone {
		t.Errorf("%+v", e)
	}
	h.out.dials.Wait()
	if len(events) != 0 {
		t.Errorf("after the end: %+v", <-events)
	}
}

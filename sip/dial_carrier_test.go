package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nightbell/phi"
	"nightbell/sip/siptest"
)

// names is a name service of a test.
type names struct {
	mu    sync.Mutex
	srv   map[string][]SRV
	ip    map[string][]netip.Addr
	life  time.Duration
	err   error
	asked atomic.Int64
}

func (n *names) SRV(_ context.Context, name string) ([]SRV, time.Duration, error) {
	n.asked.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.srv[name], n.life, n.err
}

func (n *names) Addresses(_ context.Context, host string) ([]netip.Addr, time.Duration, error) {
	n.asked.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		return nil, 0, n.err
	}
	if len(n.ip[host]) == 0 {
		return nil, 0, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return n.ip[host], n.life, nil
}

func (n *names) is(err error) {
	n.mu.Lock()
	n.err = err
	n.mu.Unlock()
}

// dialling is a house with one carrier, whose servers are exchanges in the order of their SRV priority.
type dialling struct {
	*house
	names   *names
	carrier Carrier
	all     atomic.Pointer[[]Carrier]
	states  chan CarrierState
}

func carrying(t *testing.T, alter func(*Carrier)) *dialling {
	t.Helper()
	d := &dialling{names: &names{srv: map[string][]SRV{}, ip: map[string][]netip.Addr{"sip.carrier.example": {netip.MustParseAddr("127.0.0.1")}}},
		states: make(chan CarrierState, 64)}
	d.house = openWith(t, func(cfg *Config) {
		cfg.Resolver = d.names
		cfg.Carriers = func() []Carrier {
			if all := d.all.Load(); all != nil {
				return *all
			}
			return nil
		}
		cfg.OnCarrier = func(s CarrierState) { d.states <- s }
	})
	d.carrier = Carrier{ID: "out", Name: "Out", Host: "carrier.example", Roots: d.ca.pool, OptionsEvery: -1}
	if alter != nil {
		alter(&d.carrier)
	}
	return d
}

// server is one of the carrier's.
func (d *dialling) server(opt siptest.ExchangeOptions, ring func(*siptest.Dialog)) *siptest.Exchange {
	d.t.Helper()
	opt.Addr = "127.0.0.1:0"
	if opt.TLS == nil {
		opt.TLS = &tls.Config{Certificates: []tls.Certificate{*d.ca.issue(d.t, "carrier.example", time.Now().Add(time.Hour))}}
	}
	x, err := siptest.ListenExchange(opt, ring)
	ok(d.t, err)
	d.t.Cleanup(x.Close)
	return x
}

// at makes the carrier's servers known, in this order, and lets the house take it up.
func (d *dialling) at(ports ...int) {
	var all []SRV
	for i, p := range ports {
		all = append(all, SRV{Target: "sip.carrier.example.", Port: p, Priority: i})
	}
	d.names.mu.Lock()
	d.names.srv["_sips._tcp.carrier.example"] = all
	d.names.mu.Unlock()
	d.take()
}

func (d *dialling) take() {
	d.all.Store(&[]Carrier{d.carrier})
	await(d.t, "the house to run", func() bool {
		d.house.server.CarriersChanged()
		return len(d.house.server.CarrierStates()) == 1
	})
}

func port(x *siptest.Exchange) int { return x.Addr().(*net.TCPAddr).Port }

func answers(d *siptest.Dialog) { _ = d.Ring(nil); _ = d.Answer(answerSDP) }

func (d *dialling) dial() (*Leg, error) {
	return d.house.server.DialCarrier(within10s(d.t), "out", "+12125550123", outward)
}

// talks dials and insists on an answer.
func (d *dialling) talks() *Leg {
	d.t.Helper()
	leg, err := d.dial()
	ok(d.t, err)
	awaitKind(d.t.(*testing.T), listening(leg), Answered)
	return leg
}

func TestTheNextServerTakesTheCall(t *testing.T) {
	for name, first := range map[string]func(*dialling) int{
		"refuses connections": func(*dialling) int {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			ok(t, err)
			defer ln.Close()
			return ln.Addr().(*net.TCPAddr).Port
		},
		"has another's certificate": func(d *dialling) int {
			cert := d.ca.issue(t, "other.example", time.Now().Add(time.Hour))
			return port(d.server(siptest.ExchangeOptions{TLS: &tls.Config{Certificates: []tls.Certificate{*cert}}}, answers))
		},
		"says 503": func(d *dialling) int {
			return port(d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { _ = x.Reject(503, "Retry-After: 120\r\n") }))
		},
		"hangs up": func(d *dialling) int {
			return port(d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { go x.Carrier().Cut() }))
		},
		"says nothing": func(d *dialling) int {
			return port(d.server(siptest.ExchangeOptions{}, func(*siptest.Dialog) {}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := carrying(t, nil)
			bad := first(d)
			second := d.server(siptest.ExchangeOptions{}, answers)
			d.at(bad, port(second))
			d.talks().End(Completed)
			begin := time.Now()
			d.talks().End(Completed)
			if since := time.Since(begin); since > 3*time.Second {
				t.Errorf("the bad server was tried first again: %v", since)
			}
			if n := second.Connections(); n != 1 {
				t.Errorf("%d connections to the good one", n)
			}
		})
	}
}

// Once it rings nobody else is rung, whatever becomes of it.
func TestNobodyElseIsRungAfterRinging(t *testing.T) {
	d := carrying(t, nil)
	first := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { _ = x.Ring(nil); _ = x.Reject(503) })
	rang := make(chan struct{}, 1)
	second := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { rang <- struct{}{}; answers(x) })
	d.at(port(first), port(second))
	leg, err := d.dial()
	ok(t, err)
	events := listening(leg)
	if e := <-events; e.Kind != Ringing {
		t.Errorf("first %s", e.Kind)
	}
	if e := <-events; e.Kind != Refused || e.Code != 503 {
		t.Errorf("then %s %d", e.Kind, e.Code)
	}
	if len(rang) != 0 {
		t.Error("the second server was rung too")
	}
}

// What one server refuses for good, every server does.
func TestARefusalIsNotShoppedAround(t *testing.T) {
	for _, code := range []int{404, 486, 603, 500} {
		d := carrying(t, nil)
		first := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { _ = x.Reject(code) })
		rang := make(chan struct{}, 1)
		second := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { rang <- struct{}{} })
		d.at(port(first), port(second))
		leg, err := d.dial()
		ok(t, err)
		if e := <-listening(leg); e.Kind != Refused || e.Code != code || len(rang) != 0 {
			t.Errorf("%d: %s %d, rang %d", code, e.Kind, e.Code, len(rang))
		}
	}
}

func TestEarlyMediaOfACarrierIsReported(t *testing.T) {
	d := carrying(t, nil)
	x := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { _ = x.Ring(thirdSDP); _ = x.Answer(answerSDP) })
	d.at(port(x))
	leg, err := d.dial()
	ok(t, err)
	if e := awaitKind(t, listening(leg), Ringing); e.Code != 183 || string(e.SDP) != string(thirdSDP) {
		t.Errorf("%d %q", e.Code, e.SDP)
	}
	leg.End(Completed)
}

// The caller of a patient's call is not shown to the carrier: our own number is, twice.
func TestACarrierSeesOurNumberAlone(t *testing.T) {
	d := carrying(t, func(c *Carrier) { c.Domain = "trunk.carrier.example" })
	dialogs := make(chan *siptest.Dialog, 1)
	d.at(port(d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { dialogs <- x; answers(x) })))
	inv := outward
	inv.From = phi.NewPhone("+12125550177")
	leg, err := d.house.server.DialCarrier(within10s(t), "out", "+12125550123", inv)
	ok(t, err)
	got := (<-dialogs).Invite()
	if from := got.Header("From"); !strings.Contains(from, "<sip:+12125550100@trunk.carrier.example>") {
		t.Errorf("From %q", from)
	}
	if pai := got.Header("P-Asserted-Identity"); pai != "<sip:+12125550100@trunk.carrier.example>" {
		t.Errorf("P-Asserted-Identity %q", pai)
	}
	if strings.Contains(got.Raw, "5550177") {
		t.Error("the caller's number left the house")
	}
	leg.End(Completed)
}

func TestA3xxIsFollowedWithinTheCarrierAlone(t *testing.T) {
	d := carrying(t, nil)
	var numbers []string
	var mu sync.Mutex
	x := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) {
		to := x.Invite().Header("To")
		mu.Lock()
		numbers = append(numbers, to)
		mu.Unlock()
		if !strings.Contains(to, "5550188") {
			_ = x.Redirect("<sip:+12125550166@elsewhere.example>, <sip:+12125550188@carrier.example>;q=0.4, <sip:+12125550177@carrier.example>;q=0.9")
			return
		}
		answers(x)
	})
	d.at(port(x))
	d.talks().End(Completed)
	mu.Lock()
	defer mu.Unlock()
	if len(numbers) != 3 || !strings.Contains(numbers[1], "5550177") || !strings.Contains(numbers[2], "5550188") {
		t.Errorf("dialled %q", numbers)
	}
}

// A carrier that sends us in a circle is left after five steps.
func TestACircleOf3xxEnds(t *testing.T) {
	d := carrying(t, nil)
	var n atomic.Int64
	x := d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) {
		_ = x.Redirect("<sip:+1212555016" + string(rune('0'+n.Add(1)%10)) + "@carrier.example>")
	})
	d.at(port(x))
	if _, err := d.dial(); err == nil || !d.house.server.CarrierStates()[0].Up && d.house.server.CarrierStates()[0].Trouble != Untried {
		t.Errorf("%v, %+v", err, d.house.server.CarrierStates()[0])
	}
	if got := n.Load(); got != maxMoved+1 {
		t.Errorf("%d INVITEs, want %d", got, maxMoved+1)
	}
}

func TestATrunksLimitsCountBothWays(t *testing.T) {
	d := carrying(t, func(c *Carrier) { c.MaxCalls = 2 })
	d.setTrunks(Trunk{ID: "out", Number: FromTo, MaxCalls: 2})
	dialogs := make(chan *siptest.Dialog, 4)
	d.at(port(d.server(siptest.ExchangeOptions{}, func(x *siptest.Dialog) { dialogs <- x; answers(x) })))
	first := d.talks()
	back := (<-dialogs).Carrier()
	in, err := back.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	leg := listen(t, <-d.legs)
	if f := leg.Facts(); f.TrunkID != "out" || f.KnownBy != "connection carrier.example" || f.Number != "+12125550100" {
		t.Errorf("facts %+v", f)
	}
	ok(t, leg.Answer(answerSDP))
	hear(t, in, "200")
	leg.want(Confirmed)
	if _, err := d.dial(); !errors.Is(err, ErrCarrierFull) {
		t.Errorf("a third call: %v", err)
	}
	third, err := back.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	hear(t, third, "503")
	urgent := outward
	urgent.Urgent = true
	e, err := d.house.server.DialCarrier(within10s(t), "out", "911", urgent)
	ok(t, err)
	e.End(Completed)
	first.End(Completed)
	leg.End(Completed)
	await(t, "the calls to be over", func() bool { return d.house.server.CarrierStates()[0].Calls == 0 })
	d.talks().End(Completed)
}

// The connection goes in the middle of a conversation: another one is made, and the carrier can hang up by it.
func TestAConversationFindsItsCarrierAgain(t *testing.T) {
	d := carrying(t, nil)
	x := d.server(siptest.ExchangeOptions{}, answers)
	d.at(port(x))
	leg, err := d.dial()
	ok(t, err)
	events := listening(leg)
	awaitKind(t, events, Answered)
	x.Cut()
	awaitKind(t, events, FlowLost)
	awaitKind(t, events, FlowBack)
	leg.End(Completed)
	await(t, "the BYE on the new connection", func() bool {
		return slices.ContainsFunc(x.Heard(), func(s string) bool { return strings.HasPrefix(s, "BYE ") })
	})
}

func TestWhyACarrierIsDown(t *testing.T) {
	bad := newAuthority(t)
	for want, alter := range map[CarrierTrouble]func(*dialling){
		NoName: func(d *dialling) { d.carrier.Host = "nobody.example"; d.take() },
		ConnectionRefused: func(d *dialling) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			ok(d.t, err)
			ln.Close()
			d.at(ln.Addr().(*net.TCPAddr).Port)
		},
		CertificateName: func(d *dialling) {
			d.at(port(d.server(certified(d.ca.issue(d.t, "other.example", time.Now().Add(time.Hour))), answers)))
		},
		CertificateExpired: func(d *dialling) {
			d.at(port(d.server(certified(d.ca.issue(d.t, "carrier.example", time.Now().Add(-time.Hour))), answers)))
		},
		CertificateStrange: func(d *dialling) {
			d.at(port(d.server(certified(bad.issue(d.t, "carrier.example", time.Now().Add(time.Hour))), answers)))
		},
		OwnCertificate: func(d *dialling) {
			d.carrier.Certificate = func() (*tls.Certificate, error) { return nil, errors.New("gone") }
			d.at(port(d.server(siptest.ExchangeOptions{}, answers)))
		},
		Unavailable: func(d *dialling) {
			d.at(port(d.server(siptest.ExchangeOptions{Script: (&siptest.Registry{Options: 503}).Answer}, answers)))
		},
		NoResponse: func(d *dialling) {
			d.at(port(d.server(siptest.ExchangeOptions{Script: (&siptest.Registry{Options: -1}).Answer}, answers)))
		},
		NoException: func(d *dialling) { d.carrier.Network = TCP; d.at(5060) },
		Unauthorized: func(d *dialling) {
			d.carrier.Register, d.carrier.User, d.carrier.Secret = true, "nightbell", secret("wrong")
			d.at(port(d.server(siptest.ExchangeOptions{Script: (&siptest.Registry{User: "nightbell", Secret: "right"}).Answer}, answers)))
		},
		Forbidden: func(d *dialling) {
			r := &siptest.Registry{}
			r.Next(siptest.Verdict{Code: 403})
			d.carrier.Register = true
			d.at(port(d.server(siptest.ExchangeOptions{Script: r.Answer}, answers)))
		},
		"": func(d *dialling) { d.at(port(d.server(siptest.ExchangeOptions{}, answers))) },
	} {
		t.Run(string(want), func(t *testing.T) {
			d := carrying(t, func(c *Carrier) { c.OptionsEvery = time.Hour })
			alter(d)
			await(t, "the verdict", func() bool {
				s := d.house.server.CarrierStates()[0]
				return s.Trouble == want && s.Up == (want == "")
			})
		})
	}
}

func certified(c *tls.Certificate) siptest.ExchangeOptions {
	return siptest.ExchangeOptions{TLS: &tls.Config{Certificates: []tls.Certificate{*c}}}
}

// A carrier that wants to see who we are is shown the trunk's own certificate.
func TestACarrierSeesTheTrunksCertificate(t *testing.T) {
	d := carrying(t, nil)
	own := d.ca.issue(t, "nightbell.example", time.Now().Add(time.Hour))
	d.carrier.Certificate = func() (*tls.Certificate, error) { return own, nil }
	cfg := &tls.Config{Certificates: []tls.Certificate{*d.ca.issue(t, "carrier.example", time.Now().Add(time.Hour))},
		ClientAuth: tls.RequireAnyClientCert}
	var shown atomic.Value
	cfg.VerifyConnection = func(cs tls.ConnectionState) error {
		shown.Store(cs.PeerCertificates[0].DNSNames[0])
		return nil
	}
	d.at(port(d.server(siptest.ExchangeOptions{TLS: cfg}, answers)))
	d.talks().End(Completed)
	if shown.Load() != "nightbell.example" {
		t.Errorf("shown %v", shown.Load())
	}
}

func TestWhereACallerIsGoesWithTheCall(t *testing.T) {
	d := carrying(t, nil)
	dialogs := make(chan *siptest.Dialog, 1)
	d.at(port(d.server(siptest.ExchangeOptions{User: "nightbell", Secret: "open sesame"}, func(x *siptest.Dialog) { dialogs <- x; answers(x) })))
	all := []Carrier{d.carrier}
	all[0].User, all[0].Secret = "nightbell", secret("open sesame")
	d.all.Store(&all)
	d.house.server.CarriersChanged()
	inv := outward
	inv.Urgent, inv.Location = true, []byte("<presence/>")
	leg, err := d.house.server.DialCarrier(within10s(t), "out", "911", inv)
	ok(t, err)
	got := (<-dialogs).Invite() // the second one: it answers the challenge
	id := strings.Trim(strings.TrimPrefix(got.Header("Geolocation"), "<cid:"), ">")
	for _, want := range []string{"Geolocation-Routing: yes", "Priority: emergency", "Content-Type: application/sdp", "Content-ID: <" + id + ">",
		"<presence/>", string(offerSDP)} {
		if !strings.Contains(got.Raw, want) {
			t.Errorf("no %q in\n%s", want, got.Raw)
		}
	}
	if !strings.HasPrefix(got.Header("Content-Type"), "multipart/mixed;") || id == "" {
		t.Errorf("Content-Type %q", got.Header("Content-Type"))
	}
	leg.End(Completed)
}

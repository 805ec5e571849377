package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/phi"
	"nightbell/sip/siptest"
)

// exchange is a carrier that a house can dial, and the route to it.
func (h *house) exchange(opt siptest.ExchangeOptions, ring func(*siptest.Dialog)) (*siptest.Exchange, Route) {
	h.t.Helper()
	opt.Addr = "127.0.0.1:0"
	if opt.TLS == nil {
		opt.TLS = &tls.Config{Certificates: []tls.Certificate{*h.ca.issue(h.t, "sip.carrier.example", time.Now().Add(time.Hour))}}
	}
	x, err := siptest.ListenExchange(opt, ring)
	ok(h.t, err)
	h.t.Cleanup(x.Close)
	_, port, err := net.SplitHostPort(x.Addr().String())
	ok(h.t, err)
	n, err := strconv.Atoi(port)
	ok(h.t, err)
	return x, Route{Host: "127.0.0.1", Port: n, Roots: h.ca.pool, User: opt.User, Secret: secret(opt.Secret), Number: "+12125550123"}
}

var outward = Invite{From: phi.NewPhone("+12125550100"), Display: "Harbor", Number: "+12125550100", SDP: offerSDP}

// listening collects what a leg reports.
func listening(l *Leg) chan Event {
	events := make(chan Event, 64)
	l.Listen(func(e Event) { events <- e })
	return events
}

func awaitKind(t *testing.T, events chan Event, kind Kind) Event {
	t.Helper()
	for {
		select {
		case e := <-events:
			if e.Kind == kind {
				return e
			}
			if e.Kind == Refused || e.Kind == Ended {
				t.Fatalf("%s %s %d before %s", e.Kind, e.Reason, e.Code, kind)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no %s", kind)
		}
	}
}

func TestACarrierIsDialledAndAnswers(t *testing.T) {
	h := open(t, Limits{})
	dialogs := make(chan *siptest.Dialog, 4)
	x, route := h.exchange(siptest.ExchangeOptions{}, func(d *siptest.Dialog) {
		_ = d.Ring(nil)
		_ = d.Answer(answerSDP)
		dialogs <- d
	})
	leg, err := h.server.Dial(within10s(t), route, outward)
	ok(t, err)
	events := listening(leg)
	awaitKind(t, events, Ringing)
	if e := awaitKind(t, events, Answered); string(e.SDP) != string(answerSDP) {
		t.Errorf("answer %q", e.SDP)
	}
	d := <-dialogs
	if got := d.Invite().Header("To"); got != "<sip:+12125550123@127.0.0.1>" {
		t.Errorf("To %q", got)
	}
	_, err = d.Wait(within10s(t), "ACK")
	ok(t, err)
	ok(t, d.Bye(within10s(t)))
	if e := awaitKind(t, events, Ended); e.Reason != Completed {
		t.Errorf("ended: %+v", e)
	}

	leg, err = h.server.Dial(within10s(t), route, outward)
	ok(t, err)
	events = listening(leg)
	awaitKind(t, events, Answered)
	d = <-dialogs
	leg.End(Completed)
	_, err = d.Wait(within10s(t), "BYE")
	ok(t, err)
	if n := x.Connections(); n != 1 {
		t.Errorf("%d connections for two calls, want 1", n)
	}
	x.Cut()
	await(t, "the flow to be gone", func() bool { return h.server.Counters().Flows == 0 })
	leg, err = h.server.Dial(within10s(t), route, outward)
	ok(t, err)
	awaitKind(t, listening(leg), Answered)
	if n := x.Connections(); n != 2 {
		t.Errorf("%d connections after a cut, want 2", n)
	}
}

func TestACarriersChallengeIsAnsweredOnce(t *testing.T) {
	for name, c := range map[string]struct {
		opt   siptest.ExchangeOptions
		alter func(*Route)
		code  int // 0: answered
		wrong int
	}{
		"401":                 {opt: siptest.ExchangeOptions{}},
		"407":                 {opt: siptest.ExchangeOptions{Proxy: "407"}},
		"the better of two":   {opt: siptest.ExchangeOptions{Algorithms: []string{"MD5", "SHA-256"}}},
		"MD5 by exception":    {opt: siptest.ExchangeOptions{Algorithms: []string{"MD5"}}, alter: func(r *Route) { r.MD5Until = time.Now().Add(time.Hour) }},
		"MD5 without":         {opt: siptest.ExchangeOptions{Algorithms: []string{"MD5"}}, code: 401},
		"exception over":      {opt: siptest.ExchangeOptions{Algorithms: []string{"MD5"}}, alter: func(r *Route) { r.MD5Until = time.Now().Add(-time.Hour) }, code: 401},
		"wrong secret":        {alter: func(r *Route) { r.Secret = secret("wrong") }, code: 401, wrong: 1},
		"no credential":       {alter: func(r *Route) { r.User = "" }, code: 401},
		"an unknown wordlist": {opt: siptest.ExchangeOptions{Algorithms: []string{"SHA3-256"}}, code: 401},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, Limits{})
			c.opt.User, c.opt.Secret = "nightbell", "open sesame"
			x, route := h.exchange(c.opt, func(d *siptest.Dialog) { _ = d.Answer(answerSDP) })
			if c.alter != nil {
				c.alter(&route)
			}
			leg, err := h.server.Dial(within10s(t), route, outward)
			ok(t, err)
			events := listening(leg)
			if c.code == 0 {
				awaitKind(t, events, Answered)
				leg.End(Completed)
			} else if e := <-events; e.Kind != Refused || e.Code != c.code {
				t.Errorf("%s %d, want refused %d", e.Kind, e.Code, c.code)
			}
			if x.Wrong() != c.wrong {
				t.Errorf("%d wrong answers, want %d", x.Wrong(), c.wrong)
			}
		})
	}
}

func TestACarrierThatIsNotWhatItShouldBeIsNotCalled(t *testing.T) {
	h := open(t, Limits{Handshake: 2 * time.Second})
	rang := make(chan struct{}, 1)
	ring := func(*siptest.Dialog) { rang <- struct{}{} }
	other := newAuthority(t)
	for name, cert := range map[string]*tls.Certificate{
		"another root": other.issue(t, "sip.carrier.example", time.Now().Add(time.Hour)),
		"ran out":      h.ca.issue(t, "sip.carrier.example", time.Now().Add(-time.Hour)),
	} {
		_, route := h.exchange(siptest.ExchangeOptions{TLS: &tls.Config{Certificates: []tls.Certificate{*cert}}}, ring)
		var bad *tls.CertificateVerificationError
		if _, err := h.server.Dial(within10s(t), route, outward); !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, route := h.exchange(siptest.ExchangeOptions{}, ring)
	route.Host = "localhost" // the certificate has another name
	if _, err := h.server.Dial(within10s(t), route, outward); err == nil {
		t.Error("a certificate of another name was taken")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	ok(t, err)
	defer ln.Close()
	route.Host, route.Port = "127.0.0.1", ln.Addr().(*net.TCPAddr).Port
	begin := time.Now()
	if _, err := h.server.Dial(context.Background(), route, outward); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 8*time.Second {
		t.Errorf("a silent peer: %v after %v", err, time.Since(begin))
	}
	if len(rang) != 0 {
		t.Error("an INVITE was sent all the same")
	}
}

func TestWhatACarrierAsksOnOurConnectionIsNoCall(t *testing.T) {
	h := open(t, Limits{})
	dialogs := make(chan *siptest.Dialog, 1)
	_, route := h.exchange(siptest.ExchangeOptions{}, func(d *siptest.Dialog) { dialogs <- d; _ = d.Answer(answerSDP) })
	h.setTrunks(Trunk{ID: "carrier", Prefixes: hereabouts}) // would be known by its address at a listener
	leg, err := h.server.Dial(within10s(t), route, outward)
	ok(t, err)
	awaitKind(t, listening(leg), Answered)
	back := (<-dialogs).Carrier()
	if code, err := back.Options(within10s(t)); err != nil || code != 200 {
		t.Errorf("OPTIONS: %d, %v", code, err)
	}
	d, err := back.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	hear(t, d, "403")
	if len(h.legs) != 0 {
		t.Error("a call came in by a connection of ours")
	}
}

func TestNobodyRegistersWhileClosed(t *testing.T) {
	h := open(t, Limits{})
	h.shut.Store(int64(30 * time.Second))
	p, err := siptest.NewPhone(within10s(t), siptest.Options{Addr: h.addr, RootCAs: h.ca.pool, User: "amy", Secret: "amys secret", Domain: "nightbell"}, nil)
	ok(t, err)
	defer p.Close()
	res, err := p.Once(within10s(t), "Contact: <sip:amy@192.0.2.1>\r\n")
	ok(t, err)
	if res.StatusCode != 503 || res.GetHeader("Retry-After").Value() != "30" {
		t.Errorf("REGISTER: %d", res.StatusCode)
	}
	h.shut.Store(0)
	ok(t, p.Register(within10s(t)))
}

// A connection of ours is kept open while a call is on it, and closed when none has been for a while.
func TestAnIdleConnectionToACarrierIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		f, conn := attachPipe(t, b.wire)
		x := siptest.PhoneOver(conn, siptest.Options{}, func(d *siptest.Dialog) { _ = d.Answer(answerSDP) })
		t.Cleanup(x.Cut)
		over := make(chan struct{})
		go func() { (&routes{core: b.core, wire: b.wire}).tend(f); close(over) }()
		leg, err := b.core.dial(f, Route{Host: "192.0.2.1", Port: 5061, Number: "+12125550123"}, outward)
		ok(t, err)
		h := listen(t, leg)
		h.want(Answered)
		time.Sleep(10 * routeIdle)
		if f.Err() != nil {
			t.Fatal("closed under a call: ", f.Err())
		}
		leg.End(Completed)
		time.Sleep(2*routeIdle + 64*T1)
		synctest.Wait()
		if f.Err() == nil {
			t.Error("open without a call")
		}
		<-over
	})
}

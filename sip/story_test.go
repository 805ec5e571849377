package sip

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

// authority is a private CA for one test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	pem  string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{cert, key, pool, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

// issue makes a certificate for a name and 127.0.0.1; usage as public CAs issue it: server only.
func (a *authority) issue(t testing.TB, name string, until time.Time) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// house is a server on loopback with everything it reports.
type house struct {
	t      testing.TB
	ca     *authority
	server *Server
	addr   string
	log    *syncBuffer

	legs     chan *Leg
	codes    chan *Leg
	bindings chan BindingEvent

	mu     sync.Mutex
	shut   atomic.Int64 // sip.Config.Closed
	trunks []Trunk
	phones map[string]Device
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (h *house) Device(user string) (Device, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, ok := h.phones[user]
	return d, ok
}

func secret(s string) func() string { return func() string { return s } }

// open starts a house whose trunk "clinic" is known by the certificate "pbx.clinic.example" and whose phones are amy
// and bo; limits may be zero.
func open(t testing.TB, limits Limits) *house {
	t.Helper()
	return openWith(t, func(cfg *Config) { cfg.Limits = limits })
}

// openWith starts a house whose configuration is altered.
func openWith(t testing.TB, alter func(*Config)) *house {
	t.Helper()
	h := &house{
		t: t, ca: newAuthority(t), log: &syncBuffer{}, legs: make(chan *Leg, 512), codes: make(chan *Leg, 16), bindings: make(chan BindingEvent, 512),
		phones: map[string]Device{
			"amy": {User: "amy", Secret: secret("amys secret")},
			"bo":  {User: "bo", Secret: secret("bos secret"), MD5Until: time.Now().Add(time.Hour)},
		},
	}
	h.trunks = []Trunk{{ID: "clinic", Name: "Clinic", CertNames: []string{"pbx.clinic.example"}, CertRoots: h.ca.pem}}
	cert := h.ca.issue(t, "nightbell.example", time.Now().Add(time.Hour))
	cfg := Config{
		Listeners: []Listen{{
			Network: TLS, Bind: netip.MustParseAddrPort("127.0.0.1:0"),
			Certificate: func() (*tls.Certificate, error) { return cert, nil },
		}},
		Trunks:    h.book,
		Devices:   h,
		OnInvite:  func(l *Leg) { h.legs <- l },
		Closed:    func() time.Duration { return time.Duration(h.shut.Load()) },
		OnPhone:   func(l *Leg) { h.codes <- l },
		Urgent:    func(number string) bool { return number == "911" },
		OnBinding: func(e BindingEvent) { h.bindings <- e },
		Log:       slog.New(slog.NewTextHandler(h.log, nil)),

		DeviceRoots: func() string { return h.ca.pem },
	}
	alter(&cfg)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.server, h.addr = s, s.Addrs()[0].String()
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) book() []Trunk {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trunks
}

func (h *house) setTrunks(ts ...Trunk) {
	h.mu.Lock()
	h.trunks = ts
	h.mu.Unlock()
}

func within10s(t testing.TB) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(stop)
	return ctx
}

// carrier is the clinic's PBX.
func (h *house) carrier() *siptest.Carrier {
	h.t.Helper()
	return h.dial(siptest.Options{Cert: h.ca.issue(h.t, "pbx.clinic.example", time.Now().Add(time.Hour))})
}

func (h *house) dial(opt siptest.Options) *siptest.Carrier {
	h.t.Helper()
	opt.Addr, opt.RootCAs = h.addr, h.ca.pool
	c, err := siptest.Dial(within10s(h.t), opt)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

func (h *house) options(user string) siptest.Options {
	return siptest.Options{
		Addr: h.addr, RootCAs: h.ca.pool, User: user, Secret: user + "s secret", Instance: "urn:uuid:" + user,
	}
}

// phone registers a phone; ring decides what it does when called.
func (h *house) phone(user string, ring func(*siptest.Dialog)) *siptest.Phone {
	h.t.Helper()
	p := h.connect(h.options(user), ring)
	if err := p.Register(within10s(h.t)); err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) connect(opt siptest.Options, ring func(*siptest.Dialog)) *siptest.Phone {
	h.t.Helper()
	p, err := siptest.NewPhone(within10s(h.t), opt, ring)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(p.Close)
	return p
}

// heard is a leg whose events a test waits for.
type heard struct {
	*Leg
	t      testing.TB
	events chan Event
}

func listen(t testing.TB, l *Leg) *heard {
	h := &heard{l, t, make(chan Event, 256)}
	l.Listen(func(e Event) { h.events <- e })
	return h
}

// want waits for the next event and insists on its kind.
func (h *heard) want(kind Kind) Event {
	h.t.Helper()
	select {
	case e := <-h.events:
		if e.Kind != kind {
			h.t.Fatalf("event %s %d %s, want %s", e.Kind, e.Code, e.Reason, kind)
		}
		return e
	case <-time.After(10 * time.Second):
		h.t.Fatalf("no %s", kind)
	}
	return Event{}
}

// none insists that nothing was reported so far.
func (h *heard) none() {
	h.t.Helper()
	select {
	case e := <-h.events:
		h.t.Fatalf("event %s, want none", e.Kind)
	default:
	}
}

// arrived takes the next caller's leg.
func (h *house) arrived() *heard {
	h.t.Helper()
	select {
	case l := <-h.legs:
		return listen(h.t, l)
	case <-time.After(10 * time.Second):
		h.t.Fatal("no call arrived")
	}
	return nil
}

func (h *house) told(kind BindingKind) BindingEvent {
	h.t.Helper()
	select {
	case e := <-h.bindings:
		if e.Kind != kind {
			h.t.Fatalf("binding %s %s, want %s", e.Kind, e.Reason, kind)
		}
		return e
	case <-time.After(10 * time.Second):
		h.t.Fatalf("no binding %s", kind)
	}
	return BindingEvent{}
}

// call places a call and gives both ends.
func (h *house) call(c *siptest.Carrier) (*siptest.Dialog, *heard) {
	h.t.Helper()
	d, err := c.Call(within10s(h.t), "+12125550100", "+12125550199", offerSDP)
	if err != nil {
		h.t.Fatal(err)
	}
	return d, h.arrived()
}

// ring sends an INVITE to the user's newest binding.
func (h *house) ring(user string) *heard {
	h.t.Helper()
	bs := h.server.Bindings(user)
	if len(bs) == 0 {
		h.t.Fatalf("%s has no binding", user)
	}
	l, err := h.server.Invite(within10s(h.t), bs[0], Invite{SDP: offerSDP, Display: "Clinic", Number: "+12125550100"})
	if err != nil {
		h.t.Fatal(err)
	}
	return listen(h.t, l)
}

// hear waits for a word at a peer's dialog.
func hear(t testing.TB, d *siptest.Dialog, word string) siptest.Event {
	t.Helper()
	e, err := d.Wait(within10s(t), word)
	if err != nil {
		t.Fatalf("peer: %v", err)
	}
	return e
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	offerSDP  = []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n")
	answerSDP = []byte("v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nt=0 0\r\n")
	thirdSDP  = []byte("v=0\r\no=- 3 2 IN IP4 192.0.2.3\r\ns=-\r\nt=0 0\r\n")
)

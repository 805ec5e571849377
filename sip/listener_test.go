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
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// selfSigned makes a certificate of that serial number.
func selfSigned(t testing.TB, serial int64) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "nightbell.example"},
		DNSNames: []string{"nightbell.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

var loopback = netip.MustParseAddr("127.0.0.1")

// runWire serves on loopback until the test ends, and fails the test when a goroutine stays behind.
func runWire(t testing.TB, cfg WireConfig) *Wire {
	t.Helper()
	w, err := OpenWire(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(context.Background()) }()
	t.Cleanup(func() {
		_ = w.Close()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the wire does not end")
		}
	})
	return w
}

func tlsListen(cert *tls.Certificate) Listen {
	return Listen{Network: TLS, Bind: netip.AddrPortFrom(loopback, 0), Certificate: func() (*tls.Certificate, error) { return cert, nil }}
}

func dial(t testing.TB, w *Wire, cfg *tls.Config) *tls.Conn {
	t.Helper()
	cfg.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", w.Addrs()[0].String(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// await waits for an event that another goroutine brings about.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	w := runWire(t, WireConfig{Core: newCoreLog(), Listeners: []Listen{tlsListen(selfSigned(t, 1))}})
	for version, good := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", w.Addrs()[0].String(), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != good {
			t.Errorf("%s: error %v", tls.VersionName(version), err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	await(t, "two refused handshakes counted", func() bool { return w.Counters().HandshakesRefused == 2 })
}

// TestClientCertificateIsAskedForAndJudged: none is fine, one is shown to Verify, which may break the handshake off.
func TestClientCertificateIsAskedForAndJudged(t *testing.T) {
	core := newCoreLog()
	w := runWire(t, WireConfig{
		Core: core, Listeners: []Listen{tlsListen(selfSigned(t, 1))},
		Verify: func(_ *Listen, cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) > 0 && cs.PeerCertificates[0].SerialNumber.Int64() == 13 {
				return errors.New("revoked")
			}
			return nil
		},
	})
	dial(t, w, &tls.Config{})
	if f := <-core.flows; len(f.TLS().PeerCertificates) != 0 {
		t.Error("a certificate out of nowhere")
	}
	dial(t, w, &tls.Config{Certificates: []tls.Certificate{*selfSigned(t, 7)}})
	if f := <-core.flows; len(f.TLS().PeerCertificates) != 1 || f.TLS().PeerCertificates[0].SerialNumber.Int64() != 7 {
		t.Error("the client's certificate is lost")
	}
	bad := dial(t, w, &tls.Config{Certificates: []tls.Certificate{*selfSigned(t, 13)}})
	if _, err := bad.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("refused certificate: %v, want an alert", err)
	}
}

func TestReloadKeepsConnectionsAndABadLoadKeepsTheOldCertificate(t *testing.T) {
	core := newCoreLog()
	core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
	var load atomic.Pointer[func() (*tls.Certificate, error)]
	set := func(fn func() (*tls.Certificate, error)) { load.Store(&fn) }
	first, second := selfSigned(t, 1), selfSigned(t, 2)
	set(func() (*tls.Certificate, error) { return first, nil })
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{{
		Name: "phones", Network: TLS, Bind: netip.AddrPortFrom(loopback, 0),
		Certificate: func() (*tls.Certificate, error) { return (*load.Load())() },
	}}})
	serial := func() int64 {
		return dial(t, w, &tls.Config{}).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	call := dial(t, w, &tls.Config{})
	for _, step := range []struct {
		load func() (*tls.Certificate, error)
		want int64
		good bool
	}{
		{func() (*tls.Certificate, error) { return nil, errors.New("no such file") }, 1, false},
		{func() (*tls.Certificate, error) { return second, nil }, 2, true},
	} {
		set(step.load)
		got := w.ReloadTLS()
		if len(got) != 1 || got[0].Listen != "phones" || (got[0].Err == nil) != step.good || got[0].NotAfter.IsZero() {
			t.Errorf("reported %+v", got)
		}
		if n := serial(); n != step.want {
			t.Errorf("certificate %d in use, want %d", n, step.want)
		}
	}
	exchange(t, call, request("OPTIONS", "a", ""), "SIP/2.0 200")
}

// exchange sends a message and reads the start of the answer.
func exchange(t testing.TB, conn net.Conn, raw, want string) {
	t.Helper()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), want) {
		t.Fatalf("answer %q, error %v; want %q", b[:n], err, want)
	}
}

// TestPipelinedInfoKeepsItsOrder: 3,000 INFO in one burst on one TLS connection, none overtakes another.
func TestPipelinedInfoKeepsItsOrder(t *testing.T) {
	const messages = 3000
	core := newCoreLog()
	next, inversions := 0, 0
	done := make(chan struct{})
	core.request = func(tx *ServerTx) {
		if int(tx.Request().CSeq().SeqNo) != next {
			inversions++
		}
		next++
		_ = tx.Respond(tx.Response(200, "OK"))
		if next == messages {
			close(done)
		}
	}
	w := runWire(t, WireConfig{
		Core: core, Listeners: []Listen{tlsListen(selfSigned(t, 1))}, Methods: []sipmsg.RequestMethod{sipmsg.INFO},
		Limits: Limits{MessagesPerSecond: 100000},
	})
	conn := dial(t, w, &tls.Config{})
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	var burst bytes.Buffer
	for i := range messages {
		burst.WriteString(strings.Replace(request("INFO", fmt.Sprint(i), ";tag=ours"), "CSeq: 1 ", fmt.Sprintf("CSeq: %d ", i), 1))
	}
	if _, err := conn.Write(burst.Bytes()); err != nil {
		t.Fatal(err)
	}
	<-done
	t.Logf("%d inversions in %d messages", inversions, messages)
	if inversions != 0 {
		t.Fail()
	}
}

// TestByeNeverOvertakesItsAck: ACK and BYE in one write, many times over.
func TestByeNeverOvertakesItsAck(t *testing.T) {
	const pairs = 300
	core := newCoreLog()
	core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{tlsListen(selfSigned(t, 1))}})
	conn := dial(t, w, &tls.Config{})
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	for i := range pairs {
		pair := request("ACK", fmt.Sprint("a", i), ";tag=ours") + request("BYE", fmt.Sprint("b", i), ";tag=ours")
		_, _ = io.WriteString(conn, pair)
	}
	want := "opened" + strings.Repeat(" ACK BYE", pairs)
	await(t, "all pairs have come", func() bool { return len(core.story()) >= len(want) })
	if core.story() != want {
		t.Error("a BYE came before its ACK")
	}
}

func TestHalfOpenHandshakeIsCut(t *testing.T) {
	w := runWire(t, WireConfig{
		Core: newCoreLog(), Listeners: []Listen{tlsListen(selfSigned(t, 1))}, Limits: Limits{Handshake: 50 * time.Millisecond},
	})
	idle, err := net.Dial("tcp", w.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	dial(t, w, &tls.Config{}) // is not kept waiting by the idle one
	_ = idle.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := idle.Read(make([]byte, 1)); n != 0 || err == nil || isTimeout(err) {
		t.Errorf("half-open peer: %d bytes, %v", n, err)
	}
}

func TestDatagramsAreServedToAllowedSourcesOnly(t *testing.T) {
	core := newCoreLog()
	core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{{
		Network: UDP, Bind: netip.AddrPortFrom(loopback, 0), Allow: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.2") },
	}}})
	from := func(addr string) net.Conn {
		d := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr + ":0"))}
		conn, err := d.Dial("udp", w.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	_, _ = io.WriteString(from("127.0.0.3"), request("OPTIONS", "a", ""))
	await(t, "the stranger is refused", func() bool { return w.Counters().AddressesRefused == 1 })
	exchange(t, from("127.0.0.2"), request("OPTIONS", "a", ""), "SIP/2.0 200")
	if core.story() != "opened OPTIONS" {
		t.Errorf("story %q", core.story())
	}
}

func TestPlainTCPServesNobodyWithoutAFilter(t *testing.T) {
	w := runWire(t, WireConfig{Core: newCoreLog(), Listeners: []Listen{{Network: TCP, Bind: netip.AddrPortFrom(loopback, 0)}}})
	conn, err := net.Dial("tcp", w.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("clear connection without an exception: %v", err)
	}
}

func TestOneAddressCannotTakeAllConnections(t *testing.T) {
	core := newCoreLog()
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{tlsListen(selfSigned(t, 1))}, Limits: Limits{PerAddress: 2}})
	first := dial(t, w, &tls.Config{})
	dial(t, w, &tls.Config{})
	if c, err := tls.Dial("tcp", w.Addrs()[0].String(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		_ = c.Close()
		t.Error("a third connection of one address")
	}
	_ = first.Close()
	await(t, "the place is free again", func() bool {
		w.door.mu.Lock()
		defer w.door.mu.Unlock()
		return w.door.total == 1
	})
	dial(t, w, &tls.Config{})
}

// TestIPv6PeersAreToldTheAdvertisedAddress: Via and Contact of our requests, bracketed where they must be.
func TestIPv6PeersAreToldTheAdvertisedAddress(t *testing.T) {
	core := newCoreLog()
	l := tlsListen(selfSigned(t, 1))
	l.Bind, l.Advertised = netip.MustParseAddrPort("[::1]:0"), netip.MustParseAddrPort("[2001:db8::5]:5061")
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{l}})
	conn := dial(t, w, &tls.Config{})
	f := <-core.flows
	if uri := f.Contact("x"); uri.String() != "sip:x@[2001:db8::5]:5061;transport=tls" {
		t.Errorf("Contact %s", uri.String())
	}
	req := outgoing(sipmsg.OPTIONS)
	if _, err := f.Request(req, nil, nil); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2048)
	n, err := conn.Read(b)
	if err != nil || !strings.Contains(string(b[:n]), "Via: SIP/2.0/TLS [2001:db8::5]:5061;branch=z9hG4bK") {
		t.Errorf("error %v, sent %q", err, b[:n])
	}
}

// TestHandshakeConfigurationOfOnesOwn: certificates that are fetched at each handshake (ACME) keep our terms.
func TestHandshakeConfigurationOfOnesOwn(t *testing.T) {
	core, cert, judged := newCoreLog(), selfSigned(t, 5), atomic.Int32{}
	w := runWire(t, WireConfig{
		Core: core,
		Listeners: []Listen{{Network: TLS, Bind: netip.AddrPortFrom(loopback, 0), TLS: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10}, nil
		}}},
		Verify: func(*Listen, tls.ConnectionState) error { judged.Add(1); return nil },
	})
	conn := dial(t, w, &tls.Config{Certificates: []tls.Certificate{*selfSigned(t, 6)}})
	if n := conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); n != 5 {
		t.Errorf("certificate %d", n)
	}
	if f := <-core.flows; len(f.TLS().PeerCertificates) != 1 || judged.Load() != 1 {
		t.Errorf("client certificate not asked for, or judged %d times", judged.Load())
	}
	if c, err := tls.Dial("tcp", w.Addrs()[0].String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		_ = c.Close()
		t.Error("TLS 1.1 by the back door")
	}
}

// TestUDPSourcesAreBounded: a filter that lets a network in does not let it fill the memory.
func TestUDPSourcesAreBounded(t *testing.T) {
	core := newCoreLog()
	core.flows = make(chan *Flow, 2*maxSources)
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{{
		Network: UDP, Bind: netip.AddrPortFrom(loopback, 0), Allow: func(netip.Addr) bool { return true },
	}}})
	u := w.listeners[0].packets
	for port := range uint16(maxSources + 50) {
		u.source(netip.AddrPortFrom(loopback, 1000+port)).last = time.Unix(int64(port), 0)
	}
	if n := w.Counters().Flows; n != maxSources {
		t.Errorf("%d flows", n)
	}
	if s := u.source(netip.AddrPortFrom(loopback, 1000+maxSources+49)); s.last.IsZero() {
		t.Error("the newest made room for the oldest")
	}
}

// TestLastRequestBeforeTheEndIsAnswered: a peer that says all it has and closes its side still reads the answer.
func TestLastRequestBeforeTheEndIsAnswered(t *testing.T) {
	core := newCoreLog()
	core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
	w := runWire(t, WireConfig{Core: core, Listeners: []Listen{tlsListen(selfSigned(t, 1))}})
	conn := dial(t, w, &tls.Config{})
	_, _ = io.WriteString(conn, request("OPTIONS", "a", ""))
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(b), "SIP/2.0 200") {
		t.Errorf("error %v, answer %q", err, b)
	}
}

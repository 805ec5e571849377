package sip

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// coreLog is a core that writes down what it is told and answers as the test wants.
type coreLog struct {
	admit   bool
	request func(*ServerTx)
	ack     func(*sipmsg.Request)

	mu    sync.Mutex
	lines []string
	stray int
	flows chan *Flow
}

func newCoreLog() *coreLog { return &coreLog{admit: true, flows: make(chan *Flow, 64)} }

func (c *coreLog) note(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, s)
}

func (c *coreLog) story() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.lines, " ")
}

func (c *coreLog) FlowOpened(f *Flow) {
	c.note("opened")
	if c.admit {
		f.Admit()
	}
	c.flows <- f
}

func (c *coreLog) Request(tx *ServerTx) {
	c.note(string(tx.Request().Method))
	if c.request != nil {
		c.request(tx)
	}
}

func (c *coreLog) Ack(_ *Flow, req *sipmsg.Request) {
	c.note("ACK")
	if c.ack != nil {
		c.ack(req)
	}
}

func (c *coreLog) StrayResponse2xx(*Flow, *sipmsg.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stray++
}

func (c *coreLog) FlowClosed(*Flow) { c.note("closed") }

// testWire is a wire without listeners; flows are attached by hand. It is closed and waited for at the test's end.
func testWire(t testing.TB, core Core, limits Limits) *Wire {
	t.Helper()
	w, err := OpenWire(WireConfig{Core: core, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.Close()
		w.work.Wait()
	})
	return w
}

var listenTLS = &listener{Listen: Listen{Name: "test", Network: TLS, Advertised: netip.MustParseAddrPort("192.0.2.1:5061")}}

// attachPipe gives the peer's end of a stream flow.
func attachPipe(t testing.TB, w *Wire) (*Flow, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	f := w.attach(listenTLS, ours, nil)
	w.work.Go(func() { f.read(ours) })
	t.Cleanup(func() { _ = theirs.Close() })
	return f, theirs
}

// parcel is an outlet that keeps what was sent: the peer of an unreliable flow.
type parcel struct {
	mu   sync.Mutex
	sent []string
}

func (p *parcel) queue(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, string(b))
	return nil
}

func (p *parcel) shut() {}
func (p *parcel) cut()  {}

// starts lists the first words of what was sent since the last call.
func (p *parcel) starts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, s := range p.sent {
		words := strings.Fields(s)
		if words[0] == "SIP/2.0" {
			out = append(out, words[1])
			continue
		}
		out = append(out, words[0])
	}
	p.sent = nil
	return strings.Join(out, " ")
}

func (p *parcel) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[len(p.sent)-1]
}

// attachParcel is a UDP-like flow without a socket.
func attachParcel(t testing.TB, w *Wire) (*Flow, *parcel) {
	t.Helper()
	l := &listener{Listen: Listen{Name: "udp", Network: UDP}}
	f := w.newFlow(l, netip.MustParseAddrPort("192.0.2.7:5060"), netip.MustParseAddrPort("192.0.2.1:5060"))
	out := &parcel{}
	f.out, f.lanes = out, []*lane{{w: w}}
	if !w.remember(f) {
		t.Fatal("wire closed")
	}
	f.Post("", f.open)
	return f, out
}

// datagram delivers raw bytes to a parcel flow as the UDP reader would.
func datagram(f *Flow, raw string) {
	d, no := frameDatagram([]byte(raw), f.w.limits)
	f.receive(d, no)
}

// request writes a plausible request; branch names the transaction, to carries the To tag where there is one.
func request(method, branch, to string) string {
	return lines(
		method+" sip:+12125550100@nightbell.example SIP/2.0",
		"Via: SIP/2.0/TLS 192.0.2.7:5061;branch=z9hG4bK"+branch,
		"Max-Forwards: 70",
		"From: <sip:+12125550199@carrier.example>;tag=caller"+branch,
		"To: <sip:+12125550100@nightbell.example>"+to,
		"Call-ID: call-"+branch,
		"CSeq: 1 "+method,
		"Content-Length: 0")
}

func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n\r\n" }

// collect reads all that a peer is sent; the function gives the status codes and methods so far.
func collect(peer net.Conn) func() string {
	out := &parcel{}
	go func() {
		fr := &framer{r: peer, limits: Limits{}.withDefaults(), deadline: func(time.Duration) {}, ping: func() {}}
		for {
			d, _, err := fr.next()
			if err != nil {
				return
			}
			_ = out.queue([]byte(d.start))
		}
	}()
	return out.starts
}

// Package siptest answers: what would a carrier or a phone say to this server? Its peers are real: they speak SIP over
// TLS (or over any net.Conn) and can be scripted to misbehave. They share no code with the server's transactions and
// dialogs, so that a mistake there cannot cancel itself out in a test; sound is joined elsewhere, SDP is bytes here.
//
// Start at Dial, (*Carrier).Call, NewPhone and (*Phone).Register. A peer waits by event with a deadline, never by time.
package siptest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Options says where a peer goes and who it is.
type Options struct {
	Addr       string // of the server's TLS listener
	RootCAs    *x509.CertPool
	ServerName string           // expected in the server's certificate; empty: the host of Addr
	Cert       *tls.Certificate // client certificate; nil: none
	From       string           // local IP address to dial from; empty: any
	Domain     string           // of the URIs; empty: the host of Addr
	User       string           // digest user name; of a phone: also its AOR
	Secret     string
	Instance   string // +sip.instance URN of a phone; empty: none
	Contact    string // user part of a carrier's Contact; empty: peer

	// Script answers the server's requests outside any dialog: a code and header lines; code 0: not a byte. nil: OPTIONS gets
	// 200, the rest 481.
	Script func(req *sipmsg.Request) (code int, head string)
}

// ErrClosed says that the connection is gone.
var ErrClosed = errors.New("siptest: connection closed")

// peer is one connection and what goes on there.
type peer struct {
	opt    Options
	conn   net.Conn
	local  string
	domain string

	write sync.Mutex
	done  chan struct{}
	work  sync.WaitGroup

	mu       sync.Mutex
	dialogs  map[string]*Dialog
	waiting  map[string]chan *sipmsg.Response
	onInvite func(*Dialog)
	heard    []string
	creds    challenge
	count    int
}

func dial(ctx context.Context, opt Options) (*peer, error) {
	d := &net.Dialer{}
	if opt.From != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(opt.From)}
	}
	host, _, err := net.SplitHostPort(opt.Addr)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{RootCAs: opt.RootCAs, ServerName: opt.ServerName, MinVersion: tls.VersionTLS12}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	if opt.Cert != nil {
		cfg.Certificates = []tls.Certificate{*opt.Cert}
	}
	conn, err := (&tls.Dialer{NetDialer: d, Config: cfg}).DialContext(ctx, "tcp", opt.Addr)
	if err != nil {
		return nil, err
	}
	return over(conn, opt), nil
}

// over runs a peer on a connection that stands.
func over(conn net.Conn, opt Options) *peer { return callable(conn, opt, nil) }

// callable is a peer that lets ring answer INVITEs from the first byte on.
func callable(conn net.Conn, opt Options, ring func(*Dialog)) *peer {
	p := &peer{
		opt: opt, onInvite: ring, conn: conn, local: conn.LocalAddr().String(), domain: opt.Domain, done: make(chan struct{}),
		dialogs: make(map[string]*Dialog), waiting: make(map[string]chan *sipmsg.Response),
	}
	if host, _, err := net.SplitHostPort(opt.Addr); err == nil && p.domain == "" {
		p.domain = host
	}
	if p.domain == "" {
		p.domain = "nightbell.example"
	}
	if _, _, err := net.SplitHostPort(p.local); err != nil {
		p.local = "192.0.2.10:5061"
	}
	p.work.Go(p.read)
	return p
}

// Cut drops the connection without a word and waits until the reader has ended.
func (p *peer) Cut() {
	if c, ok := p.conn.(*tls.Conn); ok {
		_ = c.NetConn().Close() // no close_notify
	}
	_ = p.conn.Close()
	p.work.Wait()
}

// Close says goodbye on the TLS level and waits.
func (p *peer) Close() {
	_ = p.conn.Close()
	p.work.Wait()
}

// Done is closed when the connection is gone.
func (p *peer) Done() <-chan struct{} { return p.done }

// Heard lists the start lines that came in, in order.
func (p *peer) Heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.heard...)
}

// Send writes a raw message; for what no well-behaved peer would say.
func (p *peer) Send(raw string) error {
	p.write.Lock()
	defer p.write.Unlock()
	_ = p.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := p.conn.Write([]byte(raw))
	return err
}

func (p *peer) read() {
	defer close(p.done)
	defer p.lostAll()
	stream := sipmsg.NewParser().NewSIPStream()
	buf, within := make([]byte, 16<<10), false
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return
		}
		chunk := buf[:n]
		if !within && strings.Trim(string(chunk), "\r\n") == "" {
			continue // keepalive; within a message it is the message's
		}
		var batch []sipmsg.Message
		err = stream.ParseSIPStream(chunk, func(m sipmsg.Message) { batch = append(batch, m) })
		if within = errors.Is(err, sipmsg.ErrParseSipPartial); err != nil && !within {
			return
		}
		for _, m := range batch {
			p.take(m)
		}
	}
}

func (p *peer) take(m sipmsg.Message) {
	line, _, _ := strings.Cut(m.String(), "\r\n")
	p.mu.Lock()
	p.heard = append(p.heard, line)
	p.mu.Unlock()
	switch m := m.(type) {
	case *sipmsg.Response:
		p.takeResponse(m)
	case *sipmsg.Request:
		p.takeRequest(m)
	}
}

func (p *peer) takeResponse(res *sipmsg.Response) {
	branch, _ := res.Via().Params.Get("branch")
	p.mu.Lock()
	d := p.dialogs[res.CallID().Value()]
	ch := p.waiting[branch]
	if res.StatusCode >= 200 {
		delete(p.waiting, branch)
	}
	p.mu.Unlock()
	if res.CSeq().MethodName == sipmsg.INVITE && d != nil {
		d.invited(res, ch)
		return
	}
	if ch != nil && res.StatusCode >= 200 {
		ch <- res
	}
}

func (p *peer) takeRequest(req *sipmsg.Request) {
	p.mu.Lock()
	d := p.dialogs[req.CallID().Value()]
	fresh := req.Method == sipmsg.INVITE && !req.To().Params.Has("tag") && p.onInvite != nil
	if fresh {
		d = newDialog(p, req.CallID().Value())
		d.answering(req)
		p.dialogs[d.callID] = d
	}
	ring := p.onInvite
	p.mu.Unlock()
	switch {
	case fresh:
		p.work.Go(func() { ring(d) })
	case d != nil:
		d.asked(req)
	case p.opt.Script != nil && req.Method != sipmsg.ACK:
		if code, head := p.opt.Script(req); code != 0 {
			_ = p.respond(req, code, head, nil)
		}
	case req.Method == sipmsg.OPTIONS:
		_ = p.respond(req, 200, "", nil)
	case req.Method != sipmsg.ACK:
		_ = p.respond(req, 481, "", nil)
	}
}

// transact sends a request and waits for its final answer.
func (p *peer) transact(ctx context.Context, branch, raw string) (*sipmsg.Response, error) {
	ch := make(chan *sipmsg.Response, 4)
	p.mu.Lock()
	p.waiting[branch] = ch
	p.mu.Unlock()
	if err := p.Send(raw); err != nil {
		return nil, err
	}
	select {
	case res := <-ch:
		return res, nil
	case <-p.done:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
}

// respond answers a request; head is more header lines, each ending in CRLF.
func (p *peer) respond(req *sipmsg.Request, code int, head string, body []byte) error {
	return p.Send(response(req, code, "", head, body))
}

func response(req *sipmsg.Request, code int, tag, head string, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", code, "X")
	for _, name := range []string{"Via", "Record-Route", "From"} {
		for _, h := range req.GetHeaders(name) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, h.Value())
		}
	}
	to := req.To().Value()
	if tag != "" && !req.To().Params.Has("tag") {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "To: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", to, req.CallID().Value(), req.CSeq().Value())
	b.WriteString(head)
	writeBody(&b, body)
	return b.String()
}

func writeBody(b *strings.Builder, body []byte) {
	if len(body) > 0 {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (p *peer) lostAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.dialogs {
		d.post(Event{Word: "closed"})
	}
}

func (p *peer) contact(user string) string {
	s := "<sip:" + user + "@" + p.local + ";transport=tls>"
	if p.opt.Instance != "" {
		s += `;+sip.instance="<` + p.opt.Instance + `>";reg-id=1`
	}
	return s
}

func token() string { return rand.Text() }

package siptest

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Carrier is a trunk's other end: it places calls, known by its certificate, its address or a digest.
type Carrier struct{ *peer }

// Dial connects a carrier.
func Dial(ctx context.Context, opt Options) (*Carrier, error) {
	p, err := dial(ctx, opt)
	if err != nil {
		return nil, err
	}
	return &Carrier{p}, nil
}

// Over is a carrier on a connection that stands already.
func Over(conn net.Conn, opt Options) *Carrier { return &Carrier{over(conn, opt)} }

// Call sends an INVITE for number from a caller: a number, or the whole of a From that holds "<". head is more header
// lines, each ending in CRLF. sdp nil: no offer.
func (c *Carrier) Call(_ context.Context, number, from string, sdp []byte, head ...string) (*Dialog, error) {
	return c.place(c.dialog(number, from), sdp, head...)
}

// CallWithoutAck is a Call whose caller never acknowledges a 2xx, however soon it comes.
func (c *Carrier) CallWithoutAck(number, from string, sdp []byte) (*Dialog, error) {
	d := c.dialog(number, from)
	d.WithholdAck()
	return c.place(d, sdp)
}

func (c *Carrier) dialog(number, from string) *Dialog {
	d := newDialog(c.peer, token())
	d.target = "sip:" + number + "@" + c.domain
	d.first = d.target
	d.local, d.remote = "<sip:"+from+"@carrier.example>", "<sip:"+number+"@"+c.domain+">"
	if strings.Contains(from, "<") {
		d.local = from
	}
	return d
}

func (c *Carrier) place(d *Dialog, sdp []byte, head ...string) (*Dialog, error) {
	d.head, d.sdp = strings.Join(head, ""), sdp
	c.mu.Lock()
	c.dialogs[d.callID] = d
	c.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	d.sent, err = d.send(d.head, sdp)
	return d, err
}

// Options asks whether the server is there.
func (c *Carrier) Options(ctx context.Context) (code int, err error) {
	d := newDialog(c.peer, token())
	d.target, d.local, d.remote = "sip:"+c.domain, "<sip:ping@carrier.example>", "<sip:"+c.domain+">"
	return d.do(ctx, "OPTIONS", "", nil)
}

// Phone is a softphone: it registers and is called.
type Phone struct {
	*peer
	callID string
	seq    uint32
}

// NewPhone connects a phone; ring is called, in a goroutine of its own, for every INVITE.
func NewPhone(ctx context.Context, opt Options, ring func(*Dialog)) (*Phone, error) {
	p, err := dial(ctx, opt)
	if err != nil {
		return nil, err
	}
	return phone(p, ring), nil
}

// PhoneOver is a phone on a connection that stands already.
func PhoneOver(conn net.Conn, opt Options, ring func(*Dialog)) *Phone {
	return phone(over(conn, opt), ring)
}

func phone(p *peer, ring func(*Dialog)) *Phone {
	p.mu.Lock()
	p.onInvite = ring
	p.mu.Unlock()
	return &Phone{peer: p, callID: token()}
}

// Dial calls a number from the phone, meeting the challenge.
func (p *Phone) Dial(number string, sdp []byte) (*Dialog, error) {
	c := &Carrier{p.peer}
	d := c.dialog(number, "<sip:"+p.opt.User+"@"+p.domain+">")
	return c.place(d, sdp)
}

// Register binds the phone's contact for an hour, meeting the challenge.
func (p *Phone) Register(ctx context.Context) error { return p.register(ctx, "3600") }

// Unregister takes back every contact of the AOR.
func (p *Phone) Unregister(ctx context.Context) error { return p.register(ctx, "0") }

func (p *Phone) register(ctx context.Context, expires string) error {
	contact := p.contact(p.opt.User)
	if expires == "0" {
		contact = "*"
	}
	res, err := p.Do(ctx, "Contact: "+contact+"\r\nExpires: "+expires+"\r\nSupported: outbound, path\r\n")
	if err != nil {
		return err
	}
	if res.StatusCode != 200 {
		return fmt.Errorf("REGISTER: %d", res.StatusCode)
	}
	return nil
}

// Do sends a REGISTER with the given header lines; a challenge is answered once.
func (p *Phone) Do(ctx context.Context, head string) (*sipmsg.Response, error) {
	auth := ""
	p.mu.Lock()
	known := p.creds.nonce != ""
	p.mu.Unlock()
	if known {
		auth = p.authorization("REGISTER", "sip:"+p.domain)
	}
	res, err := p.Once(ctx, head+auth)
	if err != nil || res.StatusCode != 401 {
		return res, err
	}
	p.challenged(res)
	return p.Once(ctx, head+p.authorization("REGISTER", "sip:"+p.domain))
}

// Once sends one REGISTER as it is told.
func (p *Phone) Once(ctx context.Context, head string) (*sipmsg.Response, error) {
	p.seq++
	branch := "z9hG4bK" + token()
	aor := "<sip:" + p.opt.User + "@" + p.domain + ">"
	raw := fmt.Sprintf("REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d REGISTER\r\n%sContent-Length: 0\r\n\r\n",
		p.domain, p.local, branch, aor, token(), aor, p.callID, p.seq, head)
	return p.transact(ctx, branch, raw)
}

// Authorization is the header line that answers the last challenge; for replays.
func (p *Phone) Authorization(method string) string { return p.authorization(method, "sip:"+p.domain) }

// challenge is what the server asked for last.
type challenge struct{ realm, nonce, algorithm string }

func (p *peer) challenged(res *sipmsg.Response) {
	hs := res.GetHeaders("WWW-Authenticate")
	if len(hs) == 0 {
		return
	}
	_, rest, _ := strings.Cut(hs[0].Value(), " ")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.creds, p.count = challenge{}, 0
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch v = strings.Trim(v, `"`); k {
		case "realm":
			p.creds.realm = v
		case "nonce":
			p.creds.nonce = v
		case "algorithm":
			p.creds.algorithm = v
		}
	}
}

// authorization computes RFC 7616 §3.4.1 by hand: the server's side uses a library.
func (p *peer) authorization(method, uri string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	sum := func(s string) string {
		var h hash.Hash = md5.New()
		if p.creds.algorithm == "SHA-256" {
			h = sha256.New()
		}
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	nc, cnonce := fmt.Sprintf("%08x", p.count), token()
	ha1 := sum(p.opt.User + ":" + p.creds.realm + ":" + p.opt.Secret)
	answer := sum(ha1 + ":" + p.creds.nonce + ":" + nc + ":" + cnonce + ":auth:" + sum(method+":"+uri))
	return fmt.Sprintf(`Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", `+
		`algorithm=%s, cnonce="%s", qop=auth, nc=%s`+"\r\n",
		p.opt.User, p.creds.realm, p.creds.nonce, uri, answer, p.creds.algorithm, cnonce, nc)
}

package siptest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"hash"
	"net"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Exchange is a carrier that is dialled: it listens, and lets ring answer every INVITE. With a User it challenges first.
type Exchange struct {
	opt   ExchangeOptions
	ln    net.Listener
	ring  func(*Dialog)
	work  sync.WaitGroup
	mu    sync.Mutex
	peers []*peer
	nonce string
	wrong int
}

// ExchangeOptions says where it listens and whom it believes.
type ExchangeOptions struct {
	Addr         string // "127.0.0.1:0"
	TLS          *tls.Config
	User, Secret string
	Algorithms   []string // offered together; empty: SHA-256
	Proxy        string   // "407": challenges as a proxy

	Script func(req *sipmsg.Request) (code int, head string) // see Options
}

// ListenExchange opens it; ring is called in a goroutine of its own.
func ListenExchange(opt ExchangeOptions, ring func(*Dialog)) (*Exchange, error) {
	ln, err := tls.Listen("tcp", opt.Addr, opt.TLS)
	if err != nil {
		return nil, err
	}
	if len(opt.Algorithms) == 0 {
		opt.Algorithms = []string{"SHA-256"}
	}
	x := &Exchange{opt: opt, ln: ln, ring: ring, nonce: token()}
	x.work.Go(x.accept)
	return x, nil
}

func (x *Exchange) accept() {
	for {
		conn, err := x.ln.Accept()
		if err != nil {
			return
		}
		if conn.(*tls.Conn).Handshake() != nil {
			_ = conn.Close()
			continue
		}
		p := callable(conn, Options{Script: x.opt.Script}, x.invited)
		x.mu.Lock()
		x.peers = append(x.peers, p)
		x.mu.Unlock()
	}
}

// Addr is where it listens.
func (x *Exchange) Addr() net.Addr { return x.ln.Addr() }

// Connections is how many were opened so far.
func (x *Exchange) Connections() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.peers)
}

// Heard lists the start lines that came in by all connections.
func (x *Exchange) Heard() (all []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, p := range x.peers {
		all = append(all, p.Heard()...)
	}
	return all
}

// Wrong is how many answers to its challenge were wrong.
func (x *Exchange) Wrong() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.wrong
}

// Close ends everything and waits.
func (x *Exchange) Close() {
	_ = x.ln.Close()
	x.Cut()
	x.work.Wait()
}

// Cut drops every connection; it goes on listening.
func (x *Exchange) Cut() {
	x.mu.Lock()
	peers := x.peers
	x.mu.Unlock()
	for _, p := range peers {
		p.Cut()
	}
}

func (x *Exchange) invited(d *Dialog) {
	if x.opt.User == "" || x.believes(d) {
		x.ring(d)
		return
	}
	code, name := 401, "WWW-Authenticate"
	if x.opt.Proxy != "" {
		code, name = 407, "Proxy-Authenticate"
	}
	head := ""
	for _, a := range x.opt.Algorithms {
		head += fmt.Sprintf("%s: Digest realm=\"carrier.example\", nonce=\"%s\", algorithm=%s, qop=\"auth\"\r\n", name, x.nonce, a)
	}
	_ = d.Reject(code, head)
}

// believes judges the answer of RFC 7616 §3.4.1 by hand.
func (x *Exchange) believes(d *Dialog) bool {
	e := d.Invite()
	value := e.Header("Authorization") + e.Header("Proxy-Authorization")
	if value == "" {
		return false
	}
	given := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(value, "Digest "), ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		given[k] = strings.Trim(v, `"`)
	}
	sum := func(s string) string {
		var h hash.Hash = md5.New()
		if given["algorithm"] == "SHA-256" {
			h = sha256.New()
		}
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	want := sum(strings.Join([]string{sum(x.opt.User + ":carrier.example:" + x.opt.Secret), x.nonce, given["nc"], given["cnonce"],
		given["qop"], sum("INVITE:" + given["uri"])}, ":"))
	right := want == given["response"] && given["username"] == x.opt.User && given["nonce"] == x.nonce
	if !right {
		x.mu.Lock()
		x.wrong++
		x.mu.Unlock()
	}
	return right
}

// Carrier is the exchange as the one who calls, on the connection of this dialog.
func (d *Dialog) Carrier() *Carrier { return &Carrier{d.p} }

package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// This file is the server's side of RFC 8760 and RFC 7616: which challenge, which nonce, whose answer.

// credential is what an answer is compared with. An unknown name gets one that nobody can answer, so that known and
// unknown names are challenged and refused alike.
type credential struct {
	user   string
	secret string // "": nobody can answer
	a1     bool   // secret is A1 already
	md5    bool   // the MD5 exception stands
	trunk  string // whose credential it is; empty: a device's
}

func (c credential) algorithm() string {
	if c.md5 {
		return "MD5"
	}
	return "SHA-256"
}

// verdict is what became of an Authorization header.
type verdict uint8

const (
	verdictNone  verdict = iota // no answer yet: challenge
	verdictStale                // right, but the nonce is old or was used: challenge again
	verdictWrong
	verdictRight
)

// gate mints and judges nonces: time and HMAC over the connection, so none is kept and none works elsewhere.
type gate struct {
	realm string
	key   [32]byte
	locks throttle
}

// nonceLife is how long an answer to a challenge may take.
const nonceLife = 5 * time.Minute

func newGate(realm string) *gate {
	g := &gate{realm: realm}
	_, _ = rand.Read(g.key[:]) // never fails (crypto/rand)
	return g
}

// nonce is 8 bytes of time, 8 of chance and 24 of HMAC.
func (g *gate) nonce(flow string, now time.Time) string {
	var b [40]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixNano()))
	_, _ = rand.Read(b[8:16])
	copy(b[16:], g.mac(flow, b[:16]))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (g *gate) mac(flow string, head []byte) []byte {
	h := hmac.New(sha256.New, g.key[:])
	h.Write(head)
	h.Write([]byte(flow))
	h.Write([]byte{0})
	h.Write([]byte(g.realm))
	return h.Sum(nil)[:24]
}

// minted tells when a nonce was made for this very connection.
func (g *gate) minted(flow, nonce string) (time.Time, bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 40 || !hmac.Equal(b[16:], g.mac(flow, b[:16])) {
		return time.Time{}, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b[:8]))), true
}

// challenge answers 401 with exactly one algorithm: Debian's baresip gives up when offered two.
func (g *gate) challenge(tx *ServerTx, c credential, v verdict) {
	value := `Digest realm=` + quote(g.realm) + `, nonce="` + g.nonce(tx.Flow().ID(), time.Now()) +
		`", algorithm=` + c.algorithm() + `, qop="auth"`
	if v == verdictStale {
		value += `, stale=true`
	}
	res := tx.Response(401, phrase(401))
	res.AppendHeader(sipmsg.NewHeader("WWW-Authenticate", value))
	_ = tx.Respond(res)
}

// judge compares the answer in req with the credential. counts belongs to the connection.
func (g *gate) judge(req *sipmsg.Request, c credential, flow string, counts *nonceCounts) verdict {
	answer, ok := parseAuthorization(req, g.realm)
	if !ok {
		return verdictNone
	}
	now := time.Now()
	at, ours := g.minted(flow, answer.Nonce)
	wellFormed := answer.Username == c.user && strings.EqualFold(answer.Algorithm, c.algorithm()) &&
		answer.QOP == "auth" && answer.Nc > 0 && sameHost(answer.URI, req)
	// Everything is computed before anything is judged: an unknown name costs the same time as a wrong secret.
	right := subtle.ConstantTimeCompare([]byte(strings.ToLower(answer.Response)), []byte(g.expect(req, c, answer))) == 1
	switch {
	case !wellFormed || !right || c.secret == "":
		return verdictWrong
	case !ours || now.Sub(at) > nonceLife || now.Before(at):
		return verdictStale
	case !counts.fresh(answer.Nonce, answer.Nc, at):
		return verdictStale
	}
	return verdictRight
}

func (g *gate) expect(req *sipmsg.Request, c credential, a *digest.Credentials) string {
	opt := digest.Options{Method: string(req.Method), URI: a.URI, Username: c.user, Password: c.secret, Cnonce: a.Cnonce, Count: a.Nc}
	if c.a1 {
		opt.A1 = c.secret
	}
	made, err := digest.Digest(&digest.Challenge{Realm: g.realm, Nonce: a.Nonce, Algorithm: c.algorithm(), QOP: []string{"auth"}}, opt)
	if err != nil || a.Cnonce == "" {
		return "-"
	}
	return made.Response
}

// parseAuthorization finds the answer for our realm. A missing algorithm means MD5 (RFC 7616 §3.3).
func parseAuthorization(req headered, realm string) (*digest.Credentials, bool) {
	for _, h := range req.GetHeaders("Authorization") {
		c, err := digest.ParseCredentials(strings.TrimSpace(h.Value()))
		if err != nil || c.Realm != realm {
			continue
		}
		if c.Algorithm == "" {
			c.Algorithm = "MD5"
		}
		return c, true
	}
	return nil, false
}

// sameHost ties the answer to the request it came with (RFC 7616 §3.4.6), as far as clients agree on the rest.
func sameHost(uri string, req *sipmsg.Request) bool {
	var u sipmsg.Uri
	if sipmsg.ParseUri(uri, &u) != nil {
		return false
	}
	return strings.EqualFold(u.Host, req.Recipient.Host) && u.User == req.Recipient.User
}

// nonceCounts is the highest count seen per nonce, kept with the connection (RFC 7616 §3.4). What is forgotten for
// want of room is refused from then on.
type nonceCounts struct {
	mu    sync.Mutex
	high  map[string]int
	made  map[string]time.Time
	floor time.Time
}

const maxNonces = 16

// fresh accepts a count above the highest and remembers it.
func (n *nonceCounts) fresh(nonce string, count int, made time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.high == nil {
		n.high, n.made = make(map[string]int), make(map[string]time.Time)
	}
	high, known := n.high[nonce]
	if !known && !made.After(n.floor) || count <= high {
		return false
	}
	n.high[nonce], n.made[nonce] = count, made
	if len(n.high) > maxNonces {
		n.dropOldest()
	}
	return true
}

func (n *nonceCounts) dropOldest() {
	oldest := ""
	for nonce, at := range n.made {
		if oldest == "" || at.Before(n.made[oldest]) {
			oldest = nonce
		}
	}
	n.floor = n.made[oldest]
	delete(n.high, oldest)
	delete(n.made, oldest)
}

// throttle locks a credential, and only the credential, after too many wrong answers. The peer sees no difference.
type throttle struct {
	mu    sync.Mutex
	fails map[string]*failures
}

type failures struct {
	count int
	until time.Time // locked until; also when the entry may be forgotten
}

const (
	failuresAllowed = 10
	failuresLock    = time.Minute
	failuresKept    = 65536
)

func (t *throttle) locked(user string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.fails[user]
	return f != nil && f.count >= failuresAllowed && now.Before(f.until)
}

func (t *throttle) failed(user string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fails == nil || len(t.fails) >= failuresKept {
		t.fails = make(map[string]*failures)
	}
	f := t.fails[user]
	if f == nil || now.After(f.until) {
		f = &failures{}
		t.fails[user] = f
	}
	f.count++
	f.until = now.Add(failuresLock)
}

func (t *throttle) succeeded(user string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.fails, user)
}

package sip

import (
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// countersign is the client's side of RFC 8760: what a leg of ours answers a carrier's challenge with. It belongs to its leg and
// is used under its lock.
type countersign struct {
	user     string
	secret   func() string
	md5Until time.Time

	challenge *digest.Challenge
	proxy     bool // 407: Proxy-Authorization
	count     int
	tries     int
}

// maxTries bounds how often one INVITE is sent again: once for the challenge, once where its nonce had grown stale.
const maxTries = 2

// strength ranks the algorithms; one that is missing is not ours.
var strength = map[string]int{"MD5": 1, "SHA-256": 2, "SHA-512-256": 3}

// take keeps the best challenge that may be answered; false: there is none, or it was answered already.
func (p *countersign) take(res *sipmsg.Response) bool {
	if p == nil || p.user == "" || p.secret == nil || p.tries >= maxTries {
		return false
	}
	name := "WWW-Authenticate"
	if p.proxy = res.StatusCode == 407; p.proxy {
		name = "Proxy-Authenticate"
	}
	var best *digest.Challenge
	for _, h := range res.GetHeaders(name) {
		c, err := digest.ParseChallenge(h.Value())
		if err != nil || !p.answers(c) {
			continue
		}
		if best == nil || strength[c.Algorithm] > strength[best.Algorithm] {
			best = c
		}
	}
	if best == nil || p.tries > 0 && !best.Stale { // our answer was wrong: once more would be no better
		return false
	}
	p.challenge, p.count = best, 0
	p.tries++
	return true
}

// answers says whether a challenge is one that we answer: auth or nothing for the quality of protection, and no MD5
// without an exception (RFC 8760 §2.4). A missing algorithm means MD5.
func (p *countersign) answers(c *digest.Challenge) bool {
	if c.Algorithm == "" {
		c.Algorithm = "MD5"
	}
	c.Algorithm = strings.ToUpper(c.Algorithm)
	if strength[c.Algorithm] == 0 || len(c.QOP) > 0 && !c.SupportsQOP("auth") {
		return false
	}
	return c.Algorithm != "MD5" || time.Now().Before(p.md5Until)
}

// show puts our answer into a request, where a challenge has been met.
func (p *countersign) show(req *sipmsg.Request) {
	if p == nil || p.challenge == nil {
		return
	}
	p.count++
	made, err := digest.Digest(p.challenge, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Username: p.user, Password: p.secret(), Count: p.count,
	})
	if err != nil {
		return // the carrier refuses, and says so
	}
	name := "Authorization"
	if p.proxy {
		name = "Proxy-Authorization"
	}
	for req.RemoveHeader(name) {
	}
	req.AppendHeader(sipmsg.NewHeader(name, made.String()))
}

// proveAgain sends the INVITE once more with an answer to its challenge (RFC 3261 §22.2).
func (l *Leg) proveAgain(res *sipmsg.Response) bool {
	if l.state != isCalling && l.state != isProceeding || !l.sign.take(res) {
		return false
	}
	return l.sendInvite(l.inviteAgain()) == nil
}

// inviteAgain is the INVITE as a new request of the same call: another number, another branch.
func (l *Leg) inviteAgain() *sipmsg.Request {
	again := l.invite.Clone()
	for _, name := range []string{"Via", "CSeq"} {
		for again.RemoveHeader(name) {
		}
	}
	l.dlg.localSeq++
	l.dlg.remoteTag = ""
	again.AppendHeader(&sipmsg.CSeqHeader{SeqNo: l.dlg.localSeq, MethodName: sipmsg.INVITE})
	l.sign.show(again)
	return again
}

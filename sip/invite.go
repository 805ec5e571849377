package sip

import (
	"context"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

// Invite is what a phone is told.
type Invite struct {
	From    phi.Phone // the caller; zero: anonymous
	Display string    // shown by the phone: the clinic's name
	Number  string    // the clinic's number, for P-Asserted-Identity; empty: none
	SDP     []byte    // our offer; nil: the phone offers in its 200
	Headers map[string]string
	Urgent  bool // an emergency call: no limit of a trunk holds it up
	// Location is where the caller is, as a PIDF-LO document (RFC 4119, RFC 5139); it goes beside the offer. nil: not told.
	Location []byte
}

// Bindings are the live ones of the users, newest first; of no users: everybody's.
func (s *Server) Bindings(users ...string) []Binding { return s.core.registrar.bindings(users) }

// Totals is a snapshot of the dialogs' counters.
func (s *Server) Totals() Totals {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.core.totals
}

// Invite sends an INVITE to a phone on the very connection it registered on: never to an address. Events wait until
// Listen is called.
func (s *Server) Invite(ctx context.Context, b Binding, inv Invite) (*Leg, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return s.core.ring(b, inv)
}

func (c *core) ring(b Binding, inv Invite) (*Leg, error) {
	if b.flow == nil || b.flow.Err() != nil {
		return nil, ErrFlowClosed
	}
	return c.launch(newCalling(c, b, inv), inv)
}

// launch sends the first INVITE of a leg, which nobody knows before.
func (c *core) launch(l *Leg, inv Invite) (*Leg, error) {
	return c.sendFirst(l, l.inviteRequest(inv), inv)
}

func (c *core) sendFirst(l *Leg, req *sipmsg.Request, inv Invite) (*Leg, error) {
	if inv.Location != nil {
		locate(req, inv.Location)
	}
	c.enlist(l)
	l.mu.Lock()
	defer l.unlock()
	if err := l.sendInvite(req); err != nil {
		l.silent = true
		_ = l.step(happening{event: gotNothing})
		return nil, err
	}
	return l, nil
}

// caller is From as the callee sees it: the caller's number at our host, or nobody's (RFC 3323 §4.1).
func (inv Invite) caller(us sipmsg.Uri) sipmsg.Uri {
	if inv.From.IsZero() {
		return sipmsg.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	return sipmsg.Uri{Scheme: "sip", User: userPart(inv.From.Reveal()), Host: us.Host}
}

func newCalling(c *core, b Binding, inv Invite) *Leg {
	us := b.flow.Contact("")
	l := &Leg{
		id: random(), core: c, uac: true, flow: b.flow, state: isCalling, talk: talkOffering, device: b.device(),
		localSDP: inv.SDP,
	}
	l.dlg = dialog{
		callID: random(), localTag: random(), local: inv.caller(us), localSeq: 1, target: *b.contact.Clone(), routes: b.path,
		remote: sipmsg.Uri{Scheme: "sip", User: userPart(b.User), Host: us.Host},
	}
	return l
}

func (l *Leg) inviteRequest(inv Invite) *sipmsg.Request {
	req := l.dlg.numbered(sipmsg.INVITE, l.dlg.localSeq)
	req.From().DisplayName = escaped(inv.Display)
	req.AppendHeader(l.contact())
	req.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	req.AppendHeader(sipmsg.NewHeader("Supported", supported))
	req.AppendHeader(sipmsg.NewHeader("User-Agent", product))
	if inv.Number != "" {
		who := sipmsg.Uri{Scheme: "sip", User: userPart(inv.Number), Host: l.flow.Contact("").Host}
		req.AppendHeader(sipmsg.NewHeader("P-Asserted-Identity", "<"+who.String()+">"))
	}
	names := make([]string, 0, len(inv.Headers))
	for name := range inv.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if value := inv.Headers[name]; !strings.ContainsAny(name+value, "\r\n") {
			req.AppendHeader(sipmsg.NewHeader(name, value))
		}
	}
	l.sessionAsk(req)
	setSDP(req, inv.SDP)
	return req
}

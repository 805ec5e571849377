package siptest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Event is what came from the server in a dialog: a method or a status code as Word, "closed" when the connection went.
type Event struct {
	Word string
	SDP  []byte
	Raw  string // the whole message
}

// Header is the first value of a header of the message, or "".
func (e Event) Header(name string) string {
	m, err := sipmsg.ParseMessage([]byte(e.Raw))
	if err != nil {
		return ""
	}
	if hs := m.GetHeaders(name); len(hs) > 0 {
		return hs[0].Value()
	}
	return ""
}

// Dialog is one INVITE dialog as the peer sees it. Everything the server asks is answered by itself, but for the first
// INVITE to a phone, which Ring, Answer and Reject answer.
type Dialog struct {
	p      *peer
	callID string

	events chan Event

	mu         sync.Mutex
	tag, peer  string // ours, theirs
	local      string // From or To of ours, without tag
	remote     string
	target     string
	first      string // Request-URI of our first INVITE
	routes     []string
	seq        uint32
	invite     *sipmsg.Request // the server's
	sent       string          // our INVITE's branch
	sentSeq    uint32
	head       string
	sdp        []byte
	tried      bool
	answered   bool
	cancelled  bool
	acked      map[uint32]bool
	noAck      bool
	update     int             // answer to UPDATE; 0: 200
	offering   bool            // a re-INVITE of ours waits for its answer: theirs gets 491
	offerless  map[uint32]bool // INVITEs of ours without SDP: the ACK carries the answer
	onReinvite func(offer []byte) (code int, answer []byte)
	onOffer    func(offer []byte) (answer []byte)
}

func newDialog(p *peer, callID string) *Dialog {
	return &Dialog{p: p, callID: callID, tag: token(), events: make(chan Event, 1024), acked: make(map[uint32]bool), offerless: make(map[uint32]bool)}
}

// Wait takes events until one has one of the words.
func (d *Dialog) Wait(ctx context.Context, words ...string) (Event, error) {
	for {
		select {
		case e := <-d.events:
			if slices.Contains(words, e.Word) {
				return e, nil
			}
			if e.Word == "closed" {
				return e, ErrClosed
			}
		case <-ctx.Done():
			return Event{}, fmt.Errorf("waiting for %s: %w", strings.Join(words, ", "), context.Cause(ctx))
		}
	}
}

// Events is every event not yet waited for.
func (d *Dialog) Events() <-chan Event { return d.events }

// WithholdAck makes the peer forget the ACK to a 2xx.
func (d *Dialog) WithholdAck() {
	d.mu.Lock()
	d.noAck = true
	d.mu.Unlock()
}

// OnReinvite decides what a re-INVITE or UPDATE with an offer gets; without it: 200 and the SDP sent last.
func (d *Dialog) OnReinvite(f func(offer []byte) (code int, answer []byte)) {
	d.mu.Lock()
	d.onReinvite = f
	d.mu.Unlock()
}

// OnUpdate sets what an UPDATE without an offer gets.
func (d *Dialog) OnUpdate(code int) {
	d.mu.Lock()
	d.update = code
	d.mu.Unlock()
}

// Describe sets the SDP that an offerless INVITE's ACK carries.
func (d *Dialog) Describe(sdp []byte) {
	d.mu.Lock()
	d.sdp = sdp
	d.mu.Unlock()
}

// OnOffer answers the offer that comes in the 200 to an INVITE of ours without one; the ACK carries the answer.
func (d *Dialog) OnOffer(f func(offer []byte) (answer []byte)) {
	d.mu.Lock()
	d.onOffer = f
	d.mu.Unlock()
}

// Invite is the INVITE the server sent to a phone.
func (d *Dialog) Invite() Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Event{Word: "INVITE", SDP: d.invite.Body(), Raw: d.invite.String()}
}

func (d *Dialog) post(e Event) {
	select {
	case d.events <- e:
	default: // nobody listens to so much
	}
}

// answering sets the dialog up from the server's INVITE.
func (d *Dialog) answering(req *sipmsg.Request) {
	d.invite = req
	d.local, d.remote = bare(req.To().Value()), bare(req.From().Value())
	d.peer, _ = req.From().Params.Get("tag")
	d.learn(req, false)
}

func bare(v string) string {
	if i := strings.Index(v, ">"); i >= 0 {
		return v[:i+1]
	}
	v, _, _ = strings.Cut(v, ";")
	return v
}

// learn takes target and route set from a message.
func (d *Dialog) learn(m sipmsg.Message, reverse bool) {
	if hs := m.GetHeaders("Contact"); len(hs) > 0 {
		if c, ok := hs[0].(*sipmsg.ContactHeader); ok {
			d.target = c.Address.String()
		}
	}
	d.routes = nil
	for _, h := range m.GetHeaders("Record-Route") {
		d.routes = append(d.routes, h.Value())
	}
	if reverse {
		slices.Reverse(d.routes)
	}
}

// request builds the next request of the dialog.
func (d *Dialog) request(method string, head string, body []byte) (branch, raw string) {
	d.seq++
	if method == "INVITE" && body == nil {
		d.offerless[d.seq] = true
	}
	branch = "z9hG4bK" + token()
	return branch, d.build(method, branch, d.seq, head, body)
}

func (d *Dialog) build(method, branch string, seq uint32, head string, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", method, d.target, d.p.local, branch)
	for _, r := range d.routes {
		fmt.Fprintf(&b, "Route: %s\r\n", r)
	}
	to := d.remote
	if d.peer != "" {
		to += ";tag=" + d.peer
	}
	fmt.Fprintf(&b, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", d.local, d.tag, to, d.callID, seq, method)
	fmt.Fprintf(&b, "Contact: %s\r\n%s", d.p.contact(cmp.Or(d.p.opt.Contact, "peer")), head)
	if strings.Contains(head, "Content-Type:") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
		return b.String()
	}
	writeBody(&b, body)
	return b.String()
}

// Ring answers the INVITE with 180, or 183 with early media.
func (d *Dialog) Ring(sdp []byte) error {
	code := 180
	if sdp != nil {
		code = 183
	}
	return d.reply(code, "", sdp)
}

// RingReliably sends a provisional that wants PRACK (RFC 3262).
func (d *Dialog) RingReliably(rseq int) error {
	return d.reply(180, "Require: 100rel\r\nRSeq: "+strconv.Itoa(rseq)+"\r\n", nil)
}

// ErrCancelled says that a CANCEL came first: the INVITE has its 487.
var ErrCancelled = errors.New("siptest: cancelled")

// Answer accepts the INVITE, unless a CANCEL came first.
func (d *Dialog) Answer(sdp []byte) error { return d.AnswerWith("", sdp) }

// AnswerWith adds header lines, each ending in CRLF.
func (d *Dialog) AnswerWith(head string, sdp []byte) error {
	d.mu.Lock()
	if d.cancelled {
		d.mu.Unlock()
		return ErrCancelled
	}
	d.answered, d.sdp = true, sdp
	d.mu.Unlock()
	return d.reply(200, "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO, OPTIONS\r\n"+head, sdp)
}

// AnswerFork is a 200 from another fork: another tag, another Contact.
func (d *Dialog) AnswerFork(sdp []byte) error {
	return d.p.Send(response(d.invite, 200, token(), "Contact: "+d.p.contact("fork")+"\r\n", sdp))
}

// Reject refuses the INVITE.
func (d *Dialog) Reject(code int, head ...string) error {
	d.mu.Lock()
	d.answered = true
	d.mu.Unlock()
	return d.reply(code, strings.Join(head, ""), nil)
}

func (d *Dialog) reply(code int, head string, sdp []byte) error {
	return d.p.Send(response(d.invite, code, d.tag, "Contact: "+d.p.contact("peer")+"\r\n"+head, sdp))
}

// Bye hangs up and waits for the answer.
func (d *Dialog) Bye(ctx context.Context) error {
	code, err := d.do(ctx, "BYE", "", nil)
	if err == nil && code != 200 {
		err = fmt.Errorf("BYE: %d", code)
	}
	return err
}

// Cancel takes the INVITE back; what becomes of it arrives as an event.
func (d *Dialog) Cancel(ctx context.Context, head ...string) error {
	d.mu.Lock()
	peer, target := d.peer, d.target
	d.peer, d.target = "", d.first
	raw := d.build("CANCEL", d.sent, d.sentSeq, strings.Join(head, ""), nil)
	d.peer, d.target = peer, target
	d.mu.Unlock()
	return d.p.Send(raw)
}

// Info sends a digit by application/dtmf-relay.
func (d *Dialog) Info(ctx context.Context, digit string) (code int, err error) {
	return d.do(ctx, "INFO", "Content-Type: application/dtmf-relay\r\n", []byte("Signal="+digit+"\r\nDuration=160\r\n"))
}

// Update sends UPDATE; nil sdp refreshes only.
func (d *Dialog) Update(ctx context.Context, sdp []byte, head ...string) (code int, err error) {
	return d.do(ctx, "UPDATE", strings.Join(head, ""), sdp)
}

// Do sends any request within the dialog.
func (d *Dialog) Do(ctx context.Context, method, head string) (code int, err error) {
	return d.do(ctx, method, head, nil)
}

func (d *Dialog) do(ctx context.Context, method, head string, body []byte) (int, error) {
	d.mu.Lock()
	branch, raw := d.request(method, head, body)
	d.mu.Unlock()
	res, err := d.p.transact(ctx, branch, raw)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", method, err)
	}
	return res.StatusCode, nil
}

// ReInvite offers anew and waits for the final answer, which it acknowledges. nil sdp asks for an offer; the ACK then
// carries what the dialog sent last.
func (d *Dialog) ReInvite(ctx context.Context, sdp []byte) (code int, answer []byte, err error) {
	d.mu.Lock()
	if sdp != nil {
		d.sdp = sdp
	}
	branch, raw := d.request("INVITE", "", sdp)
	d.offering = true
	d.mu.Unlock()
	res, err := d.p.transact(ctx, branch, raw)
	d.mu.Lock()
	d.offering = false
	d.mu.Unlock()
	if err != nil {
		return 0, nil, fmt.Errorf("re-INVITE: %w", err)
	}
	return res.StatusCode, res.Body(), nil
}

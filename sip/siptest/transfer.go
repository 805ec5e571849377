package siptest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// This file is what a peer does about transfers. None of it shares code with the server's side.

// Refer asks the server to join to, a whole Refer-To value such as "<sip:+12125550142@nightbell>", with whom this dialog
// talks (RFC 3515). It gives the answer's code; NOTIFYs arrive as events and are told apart by Fragment. head is more
// header lines, each ending in CRLF, such as "Refer-Sub: false\r\n".
func (d *Dialog) Refer(ctx context.Context, to string, head ...string) (code int, err error) {
	return d.Do(ctx, "REFER", "Refer-To: "+to+"\r\n"+strings.Join(head, ""))
}

// ReferAttended asks that other, a dialog of the same peer, is joined with whom this one talks (RFC 5589 §7).
func (d *Dialog) ReferAttended(ctx context.Context, other *Dialog) (code int, err error) {
	other.mu.Lock()
	target := strings.Trim(other.target, "<>")
	other.mu.Unlock()
	return d.Refer(ctx, "<"+target+"?Replaces="+url.QueryEscape(other.Replaces())+">")
}

// Replaces is the value by which the server finds this dialog (RFC 3891 §6.1): its own tag is the to-tag.
func (d *Dialog) Replaces() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.callID + ";to-tag=" + d.peer + ";from-tag=" + d.tag
}

// Replace is a Dial whose INVITE is to take the place of a dialog: value is its Replaces, as the server finds it.
func (p *Phone) Replace(value string, sdp []byte) (*Dialog, error) {
	c := &Carrier{p.peer}
	d := c.dialog("nightbell", "<sip:"+p.opt.User+"@"+p.domain+">")
	return c.place(d, sdp, "Require: replaces\r\nReplaces: "+value+"\r\n")
}

// RingFork is a provisional answer of another fork, with the tag given; reliable ones carry rseq, 0: it is not.
func (d *Dialog) RingFork(tag string, rseq int, sdp []byte) error {
	head := "Contact: " + d.p.contact("fork-"+tag) + "\r\n"
	if rseq > 0 {
		head += fmt.Sprintf("Require: 100rel\r\nRSeq: %d\r\n", rseq)
	}
	code := 180
	if sdp != nil {
		code = 183
	}
	return d.p.Send(response(d.invite, code, tag, head, sdp))
}

// AnswerForkAs is a 200 from the fork with the tag given.
func (d *Dialog) AnswerForkAs(tag string, sdp []byte) error {
	return d.p.Send(response(d.invite, 200, tag, "Contact: "+d.p.contact("fork-"+tag)+"\r\n", sdp))
}

// Notify sends a NOTIFY in the dialog.
func (d *Dialog) Notify(ctx context.Context, event, state string) (code int, err error) {
	return d.Do(ctx, "NOTIFY", "Event: "+event+"\r\nSubscription-State: "+state+"\r\n")
}

// Fragment is the status line that a NOTIFY of a transfer carries (RFC 3420), such as "SIP/2.0 200 OK"; "" for any other
// event. last: the server says no more about it.
func (e Event) Fragment() (line string, last bool) {
	if e.Word != "NOTIFY" || !strings.HasPrefix(e.Header("Content-Type"), "message/sipfrag") {
		return "", false
	}
	line, _, _ = strings.Cut(strings.TrimSpace(string(e.SDP)), "\r\n")
	return line, strings.HasPrefix(e.Header("Subscription-State"), "terminated")
}

// Ack acknowledges the 2xx to the first INVITE that WithholdAck kept back.
func (d *Dialog) Ack() error {
	d.mu.Lock()
	d.noAck = false
	d.acked[d.sentSeq] = true
	raw := d.build("ACK", "z9hG4bK"+token(), d.sentSeq, "", nil)
	d.mu.Unlock()
	return d.p.Send(raw)
}

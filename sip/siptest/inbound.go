package siptest

import (
	"cmp"
	"fmt"
	"strconv"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is what a dialog does by itself with what comes in.

// asked takes a request of the server's within the dialog.
func (d *Dialog) asked(req *sipmsg.Request) {
	e := Event{Word: string(req.Method), SDP: req.Body(), Raw: req.String()}
	switch req.Method {
	case sipmsg.ACK:
	case sipmsg.CANCEL:
		_ = d.p.respond(req, 200, "", nil)
		d.mu.Lock()
		late := d.answered
		d.cancelled, d.answered = true, true
		d.mu.Unlock()
		if !late {
			_ = d.reply(487, "", nil)
		}
	case sipmsg.INVITE, sipmsg.UPDATE:
		d.offered(req)
	default:
		_ = d.p.respond(req, 200, "", nil)
	}
	d.post(e)
}

func (d *Dialog) offered(req *sipmsg.Request) {
	d.mu.Lock()
	decide, code, answer, glare, update := d.onReinvite, 200, d.sdp, d.offering, d.update
	d.mu.Unlock()
	if glare {
		_ = d.p.respond(req, 491, "", nil)
		return
	}
	if req.Method == sipmsg.UPDATE && len(req.Body()) == 0 {
		code, answer = cmp.Or(update, 200), nil
	} else if decide != nil {
		code, answer = decide(req.Body())
	}
	head := "Contact: " + d.p.contact("peer") + "\r\n"
	if hs := req.GetHeaders("Session-Expires"); len(hs) > 0 && code == 200 {
		head += "Session-Expires: " + hs[0].Value() + "\r\n"
	}
	_ = d.p.respond(req, code, head, answer)
}

// invited takes a response to an INVITE of ours; ch waits for a re-INVITE's.
func (d *Dialog) invited(res *sipmsg.Response, ch chan *sipmsg.Response) {
	code, seq := res.StatusCode, res.CSeq().SeqNo
	d.mu.Lock()
	first, routes := seq == d.sentSeq, d.routes
	switch {
	case code < 200:
		if tag, ok := res.To().Params.Get("tag"); ok {
			d.peer = tag
			d.learn(res, true)
		}
	case code < 300:
		d.peer, _ = res.To().Params.Get("tag")
		d.learn(res, true)
	}
	if !first {
		d.routes = routes // the first INVITE has fixed them (RFC 3261 §12.2)
	}
	again := d.acked[seq]
	d.mu.Unlock()
	d.acknowledge(res, seq)
	if (code == 401 || code == 407) && first && d.retry(res) {
		return
	}
	d.prack(res, seq)
	switch {
	case again && code >= 200:
		d.post(Event{Word: strconv.Itoa(code) + " again", SDP: res.Body(), Raw: res.String()})
	case first:
		d.post(Event{Word: strconv.Itoa(code), SDP: res.Body(), Raw: res.String()})
	case ch != nil && code >= 200:
		ch <- res
	}
}

// acknowledge sends the ACK: on the branch of the INVITE for a refusal, on its own for a 2xx.
func (d *Dialog) acknowledge(res *sipmsg.Response, seq uint32) {
	code := res.StatusCode
	if code < 200 {
		return
	}
	d.mu.Lock()
	if code < 300 && d.noAck {
		d.mu.Unlock()
		return
	}
	d.acked[seq] = true
	branch := "z9hG4bK" + token()
	if code >= 300 {
		branch, _ = res.Via().Params.Get("branch")
	}
	var body []byte
	if code < 300 && d.offerless[seq] {
		body = d.sdp
		if d.onOffer != nil {
			body = d.onOffer(res.Body())
		}
	}
	peer := d.peer
	d.peer, _ = res.To().Params.Get("tag")
	raw := d.build("ACK", branch, seq, "", body)
	d.peer = peer
	d.mu.Unlock()
	_ = d.p.Send(raw)
}

func (d *Dialog) prack(res *sipmsg.Response, seq uint32) {
	rseq := res.GetHeaders("RSeq")
	if len(rseq) == 0 || res.StatusCode >= 200 {
		return
	}
	d.mu.Lock()
	_, raw := d.request("PRACK", fmt.Sprintf("RAck: %s %d INVITE\r\n", rseq[0].Value(), seq), nil)
	d.mu.Unlock()
	_ = d.p.Send(raw)
}

// retry answers a challenge once.
func (d *Dialog) retry(res *sipmsg.Response) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tried || d.p.opt.User == "" {
		return false
	}
	d.tried = true
	d.p.challenged(res)
	d.peer = ""
	auth := d.p.authorization("INVITE", d.target)
	d.sent, _ = d.send(d.head+auth, d.sdp)
	return true
}

// send sends the first INVITE.
func (d *Dialog) send(head string, sdp []byte) (branch string, err error) {
	branch, raw := d.request("INVITE", head, sdp)
	d.sentSeq = d.seq
	return branch, d.p.Send(raw)
}

package sip

import (
	"bytes"
	"cmp"
	"errors"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is what happens within a dialog besides INVITE: BYE, UPDATE, INFO, PRACK, OPTIONS.

// allowed and supported are advertised in every dialog we make.
const (
	allowed   = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY"
	supported = "replaces, timer, 100rel, norefersub"
)

// serve answers a request within the dialog. Its order was judged by core.within.
func (l *Leg) serve(h happening) {
	req := h.tx.Request()
	switch req.Method {
	case sipmsg.INVITE:
		l.dlg.retarget(req)
		if l.tooShort(h.tx) || l.notSDP(h.tx) {
			return
		}
		_ = l.converse(happening{talk: gotReinvite, tx: h.tx})
	case sipmsg.UPDATE:
		l.dlg.retarget(req)
		l.update(h.tx)
	case sipmsg.PRACK:
		l.prack(h.tx)
	case sipmsg.INFO:
		l.info(h.tx)
	case sipmsg.REFER:
		l.referred(h)
	case sipmsg.NOTIFY:
		notified(h.tx)
	case sipmsg.OPTIONS:
		answerOptions(h.tx)
	default:
		notAllowed(h.tx)
	}
}

func (l *Leg) update(tx *ServerTx) {
	if l.tooShort(tx) || l.notSDP(tx) {
		return
	}
	if len(tx.Request().Body()) > 0 {
		_ = l.converse(happening{talk: gotUpdate, tx: tx})
		return
	}
	res := tx.Response(200, phrase(200))
	res.AppendHeader(l.contact())
	if l.state == isConfirmed {
		l.sessionAnswer(tx.Request(), res)
	}
	_ = tx.Respond(res)
}

// info takes a digit (application/dtmf-relay). An empty INFO is a keepalive of old; anything else is not ours.
func (l *Leg) info(tx *ServerTx) {
	req := tx.Request()
	if len(req.Body()) == 0 {
		answer(tx, 200)
		return
	}
	digit, ok := parseDigit(headerValue(req, "Content-Type"), req.Body())
	if !ok {
		code := 415
		if headerValue(req, "Info-Package") != "" {
			code = 469 // RFC 6086 §4.2.2
		}
		res := tx.Response(code, phrase(code))
		if code == 469 {
			res.AppendHeader(sipmsg.NewHeader("Recv-Info", "")) // none
		} else {
			res.AppendHeader(sipmsg.NewHeader("Accept", "application/dtmf-relay, application/dtmf"))
		}
		_ = tx.Respond(res)
		return
	}
	answer(tx, 200)
	if l.state == isConfirmed || l.state == isAccepted {
		l.post(Event{Kind: Digit, Digit: digit})
	}
}

// sendBye leaves. Ended goes out now: the session ends when the BYE is sent (§15.1.1).
func (l *Leg) sendBye(h happening) {
	why := cmp.Or(l.why, h.refusal.Reason, Unreachable)
	if h.refusal.Code != 481 && l.flow != nil {
		bye := l.dlg.request(sipmsg.BYE)
		bye.AppendHeader(sipmsg.NewHeader("Reason", reasonHeader(why)))
		bye.AppendHeader(sipmsg.NewHeader("User-Agent", product))
		l.sign.show(bye)
		bye.SetBody(nil)
		_, _ = l.flow.Request(bye, func(*sipmsg.Response) {}, func(error) {})
	}
	l.post(Event{Kind: Ended, Reason: why, Code: h.refusal.Code})
}

func (l *Leg) answerBye(h happening) {
	answer(h.tx, 200)
	if l.asked != nil && l.accept == nil {
		answer(l.asked, 487) // §15.1.2: what still waits for us is over
		l.asked = nil
	}
	l.post(Event{Kind: Ended, Reason: Completed, Text: reasonText(h.tx.Request(), 0)})
}

// request makes a request of this dialog with our Contact.
func (l *Leg) request(method sipmsg.RequestMethod) *sipmsg.Request {
	req := l.dlg.request(method)
	req.AppendHeader(l.contact())
	req.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	req.AppendHeader(sipmsg.NewHeader("Supported", supported))
	req.AppendHeader(sipmsg.NewHeader("User-Agent", product))
	l.sign.show(req)
	return req
}

// send sends a request whose answer matters only when it says that the dialog is gone.
func (l *Leg) send(req *sipmsg.Request) {
	if l.flow == nil {
		return
	}
	gone := func(code int) {
		if code == 408 || code == 481 {
			l.mu.Lock()
			defer l.unlock()
			_ = l.step(happening{event: gotGone, refusal: Refusal{Code: code, Reason: Unreachable}})
		}
	}
	_, _ = l.flow.Request(req, func(res *sipmsg.Response) { gone(res.StatusCode) }, func(err error) {
		if !errors.Is(err, ErrFlowClosed) {
			gone(408)
		}
	})
}

func (l *Leg) contact() *sipmsg.ContactHeader {
	if l.flow == nil {
		return &sipmsg.ContactHeader{}
	}
	return &sipmsg.ContactHeader{Address: l.flow.Contact("nightbell")}
}

// product is all we say of ourselves: no version for a stranger.
const product = "Nightbell"

func setSDP(msg sipmsg.Message, sdp []byte) {
	if sdp == nil {
		msg.SetBody(nil)
		return
	}
	msg.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
	msg.SetBody(bytes.Clone(sdp))
}

// notSDP refuses a body that is no session description (RFC 3261 §8.2.3).
func (l *Leg) notSDP(tx *ServerTx) bool { return refuseBody(tx) }

func refuseBody(tx *ServerTx) bool {
	req := tx.Request()
	if len(req.Body()) == 0 || isSDP(headerValue(req, "Content-Type")) {
		return false
	}
	res := tx.Response(415, phrase(415))
	res.AppendHeader(sipmsg.NewHeader("Accept", "application/sdp"))
	_ = tx.Respond(res)
	return true
}

func answer(tx *ServerTx, code int) {
	_ = tx.Respond(tx.Response(code, phrase(code)))
}

func answerOptions(tx *ServerTx) {
	res := tx.Response(200, phrase(200))
	res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	res.AppendHeader(sipmsg.NewHeader("Accept", "application/sdp, application/dtmf-relay"))
	res.AppendHeader(sipmsg.NewHeader("Supported", supported))
	res.AppendHeader(sipmsg.NewHeader("Server", product))
	_ = tx.Respond(res)
}

// notAllowed is 405 with Allow (§8.2.1).
func notAllowed(tx *ServerTx) {
	res := tx.Response(405, phrase(405))
	res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	_ = tx.Respond(res)
}

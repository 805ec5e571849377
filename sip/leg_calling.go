package sip

import (
	"cmp"
	"errors"
	"strconv"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is the leg that calls: our INVITE to a phone (RFC 3261 §13.2).

// sendInvite sends the INVITE; a second time after 422 (RFC 4028 §7.3).
func (l *Leg) sendInvite(req *sipmsg.Request) error {
	l.invite = req
	l.invSeq = req.CSeq().SeqNo
	seq := l.invSeq
	tx, err := l.flow.Request(req, func(res *sipmsg.Response) { l.inviteAnswered(seq, res) }, func(err error) {
		l.inviteFailed(seq, err)
	})
	l.client = tx
	return err
}

func (l *Leg) inviteAnswered(seq uint32, res *sipmsg.Response) {
	l.mu.Lock()
	defer l.unlock()
	if seq != l.invSeq {
		return
	}
	switch code := res.StatusCode; {
	case code < 200:
		_ = l.step(happening{event: got1xx, res: res})
	case code < 300:
		_ = l.step(happening{event: got2xx, res: res})
	case code == 422 && l.sessionRetry(res):
	case (code == 401 || code == 407) && l.proveAgain(res):
	default:
		_ = l.step(happening{event: gotFinal, res: res, refusal: Refusal{Code: code, Reason: reasonOf(code)}})
	}
}

func (l *Leg) inviteFailed(seq uint32, err error) {
	l.mu.Lock()
	defer l.unlock()
	if seq != l.invSeq || errors.Is(err, ErrFlowClosed) {
		return // FlowClosed tells the rest
	}
	_ = l.step(happening{event: gotNothing, refusal: Refusal{Code: 408, Reason: NoAnswer}})
}

func (l *Leg) actCalling(a action, h happening) {
	switch a {
	case sendCancel:
		l.why = h.refusal.Reason
		l.client.Cancel(sipmsg.NewHeader("Reason", reasonHeader(h.refusal.Reason)))
		l.post(Event{Kind: Ended, Reason: h.refusal.Reason})
	case alert:
		l.alert(h.res)
	case takeAnswer:
		l.takeAnswer(h.res)
	case ackAgain:
		if toTag(h.res) == l.dlg.remoteTag {
			l.sendAck(h.res.CSeq().SeqNo)
			return
		}
		l.ackAndBye(h.res)
	case ackAndBye:
		l.ackAndBye(h.res)
	case refused:
		l.final = h.res
		l.post(Event{Kind: Refused, Reason: h.refusal.Reason, Code: h.refusal.Code, Text: phrase(h.refusal.Code),
			Moved: movedTo(h.res)})
	}
}

// alert reports a provisional and acknowledges a reliable one (RFC 3262 §4).
func (l *Leg) alert(res *sipmsg.Response) {
	if res.StatusCode == 100 {
		l.post(Event{Kind: Trying, Code: 100})
		return
	}
	if toTag(res) != "" {
		l.dlg.establish(res)
	}
	if seq := headerValue(res, "RSeq"); seq != "" && hasOption(res, "Require", "100rel") && !l.prackAgain(toTag(res), seq) {
		return
	}
	var sdp []byte
	if len(res.Body()) > 0 {
		sdp = res.Body()
		l.remoteSDP = sdp
	}
	l.post(Event{Kind: Ringing, Code: res.StatusCode, SDP: sdp, Text: phrase(res.StatusCode)})
}

// prackAgain sends PRACK to a fork, each of which counts for itself (RFC 3262 §4); false: this provisional was seen before, or came out of order.
func (l *Leg) prackAgain(fork, value string) bool {
	seq, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return false
	}
	last, known := l.early.forks[fork]
	if known && uint32(seq) != last+1 || !known && len(l.early.forks) == maxForks {
		return false
	}
	if l.early.forks == nil {
		l.early.forks = make(map[string]uint32)
	}
	l.early.forks[fork] = uint32(seq)
	req := l.request(sipmsg.PRACK)
	req.AppendHeader(sipmsg.NewHeader("RAck", value+" "+strconv.FormatUint(uint64(l.invSeq), 10)+" INVITE"))
	req.SetBody(nil)
	l.send(req)
	return true
}

func (l *Leg) takeAnswer(res *sipmsg.Response) {
	l.dlg.establish(res)
	l.peerAllow = allowOf(res)
	l.sendAck(l.invSeq)
	l.sessionAgreed(res)
	l.talk = talkStable
	if len(res.Body()) > 0 {
		l.remoteSDP = res.Body()
	}
	l.post(Event{Kind: Answered, Code: res.StatusCode, SDP: res.Body()})
}

// sendAck acknowledges a 2xx: end to end, outside any transaction (§13.2.2.4).
func (l *Leg) sendAck(seq uint32) {
	if l.flow == nil {
		return
	}
	req := l.dlg.numbered(sipmsg.ACK, seq)
	req.AppendHeader(l.contact())
	req.SetBody(nil)
	_ = l.flow.Send(req)
}

// ackAndBye ends a dialog that nobody wants: a 2xx that crossed our CANCEL, another fork's, a late one.
func (l *Leg) ackAndBye(res *sipmsg.Response) {
	if l.flow == nil {
		return
	}
	fork := l.dlg
	fork.establish(res)
	ack := fork.numbered(sipmsg.ACK, res.CSeq().SeqNo)
	ack.SetBody(nil)
	_ = l.flow.Send(ack)
	if l.byed == nil {
		l.byed = make(map[string]bool)
	}
	if l.byed[fork.remoteTag] || len(l.byed) >= maxForks {
		return
	}
	l.byed[fork.remoteTag] = true
	bye := fork.request(sipmsg.BYE)
	bye.AppendHeader(sipmsg.NewHeader("Reason", reasonHeader(cmp.Or(l.why, Elsewhere))))
	bye.SetBody(nil)
	_, _ = l.flow.Request(bye, func(*sipmsg.Response) {}, func(error) {})
	l.core.count(&l.core.totals.LateAnswers)
}

// maxForks bounds what one INVITE can make us send.
const maxForks = 16

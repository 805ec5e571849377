package sip

import (
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is the leg that was called: a caller's INVITE, ours to answer (RFC 3261 §13.3).

// newCalled makes the leg of an INVITE. The caller of it registers the leg before it answers anything.
func newCalled(c *core, tx *ServerTx, facts Facts) *Leg {
	req := tx.Request()
	l := &Leg{
		id: random(), core: c, facts: facts, flow: tx.Flow(), state: isInvited, talk: talkOffered,
		dlg: calledDialog(req, tx.Tag()), server: tx, asked: tx, invSeq: req.CSeq().SeqNo, limit: facts.TrunkID,
		peerAllow: allowOf(req), remote: tx.Flow().Remote().Addr(),
	}
	if len(req.Body()) > 0 {
		l.remoteSDP = req.Body()
	}
	l.early.required = hasOption(req, "Require", "100rel")
	return l
}

func (l *Leg) actCalled(a action, h happening) error {
	switch a {
	case sendRinging:
		l.sendRinging(h.sdp)
	case sendAnswer:
		l.stopEarly()
		if h.sdp == nil {
			h.sdp = l.localSDP
		}
		l.talk = talkReplied
		l.accepted(l.server, h.sdp)
	case sendRefusal:
		l.refuse(l.server, h.refusal)
		l.post(Event{Kind: Ended, Reason: h.refusal.Reason, Code: h.refusal.code(), Text: phrase(h.refusal.code())})
	case sendCancelled:
		answer(l.server, 487)
		l.post(Event{Kind: Ended, Reason: CallerGone, Code: 487, Text: reasonText(h.req, 487)})
	case byeEarly:
		answer(h.tx, 200)
		answer(l.server, 487)
		l.post(Event{Kind: Ended, Reason: CallerGone, Code: 487, Text: reasonText(h.tx.Request(), 487)})
	case confirm:
		return l.converse(happening{talk: gotTalkAck, req: h.req})
	case promise:
		l.why = h.refusal.Reason
		l.post(Event{Kind: Ended, Reason: h.refusal.Reason})
	}
	return nil
}

// accepted sends a 2xx and keeps sending it until the ACK is here, also over streams (§13.3.1.4).
func (l *Leg) accepted(tx *ServerTx, sdp []byte) {
	l.asked = tx
	l.localSDP = sdp
	l.accept = l.success(tx, sdp)
	_ = tx.Respond(l.accept)
	l.interval = T1
	l.set(again2xx, T1)
	l.set(ackLimit, 64*T1)
}

// success makes a 2xx to an INVITE or UPDATE.
func (l *Leg) success(tx *ServerTx, sdp []byte) *sipmsg.Response {
	res := tx.Response(200, phrase(200))
	res.AppendHeader(l.contact())
	res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	res.AppendHeader(sipmsg.NewHeader("Supported", supported))
	l.sessionAnswer(tx.Request(), res)
	setSDP(res, sdp)
	return res
}

func (l *Leg) retransmit2xx() {
	if l.accept == nil || l.asked == nil {
		return
	}
	_ = l.asked.Respond(l.accept)
	l.interval = min(2*l.interval, T2)
	l.set(again2xx, l.interval)
}

// refuse sends a final answer other than 2xx with its Warning and Retry-After.
func (l *Leg) refuse(tx *ServerTx, r Refusal) {
	l.stopEarly()
	code := r.code()
	res := tx.Response(code, phrase(code))
	if r.Warning != "" {
		warn := r.WarnCode
		if warn < 300 || warn > 399 {
			warn = 399
		}
		res.AppendHeader(sipmsg.NewHeader("Warning", strconv.Itoa(warn)+" nightbell "+quote(r.Warning)))
	}
	if code == 503 {
		res.AppendHeader(sipmsg.NewHeader("Retry-After", "30"))
	}
	_ = tx.Respond(res)
}

// reliable is what RFC 3262 asks of the side that was called.
type reliable struct {
	required bool
	seq      uint32            // of ours
	forks    map[string]uint32 // of theirs, by tag: the latest that got its PRACK
	pending  *sipmsg.Response  // waits for its PRACK
	queue    []*sipmsg.Response
	interval time.Duration
	answer   *happening // an Answer that waits for the PRACK of early media (§3)
}

func (l *Leg) sendRinging(sdp []byte) {
	code := 180
	if sdp != nil {
		code = 183
		l.localSDP = sdp
	}
	res := l.server.Response(code, phrase(code))
	res.AppendHeader(l.contact())
	res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	setSDP(res, sdp)
	l.set(ringsOn, time.Minute)
	if !l.early.required {
		_ = l.server.Respond(res)
		return
	}
	res.AppendHeader(sipmsg.NewHeader("Require", "100rel"))
	l.early.queue = append(l.early.queue, res)
	l.nextReliable()
}

// ringOn says once more that the phones still ring. Early media keeps its description.
func (l *Leg) ringOn() {
	if l.state == isAlerting {
		l.sendRinging(nil)
	}
}

// nextReliable sends the next provisional once the one before has its PRACK (RFC 3262 §3).
func (l *Leg) nextReliable() {
	if l.early.pending != nil || len(l.early.queue) == 0 {
		return
	}
	res := l.early.queue[0]
	l.early.queue = l.early.queue[1:]
	l.early.seq++
	res.AppendHeader(sipmsg.NewHeader("RSeq", strconv.FormatUint(uint64(l.early.seq), 10)))
	l.early.pending = res
	l.early.interval = T1
	_ = l.server.Respond(res)
	l.set(again1xx, T1)
	l.set(prackLimit, 64*T1)
}

func (l *Leg) retransmit1xx() {
	if l.early.pending == nil {
		return
	}
	_ = l.server.Respond(l.early.pending)
	l.early.interval *= 2
	l.set(again1xx, l.early.interval)
}

// prack takes a PRACK for the provisional that waits for it.
func (l *Leg) prack(tx *ServerTx) {
	seq, cseq, ok := parseRAck(headerValue(tx.Request(), "RAck"))
	if !ok || l.early.pending == nil || seq != l.early.seq || cseq != l.invSeq {
		answer(tx, 481)
		return
	}
	answer(tx, 200)
	l.early.pending = nil
	l.unset(again1xx)
	l.unset(prackLimit)
	l.nextReliable()
	if h := l.early.answer; h != nil && !l.earlyHolds() {
		l.early.answer = nil
		_ = l.step(*h)
	}
}

// earlyHolds reports that a 2xx must wait for the PRACK of early media.
func (l *Leg) earlyHolds() bool {
	return l.early.pending != nil && len(l.early.pending.Body()) > 0 || len(l.early.queue) > 0
}

func (l *Leg) stopEarly() {
	l.early.pending, l.early.queue, l.early.answer = nil, nil, nil
	l.unset(again1xx)
	l.unset(prackLimit)
	l.unset(ringsOn)
}

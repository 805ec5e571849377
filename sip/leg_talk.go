package sip

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// talk is where the offer and answer of a dialog stand (RFC 3264, RFC 3261 §14): one conversation at a time.
type talk uint8

const (
	talkStable     talk = iota
	talkOffering        // our INVITE or re-INVITE waits for its final answer
	talkBackingOff      // it met 491 and waits its time (§14.1)
	talkOffered         // their INVITE or re-INVITE waits for our answer
	talkAsked           // their UPDATE waits for our answer
	talkReplied         // our 2xx waits for its ACK
	talks
)

type talkEvent uint8

const (
	askOffer talkEvent = iota
	askAnswer
	askRefuse
	gotReinvite
	gotUpdate // with an offer
	gotAgreement
	gotGlare
	gotRejection
	gotTalkAck
	gotWithdrawal // CANCEL of a re-INVITE, or its end without our answer
	backoffOver
	refreshByOffer
	talkEvents
)

type talkAction uint8

const (
	talkNothing talkAction = iota
	talkMisfit
	sendOffer
	sendRefresh
	keepOffer     // until our turn
	sendReply     // 2xx to a re-INVITE, retransmitted until its ACK
	sendUpdated   // 200 to an UPDATE
	sendRejection // 488 or as told; the old session stands
	sendPending   // 491
	sendBusyTalk  // 500 with Retry-After
	reportOffer
	yieldToOffer // ours failed, theirs comes first
	reportAgreement
	reportRejection
	backOff
	settle // the ACK came: stop retransmitting, send what was kept
	withdraw
	talkActions
)

type talkRow struct {
	next talk
	do   talkAction
	rule string
}

var talkTable = [talks]map[talkEvent]talkRow{
	talkStable: {
		askOffer:       {talkOffering, sendOffer, "RFC 3261 §14.1"},
		gotReinvite:    {talkOffered, reportOffer, "RFC 3261 §14.2"},
		gotUpdate:      {talkAsked, reportOffer, "RFC 3311 §5.2"},
		refreshByOffer: {talkOffering, sendRefresh, "RFC 4028 §7.4"},
	},
	talkOffering: {
		gotReinvite:  {talkOffering, sendPending, "RFC 3261 §14.2"},
		gotUpdate:    {talkOffering, sendPending, "RFC 3311 §5.2"},
		gotAgreement: {talkStable, reportAgreement, "RFC 3261 §14.1"},
		gotGlare:     {talkBackingOff, backOff, "RFC 3261 §14.1"},
		gotRejection: {talkStable, reportRejection, "RFC 3261 §14.1"},
	},
	talkBackingOff: {
		askOffer:    {talkBackingOff, keepOffer, "RFC 3261 §14.1"},
		gotReinvite: {talkOffered, yieldToOffer, "RFC 3261 §14.2"},
		gotUpdate:   {talkAsked, yieldToOffer, "RFC 3311 §5.2"},
		backoffOver: {talkOffering, sendOffer, "RFC 3261 §14.1"},
	},
	talkOffered: {
		askAnswer:     {talkReplied, sendReply, "RFC 3261 §14.2"},
		askRefuse:     {talkStable, sendRejection, "RFC 3261 §14.2"},
		gotReinvite:   {talkOffered, sendBusyTalk, "RFC 3261 §14.2"},
		gotUpdate:     {talkOffered, sendBusyTalk, "RFC 3311 §5.2"},
		gotWithdrawal: {talkStable, withdraw, "RFC 3261 §9.2"},
	},
	talkAsked: {
		askAnswer:     {talkStable, sendUpdated, "RFC 3311 §5.2"},
		askRefuse:     {talkStable, sendRejection, "RFC 3311 §5.2"},
		gotReinvite:   {talkAsked, sendBusyTalk, "RFC 3261 §14.2"},
		gotUpdate:     {talkAsked, sendBusyTalk, "RFC 3311 §5.2"},
		gotWithdrawal: {talkStable, withdraw, "RFC 3261 §9.2"},
	},
	talkReplied: {
		askOffer:    {talkReplied, keepOffer, "RFC 5407 §3.1"},
		gotReinvite: {talkReplied, sendPending, "RFC 5407 §3.1"},
		gotUpdate:   {talkReplied, sendPending, "RFC 3311 §5.2"},
		gotTalkAck:  {talkStable, settle, "RFC 3261 §13.3.1.4"},
	},
}

var usualTalk = [talkEvents]talkRow{
	askOffer:       {do: talkMisfit, rule: "RFC 3264 §4"},
	askAnswer:      {do: talkMisfit, rule: "RFC 3264 §4"},
	askRefuse:      {do: talkMisfit, rule: "RFC 3264 §4"},
	gotReinvite:    {do: sendBusyTalk, rule: "RFC 3261 §14.2"},
	gotUpdate:      {do: sendBusyTalk, rule: "RFC 3311 §5.2"},
	gotAgreement:   {do: talkNothing, rule: "RFC 3261 §14.1"},
	gotGlare:       {do: talkNothing, rule: "RFC 3261 §14.1"},
	gotRejection:   {do: talkNothing, rule: "RFC 3261 §14.1"},
	gotTalkAck:     {do: talkNothing, rule: "RFC 3261 §13.3.1.4"},
	gotWithdrawal:  {do: talkNothing, rule: "RFC 3261 §9.2"},
	backoffOver:    {do: talkNothing, rule: "RFC 3261 §14.1"},
	refreshByOffer: {do: talkNothing, rule: "RFC 4028 §7.4"},
}

func lookupTalk(t talk, e talkEvent) talkRow {
	if r, ok := talkTable[t][e]; ok {
		return r
	}
	r := usualTalk[e]
	r.next = t
	return r
}

// converse is the only place where the conversation's state changes, but for the first INVITE's own answer.
func (l *Leg) converse(h happening) error {
	r := lookupTalk(l.talk, h.talk)
	if r.do == talkMisfit {
		return ErrState
	}
	l.talk = r.next
	switch r.do {
	case sendOffer, sendRefresh, keepOffer, backOff, reportAgreement, reportRejection:
		l.talkOurs(r.do, h)
	case sendPending:
		answer(h.tx, 491)
	case sendBusyTalk:
		l.sendBusy(h.tx)
	default:
		l.talkTheirs(r.do, h)
	}
	return nil
}

// talkOurs acts on an offer of our own.
func (l *Leg) talkOurs(a talkAction, h happening) {
	switch a {
	case sendOffer:
		if h.sdp != nil {
			l.wanted = h.sdp
		}
		if l.wanted == nil { // a refresh that met 491
			l.sendOffer(l.localSDP)
			return
		}
		l.sendOffer(l.wanted)
	case sendRefresh:
		l.wanted = nil
		l.sendOffer(l.localSDP)
	case keepOffer:
		l.wanted = h.sdp
	case backOff:
		l.set(glare, l.backoff())
	case reportAgreement:
		l.agree(h.res)
	case reportRejection:
		l.rejected(h.refusal.Code)
	}
}

// rejected reports that our offer was not taken. A refresh is nobody's business: it is tried again.
func (l *Leg) rejected(code int) {
	if l.wanted == nil {
		l.set(refresh, refreshAgain)
		return
	}
	l.wanted = nil
	l.post(Event{Kind: Agreed, Code: code, Reason: reasonOf(code), Text: phrase(code)})
}

// talkTheirs acts on an offer of the peer's.
func (l *Leg) talkTheirs(a talkAction, h happening) {
	switch a {
	case yieldToOffer:
		l.unset(glare)
		if l.wanted != nil {
			l.wanted = nil
			l.post(Event{Kind: Agreed, Code: 491, Reason: NotAcceptable, Text: phrase(491)})
		}
		l.reportOffer(h.tx)
	case reportOffer:
		l.reportOffer(h.tx)
	case sendReply:
		l.accepted(l.asked, h.sdp)
	case sendUpdated:
		res := l.success(l.asked, h.sdp)
		l.localSDP = h.sdp
		_ = l.asked.Respond(res)
		l.asked = nil
	case sendRejection:
		l.refuse(l.asked, h.refusal)
		l.asked = nil
	case withdraw:
		answer(l.asked, 487)
		l.asked = nil
	case settle:
		l.settle(h.req)
	}
}

// sendOffer sends a re-INVITE with sdp.
func (l *Leg) sendOffer(sdp []byte) {
	if l.flow == nil {
		_ = l.converse(happening{talk: gotRejection, refusal: Refusal{Code: 503}})
		return
	}
	req := l.request(sipmsg.INVITE)
	l.sessionAsk(req)
	setSDP(req, sdp)
	l.localSDP = sdp
	seq := req.CSeq().SeqNo
	_, err := l.flow.Request(req, l.offerAnswered(seq), func(err error) {
		l.mu.Lock()
		defer l.unlock()
		if errors.Is(err, ErrFlowClosed) {
			l.offerFailed(503) // the connection is gone, the dialog may come back
			return
		}
		l.offerFailed(408)
	})
	if err != nil {
		_ = l.converse(happening{talk: gotRejection, refusal: Refusal{Code: 503}})
	}
}

func (l *Leg) offerAnswered(seq uint32) func(*sipmsg.Response) {
	return func(res *sipmsg.Response) {
		l.mu.Lock()
		defer l.unlock()
		switch code := res.StatusCode; {
		case code < 200:
		case code < 300 && l.ackSeq == seq:
			l.sendAck(seq)
		case code < 300:
			l.ackSeq = seq
			l.dlg.retarget(res)
			l.sendAck(seq)
			l.sessionAgreed(res)
			_ = l.converse(happening{talk: gotAgreement, res: res})
		case code == 491:
			_ = l.converse(happening{talk: gotGlare})
		default:
			l.offerFailed(code)
		}
	}
}

func (l *Leg) offerFailed(code int) {
	if l.state == isEnded {
		return
	}
	_ = l.converse(happening{talk: gotRejection, refusal: Refusal{Code: code}})
	if code == 408 || code == 481 {
		_ = l.step(happening{event: gotGone, refusal: Refusal{Code: code, Reason: Unreachable}})
	}
}

// agree reports the answer to our offer. A refresh that changed nothing is nobody's business.
func (l *Leg) agree(res *sipmsg.Response) {
	same := l.wanted == nil && bytes.Equal(res.Body(), l.remoteSDP)
	l.wanted = nil
	if body := res.Body(); len(body) > 0 {
		l.remoteSDP = body
	}
	if !same {
		l.post(Event{Kind: Agreed, Code: res.StatusCode, SDP: l.remoteSDP})
	}
}

// backoff is how long a re-INVITE that met 491 waits: the owner of the Call-ID longer than the other (§14.1).
func (l *Leg) backoff() time.Duration {
	if l.uac {
		return 2100*time.Millisecond + time.Duration(rand.IntN(190))*10*time.Millisecond
	}
	return time.Duration(rand.IntN(200)) * 10 * time.Millisecond
}

func (l *Leg) reportOffer(tx *ServerTx) {
	l.asked = tx
	req := tx.Request()
	if req.Method == sipmsg.INVITE {
		tx.OnCancel(func(*sipmsg.Request) {
			l.mu.Lock()
			defer l.unlock()
			_ = l.converse(happening{talk: gotWithdrawal})
		})
	}
	var sdp []byte
	if len(req.Body()) > 0 {
		sdp = req.Body()
		l.remoteSDP = sdp
	}
	l.post(Event{Kind: Offered, SDP: sdp})
}

// settle takes the ACK of our 2xx and sends what had to wait for it.
func (l *Leg) settle(ack *sipmsg.Request) {
	l.unset(again2xx)
	l.unset(ackLimit)
	offerWasOurs := l.asked != nil && len(l.asked.Request().Body()) == 0
	l.asked, l.accept = nil, nil
	initial := ack.CSeq().SeqNo == l.invSeq && !l.uac
	var sdp []byte
	if offerWasOurs && len(ack.Body()) > 0 {
		sdp = ack.Body()
		l.remoteSDP = sdp
	}
	if initial || sdp != nil {
		l.post(Event{Kind: Confirmed, SDP: sdp})
	}
	if l.wanted != nil {
		_ = l.converse(happening{talk: askOffer, sdp: l.wanted})
	}
}

// sendBusy is for a second offer while the first waits for our answer (§14.2).
func (l *Leg) sendBusy(tx *ServerTx) {
	res := tx.Response(500, phrase(500))
	res.AppendHeader(sipmsg.NewHeader("Retry-After", string(rune('1'+rand.IntN(9)))))
	_ = tx.Respond(res)
}

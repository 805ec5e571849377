package sip

import sipmsg "github.com/emiago/sipgo/sip"

// state is where a dialog stands. What becomes of it is said by dialogTable alone.
type state uint8

const (
	isInvited    state = iota // their INVITE came; nothing but 100 went out
	isAlerting                // 18x went out
	isAccepted                // 2xx went out, its ACK is not here yet
	isLeaving                 // 2xx went out and we want to leave: BYE waits for the ACK (§15)
	isCalling                 // our INVITE went out
	isProceeding              // a provisional came
	isCancelling              // we gave up; CANCEL goes out with the first provisional (§9.1)
	isConfirmed
	isAdrift // confirmed, but the connection is gone
	isEnded
	states
)

// event is what can happen to a dialog: do = our verb, got = from the wire, the rest from the clock or the flow.
type event uint8

const (
	doRing event = iota
	doAnswer
	doRefuse
	doEnd
	got1xx
	got2xx
	gotFinal   // 3xx-6xx to our INVITE
	gotNothing // no final answer in time
	gotCancel
	gotAck
	ackOverdue // 64*T1 after our 2xx
	gotBye
	gotRequest  // any other request within the dialog
	gotGone     // 408 or 481 to a request of ours within the dialog
	sessionOver // RFC 4028 §10
	flowLost
	flowBack
	events
)

// action is what is done on the way.
type action uint8

const (
	nothing       action = iota
	misfit               // the verb is refused with ErrState
	sendRinging          // 180 or 183
	sendAnswer           // 2xx, retransmitted until the ACK
	sendRefusal          // final answer to the INVITE; Ended
	sendCancelled        // 487; Ended
	byeEarly             // 200 to BYE, 487 to INVITE; Ended
	confirm              // stop retransmitting; Confirmed
	takeAck              // of a re-INVITE
	promise              // Ended now, BYE with the ACK
	sendBye              // BYE; Ended
	answerBye            // 200 to BYE; Ended
	sendCancel           // CANCEL; Ended
	alert                // Trying, Ringing
	takeAnswer           // ACK; Answered
	ackAgain             // ACK a repeated 2xx, end another fork's
	ackAndBye            // a 2xx nobody wants
	refused              // Refused
	lost                 // FlowLost, and Refused or Ended
	serve                // by method
	gone                 // 481: the dialog is no more
	float                // FlowLost
	land                 // FlowBack
	move                 // other flow, same peer
	drop                 // Ended without a word: there is no connection
	actions
)

// row is one entry: where to, what is done, and by which rule.
type row struct {
	next state
	do   action
	rule string
}

// happening is an event with what it brought along.
type happening struct {
	event   event
	talk    talkEvent
	tx      *ServerTx
	req     *sipmsg.Request // ACK, CANCEL
	res     *sipmsg.Response
	sdp     []byte
	refusal Refusal
	flow    *Flow

	refer    referEvent
	referral Referral
	quiet    bool // Refer-Sub: false
}

// dialogTable holds what is particular to a state; usual holds what an event means everywhere else.
var dialogTable = [states]map[event]row{
	isInvited: {
		doRing:     {isAlerting, sendRinging, "RFC 3261 §13.3.1.1"},
		doAnswer:   {isAccepted, sendAnswer, "RFC 3261 §13.3.1.4"},
		doRefuse:   {isEnded, sendRefusal, "RFC 3261 §13.3.1.3"},
		doEnd:      {isEnded, sendRefusal, "RFC 3261 §13.3.1.3"},
		gotCancel:  {isEnded, sendCancelled, "RFC 3261 §9.2"},
		gotBye:     {isEnded, byeEarly, "RFC 3261 §15.1.2"},
		gotRequest: {isInvited, serve, "RFC 3261 §12.2.2"},
		flowLost:   {isEnded, lost, "sip.md: identity is the connection"},
	},
	isAlerting: {
		doRing:     {isAlerting, sendRinging, "RFC 3261 §13.3.1.1"},
		doAnswer:   {isAccepted, sendAnswer, "RFC 3261 §13.3.1.4"},
		doRefuse:   {isEnded, sendRefusal, "RFC 3261 §13.3.1.3"},
		doEnd:      {isEnded, sendRefusal, "RFC 3261 §13.3.1.3"},
		gotCancel:  {isEnded, sendCancelled, "RFC 3261 §9.2"},
		gotBye:     {isEnded, byeEarly, "RFC 3261 §15.1.2"},
		gotRequest: {isAlerting, serve, "RFC 3261 §12.2.2"},
		flowLost:   {isEnded, lost, "sip.md: identity is the connection"},
	},
	isAccepted: {
		doEnd:      {isLeaving, promise, "RFC 3261 §15"},
		gotAck:     {isConfirmed, confirm, "RFC 3261 §13.3.1.4"},
		ackOverdue: {isEnded, sendBye, "RFC 3261 §13.3.1.4"},
		gotBye:     {isEnded, answerBye, "RFC 3261 §15.1.2"},
		gotRequest: {isAccepted, serve, "RFC 3261 §12.2.2"},
		flowLost:   {isEnded, lost, "sip.md: identity is the connection"},
	},
	isLeaving: {
		gotAck:     {isEnded, sendBye, "RFC 3261 §15"},
		ackOverdue: {isEnded, sendBye, "RFC 3261 §13.3.1.4"},
		gotBye:     {isEnded, answerBye, "RFC 3261 §15.1.2"},
		flowLost:   {isEnded, drop, "sip.md: identity is the connection"},
	},
	isCalling: {
		doEnd:      {isCancelling, sendCancel, "RFC 3261 §9.1"},
		got1xx:     {isProceeding, alert, "RFC 3261 §13.2.2.1"},
		got2xx:     {isConfirmed, takeAnswer, "RFC 3261 §13.2.2.4"},
		gotFinal:   {isEnded, refused, "RFC 3261 §13.2.2.3"},
		gotNothing: {isEnded, refused, "RFC 3261 §17.1.1.2"},
		flowLost:   {isEnded, lost, "RFC 5626 §5.3"},
	},
	isProceeding: {
		doEnd:      {isCancelling, sendCancel, "RFC 3261 §9.1"},
		got1xx:     {isProceeding, alert, "RFC 3261 §13.2.2.1"},
		got2xx:     {isConfirmed, takeAnswer, "RFC 3261 §13.2.2.4"},
		gotFinal:   {isEnded, refused, "RFC 3261 §13.2.2.3"},
		gotNothing: {isEnded, refused, "RFC 3261 §17.1.1.2"},
		gotRequest: {isProceeding, serve, "RFC 3261 §12.2.2"},
		flowLost:   {isEnded, lost, "RFC 5626 §5.3"},
	},
	isCancelling: {
		got1xx:     {isCancelling, nothing, "RFC 3261 §9.1"},
		got2xx:     {isEnded, ackAndBye, "RFC 3261 §9.1, §13.2.2.4"},
		gotFinal:   {isEnded, nothing, "RFC 3261 §9.1"},
		gotNothing: {isEnded, nothing, "RFC 3261 §9.1"},
		flowLost:   {isEnded, nothing, "RFC 5626 §5.3"},
	},
	isConfirmed: {
		doEnd:       {isEnded, sendBye, "RFC 3261 §15.1.1"},
		got2xx:      {isConfirmed, ackAgain, "RFC 3261 §13.2.2.4"},
		gotAck:      {isConfirmed, takeAck, "RFC 3261 §14.2"},
		ackOverdue:  {isEnded, sendBye, "RFC 3261 §13.3.1.4"},
		gotBye:      {isEnded, answerBye, "RFC 3261 §15.1.2"},
		gotRequest:  {isConfirmed, serve, "RFC 3261 §12.2.2"},
		gotGone:     {isEnded, sendBye, "RFC 3261 §12.2.1.2"},
		sessionOver: {isEnded, sendBye, "RFC 4028 §10"},
		flowLost:    {isAdrift, float, "sip.md: a lost flow"},
		flowBack:    {isConfirmed, move, "RFC 5626 §5.3"},
	},
	isAdrift: {
		doEnd:       {isEnded, drop, "sip.md: a lost flow"},
		ackOverdue:  {isEnded, drop, "RFC 3261 §13.3.1.4"},
		sessionOver: {isEnded, drop, "RFC 4028 §10"},
		flowBack:    {isConfirmed, land, "sip.md: a lost flow"},
	},
	isEnded: {
		got2xx: {isEnded, ackAndBye, "RFC 3261 §13.2.2.4"},
	},
}

// usual is what an event means where the state has nothing to say: the state stays.
var usual = [events]row{
	doRing:      {do: misfit, rule: "RFC 3261 §13.3.1"},
	doAnswer:    {do: misfit, rule: "RFC 3261 §13.3.1"},
	doRefuse:    {do: misfit, rule: "RFC 3261 §13.3.1"},
	doEnd:       {do: nothing, rule: "End is idempotent"},
	got1xx:      {do: nothing, rule: "RFC 3261 §17.1.1.2"},
	got2xx:      {do: nothing, rule: "RFC 3261 §13.2.2.4"},
	gotFinal:    {do: nothing, rule: "RFC 3261 §17.1.1.2"},
	gotNothing:  {do: nothing, rule: "RFC 3261 §17.1.1.2"},
	gotCancel:   {do: nothing, rule: "RFC 3261 §9.2"},
	gotAck:      {do: nothing, rule: "RFC 3261 §13.3.1.4"},
	ackOverdue:  {do: nothing, rule: "RFC 3261 §13.3.1.4"},
	gotBye:      {do: gone, rule: "RFC 3261 §15.1.2"},
	gotRequest:  {do: gone, rule: "RFC 3261 §12.2.2"},
	gotGone:     {do: nothing, rule: "RFC 3261 §12.2.1.2"},
	sessionOver: {do: nothing, rule: "RFC 4028 §10"},
	flowLost:    {do: nothing, rule: "RFC 5626 §5.3"},
	flowBack:    {do: nothing, rule: "RFC 5626 §5.3"},
}

// lookup is total: every pair has an entry.
func lookup(s state, e event) row {
	if r, ok := dialogTable[s][e]; ok {
		return r
	}
	r := usual[e]
	r.next = s
	return r
}

// step is the only place where a leg's state changes. The leg is locked.
func (l *Leg) step(h happening) error {
	r := lookup(l.state, h.event)
	if r.do == misfit {
		return ErrState
	}
	was := l.state
	l.state = r.next
	err := l.act(r.do, h)
	if l.state == isEnded && was != isEnded {
		l.close()
	}
	return err
}

// act does what the table said.
func (l *Leg) act(a action, h happening) error {
	switch a {
	case sendRinging, sendAnswer, sendRefusal, sendCancelled, byeEarly, confirm, promise:
		return l.actCalled(a, h)
	case sendCancel, alert, takeAnswer, ackAgain, ackAndBye, refused:
		l.actCalling(a, h)
	case takeAck:
		return l.converse(happening{talk: gotTalkAck, req: h.req})
	case sendBye:
		l.sendBye(h)
	case answerBye:
		l.answerBye(h)
	case serve:
		l.serve(h)
	case gone:
		answer(h.tx, 481)
	case lost, float, land, move, drop:
		l.actFlow(a, h)
	}
	return nil
}

package sip

// This file is what a lost connection means to a leg: a ringing phone is passed over at once, a conversation waits
// for the same device to come back (RFC 5626 §5.3). How long is the call's decision.

func (l *Leg) actFlow(a action, h happening) {
	switch a {
	case lost:
		l.detach()
		l.post(Event{Kind: FlowLost})
		if l.uac {
			l.post(Event{Kind: Refused, Reason: Unreachable, Code: 503, Text: phrase(503)})
			return
		}
		l.post(Event{Kind: Ended, Reason: Unreachable, Code: 503, Text: phrase(503)})
	case float:
		l.detach()
		l.post(Event{Kind: FlowLost})
	case land:
		l.attach(h.flow)
		l.post(Event{Kind: FlowBack})
		l.caughtUp()
	case move:
		l.attach(h.flow)
	case drop:
		l.post(Event{Kind: Ended, Reason: h.refusal.Reason, Code: h.refusal.Code})
	}
}

func (l *Leg) attach(f *Flow) {
	l.core.rehome(l, l.flow, f)
	l.flow = f
}

// detach lets go of the connection. What it was asked or had asked died with it.
func (l *Leg) detach() {
	l.core.rehome(l, l.flow, nil)
	l.flow = nil
}

// caughtUp settles the conversation that the lost connection interrupted.
func (l *Leg) caughtUp() {
	switch l.talk {
	case talkReplied, talkOffered, talkAsked:
		l.unset(again2xx)
		l.unset(ackLimit)
		l.talk, l.asked, l.accept = talkStable, nil, nil
	}
}

// close frees what an ended leg holds. A leg that called stays known for 64*T1: a late 2xx still gets ACK and BYE.
func (l *Leg) close() {
	for p := range purposes {
		l.unset(p)
	}
	l.asked, l.accept, l.wanted = nil, nil, nil
	_ = l.referStep(happening{refer: gotLeft})
	l.core.released(l)
	if l.uac {
		l.set(forget, 64*T1)
		return
	}
	l.rearm()
	l.core.forget(l)
}

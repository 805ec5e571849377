package sip

import (
	"testing"

	"nightbell/sip/siptest"
)

func TestRingingPhoneLosesItsConnection(t *testing.T) {
	h := open(t, Limits{})
	p := h.phone("amy", func(d *siptest.Dialog) { _ = d.Ring(nil) })
	leg := h.ring("amy")
	leg.want(Ringing)
	p.Cut()
	leg.want(FlowLost)
	if e := leg.want(Refused); e.Reason != Unreachable {
		t.Errorf("reason %s", e.Reason)
	}
	h.told(BindingMade)
	h.told(BindingGone)
	if n := len(h.server.Bindings("amy")); n != 0 {
		t.Errorf("%d bindings", n)
	}
}

func TestConversationSurvivesALostConnection(t *testing.T) {
	h := open(t, Limits{})
	p := h.phone("amy", func(d *siptest.Dialog) { _ = d.Answer(answerSDP) })
	leg := h.ring("amy")
	leg.want(Answered)
	p.Cut()
	leg.want(FlowLost)
	if err := leg.Offer(thirdSDP); err != ErrState {
		t.Errorf("an offer without a connection: %v", err)
	}
	other := h.options("amy")
	other.Instance = "urn:uuid:another"
	ok(t, h.connect(other, nil).Register(within10s(t)))
	leg.none() // another device of the same agent is not the one
	back := h.phone("amy", nil)
	leg.want(FlowBack)
	leg.End(Completed)
	leg.want(Ended)
	ok(t, back.Register(within10s(t)))
	found := false
	for _, line := range back.Heard() {
		found = found || len(line) > 3 && line[:3] == "BYE"
	}
	if !found {
		t.Errorf("no BYE on the new connection: %q", back.Heard())
	}
}

func TestTrunkComesBackOnAnotherConnection(t *testing.T) {
	h := open(t, Limits{})
	c := h.carrier()
	_, leg := h.call(c)
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	c.Cut()
	leg.want(FlowLost)
	again := h.carrier()
	if code, err := again.Options(within10s(t)); err != nil || code != 200 {
		t.Fatalf("OPTIONS: %d %v", code, err)
	}
	leg.want(FlowBack)
	leg.End(Completed)
	leg.want(Ended)
}

func TestCallerLosesTheConnectionBeforeTheAnswer(t *testing.T) {
	h := open(t, Limits{})
	c := h.carrier()
	_, leg := h.call(c)
	c.Cut()
	leg.want(FlowLost)
	leg.want(Ended)
}

// Another client that knows every id of a call cannot end it.
func TestStrangerCannotEndACall(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	other := h.phone("amy", nil) // known, but not the party
	leg.mu.Lock()
	dlg := leg.dlg
	leg.mu.Unlock()
	ok(t, other.Send("BYE sip:x@nightbell.example SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.9;branch=z9hG4bKbye\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@x>;tag="+dlg.remoteTag+"\r\nTo: <sip:b@x>;tag="+dlg.localTag+"\r\nCall-ID: "+dlg.callID+
		"\r\nCSeq: 99 BYE\r\nContent-Length: 0\r\n\r\n"))
	ok(t, other.Register(within10s(t)))
	heard481 := false
	for _, line := range other.Heard() {
		heard481 = heard481 || line == "SIP/2.0 481 Call/Transaction Does Not Exist"
	}
	if !heard481 {
		t.Errorf("heard %q", other.Heard())
	}
	leg.none()
	ok(t, d.Bye(within10s(t)))
	leg.want(Ended)
}

package main

import (
	"nightbell/call"
	"nightbell/sip"
)

// leg is call.Leg over a sip.Leg: the same verbs, other words.
type leg struct{ of *sip.Leg }

func (l leg) Ring(sdp []byte) error    { return l.of.Ring(sdp) }
func (l leg) Answer(sdp []byte) error  { return l.of.Answer(sdp) }
func (l leg) Offer(sdp []byte) error   { return l.of.Offer(sdp) }
func (l leg) End(why call.Cause)       { l.of.End(reasonOf(why)) }
func (l leg) ID() string               { return l.of.ID() }
func (l leg) AcceptRefer() error       { return l.of.AcceptRefer() }
func (l leg) TellRefer(code int) error { return l.of.TellRefer(code) }

func (l leg) RefuseRefer(r call.Refusal) error {
	return l.of.RefuseRefer(sip.Refusal{Reason: reasonOf(r.Cause), WarnCode: r.WarnCode, Warning: r.Warning})
}

func (l leg) Refuse(r call.Refusal) error {
	return l.of.Refuse(sip.Refusal{Reason: reasonOf(r.Cause), WarnCode: r.WarnCode, Warning: r.Warning})
}

// The two rooms keep lists of their own; a word missing here is a fault of ours, and a test walks both lists.
var causes = map[call.Cause]sip.Reason{
	call.Completed:     sip.Completed,
	call.CallerGone:    sip.CallerGone,
	call.ElsewhereTook: sip.Elsewhere,
	call.Busy:          sip.Busy,
	call.Declined:      sip.Declined,
	call.NoAnswer:      sip.NoAnswer,
	call.Unreachable:   sip.Unreachable,
	call.NotAcceptable: sip.NotAcceptable,
	call.NoMedia:       sip.NoMedia,
	call.NotReady:      sip.NotReady,
	call.LastResort:    sip.LastResort,
	call.Draining:      sip.Draining,
	call.Overload:      sip.Overload,
	call.Fault:         sip.Fault,
}

// What a call came to beyond what the wire has words for. Each ends legs as any call that is over; the wire says none of them.
var outcomes = map[call.Cause]sip.Reason{
	call.FaxCall:      sip.Completed,
	call.ToBeCalled:   sip.Completed,
	call.MessageLeft:  sip.Completed,
	call.Acknowledged: sip.Completed,
	call.CutOff:       sip.Fault, // we were killed in the middle
}

var reasons = func() map[sip.Reason]call.Cause {
	m := make(map[sip.Reason]call.Cause, len(causes))
	for c, r := range causes {
		m[r] = c
	}
	m[sip.Moved] = call.Declined // nobody follows it
	return m
}()

func reasonOf(c call.Cause) sip.Reason {
	if r, ok := causes[c]; ok {
		return r
	}
	if r, ok := outcomes[c]; ok {
		return r
	}
	return sip.Fault
}

func causeOf(r sip.Reason) call.Cause {
	if c, ok := reasons[r]; ok {
		return c
	}
	return call.Fault
}

// legEvent turns what a leg reports into the call's words; the kinds are spelled alike.
func legEvent(e sip.Event) call.LegEvent {
	out := call.LegEvent{Kind: call.LegEventKind(e.Kind), Code: e.Code, SDP: e.SDP, Digit: e.Digit, Reason: e.Text}
	if e.Reason != "" {
		out.Cause = causeOf(e.Reason)
	}
	if e.Refer != nil {
		out.Refer = &call.Referral{To: e.Refer.Number, Replaces: e.Refer.Replaces}
	}
	return out
}

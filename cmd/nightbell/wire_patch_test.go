package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"nightbell/call"
	"nightbell/media"
	"nightbell/media/mediatest"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip/siptest"
)

// houseLine is a switchboard over real signalling and real sound, whose clinician is Lee.
type houseLine struct {
	*outhouse
	board  *call.Switchboard
	events chan call.Event
	ended  chan call.Record
}

func (h *houseLine) Note(e call.Event)  { h.events <- e }
func (*houseLine) Begin(call.Record)    {}
func (*houseLine) Finish(r call.Record) {}

func (*houseLine) Contacts(string, []string) []call.Contact { return nil }
func (*houseLine) Invite(context.Context, call.Contact, call.Invite, func(call.LegEvent)) (call.Leg, error) {
	return nil, errGone
}

func (*houseLine) Start(call.RecordingSpec, call.Voice, func(string)) (call.Recording, error) {
	return nil, call.Unwilling("disk_full")
}

func (*houseLine) CheckPIN(_ context.Context, person, typed string) (bool, error) {
	return person == "lee" && typed == "271828", nil
}
func (*houseLine) Telephone(string) phi.Phone { return phi.Phone{} }

// await waits until the story says so.
func (h *houseLine) await(k call.EventKind) {
	h.t.Helper()
	deadline := h.soon()
	for {
		select {
		case e := <-h.events:
			if e.Kind == k {
				return
			}
		case <-deadline.Done():
			h.t.Fatalf("the story never says %s", k)
		}
	}
}

// landline is somebody at the other end of the carrier.
type landline struct {
	sound *mediatest.Peer
	up    chan *siptest.Dialog
}

func (h *outhouse) landline() *landline {
	return &landline{h.sound(), make(chan *siptest.Dialog, 2)}
}

// lineTo is a house whose carrier reaches these telephones, by the end of their numbers.
func lineTo(t *testing.T, telephones map[string]*landline, h *outhouse) *houseLine {
	b := house911()
	h.exchange(b, "carrier", func(d *siptest.Dialog) {
		to, _, _ := strings.Cut(strings.TrimPrefix(d.Invite().Raw, "INVITE sip:"), "@")
		for end, p := range telephones {
			if strings.HasSuffix(to, end) {
				taker(t, p.up, p.sound)(d)
			}
		}
	})
	h.write(b)
	l := &houseLine{outhouse: h, ended: make(chan call.Record, 2), events: make(chan call.Event, 256)}
	prompts := media.Prompts()
	l.board = call.NewSwitchboard(call.Ports{
		Sound: func() call.Sound { return sound{h.media.NewCall()} }, Prompt: func(n string) *media.Prompt { return prompts[n] },
		Phones: l, Trunks: h.out, PINs: l, Recorder: l, Journal: l, Outward: h.rules.outwardPlan, Now: time.Now,
		Fault: func(_ string, what any) { t.Error("defect: ", what) },
	})
	t.Cleanup(func() { l.board.Drain(h.soon()) })
	return l
}

func (h *houseLine) place(p call.Placing) {
	h.t.Helper()
	p.ID, p.Ended = "c1", func(r call.Record) { h.ended <- r }
	ours(h.t, h.board.Place(p))
}

func (h *houseLine) dialling(number, person string) *call.Dialling {
	return &call.Dialling{Person: person, To: phi.NewPhone(number), Route: policy.OutboundRoute{Trunks: []string{"carrier"}, Shown: "+12125550100"}, Display: "Harbor"}
}

func (h *houseLine) record() call.Record {
	h.t.Helper()
	select {
	case r := <-h.ended:
		return r
	case <-h.soon().Done():
		h.t.Fatal("the call does not end")
		return call.Record{}
	}
}

// Over the wire: a clinician answers her telephone, presses 1 and her PIN, and is joined to the patient whom she calls back. Both see the clinic.
func TestAClinicianCallsBackOverACarrierWithHerPIN(t *testing.T) {
	out := newOuthouse(t)
	lee, patient := out.landline(), out.landline()
	h := lineTo(t, map[string]*landline{"0161": lee, "0155": patient}, out)
	h.place(call.Placing{Why: call.CallBack, Clinic: "harbor", NearDial: h.dialling("+12125550161", "lee"), Accept: call.ByPIN,
		Whisper: []string{"nightbell_call"}, Far: h.dialling("+12125550155", "")})
	hers := <-lee.up
	ours(t, lee.sound.SendDigits(h.soon(), "1"))
	ours(t, lee.sound.SendDigits(h.soon(), "999999#"))
	h.await(call.PINWrong)
	ours(t, lee.sound.SendDigits(h.soon(), "271828#"))
	theirs := <-patient.up
	h.await(call.Bridged)
	for _, d := range []*siptest.Dialog{hers, theirs} {
		if from := d.Invite().Header("From"); !strings.Contains(from, "sip:+12125550100@") || strings.Contains(d.Invite().Raw, "nightbell_call") {
			t.Errorf("INVITE from %s", from)
		}
	}
	for _, d := range []*siptest.Dialog{hers, theirs} {
		for _, number := range []string{"5550161", "5550155"} {
			if strings.Contains(d.Invite().Header("From"), number) {
				t.Error("one sees the other's number")
			}
		}
	}
	_ = theirs.Bye(h.soon())
	r := h.record()
	if r.Outcome != call.Completed || r.Taken == nil || r.Taken.Rule != call.ByPIN || !r.Served || r.Direction != "out" {
		t.Errorf("record %+v", r)
	}
}

// An alarm by telephone, over the wire: it is hers when she presses 1.
func TestAnAlarmByTelephoneIsTakenByKey(t *testing.T) {
	out := newOuthouse(t)
	lee := out.landline()
	h := lineTo(t, map[string]*landline{"0161": lee}, out)
	h.place(call.Placing{Why: call.AlarmCall, NearDial: h.dialling("+12125550161", "lee"), Accept: call.ByKey, Whisper: []string{"alarm_call", "alarm_keys"}})
	<-lee.up
	ours(t, lee.sound.SendDigits(h.soon(), "1"))
	if r := h.record(); r.Outcome != call.Acknowledged || r.Taken == nil || r.Taken.Person != "lee" {
		t.Errorf("record %+v", r)
	}
}

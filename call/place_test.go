package call

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// placed plays a call of the house's own in a bubble.
func placed(t *testing.T, p Placing, set func(*outside), act func(*outside)) (*outside, Record) {
	t.Helper()
	var o *outside
	var r Record
	synctest.Test(t, func(t *testing.T) {
		o = newOutside(t)
		o.plan.Outbound = policy.OutboundRoute{Trunks: []string{"carrier"}, Shown: "+12125550100"}
		set(o)
		ended := make(chan Record, 1)
		p.ID, p.Ended = "c1", func(r Record) { ended <- r }
		if p.Near != nil {
			p.Near = o.Contacts("", []string{"amy"})
		}
		if err := o.board.Place(p); err != nil {
			t.Fatal(err)
		}
		if act != nil {
			act(o)
		}
		r = <-ended
		synctest.Wait()
		for _, v := range o.stage.voices {
			v.Quiet()
		}
	})
	return o, r
}

func dialling(number, person string) *Dialling {
	return &Dialling{Person: person, To: phi.NewPhone(number)}
}

const patientNumber = "+12125550155"

func TestAgentCallsOut(t *testing.T) {
	o, r := placed(t, Placing{Why: CallOut, Clinic: "harbor", Near: []Contact{{}}, Far: dialling(patientNumber, "")}, func(o *outside) {
		o.phone("amy", answers(2*time.Second))
		o.person("", patientNumber, "", func(l *line) {
			l.answer()
			time.Sleep(time.Minute)
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
	}, nil)
	want(t, r, Completed, "caller")
	if r.Direction != "out" || r.Why != CallOut || !r.Served || r.From != phi.NewPhone(patientNumber) || r.Dialled != "+12125550100" {
		t.Errorf("record %+v", r)
	}
	if d := r.Answered.Sub(r.Arrived); d != 4*time.Second {
		t.Errorf("answered after %v, want 4s: her phone and then the patient's", d)
	}
	far := o.to(patientNumber)[0]
	if got := far.voice.heardWords(); !slices.Equal(got, []string{"announcement"}) {
		t.Errorf("the patient heard %v", got)
	}
	if len(o.recs) != 1 || r.Recording == "" {
		t.Error("it is not recorded by the clinic's rule")
	}
	if len(r.Legs) != 2 || r.Legs[1].User != "amy" {
		t.Errorf("legs %+v", r.Legs)
	}
	said(t, o.stage.phones["amy"].leg, "end completed")
}

func TestAgentDialsFromHerPhone(t *testing.T) {
	l := &leg{}
	guest := &Guest{User: "amy", Person: "amy", Offer: []byte("offer"), Leg: l, Listen: l.listen}
	o, r := placed(t, Placing{Why: CallOut, Clinic: "harbor", NearLeg: guest, Far: dialling(patientNumber, "")}, func(o *outside) {
		l.s, l.confirm = o.stage, true
		o.person("", patientNumber, "", picksUpAndSays)
	}, func(*outside) {
		time.Sleep(30 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "amy")
	if got := o.voices[0].heardWords(); got[0] != "ringback" {
		t.Errorf("she heard %v", got)
	}
	said(t, o.to(patientNumber)[0].leg, "end completed")
}

func TestFarPartyCannotBeHadAndTheAgentIsTold(t *testing.T) {
	for word, script := range map[string]func(*line){
		"far_busy": engaged, "far_no_answer": hangsOn, "far_unreachable": nil,
	} {
		o, r := placed(t, Placing{Why: CallOut, Clinic: "harbor", Near: []Contact{{}}, Far: dialling(patientNumber, "")}, func(o *outside) {
			o.phone("amy", answers(time.Second))
			o.person("", patientNumber, "", script)
		}, nil)
		if got := o.voices[0].heardWords(); got[len(got)-1] != word {
			t.Errorf("she heard %v, want %s", got, word)
		}
		if r.Served || r.Outcome == "" || r.Outcome == Fault {
			t.Errorf("%s: record %+v", word, r)
		}
	}
}

func TestAgentWhoDoesNotAnswerCallsNobody(t *testing.T) {
	o, r := placed(t, Placing{Why: CallBack, Clinic: "harbor", Near: []Contact{{}}, Far: dialling(patientNumber, ""), Of: "c0"}, func(o *outside) {
		o.phone("amy", ringsForEver)
		o.person("", patientNumber, "", picksUpAndSays)
	}, nil)
	want(t, r, NoAnswer, "near")
	if len(o.lines) != 0 || r.Of != "c0" {
		t.Errorf("%d lines, of %q", len(o.lines), r.Of)
	}
}

func TestClinicianCallsBackMaskedBothWays(t *testing.T) {
	o, r := placed(t, Placing{Why: CallBack, Clinic: "harbor", NearDial: dialling(leeNumber, "lee"), Accept: ByKey, Whisper: []string{"nightbell_call"},
		Far: dialling(patientNumber, "")}, func(o *outside) {
		o.plan.Record = false
		o.person("lee", leeNumber, "", picksUpAnd("1"))
		o.person("", patientNumber, "", func(l *line) {
			l.answer()
			time.Sleep(time.Minute)
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
	}, nil)
	want(t, r, Completed, "caller")
	took1(t, r, "lee", ByKey)
	for _, d := range o.shown {
		if d.Route.Shown != "+12125550100" || d.Display != "Harbor" {
			t.Errorf("shown %+v: both see the clinic", d)
		}
	}
}

func TestAlarmIsSpokenUntilSomebodyTakesIt(t *testing.T) {
	alarm := Placing{Why: AlarmCall, NearDial: dialling(leeNumber, "lee"), Accept: ByKey, Whisper: []string{"alarm_call", "alarm_keys"}}
	o, r := placed(t, alarm, func(o *outside) {
		o.person("lee", leeNumber, "", func(l *line) { l.answer(); time.Sleep(40 * time.Second); l.press("1") })
	}, nil)
	want(t, r, Acknowledged, "lee")
	took1(t, r, "lee", ByKey)
	got := o.to(leeNumber)[0].voice.heardWords()
	if n := len(slices.DeleteFunc(slices.Clone(got), func(w string) bool { return w != "alarm_call" })); n < 4 || got[len(got)-1] != "alarm_taken" {
		t.Errorf("she heard %v", got)
	}
	if len(o.recs) != 0 {
		t.Error("an alarm is recorded")
	}
	for name, c := range map[string]struct {
		script func(*line)
		want   Cause
	}{"declined": {picksUpAnd("2"), Declined}, "voicemail": {picksUpAndSays, NoAnswer}, "busy": {engaged, NoAnswer}, "nobody": {hangsOn, NoAnswer}, "no way": {nil, NoAnswer}} {
		_, r := placed(t, alarm, func(o *outside) { o.person("lee", leeNumber, "", c.script) }, nil)
		if r.Outcome != c.want || r.Taken != nil {
			t.Errorf("%s: outcome %q, taken %+v", name, r.Outcome, r.Taken)
		}
	}
}

func TestSentinelEndsBeforeAnAnswer(t *testing.T) {
	sentinel := Placing{Why: Sentinel, NearDial: dialling(patientNumber, "")}
	o, r := placed(t, sentinel, func(o *outside) { o.person("", patientNumber, "", hangsOn) }, nil)
	want(t, r, NoAnswer, "system")
	said(t, o.lines[0].leg, "end no_answer")
	if d := r.Ended.Sub(r.Arrived); d != 10*time.Second {
		t.Errorf("it knocked for %v", d)
	}
	o, r = placed(t, sentinel, func(o *outside) { o.person("", patientNumber, "", hangsOn) }, func(o *outside) {
		time.Sleep(2 * time.Second)
		o.board.HangUp("c1")
	})
	want(t, r, Completed, "operator")
	said(t, o.lines[0].leg, "end completed")
}

func TestProbeSpeaksAndHangsUp(t *testing.T) {
	o, r := placed(t, Placing{Why: ProbeCall, NearDial: dialling(patientNumber, ""), Whisper: []string{"greeting"}}, func(o *outside) {
		o.person("", patientNumber, "", picksUpAndSays)
	}, nil)
	want(t, r, Completed, "system")
	if got := o.voices[0].heardWords(); !slices.Equal(got, []string{"greeting"}) || r.Answered.IsZero() {
		t.Errorf("it said %v, answered %v", got, r.Answered)
	}
}

func TestPlacingIsRefusedInWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutside(t)
		for word, p := range map[UnfitWord]Placing{
			NothingTo: {Clinic: "harbor"}, NoClinic: {Clinic: "nowhere", NearDial: dialling(leeNumber, "")},
		} {
			var u *Unfit
			if err := o.board.Place(p); !errors.As(err, &u) || u.Word != word {
				t.Errorf("refused with %v, want %s", err, word)
			}
		}
	})
}

func TestNearPartyLeavesWhileItRings(t *testing.T) {
	o, r := placed(t, Placing{Why: CallOut, Clinic: "harbor", Near: []Contact{{}}, Far: dialling(patientNumber, "")}, func(o *outside) {
		o.phone("amy", func(l *leg) {
			answers(time.Second)(l)
			time.Sleep(5 * time.Second)
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
		o.person("", patientNumber, "", hangsOn)
	}, nil)
	want(t, r, CallerGone, "amy")
	said(t, o.lines[0].leg, "end caller_gone")
}

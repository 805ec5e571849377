package call

import (
	"slices"
	"testing"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

const (
	leeNumber = "+12125550161"
	rayNumber = "+12125550162"
	maeNumber = "+12125550163"
)

// patchAlone is a clinic whose callers are patched with nobody between.
func alone(o *outside, steps ...policy.PatchStep) {
	o.plan.Record = false
	o.plan.Steps = []policy.Step{{Name: "patch", Do: policy.Patching}}
	o.plan.Patch = &policy.PatchPlan{Steps: steps}
}

// warm is a clinic whose agent Amy answers and asks for the patch after ten seconds.
func warm(o *outside, steps ...policy.PatchStep) {
	o.plan.Record = false
	o.step(policy.Together, 20*time.Second, "amy")
	o.phone("amy", answers(time.Second))
	o.plan.Patch = &policy.PatchPlan{Steps: steps}
}

func patchAfter(t *testing.T, d time.Duration, then func(*outside, *leg)) func(*outside, *leg) {
	return func(o *outside, l *leg) {
		time.Sleep(d)
		if err := o.inCall(func(c *Call) error { return c.begin(newPatch(c, policy.Emergency, "amy")) }); err != nil {
			t.Errorf("patch: %v", err)
		}
		then(o, l)
	}
}

// inCall does something on the call's goroutine.
func (o *outside) inCall(do func(*Call) error) error {
	o.board.mu.Lock()
	c := o.board.calls["c1"]
	o.board.mu.Unlock()
	said := make(chan error, 1)
	c.mail.post(happening{do: func(c *Call) { said <- do(c) }})
	return <-said
}

func hangUp(d time.Duration) func(*outside, *leg) {
	return func(_ *outside, l *leg) { time.Sleep(d); l.says(LegEvent{Kind: Ended, Cause: Completed}) }
}

func took1(t *testing.T, r Record, person string, rule AcceptRule) {
	t.Helper()
	if r.Taken == nil || r.Taken.Person != person || r.Taken.Rule != rule {
		t.Errorf("taken %+v, want by %s with %s", r.Taken, person, rule)
	}
}

func TestClinicianTakesACallByKeyAndPIN(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 30*time.Second, "lee"))
		o.person("lee", leeNumber, "271828", picksUpAnd("1", "271828#"))
		o.slow = 300 * time.Millisecond
	}, hangUp(2*time.Minute))
	want(t, r, Completed, "caller")
	took1(t, r, "lee", ByPIN)
	if !r.Served || len(o.told(Took)) != 1 {
		t.Errorf("served %v, accepted %v", r.Served, o.told(Took))
	}
	lee := o.to(leeNumber)[0]
	if got := lee.voice.heardWords(); !slices.Equal(got, []string{"nightbell_call", "a_clinic", "desk_pin"}) {
		t.Errorf("she heard %v: a key ends the words", got)
	}
	if c := lee.voice.conceals; !slices.Equal(c, []media.Concealment{media.Concealed, media.Audible}) {
		t.Errorf("concealment %v: her PIN is nobody's, her words are the caller's", c)
	}
	if lee.voice.detects&media.DetectDigits == 0 {
		t.Error("in-band keys are not looked for")
	}
	if d := o.shown[0]; d.Call != "c1" || d.Display != "Harbor" {
		t.Errorf("dialled as %+v", d)
	}
}

func TestWhisperSaysClinicAndUrgencyAndNothingElse(t *testing.T) {
	o, _, _ := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 60*time.Second, "lee"))
		o.person("lee", leeNumber, "1", func(l *line) { l.answer(); time.Sleep(14 * time.Second); l.press("2") })
	}, nil)
	heard := o.to(leeNumber)[0].voice.heardWords()
	if !slices.Equal(heard, []string{"nightbell_call", "a_clinic", "urgency_urgent", "patch_keys", "call_declined"}) {
		t.Errorf("she heard %v", heard)
	}
}

func TestVoicemailIsNobody(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 30*time.Second, "lee"), o.rung(policy.InOrder, 30*time.Second, "ray"))
		o.person("lee", leeNumber, "1", picksUpAndSays)
		o.person("ray", rayNumber, "4711", picksUpAnd("1", "4711#"))
	}, hangUp(3*time.Minute))
	took1(t, r, "ray", ByPIN)
	if e := o.told(NotTaken); len(e) != 1 || e[0].Data["person"] != "lee" {
		t.Errorf("not accepted: %v", e)
	}
	// whisper 12 s (4 prompts), 15 s for a key: repeated once in their middle.
	if d := o.to(rayNumber)[0].at.Sub(o.to(leeNumber)[0].at); d != 29*time.Second {
		t.Errorf("Ray was dialled %v after Lee, want 29s", d)
	}
}

func TestDeclineIsNextAtOnce(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 60*time.Second, "lee", "ray"))
		o.person("lee", leeNumber, "1", picksUpAnd("2"))
		o.person("ray", rayNumber, "4711", picksUpAnd("1", "4711#"))
	}, hangUp(3*time.Minute))
	took1(t, r, "ray", ByPIN)
	if d := o.to(rayNumber)[0].at.Sub(o.to(leeNumber)[0].at); d != 6*time.Second {
		t.Errorf("Ray was dialled %v after Lee, want at once: 6s", d)
	}
	if len(o.told(TurnedDown)) != 1 {
		t.Error("her declining is not in the story")
	}
}

func TestKeyThreeRepeatsAndInfoCounts(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 60*time.Second, "lee"))
		o.plan.Patch.WithoutPIN = true
		o.person("lee", leeNumber, "", func(l *line) {
			l.answer()
			time.Sleep(13 * time.Second)
			l.inform("3")
			time.Sleep(13 * time.Second)
			l.inform("1")
		})
	}, hangUp(3*time.Minute))
	took1(t, r, "lee", ByKey)
	if n := len(o.told(Whispered)); n != 2 {
		t.Errorf("whispered %d times", n)
	}
}

func TestThreeWrongPINsAreNobody(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 60*time.Second, "lee"), o.rung(policy.InOrder, 60*time.Second, "ray"))
		o.person("lee", leeNumber, "271828", picksUpAnd("1", "1111#", "2222#", "3333#"))
		o.person("ray", rayNumber, "4711", picksUpAnd("1", "4711#"))
	}, hangUp(3*time.Minute))
	took1(t, r, "ray", ByPIN)
	if len(o.told(PINWrong)) != 3 || len(o.told(PINRefused)) != 1 {
		t.Errorf("story %v", o.kinds())
	}
	for _, e := range o.events {
		for _, w := range e.Data {
			if w == "1111" || w == "4711" || w == leeNumber {
				t.Errorf("%s holds %q", e.Kind, w)
			}
		}
	}
}

func TestPINThatCannotBeCheckedIsNone(t *testing.T) {
	_, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 20*time.Second, "lee"))
		o.slow = time.Hour
		o.person("lee", leeNumber, "271828", picksUpAnd("1", "271828#"))
	}, nil)
	if r.Taken != nil {
		t.Errorf("taken by %+v", r.Taken)
	}
	want(t, r, LastResort, "system")
}

func TestOneNumberRingsOnceARound(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.Together, 20*time.Second, "lee"), o.rung(policy.InOrder, 20*time.Second, "ray", "mae"))
		o.plan.Patch.Rounds, o.plan.Patch.Spacing = 2, time.Minute
		for _, p := range []string{"lee", "ray"} {
			o.person(p, leeNumber, "1", hangsOn)
		}
		o.person("mae", maeNumber, "1", engaged)
	}, nil)
	want(t, r, LastResort, "system")
	lee, mae := o.to(leeNumber), o.to(maeNumber)
	if len(lee) != 2 || len(mae) != 2 {
		t.Fatalf("rang %d and %d times, want twice: once a round", len(lee), len(mae))
	}
	// Lee 20 s, Ray is passed over, Mae is engaged after 1 s, a minute, and again.
	if d := lee[1].at.Sub(lee[0].at); d != 81*time.Second {
		t.Errorf("the second round began after %v, want 81s", d)
	}
	if e := o.told(PassedOver); len(e) != 2 || e[0].Data["why"] != "dialled" {
		t.Errorf("passed over %v", e)
	}
}

func TestRegisteredPhoneComesBeforeTheTelephone(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 60*time.Second, "lee"))
		o.person("lee", leeNumber, "4711", picksUpAnd("1", "4711#"))
		o.phone("lee", refuses(2*time.Second, Unreachable, 503))
	}, hangUp(3*time.Minute))
	took1(t, r, "lee", ByPIN)
	if o.stage.phones["lee"].timesRung() != 1 || len(o.to(leeNumber)) != 1 {
		t.Error("her phone rings first, then her telephone")
	}
}

func TestNobodyTogetherThenEverybodyIsTold(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.Together, 60*time.Second, "lee", "ray", "mae"))
		o.plan.Patch.WithoutPIN = true
		o.person("lee", leeNumber, "", func(l *line) { l.answer(); time.Sleep(4 * time.Second); l.press("1") })
		o.person("ray", rayNumber, "", picksUpAndSays)
		o.person("mae", maeNumber, "", hangsOn)
	}, hangUp(2*time.Minute))
	took1(t, r, "lee", ByKey)
	if w := o.to(rayNumber)[0].voice.heardWords(); w[len(w)-1] != "call_taken" {
		t.Errorf("Ray heard %v", w)
	}
	said(t, o.to(rayNumber)[0].leg, "end elsewhere")
	said(t, o.to(maeNumber)[0].leg, "end elsewhere")
	if len(o.told(TakenElsewhere)) != 2 {
		t.Errorf("story %v", o.kinds())
	}
}

func TestSlowDeciderIsNotCutOff(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 5*time.Second, "lee"), o.rung(policy.InOrder, 20*time.Second, "ray"))
		o.person("lee", leeNumber, "4711", func(l *line) {
			l.answer()
			time.Sleep(14 * time.Second)
			l.press("1")
			time.Sleep(4 * time.Second)
			l.press("4711#")
		})
		o.person("ray", rayNumber, "", hangsOn)
	}, hangUp(2*time.Minute))
	took1(t, r, "lee", ByPIN)
	if len(o.to(rayNumber)) != 0 {
		t.Error("Ray was woken while Lee was deciding")
	}
}

func TestCallerIsNeverInSilenceDuringAPatch(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 30*time.Second, "lee", "ray"), o.rung(policy.Together, 30*time.Second, "mae"))
		o.plan.Patch.Rounds, o.plan.Patch.Spacing = 2, time.Minute
		o.person("lee", leeNumber, "", picksUpAndSays)
		o.person("ray", rayNumber, "", hangsOn)
		o.person("mae", maeNumber, "", engaged)
	}, nil)
	want(t, r, LastResort, "system")
	if d := o.voices[0].silence(r.Ended); d > 0 {
		t.Errorf("the caller heard nothing for %v", d)
	}
	words := o.voices[0].heardWords()
	if !slices.Contains(words, "still_trying") || !slices.Contains(words, "music") {
		t.Errorf("she heard %v", words)
	}
}

func TestAgentPatchesWithOneKeyAndConsultsFirst(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		warm(o, o.rung(policy.InOrder, 30*time.Second, "lee"))
		o.plan.Patch.Record = true
		o.person("lee", leeNumber, "", picksUpAnd("1"))
	}, patchAfter(t, 10*time.Second, func(o *outside, l *leg) {
		time.Sleep(20 * time.Second)
		v := o.board.Live()[0]
		if v.Line.State != "consulting" {
			t.Errorf("line %+v, want consulting", v.Line)
		}
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	}))
	took1(t, r, "lee", ByKey)
	if r.Taken.By != "amy" {
		t.Errorf("asked for by %q", r.Taken.By)
	}
	if len(o.recs) != 1 || o.recs[0].stopped != media.Complete {
		t.Errorf("the consult has %d recordings", len(o.recs))
	}
	if heard := o.to(leeNumber)[0].voice.heardWords(); !slices.Contains(heard, "urgency_emergency") && heard[0] != "nightbell_call" {
		t.Errorf("she heard %v", heard)
	}
}

func TestAgentIsToldThatNobodyTookIt(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		warm(o, o.rung(policy.InOrder, 10*time.Second, "lee"))
		o.person("lee", leeNumber, "", hangsOn)
	}, patchAfter(t, 10*time.Second, hangUp(time.Minute)))
	want(t, r, Completed, "caller")
	if heard := o.voices[1].heardWords(); !slices.Contains(heard, "patch_nobody") {
		t.Errorf("the agent heard %v", heard)
	}
	if !o.happened(LineClosed) || r.Taken != nil {
		t.Errorf("story %v", o.kinds())
	}
}

func TestPatchWithoutTrunksIsTold(t *testing.T) {
	o, _, _ := scene(t, func(o *outside) {
		warm(o, o.rung(policy.InOrder, 10*time.Second, "lee"))
		o.noTrunk = true
		o.person("lee", leeNumber, "", hangsOn)
	}, patchAfter(t, 10*time.Second, hangUp(time.Minute)))
	if heard := o.voices[1].heardWords(); !slices.Contains(heard, "patch_nobody") {
		t.Errorf("the agent heard %v", heard)
	}
}

func TestAgentHangsUpDuringAPatchAndAPINIsAsked(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		warm(o, o.rung(policy.InOrder, time.Minute, "lee"))
		o.person("lee", leeNumber, "4711", func(l *line) { time.Sleep(10 * time.Second); picksUpAnd("1", "4711#")(l) })
	}, patchAfter(t, 10*time.Second, func(o *outside, l *leg) {
		time.Sleep(5 * time.Second)
		o.stage.phones["amy"].now().says(LegEvent{Kind: Ended, Cause: Completed})
		hangUp(time.Minute)(o, l)
	}))
	want(t, r, Completed, "caller")
	took1(t, r, "lee", ByPIN)
	if d := o.voices[0].silence(r.Ended); d > 0 {
		t.Errorf("the caller heard nothing for %v", d)
	}
}

func TestCallerLeavesDuringAPatch(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.Together, 60*time.Second, "lee", "ray"))
		o.person("lee", leeNumber, "", hangsOn)
		o.person("ray", rayNumber, "", picksUpAndSays)
	}, hangUp(14*time.Second))
	want(t, r, CallerGone, "caller")
	if r.Taken != nil {
		t.Errorf("taken %+v", r.Taken)
	}
	for _, n := range []string{leeNumber, rayNumber} {
		said(t, o.to(n)[0].leg, "end caller_gone")
	}
}

func TestWhoIsOnCallIsAskedAnewAtEachAttempt(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 10*time.Second, "lee"), o.rung(policy.InOrder, 20*time.Second, "ray"))
		o.person("lee", leeNumber, "1", hangsOn)
		o.person("mae", maeNumber, "4711", picksUpAnd("1", "4711#"))
		began := time.Now()
		o.board.ports.Patch = func(string) *policy.PatchPlan { // Mae takes Ray's shift while Lee's telephone rings
			p := *o.plan.Patch
			if time.Since(began) > 8*time.Second {
				p.Steps = []policy.PatchStep{p.Steps[0], o.rung(policy.InOrder, 20*time.Second, "mae")}
				p.Steps[1].Name = "ray"
			}
			return &p
		}
	}, hangUp(2*time.Minute))
	took1(t, r, "mae", ByPIN)
	if len(o.to(rayNumber)) != 0 {
		t.Error("Ray was called, whose shift it is not")
	}
}

func TestAgentWhoseInternetDiesIsReachedAtHerTelephone(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		o.plan.Record = false
		o.step(policy.Together, 20*time.Second, "amy")
		o.phone("amy", answers(time.Second))
		o.person("amy", leeNumber, "4711", picksUpAnd("1", "4711#"))
	}, func(o *outside, l *leg) {
		time.Sleep(20 * time.Second)
		o.stage.phones["amy"].leaves()
		o.stage.phones["amy"].now().says(LegEvent{Kind: FlowLost})
		hangUp(3*time.Minute)(o, l)
	})
	want(t, r, Completed, "caller")
	took1(t, r, "amy", ByPIN)
	if len(o.to(leeNumber)) != 1 {
		t.Errorf("her telephone rang %d times", len(o.to(leeNumber)))
	}
}

func TestAgentWithoutATelephoneIsNotReached(t *testing.T) {
	_, _, r := scene(t, func(o *outside) {
		o.plan.Record = false
		o.step(policy.Together, 20*time.Second, "amy")
		o.phone("amy", answers(time.Second))
	}, func(o *outside, l *leg) {
		time.Sleep(20 * time.Second)
		o.stage.phones["amy"].leaves()
		o.stage.phones["amy"].now().says(LegEvent{Kind: FlowLost})
	})
	want(t, r, LastResort, "system")
}

func TestCallersLanguageIsNotTheClinicians(t *testing.T) {
	reel["still_trying.es"], reel["nightbell_call.es"] = &media.Prompt{}, &media.Prompt{}
	defer func() { delete(reel, "still_trying.es"); delete(reel, "nightbell_call.es") }()
	o, _, _ := scene(t, func(o *outside) {
		alone(o, o.rung(policy.InOrder, 30*time.Second, "lee"))
		o.person("lee", leeNumber, "", picksUpAndSays)
	}, func(o *outside, l *leg) {
		if err := o.inCall(func(c *Call) error { c.speak("es"); return nil }); err != nil {
			t.Error(err)
		}
	})
	if heard := o.to(leeNumber)[0].voice.heardWords(); heard[0] != "nightbell_call" {
		t.Errorf("she heard %v", heard)
	}
	if !slices.Contains(o.voices[0].heardWords(), "still_trying.es") {
		t.Errorf("the caller heard %v", o.voices[0].heardWords())
	}
}

package call

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// clinicians is a line on which key 1 is theirs; after it the call goes to its last resort.
func clinicians(o *outside) {
	o.plan.Record, o.plan.Greeting = false, ""
	o.plan.Menus = map[string]policy.Menu{"line": {ID: "line", Prompt: "greeting", Tries: 1, Keys: map[string]policy.Key{"1": {Do: policy.KeyClinician}}}}
	o.plan.Steps = []policy.Step{{Name: "line", Do: policy.Ask, Menu: "line"}}
	o.board.ports.Known = func(from phi.Phone) (who []string) {
		for p, n := range o.phones {
			if phi.NewPhone(n) == from {
				who = append(who, p)
			}
		}
		slices.Sort(who)
		return who
	}
}

// presses are keys that she presses at times after the call's beginning.
func presses(keys ...string) func(*outside, *leg) {
	return func(_ *outside, l *leg) {
		for _, k := range keys {
			time.Sleep(4 * time.Second)
			for _, d := range k {
				l.says(LegEvent{Kind: Digit, Digit: string(d)})
			}
		}
	}
}

func TestClinicianCallsInAndIsJoinedToWhoAskedForHer(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		clinicians(o)
		o.phones["lee"], o.pins["lee"] = "+12125550155", "271828"
		o.phones["ray"], o.pins["ray"] = "+12125550155", "4711" // they share a telephone: the PIN says who it is
		o.board.wanted.ask("ray", asking{call: "c0", clinic: "harbor", from: phi.NewPhone(patientNumber), at: time.Now()})
		o.plan.Outbound.Shown = "+12125550100"
		o.person("", patientNumber, "", func(l *line) {
			l.answer()
			time.Sleep(30 * time.Second)
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
	}, presses("1", "9999#", "4711#"))
	if !r.Served || r.Of != "c0" {
		t.Errorf("served %v, of %q: story %v", r.Served, r.Of, o.kinds())
	}
	if e := o.told(Identified); len(e) != 1 || e[0].Data["person"] != "ray" {
		t.Errorf("identified %v", e)
	}
	if d := o.shown[0]; d.Route.Shown != "+12125550100" || d.Display != "Harbor" {
		t.Errorf("shown %+v", d)
	}
}

func TestStrangerWhoCallsInIsNobody(t *testing.T) {
	for name, number := range map[string]string{"her telephone": "+12125550155", "a stranger's": "+12125550199"} {
		o, _, r := scene(t, func(o *outside) {
			clinicians(o)
			o.phones["lee"], o.pins["lee"] = number, "271828"
			o.board.wanted.ask("lee", asking{call: "c0", clinic: "harbor", from: phi.NewPhone(patientNumber), at: time.Now()})
		}, presses("1", "1111#", "2222#", "3333#"))
		want(t, r, LastResort, "system")
		if len(o.lines) != 0 || !o.happened(Unidentified) || len(o.told(PINWrong)) != 3 {
			t.Errorf("%s: story %v", name, o.kinds())
		}
	}
}

func TestNobodyAskedForHerWithinADay(t *testing.T) {
	o, _, _ := scene(t, func(o *outside) {
		clinicians(o)
		o.phones["lee"], o.pins["lee"] = "+12125550155", "271828"
		o.board.wanted.ask("lee", asking{call: "c0", clinic: "harbor", from: phi.NewPhone(patientNumber), at: time.Now().Add(-25 * time.Hour)})
	}, presses("1", "271828#"))
	if got := o.voices[0].heardWords(); !slices.Contains(got, "clinician_nobody") || len(o.lines) != 0 {
		t.Errorf("she heard %v", got)
	}
}

func TestPatchRemembersWhomToCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutside(t)
		alone(o, o.rung(policy.InOrder, 10*time.Second, "lee"))
		o.person("lee", leeNumber, "", hangsOn)
		o.ring()
		<-o.done
		v, ok := o.board.wanted.who("lee", time.Now())
		if !ok || v.call != "c1" || v.from != phi.NewPhone(patientNumber) {
			t.Errorf("remembered %+v", v)
		}
		synctest.Wait()
		for _, v := range o.stage.voices {
			v.Quiet()
		}
	})
}

package call

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/policy"
)

// races is how often each race is run: 10,000 times in the soak.
func patchRaces() int {
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		return 10000
	}
	return 200
}

// judgePatch holds of every patch, whoever wins: at most one took it, the record names her, the story says so once, nobody
// else has a leg that stands, and an unserved caller was told.
func judgePatch(o *outside, r Record) string {
	taken := o.told(Took)
	if e := o.told(NotTaken); len(e) > 0 && e[len(e)-1].Data["why"] == "left" && len(taken) > 0 {
		taken = taken[:len(taken)-1]
	}
	switch {
	case len(taken) > 1:
		return "taken twice"
	case len(taken) == 1 && (r.Taken == nil || r.Taken.Person != taken[0].Data["person"]):
		return "the record names another one"
	case len(taken) == 0 && r.Taken != nil:
		return "taken without a word in the story"
	case r.Served && len(taken) == 0:
		return "served by nobody"
	}
	for _, line := range o.lines {
		if line.standing() {
			return "a leg stands after the call's end"
		}
	}
	if r.Outcome == Fault || r.Outcome == "" {
		return "outcome " + string(r.Outcome)
	}
	return ""
}

// standing reports whether a leg was neither ended by its peer nor by us.
func (l *line) standing() bool {
	l.leg.mu.Lock()
	defer l.leg.mu.Unlock()
	return !l.leg.over && len(l.leg.did) == 0
}

// raced runs one race and judges it.
func raced(t *testing.T, name string, set func(*outside, int), act func(*outside, *leg, int)) {
	t.Helper()
	won := map[string]int{}
	for i := range patchRaces() {
		wrong := ""
		synctest.Test(t, func(t *testing.T) {
			o := newOutside(t)
			set(o, i)
			l := o.ring()
			if act != nil {
				go act(o, l, i)
			}
			r := <-o.done
			synctest.Wait()
			wrong = judgePatch(o, r)
			if r.Taken != nil {
				won[r.Taken.Person]++
			} else {
				won[""]++
			}
			for _, v := range o.stage.voices {
				v.Quiet()
			}
			time.Sleep(5 * time.Minute) // what is still on its way arrives, and finds nobody
		})
		if wrong != "" {
			t.Fatalf("%s, run %d: %s", name, i, wrong)
		}
	}
	if len(won) < 2 {
		t.Errorf("%s: %v always wins: it is no race", name, won)
	}
}

// jitter spreads the runs over what may come first.
func jitter(i int) time.Duration { return time.Duration(i%7-3) * time.Millisecond }

func TestTwoCliniciansAcceptAtOnce(t *testing.T) {
	raced(t, "two accepts", func(o *outside, i int) {
		alone(o, o.rung(policy.Together, 30*time.Second, "lee", "ray", "mae"))
		o.plan.Patch.WithoutPIN = true
		for n, p := range map[string]string{"lee": leeNumber, "ray": rayNumber, "mae": maeNumber} {
			o.person(n, p, "", func(l *line) { l.answer(); time.Sleep(5 * time.Second); l.press("1") })
		}
	}, func(o *outside, l *leg, i int) { hangUp(time.Minute)(o, l) })
}

func TestAcceptAgainstCallersBye(t *testing.T) {
	raced(t, "accept against BYE", func(o *outside, i int) {
		alone(o, o.rung(policy.Together, 30*time.Second, "lee"))
		o.slow = time.Duration(i%3) * time.Millisecond
		o.person("lee", leeNumber, "4711", func(l *line) {
			l.answer()
			time.Sleep(5 * time.Second)
			l.press("1")
			time.Sleep(time.Second)
			l.press("4711#")
		})
	}, func(o *outside, l *leg, i int) {
		time.Sleep(11*time.Second + jitter(i)) // greeting 3 s, 2 s until she answers, 6 s until her PIN is typed
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
}

func TestAcceptAgainstTheLaddersTime(t *testing.T) {
	raced(t, "accept against time", func(o *outside, i int) {
		alone(o, o.rung(policy.InOrder, 7*time.Second, "lee"), o.rung(policy.InOrder, 7*time.Second, "ray"))
		o.plan.Patch.WithoutPIN = true
		o.plan.Patch.AnswerWait = 5 * time.Second
		o.person("lee", leeNumber, "", func(l *line) { time.Sleep(5*time.Second + jitter(i)); picksUpAnd("1")(l) })
		o.person("ray", rayNumber, "", func(l *line) { l.answer(); time.Sleep(17*time.Second + jitter(i)); l.press("1") })
	}, func(o *outside, l *leg, i int) { hangUp(2*time.Minute)(o, l) })
}

func TestPINIsRightInTheMomentSheHangsUp(t *testing.T) {
	raced(t, "PIN against her BYE", func(o *outside, i int) {
		alone(o, o.rung(policy.InOrder, 20*time.Second, "lee"))
		o.slow = 100 * time.Millisecond
		o.person("lee", leeNumber, "4711", func(l *line) {
			picksUpAnd("1", "4711#")(l)
			time.Sleep(100*time.Millisecond + jitter(i))
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
	}, func(o *outside, l *leg, i int) { hangUp(2*time.Minute)(o, l) })
}

func TestPatchUnderEveryStorm(t *testing.T) {
	raced(t, "storm", func(o *outside, n int) {
		alone(o, o.rung(policy.Together, time.Duration(5+n%9)*time.Second, "lee", "ray"), o.rung(policy.InOrder, 9*time.Second, "mae", "lee"))
		o.plan.Patch.Rounds = 1 + n%2
		o.plan.Patch.WithoutPIN = n%3 == 0
		o.person("lee", leeNumber, "4711", script(n))
		o.person("ray", rayNumber, "4711", script(n/7))
		o.person("mae", maeNumber, "4711", script(n/49))
	}, func(o *outside, l *leg, n int) { hangUp(time.Duration(5+n%61)*time.Second)(o, l) })
}

// script is one of the things that telephones do.
func script(n int) func(*line) {
	return []func(*line){
		picksUpAnd("1", "4711#"), picksUpAnd("2"), picksUpAndSays, hangsOn, engaged, picksUpAnd("3", "1", "1#", "4711#"),
		func(l *line) { picksUpAnd("1")(l); l.says(LegEvent{Kind: Ended, Cause: Completed}) },
	}[n%7]
}

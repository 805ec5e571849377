package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// page is the ladder of oncall.md: 5, 10 and 15 minutes, walked twice. It begins at 01:50 in New York on the night on
// which the clocks go back.
var fallBack = time.Date(2026, 11, 1, 5, 50, 0, 0, time.UTC)

func page() Ladder {
	return NewLadder("l1", []Rung{
		{Name: "primary", People: []string{"amy"}, Delay: 5 * time.Minute},
		{Name: "backup", People: []string{"bo"}, Delay: 10 * time.Minute},
		{Name: "chief", People: []string{"carol"}, Delay: 15 * time.Minute},
	}, 1, fallBack)
}

func tick(at time.Time) LadderEvent { return LadderEvent{Kind: Ticked, At: at} }

// climbing lets the timer run, each tick when it is due, until the ladder ends or an instant has come.
func climbing(l Ladder, until time.Time) (Ladder, []Action) {
	var all []Action
	for l.State == Climbing && !l.Due.After(until) {
		var actions []Action
		l, actions = l.On(tick(l.Due))
		all = append(all, actions...)
	}
	return l, all
}

// tries writes actions as a story: "+0 amy, +5 bo".
func tries(actions []Action, from time.Time) string {
	var all []string
	for _, a := range actions {
		switch a.Do {
		case Try:
			all = append(all, fmt.Sprintf("+%g %s", a.At.Sub(from).Minutes(), strings.Join(a.People, "&")))
		case Alarm:
			all = append(all, fmt.Sprintf("+%g alarm", a.At.Sub(from).Minutes()))
		}
	}
	return strings.Join(all, ", ")
}

func TestEachAttemptComesAtItsElapsedMinuteAcrossTheClockChange(t *testing.T) {
	l, actions := climbing(page(), fallBack.Add(24*time.Hour))
	want := "+0 amy, +5 bo, +15 carol, +30 amy, +35 bo, +45 carol, +60 alarm"
	if got := tries(actions, fallBack); got != want {
		t.Errorf("got %s", got)
	}
	if l.State != Exhausted || !l.Due.IsZero() || l.Attempt != 6 || !l.Finished.Equal(fallBack.Add(time.Hour)) {
		t.Errorf("%+v", l)
	}
	spring := time.Date(2026, 3, 8, 6, 50, 0, 0, time.UTC) // 01:50, ten minutes before the hour that is left out
	p := page()
	p.Due = spring
	if _, actions = climbing(p, spring.Add(24*time.Hour)); tries(actions, spring) != want {
		t.Errorf("in March: %s", tries(actions, spring))
	}
}

func TestEmptyRungTakesNoTime(t *testing.T) {
	p := page()
	p.Rungs[1].People = nil
	_, actions := climbing(p, fallBack.Add(24*time.Hour))
	if got := tries(actions, fallBack); got != "+0 amy, +5 carol, +20 amy, +25 carol, +40 alarm" {
		t.Error(got)
	}
	if i := slices.IndexFunc(actions, func(a Action) bool { return a.Do == Skip }); i < 0 || actions[i].Name != "backup" {
		t.Errorf("the empty rung is not written down: %+v", actions)
	}
	p.Rungs[0].People, p.Rungs[2].People = nil, nil
	l, actions := climbing(p, fallBack)
	if tries(actions, fallBack) != "+0 alarm" || l.State != Exhausted {
		t.Errorf("nobody anywhere: %+v", actions)
	}
	if l, actions := NewLadder("none", nil, 3, fallBack).On(tick(fallBack)); l.State != Exhausted || len(actions) != 1 {
		t.Errorf("no rungs: %+v", actions)
	}
}

func TestAcknowledgementInTheSameInstantWins(t *testing.T) {
	l, _ := page().On(tick(fallBack))
	due := l.Due
	for _, order := range [][]LadderEvent{
		{{Kind: Accepted, At: due, Person: "amy"}, tick(due)},
		{tick(due), {Kind: Accepted, At: due, Person: "amy"}},
	} {
		after, actions := l.Play(order...)
		if after.State != Taken || after.Taker != "amy" || tries(actions, fallBack) != "" {
			t.Errorf("%+v", actions)
		}
	}
	// Even one that comes in after the timer was worked on stops what it began.
	late, _ := l.On(tick(due))
	late, actions := late.On(LadderEvent{Kind: Accepted, At: due, Person: "amy"})
	if late.State != Taken || len(actions) != 1 || actions[0].Do != Hush || !slices.Equal(actions[0].People, []string{"amy", "bo"}) {
		t.Errorf("%+v", actions)
	}
}

func TestDueRungFiresOnceAfterARestartAndDelaysCountFromThere(t *testing.T) {
	l, _ := page().On(tick(fallBack))
	kept, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back Ladder // kill -9: an hour later a new process reads it
	if err := json.Unmarshal(kept, &back); err != nil {
		t.Fatal(err)
	}
	restart := fallBack.Add(time.Hour)
	back, first := back.On(tick(restart))
	back, second := back.On(tick(restart))
	if tries(first, restart) != "+0 bo" || len(second) != 0 || !back.Due.Equal(restart.Add(10*time.Minute)) {
		t.Errorf("%+v, %+v, due %s", first, second, back.Due)
	}
	_, rest := climbing(back, restart.Add(24*time.Hour))
	if got := tries(rest, restart); got != "+10 carol, +25 amy, +30 bo, +40 carol, +55 alarm" {
		t.Error(got)
	}
}

func TestLadderIsTheSameWhereverItIsCutByARestart(t *testing.T) {
	want, _ := climbing(page(), fallBack.Add(24*time.Hour))
	for cut := range 7 {
		l := page()
		for i := 0; l.State == Climbing; i++ {
			l, _ = l.On(tick(l.Due))
			if i != cut {
				continue
			}
			kept, _ := json.Marshal(l)
			l = Ladder{}
			if err := json.Unmarshal(kept, &l); err != nil {
				t.Fatal(err)
			}
		}
		a, _ := json.Marshal(l)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("cut after %d: %s, want %s", cut, a, b)
		}
	}
}

func TestPeopleAreFoundAnewAtEveryAttempt(t *testing.T) {
	s := Index(harbor(), nil)
	// Amy hands off to Bo at 08:00 on Tuesday; the ladder begins ten minutes before.
	begin := time.Date(2026, 11, 24, 12, 50, 0, 0, time.UTC)
	l := NewLadder("l", []Rung{{Name: "primary", Schedule: "agents", Delay: 5 * time.Minute}}, 3, begin)
	var all []Action
	for l.State == Climbing {
		var actions []Action
		l, actions = l.On(LadderEvent{Kind: Ticked, At: l.Due, Who: s.Rung})
		all = append(all, actions...)
	}
	if got := tries(all, begin); got != "+0 amy, +5 amy, +10 bo, +15 bo, +20 alarm" {
		t.Error(got)
	}
}

func TestRungFallsToTheNextTierAndLeavesOutWhoCannotBeRung(t *testing.T) {
	b, _ := AmendEdit(harbor(), "agents", Edit{ID: "n", Do: DoNobody, Start: tonight, End: tonight.Add(time.Hour), Reason: "r"})
	b = AmendPerson(b, Person{ID: "gone"})
	s := Index(b, nil)
	if got := s.Rung(Rung{Schedule: "agents", People: []string{"gone", "dr-lee", "carol"}}, tonight); !slices.Equal(got, []string{"carol", "dr-lee"}) {
		t.Error(got)
	}
	if got := s.Rung(Rung{Schedule: "x"}, tonight); len(got) != 0 {
		t.Error(got)
	}
}

func TestDeclineGoesOnAtOnceWhenNobodyIsLeft(t *testing.T) {
	p := page()
	p.Rungs[0].People = []string{"amy", "dan"}
	l, _ := p.On(tick(fallBack))
	at := fallBack.Add(time.Minute)
	l, actions := l.On(LadderEvent{Kind: Declined, At: at, Person: "amy"})
	if len(actions) != 0 || !slices.Equal(l.Ringing, []string{"dan"}) {
		t.Errorf("%+v", actions)
	}
	_, actions = l.On(LadderEvent{Kind: Declined, At: at, Person: "amy"})
	if len(actions) != 1 || actions[0].Do != Refuse {
		t.Errorf("twice: %+v", actions)
	}
	l, actions = l.On(LadderEvent{Kind: Declined, At: at, Person: "dan"})
	if tries(actions, fallBack) != "+1 bo" || !l.Due.Equal(at.Add(10*time.Minute)) {
		t.Errorf("%+v", actions)
	}
}

func TestOnlyWhoWasAskedOrGivesAReasonMayTakeIt(t *testing.T) {
	l, _ := page().On(tick(fallBack))
	same, actions := l.On(LadderEvent{Kind: Accepted, At: fallBack, Person: "bo"})
	if same.State != Climbing || actions[0].Do != Refuse {
		t.Errorf("%+v", actions)
	}
	if taken, _ := l.On(LadderEvent{Kind: Accepted, At: fallBack, Person: "agent", Reason: "the caller was helped"}); taken.Taker != "agent" {
		t.Errorf("%+v", taken)
	}
	// Asked an hour ago still counts, and after the alarm too.
	done, _ := climbing(page(), fallBack.Add(24*time.Hour))
	taken, actions := done.On(LadderEvent{Kind: Accepted, At: fallBack.Add(2 * time.Hour), Person: "amy"})
	if taken.State != Taken || len(actions) != 1 || actions[0].Do != Hush || len(actions[0].People) != 3 {
		t.Errorf("%+v", actions)
	}
	if again, actions := taken.On(tick(fallBack.Add(3 * time.Hour))); len(actions) != 0 || again.Taker != "amy" {
		t.Error("it goes on")
	}
}

func TestEscalatingAndJumpingByHand(t *testing.T) {
	l, _ := page().On(tick(fallBack))
	at := fallBack.Add(time.Minute)
	up, actions := l.On(LadderEvent{Kind: Escalated, At: at})
	if tries(actions, fallBack) != "+1 bo" || !up.Due.Equal(at.Add(10*time.Minute)) {
		t.Errorf("%+v", actions)
	}
	jumped, actions := l.On(LadderEvent{Kind: Jumped, At: at, Rung: 2})
	if tries(actions, fallBack) != "+1 carol" || jumped.Round != 1 {
		t.Errorf("%+v", actions)
	}
	for _, nowhere := range []int{-1, 3} {
		if same, actions := l.On(LadderEvent{Kind: Jumped, At: at, Rung: nowhere}); actions[0].Do != Refuse || same.Rung != l.Rung {
			t.Errorf("%+v", actions)
		}
	}
	if gone, actions := up.On(LadderEvent{Kind: Withdrawn, At: at}); gone.State != Cancelled || len(actions[0].People) != 2 {
		t.Errorf("%+v", actions)
	}
}

func TestUrgencyChoosesRungsAndRaisingItBeginsAgain(t *testing.T) {
	p := page()
	p.Rungs[0].Least = Urgent
	l, actions := p.On(tick(fallBack))
	if tries(actions, fallBack) != "+0 bo" {
		t.Errorf("routine: %+v", actions)
	}
	l, actions = l.On(LadderEvent{Kind: Raised, At: fallBack.Add(time.Minute), Urgency: Emergency})
	if tries(actions, fallBack) != "+1 amy" || l.Urgency != Emergency || l.Round != 0 {
		t.Errorf("%+v", actions)
	}
	if _, actions = l.On(LadderEvent{Kind: Raised, At: fallBack, Urgency: Routine}); actions[0].Do != Refuse {
		t.Errorf("lowered without a reason: %+v", actions)
	}
	if l, actions = l.On(LadderEvent{Kind: Raised, At: fallBack, Urgency: Routine, Reason: "the patient called back"}); len(actions) != 0 || l.Urgency != Routine {
		t.Errorf("%+v", actions)
	}
}

func TestEarlyTickAndOldLadderAreLeftAlone(t *testing.T) {
	p := page()
	if same, actions := p.On(tick(fallBack.Add(-1))); len(actions) != 0 || same.Attempt != 0 {
		t.Errorf("%+v", actions)
	}
	l, _ := p.On(tick(fallBack))
	before, _ := json.Marshal(l)
	l.On(LadderEvent{Kind: Declined, At: fallBack, Person: "amy"})
	l.On(LadderEvent{Kind: Escalated, At: fallBack})
	if after, _ := json.Marshal(l); string(before) != string(after) || p.Attempt != 0 {
		t.Errorf("an event changed the ladder it was asked of: %s", after)
	}
}

// The call's hunt is a ladder too: the same rounds, a refusal rings the next at once.
func TestHuntOfACallIsALadder(t *testing.T) {
	plan := Index(harbor(), nil).Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", At: tonight})
	l, actions := climbing(plan.Ladder("c1", tonight), tonight.Add(time.Hour))
	want := []string{"0s amy", "20s amy", "35s bo", "50s carol"}
	var got []string
	for _, a := range actions {
		if a.Do == Try {
			got = append(got, fmt.Sprintf("%s %s", a.At.Sub(tonight), strings.Join(a.People, "&")))
		}
	}
	if !slices.Equal(got, want) || l.State != Exhausted || !l.Finished.Equal(tonight.Add(65*time.Second)) {
		t.Errorf("%v, %+v", got, l)
	}
	l, _ = plan.Ladder("c2", tonight).On(tick(tonight))
	at := tonight.Add(3 * time.Second)
	l, actions = l.On(LadderEvent{Kind: Declined, At: at, Person: "amy"}) // the next step, where she is the first again
	if actions[0].Do != Try || actions[0].Name != "all" || !actions[0].At.Equal(at) {
		t.Errorf("%+v", actions)
	}
	l, actions = l.On(LadderEvent{Kind: Declined, At: at, Person: "amy"})
	if !slices.Equal(actions[0].People, []string{"bo"}) {
		t.Errorf("%+v", actions)
	}
	if l, actions = l.On(LadderEvent{Kind: Accepted, At: at, Person: "bo"}); l.Taker != "bo" || actions[0].Do != Hush {
		t.Errorf("%+v", actions)
	}
}

func TestEscalatingLeavesARungThatIsTriedInOrder(t *testing.T) {
	l := NewLadder("l", []Rung{
		{Name: "all", People: []string{"amy", "bo"}, Mode: InOrder, Delay: time.Minute}, {Name: "chief", People: []string{"carol"}},
	}, 0, tonight)
	l, _ = l.On(tick(tonight))
	if _, actions := l.On(LadderEvent{Kind: Escalated, At: tonight}); tries(actions, tonight) != "+0 carol" {
		t.Errorf("%+v", actions)
	}
}

func TestRungsAreChecked(t *testing.T) {
	b := harbor()
	good := []Rung{{Name: "first", Schedule: "agents", Delay: time.Minute}, {People: []string{"dr-lee"}, Mode: InOrder}}
	if m := CheckRungs(good, 2, b); len(m) > 0 {
		t.Error(m)
	}
	m := CheckRungs([]Rung{{Name: "\a", Delay: -1, Schedule: "x"}, {People: []string{"y"}, Mode: "loud"}}, 101, b)
	for field, text := range map[string]string{
		"repeats": "between", "rungs[0].name": "control", "rungs[0].delay": "between", "rungs[0].schedule": "unknown",
		"rungs[1].people[0]": "unknown", "rungs[1].mode": "neither",
	} {
		wants(t, m, field, text)
	}
	wants(t, CheckRungs(nil, 0, b), "rungs", "between 1 and")
}

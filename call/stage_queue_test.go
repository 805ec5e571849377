package call

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// The stage for queues: a house whose agents are named, and callers who come with numbers of their own.

type house struct {
	*stage
	team   []Teammate
	last   []string
	paused []string
}

func (h *house) Present(string, string) bool { return true }
func (h *house) Pause(person string, _ PauseReason) {
	h.mu.Lock()
	h.paused = append(h.paused, person)
	h.mu.Unlock()
}
func (h *house) Skills(string) []string      { return nil }
func (h *house) Team() []Teammate            { return h.team }
func (h *house) Last(person string) []string { return h.last }

func init() {
	for _, n := range []string{"menu", "menu.es", "emergency", "all_busy", "you_are_number", "call_back_promised", "call_back", "news"} {
		reel[n] = &media.Prompt{}
	}
	for n := range numbersMost + 1 {
		reel[number(n)] = &media.Prompt{}
	}
}

// queueStory is a bubble with a house whose plan is one queue of these members.
func queueStory(t *testing.T, q *policy.Queue, members []string, act func(*house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{stage: newStage(t)}
		for _, m := range members {
			q.Members = append(q.Members, policy.QueueMember{Person: m, Users: []string{m}})
		}
		h.board.ports.Agents = h
		h.plan.Greeting, h.plan.Announce, h.plan.Record = "", "", false
		h.plan.Steps = []policy.Step{{Name: "line", Do: policy.Wait, Queue: q}}
		act(h)
		synctest.Wait()
		for _, v := range h.voices {
			v.Quiet()
		}
	})
}

// calls brings a caller by name; each has a number of her own.
func (h *house) calls(id string) *leg {
	l := &leg{s: h.stage, confirm: true}
	h.board.Take(Arrival{ID: id, Inquiry: policy.Inquiry{Number: "+12125550100", From: phi.NewPhone("+1212555" + id)},
		Trunk: TrunkFacts{ID: "t"}, Offer: []byte("offer"), Leg: l, Listen: l.listen})
	return l
}

// state is what an agent does now.
func (h *house) state(person string) AgentState {
	for _, a := range h.board.Agents() {
		if a.Person == person {
			return a.State
		}
	}
	return ""
}

func (h *house) ready(people ...string) {
	for _, p := range people {
		h.team = append(h.team, Teammate{Person: p, Users: []string{p}, Ready: true, Here: true})
	}
}

// sentAway are those whom the house was told to pause.
func (h *house) sentAway() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.paused)
}

func (h *house) why(id string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Call == id && e.Kind == LeftQueue {
			return e.Data["why"]
		}
	}
	return ""
}

func TestCallersAreServedInTheirOrder(t *testing.T) {
	q := &policy.Queue{ID: "q"}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.phone("amy", answers(time.Second))
		var legs []*leg
		for n := range 3 {
			legs = append(legs, h.calls("010"+strconv.Itoa(n)))
			time.Sleep(time.Second)
		}
		for n, l := range legs {
			time.Sleep(30 * time.Second)
			l.says(LegEvent{Kind: Ended, Cause: Completed})
			if r := <-h.done; r.ID != "010"+strconv.Itoa(n) || !r.Served {
				t.Errorf("served %s (%v) as number %d", r.ID, r.Served, n)
			}
		}
		v := h.board.Queues()[0]
		if v.Entered != 3 || v.Answered != 3 || v.Soon != 1 || v.Waiting != 0 {
			t.Errorf("the queue counts %+v", v)
		}
	})
}

func TestAQueueWithoutAnybodyGoesOnAtOnce(t *testing.T) {
	q := &policy.Queue{ID: "q"}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.calls("0100")
		r := <-h.done
		want(t, r, LastResort, "system")
		if d := r.Ended.Sub(r.Arrived); d > 7*time.Second || h.why("0100") != leftNobody {
			t.Errorf("the caller left after %v because of %q", d, h.why("0100"))
		}
	})
}

func TestAQueueMayWaitForSomebody(t *testing.T) {
	q := &policy.Queue{ID: "q", Empty: policy.WaitOn}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		l := h.calls("0100")
		time.Sleep(time.Minute)
		h.phone("amy", answers(time.Second))
		h.board.Nudge()
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
		if r := <-h.done; !r.Served {
			t.Error("nobody served the caller who waited")
		}
	})
}

func TestMaxWaitLeadsOn(t *testing.T) {
	q := &policy.Queue{ID: "q", Empty: policy.WaitOn, MaxWait: time.Minute}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.calls("0100")
		want(t, <-h.done, LastResort, "system")
		if h.why("0100") != leftMaxWait {
			t.Errorf("left because of %q", h.why("0100"))
		}
	})
}

func TestAFullQueueTakesNobody(t *testing.T) {
	q := &policy.Queue{ID: "q", Empty: policy.WaitOn, MaxCallers: 1}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		first := h.calls("0100")
		time.Sleep(time.Second)
		h.calls("0101")
		if r := <-h.done; r.ID != "0101" || h.why("0101") != leftFull {
			t.Errorf("%s ended, the second left because of %q", r.ID, h.why("0101"))
		}
		first.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestWhoDoesNotAnswerIsPaused(t *testing.T) {
	q := &policy.Queue{ID: "q", RingFor: 10 * time.Second, PauseAfter: 2}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.phone("amy", ringsForEver)
		l := h.calls("0100")
		time.Sleep(40 * time.Second)
		if !slices.Contains(h.sentAway(), "amy") {
			t.Error("amy let it ring twice and was not paused")
		}
		l.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestADeclineIsNoMissedOffer(t *testing.T) {
	q := &policy.Queue{ID: "q", PauseAfter: 1}
	queueStory(t, q, []string{"amy", "bo"}, func(h *house) {
		h.phone("amy", refuses(time.Second, Declined, 603))
		h.phone("bo", answers(time.Second))
		l := h.calls("0100")
		time.Sleep(10 * time.Second)
		if len(h.sentAway()) > 0 || h.phones["bo"].timesRung() != 1 {
			t.Errorf("paused %v; bo rang %d times", h.sentAway(), h.phones["bo"].timesRung())
		}
		l.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestRingAllRingsAllAndOneAnswers(t *testing.T) {
	q := &policy.Queue{ID: "q", Strategy: policy.RingAll}
	queueStory(t, q, []string{"amy", "bo"}, func(h *house) {
		h.phone("amy", ringsForEver)
		h.phone("bo", answers(3*time.Second))
		l := h.calls("0100")
		time.Sleep(10 * time.Second)
		if h.phones["amy"].timesRung() != 1 || !slices.Contains(h.phones["amy"].leg.story(), "end elsewhere") {
			t.Errorf("amy was told %q", h.phones["amy"].leg.story())
		}
		l.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestWrapUpKeepsTheNextCallerOff(t *testing.T) {
	q := &policy.Queue{ID: "q", WrapUp: 30 * time.Second}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.ready("amy")
		h.phone("amy", answers(time.Second))
		one := h.calls("0100")
		time.Sleep(10 * time.Second)
		if got := h.state("amy"); got != AgentTalking {
			t.Errorf("amy is %s, want talking", got)
		}
		one.says(LegEvent{Kind: Ended})
		<-h.done
		two := h.calls("0101")
		time.Sleep(20 * time.Second)
		if got := h.state("amy"); got != AgentWrapUp || h.phones["amy"].timesRung() != 1 {
			t.Errorf("amy is %s and was rung %d times", got, h.phones["amy"].timesRung())
		}
		if err := h.board.EndWrapUp("amy"); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		if got := h.state("amy"); got != AgentTalking {
			t.Errorf("amy is %s after she ended her wrap-up", got)
		}
		two.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestABreakIsRefusedToTheLastOne(t *testing.T) {
	q := &policy.Queue{ID: "q", Empty: policy.WaitOn}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.ready("amy")
		h.phone("amy", answers(time.Second))
		h.last = []string{"harbor"}
		if err := h.board.Break("amy", "lunch", time.Now().Add(time.Hour)); err != ErrLastAgent {
			t.Errorf("the last one's break: %v", err)
		}
		if err := h.board.ForceBreak("amy", "lunch", time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		l := h.calls("0100")
		time.Sleep(30 * time.Second)
		if h.state("amy") != AgentBreak || h.phones["amy"].timesRung() != 0 {
			t.Errorf("amy is %s and was rung %d times", h.state("amy"), h.phones["amy"].timesRung())
		}
		time.Sleep(40 * time.Second)
		if h.state("amy") != AgentTalking {
			t.Errorf("after her break amy is %s", h.state("amy"))
		}
		l.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestAClinicHasSoManyCallsAtOnce(t *testing.T) {
	q := &policy.Queue{ID: "q", Empty: policy.WaitOn}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.plan.MaxCalls = 1
		one := h.calls("0100")
		time.Sleep(time.Second)
		h.calls("0101")
		if r := <-h.done; r.ID != "0101" || !h.happened(AllBusy) {
			t.Errorf("%s ended: %v", r.ID, h.kinds())
		}
		one.says(LegEvent{Kind: Ended})
		<-h.done
		two := h.calls("0102")
		time.Sleep(time.Second)
		if len(h.board.Queues()) == 0 || h.board.Queues()[0].Waiting != 1 {
			t.Error("a call that is over still counts")
		}
		two.says(LegEvent{Kind: Ended})
		<-h.done
	})
}

func TestAMenuLeadsWhereItsKeySays(t *testing.T) {
	q := &policy.Queue{ID: "q"}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		h.phone("bo", answers(time.Second))
		h.plan.Menus = map[string]policy.Menu{"m": {ID: "m", Prompt: "menu", Keys: map[string]policy.Key{"2": {Do: policy.KeyFlow, Flow: "bo"}}}}
		h.plan.Flows = map[string][]policy.Step{"bo": {{Name: "bo", Mode: policy.Together, For: 20 * time.Second,
			Targets: []policy.Target{{Person: "bo", Users: []string{"bo"}}}}}}
		h.plan.Steps = []policy.Step{{Name: "menu", Do: policy.Ask, Menu: "m"}}
		l := h.calls("0100")
		time.Sleep(time.Second)
		l.says(LegEvent{Kind: Digit, Digit: "2"})
		h.voice(0).tells(media.Event{Kind: media.Digit, Digit: '2'}) // the same press, another way
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: Ended})
		if r := <-h.done; !r.Served {
			t.Errorf("the key led to nobody: %v", h.kinds())
		}
	})
}

func TestAMenuThatLeadsInCirclesEnds(t *testing.T) {
	q := &policy.Queue{ID: "q"}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		again := policy.Key{Do: policy.KeyMenu, Menu: "m"}
		h.plan.Menus = map[string]policy.Menu{"m": {ID: "m", Prompt: "menu", Tries: 1, Default: &again}}
		h.plan.Steps = []policy.Step{{Name: "menu", Do: policy.Ask, Menu: "m"}}
		h.calls("0100")
		want(t, <-h.done, LastResort, "system")
	})
}

func TestPositionIsTold(t *testing.T) {
	q := &policy.Queue{ID: "q", Empty: policy.WaitOn, Position: true, Messages: []string{"news"}}
	queueStory(t, q, []string{"amy"}, func(h *house) {
		one, two := h.calls("0100"), h.calls("0101")
		time.Sleep(40 * time.Second)
		told := h.voice(1).heardWords()
		if !slices.Contains(told, "number_2") && !slices.Contains(h.voice(0).heardWords(), "number_2") {
			t.Errorf("the second heard %v", told)
		}
		if !slices.Contains(told, "news") || told[len(told)-1] != "music" {
			t.Errorf("the second heard %v", told)
		}
		one.says(LegEvent{Kind: Ended})
		two.says(LegEvent{Kind: Ended})
		<-h.done
		<-h.done
	})
}

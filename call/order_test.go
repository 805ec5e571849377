package call

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/policy"
)

// states brings a call into every state in which a command may find it.
var states = map[State]func(*stage){
	Greeting: func(s *stage) { s.plan.Greeting = "greeting"; s.ring(); time.Sleep(time.Second) },
	Hunting:  func(s *stage) { s.phone("amy", ringsForEver); s.ring(); time.Sleep(5 * time.Second) },
	Talking:  func(s *stage) { s.ring(); time.Sleep(5 * time.Second) },
	Parked: func(s *stage) {
		s.ring()
		time.Sleep(5 * time.Second)
		s.must(Command{Do: ParkCaller})
	},
	Transferring: func(s *stage) {
		s.phone("bo", ringsForEver)
		s.ring()
		time.Sleep(5 * time.Second)
		s.must(Command{Do: TransferBlind, User: "bo"})
	},
	Resorting: func(s *stage) { s.plan.Steps = nil; s.ring(); time.Sleep(time.Second) },
}

// Every command in every state does something defined or says in a closed word why not; either way the caller is heard of
// again, and the call ends when she hangs up.
func TestEveryCommandInEveryState(t *testing.T) {
	for state, reach := range states {
		for _, kind := range slices.Sorted(maps.Keys(orders)) {
			t.Run(string(state)+" "+string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t)
					s.plan.Greeting, s.plan.Announce = "", ""
					s.step(policy.Together, 60*time.Second, "amy")
					for _, user := range []string{"amy", "bo", "carol", "sue"} {
						s.phone(user, answers(time.Second))
					}
					reach(s)
					synctest.Wait()
					if v := s.view(); v.State != state {
						t.Fatalf("state %s", v.State)
					}
					err := s.orders(Command{Do: kind, By: "sue", User: "carol", Reason: "card", Key: '5'})
					fit := slices.Contains(fits[kind], state)
					if not := (*Unfit)(nil); err != nil && !errors.As(err, &not) {
						t.Errorf("%v is not a word", err)
					} else if !fit && (err == nil || not.Word != NotNow) {
						t.Errorf("%v, want not_now", err)
					}
					time.Sleep(2 * time.Second)
					s.board.Command(context.Background(), "c1", Command{Do: EndCall})
					<-s.done
					time.Sleep(time.Minute)
					synctest.Wait()
					s.allFree()
				})
			})
		}
	}
}

func TestEveryCommandHasItsPlace(t *testing.T) {
	for kind := range orders {
		if len(fits[kind]) == 0 {
			t.Errorf("%s fits nowhere", kind)
		}
	}
	for kind := range fits {
		if orders[kind] == nil {
			t.Errorf("%s is nobody's", kind)
		}
	}
}

func TestTwoCommandsAtOnce(t *testing.T) {
	for range many(200) {
		s, _ := talk(t, func(s *stage, _, _ *leg) {
			results := make(chan error, 3)
			for _, cmd := range []Command{{Do: TransferBlind, User: "bo"}, {Do: TransferBlind, User: "carol"}, {Do: ParkCaller}} {
				go func() { results <- s.board.Command(context.Background(), "c1", cmd) }()
			}
			done := 0
			for range 3 {
				if <-results == nil {
					done++
				}
			}
			if done != 1 {
				t.Errorf("%d of three were done", done)
			}
		})
		s.allFree()
	}
}

func TestACommandThatCrossesTheEnd(t *testing.T) {
	for range many(200) {
		talk(t, func(s *stage, caller, _ *leg) {
			result := make(chan error, 1)
			go func() { result <- s.board.Command(context.Background(), "c1", Command{Do: HoldCaller}) }()
			bye(caller)
			if not := (*Unfit)(nil); !errors.As(<-result, &not) && not != nil {
				t.Error("neither done nor refused in a word")
			}
		})
	}
}

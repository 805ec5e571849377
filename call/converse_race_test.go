package call

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Two things in the same moment. Whatever comes first, nobody is lost, nobody stays busy, and the caller is with somebody, hears
// something, or the call is over.

// race lets all run at once in a conversation and looks at what is left.
func race(t *testing.T, before func(*stage), all ...func(s *stage, caller, amy *leg)) {
	t.Helper()
	for i := range many(2000) {
		s, r := talk(t, func(s *stage, caller, amy *leg) {
			if before != nil {
				before(s)
			}
			var wg sync.WaitGroup
			for _, one := range all {
				wg.Go(func() { one(s, caller, amy) })
			}
			wg.Wait()
			for range 16 {
				synctest.Wait()
				if s.happened(Finished) {
					return
				}
				if whom, plays := s.hears(0); len(whom) == 0 && plays == "" {
					t.Errorf("run %d: the caller hears nothing: %+v", i, s.view())
				}
				time.Sleep(500 * time.Millisecond)
			}
		})
		s.allFree()
		if r.Outcome != Completed || len(s.recs) != 1 {
			t.Errorf("run %d: outcome %q, %d recordings", i, r.Outcome, len(s.recs))
		}
		if t.Failed() {
			return
		}
	}
}

// at gives a command; what comes of it is the race's.
func at(cmd Command) func(*stage, *leg, *leg) {
	return func(s *stage, _, _ *leg) { _ = s.board.Command(context.Background(), "c1", cmd) }
}

func callerHangsUp(_ *stage, caller, _ *leg)  { bye(caller) }
func agentHangsUp(_ *stage, _, amy *leg)      { bye(amy) }
func agentRefers(_ *stage, _, amy *leg)       { refers(amy, "102", "") }
func agentHolds(_ *stage, _, amy *leg)        { amy.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")}) }
func thirdHangsUp(s *stage, _, _ *leg)        { bye(s.phones["bo"].now()) }
func agentsPhoneIsLost(_ *stage, _, amy *leg) { amy.says(LegEvent{Kind: FlowLost}) }
func consulting(s *stage)                     { s.must(Command{Do: ConsultThird, User: "bo"}); time.Sleep(2 * time.Second) }
func ringingThird(s *stage)                   { s.must(Command{Do: ConsultThird, User: "bo"}); time.Sleep(time.Second) }

func TestReferAgainstBye(t *testing.T)           { race(t, nil, agentRefers, agentHangsUp) }
func TestReferAgainstTheCallersBye(t *testing.T) { race(t, nil, agentRefers, callerHangsUp) }
func TestHoldAgainstTransfer(t *testing.T) {
	race(t, nil, at(Command{Do: HoldCaller}), agentHolds, agentRefers)
}
func TestCompleteAgainstTheCallersBye(t *testing.T) {
	race(t, consulting, at(Command{Do: CompleteTransfer}), callerHangsUp)
}
func TestCompleteAgainstTheThirdsBye(t *testing.T) {
	race(t, consulting, at(Command{Do: CompleteTransfer}), thirdHangsUp)
}
func TestCompleteAgainstCancel(t *testing.T) {
	race(t, consulting, at(Command{Do: CompleteTransfer}), at(Command{Do: CancelLine}), at(Command{Do: JoinAll}))
}
func TestTheThirdsAnswerAgainstCancel(t *testing.T) {
	race(t, ringingThird, at(Command{Do: CancelLine}), agentsPhoneIsLost)
}
func TestTheThirdsAnswerAgainstTheAgentsBye(t *testing.T) { race(t, ringingThird, agentHangsUp) }

func TestTwoFetchOneParkedCaller(t *testing.T) {
	fetch := func(user string) func(*stage, *leg, *leg) {
		return func(s *stage, _, _ *leg) {
			l := &leg{s: s, id: user}
			_ = s.board.Guest(Guest{User: user, Offer: []byte("offer"), Leg: l, Listen: l.listen, Want: Retrieve, Slot: "1"})
		}
	}
	race(t, func(s *stage) { s.must(Command{Do: ParkCaller}) }, fetch("bo"), fetch("carol"), at(Command{Do: RetrieveCaller, User: "amy"}))
}

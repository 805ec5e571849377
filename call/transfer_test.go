package call

import (
	"slices"
	"testing"
	"time"

	"nightbell/phi"
)

// The agent hands the caller on without asking first.

func TestBlindTransfer(t *testing.T) {
	for name, to := range map[string]Command{
		"to a colleague": {Do: TransferBlind, User: "bo"}, "outside": {Do: TransferBlind, To: phi.NewPhone(lee)},
		"to an extension": {Do: TransferBlind, To: phi.NewPhone("102")},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := talk(t, func(s *stage, _, amy *leg) {
				s.must(to)
				said(t, amy, "end completed")
				if words, plays := s.hears(0); len(words) != 0 || plays == "" {
					t.Errorf("the caller hears %v and %q", words, plays)
				}
				time.Sleep(3 * time.Second)
				s.ear(0, "", 2)
				s.ear(2, "", 0)
				if v := s.view(); v.State != Talking || !slices.Equal(v.Former, []string{"amy"}) {
					t.Errorf("state %s, before %q", v.State, v.Former)
				}
			})
			want(t, r, Completed, "caller")
			if len(s.recs) != 1 || s.recs[0].stopped == 0 {
				t.Error("the recording is not one and whole")
			}
			s.allFree()
		})
	}
}

func TestABlindTransferThatFailsRingsBackThenTheCallerWaitsFirst(t *testing.T) {
	s, r := talk(t, func(s *stage, _, _ *leg) {
		s.line(lee, refuses(5*time.Second, Busy, 486))
		s.must(Command{Do: TransferBlind, To: phi.NewPhone(lee)})
		time.Sleep(7 * time.Second)
		s.ear(0, "", 3) // Amy again, at her second leg
		s.phones["amy"].script = ringsForEver
		s.must(Command{Do: TransferBlind, To: phi.NewPhone(lee)})
		time.Sleep(6 * time.Second)
		s.ear(0, "ringback")
		if v := s.view(); v.Line.State != "returning" {
			t.Errorf("line %+v", v.Line)
		}
		time.Sleep(20 * time.Second)
		s.ear(0, "please_hold")
		time.Sleep(4 * time.Second)
		if v := s.view(); v.State != Hunting {
			t.Errorf("state %s", v.State)
		}
	})
	want(t, r, Completed, "caller")
	if !s.happened(Requeued) {
		t.Error("the story does not say that she waits again")
	}
	s.allFree()
}

func TestATransferToNobodyLeavesTheCallerWithTheAgent(t *testing.T) {
	talk(t, func(s *stage, _, _ *leg) {
		s.mustNot(Command{Do: TransferBlind, To: phi.NewPhone("+12125550199")}, Nobody)
		s.mustNot(Command{Do: TransferBlind, To: phi.NewPhone("7")}, Nobody)
		s.mustNot(Command{Do: TransferBlind, User: "amy"}, NotAllowed)
		s.ear(0, "", 1)
	})
}

func TestAReferMovesTheCallerAndIsToldHowItWent(t *testing.T) {
	s, r := talk(t, func(s *stage, _, amy *leg) {
		refers(amy, "102", "")
		time.Sleep(2 * time.Second)
		s.ear(0, "", 2)
		said(t, amy, "refer accepted", "notify 180", "notify 200")
		bye(amy)
		s.ear(0, "", 2)
		time.Sleep(10 * time.Second)
		if !s.board.talking("bo") || s.board.talking("amy") {
			t.Error("the transferor's BYE ended more than her own leg")
		}
	})
	want(t, r, Completed, "caller")
	s.allFree()
}

func TestAReferWhoseTargetFailsIsRolledBack(t *testing.T) {
	for name, c := range map[string]struct {
		script func(*leg)
		code   string
	}{
		"busy": {refuses(2*time.Second, Busy, 486), "notify 486"}, "declined": {refuses(2*time.Second, Declined, 603), "notify 603"},
		"gone": {refuses(2*time.Second, Unreachable, 500), "notify 503"}, "silent": {func(*leg) {}, "notify 480"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := talk(t, func(s *stage, _, amy *leg) {
				s.phone("bo", c.script)
				amy.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")})
				refers(amy, "102", "")
				s.ear(0, "music")
				time.Sleep(50 * time.Second)
				amy.says(LegEvent{Kind: Offered, SDP: []byte("sendrecv")})
				s.ear(0, "", 1)
				if got := amy.story(); !slices.Contains(got, c.code) {
					t.Errorf("her phone was told %q, want %q", got, c.code)
				}
			})
			s.allFree()
		})
	}
}

func TestAPhoneThatHangsUpAfterItsReferIsRungBackWhenNobodyTakesTheCaller(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, amy *leg) {
		s.phone("bo", refuses(5*time.Second, Declined, 603))
		refers(amy, "102", "")
		time.Sleep(time.Second)
		bye(amy)
		s.ear(0, "music")
		time.Sleep(6 * time.Second)
		s.ear(0, "", 3)
		if n := s.phones["amy"].timesRung(); n != 2 {
			t.Errorf("Amy was rung %d times", n)
		}
	})
	s.allFree()
}

// Some phones end their call at any answer to their transfer, a refusal too.
func TestAPhoneThatHangsUpWhenItsTransferFailsIsRungBack(t *testing.T) {
	for name, c := range map[string]struct {
		wait time.Duration
		rung int
	}{"at once": {100 * time.Millisecond, 2}, "after a while": {5 * time.Second, 1}} {
		t.Run(name, func(t *testing.T) {
			s, _ := talk(t, func(s *stage, _, amy *leg) {
				s.phone("bo", refuses(2*time.Second, Busy, 486))
				refers(amy, "102", "")
				time.Sleep(2*time.Second + c.wait)
				bye(amy)
				time.Sleep(3 * time.Second)
				if n := s.phones["amy"].timesRung(); n != c.rung {
					t.Errorf("Amy was rung %d times", n)
				}
				if over := s.happened(Finished); over != (c.rung == 1) {
					t.Errorf("the call is over: %v", over)
				}
			})
			s.allFree()
		})
	}
}

func TestACallersReferIsRefused(t *testing.T) {
	talk(t, func(s *stage, caller, _ *leg) {
		refers(caller, "102", "")
		time.Sleep(time.Second)
		said(t, caller, "answer", "refer refused: not taken: not_now")
		s.ear(0, "", 1)
	})
}

func TestASecondLineIsRefused(t *testing.T) {
	talk(t, func(s *stage, _, amy *leg) {
		s.line(lee, answers(20*time.Second))
		s.must(Command{Do: ConsultThird, To: phi.NewPhone(lee)})
		s.mustNot(Command{Do: ConsultThird, User: "bo"}, LineBusy)
		s.mustNot(Command{Do: TransferBlind, User: "bo"}, LineBusy)
		s.mustNot(Command{Do: ParkCaller}, LineBusy)
		refers(amy, "102", "")
		time.Sleep(time.Second)
		said(t, amy, "refer refused: not taken: line_busy")
	})
}

func TestACommandToACallThatIsNone(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, _ *leg) {
		s.mustNot(Command{Do: "dance"}, NoSuchCommand)
	})
	ctx, cancel := timeout(time.Second)
	defer cancel()
	if err := s.board.Command(ctx, "c1", Command{Do: HoldCaller}); err == nil || err.Error() != "not taken: no_such_call" {
		t.Errorf("%v", err)
	}
}

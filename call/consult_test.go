package call

import (
	"slices"
	"testing"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// The agent asks somebody while the caller has music.

func TestConsultThenThreeWayThenTheAgentLeaves(t *testing.T) {
	s, r := talk(t, func(s *stage, caller, amy *leg) {
		s.ear(0, "", 1)
		s.must(Command{Do: ConsultThird, By: "amy", To: phi.NewPhone(lee)})
		s.ear(0, "music")
		s.ear(1, "ringback")
		if v := s.view(); v.Line != (LineView{What: "consult", State: "ringing"}) {
			t.Errorf("line %+v", v.Line)
		}
		time.Sleep(3 * time.Second)
		s.ear(0, "music")
		s.ear(1, "", 2)
		s.ear(2, "", 1)
		s.must(Command{Do: JoinAll})
		s.ear(0, "", 1, 2)
		s.ear(1, "", 0, 2)
		s.ear(2, "", 0, 1)
		bye(amy)
		s.ear(0, "", 2)
		s.ear(2, "", 0)
		time.Sleep(time.Minute)
		bye(s.outside[lee].now())
		time.Sleep(time.Second)
	})
	want(t, r, Completed, "outside")
	marks := []string{"joined amy", "hold caller held", "joined outside", "left amy", "left outside"}
	if got := s.recs[0].marks; !slices.Equal(got, marks) || len(s.recs) != 1 {
		t.Errorf("marks %q in %d recordings, want %q in one", got, len(s.recs), marks)
	}
	s.allFree()
}

func TestAConsultCancelledGivesTheCallerBack(t *testing.T) {
	for name, after := range map[string]time.Duration{"while it rings": time.Second, "while they speak": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			s, r := talk(t, func(s *stage, _, _ *leg) {
				s.must(Command{Do: ConsultThird, To: phi.NewPhone(lee)})
				time.Sleep(after)
				s.must(Command{Do: CancelLine})
				s.ear(0, "", 1)
				s.ear(1, "", 0)
				s.mustNot(Command{Do: CancelLine}, NoLine)
				s.must(Command{Do: ConsultThird, User: "bo"})
				time.Sleep(2 * time.Second)
				bye(s.phones["bo"].now())
				s.ear(0, "", 1)
			})
			want(t, r, Completed, "caller")
			s.allFree()
		})
	}
}

func TestAConsultThatNobodyAnswersGivesTheCallerBack(t *testing.T) {
	for name, script := range map[string]func(*leg){
		"busy": refuses(time.Second, Busy, 486), "silent": ringsForEver, "wrong suite": func(l *leg) {
			l.says(LegEvent{Kind: Answered, SDP: []byte("wrong suite")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := talk(t, func(s *stage, _, _ *leg) {
				s.line(lee, script)
				s.must(Command{Do: ConsultThird, To: phi.NewPhone(lee)})
				time.Sleep(50 * time.Second)
				s.ear(0, "", 1)
				if v := s.view(); v.State != Talking || v.Line != (LineView{}) {
					t.Errorf("state %s, line %+v", v.State, v.Line)
				}
			})
			want(t, r, Completed, "caller")
		})
	}
}

func TestAttendedTransferByCommand(t *testing.T) {
	s, r := talk(t, func(s *stage, _, amy *leg) {
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: CompleteTransfer})
		s.ear(0, "", 2)
		said(t, amy, "end completed")
		if v := s.view(); v.Agent != "bo" || !slices.Equal(v.Former, []string{"amy"}) {
			t.Errorf("agent %q, before her %q", v.Agent, v.Former)
		}
		if s.board.talking("amy") || !s.board.talking("bo") {
			t.Error("Amy is busy, or Bo is not")
		}
		time.Sleep(time.Minute)
	})
	want(t, r, Completed, "caller")
	if len(s.recs) != 1 || s.recs[0].stopped == 0 {
		t.Error("the recording was not whole")
	}
	s.allFree()
}

func TestAnAgentWhoHangsUpWhileItRingsHandsTheCallerOn(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, amy *leg) {
		s.line(lee, answers(20*time.Second))
		s.must(Command{Do: ConsultThird, To: phi.NewPhone(lee)})
		time.Sleep(5 * time.Second)
		bye(amy)
		s.ear(0, "ringback")
		if v := s.view(); v.State != Transferring {
			t.Errorf("state %s", v.State)
		}
		time.Sleep(20 * time.Second)
		s.ear(0, "", 2)
	})
	s.allFree()
}

func TestAnAgentLostInAConsultCostsTheThirdNotTheCaller(t *testing.T) {
	s, r := talk(t, func(s *stage, _, amy *leg) {
		s.step(policy.Together, 20*time.Second, "bo")
		s.must(Command{Do: ConsultThird, To: phi.NewPhone(lee)})
		time.Sleep(3 * time.Second)
		s.phones["amy"].leaves()
		amy.says(LegEvent{Kind: FlowLost})
		time.Sleep(31 * time.Second)
		s.ear(0, "please_hold")
		said(t, s.outside[lee].now(), "end completed")
	})
	want(t, r, Completed, "caller")
	s.allFree()
}

func TestAThirdWhoDiesDoesNotHurtTheCaller(t *testing.T) {
	s, r := talk(t, func(s *stage, _, _ *leg) {
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: JoinAll})
		s.phones["bo"].now().says(LegEvent{Kind: FlowLost})
		time.Sleep(31 * time.Second)
		s.ear(0, "", 1)
		s.ear(1, "", 0)
	})
	want(t, r, Completed, "caller")
	s.allFree()
}

func TestHoldByCommand(t *testing.T) {
	s, _ := talk(t, func(s *stage, caller, amy *leg) {
		s.plan.Music = "harbor_music"
		s.must(Command{Do: HoldCaller})
		s.ear(0, "music")
		s.ear(1, "")
		s.mustNot(Command{Do: HoldCaller}, Already)
		time.Sleep(30 * time.Minute)
		s.ear(0, "music")
		caller.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")}) // both at once
		s.ear(0, "")
		s.must(Command{Do: ResumeCaller})
		s.ear(1, "music")
		caller.says(LegEvent{Kind: Offered, SDP: []byte("sendrecv")})
		s.ear(0, "", 1)
		amy.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")})
		s.mustNot(Command{Do: ResumeCaller}, ByPhone)
		s.ear(0, "music")
	})
	want2 := []string{"joined amy", "hold amy held", "hold caller held", "hold amy resumed", "hold caller resumed", "hold amy held"}
	if got := s.recs[0].marks; !slices.Equal(got, want2) {
		t.Errorf("marks %q", got)
	}
}

func TestTheThirdOfAConsultIsRecordedApartWhereTheRuleSays(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, _ *leg) {
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: JoinAll})
		time.Sleep(time.Second)
	})
	if len(s.recs) != 1 {
		t.Errorf("%d recordings without a rule", len(s.recs))
	}
}

func TestTheAgentsOwnPhoneConsultsByASecondCall(t *testing.T) {
	s, r := talk(t, func(s *stage, _, amy *leg) {
		amy.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")})
		second := &leg{s: s, id: "second"}
		g := Guest{User: "amy", Person: "amy", Offer: []byte("offer"), Leg: second, Listen: second.listen, Want: Consult, To: phi.NewPhone(lee)}
		if err := s.board.Guest(g); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // voices: caller 0, amy 1, second 2, lee 3
		said(t, second, "ring", "answer")
		s.ear(0, "music")
		s.ear(2, "", 3)
		s.ear(3, "", 2)
		refers(amy, lee, "second")
		s.ear(0, "", 3)
		s.ear(3, "", 0)
		time.Sleep(4 * time.Second)
		said(t, amy, "answer", "refer accepted", "notify 200", "end completed")
		said(t, second, "ring", "answer", "end completed")
	})
	want(t, r, Completed, "caller")
	s.allFree()
}

func TestAReferToALegOfAnotherCallIsRefused(t *testing.T) {
	talk(t, func(s *stage, _, amy *leg) {
		refers(amy, lee, "a leg elsewhere")
		time.Sleep(time.Second)
		said(t, amy, "refer refused: not taken: not_allowed")
		s.ear(0, "", 1)
	})
}

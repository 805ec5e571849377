package call

import (
	"slices"
	"testing"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

func TestListenWhisperBargeLeave(t *testing.T) {
	s, r := talk(t, func(s *stage, _, _ *leg) {
		s.must(Command{Do: Listen, By: "sue"})
		s.ear(0, "", 1)
		time.Sleep(2 * time.Second)
		s.ear(0, "", 1)
		s.ear(1, "", 0)
		s.ear(2, "", 0, 1)
		s.must(Command{Do: Whisper, By: "sue"})
		s.ear(0, "", 1)
		s.ear(1, "", 0, 2)
		s.ear(2, "", 0, 1)
		s.must(Command{Do: Barge, By: "sue"})
		s.ear(0, "", 1, 2)
		s.ear(1, "", 0, 2)
		s.ear(2, "", 0, 1)
		s.must(Command{Do: Listen, By: "sue"})
		s.ear(0, "", 1)
		s.must(Command{Do: LeaveCall, By: "sue"})
		s.ear(1, "", 0)
		s.mustNot(Command{Do: LeaveCall, By: "sue"}, Nobody)
		if s.board.talking("sue") {
			t.Error("she is busy after she left")
		}
	})
	want(t, r, Completed, "caller")
	if got := s.recs[0].marks; !slices.Equal(got, []string{"joined amy", "joined sue", "left sue"}) || len(s.recs) != 1 {
		t.Errorf("marks %q: the caller's recording knows of a supervisor while she barges, not else", got)
	}
	s.allFree()
}

func TestBargeIsAnnouncedWhereTheLawAsks(t *testing.T) {
	talk(t, func(s *stage, _, _ *leg) {})
	s, _ := talkUnder(t, policy.AllParties, func(s *stage) {
		s.must(Command{Do: Barge, User: "sue"})
		time.Sleep(1500 * time.Millisecond)
		s.ear(0, "joined", 1)
		time.Sleep(4 * time.Second)
		s.ear(0, "", 1, 2)
		s.must(Command{Do: LeaveCall, User: "sue"})
		s.board.ports.Prompt = func(name string) *media.Prompt {
			if name == "joined" {
				return nil
			}
			return prompts(name)
		}
		s.mustNot(Command{Do: Barge, User: "sue"}, NoPrompt)
	})
	s.allFree()
}

func TestACallerOnHoldIsNotListenedTo(t *testing.T) {
	talk(t, func(s *stage, _, _ *leg) {
		s.must(Command{Do: Listen, User: "sue"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: HoldCaller})
		s.ear(2, "", 1)
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * time.Second)
		s.ear(2, "", 1, 3)
		s.ear(0, "music")
	})
}

func TestAWhispersFileIsItsOwn(t *testing.T) {
	s, _ := talkUnder(t, policy.OneParty, func(s *stage) {
		s.must(Command{Do: Whisper, User: "sue"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: Barge, User: "sue"})
		s.must(Command{Do: LeaveCall, User: "sue"})
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: JoinAll})
	})
	var kinds []RecordingKind
	for _, r := range s.recs {
		kinds = append(kinds, r.spec.Kind)
		if r.stopped == 0 {
			t.Errorf("%q was never closed", r.spec.Kind)
		}
	}
	if !slices.Equal(kinds, []RecordingKind{Conversation, Whispering, Consulting}) {
		t.Errorf("recordings %q", kinds)
	}
}

func TestASupervisorWhoDoesNotAnswerOrDiesHurtsNobody(t *testing.T) {
	s, r := talk(t, func(s *stage, _, _ *leg) {
		s.phone("sue", ringsForEver)
		s.must(Command{Do: Barge, User: "sue"})
		time.Sleep(observeTime + time.Second)
		if v := s.view(); len(v.Parties) != 2 {
			t.Errorf("parties %+v", v.Parties)
		}
		s.phone("carol", answers(time.Second))
		s.must(Command{Do: Barge, User: "carol"})
		time.Sleep(2 * time.Second)
		s.phones["carol"].now().says(LegEvent{Kind: FlowLost})
		time.Sleep(31 * time.Second)
		s.ear(0, "", 1)
		s.mustNot(Command{Do: Listen, User: "zoe"}, Nobody)
		s.mustNot(Command{Do: Listen}, Nobody)
	})
	want(t, r, Completed, "caller")
	s.allFree()
}

func TestASupervisorDialsIn(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, _ *leg) {
		l := &leg{s: s}
		g := Guest{User: "sue", Offer: []byte("offer"), Leg: l, Listen: l.listen, Want: Monitor}
		g.To = phoneOf("101")
		if err := s.board.Guest(g); err != nil {
			t.Fatal(err)
		}
		s.ear(2, "", 0, 1)
		s.ear(0, "", 1)
		bye(l)
		s.ear(0, "", 1)
	})
	s.allFree()
}

func TestWhoJoinsFromOutsideIsToldThatSheIsRecorded(t *testing.T) {
	for name, act := range map[string]Command{"three-way": {Do: JoinAll}, "transfer": {Do: CompleteTransfer}} {
		t.Run(name, func(t *testing.T) {
			s, _ := talkUnder(t, policy.AllParties, func(s *stage) {
				s.line(lee, answers(time.Second))
				s.must(Command{Do: ConsultThird, To: phoneOf(lee)})
				time.Sleep(2 * time.Second)
				s.must(act)
				if _, plays := s.hears(2); plays != "announcement" {
					t.Errorf("she hears %q", plays)
				}
				time.Sleep(4 * time.Second)
				if _, plays := s.hears(2); plays != "" {
					t.Errorf("then %q", plays)
				}
			})
			s.allFree()
		})
	}
}

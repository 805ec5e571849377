package call

import (
	"slices"
	"testing"
	"time"

	"nightbell/media"
)

func TestPausedRecordingGoesOnByItself(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, _ *leg) {
		s.mustNot(Command{Do: PauseRecording, Reason: "Card 4111"}, BadWord)
		s.mustNot(Command{Do: ResumeRecording}, Already)
		s.must(Command{Do: PauseRecording, By: "amy", Reason: "card"})
		s.mustNot(Command{Do: PauseRecording, Reason: "card"}, Already)
		if v := s.view(); v.Recorded != (RecordingView{State: "paused", Why: "card"}) {
			t.Errorf("%+v", v.Recorded)
		}
		time.Sleep(pauseTime - time.Second)
		if v := s.view(); v.Recorded.State != "paused" {
			t.Errorf("%+v", v.Recorded)
		}
		time.Sleep(2 * time.Second)
		if v := s.view(); v.Recorded.State != "running" {
			t.Errorf("%+v", v.Recorded)
		}
		s.must(Command{Do: PauseRecording, By: "amy", Reason: "card", For: time.Minute})
		s.must(Command{Do: ResumeRecording, By: "amy", Reason: "done"})
		time.Sleep(time.Hour)
	})
	want := []string{"joined amy", "pause amy card", "resume system time", "pause amy card", "resume amy done"}
	if got := s.recs[0].marks; !slices.Equal(got, want) {
		t.Errorf("marks %q", got)
	}
}

func TestADeclineShredsAndTheCallGoesOn(t *testing.T) {
	s, r := talk(t, func(s *stage, _, amy *leg) {
		s.must(Command{Do: DeclineRecording, By: "amy"})
		if v := s.view(); v.Recorded.State != "declined" {
			t.Errorf("%+v", v.Recorded)
		}
		s.mustNot(Command{Do: ResumeRecording}, NotAllowed)
		s.mustNot(Command{Do: PauseRecording, Reason: "card"}, NoRecording)
		s.ear(0, "", 1)
		s.must(Command{Do: TransferBlind, User: "bo"})
		time.Sleep(5 * time.Second)
	})
	want(t, r, Completed, "caller")
	if len(s.recs) != 1 || !s.recs[0].torn {
		t.Error("it was not shredded, or another began")
	}
}

func TestASecretIsOverByItself(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, _ *leg) {
		s.must(Command{Do: BeginSecret})
		s.mustNot(Command{Do: BeginSecret}, Already)
		if !s.voice(0).hides() {
			t.Error("not concealed")
		}
		time.Sleep(secretTime + time.Second)
		if s.voice(0).hides() {
			t.Error("concealed for ever")
		}
		s.mustNot(Command{Do: EndSecret}, Already)
		s.must(Command{Do: BeginSecret})
		s.must(Command{Do: EndSecret})
	})
	if s.voice(0).hides() {
		t.Error("still concealed")
	}
}

func TestOneRecordingAcrossEverything(t *testing.T) {
	s, _ := talk(t, func(s *stage, caller, amy *leg) {
		s.must(Command{Do: HoldCaller})
		s.must(Command{Do: ResumeCaller})
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: JoinAll})
		s.must(Command{Do: CompleteTransfer})
		s.must(Command{Do: ParkCaller})
		s.must(Command{Do: RetrieveCaller, User: "carol"})
		time.Sleep(2 * time.Second)
		s.must(Command{Do: Requeue})
		time.Sleep(10 * time.Second)
		s.ear(0, "", 4)
	})
	if len(s.recs) != 1 || s.recs[0].stopped != media.Complete {
		t.Errorf("%d recordings", len(s.recs))
	}
	marks := []string{"joined amy", "hold amy held", "hold amy resumed", "hold caller held", "joined bo", "transfer amy", "left amy",
		"hold caller parked", "left bo", "joined carol", "left carol", "joined amy"}
	if got := s.recs[0].marks; !slices.Equal(got, marks) {
		t.Errorf("marks %q", got)
	}
	s.allFree()
}

package call

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// What goes wrong on our side, or in the worst moment, and what the caller hears of it.

func TestAFaultOfOursIsNotTheCallersSilence(t *testing.T) {
	for name, breaks := range map[string]func(*stage){
		"in the decision": func(s *stage) {
			s.board.ports.Decide = func(policy.Inquiry) policy.Plan { panic("defect") }
		},
		"in the hunt": func(s *stage) {
			s.step(policy.Together, 20*time.Second, "amy", "broken")
			s.phone("amy", ringsForEver)
			s.phones["broken"] = nil
			s.breaks = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, l, r := story(t, breaks, nil)
			want(t, r, Fault, "system")
			said(t, l, "answer", "end fault")
			if got := s.voices[0].heardWords(); got[len(got)-1] != "last_resort" {
				t.Errorf("the caller heard %v, want the last resort at the end", got)
			}
			if p := s.phones["amy"]; p != nil {
				said(t, p.leg, "end no_answer")
			}
		})
	}
}

func TestACallerWhoLeavesInTheMomentOfTheAnswer(t *testing.T) {
	_, l, r := story(t, func(s *stage) { s.late = true }, nil)
	want(t, r, CallerGone, "caller")
	said(t, l, "answer")
}

func TestAnAckWithoutAnAnswerToOurOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		l := &leg{s: s, confirm: true}
		s.board.Take(Arrival{ID: "c", Leg: l, Listen: l.listen})
		want(t, <-s.done, NotAcceptable, "caller")
		said(t, l, "answer", "end not_acceptable")
	})
}

func TestNothingIsRecordedThatCouldNotBeAnnounced(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.board.ports.Prompt = func(name string) *media.Prompt {
			if name == "announcement" {
				return nil
			}
			return prompts(name)
		}
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, hangsUpAfter(20*time.Second))
	want(t, r, Completed, "caller")
	if len(s.recs) != 0 || !s.happened(Unrecorded) {
		t.Error("recorded without a word")
	}
}

func TestAnUnknownAnnouncementIsReplacedByTheBuiltInOne(t *testing.T) {
	s, _, _ := story(t, func(s *stage) {
		s.plan.Announce = "nobody recorded this"
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, hangsUpAfter(20*time.Second))
	if got := s.voices[0].heardWords(); !slices.Contains(got, "announcement") || len(s.recs) != 1 {
		t.Errorf("heard %v in %d recordings", got, len(s.recs))
	}
}

func TestAnAgentWhoHoldsDuringTheAnnouncementDoesNotCutIt(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.plan.Answer, s.plan.Greeting = policy.WhenAgentAnswers, ""
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", func(l *leg) {
			answers(time.Second)(l)
			time.Sleep(time.Second)
			l.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")})
			time.Sleep(time.Second)
			l.says(LegEvent{Kind: Offered, SDP: []byte("sendrecv")})
		})
	}, hangsUpAfter(20*time.Second))
	want(t, r, Completed, "caller")
	if d := s.recs[0].began.Sub(r.Answered); d != 3*time.Second {
		t.Errorf("recording began %v after the 200, want the whole announcement's 3s", d)
	}
	if got := s.recs[0].marks; !slices.Equal(got, []string{"joined amy"}) {
		t.Errorf("marks %q", got)
	}
}

func TestAnAgentWhoLeavesDuringTheAnnouncement(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.plan.Answer, s.plan.Greeting = policy.WhenAgentAnswers, ""
		s.step(policy.Together, 20*time.Second, "amy")
		s.step(policy.Together, 20*time.Second, "bo")
		s.phone("amy", func(l *leg) {
			answers(time.Second)(l)
			time.Sleep(time.Second)
			s.phones["amy"].leaves()
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
		s.phone("bo", answers(time.Second))
	}, hangsUpAfter(30*time.Second))
	want(t, r, Completed, "caller")
	said(t, l, "ring", "answer")
	if got := s.recs[0].marks; !slices.Equal(got, []string{"joined bo"}) {
		t.Errorf("marks %q: Amy never spoke with the caller", got)
	}
}

package call

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// story runs one call in a bubble of fake time and gives its record.
func story(t *testing.T, set func(*stage), act func(*stage, *leg)) (*stage, *leg, Record) {
	t.Helper()
	var s *stage
	var l *leg
	var r Record
	synctest.Test(t, func(t *testing.T) {
		s = newStage(t)
		set(s)
		l = s.ring()
		if act != nil {
			act(s, l)
		}
		r = <-s.done
		synctest.Wait()
		for i, v := range s.voices {
			_ = i
			v.Quiet()
		}
	})
	return s, l, r
}

func hangsUpAfter(d time.Duration) func(*stage, *leg) {
	return func(_ *stage, l *leg) { time.Sleep(d); l.says(LegEvent{Kind: Ended, Cause: Completed}) }
}

func want(t *testing.T, r Record, outcome Cause, by string) {
	t.Helper()
	if r.Outcome != outcome || r.By != by {
		t.Errorf("outcome %q by %q, want %q by %q", r.Outcome, r.By, outcome, by)
	}
}

func said(t *testing.T, l *leg, words ...string) {
	t.Helper()
	if got := l.story(); !slices.Equal(got, words) {
		t.Errorf("leg was told %q, want %q", got, words)
	}
}

func TestSecondStepAnswers(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy", "bo")
		s.step(policy.Together, 20*time.Second, "carol")
		s.phone("amy", ringsForEver)
		s.phone("bo", ringsForEver)
		s.phone("carol", answers(4*time.Second))
	}, hangsUpAfter(60*time.Second))
	want(t, r, Completed, "caller")
	said(t, l, "answer")
	said(t, s.phones["amy"].leg, "end no_answer")
	said(t, s.phones["bo"].leg, "end no_answer")
	said(t, s.phones["carol"].leg, "end completed")
	// greeting 3 s, announcement 3 s, 20 s of the first step, 4 s of the second.
	if d := r.Legs[3].Answered.Sub(r.Arrived); d != 30*time.Second {
		t.Errorf("Carol answered after %v, want 30s", d)
	}
	if !r.Served || r.Recording != "rec" || s.recs[0].stopped != media.Complete {
		t.Errorf("served %v, recording %q stopped %v", r.Served, r.Recording, s.recs[0].stopped)
	}
}

func TestNothingIsRecordedBeforeTheAnnouncementEnds(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, hangsUpAfter(20*time.Second))
	if d := s.recs[0].began.Sub(r.Arrived); d != 6*time.Second {
		t.Errorf("recording began %v after the call came, want 6s: greeting and announcement", d)
	}
	kinds := s.kinds()
	if slices.Index(kinds, Announced) > slices.Index(kinds, RecordingOn) {
		t.Errorf("story %v: recorded before it was announced", kinds)
	}
}

func TestOrderIsKept(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.InOrder, 10*time.Second, "amy", "bo")
		s.phone("amy", refuses(2*time.Second, Declined, 603))
		s.phone("bo", answers(time.Second))
	}, hangsUpAfter(time.Minute))
	if got := r.Legs[2].Answered.Sub(r.Arrived); got != 9*time.Second {
		t.Errorf("Bo answered at %v, want 9s: a decline moves on at once", got)
	}
	said(t, s.phones["amy"].leg)
}

func TestEveryEndingOfAPhoneLeadsToTheLastResort(t *testing.T) {
	for name, script := range map[string]func(*leg){
		"busy":        refuses(time.Second, Busy, 486),
		"declined":    refuses(time.Second, Declined, 603),
		"timeout":     refuses(5*time.Second, NoAnswer, 408),
		"silent":      func(*leg) {},
		"flow closed": nil,
		"flow lost": func(l *leg) {
			l.says(LegEvent{Kind: Ringing})
			time.Sleep(time.Second)
			l.says(LegEvent{Kind: FlowLost})
		},
		"wrong suite": func(l *leg) { l.says(LegEvent{Kind: Answered, SDP: []byte("wrong suite")}) },
	} {
		t.Run(name, func(t *testing.T) {
			s, l, r := story(t, func(s *stage) {
				s.step(policy.Together, 10*time.Second, "amy")
				s.phone("amy", script)
			}, nil)
			want(t, r, LastResort, "system")
			said(t, l, "answer", "end last_resort")
			if got := s.voices[0].heardWords(); got[len(got)-1] != "last_resort" {
				t.Errorf("the caller heard %v, want the last resort at the end", got)
			}
		})
	}
}

func TestNobodyRegisteredTakesNoTime(t *testing.T) {
	_, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.step(policy.InOrder, 20*time.Second, "bo", "carol")
	}, nil)
	want(t, r, LastResort, "system")
	if d := r.Ended.Sub(r.Arrived); d != 12*time.Second { // greeting, announcement, last resort twice
		t.Errorf("call took %v, want 12s", d)
	}
}

func TestCallerHangsUpWhileRinging(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", ringsForEver)
	}, hangsUpAfter(10*time.Second))
	want(t, r, CallerGone, "caller")
	said(t, s.phones["amy"].leg, "end caller_gone")
	said(t, l, "answer")
}

func TestCallerCancelsBeforeAnyAnswer(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.plan.Answer = policy.WhenAgentAnswers
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", ringsForEver)
	}, hangsUpAfter(5*time.Second))
	want(t, r, CallerGone, "caller")
	said(t, l, "ring")
	if len(s.recs) != 0 {
		t.Error("recorded before the 200")
	}
}

func TestAnsweringWhenAnAgentDoes(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.plan.Answer = policy.WhenAgentAnswers
		s.plan.Greeting = ""
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(7*time.Second))
	}, hangsUpAfter(time.Minute))
	want(t, r, Completed, "caller")
	said(t, l, "ring", "answer")
	if d := s.recs[0].began.Sub(r.Answered); d != 3*time.Second {
		t.Errorf("recording began %v after the 200, want the announcement's 3s", d)
	}
	if d := r.Answered.Sub(r.Arrived); d != 7*time.Second {
		t.Errorf("caller answered after %v, want 7s", d)
	}
}

func TestTwoAnswersInTheSameMillisecond(t *testing.T) {
	const runs = 10000
	for i := range runs {
		s, _, r := story(t, func(s *stage) {
			s.plan.Greeting, s.plan.Announce = "", ""
			s.step(policy.Together, 20*time.Second, "amy", "bo", "carol")
			s.phone("amy", answers(time.Second))
			s.phone("bo", answers(time.Second))
			s.phone("carol", answers(time.Second))
		}, hangsUpAfter(10*time.Second))
		winners, losers := 0, 0
		for _, u := range []string{"amy", "bo", "carol"} {
			switch fmt.Sprint(s.phones[u].story()) {
			case "[end completed]":
				winners++
			case "[end elsewhere]":
				losers++
			}
		}
		if winners != 1 || losers != 2 || r.Outcome != Completed {
			t.Fatalf("run %d: %d winners, %d losers, outcome %q", i, winners, losers, r.Outcome)
		}
	}
}

func TestAgentHangsUp(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", func(l *leg) {
			answers(time.Second)(l)
			time.Sleep(30 * time.Second)
			l.says(LegEvent{Kind: Ended, Cause: Completed})
		})
	}, nil)
	want(t, r, Completed, "amy")
	said(t, l, "answer", "end completed")
	if !slices.Equal(s.recs[0].marks, []string{"joined amy", "left amy"}) {
		t.Errorf("marks %q", s.recs[0].marks)
	}
}

func TestHoldFromEitherSide(t *testing.T) {
	s, l, _ := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(10 * time.Second)
		amy := s.phones["amy"].now()
		amy.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")})
		time.Sleep(10 * time.Second)
		amy.says(LegEvent{Kind: Offered, SDP: []byte("sendrecv")})
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: Offered, SDP: []byte("sendonly")})
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	said(t, l, "answer", "answer")
	said(t, s.phones["amy"].leg, "answer", "answer", "end completed")
	caller, amy := s.voices[0].heardWords(), s.voices[1].heardWords()
	if caller[len(caller)-1] != "music" || !slices.Equal(amy, []string{"music"}) {
		t.Errorf("caller heard %v, Amy heard %v: want music while held", caller, amy)
	}
	if got := s.recs[0].marks; !slices.Equal(got, []string{"joined amy", "hold amy held", "hold amy resumed", "hold caller held"}) {
		t.Errorf("marks %q", got)
	}
}

func TestReofferWithoutCryptoIsRefusedAndTheCallStays(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: Offered, SDP: []byte("no crypto")})
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "caller")
	said(t, l, "answer", "refuse not_acceptable media must be encrypted")
	_ = s
}

func TestOfferWithoutCryptoIsTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		l := &leg{s: s}
		s.board.Take(Arrival{ID: "c", Offer: []byte("no crypto"), Leg: l, Listen: l.listen})
		r := <-s.done
		want(t, r, NotAcceptable, "system")
		said(t, l, "refuse not_acceptable media must be encrypted")
	})
}

func TestNoPortLeft(t *testing.T) {
	_, l, r := story(t, func(s *stage) { s.deaf = errors.New("no port") }, nil)
	want(t, r, NoMedia, "system")
	said(t, l, "refuse no_media ")
}

func TestAgentsConnectionDiesAndTheCallerIsServedByAnother(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.step(policy.Together, 20*time.Second, "bo")
		s.phone("amy", answers(time.Second))
		s.phone("bo", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(20 * time.Second)
		s.phones["amy"].leaves()
		s.phones["amy"].now().says(LegEvent{Kind: FlowLost})
		time.Sleep(2 * time.Second)
		s.voice(1).tells(media.Event{Kind: media.Silent})
		time.Sleep(30 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "caller")
	said(t, l, "answer")
	said(t, s.phones["amy"].leg, "end unreachable")
	said(t, s.phones["bo"].leg, "end completed")
	if got := s.recs[0].marks; !slices.Equal(got, []string{"joined amy", "left amy", "joined bo"}) || len(s.recs) != 1 {
		t.Errorf("marks %q in %d recordings: the recording belongs to the conversation", got, len(s.recs))
	}
}

func TestAgentsPhoneComesBackInTime(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(20 * time.Second)
		s.phones["amy"].now().says(LegEvent{Kind: FlowLost})
		time.Sleep(29 * time.Second)
		s.phones["amy"].now().says(LegEvent{Kind: FlowBack})
		time.Sleep(60 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "caller")
	said(t, s.phones["amy"].leg, "end completed")
}

func TestCallerGoneWithoutBye(t *testing.T) {
	s, l, r := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(20 * time.Second)
		s.voice(0).tells(media.Event{Kind: media.Silent})
	})
	want(t, r, NoMedia, "caller")
	said(t, l, "answer", "end no_media")
	said(t, s.phones["amy"].leg, "end completed")
	if d := r.Ended.Sub(r.Arrived); d != 80*time.Second {
		t.Errorf("ended after %v, want a minute of silence", d)
	}
}

func TestACallerNeitherConnectedNorHeardIsNotHuntedFor(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 60*time.Second, "amy")
		s.phone("amy", ringsForEver)
	}, func(s *stage, l *leg) {
		time.Sleep(10 * time.Second)
		l.says(LegEvent{Kind: FlowLost})
		time.Sleep(5 * time.Second)
		s.voice(0).tells(media.Event{Kind: media.Silent})
	})
	want(t, r, NoMedia, "caller")
	said(t, s.phones["amy"].leg, "end caller_gone")
	if d := r.Ended.Sub(r.Arrived); d != 15*time.Second {
		t.Errorf("ended after %v, want as soon as it was both", d)
	}
}

func TestACallThatCannotBeRecordedGoesOn(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.noRec = errors.New("disk full")
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, hangsUpAfter(30*time.Second))
	want(t, r, Completed, "caller")
	if !s.happened(Unrecorded) || r.Recording != "" {
		t.Error("the story does not say that the call was unrecorded")
	}
}

func TestATalkingAgentIsWaitedForNotRung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.plan.Greeting, s.plan.Announce = "", ""
		s.step(policy.Together, 60*time.Second, "amy")
		amy := s.phone("amy", answers(time.Second))
		first := s.ring()
		time.Sleep(10 * time.Second)
		second := &leg{s: s, confirm: true}
		s.board.Take(Arrival{ID: "c2", Offer: []byte("offer"), Leg: second, Listen: second.listen})
		time.Sleep(10 * time.Second)
		if amy.timesRung() != 1 {
			t.Fatalf("Amy was rung %d times while she talks", amy.timesRung())
		}
		first.says(LegEvent{Kind: Ended, Cause: Completed})
		<-s.done
		time.Sleep(5 * time.Second)
		if amy.timesRung() != 2 {
			t.Fatalf("Amy came free and was rung %d times in all, want 2", amy.timesRung())
		}
		second.says(LegEvent{Kind: Ended, Cause: Completed})
		if r := <-s.done; !r.Served {
			t.Error("the second caller was not served")
		}
	})
}

func TestDigitsOfInfoAreRelayed(t *testing.T) {
	s, _, _ := story(t, func(s *stage) {
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(20 * time.Second)
		l.says(LegEvent{Kind: Digit, Digit: "5"})
		time.Sleep(time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	if string(s.voices[1].digits) != "5" {
		t.Errorf("Amy was sent %q, want the digit", s.voices[1].digits)
	}
	for _, e := range s.events {
		if e.Kind == Keyed && len(e.Data) != 0 {
			t.Errorf("the digit is in the story: %v", e.Data)
		}
	}
}

func TestDrainingEndsWhatDoesNotEndItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.step(policy.Together, 20*time.Second, "amy")
		s.phone("amy", answers(time.Second))
		l := s.ring()
		time.Sleep(30 * time.Second)
		ctx, cancel := timeout(5 * time.Minute)
		defer cancel()
		go s.board.Drain(ctx)
		time.Sleep(time.Second)
		late := &leg{s: s}
		s.board.Take(Arrival{ID: "late", Leg: late, Listen: late.listen})
		said(t, late, "refuse draining ")
		want(t, <-s.done, Draining, "system")
		said(t, l, "answer", "end draining")
	})
}

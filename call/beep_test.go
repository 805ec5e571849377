package call

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

const beepTime = 15 * time.Second

func init() { reel["beep"] = &media.Prompt{} }

// beeping is a conversation of a caller with Amy that a law wants beeped.
func beeping(t *testing.T, play func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.plan.Greeting, s.plan.Announce = "", ""
		s.plan.Consent.Beep = beepTime
		s.step(policy.Together, 60*time.Second, "amy")
		s.phone("amy", answers(time.Second))
		s.phone("bo", answers(time.Second))
		caller := s.ring()
		s.name(caller)
		time.Sleep(10 * time.Second)
		play(s)
		bye(caller)
		<-s.done
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, v := range s.voices {
			v.Quiet()
		}
	})
}

// beeps counts what the n-th voice heard of them.
func (s *stage) beeps(n int) (count int) {
	synctest.Wait()
	v := s.voice(n)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, name := range v.played {
		if name == "beep" {
			count++
		}
	}
	return count
}

func (s *stage) beeped(want ...int) {
	s.t.Helper()
	got := []int{}
	for n := range want {
		got = append(got, s.beeps(n))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("beeps %v, want %v", got, want)
	}
}

func TestWhileItIsRecordedEverybodyHearsABeep(t *testing.T) {
	beeping(t, func(s *stage) {
		time.Sleep(3 * beepTime)
		s.beeped(3, 3)
	})
}

func TestNobodyHearsABeepWhileNothingIsRecorded(t *testing.T) {
	beeping(t, func(s *stage) {
		s.must(Command{Do: PauseRecording, By: "amy", Reason: "card", For: time.Minute})
		time.Sleep(time.Minute - time.Second)
		s.beeped(0, 0)
		time.Sleep(beepTime + 2*time.Second)
		s.beeped(1, 1)
		s.must(Command{Do: DeclineRecording, By: "amy"})
		time.Sleep(10 * beepTime)
		s.beeped(1, 1)
	})
}

// Music on hold goes on, and what is spoken apart is not told to be recorded.
func TestABeepDisturbsNoMusic(t *testing.T) {
	beeping(t, func(s *stage) {
		s.must(Command{Do: HoldCaller})
		time.Sleep(2 * beepTime)
		s.ear(0, "music")
		s.must(Command{Do: ConsultThird, User: "bo"})
		time.Sleep(2 * beepTime)
		s.beeped(0, 0, 0)
		s.must(Command{Do: JoinAll})
		time.Sleep(beepTime)
		s.beeped(1, 1, 1)
	})
}

func TestNoBeepWhereNoLawAsksForOne(t *testing.T) {
	talk(t, func(s *stage, _, _ *leg) {
		time.Sleep(10 * time.Minute)
		s.beeped(0, 0)
	})
}

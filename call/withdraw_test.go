package call

import (
	"testing"
	"time"

	"nightbell/policy"
)

// What a revocation does to a call that waits, and what it must not do to one that is answered.

func TestARevokedAgentsPhoneFallsSilentAndTheNextRingsAtOnce(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 60*time.Second, "amy")
		s.step(policy.Together, 20*time.Second, "bo")
		s.phone("amy", ringsForEver)
		s.phone("bo", answers(2*time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(16 * time.Second) // greeting and announcement 6 s, Amy rings for 10
		s.phones["amy"].leaves()
		s.board.Withdraw(amyIsGone)
		time.Sleep(30 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "caller")
	said(t, s.phones["amy"].leg, "end not_ready")
	if got := r.Legs[2].Answered.Sub(r.Arrived); got != 18*time.Second {
		t.Errorf("Bo answered at %v, want 18s: nobody waits for a phone that was taken back", got)
	}
	if r.Legs[1].Cause != NotReady {
		t.Errorf("Amy's leg is filed as %q", r.Legs[1].Cause)
	}
}

func TestARevokedAgentAmongOthersLeavesThemRinging(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 60*time.Second, "amy", "bo")
		s.phone("amy", ringsForEver)
		s.phone("bo", answers(20*time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(16 * time.Second)
		s.phones["amy"].leaves()
		s.board.Withdraw(amyIsGone)
		time.Sleep(30 * time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "caller")
	said(t, s.phones["amy"].leg, "end not_ready")
	if n := s.phones["bo"].timesRung(); n != 1 || !r.Served {
		t.Errorf("Bo was rung %d times, served %v", n, r.Served)
	}
}

func TestAnAnswerThatCrossesARevocationIsNotTaken(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 60*time.Second, "amy")
		s.phone("amy", func(l *leg) {
			l.says(LegEvent{Kind: Ringing})
			time.Sleep(10 * time.Second)
			s.phones["amy"].leaves()
			s.board.Withdraw(amyIsGone)
			l.says(LegEvent{Kind: Answered, SDP: []byte("answer")})
		})
	}, nil)
	want(t, r, LastResort, "system")
	if r.Served {
		t.Error("a revoked agent was given the caller")
	}
	said(t, s.phones["amy"].leg, "end not_ready")
}

func TestARevocationNeverCutsAConversation(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step(policy.Together, 60*time.Second, "amy")
		s.phone("amy", answers(time.Second))
	}, func(s *stage, l *leg) {
		time.Sleep(20 * time.Second)
		s.phones["amy"].leaves()
		s.board.Withdraw(amyIsGone)
		time.Sleep(5 * time.Minute)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, Completed, "caller")
	said(t, s.phones["amy"].leg, "end completed")
	if d := r.Ended.Sub(r.Arrived); d != 5*time.Minute+20*time.Second {
		t.Errorf("the call ended after %v", d)
	}
}

func amyIsGone(clinic, user string) bool { return clinic == "harbor" && user == "amy" }

package call

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// Conversations on stage: lines outward, commands, guests, and who hears whom.

// lines stands for the trunks outward and for what numbers mean: three digits are an extension, the rest is outside.
type lines struct{ s *stage }

var extensions = map[string]string{"101": "amy", "102": "bo", "103": "carol", "104": "sue"}

func (x lines) Meaning(_ string, to phi.Phone) Target {
	n := to.Reveal()
	if user := extensions[n]; user != "" {
		return Target{Person: user, Users: []string{user}}
	}
	if len(n) > 3 {
		return Target{To: to}
	}
	return Target{}
}

func (x lines) Users(person string) []string { return []string{person} }

func (x lines) Profile(Dialling) (string, media.Profile, error) {
	return "carrier", media.Profile{}, x.s.noWay
}

func (x lines) Dial(_ context.Context, _ string, d Dialling, post func(LegEvent)) (Leg, error) {
	p := x.s.outside[d.To.Reveal()]
	if p == nil || p.script == nil {
		return nil, errors.New("no route")
	}
	l := p.rings()
	x.s.name(l)
	l.listen(post)
	go p.script(l)
	return l, nil
}

// line is somebody outside.
func (s *stage) line(number string, script func(*leg)) *phone {
	p := &phone{leg: &leg{s: s}, script: script}
	s.outside[number] = p
	return p
}

const lee = "+12125550177" // a clinician's telephone

// talk is a conversation of a caller with Amy, ready to be played with.
func talk(t *testing.T, play func(s *stage, caller, amy *leg)) (s *stage, r Record) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s = newStage(t)
		s.plan.Greeting, s.plan.Announce = "", ""
		s.step(policy.Together, 60*time.Second, "amy")
		for _, user := range []string{"amy", "bo", "carol", "sue"} {
			s.phone(user, answers(time.Second))
		}
		s.line(lee, answers(2*time.Second))
		caller := s.ring()
		s.name(caller)
		time.Sleep(10 * time.Second)
		play(s, caller, s.phones["amy"].now())
		if !s.happened(Finished) {
			caller.says(LegEvent{Kind: Ended, Cause: Completed})
		}
		r = <-s.done
		time.Sleep(time.Minute) // whoever is still to say something says it to nobody
		synctest.Wait()
		for _, v := range s.voices {
			v.Quiet()
		}
	})
	return s, r
}

// orders gives a command and waits until everything has come to rest.
func (s *stage) orders(cmd Command) error {
	ctx, cancel := timeout(time.Minute)
	defer cancel()
	err := s.board.Command(ctx, "c1", cmd)
	synctest.Wait()
	return err
}

func (s *stage) must(cmd Command) {
	s.t.Helper()
	if err := s.orders(cmd); err != nil {
		s.t.Errorf("%s: %v", cmd.Do, err)
	}
}

func (s *stage) mustNot(cmd Command, word UnfitWord) {
	s.t.Helper()
	err := s.orders(cmd)
	if not := (*Unfit)(nil); !errors.As(err, &not) || not.Word != word {
		s.t.Errorf("%s: %v, want %s", cmd.Do, err, word)
	}
}

// hears says whom the n-th voice hears, by number, and what plays to it.
func (s *stage) hears(n int) (whom []int, plays string) {
	synctest.Wait()
	v := s.voice(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sound.mu.Lock()
	defer s.sound.mu.Unlock()
	for _, source := range s.sound.hears[v] {
		whom = append(whom, slices.Index(s.voices, source.(*voice)))
	}
	slices.Sort(whom)
	return whom, v.now()
}

// ear asserts what a party hears: whom, by number of their voices, and what plays.
func (s *stage) ear(n int, plays string, whom ...int) {
	s.t.Helper()
	got, now := s.hears(n)
	if !slices.Equal(got, whom) || now != plays {
		s.t.Errorf("voice %d hears %v and %q, want %v and %q", n, got, now, whom, plays)
	}
}

// view is the only call's.
func (s *stage) view() View {
	synctest.Wait()
	return s.board.Live()[0]
}

// free asserts that nobody is taken for busy, and nobody parked, when everything is over.
func (s *stage) allFree() {
	s.t.Helper()
	s.board.mu.Lock()
	defer s.board.mu.Unlock()
	if len(s.board.busy) != 0 || len(s.board.slots) != 0 {
		s.t.Errorf("busy %d, slots %d after the end", len(s.board.busy), len(s.board.slots))
	}
}

func bye(l *leg) { l.says(LegEvent{Kind: Ended, Cause: Completed}) }

func refers(l *leg, to, replaces string) {
	r := &Referral{Replaces: replaces}
	if to != "" {
		r.To = phi.NewPhone(to)
	}
	l.says(LegEvent{Kind: Referred, Refer: r})
}

func phoneOf(n string) phi.Phone { return phi.NewPhone(n) }

// talkUnder is talk where a consent rule stands, and where whispers and consults are recorded.
func talkUnder(t *testing.T, rule policy.ConsentRule, play func(*stage)) (s *stage, r Record) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s = newStage(t)
		s.plan.Greeting, s.plan.Announce = "", ""
		s.plan.Consent.Rule = rule
		s.plan.Patch = &policy.PatchPlan{Patch: policy.Patch{Record: true, WhisperKept: true}}
		s.step(policy.Together, 60*time.Second, "amy")
		for _, user := range []string{"amy", "bo", "sue"} {
			s.phone(user, answers(time.Second))
		}
		caller := s.ring()
		time.Sleep(20 * time.Second)
		play(s)
		bye(caller)
		r = <-s.done
		time.Sleep(time.Minute) // whoever is still to say something says it to nobody
		synctest.Wait()
		for _, v := range s.voices {
			v.Quiet()
		}
	})
	return s, r
}

func (v *voice) hides() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.hidden }

// many is a small count, or the full one of a soak.
func many(small int) int {
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		return 10000
	}
	return small
}

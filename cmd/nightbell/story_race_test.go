//go:build stories

package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// racer is a phone that answers when it is told, and says how its call ended.
type racer struct {
	sound *mediatest.Peer
	rings chan *siptest.Dialog
}

func (s *stand) racer(ctx context.Context, user string) *racer {
	s.t.Helper()
	r := &racer{sound: s.sound(mediatest.Options{}), rings: make(chan *siptest.Dialog, 4)}
	s.phone(ctx, user, s.secret(user), func(d *siptest.Dialog) {
		_ = d.Ring(nil)
		r.rings <- d
	})
	return r
}

// answer answers once start is closed; the channel is closed when the phone is free again.
func (r *racer) answer(ctx context.Context, d *siptest.Dialog, start <-chan struct{}) <-chan struct{} {
	free := make(chan struct{})
	sdp, err := r.sound.Answer(d.Invite().SDP)
	go func() {
		<-start
		if err == nil {
			err = d.Answer(sdp)
		}
		if errors.Is(err, siptest.ErrCancelled) {
			close(free)
			return
		}
		if _, err := d.Wait(ctx, "BYE"); err == nil {
			close(free)
		}
	}()
	return free
}

// finish waits for a channel within the story's time.
func finish(ctx context.Context, what <-chan struct{}) bool {
	select {
	case <-what:
		return true
	case <-ctx.Done():
		return false
	}
}

// rounds is how often a race is run.
func rounds() int {
	if soak() {
		return 10000
	}
	return 100
}

// raceTime bounds one race's series; every round has a bound of its own.
func raceTime(t *testing.T) context.Context {
	if soak() {
		return storyTime(t, 40*time.Minute)
	}
	return storyTime(t, 2*time.Minute)
}

func TestStoryTwoAnswerInTheSameMoment(t *testing.T) {
	ctx := raceTime(t)
	s := callStand(t, "talk +12125550114 at_once amy,bo:30", "late +12125550115 when_agent_answers amy,bo:30")
	amy, bo := s.racer(ctx, "amy"), s.racer(ctx, "bo")
	carrier := s.carrier(ctx)
	caller := s.sound(mediatest.Options{})
	wrong := map[string]int{}
	for i := range rounds() {
		if what := oneWinner(ctx, t, carrier, caller, fmt.Sprintf("+1212555011%d", 4+i%2), amy, bo); what != "" {
			wrong[what]++
		}
	}
	if len(wrong) > 0 {
		t.Errorf("wrong of %d: %v", rounds(), wrong)
	}
	s.quiet(ctx)
}

// oneWinner lets both phones answer at once and says what was wrong.
func oneWinner(ctx context.Context, t *testing.T, c *siptest.Carrier, sound *mediatest.Peer, number string, amy, bo *racer) string {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	offer, err := sound.Offer()
	fail(t, err)
	d, err := c.Call(ctx, number, "+12125550155", offer)
	fail(t, err)
	start := make(chan struct{})
	a, b := amy.answer(ctx, rang(ctx, t, amy.rings), start), bo.answer(ctx, rang(ctx, t, bo.rings), start)
	close(start)
	if _, err := d.Wait(ctx, "200"); err != nil {
		return "the caller was not answered"
	}
	winner := b
	select {
	case <-a:
	case <-b:
		winner = a
	case <-ctx.Done():
		return "both are in the call"
	}
	select {
	case <-winner:
		return "both were let go"
	default:
	}
	if err := d.Bye(ctx); err != nil {
		return "BYE"
	}
	if !finish(ctx, winner) {
		return "the winner stays behind"
	}
	return ""
}

func TestStoryCancelCrossesTheAnswer(t *testing.T) {
	ctx := raceTime(t)
	s := callStand(t, "talk +12125550114 when_agent_answers amy:30")
	amy := s.racer(ctx, "amy")
	carrier := s.carrier(ctx)
	caller := s.sound(mediatest.Options{})
	got := map[string]int{}
	for range rounds() {
		got[crossing(ctx, t, carrier, caller, amy)]++
	}
	if n := got["200"] + got["487"]; n != rounds() {
		t.Errorf("wrong: %v", got)
	}
	s.quiet(ctx)
	if alarms := s.troubles(); s.metric("nightbell_sip_panics_total") != 0 || len(alarms) != 0 {
		t.Error("something went wrong within: ", alarms)
	}
	t.Logf("%v", got)
}

// crossing cancels and answers in the same moment, and gives the caller's final answer, or what was wrong.
func crossing(ctx context.Context, t *testing.T, c *siptest.Carrier, sound *mediatest.Peer, amy *racer) string {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	offer, err := sound.Offer()
	fail(t, err)
	d, err := c.Call(ctx, "+12125550114", "+12125550155", offer)
	fail(t, err)
	start := make(chan struct{})
	free := amy.answer(ctx, rang(ctx, t, amy.rings), start)
	close(start)
	fail(t, d.Cancel(ctx))
	e, err := d.Wait(ctx, "200", "487")
	if err != nil {
		return "no final answer"
	}
	if e.Word == "200" && d.Bye(ctx) != nil {
		return "BYE"
	}
	if !finish(ctx, free) {
		return "the phone stays behind after " + e.Word
	}
	return e.Word
}

// TestStoryWhoIsGoneIsNotWaitedFor is everything that takes half a minute by its nature, at once.
func TestStoryWhoIsGoneIsNotWaitedFor(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := callStand(t, "mute +12125550110 at_once gus:60", "lost +12125550111 at_once amy:30 bo:30",
		"passed +12125550112 at_once carol:60 dora:60", "talk +12125550113 at_once eve:30")
	carrier := s.carrier(ctx)

	_, gus := s.ringing(ctx, "gus", s.secret("gus"))
	mute := s.sound(mediatest.Options{})
	offer, err := mute.Offer()
	fail(t, err)
	unheard, err := carrier.CallWithoutAck("+12125550110", "+12125550155", offer)
	fail(t, err)

	phone, carol := s.ringing(ctx, "carol", s.secret("carol"))
	dora := s.answering(ctx, "dora")
	passed := s.call(ctx, carrier, "+12125550112")
	rang(ctx, t, carol)
	phone.Cut()
	heardEach(ctx, t, "carol's connection was cut while it rang", passed, next(ctx, t, dora))
	fail(t, passed.dialog.Bye(ctx))

	gone := s.trunk(ctx, "carrier", siptest.Options{From: "127.0.0.77"}) // goes without a word, connection and all
	eve := s.answering(ctx, "eve")
	silent := s.call(ctx, gone, "+12125550113")
	left := next(ctx, t, eve)
	silent.sound.Mute()
	gone.Cut()

	desk, amy := s.ringing(ctx, "amy", s.secret("amy"))
	bo := s.answering(ctx, "bo")
	caller := s.call(ctx, carrier, "+12125550111")
	agent := s.pickUp(rang(ctx, t, amy), mediatest.Options{})
	heardEach(ctx, t, "before the cut", caller, agent)
	since := time.Now()
	desk.Cut()
	agent.sound.Mute()
	second := next(ctx, t, bo)
	heardEach(ctx, t, "served by another", caller, second)
	tells(t, "while nobody was there", caller.sound.Heard(since), "please_hold")
	fail(t, caller.dialog.Bye(ctx))

	left.word(ctx, "BYE")
	if _, err := unheard.Wait(ctx, "BYE"); err != nil {
		t.Error("a 200 that nobody acknowledged: ", err)
	}
	if n := len(gus); n > 0 {
		t.Errorf("%d phones rang for a caller who was never there", n)
	}
	s.quiet(ctx)
}

//go:build stories

package main

import (
	"testing"
	"time"

	"nightbell/media/mediatest"
)

// An agent's phone hands a caller on by REFER. The caller moves and hears who took her; the agent's phone is told and let
// go; a target that is busy gives the caller back to the same leg.
func TestStoryAPhoneTransfersByRefer(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20 bo:20 carol:20")
	amys, bos := s.answering(ctx, "amy"), s.answering(ctx, "bo")
	s.refusing(ctx, "carol", 486)
	caller, agent := s.talking(ctx, s.carrier(ctx), amys)
	id := s.bridged(ctx)
	caller.sound.Speak(mediatest.Caller())
	agent.sound.Speak(mediatest.Agent())

	if code, err := agent.dialog.Refer(ctx, "<sip:carol@nightbell>"); err != nil || code != 202 {
		t.Fatalf("REFER: %d, %v", code, err)
	}
	until(ctx, t, "the failed transfer", func() bool { return s.happened(id, "line_closed") == 1 })
	heardEach(ctx, t, "after a busy target", caller, agent)

	if code, err := agent.dialog.Refer(ctx, "<sip:bo@nightbell>"); err != nil || code != 202 {
		t.Fatalf("REFER: %d, %v", code, err)
	}
	bo := next(ctx, t, bos)
	bo.sound.Speak(mediatest.Agent())
	agent.word(ctx, "BYE")
	heardEach(ctx, t, "after the transfer", caller, bo)
	fail(t, bo.dialog.Bye(ctx))
	caller.word(ctx, "BYE")
	s.quiet(ctx)
	if n := s.happened(id, "transferred"); n != 1 {
		t.Errorf("the story tells %d transfers", n)
	}
}

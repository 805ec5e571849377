//go:build stories

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A caller and an agent talk, another caller waits for her; the server is killed and started again. Their sound goes on by
// itself, on the same ports and keys; their dialogs go on when trunk and phone have connected again; what they say is in the
// next part of the recording. Who waited hears a word and is served by the agent when she is free.
func TestStoryCallsOutliveAKill(t *testing.T) {
	s := newStand(t, onlyAmy)
	secret := s.secret("amy")
	s.serve()
	ctx := storyTime(t, 90*time.Second)
	taken := make(chan *talk, 16)
	s.answeringInto(ctx, "amy", secret, taken)
	talking := s.call(ctx, s.carrier(ctx), "+12125550100")
	agent := next(ctx, t, taken)
	id := s.bridged(ctx)
	heardEach(ctx, t, "before", talking, agent)
	waiting := s.call(ctx, s.carrier(ctx), "+12125550100")
	s.writtenDown(ctx, 2)

	s.srv.kill()
	s.serve()
	heardEach(ctx, t, "while nobody has connected", talking, agent)
	trunk := s.carrier(ctx)
	trunk.Adopt(talking.dialog)
	trunk.Adopt(waiting.dialog)
	if code, err := talking.dialog.Update(ctx, nil); err != nil || code != 200 {
		t.Fatalf("UPDATE of a caller who was taken up: %d, %v", code, err)
	}
	phone := s.answeringInto(ctx, "amy", secret, taken)
	phone.Adopt(agent.dialog)
	heardEach(ctx, t, "after", talking, agent)
	fail(t, agent.dialog.Bye(ctx))
	talking.word(ctx, "BYE")
	second := next(ctx, t, taken)
	heardEach(ctx, t, "who waited", waiting, second)
	fail(t, waiting.dialog.Bye(ctx))
	second.word(ctx, "BYE")
	s.quiet(ctx)
	if s.happened(id, "revived") != 1 {
		t.Error("its story does not say that it was taken up")
	}
	until(ctx, t, "two parts of the recording", func() bool {
		var states []string
		for _, r := range (&victim{stand: s}).recordings(id) {
			states = append(states, r.State)
		}
		slices.Sort(states)
		return slices.Equal(states, []string{"final", "recovered"})
	})
}

// writtenDown waits until so many running calls stand where a kill leaves them, and nothing about them is on its way.
func (s *stand) writtenDown(ctx context.Context, calls int) {
	s.t.Helper()
	cfg := Config{Dir: s.dir}
	folder, err := cfg.survivalFolder()
	fail(s.t, err)
	until(ctx, s.t, "the running calls are not written down", func() bool {
		names, _ := filepath.Glob(filepath.Join(folder, keptPrefix+"*"))
		for _, name := range names {
			if at, err := os.Stat(name); err != nil || time.Since(at.ModTime()) < 3*keptPatience {
				return false
			}
		}
		return len(names) == calls
	})
}

// keptPatience is longer than a change waits before it is written down.
const keptPatience = 300 * time.Millisecond

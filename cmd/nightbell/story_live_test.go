//go:build stories

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"nightbell/console"
)

// following is a terminal on which somebody watches.
type following struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (f *following) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(b)
}

func (f *following) says(words string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(f.text.String(), words)
}

// follows runs a command of a person until the test is over.
func (s *stand) follows(ctx context.Context, person string, args ...string) *following {
	s.t.Helper()
	f := &following{}
	cmd := exec.CommandContext(ctx, program(s.t), append(args, "--dir", s.dir)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(cmd.Environ(), "NIGHTBELL_LOGIN="+s.fresh(person)), f, f
	fail(s.t, cmd.Start())
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return f
}

// asPerson is ask for what somebody may see.
func (s *stand) asPerson(person string, into any, args ...string) {
	s.t.Helper()
	out, errs, code := s.runAs(s.fresh(person), "", append(args, "--json")...)
	if code != 0 {
		s.t.Fatalf("nightbell %v: exit %d\n%s%s", args, code, out, errs)
	}
	fail(s.t, json.Unmarshal([]byte(out), into))
}

// A supervisor watches a call come, holds it, ends it; a caller who hangs up stands in the ledger until somebody has seen to
// her by name, and nobody's number is on any screen.
func TestStoryTheFloorIsWatchedAndEveryCallerAccountedFor(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	amy := s.answering(ctx, "amy")
	carrier := s.carrier(ctx)
	screen := s.follows(ctx, "sue", "calls", "live", "--watch", "--json")
	until(ctx, t, "the snapshot", func() bool { return screen.says(`"event":"reset"`) })

	caller, agent := s.talking(ctx, carrier, amy)
	until(ctx, t, "the conversation on the screen", func() bool { return screen.says(`"state":"talking"`) })
	var live console.Live
	s.ask(&live, "calls", "live")
	if len(live.Calls) != 1 || live.Calls[0].Agent == "" {
		t.Fatalf("%+v", live)
	}
	id := live.Calls[0].ID
	for _, do := range [][]string{{"hold"}, {"resume"}} {
		if out, errs, code := s.runAs(s.fresh("sue"), "", "calls", do[0], id); code != 0 {
			t.Errorf("%v: %d %s%s", do, code, out, errs)
		}
	}
	if _, errs, code := s.run("calls", "hold", id); code == 0 || !strings.Contains(errs, "who is in the call") {
		t.Errorf("the operator holds a caller: %d %s", code, errs)
	}
	if _, _, code := s.runAs(s.fresh("sue"), "", "calls", "hang-up", id); code != 0 {
		t.Error("she cannot end it")
	}
	caller.word(ctx, "BYE")
	agent.word(ctx, "BYE")
	until(ctx, t, "the end on the screen", func() bool { return screen.says(`"state":"over"`) })

	s.must("agents", "pause", "amy")
	gone := s.call(ctx, carrier, "+12125550114")
	fail(t, gone.dialog.Bye(ctx))
	s.quiet(ctx)
	var list unservedJSON
	until(ctx, t, "the caller in the ledger", func() bool {
		s.asPerson("sue", &list, "callers")
		return len(list.Items) == 1
	})
	if u := list.Items[0]; u.Why == "" || u.Caller == "" || u.State != "open" {
		t.Errorf("%+v", u)
	}
	for _, args := range [][]string{{"take", list.Items[0].Call}, {"write-off", list.Items[0].Call, "--reason", "rang by mistake, said so"}} {
		if out, errs, code := s.runAs(s.fresh("sue"), "", append([]string{"callers"}, args...)...); code != 0 {
			t.Errorf("%v: %s%s", args, out, errs)
		}
	}
	s.asPerson("sue", &list, "callers", "--all")
	if u := list.Items[0]; u.State != "written_off" || u.SettledBy != "sue" || u.Owner != "sue" {
		t.Errorf("%+v", u)
	}
	if screen.says("5550") {
		t.Error("a number is on the screen")
	}
}

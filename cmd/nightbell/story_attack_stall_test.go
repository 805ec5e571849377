//go:build stories

package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nightbell/console"
)

// Everything that takes the log is stuck at once: the receiver of syslog holds its connection and reads nothing, and the disk is
// full to the last byte. People who read patients' data are refused, each time with 503; callers and the agent notice nothing.
// Once there is room and the receiver reads again, nothing of it is missing, at home or there.
func TestStoryStalledSyslogAndFullDiskCostNoCall(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	dir := filepath.Join(t.TempDir(), "data")
	smallDisk(t, dir, "96m")
	s := newStandAt(t, dir, onlyAmy)
	r := s.rsyslog()
	r.start()
	s.serve()
	secret, carrier, voice := s.secret("amy"), s.carrier(ctx), newCounter(60*time.Second)
	taken := s.answeringWith(ctx, "amy", secret)
	place := func() *talk { return s.call(ctx, carrier, demoNumber) }
	first := s.conversation(ctx, place, taken, voice)
	s.login("sue")
	reserve := filepath.Join(dir, "reserve")
	held := func() bool { _, err := os.Stat(reserve); return err == nil }
	until(ctx, t, "no room is kept back", held)
	size := func() int64 {
		var v struct{ Size int64 }
		s.ask(&v, "audit", "checkpoint")
		return v.Size
	}
	until(ctx, t, "leaves did not arrive", func() bool { return r.holds(size()) })

	fail(t, r.proc.cmd.Process.Signal(syscall.SIGSTOP))
	fill(t, dir, 0)
	until(ctx, t, "the room kept back is not given up", func() bool { return !held() })
	id := s.fullUntilRefused(ctx, dir)
	refused := s.everyReadRefused(ctx, id)
	first.goesOn(ctx, voice, time.Second) // a call in progress
	fail(t, first.caller.dialog.Bye(ctx))
	second := s.conversation(ctx, place, taken, voice) // and a new one
	second.goesOn(ctx, voice, time.Second)
	fail(t, second.caller.dialog.Bye(ctx))
	s.alarmed(ctx, "journal_spools", true)
	t.Logf("%d reads refused while the log stood still", refused)

	fail(t, os.Remove(filepath.Join(dir, "filler")))
	fail(t, r.proc.cmd.Process.Signal(syscall.SIGCONT))
	s.srv.await("over=journal_merged", 30*time.Second)
	for _, row := range s.callsInOrder(ctx, 2) {
		if row.Outcome != "completed" || !row.Served {
			t.Errorf("filed as %+v", row)
		}
	}
	s.must("calls", "show", id, "--reveal", "--reason", "call back")
	s.must("audit", "verify")
	until(ctx, t, "leaves are missing at the receiver", func() bool { return r.holds(size()) })
}

// fullUntilRefused takes the last room until the log takes nothing more, and gives a call's id.
func (s *stand) fullUntilRefused(ctx context.Context, dir string) string {
	s.t.Helper()
	var v struct{ Items []callRow }
	s.ask(&v, "calls", "list")
	until(ctx, s.t, "a full disk refuses nobody", func() bool {
		fill(s.t, dir, 0)
		_, errs, code := s.run("calls", "list")
		if code != 0 && !strings.Contains(errs, "audit") {
			s.t.Errorf("refused with %q", errs)
		}
		return code != 0
	})
	return v.Items[0].ID
}

// everyReadRefused lets eight terminals read at once; each answer must be 503, and none may hold the number.
func (s *stand) everyReadRefused(ctx context.Context, id string) (refused int) {
	s.t.Helper()
	var mu sync.Mutex
	var reading sync.WaitGroup
	for range 8 {
		api := s.as("sue")
		reading.Go(func() {
			defer func() { _ = api.close() }()
			for range 5 {
				var v struct{ From string }
				err := api.ask(ctx, "POST", "/api/v1/calls/"+id+"/reveal", map[string]string{"reason": "call back"}, &v)
				var p *console.Problem
				if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || v.From != "" {
					s.t.Errorf("a read that nobody remembers: %v, %q", err, v.From)
				}
				mu.Lock()
				refused++
				mu.Unlock()
			}
		})
	}
	reading.Wait()
	return refused
}

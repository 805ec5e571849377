//go:build stories

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a memory filesystem over a folder, in this test's own namespace.
func smallDisk(t *testing.T, dir, size string) {
	t.Helper()
	fail(t, os.MkdirAll(dir, 0o700))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=0700,size="+size, "nightbell-story", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill takes all but the last left bytes of a disk.
func fill(t *testing.T, dir string, left uint64) (filler string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "filler"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	fail(t, err)
	defer f.Close()
	page := make([]byte, 4096)
	for {
		var s syscall.Statfs_t
		fail(t, syscall.Statfs(dir, &s))
		if s.Bavail*uint64(s.Bsize) <= left {
			return f.Name()
		}
		if _, err := f.Write(page); errors.Is(err, syscall.ENOSPC) {
			return f.Name()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// alarms are what the running server says of itself.
func (s *stand) alarms() []string {
	s.t.Helper()
	api := dialControl(filepath.Join(s.dir, "control.sock"))
	defer func() { _ = api.close() }()
	var live struct{ Alarms []string }
	fail(s.t, api.ask(s.t.Context(), "GET", "/api/v1/live", nil, &live))
	return live.Alarms
}

// alarmed waits until an alarm of that name stands, or none does.
func (s *stand) alarmed(ctx context.Context, name string, want bool) {
	s.t.Helper()
	until(ctx, s.t, "alarm "+name+" did not change", func() bool {
		return slices.ContainsFunc(s.alarms(), func(a string) bool { return strings.HasPrefix(a, name+":") }) == want
	})
}

// conversation is a bridged call in which both speak.
type conversation struct {
	caller, agent *talk
	began         time.Time
}

func (s *stand) conversation(ctx context.Context, place func() *talk, taken <-chan *talk, voice counter) conversation {
	s.t.Helper()
	c := conversation{caller: place()}
	c.agent = next(ctx, s.t, taken)
	c.agent.sound.Speak(voice.sound)
	c.began = c.caller.sound.Speak(voice.sound)
	fail(s.t, c.agent.sound.AwaitSound(ctx, c.began, time.Second))
	return c
}

// goesOn fails unless both still hear each other, for that long.
func (c conversation) goesOn(ctx context.Context, voice counter, d time.Duration) {
	t := c.caller.t
	t.Helper()
	since := time.Now()
	for _, ear := range []*talk{c.caller, c.agent} {
		fail(t, ear.sound.AwaitSound(ctx, since, d))
		if _, ok := voice.end(ear.sound.Heard(since)[:int(d.Seconds()*callRate)]); !ok {
			t.Error("the call went on, and somebody heard something else than the other said")
		}
	}
}

// reasonsOf lists why a call was not recorded.
func (s *stand) reasonsOf(id string) (why []string) {
	s.t.Helper()
	var v struct {
		Events []struct {
			Kind string
			Data map[string]string
		}
	}
	s.ask(&v, "calls", "show", id)
	for _, e := range v.Events {
		if e.Kind == "unrecorded" {
			why = append(why, e.Data["reason"])
		}
	}
	return why
}

// The recordings' disk runs full in the middle of a call. The call goes on and says that it is not recorded any more;
// what was sealed before verifies; there is an alarm; with room again everything is as before.
func TestStoryFullDiskCostsNoCall(t *testing.T) {
	ctx := storyTime(t, time.Minute)
	s := newStand(t, onlyAmy)
	disk := filepath.Join(s.dir, "recordings")
	smallDisk(t, disk, "4m")
	s.serve()
	taken, carrier, voice := s.answering(ctx, "amy"), s.carrier(ctx), newCounter(60*time.Second)
	place := func() *talk { return s.call(ctx, carrier, "+12125550100") }

	first := s.conversation(ctx, place, taken, voice)
	first.goesOn(ctx, voice, 1500*time.Millisecond)
	said := time.Since(first.began)
	filler := fill(t, disk, 0)
	s.alarmed(ctx, "disk", true)
	first.goesOn(ctx, voice, 1500*time.Millisecond)
	fail(t, first.caller.dialog.Bye(ctx))
	second := s.conversation(ctx, place, taken, voice) // comes while there is no room at all
	second.goesOn(ctx, voice, time.Second)
	fail(t, second.caller.dialog.Bye(ctx))
	s.callsInOrder(ctx, 2)
	fail(t, os.Remove(filler))
	s.alarmed(ctx, "disk", false)
	calls := s.callsInOrder(ctx, 2)
	if why := s.reasonsOf(calls[1].ID); len(why) == 0 || why[0] != "disk_full" && why[0] != "disk_low" {
		t.Errorf("first call: unrecorded because of %v", why)
	}
	if why := s.reasonsOf(calls[0].ID); !slices.Equal(why, []string{"disk_low"}) || calls[0].Recording != "" {
		t.Errorf("second call: unrecorded because of %v, recording %q", why, calls[0].Recording)
	}
	s.keptUpTo(ctx, calls[1].Recording, voice, said)

	third := s.conversation(ctx, place, taken, voice) // there is room: recorded again, until less than a twentieth is left
	third.goesOn(ctx, voice, 1500*time.Millisecond)
	said = time.Since(third.began)
	filler = fill(t, disk, 4<<20*3/100)
	s.alarmed(ctx, "disk", true)
	fail(t, third.caller.dialog.Bye(ctx))
	row := s.callsInOrder(ctx, 3)[0]
	if why := s.reasonsOf(row.ID); !slices.Equal(why, []string{"disk_low"}) {
		t.Errorf("third call: unrecorded because of %v", why)
	}
	s.keptUpTo(ctx, row.Recording, voice, said)
	if kept := s.recordings(row.ID)[0]; kept.State != "aborted" || kept.Reason != "disk_low" {
		t.Errorf("third recording: %+v", kept)
	}
	fail(t, os.Remove(filler))
	s.alarmed(ctx, "disk", false)
	s.must("recordings", "verify")
	s.must("audit", "verify")
}

// callsInOrder waits until so many calls are over and gives them, newest first.
func (s *stand) callsInOrder(ctx context.Context, n int) []callRow {
	s.t.Helper()
	var v struct{ Items []callRow }
	until(ctx, s.t, "the calls were not filed", func() bool {
		s.ask(&v, "calls", "list")
		return len(v.Items) >= n && !slices.ContainsFunc(v.Items, func(c callRow) bool { return c.Ended.IsZero() })
	})
	return v.Items
}

// keptUpTo fails unless a recording verifies and holds all but the last 1.2 s of what was said until the disk was full.
func (s *stand) keptUpTo(ctx context.Context, id string, voice counter, said time.Duration) {
	s.t.Helper()
	wav := s.export(ctx, id)
	s.must("recordings", "verify", id)
	for channel := range 2 {
		end, ok := voice.end(soundOfWAV(s.t, wav, channel))
		if lost := said - time.Duration(end)*time.Second/callRate; !ok || lost > mostLost {
			s.t.Errorf("channel %d: ends at sample %d of what was said until %v", channel, end, said)
		}
	}
}

// The disk of the whole data folder is full, the room kept back is used up too. Reading the history is refused, calls are
// taken and go on, their story waits in the spool, and the server says so. With room again nothing is missing.
func TestStoryFullDataFolderCostsNoCall(t *testing.T) {
	ctx := storyTime(t, time.Minute)
	dir := filepath.Join(t.TempDir(), "data")
	smallDisk(t, dir, "88m")
	s := newStandAt(t, dir, onlyAmy)
	s.serve()
	secret, carrier, voice := s.secret("amy"), s.carrier(ctx), newCounter(60*time.Second)
	taken := s.answeringWith(ctx, "amy", secret)
	place := func() *talk { return s.call(ctx, carrier, "+12125550100") }
	reserve := filepath.Join(dir, "reserve")
	held := func() bool { _, err := os.Stat(reserve); return err == nil }
	until(ctx, t, "no room is kept back", held)
	s.metric("nightbell_calls") // its token is made while there is room

	fill(t, dir, 0)
	until(ctx, t, "the room kept back is not given up", func() bool { return !held() })
	s.alarmed(ctx, "reserve", true)
	s.must("calls", "list") // that room is for the database: reading is still audited, so still allowed
	for refused := false; !refused; {
		fill(t, dir, 0)
		_, errs, code := s.run("calls", "list")
		if refused = code != 0; refused && !strings.Contains(errs, "audit") {
			t.Errorf("refused with %q", errs)
		}
	}
	c := s.conversation(ctx, place, taken, voice)
	c.goesOn(ctx, voice, time.Second)
	s.srv.await("trouble=journal_spools", 30*time.Second)
	s.alarmed(ctx, "journal_spools", true)
	fail(t, c.caller.dialog.Bye(ctx))

	until(ctx, t, "the call's end did not reach the spool", func() bool {
		return s.metric("nightbell_calls") == 0 && s.metric("nightbell_journal_waiting") == 0
	})
	s.srv.kill() // not even a start needs room
	fill(t, dir, 0)
	s.serve()
	taken, carrier = s.answeringWith(ctx, "amy", secret), s.carrier(ctx)
	c = s.conversation(ctx, place, taken, voice)
	c.goesOn(ctx, voice, time.Second)
	fail(t, c.caller.dialog.Bye(ctx))

	fail(t, os.Remove(filepath.Join(dir, "filler")))
	s.srv.await("over=journal_merged", 30*time.Second)
	for _, alarm := range []string{"journal_spools", "reserve", "disk"} {
		s.alarmed(ctx, alarm, false)
	}
	for _, row := range s.callsInOrder(ctx, 2) {
		if row.Outcome != "completed" || !row.Served {
			t.Errorf("filed as %+v", row)
		}
	}
	until(ctx, t, "room is not kept back again", held)
	s.must("audit", "verify")
	if n := s.metric("nightbell_journal_lost_total"); n != 0 {
		t.Errorf("%v entries lost", n)
	}
}

//go:build stories

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lock is another process that holds the database: the sqlite3 command in the middle of a transaction.
type lock struct {
	t   *testing.T
	cli *process
	in  io.WriteCloser
}

func (s *stand) lock() *lock {
	s.t.Helper()
	cmd := exec.Command("sqlite3", databasePath(s.dir))
	in, err := cmd.StdinPipe()
	fail(s.t, err)
	l := &lock{s.t, start(s.t, cmd), in}
	fmt.Fprint(in, ".timeout 10000\nBEGIN IMMEDIATE;\nSELECT 'he' || 'ld';\n")
	l.cli.await("held", 15*time.Second)
	return l
}

// release gives the database back, unchanged.
func (l *lock) release() {
	l.t.Helper()
	fmt.Fprint(l.in, "ROLLBACK;\n")
	_ = l.in.Close()
	<-l.cli.gone
}

// lockedTalk is how long a call lasts that lives its whole life while the database is locked: longer than a recording
// waits for its row. The thirty seconds are the soak's.
func lockedTalk() time.Duration {
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		return 30 * time.Second
	}
	return 4 * time.Second
}

// Another process holds the database while a phone registers and a call arrives, is answered, talks, is recorded and
// ends. Nothing is lost: the recording's row is adopted, the events are merged and marked late, the alarm comes and goes.
func TestStoryLockedDatabaseLosesNothing(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	s := newStand(t, onlyAmy)
	s.serve()
	taken, carrier, voice, bo := s.answering(ctx, "amy"), s.carrier(ctx), newCounter(60*time.Second), s.secret("bo")
	place := func() *talk { return s.call(ctx, carrier, "+12125550100") }

	held := s.lock()
	s.answeringWith(ctx, "bo", bo)
	c := s.conversation(ctx, place, taken, voice)
	s.alarmed(ctx, "journal_spools", true)
	c.goesOn(ctx, voice, lockedTalk())
	s.srv.await("row waits beside its file", 10*time.Second)
	said := time.Since(c.began)
	fail(t, c.caller.dialog.Bye(ctx))
	if _, errs, code := s.run("calls", "list"); code == 0 || !strings.Contains(errs, "audit") {
		t.Errorf("reading while nothing can be audited: exit %d, %s", code, errs)
	}
	held.release()
	s.srv.await("over=journal_merged", 30*time.Second)
	s.alarmed(ctx, "journal_spools", false)

	row := s.callsInOrder(ctx, 1)[0]
	if row.Outcome != "completed" || row.By != "caller" || !row.Served {
		t.Errorf("filed as %+v", row)
	}
	for _, kind := range []string{"arrived", "planned", "rang", "bridged", "recording", "finished"} {
		if s.happened(row.ID, kind) == 0 {
			t.Errorf("no event %s", kind)
		}
	}
	s.keptUpTo(ctx, row.Recording, voice, said)
	if kept := s.recordings(row.ID); len(kept) != 1 || kept[0].State != "final" {
		t.Errorf("recording: %+v", kept)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "recordings", "*", "*.row")); len(left) > 0 {
		t.Errorf("rows still beside their files: %v", left)
	}
	s.remembersLate(ctx, "call:"+row.ID, "call.ended")
	s.remembersLate(ctx, "device:bo", "device.registered")
	s.must("audit", "verify")
	if n := s.metric("nightbell_journal_lost_total"); n != 0 {
		t.Errorf("%v entries lost", n)
	}
}

// remembersLate waits until the audit log holds an action on an object, marked as remembered late.
func (s *stand) remembersLate(ctx context.Context, object, action string) {
	s.t.Helper()
	until(ctx, s.t, "no late "+action+" of "+object, func() bool {
		var page struct{ Items []struct{ Late bool } }
		s.ask(&page, "audit", "list", "--object", object, "--action", action)
		return len(page.Items) == 1 && page.Items[0].Late
	})
}

// The server is killed while the database is locked: the call is known from the spool alone, its recording's key lies
// beside the file. The next start brings both home.
func TestStoryKilledWhileLockedBringsBothHome(t *testing.T) {
	ctx := storyTime(t, time.Minute)
	s := newStand(t, onlyAmy)
	s.settings("[survival]\nfolder = \"off\"\n") // what a kill leaves where nothing outlives it
	s.serve()
	taken, carrier, voice := s.answering(ctx, "amy"), s.carrier(ctx), newCounter(60*time.Second)
	held := s.lock()
	c := s.conversation(ctx, func() *talk { return s.call(ctx, carrier, "+12125550100") }, taken, voice)
	s.srv.await("row waits beside its file", 10*time.Second)
	c.goesOn(ctx, voice, 1500*time.Millisecond)
	said := time.Since(c.began)
	s.srv.kill()
	held.release()
	s.serve()

	row := s.callsInOrder(ctx, 1)[0]
	if row.Outcome != "cut_off" || !row.Served || row.Recording == "" {
		t.Errorf("filed as %+v", row)
	}
	if kept := s.recordings(row.ID); len(kept) != 1 || kept[0].State != "recovered" {
		t.Errorf("recording: %+v", kept)
	}
	s.keptUpTo(ctx, row.Recording, voice, said)
	s.must("audit", "verify")
}

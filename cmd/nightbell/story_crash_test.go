//go:build stories

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A counter is a sound whose every fraction of a second is like no other: its signs are random, and signs survive G.711,
// the seal and the export. So the end of what was recorded says to the sample how far the caller had come.
type counter struct {
	sound []int16
	signs []byte
}

const counterTail = 400 // samples that name a place

func newCounter(d time.Duration) counter {
	dice := rand.New(rand.NewPCG(1, 2))
	c := counter{sound: make([]int16, int(d.Seconds()*callRate))}
	for i := range c.sound {
		c.sound[i] = 8000
		if dice.IntN(2) == 0 {
			c.sound[i] = -8000
		}
	}
	c.signs = signs(c.sound)
	return c
}

func signs(sound []int16) []byte {
	b := make([]byte, len(sound))
	for i, v := range sound {
		if v < 0 {
			b[i] = 1
		}
	}
	return b
}

// end is the place of the counter at which a recording ends; false where its last second does not hold it. Where a late
// packet left a hole at the very end, what stands before it counts: the hole is lost too.
func (c counter) end(recorded []int16) (int, bool) {
	const frame = callRate / 50
	for back := 0; back <= callRate && len(recorded)-back >= counterTail; back += frame {
		tail := recorded[len(recorded)-back-counterTail : len(recorded)-back]
		if at := bytes.Index(c.signs, signs(tail)); at >= 0 {
			return at + counterTail, true
		}
	}
	return 0, false
}

const (
	mostLost = 1200 * time.Millisecond // what kill -9 may take: recording-format.md
	kills    = 20                      // 500 under make soak
)

// The server is killed in the middle of a recorded call, again and again on one folder. Each time the next start finds
// the call and closes its recording; at most 1.2 s of what was said is missing, and nothing that was acknowledged.
func TestStoryKilledServerKeepsWhatWasSaid(t *testing.T) {
	n := kills
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		n = 500
	}
	s := newStand(t, func(book string) string {
		return strings.Replace(onlyAmy(book), `answer = "at_once"`, `answer = "when_agent_answers"`, 1)
	})
	s.settings("[survival]\nfolder = \"off\"\n") // what a kill loses where nothing outlives it
	v := &victim{stand: s, secret: s.secret("amy"), voice: newCounter(30 * time.Second), dice: rand.New(rand.NewPCG(3, 4))}
	s.serve()
	for round := range n {
		v.round(t, round)
	}
	v.nothingLost(storyTime(t, time.Minute), n)
	var worst time.Duration
	for _, lost := range v.lost {
		worst = max(worst, lost)
	}
	t.Logf("%d kills: at most %v of sound missing, %d acknowledged reads all remembered", n, worst, len(v.acknowledged))
}

// victim is a folder whose server is killed.
type victim struct {
	*stand
	secret       string
	voice        counter
	dice         *rand.Rand
	lost         []time.Duration
	acknowledged []string // reasons of key requests that were answered
}

// round is one call up to the kill, and what the next start makes of it.
func (v *victim) round(t *testing.T, n int) {
	ctx := storyTime(t, time.Minute)
	taken := v.answeringWith(ctx, "amy", v.secret)
	caller := v.call(ctx, v.carrier(ctx), "+12125550100")
	agent := next(ctx, t, taken)
	agent.sound.Speak(v.voice.sound)
	silent := caller.sound.Counts().Sent
	began := caller.sound.Speak(v.voice.sound)
	id := v.recorded(ctx)
	talk := 1300*time.Millisecond + time.Duration(v.dice.IntN(1000))*time.Millisecond
	fail(t, agent.sound.AwaitSound(ctx, began, talk))
	busy, reads := v.readUntilDead(n)
	<-busy
	said := time.Duration(caller.sound.Counts().Sent-silent) * 20 * time.Millisecond
	v.srv.kill()
	v.acknowledged = append(v.acknowledged, reads()...)
	fail(t, caller.sound.Close())
	fail(t, agent.sound.Close())
	v.judge(t, id, said)
}

// recorded waits until a call's recording has its file, and gives the call.
func (v *victim) recorded(ctx context.Context) string {
	v.t.Helper()
	var id string
	until(ctx, v.t, "the recording did not begin", func() bool {
		rows, calls := v.recordings(""), struct{ Items []callRow }{}
		v.ask(&calls, "calls", "list")
		if len(rows) == 0 || rows[0].State != "live" || len(calls.Items) == 0 || calls.Items[0].ID != rows[0].Call {
			return false
		}
		id = rows[0].Call
		return v.happened(id, "bridged") > 0
	})
	return id
}

type recordingRow struct {
	ID, Call, State, File, Path, Reason string
	Seconds                             float64
}

// recordings lists those of a call, or all.
func (s *stand) recordings(call string) []recordingRow {
	s.t.Helper()
	var list struct{ Items []recordingRow }
	args := []string{"recordings", "list", "--limit", "200"}
	if call != "" {
		args = append(args, "--call", call)
	}
	s.ask(&list, args...)
	return list.Items
}

// readUntilDead asks for a recording's key over and over: each answer was audited before it was given. busy is closed
// when a few were answered, or one was not; acknowledged gives the reasons of all that were, once the server is gone.
func (v *victim) readUntilDead(round int) (busy <-chan struct{}, acknowledged func() []string) {
	v.t.Helper()
	api, id := v.as("sue"), v.recordings("")[0].ID
	var reasons []string
	var work sync.WaitGroup
	few := make(chan struct{})
	var once sync.Once
	enough := func() { once.Do(func() { close(few) }) }
	work.Go(func() {
		defer func() { enough(); _ = api.close() }()
		for i := 0; ; i++ {
			reason := fmt.Sprintf("kill %d read %d", round, i)
			var key struct{ Key string }
			if api.ask(context.Background(), "POST", "/api/v1/recordings/"+id+"/key", map[string]string{"reason": reason}, &key) != nil {
				return
			}
			if reasons = append(reasons, reason); len(reasons) == 20 {
				enough()
			}
		}
	})
	return few, func() []string { work.Wait(); return reasons }
}

// judge looks at a folder whose server was killed: the command line recovers nothing, the next start does.
func (v *victim) judge(t *testing.T, id string, said time.Duration) {
	t.Helper()
	ctx := storyTime(t, time.Minute)
	v.serve()
	rows := v.recordings(id)
	if len(rows) != 1 || rows[0].State != "recovered" {
		t.Fatalf("recording after the kill: %+v\n%s", rows, v.srv.output())
	}
	v.must("recordings", "verify", rows[0].ID)
	wav := v.export(ctx, rows[0].ID)
	for channel := range 2 {
		end, ok := v.voice.end(soundOfWAV(t, wav, channel))
		if !ok {
			t.Fatalf("channel %d does not hold what was said", channel)
		}
		lost := said - time.Duration(end)*time.Second/callRate
		if v.lost = append(v.lost, lost); lost > mostLost {
			t.Errorf("channel %d: %v of what was said is missing", channel, lost)
		}
	}
	var call struct {
		Outcome, By, Recording string
		Served                 bool
		Ended                  time.Time
		Plan                   struct{ Steps []struct{ Name string } }
	}
	v.ask(&call, "calls", "show", id)
	if call.Outcome != "cut_off" || call.By != "system" || !call.Served || call.Ended.IsZero() || call.Recording != rows[0].ID || len(call.Plan.Steps) == 0 {
		t.Errorf("call after the kill: %+v", call)
	}
	v.summedUp(t)
	v.must("audit", "verify")
}

// summedUp: the start that recovered says so, and what opened the keys.
func (v *victim) summedUp(t *testing.T) {
	t.Helper()
	for _, action := range []string{"server.recovered", "server.unsealed"} {
		var page struct{ Items []struct{ Action string } }
		v.ask(&page, "audit", "list", "--action", action, "--limit", "1")
		if len(page.Items) != 1 {
			t.Errorf("no %s in the audit log", action)
		}
	}
}

// nothingLost compares what was acknowledged with what is remembered.
func (v *victim) nothingLost(ctx context.Context, rounds int) {
	v.t.Helper()
	var remembered []string
	for cursor := ""; ; {
		var page struct {
			Items []struct{ Reason string }
			Next  string
		}
		args := []string{"audit", "list", "--action", "recording.key_given", "--limit", "200"}
		if cursor != "" {
			args = append(args, "--cursor", cursor)
		}
		v.ask(&page, args...)
		for _, row := range page.Items {
			remembered = append(remembered, row.Reason)
		}
		if cursor = page.Next; cursor == "" || ctx.Err() != nil {
			break
		}
	}
	slices.Sort(remembered)
	for _, reason := range v.acknowledged {
		if _, ok := slices.BinarySearch(remembered, reason); !ok {
			v.t.Errorf("%q was acknowledged and is not in the audit log", reason)
		}
	}
	if len(v.acknowledged) < rounds {
		v.t.Errorf("only %d reads in %d rounds", len(v.acknowledged), rounds)
	}
	if rows := v.recordings(""); len(rows) == 0 || slices.ContainsFunc(rows, func(r recordingRow) bool { return r.State != "recovered" }) {
		v.t.Errorf("recordings in the end: %+v", rows)
	}
	v.must("audit", "verify")
}

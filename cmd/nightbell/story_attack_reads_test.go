//go:build stories

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// readers are several people who read patients' data all at once, each on terminals of her own.
type readers struct {
	*stand
	people       []string
	logins       map[string]string
	call         string
	dice         *rand.Rand
	acknowledged map[string]bool // reasons of reads whose answer came back whole
}

const terminals = 4 // of each person

// The server is killed while several people reveal callers as fast as it answers, again and again on one folder. What came
// back whole is in the audit log, to the last read: an answer is never ahead of its leaf.
func TestStoryNoReadIsAheadOfItsLeaf(t *testing.T) {
	rounds := kills
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		rounds = 500
	}
	ctx := storyTime(t, time.Minute)
	r := &readers{people: []string{"sue", "sol", "amy"}, dice: rand.New(rand.NewPCG(5, 6)), acknowledged: map[string]bool{}, logins: map[string]string{}}
	r.stand = newStand(t, func(book string) string {
		return onlyAmy(book) + "\n[[people]]\nid = \"sol\"\nname = \"Sol Salter\"\nrole = \"supervisor\"\n"
	})
	r.serve()
	agents := r.answering(ctx, "amy")
	caller := r.stand.call(ctx, r.carrier(ctx), demoNumber)
	next(ctx, t, agents)
	fail(t, caller.dialog.Bye(ctx))
	r.call = r.lastCall(ctx).ID
	for _, p := range r.people {
		r.logins[p] = strings.TrimSpace(string(readFile(t, r.login(p))))
	}
	for round := range rounds {
		r.round(round)
		r.serve()
	}
	r.allRemembered(rounds)
	r.must("audit", "verify")
}

// round lets everybody read until the server is killed, after so many answers as chance says.
func (r *readers) round(n int) {
	r.t.Helper()
	answered := make(chan string, 1024)
	var reading, counting sync.WaitGroup
	for i := range terminals * len(r.people) {
		reading.Go(func() { r.readUntilDead(fmt.Sprintf("kill %d terminal %d", n, i), r.people[i%len(r.people)], answered) })
	}
	enough, last := make(chan struct{}), 20+r.dice.IntN(180)
	counting.Go(func() {
		count := 0
		for reason := range answered {
			r.acknowledged[reason] = true
			if count++; count == last {
				close(enough)
			}
		}
		if count < last {
			r.t.Errorf("round %d: only %d answers", n, count)
			close(enough)
		}
	})
	done := make(chan struct{})
	go func() { reading.Wait(); close(done) }()
	select {
	case <-enough:
	case <-done: // nobody is answered any more
	}
	r.srv.kill()
	reading.Wait()
	close(answered)
	counting.Wait()
}

// readUntilDead reveals the caller over and over, with a reason of its own each time.
func (r *readers) readUntilDead(name, person string, answered chan<- string) {
	api := dialControl(filepath.Join(r.dir, "control.sock"))
	api.login = r.logins[person]
	defer func() { _ = api.close() }()
	for i := 0; ; i++ {
		reason := fmt.Sprintf("%s read %d", name, i)
		var v struct{ From string }
		if api.ask(context.Background(), "POST", "/api/v1/calls/"+r.call+"/reveal", map[string]string{"reason": reason}, &v) != nil {
			return
		}
		if v.From != "+12125550155" {
			r.t.Errorf("%s is shown %q", person, v.From)
			return
		}
		answered <- reason
	}
}

// allRemembered compares what was answered with what is in the log.
func (r *readers) allRemembered(rounds int) {
	r.t.Helper()
	api := r.as("cora")
	defer func() { _ = api.close() }()
	remembered, cursor := map[string]bool{}, ""
	for more := true; more; more = cursor != "" {
		var page struct {
			Items []struct{ Reason string }
			Next  string
		}
		q := url.Values{"action": {"phi.revealed"}, "limit": {"200"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		fail(r.t, api.ask(context.Background(), "GET", "/api/v1/audit?"+q.Encode(), nil, &page))
		for _, row := range page.Items {
			remembered[row.Reason] = true
		}
		cursor = page.Next
	}
	missing := 0
	for reason := range r.acknowledged {
		if !remembered[reason] {
			missing++
			r.t.Errorf("%q was answered and is not in the audit log", reason)
		}
	}
	r.t.Logf("%d kills, %d terminals of %d people: %d acknowledged reads, %d missing from the audit, %d remembered", rounds,
		terminals*len(r.people), len(r.people), len(r.acknowledged), missing, len(remembered))
	if len(r.acknowledged) < rounds*20 {
		r.t.Errorf("only %d reads in %d rounds", len(r.acknowledged), rounds)
	}
}

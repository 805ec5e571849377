package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/store"
)

// ladderPaper is a shelf of ladders in memory: what is on it outlives the owner, as the database does.
type ladderPaper struct {
	mu   sync.Mutex
	rows map[string]store.LadderRow
}

func (p *ladderPaper) PutLadder(_ context.Context, _ audit.Actor, r store.LadderRow) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows == nil {
		p.rows = map[string]store.LadderRow{}
	}
	if p.rows[r.ID].Revision != r.Revision {
		return 0, store.ErrConflict
	}
	r.Revision++
	p.rows[r.ID] = r
	return r.Revision, nil
}

func (p *ladderPaper) Ladder(_ context.Context, id string) (store.LadderRow, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.rows[id]
	if !ok {
		return r, store.ErrNotFound
	}
	return r, nil
}

func (p *ladderPaper) DueLadders(_ context.Context, now time.Time) (due []store.LadderRow, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rows {
		if !r.Due.IsZero() && !r.Due.After(now) {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b store.LadderRow) int { return a.Due.Compare(b.Due) })
	return due, nil
}

func (p *ladderPaper) NextLadder(context.Context) (next time.Time, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rows {
		if !r.Due.IsZero() && (next.IsZero() || r.Due.Before(next)) {
			next = r.Due
		}
	}
	return next, nil
}

// ladderStage is an owner on some paper, and what it was heard to do.
type ladderStage struct {
	*ladders
	mu    sync.Mutex
	heard []string
	since time.Time
	broke error // what the next act answers
	stop  func()
}

func onStage(paper *ladderPaper, since time.Time) *ladderStage {
	st := &ladderStage{since: since}
	st.ladders = newLadders(paper, func(r policy.Rung, _ time.Time) []string { return r.People }, func(error) {})
	st.kinds["message"] = func(_ context.Context, _ policy.Ladder, actions []policy.Action) error {
		st.mu.Lock()
		defer st.mu.Unlock()
		if err := st.broke; err != nil {
			st.broke = nil
			return err
		}
		for _, a := range actions {
			st.heard = append(st.heard, fmt.Sprintf("%s %s %v", time.Since(st.since), a.Do, a.People))
		}
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { st.Run(ctx) })
	st.stop = func() { cancel(); running.Wait() }
	return st
}

func (st *ladderStage) said() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.heard)
}

var system = audit.Actor{Type: "system", ID: "nightbell"}

// three are steps of 5, 10 and 15 minutes, the second of which nobody stands on.
func three(now time.Time, repeats int) policy.Ladder {
	l := policy.NewLadder("l1", []policy.Rung{
		{Name: "first", People: []string{"bo"}, Delay: 5 * time.Minute},
		{Name: "empty", Delay: 10 * time.Minute},
		{Name: "third", People: []string{"cy", "di"}, Delay: 15 * time.Minute},
	}, repeats, now)
	l.Kind, l.Subject = "message", "message:m1"
	return l
}

func expectSaid(t *testing.T, st *ladderStage, want ...string) {
	t.Helper()
	if got := st.said(); !slices.Equal(got, want) {
		t.Errorf("said\n%q, want\n%q", got, want)
	}
}

func TestLadderClimbsByElapsedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		st := onStage(&ladderPaper{}, start)
		defer func() { st.stop() }()
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		expectSaid(t, st, "0s try [bo]", "5m0s skip []", "5m0s leave [bo]", "5m0s try [cy di]", "20m0s leave [cy di]", "20m0s alarm []")
	})
}

func TestAcknowledgementStopsWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		st := onStage(&ladderPaper{}, start)
		defer func() { st.stop() }()
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		l, _, err := st.Send(t.Context(), system, "l1", policy.LadderEvent{Kind: policy.Accepted, Person: "bo"})
		if err != nil || l.State != policy.Taken || l.Taker != "bo" {
			t.Errorf("%+v %v", l, err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		expectSaid(t, st, "0s try [bo]", "3m0s hush [bo]")
		if _, _, err := st.Send(t.Context(), system, "nobody's", policy.LadderEvent{Kind: policy.Accepted}); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestDeclineRingsTheNextAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		st := onStage(&ladderPaper{}, start)
		defer func() { st.stop() }()
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, _, err := st.Send(t.Context(), system, "l1", policy.LadderEvent{Kind: policy.Declined, Person: "bo"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := st.Send(t.Context(), system, "l1", policy.LadderEvent{Kind: policy.Declined, Person: "cy"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		expectSaid(t, st, "0s try [bo]", "1m0s skip []", "1m0s try [cy di]")
		var kept keptLadder
		row, err := st.shelf.Ladder(t.Context(), "l1")
		if err = errors.Join(err, json.Unmarshal(row.Body, &kept)); err != nil || !slices.Equal(kept.Ladder.Ringing, []string{"di"}) {
			t.Errorf("a decline that changes nothing else was not kept: %v %v", kept.Ladder.Ringing, err)
		}
	})
}

// The house is down while a step is due: it is made once at the start, and later delays count from then.
func TestRestartMakesADueStepOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, paper := time.Now(), &ladderPaper{}
		st := onStage(paper, start)
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		st.stop()
		time.Sleep(29 * time.Minute)
		again := onStage(paper, start)
		defer func() { again.stop() }()
		time.Sleep(time.Hour)
		synctest.Wait()
		expectSaid(t, st, "0s try [bo]")
		expectSaid(t, again, "30m0s skip []", "30m0s leave [bo]", "30m0s try [cy di]", "45m0s leave [cy di]", "45m0s alarm []")
	})
}

// What was kept and not done when the house went down is done at the start: an attempt is never lost.
func TestUndoneAttemptIsMadeAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, paper := time.Now(), &ladderPaper{}
		st := onStage(paper, start)
		st.broke = errors.New("the trunk is gone")
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		st.stop()
		expectSaid(t, st)
		again := onStage(paper, start)
		defer func() { again.stop() }()
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		expectSaid(t, again, "5s try [bo]")
	})
}

// The same, but somebody took it meanwhile: nothing old is done any more.
func TestNothingOldIsDoneAfterAnAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		st := onStage(&ladderPaper{}, start)
		defer func() { st.stop() }()
		st.broke = errors.New("the trunk is gone")
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, _, err := st.Send(t.Context(), system, "l1", policy.LadderEvent{Kind: policy.Accepted, Person: "bo"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		expectSaid(t, st, "1s hush [bo]")
	})
}

// The timer and the acknowledgement come in one instant: who waits for the owner is heard before the clock.
func TestAcknowledgementInTheTimersInstantWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		st := onStage(&ladderPaper{}, start)
		defer func() { st.stop() }()
		if err := st.Begin(t.Context(), system, three(start, 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		l, _, err := st.Send(t.Context(), system, "l1", policy.LadderEvent{Kind: policy.Accepted, Person: "bo", At: start.Add(5 * time.Minute)})
		if err != nil || l.State != policy.Taken {
			t.Errorf("%+v %v", l, err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if said := st.said(); len(said) == 0 || said[len(said)-1][:4] != "5m0s" {
			t.Errorf("something was done after the acknowledgement: %q", said)
		}
	})
}

// Nobody does what a ladder of an unknown kind asks: it is tried again and again, but not in the same instant.
func TestLadderOfUnknownKindIsTriedAgainLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, faults := time.Now(), 0
		st := onStage(&ladderPaper{}, start)
		defer func() { st.stop() }()
		l := three(start, 0)
		l.Kind = "pigeon"
		if err := st.Begin(t.Context(), system, l); err != nil {
			t.Fatal(err)
		}
		st.stop()
		again := newLadders(st.shelf.(*ladderPaper), st.rung, func(err error) {
			if err != nil {
				faults++
			}
		})
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		again.Run(ctx)
		if faults < 10 || faults > 13 {
			t.Errorf("%d tries in a minute", faults)
		}
	})
}

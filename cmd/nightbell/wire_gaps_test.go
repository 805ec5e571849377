package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/phi"
	"nightbell/policy"
	"nightbell/store"
)

// gapPaper is a shelf of gaps in memory.
type gapPaper struct {
	mu   sync.Mutex
	rows map[string]store.GapRow
	acks []store.GapAck
}

func (p *gapPaper) OpenGaps(context.Context) (open []store.GapRow, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.rows {
		if g.State == store.FoundGap || g.State == store.BegunGap {
			open = append(open, g)
		}
	}
	return open, nil
}

func (p *gapPaper) PutGaps(_ context.Context, list []store.GapRow) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows == nil {
		p.rows = map[string]store.GapRow{}
	}
	for _, g := range list {
		p.rows[gapKey(g)] = g
	}
	return nil
}

func (p *gapPaper) GapAcks(context.Context, time.Time) ([]store.GapAck, error) { return p.acks, nil }

// gapStage is a watch over a clinic in UTC whose person stands all day, but for what the edits say.
type gapStage struct {
	*gapWatch
	mu    sync.Mutex
	book  policy.Book
	heard []string
	stop  func()
}

func watched(paper *gapPaper, edits ...policy.Edit) *gapStage {
	st := &gapStage{}
	st.gapWatch = newGapWatch(paper, func() *policy.Snapshot {
		st.mu.Lock()
		defer st.mu.Unlock()
		b := st.book
		return policy.Index(&b, nil)
	})
	st.edit(edits...)
	since := time.Now()
	st.tell = func(g gapNotice) {
		st.mu.Lock()
		defer st.mu.Unlock()
		known := ""
		if g.Known {
			known = " known"
		}
		st.heard = append(st.heard, fmt.Sprintf("%s %s %s%s", time.Since(since).Truncate(time.Minute), g.State, g.Gap.Severity, known))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { st.Run(ctx) })
	st.stop = func() { cancel(); running.Wait() }
	return st
}

func (st *gapStage) edit(edits ...policy.Edit) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.book = policy.Book{
		Clinics: []policy.Clinic{{ID: "elm", Name: "Elm", Zone: "UTC", LastResort: "last_resort"}},
		People:  []policy.Person{{ID: "wu", Role: "clinician", Active: true, Phone: phi.NewPhone("+12125550177")}},
		Schedules: []policy.Schedule{{ID: "oncall", Clinic: "elm", Edits: edits, Layers: []policy.Layer{{ID: "all", Tier: 1, Mode: policy.Replace,
			Rotation: policy.Rotation{Anchor: "2000-01-01T00:00:00", Every: 1, Unit: policy.Day, Members: []string{"wu"}}}}}},
	}
}

func (st *gapStage) said() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.heard)
}

// nobodyFrom is an edit that empties the schedule for a time.
func nobodyFrom(from time.Time, d time.Duration) policy.Edit {
	return policy.Edit{ID: "n1", At: from.Add(-1000 * time.Hour), Do: policy.DoNobody, Start: from, End: from.Add(d), Reason: "closed"}
}

func expectGaps(t *testing.T, st *gapStage, want ...string) {
	t.Helper()
	if got := st.said(); !slices.Equal(got, want) {
		t.Errorf("told\n%q, want\n%q", got, want)
	}
}

func TestGapIsToldAheadAtItsStartAndWhenItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := watched(&gapPaper{}, nobodyFrom(time.Now().Add(100*time.Hour), 2*time.Hour))
		defer func() { st.stop() }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := st.counts.Load(); c.Ahead != 1 || c.Now != 0 {
			t.Errorf("counts before: %+v", c)
		}
		expectGaps(t, st)
		time.Sleep(101 * time.Hour)
		synctest.Wait()
		if c := st.counts.Load(); c.Now != 1 || c.Nobody != 1 {
			t.Errorf("counts in the gap: %+v", c)
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		expectGaps(t, st, "28h0m0s found nobody", "100h0m0s began nobody", "102h0m0s passed nobody")
		if c := st.counts.Load(); c.Ahead != 0 {
			t.Errorf("counts after: %+v", c)
		}
	})
}

func TestFilledGapIsToldSoonAfterTheEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := watched(&gapPaper{}, nobodyFrom(time.Now().Add(10*time.Hour), 2*time.Hour))
		defer func() { st.stop() }()
		time.Sleep(time.Hour)
		st.edit()
		st.Changed()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		expectGaps(t, st, "0s found nobody", "1h0m0s filled nobody")
	})
}

// A restart finds what was told on the shelf: the log is not told twice, the alarms are raised again.
func TestRestartRemembersWhatWasTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paper, gap := &gapPaper{}, nobodyFrom(time.Now().Add(10*time.Hour), 20*time.Hour)
		st := watched(paper, gap)
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		st.stop()
		expectGaps(t, st, "0s found nobody", "10h0m0s began nobody")
		again := watched(paper, gap)
		defer func() { again.stop() }()
		time.Sleep(time.Hour)
		synctest.Wait()
		expectGaps(t, again, "0s began nobody")
		paper.mu.Lock()
		defer paper.mu.Unlock()
		if len(paper.rows) != 1 {
			t.Errorf("one gap is %d: %v", len(paper.rows), paper.rows)
		}
	})
}

func TestAcknowledgedGapIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(10 * time.Hour)
		paper := &gapPaper{acks: []store.GapAck{{Schedule: "oncall", Start: from, End: from.Add(2 * time.Hour)}}}
		st := watched(paper, nobodyFrom(from, 2*time.Hour))
		defer func() { st.stop() }()
		time.Sleep(time.Minute)
		synctest.Wait()
		expectGaps(t, st, "0s found nobody known")
	})
}

// A schedule that is always empty is one gap, which does not end and is not told again with every look.
func TestEmptyScheduleIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paper := &gapPaper{}
		st := watched(paper, nobodyFrom(time.Now().Add(-time.Hour), 10000*time.Hour))
		defer func() { st.stop() }()
		time.Sleep(400 * time.Hour)
		synctest.Wait()
		expectGaps(t, st, "0s began nobody")
	})
}

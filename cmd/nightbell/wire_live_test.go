package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/store"
)

// manyClinics is a book of n clinics, each with a number and a schedule of three layers.
func manyClinics(n int) policy.Book {
	b := policy.Book{CatchAll: "c0"}
	for i := range n {
		id := fmt.Sprintf("c%d", i)
		var people []string
		for k := range 5 {
			p := policy.Person{ID: fmt.Sprintf("%s-p%d", id, k), Name: phi.NewName("Dr Canary"), Role: "clinician", Active: true,
				Phone: phi.NewPhone(fmt.Sprintf("+1212555%04d", 100+k))}
			b.People, people = append(b.People, p), append(people, p.ID)
			b.Devices = append(b.Devices, policy.Device{User: p.ID, Person: p.ID})
		}
		steps := []policy.StepRule{{Name: "on call", Schedule: id, Mode: policy.Together, For: 20 * time.Second}}
		b.Clinics = append(b.Clinics, policy.Clinic{ID: id, Name: id, Zone: "America/New_York", LastResort: "last_resort",
			Closed: policy.Flow{Steps: steps}})
		b.Numbers = append(b.Numbers, policy.Number{Number: fmt.Sprintf("+1646555%04d", i), Clinic: id, Answer: policy.AtOnce})
		sch := policy.Schedule{ID: id, Clinic: id, Name: "On call"}
		for tier := 1; tier <= 3; tier++ {
			sch.Layers = append(sch.Layers, policy.Layer{ID: fmt.Sprintf("t%d", tier), Tier: tier, Mode: policy.Replace,
				Rotation: policy.Rotation{Anchor: "2026-01-05T08:00:00", Every: tier, Unit: policy.Week, Members: people}})
		}
		b.Schedules = append(b.Schedules, sch)
	}
	return b
}

// liveRules is the live snapshot over a real folder: sealed cells, synced commits.
func liveRules(t testing.TB, b policy.Book) *liveBook {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if got := says([]string{"setup", "--development", "--dir", dir}, ""); got.code != exitDone {
		t.Fatal(got.err)
	}
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{log: slog.New(slog.DiscardHandler)}
	if s.office, err = openOfficeWith(t.Context(), cfg, nil, store.Options{Changed: s.rulesChanged}); err != nil {
		t.Fatal(err)
	}
	live := &liveBook{office: s.office, told: make(chan struct{}, 1)}
	s.rules = newRules(s.office, func() {
		select {
		case live.told <- struct{}{}:
		default:
		}
	})
	live.rules = s.rules
	if _, err := s.office.Store.ApplyBook(t.Context(), testActor, b); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.rules.Run(ctx, func(err error) { t.Error(err) }) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := s.office.Close(); err != nil {
			t.Error(err)
		}
	})
	return live
}

// liveBook is an office whose rules are followed; told hears of every replacement.
type liveBook struct {
	*office
	rules *rules
	told  chan struct{}
}

var testActor = audit.Actor{Type: "operator", ID: "test"}

// putIn is the book with somebody put into schedule i from now on.
func putIn(b policy.Book, i, n int, at time.Time) policy.Book {
	s := &b.Schedules[i]
	s.Edits = append(s.Edits[:len(s.Edits):len(s.Edits)], policy.Edit{ID: fmt.Sprintf("e%d", n), At: at, Do: policy.DoAssign,
		Person: fmt.Sprintf("%s-p%d", s.ID, n%5), Start: at, End: at.Add(time.Hour)})
	return b
}

// until waits for a version to take effect.
func (l *liveBook) until(t testing.TB, version string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for l.rules.now.Load().policy.Book.Version != version {
		select {
		case <-l.told:
		case <-limit:
			t.Fatalf("version %s never took effect", version)
		}
	}
}

// Many loads at once, of the follower and of those who cannot wait: an older book never takes the place of a newer one, and
// the edit that was acknowledged last is what calls are decided by.
func TestRulesNeverGoBack(t *testing.T) {
	o := liveRules(t, manyClinics(5))
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := o.rules.load(context.Background()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	others.Go(func() {
		last := 0
		for {
			select {
			case <-stop:
				return
			default:
			}
			n := 0
			_, _ = fmt.Sscanf(o.rules.now.Load().policy.Book.Version, "b%d", &n)
			if n < last {
				t.Errorf("version %d after %d", n, last)
				return
			}
			last = n
		}
	})
	at := time.Now().UTC().Truncate(time.Second)
	for n := range 40 {
		b, err := o.Store.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Store.ApplyBook(t.Context(), testActor, putIn(*b, n%5, n, at)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	others.Wait()
	o.until(t, "b41")
	for i := range 5 {
		plan := o.rules.Decide(policy.Inquiry{Number: fmt.Sprintf("+1646555%04d", i), At: at})
		want := fmt.Sprintf("c%d-p%d", i, i) // of the last edit of this clinic, 35+i
		if plan.Version != "b41" || len(plan.Steps) == 0 || len(plan.Steps[0].Targets) != 1 || plan.Steps[0].Targets[0].Person != want {
			t.Errorf("clinic %d: %+v", i, plan)
		}
	}
}

// BenchmarkEditToEffect is an edit of one clinic among a thousand until the next call is decided by it: commit, sync, load.
func BenchmarkEditToEffect(b *testing.B) {
	o := liveRules(b, manyClinics(1000))
	book, err := o.Store.Book(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var worst time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		version, err := o.Store.ApplyBook(b.Context(), testActor, putIn(*book, n%1000, n, start.UTC()))
		if err != nil {
			b.Fatal(err)
		}
		o.until(b, version)
		worst = max(worst, time.Since(start))
		if book, err = o.Store.Book(b.Context()); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(worst.Milliseconds()), "worst_ms")
}

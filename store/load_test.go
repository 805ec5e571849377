package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"nightbell/policy"
)

// Edits under load: while one editor changes clinic after clinic, many ask the book who is on call everywhere. Edit n puts
// the same person into every schedule at once, so that an answer that mixes two versions shows two people. The order of
// what a reader sees never goes back, and an edit that was acknowledged is in the next book that is asked for.
func TestEachAnswerHoldsExactlyOneVersion(t *testing.T) {
	clinics, edits := 60, 25
	if soak() {
		clinics, edits = 1000, 40
	}
	s := opened(t, Options{Path: made(t).Path, Busy: time.Minute})
	b := bigBook(clinics)
	for i := range b.Schedules {
		b.Schedules[i].Overrides = []policy.Override{stamp(0)}
	}
	for i := range edits + 1 {
		b.People = append(b.People, policy.Person{ID: fmt.Sprintf("s%d", i), Role: "clinician", Active: true})
	}
	apply(t, s, b)
	var committed atomic.Int64
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() { readUntil(t, s, &committed, stop) })
	}
	for i := 1; i <= edits; i++ {
		b = bookOf(t, s)
		for k := range b.Schedules {
			b.Schedules[k].Overrides = []policy.Override{stamp(i)}
		}
		apply(t, s, b)
		committed.Store(int64(i))
	}
	close(stop)
	readers.Wait()
	holds(t, s)
}

// stamp is the mark of edit n: the same in every schedule.
func stamp(n int) policy.Override {
	return policy.Override{ID: "stamp", Kind: "assign", Person: fmt.Sprintf("s%d", n), Tier: 1, Start: noon, End: noon.Add(time.Hour)}
}

func readUntil(t *testing.T, s *Store, committed *atomic.Int64, stop chan struct{}) {
	seen := int64(-1)
	for {
		select {
		case <-stop:
			return
		default:
		}
		least := committed.Load()
		b, err := s.Book(context.Background())
		if err != nil {
			t.Error(err)
			return
		}
		n, err := stampOf(b)
		if err != nil || n < least || n < seen {
			t.Errorf("version %s shows edit %d after %d, %d was acknowledged: %v", b.Version, n, seen, least, err)
			return
		}
		seen = n
	}
}

// stampOf asks every schedule who is on call; all must give the person of one edit.
func stampOf(b *policy.Book) (int64, error) {
	snapshot := policy.Index(b, nil)
	var first string
	for _, sch := range b.Schedules {
		var on policy.OnCall
		if !snapshot.Resolve(sch.ID, noon, &on) || len(on.Tiers) == 0 {
			return -1, fmt.Errorf("schedule %s cannot be read", sch.ID)
		}
		who := ""
		for _, p := range on.Tiers[0].People {
			who = p.Person
		}
		for _, p := range on.Tiers[0].Passed { // nobody of them has a telephone: they stand, and are passed over
			who = p.Person
		}
		if first == "" {
			first = who
		}
		if who != first {
			return -1, fmt.Errorf("schedule %s has %s, another has %s", sch.ID, who, first)
		}
	}
	var n int64
	_, err := fmt.Sscanf(first, "s%d", &n)
	return n, err
}

// Two who edit two schedules of one book at once: each reads, changes, applies, and does it again when the other was
// quicker. Nothing is lost.
func TestEditorsOfTwoSchedulesLoseNothing(t *testing.T) {
	s := fresh(t)
	apply(t, s, bigBook(4))
	const edits = 15
	var editors sync.WaitGroup
	for k := range 4 {
		editors.Go(func() {
			for i := 0; i < edits; {
				b, err := s.Book(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				b.Schedules[k] = edited(b.Schedules[k], assign(fmt.Sprintf("e%d", i), b.People[0].ID, noon))
				_, err = s.ApplyBook(context.Background(), amy, *b)
				switch {
				case err == nil:
					i++
				case !errors.Is(err, ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	editors.Wait()
	b := bookOf(t, s)
	same(t, "shelf", readAnew(t, s), b)
	for k := range 4 {
		if n := len(b.Schedules[k].Edits); n != edits {
			t.Errorf("schedule %d has %d edits of %d", k, n, edits)
		}
	}
	if b.Version != fmt.Sprintf("b%d", 1+4*edits) {
		t.Error(b.Version)
	}
	holds(t, s)
}

// editUntilKilled edits one schedule after the other, with an offer in the same transaction, and says what was
// acknowledged.
func editUntilKilled() {
	s, err := childStore(Options{Path: os.Getenv(childPath)})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	for i := 0; ; i++ {
		b, err := s.Book(context.Background())
		if err != nil {
			fmt.Println("error", err)
			return
		}
		name := fmt.Sprintf("k%d-%d", os.Getpid(), i)
		k := i % len(b.Schedules)
		b.Schedules[k] = edited(b.Schedules[k], assign(name, b.People[0].ID, noon))
		o := policy.NewOffer(policy.Offer{ID: name, Schedule: b.Schedules[k].ID, Kind: policy.OfferGive, From: "amy"}, noon)
		if _, err := s.OfferTaken(context.Background(), amy, OfferMove{Offer: o}, *b); err != nil {
			fmt.Println("error", err)
			return
		}
		fmt.Println(name)
	}
}

// Start, edit, kill -9, again. What was acknowledged is there, an edit stands exactly where its offer does, and every past
// version can be read.
func TestKilledEditorLeavesNothingHalf(t *testing.T) {
	opt := made(t)
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	unseal(t, s)
	apply(t, s, bigBook(5))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	rounds := 6
	if soak() {
		rounds = 200
	}
	for round := range rounds {
		killAfter(t, opt.Path, 3+round*7%23, acknowledged)
	}
	s = opened(t, opt)
	b := bookOf(t, s)
	for _, sch := range b.Schedules {
		for _, e := range sch.Edits {
			if _, err := s.Offer(context.Background(), e.ID); err != nil {
				t.Errorf("edit %s without its offer: %v", e.ID, err)
			}
			delete(acknowledged, e.ID)
		}
	}
	if len(acknowledged) != 0 {
		t.Errorf("%d acknowledged edits are gone", len(acknowledged))
	}
	offers, err := s.Offers(context.Background(), OfferQuery{})
	if n := editCount(b); err != nil || len(offers) != n {
		t.Errorf("%d offers, %d edits, %v", len(offers), n, err)
	}
	last, err := s.BookAt(context.Background(), b.Version)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "newest in the history", b, *last)
	holds(t, s)
}

func editCount(b policy.Book) (n int) {
	for _, s := range b.Schedules {
		n += len(s.Edits)
	}
	return n
}

// killAfter plays the editor until it acknowledged so many edits.
func killAfter(t *testing.T, path string, want int, acknowledged map[string]bool) {
	t.Helper()
	cmd := again("edit", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Fatal(lines.Text())
		}
		acknowledged[lines.Text()] = true
		if n == want {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
}

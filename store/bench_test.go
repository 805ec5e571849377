package store

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// audits writes n leaves from so many callers at once and gives the rows a second.
func audits(b *testing.B, s *Store, callers, n int) float64 {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	start := time.Now()
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := s.Audit(context.Background(), ping("bench")); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n) / time.Since(start).Seconds()
}

// BenchmarkAuditedRows: synchronous=FULL, one caller after the other against 2,000 at once, in the same file and run.
func BenchmarkAuditedRows(b *testing.B) {
	s := opened(b, Options{Path: made(b).Path, Busy: time.Minute})
	var alone, grouped float64
	for b.Loop() {
		alone = math.Max(alone, audits(b, s, 1, 500))
		grouped = math.Max(grouped, audits(b, s, 2000, 40000))
	}
	b.ReportMetric(alone, "alone_rows/s")
	b.ReportMetric(grouped, "grouped_rows/s")
	b.ReportMetric(grouped/alone, "x_alone")
}

// BenchmarkVerifyAudit walks a log of 100,000 leaves.
func BenchmarkVerifyAudit(b *testing.B) {
	s := opened(b, Options{Path: made(b).Path, Busy: time.Minute})
	audits(b, s, 2000, 100_000)
	b.ResetTimer()
	for b.Loop() {
		holds(b, s)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
}

// BenchmarkBook reads a book of 200 clinics, as after each change.
func BenchmarkBook(b *testing.B) {
	s := fresh(b)
	book := demoBook()
	for i := range 200 {
		c := book.Clinics[0]
		c.ID = fmt.Sprintf("clinic%03d", i)
		book.Clinics = append(book.Clinics, c)
	}
	apply(b, s, book)
	for b.Loop() {
		bookOf(b, s)
	}
}

// BenchmarkJournal files whole calls.
func BenchmarkJournal(b *testing.B) {
	s := fresh(b)
	j := s.Journal(nil)
	n := 0
	for b.Loop() {
		tell(j, fmt.Sprintf("c%d", n), "+12125550123")
		if n++; n%1000 == 0 { // a queue's worth: wait until it is filed
			closeWhole(b, j)
			j = s.Journal(nil)
		}
	}
	closeWhole(b, j)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func closeWhole(b *testing.B, j *Journal) {
	j.Close()
	if c := j.Counters(); c.Lost != 0 {
		b.Fatalf("%+v", c)
	}
}

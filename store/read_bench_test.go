package store

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
)

// What remembering a read costs the reader: a thousand a second come, each waits until its event is on disk. Printed beside
// it: one reader alone, who finds no group to join.
func BenchmarkRememberedRead(b *testing.B) {
	const perSecond, seconds = 1000, 3
	for range b.N {
		s := fresh(b)
		alone := make([]time.Duration, 200)
		for i := range alone {
			alone[i] = rememberedIn(b, s)
		}
		waits := make([]time.Duration, perSecond*seconds)
		tick := time.NewTicker(time.Second / perSecond)
		var readers sync.WaitGroup
		for i := range waits {
			<-tick.C
			readers.Go(func() { waits[i] = rememberedIn(b, s) })
		}
		readers.Wait()
		tick.Stop()
		b.ReportMetric(percentile(waits, 50).Seconds()*1e3, "ms-p50")
		b.ReportMetric(percentile(waits, 99).Seconds()*1e3, "ms-p99")
		b.ReportMetric(percentile(alone, 50).Seconds()*1e3, "alone-ms-p50")
		b.ReportMetric(float64(percentile(waits, 99))/float64(percentile(alone, 50)), "p99-to-alone")
	}
}

func rememberedIn(b *testing.B, s *Store) time.Duration {
	began := time.Now()
	if err := s.Audit(context.Background(), ping("read")); err != nil {
		b.Error(err)
	}
	return time.Since(began)
}

func percentile(list []time.Duration, p int) time.Duration {
	slices.Sort(list)
	return list[(len(list)-1)*p/100]
}

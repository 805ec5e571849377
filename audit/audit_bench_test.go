package audit

import (
	"testing"
	"time"
)

// A million leaves, each with a checkpoint of its own, is the worst that ten years can leave.
func BenchmarkVerifyEveryLeafSigned(b *testing.B) {
	const n = 20_000
	m, v := written(b, n, 1)
	for b.Loop() {
		if r, err := Verify(m.log(), v); err != nil || !r.OK {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(1e6*float64(b.Elapsed())/float64(time.Second)/float64(b.N)/n, "s/1e6-leaves")
}

package keep

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// BenchmarkDrill backs up and rehearses the restore of NIGHTBELL_DRILL_MB (64) megabytes of recordings, a megabyte each, with
// the same bytes copied plainly in the same run: ratio is the restore's time by the copy's.
func BenchmarkDrill(b *testing.B) {
	mb := 64
	if n, err := strconv.Atoi(os.Getenv("NIGHTBELL_DRILL_MB")); err == nil {
		mb = n
	}
	base := b.TempDir()
	h := built(b, filepath.Join(base, "house"))
	for range mb {
		recorded(b, h, 125)
	}
	r := repositoryAt(b, h, filepath.Join(base, "repo"), day(0))
	began := time.Now()
	made := backed(b, r, h)
	backup := Speed{made.Bytes, time.Since(began)}
	for b.Loop() {
		d, err := r.Drill(context.Background(), Drilling{
			Restoring: Restoring{Into: filepath.Join(base, "drill"), Unseal: byPassphrase},
			Inspect:   func(context.Context, string, Restored) (Inspected, error) { return Inspected{}, nil },
		})
		if err != nil || len(d.Differ) > 0 {
			b.Fatal(d, err)
		}
		b.ReportMetric(backup.MBs(), "backup-MB/s")
		b.ReportMetric(d.Restore.MBs(), "restore-MB/s")
		b.ReportMetric(d.Copy.MBs(), "copy-MB/s")
		b.ReportMetric(d.Restore.Took.Seconds()/d.Copy.Took.Seconds(), "ratio-to-copy")
	}
}

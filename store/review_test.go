package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// The morning list is kept: what is settled stays settled however often one looks, and nobody settles her own.
func TestReviewItemIsSettledOnceAndByAnother(t *testing.T) {
	ctx, s := context.Background(), fresh(t)
	read := audit.Event{Actor: amy, Action: audit.Revealed, Object: "call:c1", Clinic: "elm", Classes: []string{"number"}}
	if err := s.Audit(ctx, read); err != nil {
		t.Fatal(err)
	}
	eyes := audit.Eyes{Kin: func(person, object string) audit.Kin {
		if person == "amy" && object == "call:c1" {
			return audit.Herself
		}
		return audit.Stranger
	}}
	from := time.Now().Add(-24 * time.Hour)
	look := func(which ReviewScope) []ReviewRow {
		t.Helper()
		rows := []ReviewRow(nil)
		err := s.ReviewAudit(ctx, from, eyes)
		if err == nil {
			rows, err = s.Reviews(ctx, which)
		}
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	rows := look(OpenReviews)
	if len(rows) != 1 || rows[0].Rule != audit.ReadOwn || rows[0].Actor != "person:amy" || !slices.Equal(rows[0].Objects, []string{"call:c1"}) {
		t.Fatalf("%+v", rows)
	}
	id := rows[0].ID
	if err := s.SettleReview(ctx, amy, id, "it was me"); !errors.Is(err, ErrConflict) {
		t.Errorf("settled by herself: %v", err)
	}
	cora := audit.Actor{Type: "person", ID: "cora"}
	if err := s.SettleReview(ctx, cora, id, "asked: her mother called back"); err != nil {
		t.Fatal(err)
	}
	if err := s.SettleReview(ctx, cora, id, "again"); !errors.Is(err, ErrNotFound) {
		t.Errorf("settled twice: %v", err)
	}
	if rows := look(OpenReviews); len(rows) != 0 {
		t.Errorf("open again: %+v", rows)
	}
	if rows := look(EveryReview); len(rows) != 1 || rows[0].By != "person:cora" || rows[0].Settled.IsZero() {
		t.Errorf("%+v", rows)
	}
	if a := actions(t, s); a[len(a)-1] != audit.ReviewSettled {
		t.Errorf("%v", a)
	}
}

// A log that grew for years, each leaf with a checkpoint of its own in the worst case: here a thousand leaves a commit.
func BenchmarkVerifyAuditOfManyLeaves(b *testing.B) {
	ctx, s, n := context.Background(), fresh(b), 20_000
	if soak() {
		n = 1_000_000
	}
	for at := 0; at < n; at += 1000 {
		err := s.write(ctx, func(t *tx) error {
			for i := range 1000 {
				if err := t.remember(ping(fmt.Sprint(at+i)), phi.Text{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if r, err := s.VerifyAudit(ctx, nil); err != nil || !r.OK || r.Size != int64(n) {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e6/float64(n), "s/1e6-leaves")
}

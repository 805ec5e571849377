package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"nightbell/audit"
	"nightbell/phi"
)

// bend opens the closed database as a stranger with a text editor would, and runs statements on it.
func bend(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := openPool(path, 1, []pragma{{"busy_timeout", "5000", "5000"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// audited makes a closed database with n leaves, each a group of its own.
func audited(t testing.TB, n int) Options {
	t.Helper()
	opt := made(t)
	s := opened(t, opt)
	for i := range n {
		if err := s.Audit(context.Background(), ping(fmt.Sprintf("r%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return opt
}

func TestBentAuditIsFoundAndTheFirstBadSeqNamed(t *testing.T) {
	for name, c := range map[string]struct {
		sql   string
		first int64
	}{
		"leaf edited":       {`UPDATE audit_leaves SET leaf = replace(leaf, 'r7', 'r8') WHERE seq = 7`, 7},
		"column edited":     {`UPDATE audit_leaves SET object = 'x' WHERE seq = 7`, 7},
		"time edited":       {`UPDATE audit_leaves SET at = at + 1 WHERE seq = 7`, 7},
		"leaf deleted":      {`DELETE FROM audit_leaves WHERE seq = 7`, 7},
		"last leaf deleted": {`DELETE FROM audit_leaves WHERE seq = 11`, 11},
		"leaf inserted":     {`INSERT INTO audit_leaves SELECT 12, at, action, object, clinic, actor, correlation, leaf FROM audit_leaves WHERE seq = 3`, 12},
		"leaf before all":   {`INSERT INTO audit_leaves SELECT -1, at, action, object, clinic, actor, correlation, leaf FROM audit_leaves WHERE seq = 3`, -1},
		"reordered": {`UPDATE audit_leaves SET seq = CASE seq WHEN 5 THEN -5 WHEN 6 THEN -6 END WHERE seq IN (5, 6);
			UPDATE audit_leaves SET seq = CASE seq WHEN -5 THEN 6 ELSE 5 END WHERE seq < 0`, 5},
		"hash edited":        {`UPDATE audit_hashes SET hash = zeroblob(32) WHERE idx = 4`, 3},
		"hash deleted":       {`DELETE FROM audit_hashes WHERE idx = 4`, 3},
		"checkpoint edited":  {`UPDATE audit_checkpoints SET note = replace(note, char(10) || '9' || char(10), char(10) || '8' || char(10)) WHERE size = 9`, 8},
		"checkpoint swapped": {`UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints WHERE size = 8) WHERE size = 9`, 8},
		"signature cut":      {`UPDATE audit_checkpoints SET note = substr(note, 1, 80) WHERE size = 9`, 8},
		"last not signed":    {`DELETE FROM audit_checkpoints WHERE size = 12`, 11},
	} {
		opt := audited(t, 12)
		bend(t, opt.Path, c.sql)
		s := opened(t, opt)
		r, err := s.VerifyAudit(context.Background(), nil)
		if err != nil || r.OK || r.FirstBad != c.first || r.Why == "" {
			t.Errorf("%s: %+v, %v; want first bad %d", name, r, err, c.first)
		}
		if err := s.Audit(context.Background(), ping("after")); err != nil {
			t.Errorf("%s: calls go on: %v", name, err)
		}
		if r, err := s.VerifyAudit(context.Background(), nil); err != nil || r.OK || r.FirstBad != c.first {
			t.Errorf("%s: signed over: %+v, %v", name, r, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBentEndIsReportedAtTheStart(t *testing.T) {
	opt := audited(t, 12)
	bend(t, opt.Path, `UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints WHERE size = 8) WHERE size = 12`)
	var heard []Trouble
	opt.Trouble = func(tr Trouble) { heard = append(heard, tr) }
	s := opened(t, opt)
	if len(heard) != 1 || heard[0].Kind != AuditDamaged {
		t.Errorf("trouble: %v", heard)
	}
	if err := s.Audit(context.Background(), ping("after")); err != nil {
		t.Errorf("calls go on: %v", err)
	}
	if r, err := s.VerifyAudit(context.Background(), nil); err != nil || r.OK || r.FirstBad != 11 {
		t.Errorf("signed over: %+v, %v", r, err)
	}
}

func TestYesterdaysDatabaseIsSeenByTheWitness(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	for range 5 {
		if err := s.Audit(context.Background(), ping("x")); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := s.Checkpoint(context.Background())
	if err != nil || kept.Size != 5 {
		t.Fatal(kept, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	bend(t, opt.Path, "DELETE FROM audit_leaves WHERE seq > 2", "DELETE FROM audit_hashes WHERE idx > 3",
		"DELETE FROM audit_checkpoints WHERE size > 3")
	s = opened(t, opt)
	if r, err := s.VerifyAudit(context.Background(), nil); err != nil || !r.OK {
		t.Errorf("alone it looks whole: %+v, %v", r, err)
	}
	if r, err := s.VerifyAudit(context.Background(), [][]byte{kept.Note}); err != nil || r.OK || r.FirstBad != 3 {
		t.Errorf("against the witness: %+v, %v", r, err)
	}
}

func TestManyWriteAtOnceAndEveryLeafStands(t *testing.T) {
	s := fresh(t)
	const people, each = 40, 50
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			for i := range each {
				e := ping(fmt.Sprintf("p%d-%d", p, i))
				if i%10 == 0 {
					e.Action = "no.such.word" // one that fails among those that hold
				}
				if err := s.Audit(context.Background(), e); (err != nil) != (i%10 == 0) {
					t.Errorf("%d %d: %v", p, i, err)
				}
			}
		})
	}
	wg.Wait()
	if n := holds(t, s); n != people*each*9/10 {
		t.Errorf("%d leaves", n)
	}
	k, err := s.Checkpoint(context.Background())
	var points int
	if err2 := s.read.QueryRow("SELECT count(*) FROM audit_checkpoints").Scan(&points); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if k.Size != people*each*9/10 || points >= int(k.Size) {
		t.Errorf("%d checkpoints for %d leaves: nothing was grouped", points, k.Size)
	}
}

func TestAuditPagesForwardWithoutGapOrRepeat(t *testing.T) {
	s := fresh(t)
	for i := range 25 {
		e := ping("x")
		e.Clinic = []string{"elm", "oak"}[i%2]
		if err := s.Audit(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	var seqs []int64
	q := AuditQuery{Clinics: []string{"elm"}, Actions: []audit.Action{audit.CallsListed}, Limit: 5}
	for {
		page, err := s.AuditList(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rows {
			seqs = append(seqs, r.Seq)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(seqs) != 13 || seqs[0] != 24 || seqs[12] != 0 {
		t.Errorf("%v", seqs)
	}
	if page, err := s.AuditList(context.Background(), AuditQuery{Clinics: []string{}}); err != nil || len(page.Rows) != 0 {
		t.Errorf("no clinic allowed: %v %v", page, err)
	}
	for _, q := range []AuditQuery{{Cursor: "%"}, {Cursor: "eHg"}, {Limit: -1}, {Limit: 1001}} {
		if _, err := s.AuditList(context.Background(), q); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestOneLeafIsProved(t *testing.T) {
	s := fresh(t)
	for range 9 {
		if err := s.Audit(context.Background(), ping("x")); err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.verifier(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.ProveAudit(context.Background(), 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.CheckProof(p, v); err != nil {
		t.Error(err)
	}
	if _, err := s.ProveAudit(context.Background(), 9); !errors.Is(err, ErrNotFound) {
		t.Errorf("seq 9 of 9: %v", err)
	}
}

func TestDetailIsSealedForItsSeq(t *testing.T) {
	s := fresh(t)
	e := ping("x")
	e.Clinic = "elm"
	if err := s.AuditDetail(context.Background(), e, phi.NewText("asked for Canary-Adams")); err != nil {
		t.Fatal(err)
	}
	page, err := s.AuditList(context.Background(), AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	row := page.Rows[0]
	if d, err := s.AuditDetailOf(row); err != nil || d.Reveal() != "asked for Canary-Adams" {
		t.Errorf("%v %v", d, err)
	}
	row.Seq++
	if _, err := s.AuditDetailOf(row); err == nil {
		t.Error("the detail opens under another seq")
	}
}

func TestFailedChangeLeavesNoLeaf(t *testing.T) {
	s := fresh(t)
	broken := errors.New("change of mind")
	err := s.write(context.Background(), func(t *tx) error {
		if err := t.remember(ping("x"), phi.Text{}); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if n := holds(t, s); n != 0 {
		t.Errorf("%d leaves", n)
	}
}

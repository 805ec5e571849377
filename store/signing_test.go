package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"nightbell/audit"
	"nightbell/seal"
)

func audited5(t *testing.T, s *Store) {
	t.Helper()
	for i := range 5 {
		if err := s.Audit(ctx, ping(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLogGoesOnUnderAnotherKey(t *testing.T) {
	h := newHouse(t)
	audited5(t, h.s)
	old, err := h.s.Checkpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := h.signer().VerifierKey()
	if _, err := h.ring.Rotate(seal.Audit, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.ring.Retire(seal.Audit, "", 1, usage{h.s}); !errors.Is(err, seal.ErrInUse) {
		t.Errorf("retired before the other key signs: %v", err)
	}
	var wg sync.WaitGroup
	for range 4 { // others write meanwhile
		wg.Go(func() { audited5(t, h.s) })
	}
	if err := h.s.ChangeSigner(ctx, h.signer()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := h.s.ChangeSigner(ctx, h.signer()); err != nil {
		t.Errorf("the same once more: %v", err)
	}
	keys, err := h.s.SigningKeys(ctx)
	if err != nil || len(keys) != 2 || keys[0].VerifierKey != before || keys[1].VerifierKey != h.signer().VerifierKey() {
		t.Fatalf("%+v %v", keys, err)
	}
	page, err := h.s.AuditList(ctx, AuditQuery{Actions: []audit.Action{audit.KeyCreated}, Object: "key:audit", Limit: 1})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Seq != keys[1].After || page.Rows[0].Event.Facts["verifier_before"] != before {
		t.Errorf("%+v %v", page, err)
	}
	holds(t, h.s)
	if err := h.ring.Retire(seal.Audit, "", 1, usage{h.s}); err != nil {
		t.Fatal(err)
	}
	h.restart() // the new alone
	audited5(t, h.s)
	holds(t, h.s)
	if r, err := h.s.VerifyAudit(ctx, [][]byte{old.Note}); err != nil || !r.OK {
		t.Errorf("against a witness of the old key: %+v %v", r, err)
	}
}

// A crash between the new key and the change: the next start carries it out.
func TestCutOffChangeOfSignerIsCarriedOut(t *testing.T) {
	h := newHouse(t)
	audited5(t, h.s)
	for range 2 { // and one key that never signed
		if _, err := h.ring.Rotate(seal.Audit, ""); err != nil {
			t.Fatal(err)
		}
	}
	h.restart()
	keys, err := h.s.SigningKeys(ctx)
	if err != nil || len(keys) != 3 || keys[1].After != keys[2].After || keys[2].VerifierKey != h.signer().VerifierKey() {
		t.Fatalf("%+v %v", keys, err)
	}
	audited5(t, h.s)
	holds(t, h.s)
	for v := range uint32(2) {
		if err := h.ring.Retire(seal.Audit, "", v+1, usage{h.s}); err != nil {
			t.Errorf("version %d: %v", v+1, err)
		}
	}
	h.restart()
	holds(t, h.s)
}

// Whoever finds an old seed signs nothing new, and the new key nothing old.
func TestAKeySignsItsOwnTimeOnly(t *testing.T) {
	for what, c := range map[string]struct {
		size string
		seed byte
	}{"an old key, later": {"max(size)", 5}, "a new key, before": {"min(size)", 6}} {
		opt := made(t)
		s := opened(t, opt)
		audited5(t, s)
		if err := s.ChangeSigner(ctx, seeded(t, s, 5, 6)); err != nil {
			t.Fatal(err)
		}
		audited5(t, s)
		holds(t, s)
		var size int64
		if err := s.read.QueryRow("SELECT " + c.size + " FROM audit_checkpoints").Scan(&size); err != nil {
			t.Fatal(err)
		}
		root, err := s.AuditRoot(ctx, size)
		if err != nil {
			t.Fatal(err)
		}
		forger := seeded(t, s, c.seed)
		note, err := forger.SignIn(1, size, root)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		bend(t, opt.Path, fmt.Sprintf("UPDATE audit_checkpoints SET note = CAST(X'%x' AS TEXT) WHERE size = %d", note, size))
		s, err = Open(opt)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Unseal(fakeSealer{"k"}, seeded(t, s, 5, 6)); err != nil {
			t.Fatal(err)
		}
		if r, err := s.VerifyAudit(ctx, nil); err != nil || r.OK || r.FirstBad != size-1 {
			t.Errorf("%s: %+v %v", what, r, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Rows of the table of keys that somebody takes away are missed.
func TestTakenSigningKeysAreMissed(t *testing.T) {
	for what, sql := range map[string]string{
		"all": "DELETE FROM audit_keys", "the last": "DELETE FROM audit_keys WHERE version = 2", "the first": "DELETE FROM audit_keys WHERE version = 1",
	} {
		opt := made(t)
		s := opened(t, opt)
		audited5(t, s)
		if err := s.ChangeSigner(ctx, seeded(t, s, 5, 6)); err != nil {
			t.Fatal(err)
		}
		audited5(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		bend(t, opt.Path, sql)
		for _, seeds := range [][]byte{{5, 6}, {6}} {
			path := copyOf(t, opt.Path, "bent")
			s, err := Open(Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Unseal(fakeSealer{"k"}, seeded(t, s, seeds...)); err != nil {
				t.Fatalf("%s: calls are not answered: %v", what, err)
			}
			if r, err := s.VerifyAudit(ctx, nil); err == nil && r.OK {
				t.Errorf("%s, with seeds %v: %+v", what, seeds, r)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestStrangerDoesNotBecomeTheSigner(t *testing.T) {
	s := fresh(t)
	if err := s.ChangeSigner(ctx, seeded(t, s, 9)); !errors.Is(err, ErrInvalid) {
		t.Errorf("%v", err)
	}
	if err := s.Audit(ctx, ping("x")); err != nil {
		t.Fatal(err)
	}
	holds(t, s)
}

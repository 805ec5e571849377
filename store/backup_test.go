package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"nightbell/audit"
)

func TestASnapshotIsWholeAndClean(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	apply(t, s, demoBook())
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Snapshot(ctx, path); err != nil {
		t.Fatal(err)
	}
	if err := s.Snapshot(ctx, path); err == nil {
		t.Error("written over a file")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("open to others", info, err)
	}
	copied := opened(t, Options{Path: path})
	if len(bookOf(t, copied).Clinics) != 2 || holds(t, copied) != holds(t, s) {
		t.Error("the copy differs")
	}
}

func TestACopySaysWhatItHolds(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	apply(t, s, demoBook())
	shot := func() string {
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := s.Snapshot(ctx, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, two := shot(), shot()
	first, second := tablesOf(t, one), tablesOf(t, two)
	if len(first) < 10 || len(first) != len(second) {
		t.Fatal(first, second)
	}
	for i := range first {
		if first[i] != second[i] {
			t.Errorf("%v, then %v", first[i], second[i])
		}
	}
	bend(t, two, "UPDATE clinics SET rank = rank + 1 WHERE id = (SELECT min(id) FROM clinics)")
	differ := 0
	for i, now := range tablesOf(t, two) {
		if now != first[i] {
			differ++
			if now.Name != "clinics" || now.Rows != first[i].Rows {
				t.Errorf("%v differs", now)
			}
		}
	}
	if differ != 1 {
		t.Errorf("%d tables differ", differ)
	}
}

func tablesOf(t *testing.T, path string) []Table {
	t.Helper()
	c := copyAt(t, path)
	defer c.Close()
	ctx := context.Background()
	list, err := c.Tables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := c.Schema(ctx); err != nil || v != NewestSchema() || v < 3 {
		t.Errorf("schema %d of %d: %v", v, NewestSchema(), err)
	}
	if k, err := c.Checkpoint(ctx); err != nil || k.Size == 0 {
		t.Errorf("checkpoint %v %v", k, err)
	}
	if err := c.Check(ctx); err != nil {
		t.Error(err)
	}
	return list
}

func copyAt(t *testing.T, path string) *Copy {
	t.Helper()
	c, err := OpenCopy(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestADamagedCopyIsNotTaken(t *testing.T) {
	s := fresh(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Snapshot(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	whole := readAll(t, path)
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := OpenCopy(path); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut: %v", err)
		_ = c.Close()
	}
	torn := bytes.Clone(whole)
	for i := 4096 * 3; i < 4096*9; i++ {
		torn[i] ^= 0x5a
	}
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	c := copyAt(t, path)
	defer c.Close()
	if err := c.Check(context.Background()); !errors.Is(err, ErrDamaged) {
		t.Errorf("torn: %v", err)
	}
}

// A snapshot lasts; who writes meanwhile must not wait for it.
func TestASnapshotKeepsNobodyWaiting(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	apply(t, s, demoBook())
	path := filepath.Join(t.TempDir(), "copy.db")
	done := make(chan error, 1)
	go func() { done <- s.Snapshot(ctx, path) }()
	for finished := false; !finished; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			finished = true
		default:
		}
		if err := s.Audit(ctx, audit.Event{Actor: amy, Action: audit.ServerStarted, Object: "server:x"}); err != nil {
			t.Fatal(err)
		}
	}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestNewDatabaseIsTheOwnersAlone(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	apply(t, s, demoBook())
	for _, tail := range []string{"", "-wal", "-shm"} {
		st, err := os.Stat(opt.Path + tail)
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", tail, st, err)
		}
	}
	if _, err := Create(opt, Production); !errors.Is(err, ErrConflict) {
		t.Errorf("created over another: %v", err)
	}
	if s.Mode() != Production || len(s.Instance()) < 26 {
		t.Errorf("%s %s", s.Mode(), s.Instance())
	}
}

func TestEveryConnectionHasItsSettings(t *testing.T) {
	s := fresh(t)
	var table, strict int
	err := s.read.QueryRow(`SELECT count(*), sum(strict) FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`).Scan(&table, &strict)
	if err != nil || table == 0 || table != strict {
		t.Errorf("%d of %d tables are STRICT: %v", strict, table, err)
	}
	if _, err := s.read.Exec("DELETE FROM meta"); err == nil {
		t.Error("a reader can write")
	}
	for _, p := range pragmas(s.opt.Busy) {
		for name, q := range map[string]querier{"reader": s.read, "writer": s.writer.conn} {
			var got string
			if err := q.QueryRowContext(context.Background(), "PRAGMA "+p.name).Scan(&got); err != nil || got != p.want {
				t.Errorf("%s: %s is %q: %v", name, p.name, got, err)
			}
		}
	}
}

func TestSettingThatDoesNotTakeIsRefused(t *testing.T) {
	// An in-memory database has no write-ahead log: SQLite answers "memory" and goes on. We do not.
	_, err := openPool(":memory:", 1, pragmas(0))
	if !errors.Is(err, ErrMode) || !strings.Contains(err.Error(), "journal_mode is memory, must be wal") {
		t.Errorf("%v", err)
	}
	for _, p := range []pragma{
		{"synchronous", "NORMAL", "2"}, {"secure_delete", "FAST", "1"}, {"no_such_pragma", "1", "1"}, {"trusted_schema", "ON", "0"},
	} {
		if _, err := openPool(made(t).Path, 1, []pragma{p}); !errors.Is(err, ErrMode) || !strings.Contains(err.Error(), p.name) {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}

func TestDatabaseThatIsNotOneIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(path string) error
		want error
	}{
		"missing":          {os.Remove, fs.ErrNotExist},
		"empty":            {func(p string) error { return os.Truncate(p, 0) }, ErrDamaged},
		"ten bytes":        {func(p string) error { return os.Truncate(p, 10) }, ErrDamaged},
		"one page":         {func(p string) error { return os.Truncate(p, 4096) }, ErrDamaged},
		"half":             {func(p string) error { st, _ := os.Stat(p); return os.Truncate(p, st.Size()/2) }, ErrDamaged},
		"a page short":     {func(p string) error { st, _ := os.Stat(p); return os.Truncate(p, st.Size()-4096) }, ErrDamaged},
		"free page short":  {cutFreePage, ErrDamaged},
		"bytes short":      {func(p string) error { st, _ := os.Stat(p); return os.Truncate(p, st.Size()-1000) }, ErrDamaged},
		"something else":   {func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("text", 5000)), 0o600) }, ErrDamaged},
		"page overwritten": {overwritePage, ErrDamaged},
		"a folder":         {func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, ErrDamaged},
		"others may read":  {func(p string) error { return os.Chmod(p, 0o640) }, ErrMode},
	} {
		opt := audited(t, 40)
		if err := c.bend(opt.Path); err != nil {
			t.Fatal(err)
		}
		s, err := Open(opt)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}

// cutFreePage takes away a page in which nothing stands: SQLite itself does not miss it.
func cutFreePage(path string) error {
	free := exec.Command("sqlite3", path, "CREATE TABLE gone (x); INSERT INTO gone VALUES (zeroblob(40960)); DROP TABLE gone; PRAGMA wal_checkpoint(TRUNCATE);")
	if out, err := free.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, st.Size()-4096)
}

func overwritePage(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(strings.Repeat("\xEE", 4096)), 3*4096)
	return errors.Join(err, f.Close())
}

func TestHalfMadeDatabaseIsNoDatabase(t *testing.T) {
	opt := Options{Path: filepath.Join(t.TempDir(), "nightbell.db")}
	if err := os.WriteFile(opt.Path+".new", []byte("a crash left this"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(opt, Development); err != nil {
		t.Fatal(err)
	}
	if s := opened(t, opt); s.Mode() != Development {
		t.Errorf("mode %s", s.Mode())
	}
	if _, err := Create(Options{Path: opt.Path + "2"}, "test"); !errors.Is(err, ErrInvalid) {
		t.Errorf("mode test: %v", err)
	}
}

func TestSealedStoreKeepsKeysAndRefusesTheRest(t *testing.T) {
	s, err := Open(made(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Put(WrappedKey{Purpose: "fields", Version: 1, Sealed: []byte("w")}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	_, errBook := s.Book(ctx)
	_, errCalls := s.Calls(ctx, CallQuery{})
	_, errApply := s.ApplyBook(ctx, amy, demoBook())
	_, _, errToken := s.CreateToken(ctx, amy, Token{Name: "n", Scopes: []string{"s"}})
	_, errVerify := s.VerifyAudit(ctx, nil)
	for _, err := range []error{s.Audit(ctx, ping("x")), errBook, errCalls, errApply, errToken, errVerify, s.PauseAgent(ctx, amy, "x", "")} {
		if !errors.Is(err, ErrSealed) && !errors.Is(err, ErrNotFound) {
			t.Errorf("sealed: %v", err)
		}
	}
	unseal(t, s)
	if err := s.Put(WrappedKey{Purpose: "fields", Version: 2, Sealed: []byte("w2")}); err != nil {
		t.Fatal(err)
	}
	keys, err := s.Keys()
	if err != nil || len(keys) != 2 || string(keys[1].Sealed) != "w2" {
		t.Errorf("%v %v", keys, err)
	}
	if n := holds(t, s); n != 2 {
		t.Errorf("%d leaves: the key of before has none", n)
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	s := fresh(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Audit(context.Background(), ping("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestHalfAKeyIsRefused(t *testing.T) {
	s := fresh(t)
	for name, k := range map[string]WrappedKey{
		"no purpose": {Version: 1, Sealed: []byte("w")}, "no version": {Purpose: "fields", Sealed: []byte("w")},
		"no key": {Purpose: "fields", Version: 1}, "retired with a key": {Purpose: "fields", Version: 1, Retired: arrived, Sealed: []byte("w")},
	} {
		if err := s.Put(k); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Put(WrappedKey{Purpose: "fields", Version: 1, Retired: arrived}); err != nil {
		t.Error(err)
	}
}

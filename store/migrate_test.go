package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"nightbell/call"
)

// restored makes a database file from a committed dump of an old schema.
func restored(t testing.TB, dump string) Options {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nightbell.db")
	if err := emptyFile(path); err != nil {
		t.Fatal(err)
	}
	bend(t, path, string(readAll(t, dump)))
	return Options{Path: path}
}

func TestEveryOldSchemaOpensAndKeepsWhatItHeld(t *testing.T) {
	old, err := filepath.Glob("../testdata/schema/*.sql")
	if err != nil || len(old) == 0 {
		t.Fatal(old, err)
	}
	for _, dump := range old {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			opt := restored(t, dump)
			s := opened(t, opt)
			ctx := context.Background()
			was := holds(t, s)
			b := bookOf(t, s)
			if len(b.Clinics) != 2 || b.People[0].Name.Reveal() != "Amy Canary-Adams" || len(b.Schedules[0].Overrides) != 1 {
				t.Errorf("book: %+v", b)
			}
			c, err := s.Call(ctx, "c1")
			if err != nil || c.From.Reveal() != "+12125550123" || c.Outcome != call.Completed || len(c.Recordings) != 1 || len(c.Events) != 6 {
				t.Errorf("call: %+v %v", c, err)
			}
			if secret, err := s.DeviceSecret(ctx, "amy-desk"); err != nil || string(secret) != "old secret" {
				t.Errorf("device: %v", err)
			}
			if keys, err := s.Keys(); err != nil || len(keys) != 1 {
				t.Errorf("keys: %v %v", keys, err)
			}
			if err := s.EndRecording(ctx, c.Recordings[0].ID, Ending{State: Recovered, Reason: "crash"}); err != nil {
				t.Error(err)
			}
			if holds(t, s) != was+1 {
				t.Error("the log does not go on where it was")
			}
		})
	}
}

func TestOldAndNewSchemaAreTheSame(t *testing.T) {
	schema := func(s *Store) (all string) {
		err := s.read.QueryRow(`SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_master
			WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' ORDER BY type, name)`).Scan(&all)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := schema(fresh(t))
	old, err := filepath.Glob("../testdata/schema/*.sql")
	if err != nil || len(old) == 0 {
		t.Fatal(old, err)
	}
	for _, dump := range old {
		if got := schema(opened(t, restored(t, dump))); got != want {
			t.Errorf("migrated from %s:\n%s\nborn new:\n%s", dump, got, want)
		}
	}
}

func TestNewerSchemaThanTheProgramIsRefused(t *testing.T) {
	opt := made(t)
	bend(t, opt.Path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
	if s, err := Open(opt); !errors.Is(err, ErrMode) {
		t.Errorf("%v", err)
		_ = s.Close()
	}
	st, err := os.Stat(opt.Path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st, err)
	}
}

package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

const spoolRoom = 8 << 10

func openSpool(t testing.TB, path string, ring *Ring) *Spool {
	t.Helper()
	s, err := OpenSpool(path, ring, spoolRoom)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func entries(t testing.TB, s *Spool) (all []string) {
	t.Helper()
	err := s.Replay(func(b []byte) error {
		all = append(all, string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func fill(t testing.TB, s *Spool, n int) {
	t.Helper()
	for i := range n {
		if err := s.Append([]byte("canary event " + strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpoolKeepsWhatTheDatabaseCouldNotTake(t *testing.T) {
	ring, _, _ := newRing(t)
	path := filepath.Join(t.TempDir(), "spool")
	s := openSpool(t, path, ring)
	fill(t, s, 3)
	s.Close()
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("canary")) || len(raw) != spoolRoom {
		t.Errorf("%d bytes, %v; in clear: %v", len(raw), err, bytes.Contains(raw, []byte("canary")))
	}
	s = openSpool(t, path, ring)
	fill(t, s, 1)
	if got := entries(t, s); len(got) != 4 || got[2] != "canary event 2" || got[3] != "canary event 0" {
		t.Errorf("%q", got)
	}
	stop := errors.New("database locked again")
	if err := s.Replay(func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	if got := entries(t, s); len(got) != 4 {
		t.Errorf("%q after a replay that stopped", got)
	}
	if err := s.Truncate(); err != nil || !s.Empty() {
		t.Fatal(err)
	}
	if got := entries(t, openSpool(t, path, ring)); len(got) != 0 {
		t.Errorf("%q after it was emptied", got)
	}
	fill(t, s, 2)
	if got := entries(t, s); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

func TestSpoolToleratesATornEndAndNothingElse(t *testing.T) {
	ring, _, _ := newRing(t)
	path := filepath.Join(elsewhere(t), "spool") // in memory: hundreds of syncs
	s := openSpool(t, path, ring)
	fill(t, s, 3)
	end := s.at
	s.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	entry := (int(end) - spoolHead) / 3
	open := func(change func(b []byte) []byte) (n int, err error) {
		t.Helper()
		if err := os.WriteFile(path, change(bytes.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenSpool(path, ring, spoolRoom)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		return len(entries(t, s)), nil
	}
	for cut := spoolHead; cut < int(end); cut++ {
		if n, err := open(func(b []byte) []byte { return b[:cut] }); err != nil || n != (cut-spoolHead)/entry {
			t.Fatalf("cut at %d: %d entries, %v", cut, n, err)
		}
	}
	if n, err := open(func(b []byte) []byte { b[end-1] ^= 1; return b }); err != nil || n != 2 {
		t.Errorf("last entry torn: %d entries, %v", n, err)
	}
	for at := range spoolHead + 2*entry {
		_, err := open(func(b []byte) []byte { b[at] ^= 1; return b })
		if !errors.Is(err, ErrSpoolDamaged) && !errors.Is(err, ErrNoKey) { // the header names the key
			t.Fatalf("byte %d changed: %v", at, err)
		}
	}
	if _, err := open(func(b []byte) []byte { clear(b[:spoolHead]); return b }); !errors.Is(err, ErrSpoolDamaged) {
		t.Errorf("header zeroed: %v", err)
	}
	if n, err := open(func(b []byte) []byte { return nil }); err != nil || n != 0 {
		t.Errorf("made and not begun: %d %v", n, err)
	}
}

func TestSpoolOutlivesARotation(t *testing.T) {
	ring, root, vault := newRing(t)
	path := filepath.Join(t.TempDir(), "spool")
	s := openSpool(t, path, ring)
	fill(t, s, 1)
	if _, err := ring.Rotate(Spooling, ""); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = openSpool(t, path, openRing(t, root, vault))
	fill(t, s, 1)
	if got := entries(t, s); len(got) != 2 {
		t.Errorf("%q", got)
	}
	if err := s.Truncate(); err != nil {
		t.Fatal(err)
	}
	if s.KeyVersion() != 2 {
		t.Error("an emptied spool goes on under the old key")
	}
}

func TestSpoolGrowsBeyondItsRoomAndShrinksBack(t *testing.T) {
	ring, _, _ := newRing(t)
	path := filepath.Join(t.TempDir(), "spool")
	s := openSpool(t, path, ring)
	big := bytes.Repeat([]byte("e"), spoolRoom)
	if err := errors.Join(s.Append(big), s.Append(big)); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, s); len(got) != 2 {
		t.Errorf("%d entries", len(got))
	}
	if err := s.Truncate(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != spoolRoom {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	if err := s.Append(make([]byte, MaxEntry+1)); !errors.Is(err, ErrEntry) {
		t.Errorf("too big: %v", err)
	}
}

func FuzzSpool(f *testing.F) {
	ring, _, _ := newRing(f)
	path := filepath.Join(f.TempDir(), "spool")
	s := openSpool(f, path, ring)
	fill(f, s, 3)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good[:1000])
	f.Add([]byte("NBSPOOL1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		path := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenSpool(path, ring, 1024)
		if err != nil {
			return
		}
		defer s.Close()
		for i, e := range entries(t, s) {
			if e != "canary event "+strconv.Itoa(i) {
				t.Errorf("an entry that nobody appended: %q", e)
			}
		}
	})
}

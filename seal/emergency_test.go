package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

const emergencyRoom = 256 << 10

func openEmergency(t testing.TB, path string) *EmergencySpool {
	t.Helper()
	s, err := OpenEmergencySpool(path, emergencyRoom)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// emergencyFor gives a spool that seals to the ring's key, as a sealed server has it: without the ring.
func emergencyFor(t testing.TB, path string, ring *Ring) *EmergencySpool {
	t.Helper()
	s := openEmergency(t, path)
	public, err := ring.EmergencyPublic()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SealTo(public); err != nil {
		t.Fatal(err)
	}
	return s
}

func tell(t testing.TB, s *EmergencySpool, from, n int) {
	t.Helper()
	for i := range n {
		if err := s.Append([]byte("canary event " + strconv.Itoa(from+i))); err != nil {
			t.Fatal(err)
		}
	}
}

func told(t testing.TB, s *EmergencySpool) (all []string) {
	t.Helper()
	err := s.Replay(func(b []byte) error { all = append(all, string(b)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWhatHappensWhileSealedIsReadOnceOpen(t *testing.T) {
	ring, _, _ := newRing(t)
	path := filepath.Join(t.TempDir(), "emergency.spool")
	s := emergencyFor(t, path, ring)
	tell(t, s, 0, 3)
	if err := s.Replay(func([]byte) error { t.Error("read while sealed"); return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("replay while sealed: %v", err)
	}
	s.Close() // as kill -9 leaves it

	s = emergencyFor(t, path, ring)
	tell(t, s, 3, 2)
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("canary")) || len(raw) != emergencyRoom {
		t.Errorf("%d bytes, %v; in clear: %v", len(raw), err, bytes.Contains(raw, []byte("canary")))
	}
	s.Unlock(ring)
	got := told(t, s)
	if len(got) != 5 || got[0] != "canary event 0" || got[4] != "canary event 4" || s.Unreadable() != 0 {
		t.Errorf("%q, %d unreadable", got, s.Unreadable())
	}
	stop := errors.New("database locked again")
	if err := s.Replay(func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	if err := s.Truncate(); err != nil || !s.Empty() {
		t.Fatal(err)
	}
	if raw, _ = os.ReadFile(path); !zero(raw) {
		t.Error("something is left after it was emptied")
	}
	tell(t, s, 7, 1)
	if got := told(t, s); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestEmergencyEntriesOutliveARotation(t *testing.T) {
	ring, _, _ := newRing(t)
	path := filepath.Join(t.TempDir(), "emergency.spool")
	tell(t, emergencyFor(t, path, ring), 0, 2)
	if _, err := ring.Rotate(Spooling, ""); err != nil {
		t.Fatal(err)
	}
	s := emergencyFor(t, path, ring)
	tell(t, s, 2, 1)
	if versions, err := s.KeyVersions(); err != nil || len(versions) != 2 {
		t.Errorf("under versions %v, %v", versions, err)
	}
	s.Unlock(ring)
	if got := told(t, s); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// A torn end is written over; a damaged or missing entry costs no other, and is counted.
func TestADamagedEmergencyEntryCostsNoOther(t *testing.T) {
	ring, _, _ := newRing(t)
	path := filepath.Join(t.TempDir(), "emergency.spool")
	s := emergencyFor(t, path, ring)
	tell(t, s, 0, 4)
	size := s.at / 4
	s.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		at   int64
		left int
		bad  int
	}{
		"first": {size / 2, 3, 1}, "middle": {size + size/2, 3, 1}, "its head": {2*size + 5, 3, 1}, "torn end": {4*size - 3, 3, 0},
	} {
		b := bytes.Clone(whole)
		b[c.at] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s := emergencyFor(t, path, ring)
		tell(t, s, 9, 1)
		s.Unlock(ring)
		if got := told(t, s); len(got) != c.left+1 || got[c.left] != "canary event 9" || s.Unreadable() != c.bad {
			t.Errorf("%s: %q, %d unreadable", name, got, s.Unreadable())
		}
		s.Close()
	}
	other, _, _ := newRing(t)
	s = openEmergency(t, path)
	s.Unlock(other)
	if got := told(t, s); len(got) != 0 || s.Unreadable() == 0 {
		t.Errorf("another installation's ring read %q", got)
	}
}

func TestNothingIsKeptWithoutAKeyToSealTo(t *testing.T) {
	s := openEmergency(t, filepath.Join(t.TempDir(), "emergency.spool"))
	if err := s.Append([]byte("event")); !errors.Is(err, ErrNoEmergencyKey) {
		t.Error(err)
	}
	if err := s.SealTo(EmergencyPublic{1, []byte("no key")}); !errors.Is(err, ErrNoEmergencyKey) {
		t.Error(err)
	}
}

func FuzzEmergencyEntry(f *testing.F) {
	f.Add(emergencyEntry{1, 2, []byte("sealed")}.encode())
	f.Add([]byte("NBe1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, size := decodeEmergency(b)
		if size > int64(len(b)) || size > 0 && !bytes.Equal(e.encode(), b[:size]) {
			t.Errorf("%d of %d bytes", size, len(b))
		}
	})
}

// BenchmarkEmergencyAppend is what one event costs a sealed server, its sync included.
func BenchmarkEmergencyAppend(b *testing.B) {
	ring, _, _ := newRing(b)
	s := emergencyFor(b, filepath.Join(b.TempDir(), "emergency.spool"), ring)
	entry := make([]byte, 400)
	for b.Loop() {
		if err := s.Append(entry); err != nil {
			b.Fatal(err)
		}
		if s.at > emergencyRoom-4096 {
			s.at, s.seq = 0, 0
		}
	}
}

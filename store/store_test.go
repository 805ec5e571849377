package store

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nightbell/audit"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}

// fakeSealer keeps the promise of Sealer with what the standard library's hashes give: a keystream and a tag over the
// cell's place. It is deterministic, so that committed old files open in every test run.
type fakeSealer struct{ key string }

func (f fakeSealer) sum(what string, c Cell, b []byte) []byte {
	m := hmac.New(sha256.New, []byte(f.key))
	for _, part := range []string{what, c.Table, c.Column, c.Row, c.Clinic} {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	m.Write(b)
	return m.Sum(nil)
}

func (f fakeSealer) stream(c Cell, b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		if i%32 == 0 {
			block := f.sum("stream", c, []byte{byte(i / 32), byte(i / 32 >> 8)})
			for k := i; k < len(out) && k < i+32; k++ {
				out[k] ^= block[k-i]
			}
		}
	}
	return out
}

func (f fakeSealer) SealCell(c Cell, clear []byte) ([]byte, error) {
	return append(f.stream(c, clear), f.sum("tag", c, clear)[:16]...), nil
}

var errNotHere = errors.New("cell does not open")

func (f fakeSealer) OpenCell(c Cell, sealed []byte) ([]byte, error) {
	if len(sealed) < 16 {
		return nil, errNotHere
	}
	clear := f.stream(c, sealed[:len(sealed)-16])
	if !hmac.Equal(f.sum("tag", c, clear)[:16], sealed[len(sealed)-16:]) {
		return nil, errNotHere
	}
	return clear, nil
}

func (f fakeSealer) Index(clinic, e164 string) (x [16]byte, err error) {
	copy(x[:], f.sum("index", Cell{Clinic: clinic}, []byte(e164)))
	return x, nil
}

func (f fakeSealer) Indexes(clinic, e164 string) ([][16]byte, error) {
	x, err := f.Index(clinic, e164)
	return [][16]byte{x}, err
}

func (f fakeSealer) EnsureClinic(clinic string) error {
	if clinic == "" {
		return errNotHere
	}
	return nil
}

var amy = audit.Actor{Type: "person", ID: "amy", Role: "admin"}

// clock of a test: starts at a fixed noon and moves a millisecond at each look.
func tick() func() time.Time {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	return func() time.Time { at = at.Add(time.Millisecond); return at }
}

// made creates a database in a folder of the test's own and gives its options.
func made(t testing.TB) Options {
	t.Helper()
	opt := Options{Path: filepath.Join(t.TempDir(), "nightbell.db")}
	if _, err := Create(opt, Production); err != nil {
		t.Fatal(err)
	}
	return opt
}

// opened opens and unseals; the test closes it in the end unless it did so itself.
func opened(t testing.TB, opt Options) *Store {
	t.Helper()
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	unseal(t, s)
	return s
}

func unseal(t testing.TB, s *Store) {
	t.Helper()
	signer, err := audit.NewSigner(audit.Origin(s.Instance()), bytes.Repeat([]byte{5}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Unseal(fakeSealer{"k"}, signer); err != nil {
		t.Fatal(err)
	}
}

func fresh(t testing.TB) *Store { return opened(t, made(t)) }

// holds fails the test unless the whole audit log verifies; it gives its size.
func holds(t testing.TB, s *Store) int64 {
	t.Helper()
	r, err := s.VerifyAudit(context.Background(), nil)
	if err != nil || !r.OK {
		t.Fatalf("audit log: %+v, %v", r, err)
	}
	return r.Size
}

func ping(n string) audit.Event {
	return audit.Event{Actor: amy, Action: audit.CallsListed, Object: "calls", Correlation: n}
}

// actions lists the log's words, oldest first.
func actions(t testing.TB, s *Store) []audit.Action {
	t.Helper()
	page, err := s.AuditList(context.Background(), AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var list []audit.Action
	for i := len(page.Rows) - 1; i >= 0; i-- {
		list = append(list, page.Rows[i].Event.Action)
	}
	return list
}

func contains(s, part string) bool { return bytes.Contains([]byte(s), []byte(part)) }

func readAll(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// soak says that full counts are asked for.
func soak() bool { return os.Getenv("NIGHTBELL_SOAK") == "1" }

// soakUntil is the end of a story that lasts d in the soak, and no time at all otherwise.
func soakUntil(d time.Duration) time.Time {
	if soak() {
		return time.Now().Add(d)
	}
	return time.Time{}
}

package audit

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// pocket is a witness's memory that forgets nothing.
type pocket map[string][]byte

func (p pocket) Last(origin string) ([]byte, error) { return p[origin], nil }
func (p pocket) Keep(origin string, signed []byte) error {
	p[origin] = bytes.Clone(signed)
	return nil
}

func testWitness(t testing.TB, memory WitnessMemory, vkeys ...string) (*Witness, WitnessKey) {
	t.Helper()
	c, err := NewCosigner("witness.example", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWitness(c, memory, func() time.Time { return noon }, vkeys...)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseWitnessKey(c.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	return w, key
}

// history is one log at every size, ready to be shown to a witness.
type history struct {
	signer *Signer
	heads  []Hash
	hashes map[int64]Hash
}

func (h *history) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, x := range indexes {
		out[i] = h.hashes[x]
	}
	return out, nil
}

// grown is a log of n leaves; those from fork on are other ones.
func grown(t testing.TB, n, fork int) *history {
	t.Helper()
	s, _ := testSigner(t)
	h := &history{signer: s, hashes: map[int64]Hash{}}
	tree := NewTree()
	for i := range n + 1 {
		root, err := tree.Root()
		if err != nil {
			t.Fatal(err)
		}
		h.heads = append(h.heads, root)
		leaf := []byte{byte(i)}
		if i >= fork {
			leaf = []byte{byte(i), 'x'}
		}
		stored, err := tree.Append(leaf)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range stored {
			h.hashes[s.Index] = s.Hash
		}
	}
	return h
}

func (h *history) note(t testing.TB, size int64) []byte {
	t.Helper()
	signed, err := h.signer.Sign(size, h.heads[size])
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (h *history) addition(t testing.TB, old, size int64) Addition {
	t.Helper()
	proof, err := ProveGrowth(size, old, h)
	if err != nil {
		t.Fatal(err)
	}
	return Addition{old, proof, h.note(t, size)}
}

func TestWitnessSignsWhatHasGrown(t *testing.T) {
	log := grown(t, 40, 100)
	w, key := testWitness(t, pocket{}, log.signer.VerifierKey())
	last := int64(0)
	for _, size := range []int64{1, 2, 3, 3, 8, 21, 40} {
		sent, err := ParseAddition(log.addition(t, last, size).Encode())
		if err != nil {
			t.Fatal(err)
		}
		line, err := w.Add(context.Background(), sent)
		if err != nil {
			t.Fatalf("from %d to %d: %v", last, size, err)
		}
		at, err := key.Cosigned(append(bytes.Clone(sent.Note), line...))
		if err != nil || !at.Equal(noon.Truncate(time.Second)) {
			t.Errorf("%v %v", at, err)
		}
		last = size
	}
	kept, err := w.Latest(context.Background(), log.signer.Origin())
	v, _ := NewVerifier(log.signer.VerifierKey())
	if c, err2 := v.Open(kept); err != nil || err2 != nil || c.Size != 40 {
		t.Errorf("%+v %v %v", c, err, err2)
	}
	if _, err := key.Cosigned(kept); err != nil {
		t.Error(err)
	}
}

func TestWitnessRefusesForksAndRollbacks(t *testing.T) {
	log, fork := grown(t, 40, 100), grown(t, 40, 10)
	stranger, err := NewSigner(Origin("stranger"), bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := stranger.Sign(25, Hash{1})
	thief, _ := NewSigner(log.signer.Origin(), bytes.Repeat([]byte{9}, 32))
	stolen, _ := thief.Sign(25, Hash{1})
	w, _ := testWitness(t, pocket{}, log.signer.VerifierKey())
	if _, err := w.Add(context.Background(), log.addition(t, 0, 20)); err != nil {
		t.Fatal(err)
	}
	bent := log.addition(t, 20, 30)
	bent.Proof[0][0] ^= 1
	short := log.addition(t, 20, 30)
	short.Proof = short.Proof[1:]
	for name, c := range map[string]struct {
		a    Addition
		want error
	}{
		"yesterday's database":     {log.addition(t, 15, 15), StaleError{20}},
		"shorter, and says so":     {Addition{20, nil, log.note(t, 15)}, ErrBadRequest},
		"forgot what was sent":     {log.addition(t, 0, 30), StaleError{20}},
		"another log of that size": {Addition{20, nil, fork.note(t, 20)}, ErrFork},
		"a fork that grew":         {fork.addition(t, 20, 30), ErrBadProof},
		"a proof bent":             {bent, ErrBadProof},
		"a proof cut":              {short, ErrBadProof},
		"a log that it never knew": {Addition{0, nil, foreign}, ErrUnknownLog},
		"signed by another key":    {Addition{20, nil, stolen}, ErrNotSigned},
		"signature cut":            {Addition{20, nil, log.note(t, 30)[:90]}, ErrNotSigned},
		"no note":                  {Addition{20, nil, []byte("hello")}, ErrBadRequest},
	} {
		if _, err := w.Add(context.Background(), c.a); !errors.Is(err, c.want) && err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := w.Add(context.Background(), log.addition(t, 20, 40)); err != nil {
		t.Errorf("the true log goes on: %v", err)
	}
}

func TestWitnessWhoseMemoryWasEditedSignsNothing(t *testing.T) {
	log, memory := grown(t, 40, 100), pocket{}
	w, _ := testWitness(t, memory, log.signer.VerifierKey())
	if _, err := w.Add(context.Background(), log.addition(t, 0, 20)); err != nil {
		t.Fatal(err)
	}
	memory[log.signer.Origin()] = log.note(t, 10) // signed by the log, not by the witness
	if _, err := w.Add(context.Background(), log.addition(t, 10, 30)); !errors.Is(err, errMemory) {
		t.Errorf("%v", err)
	}
}

// The next epoch of a log is known by the same key and begins at nothing; the old one stays where it was.
func TestWitnessFollowsEpochs(t *testing.T) {
	log := grown(t, 40, 100)
	w, _ := testWitness(t, pocket{}, log.signer.VerifierKey())
	second, err := log.signer.SignIn(2, 15, log.heads[15])
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []Addition{log.addition(t, 0, 20), {0, nil, second}, log.addition(t, 20, 21)} {
		if _, err := w.Add(context.Background(), a); err != nil {
			t.Error(err)
		}
	}
	for origin, size := range map[string]int64{log.signer.Origin(): 21, log.signer.Origin() + "/2": 15} {
		kept, err := w.Latest(context.Background(), origin)
		v, _ := NewVerifier(log.signer.VerifierKey())
		if c, failed := v.Open(kept); err != nil || failed != nil || c.Size != size {
			t.Errorf("%s: %+v %v %v", origin, c, err, failed)
		}
	}
}

func TestKeysOfAnotherKindAreRefused(t *testing.T) {
	s, _ := testSigner(t)
	c, err := NewCosigner("witness.example", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewVerifier(c.VerifierKey()); err == nil {
		t.Error("a witness's key opens a log")
	}
	if _, err := ParseWitnessKey(s.VerifierKey()); err == nil {
		t.Error("a log's key is a witness's")
	}
	for _, bad := range []string{"", "a", "a+b+c", s.VerifierKey() + "x", "x" + s.VerifierKey(), "+00000000+AAAA"} {
		if _, err := ParseWitnessKey(bad); err == nil {
			t.Errorf("%q", bad)
		}
	}
}

func FuzzAddition(f *testing.F) {
	f.Add([]byte("old 3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nx\n1\n"))
	f.Add([]byte("old 0\n\n"))
	f.Add([]byte("old -1\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAddition(b)
		if err == nil && !bytes.Equal(a.Encode(), b) {
			t.Fatalf("%q written as %q", b, a.Encode())
		}
	})
}

package audit

import (
	"bytes"
	"testing"
)

func TestAStatementHoldsForItsFileAlone(t *testing.T) {
	seed, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	s, err := NewSigner("nightbell/test", seed)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := NewSigner("nightbell/test", other)
	if err != nil {
		t.Fatal(err)
	}
	digest := Hash{1, 2, 3}
	signed, err := s.State("emergency", digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := Stated(signed, "emergency", digest, s.VerifierKey()); err != nil {
		t.Error(err)
	}
	rotated, err := NewSigner("nightbell/test", other, seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := Stated(signed, "emergency", digest, rotated.VerifierKeys()...); err != nil {
		t.Error("after a rotation: ", err)
	}
	checkpoint, err := s.Sign(7, digest)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another digest":   Stated(signed, "emergency", Hash{9}, s.VerifierKey()),
		"another kind":     Stated(signed, "backup", digest, s.VerifierKey()),
		"another key":      Stated(signed, "emergency", digest, stranger.VerifierKey()),
		"a checkpoint":     Stated(checkpoint, "emergency", digest, s.VerifierKey()),
		"altered":          Stated(bytes.Replace(signed, []byte("emergency"), []byte("emergencz"), 1), "emergency", digest, s.VerifierKey()),
		"no key to verify": Stated(signed, "emergency", digest),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	v, err := NewVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(signed); err == nil {
		t.Error("a statement passed for a checkpoint")
	}
	if _, err := s.State("two\nlines", digest); err == nil {
		t.Error("a kind of two lines was signed")
	}
}

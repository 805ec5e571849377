package media

import (
	"testing"

	"github.com/zaf/g711"
)

func TestG711AgreesWithAnotherImplementation(t *testing.T) {
	for i := range 1 << 16 {
		x := int16(i)
		if got, want := encodeUlaw(x), g711.EncodeUlawFrame(x); got != want {
			t.Fatalf("µ-law of %d: %#x, want %#x", x, got, want)
		}
		if got, want := encodeAlaw(x), g711.EncodeAlawFrame(x); got != want {
			t.Fatalf("A-law of %d: %#x, want %#x", x, got, want)
		}
	}
	for i := range 256 {
		b := byte(i)
		if got, want := decodeUlaw(b), g711.DecodeUlawFrame(b); got != want {
			t.Errorf("µ-law byte %#x: %d, want %d", b, got, want)
		}
		if got, want := decodeAlaw(b), g711.DecodeAlawFrame(b); got != want {
			t.Errorf("A-law byte %#x: %d, want %d", b, got, want)
		}
	}
}

func TestG711SurvivesItsOwnDecoding(t *testing.T) {
	for i := range 256 {
		b := byte(i)
		if got := encodeAlaw(decodeAlaw(b)); got != b {
			t.Errorf("A-law byte %#x became %#x", b, got)
		}
		if got := encodeUlaw(decodeUlaw(b)); got != b && b != 0x7F { // 0x7F is minus zero
			t.Errorf("µ-law byte %#x became %#x", b, got)
		}
	}
	if decodeUlaw(ulawSilence) != 0 || decodeAlaw(alawSilence) != 8 {
		t.Error("silence is not silent")
	}
}

func BenchmarkG711Frame(b *testing.B) {
	var linear [frameBytes]int16
	var frame [frameBytes]byte
	for i := range frame {
		frame[i] = byte(i * 7)
	}
	enc, dec := newEncoder(PCMU), newDecoder(PCMU, 8000)
	b.ReportAllocs()
	for b.Loop() {
		dec.decode(linear[:], frame[:])
		enc.encode(frame[:], linear[:])
	}
}

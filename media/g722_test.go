package media

import (
	"math"
	"testing"
)

// sine is n samples of one tone at half of full scale.
func sine(hz float64, rate, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(16384 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return out
}

// loudness of one frequency in dB of full scale (Goertzel).
func loudness(x []int16, hz float64, rate int) float64 {
	w := 2 * math.Pi * hz / float64(rate)
	var s1, s2 float64
	for _, v := range x {
		s1, s2 = float64(v)+2*math.Cos(w)*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - 2*math.Cos(w)*s1*s2
	return 20 * math.Log10(2*math.Sqrt(max(power, 1e-9))/float64(len(x))/32768)
}

func TestG722CarriesBothBands(t *testing.T) {
	for _, hz := range []float64{440, 1000, 3000, 5000, 6500} {
		wide := sine(hz, 16000, 16000)
		wire := make([]byte, 8000)
		if n := newG722Encoder().encode(wire, wide); n != 8000 {
			t.Fatalf("%g Hz: %d bytes, want 8000", hz, n)
		}
		back := make([]int16, 16000)
		if n := newG722Decoder().decode(back, wire); n != 16000 {
			t.Fatalf("%g Hz: %d samples, want 16000", hz, n)
		}
		if got := loudness(back[1600:], hz, 16000); math.Abs(got+6) > 1 {
			t.Errorf("%g Hz comes back at %.1f dB, want -6", hz, got)
		}
	}
}

func TestG722TakesOddCounts(t *testing.T) {
	wire, linear := make([]byte, 8), make([]int16, 9)
	enc, dec := newG722Encoder(), newG722Decoder()
	for n := range 10 {
		if got := enc.encode(wire, sine(440, 16000, n)); got != n/2 {
			t.Errorf("%d samples gave %d bytes", n, got)
		}
	}
	for room := range 10 {
		if got := dec.decode(linear[:room], wire[:5]); got != min(5, room/2)*2 {
			t.Errorf("room for %d samples took %d", room, got)
		}
	}
}

func TestG722SilenceByteIsQuiet(t *testing.T) {
	wire := make([]byte, 8000)
	fill(wire, silenceOf(G722))
	back := make([]int16, 16000)
	newG722Decoder().decode(back, wire)
	for i, x := range back {
		if x > 64 || x < -64 {
			t.Fatalf("sample %d is %d", i, x)
		}
	}
}

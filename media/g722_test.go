package media

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gotranspile/g722"
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

// TestG722DecoderAgreesWithAnotherImplementation: bit for bit, on a tone and on a million random bytes. The other one
// does not limit its output, so what is compared is the sum before the limit, cut to 16 bits.
func TestG722DecoderAgreesWithAnotherImplementation(t *testing.T) {
	wire := make([]byte, 8000)
	newG722Encoder().encode(wire, sine(2500, 16000, 16000))
	random := rand.New(rand.NewPCG(7, 8))
	for range 1 << 20 {
		wire = append(wire, byte(random.Uint32()))
	}
	want := g722.Decode(wire, g722.Rate64000, 0)
	g := newG722Decoder()
	for i, b := range wire {
		even, odd := g.octet(b)
		if int16(even) != want[2*i] || int16(odd) != want[2*i+1] {
			t.Fatalf("byte %d: %d %d, want %d %d", i, int16(even), int16(odd), want[2*i], want[2*i+1])
		}
	}
}

func TestG722LimitsWhatIsTooLoud(t *testing.T) {
	loud := make([]int16, 16000)
	for i := range loud {
		loud[i] = 32767
		if i/40%2 == 1 {
			loud[i] = -32767
		}
	}
	wire, back := make([]byte, 8000), make([]int16, 16000)
	newG722Encoder().encode(wire, loud)
	newG722Decoder().decode(back, wire)
	const delay = 22
	for i := 400; i < 16000; i++ {
		if at := (i - delay) % 40; at > 8 && at < 32 && (back[i] > 0) != (loud[i-delay] > 0) {
			t.Fatalf("sample %d turned over: %d", i, back[i])
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

// BenchmarkG722Decode is 20 ms, beside the other implementation.
func BenchmarkG722Decode(b *testing.B) {
	wire, linear := make([]byte, frameBytes), make([]int16, 2*frameBytes)
	newG722Encoder().encode(wire, sine(1000, 16000, 2*frameBytes))
	b.Run("ours", func(b *testing.B) {
		for g := newG722Decoder(); b.Loop(); {
			g.decode(linear, wire)
		}
	})
	b.Run("other", func(b *testing.B) {
		for g := g722.NewDecoder(g722.Rate64000, 0); b.Loop(); {
			g.Decode(linear, wire)
		}
	})
}

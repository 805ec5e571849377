package media

import (
	"math"
	"testing"
)

var everyCodec = []Codec{PCMU, PCMA, G722}

// encoded is linear sound at 8 kHz in a codec.
func encoded(c Codec, x []int16) []byte {
	if c != G722 {
		return newForm(x, c).first
	}
	wide, out := make([]int16, 2*len(x)), make([]byte, len(x))
	new(upsampler).convert(wide, x)
	newG722Encoder().encode(out, wide)
	return out
}

// heard is a payload as linear sound at 8 kHz.
func heard(c Codec, payload []byte) []int16 {
	d := newDecoder(c, 8000)
	var out []int16
	var turn [2 * chunk]int16
	for len(payload) > 0 {
		n := d.decode(turn[:], payload[:min(chunk, len(payload))])
		out, payload = append(out, turn[:n]...), payload[min(chunk, len(payload)):]
	}
	return out
}

func TestEveryCodecReachesEveryOther(t *testing.T) {
	for _, from := range everyCodec {
		for _, to := range everyCodec {
			tr := newTranscoder(from, to)
			in, out := encoded(from, sine(1000, 8000, 8000)), []byte(nil)
			dst := make([]byte, 0, maxPayload)
			for i := 0; i < len(in); i += frameBytes {
				frame := tr.convert(dst, in[i:i+frameBytes])
				if len(frame) != frameBytes {
					t.Fatalf("%v to %v: a frame of %d bytes", from, to, len(frame))
				}
				out = append(out, frame...)
			}
			if got := loudness(heard(to, out)[400:], 1000, 8000); math.Abs(got+6) > 0.5 {
				t.Errorf("%v to %v: tone at %.1f dB, want -6", from, to, got)
			}
		}
	}
}

func TestTranscoderTakesAnyLength(t *testing.T) {
	for _, from := range everyCodec {
		for _, to := range everyCodec {
			tr := newTranscoder(from, to)
			dst := make([]byte, 0, maxPayload)
			for _, n := range []int{0, 1, 2, 159, 161, 240, 480, maxPayload} {
				if got := len(tr.convert(dst, make([]byte, n))); got != n {
					t.Errorf("%v to %v: %d bytes became %d", from, to, n, got)
				}
			}
		}
	}
}

func TestTranscoderAllocatesNothing(t *testing.T) {
	for _, from := range everyCodec {
		for _, to := range everyCodec {
			tr := newTranscoder(from, to)
			dst, src := make([]byte, 0, maxPayload), make([]byte, frameBytes)
			if n := testing.AllocsPerRun(100, func() { tr.convert(dst, src) }); n != 0 {
				t.Errorf("%v to %v: %g allocations a frame", from, to, n)
			}
		}
	}
}

func BenchmarkTranscode(b *testing.B) {
	for _, pair := range [][2]Codec{{PCMU, PCMA}, {G722, PCMU}, {PCMU, G722}} {
		b.Run(pair[0].String()+"-"+pair[1].String(), func(b *testing.B) {
			tr := newTranscoder(pair[0], pair[1])
			dst, src := make([]byte, 0, maxPayload), encoded(pair[0], sine(1000, 8000, frameBytes))
			b.ReportAllocs()
			for b.Loop() {
				tr.convert(dst, src)
			}
		})
	}
}

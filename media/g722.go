package media

import "github.com/gotranspile/g722"

// G.722 at 64 kbit/s: one byte on the wire is two samples at 16 kHz, though its RTP clock says 8000
// (RFC 3551 §4.5.2). Both directions carry state from frame to frame, so each stream needs its own.

type g722Encoder struct{ inner *g722.Encoder }

func newG722Encoder() *g722Encoder {
	return &g722Encoder{g722.NewEncoder(g722.Rate64000, 0)}
}

// encode writes len(src)/2 bytes and returns that number. An odd last sample has no partner and is dropped: the codec
// underneath reads past its end.
func (e *g722Encoder) encode(dst []byte, src []int16) int {
	n := min(len(src)/2, len(dst))
	if n == 0 {
		return 0
	}
	return e.inner.Encode(dst[:n], src[:2*n])
}

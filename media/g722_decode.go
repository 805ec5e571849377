package media

// The decoder of ITU-T G.722 at 64 kbit/s, after the block diagrams of its clause 4. It is our own because its output
// is limited, as clause 4.3 asks: a sample beyond full scale stays there instead of turning over into a click.

var (
	lowQuantum = [64]int{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	coarseQuantum = [16]int{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	highQuantum = [4]int{-7408, -1616, 7408, 1616}
	lowStep     = [16]int{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	highStep    = [4]int{798, -214, 798, -214}
	inverseLog  = [32]int{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
	mirror = [12]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
)

// subband is the adaptive predictor and scale of one of the two bands.
type subband struct {
	estimate, zeros int    // s and sz of the standard: the whole prediction, and its share from the zeros
	log, scale      int    // nb, det
	poles           [2]int // a1, a2
	weights         [6]int // b1..b6
	steps           [6]int // d, newest first
	partial, signal [2]int // p and r, newest first
}

// g722Decoder is one stream's state.
type g722Decoder struct {
	low, high subband
	past      [24]int // of the mirror filter
}

func newG722Decoder() *g722Decoder {
	return &g722Decoder{low: subband{scale: 32}, high: subband{scale: 8}}
}

// decode writes two samples for each byte and returns their number; what dst cannot hold is left out.
func (g *g722Decoder) decode(dst []int16, src []byte) int {
	n := min(len(src), len(dst)/2)
	for i, b := range src[:n] {
		even, odd := g.octet(b)
		dst[2*i], dst[2*i+1] = int16(limit(even)), int16(limit(odd))
	}
	return 2 * n
}

// octet is two samples, not yet limited.
func (g *g722Decoder) octet(b byte) (even, odd int) {
	code, upper := int(b&0x3F), int(b>>6)
	low := clamp(g.low.estimate+g.low.scale*lowQuantum[code]>>15, -16384, 16383)
	step := g.low.scale * coarseQuantum[code>>2] >> 15
	g.low.rescale(lowStep[code>>2], 18432, 8)
	g.low.adapt(step)

	step = g.high.scale * highQuantum[upper] >> 15
	high := clamp(g.high.estimate+step, -16384, 16383)
	g.high.rescale(highStep[upper], 22528, 10)
	g.high.adapt(step)
	return g.join(low, high)
}

// join is the receive quadrature mirror filter, clause 4.4.
func (g *g722Decoder) join(low, high int) (even, odd int) {
	copy(g.past[:], g.past[2:])
	g.past[22], g.past[23] = low+high, low-high
	for i, c := range mirror {
		odd += g.past[2*i] * c
		even += g.past[2*i+1] * mirror[11-i]
	}
	return even >> 11, odd >> 11
}

// rescale is the logarithmic scale's step and its inverse (LOGSCL and SCALEL, LOGSCH and SCALEH).
func (s *subband) rescale(step, most, shift int) {
	s.log = clamp(s.log*127>>7+step, 0, most)
	mantissa := inverseLog[s.log>>6&31]
	if down := shift - s.log>>11; down >= 0 {
		s.scale = mantissa >> down << 2
	} else {
		s.scale = mantissa << -down << 2
	}
}

// adapt is block 4: the predictor learns from the quantised difference and predicts the next sample.
func (s *subband) adapt(step int) {
	signal, partial := limit(s.estimate+step), limit(s.zeros+step)
	same1, same2 := agree(partial, s.partial[0]), agree(partial, s.partial[1])
	second := clamp(128*same2+min(-same1*limit(s.poles[0]<<2), 32767)>>7+s.poles[1]*32512>>15, -12288, 12288)
	bound := limit(15360 - second)
	first := clamp(limit(192*same1+s.poles[0]*32640>>15), -bound, bound)
	s.poles = [2]int{first, second}

	gain := 128
	if step == 0 {
		gain = 0
	}
	sum, newest := 0, step
	for i := range s.weights {
		w := limit(gain*agree(step, s.steps[i]) + s.weights[i]*32640>>15)
		s.weights[i], s.steps[i], newest = w, newest, s.steps[i]
		sum += w * limit(2*s.steps[i]) >> 15
	}
	s.partial = [2]int{partial, s.partial[0]}
	s.signal = [2]int{signal, s.signal[0]}

	poles := limit(first*limit(2*s.signal[0])>>15 + second*limit(2*s.signal[1])>>15)
	s.zeros = limit(sum)
	s.estimate = limit(poles + s.zeros)
}

// agree is 1 where the signs are equal (zero counts as positive), else -1.
func agree(a, b int) int { return 1 | (a^b)>>63 }

func clamp(x, least, most int) int { return max(least, min(most, x)) }

func limit(x int) int { return clamp(x, -32768, 32767) }

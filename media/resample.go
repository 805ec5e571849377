package media

import "math"

// Resampling between 8 and 16 kHz by one half-band filter in two polyphase forms. In a half-band filter every second
// tap is zero save the middle one, so going up one output of two is an input delayed, and going down half of the
// inputs need no multiplication. Coefficients are Q15, sums 64-bit; a stream costs 24 multiplications a sample.

const (
	halfTaps  = 24           // taps of the branch that filters
	halfDelay = halfTaps / 2 // input samples that a stream at 8 kHz is delayed: 1.5 ms
)

var halfBand = halfBandTaps()

// halfBandTaps is a windowed sinc (Kaiser, beta 7): flat to 3.4 kHz, images below -60 dB beyond 4.6 kHz. The
// taps of the branch add up to exactly one, so that a constant level comes out as it went in.
func halfBandTaps() (taps [halfTaps]int32) {
	const beta = 7
	var exact [halfTaps]float64
	total := 0.0
	for i := range exact {
		at := float64(i) - (halfTaps-1)/2.0 // in input samples: -11.5 … 11.5
		window := bessel0(beta*math.Sqrt(1-math.Pow(at/(halfTaps/2.0), 2))) / bessel0(beta)
		exact[i] = math.Sin(math.Pi*at) / (math.Pi * at) * window
		total += exact[i]
	}
	sum := int32(0)
	for i := range taps {
		taps[i] = int32(math.Round(exact[i] / total * (1 << 15)))
		sum += taps[i]
	}
	rest := 1<<15 - sum
	taps[halfTaps/2] += rest / 2
	taps[halfTaps/2-1] += rest - rest/2
	return taps
}

// bessel0 is the modified Bessel function of the first kind, order 0.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

// upsampler turns 8 kHz into 16 kHz. The zero value is a stream that begins in silence.
type upsampler struct{ past [halfTaps]int16 }

// convert writes two samples for each of src and returns their number; dst must hold them.
func (u *upsampler) convert(dst, src []int16) int {
	for i, x := range src {
		copy(u.past[:], u.past[1:])
		u.past[halfTaps-1] = x
		dst[2*i] = u.past[halfDelay-1]
		dst[2*i+1] = rounded(filtered(&u.past))
	}
	return 2 * len(src)
}

// downsampler turns 16 kHz into 8 kHz. The zero value is a stream that begins in silence.
type downsampler struct {
	odd  [halfTaps]int16      // inputs that meet the filter's branch
	even [halfDelay + 1]int16 // inputs that meet the middle tap
}

// convert writes one sample for each two of src and returns their number. An odd last sample is dropped.
func (d *downsampler) convert(dst, src []int16) int {
	n := len(src) / 2
	for i := range n {
		copy(d.even[:], d.even[1:])
		d.even[halfDelay] = src[2*i]
		copy(d.odd[:], d.odd[1:])
		d.odd[halfTaps-1] = src[2*i+1]
		dst[i] = rounded((filtered(&d.odd) + int64(d.even[1])<<15) / 2)
	}
	return n
}

func filtered(past *[halfTaps]int16) int64 {
	sum := int64(0)
	for i, tap := range halfBand {
		sum += int64(tap) * int64(past[i])
	}
	return sum
}

func rounded(q15 int64) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, (q15+1<<14)>>15)))
}

// narrowed brings a whole sound of any rate from 8 kHz up to 8 kHz, for prompts as they are loaded: a sinc under
// a bell that cuts at 3.7 kHz, computed anew for each sample, since the two rates may have no common measure.
func narrowed(s Sound) []int16 {
	if s.Rate == 8000 {
		return s.Samples
	}
	const width, cut, lobes = 7, 3700.0, 24
	step := float64(s.Rate) / 8000
	reach := lobes * float64(s.Rate) / (2 * cut)
	out := make([]int16, len(s.Samples)*8000/s.Rate)
	for i := range out {
		middle, sum, weight := float64(i)*step, 0.0, 0.0
		for k := int(math.Ceil(middle - reach)); k <= int(middle+reach); k++ {
			at := (float64(k) - middle) / reach
			w := sinc(2*cut*(float64(k)-middle)/float64(s.Rate)) * math.Exp(-width*at*at/2)
			weight += w
			if k >= 0 && k < len(s.Samples) {
				sum += w * float64(s.Samples[k])
			}
		}
		out[i] = int16(max(math.MinInt16, min(math.MaxInt16, math.Round(sum/weight))))
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

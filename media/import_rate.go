package media

import "math"

// rerated brings a sound to another rate: a sinc under a bell, worked out once for each of the phases in which the two rates
// meet, so that ten minutes take a second.
func rerated(c clip, rate int) []float32 {
	if c.rate == rate {
		return c.samples
	}
	g := gcd(c.rate, rate)
	up, down := rate/g, c.rate/g // out[i] stands at in[i*down/up]
	const lobes, width = 24, 7.0
	cut := 0.46 * float64(min(c.rate, rate))
	reach := int(math.Ceil(lobes * float64(c.rate) / (2 * cut)))
	taps := make([][]float32, up)
	out := make([]float32, len(c.samples)*up/down)
	for i := range out {
		phase, middle := i*down%up, i*down/up
		if taps[phase] == nil {
			taps[phase] = phaseTaps(float64(phase)/float64(up), reach, 2*cut/float64(c.rate), width)
		}
		sum := float32(0)
		for k, w := range taps[phase] {
			if at := middle - reach + k; at >= 0 && at < len(c.samples) {
				sum += w * c.samples[at]
			}
		}
		out[i] = sum
	}
	return out
}

// phaseTaps weighs the samples from reach before to reach behind a point that lies a fraction after one; they add up to one.
func phaseTaps(fraction float64, reach int, cut, width float64) []float32 {
	taps := make([]float32, 2*reach+1)
	exact := make([]float64, len(taps))
	total := 0.0
	for k := range exact {
		away := float64(k-reach) - fraction
		at := away / float64(reach)
		exact[k] = sinc(cut*away) * math.Exp(-width*at*at/2)
		total += exact[k]
	}
	for k := range taps {
		taps[k] = float32(exact[k] / total)
	}
	return taps
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

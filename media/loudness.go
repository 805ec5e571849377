package media

import "time"

// speechLevel is the mean amplitude of 20 ms above which somebody is taken to speak: 42 dB under full scale. A quiet room on
// a telephone lies below, a soft voice above.
const speechLevel = 260

// Spoken says how much of a tap's block is speech on the first channel, and for how long it has been quiet at the block's
// end. It looks at loudness alone: music and traffic are speech to it.
func (t *Tap) Spoken(interleaved []byte) (said, quiet time.Duration) {
	step := channels * t.width
	window := int(t.rate) / 50 * step
	for len(interleaved) > 0 {
		n := min(window, len(interleaved)/step*step)
		if n == 0 {
			break
		}
		sum := 0
		for i := 0; i < n; i += step {
			sum += t.amplitude(interleaved[i : i+t.width])
		}
		took := time.Duration(n/step) * time.Second / time.Duration(t.rate)
		if sum/(n/step) >= speechLevel {
			said, quiet = said+took, 0
		} else {
			quiet += took
		}
		interleaved = interleaved[n:]
	}
	return said, quiet
}

func (t *Tap) amplitude(sample []byte) int {
	var x int
	switch t.code {
	case 1:
		x = int(decodeUlaw(sample[0]))
	case 2:
		x = int(decodeAlaw(sample[0]))
	default:
		x = int(int16(uint16(sample[0])<<8 | uint16(sample[1])))
	}
	return max(x, -x)
}

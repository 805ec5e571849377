package media

import (
	"math"
	"testing"
)

func TestResamplingKeepsSpeechAndDropsImages(t *testing.T) {
	for _, hz := range []float64{300, 1000, 2300, 3300} {
		wide := make([]int16, 16000)
		new(upsampler).convert(wide, sine(hz, 8000, 8000))
		if got := loudness(wide[200:], hz, 16000); math.Abs(got+6.02) > 0.1 {
			t.Errorf("up: %g Hz at %.2f dB, want -6", hz, got)
		}
		if got := loudness(wide[200:], 8000-hz, 16000); hz < 3300 && got > -60 {
			t.Errorf("up: image of %g Hz at %.1f dB", hz, got)
		}
		narrow := make([]int16, 8000)
		new(downsampler).convert(narrow, sine(hz, 16000, 16000))
		if got := loudness(narrow[200:], hz, 8000); math.Abs(got+6.02) > 0.1 {
			t.Errorf("down: %g Hz at %.2f dB, want -6", hz, got)
		}
	}
	narrow := make([]int16, 8000)
	new(downsampler).convert(narrow, sine(6000, 16000, 16000))
	if got := loudness(narrow[200:], 2000, 8000); got > -60 {
		t.Errorf("down: 6 kHz folds to 2 kHz at %.1f dB", got)
	}
}

func TestResamplingDoesNotDependOnFrames(t *testing.T) {
	in := sine(700, 8000, 1600)
	whole := make([]int16, 3200)
	new(upsampler).convert(whole, in)
	var u upsampler
	part := make([]int16, 3200)
	for at, step := 0, 1; at < len(in); at, step = at+step, step%160+37 {
		end := min(len(in), at+step)
		u.convert(part[2*at:], in[at:end])
		step = end - at
	}
	for i := range whole {
		if whole[i] != part[i] {
			t.Fatalf("sample %d differs: %d and %d", i, whole[i], part[i])
		}
	}
}

func TestResamplingDoesNotWrapAround(t *testing.T) {
	loud := make([]int16, 800)
	for i := range loud {
		loud[i] = math.MaxInt16
		if i/20%2 == 1 {
			loud[i] = math.MinInt16
		}
	}
	wide := make([]int16, 1600)
	new(upsampler).convert(wide, loud)
	back := make([]int16, 800)
	new(downsampler).convert(back, wide)
	const delay = 2*halfDelay - 1 // up, then down, in samples at 8 kHz
	for i := 100; i < 700; i++ {
		if i%20 == 10 && (back[i+delay-halfDelay] > 0) != (loud[i] > 0) && (back[i+delay] > 0) != (loud[i] > 0) {
			t.Fatalf("sample %d has the wrong sign", i)
		}
	}
}

package mediatest

import (
	"math"
	"math/cmplx"
)

// Match is how alike two sounds are, at the lag where they are most alike.
type Match struct {
	Score float64 // normalised correlation: 1 the same, 0 nothing in common, -1 the same turned over
	Lag   int     // samples by which heard is behind sent
}

// leastOverlap is how much of two sounds must lie beside each other for a score to mean something: 3 s at 8 kHz.
const leastOverlap = 3 * 8000

// Correlate compares two sounds of the same rate over every lag up to mostLag samples, heard behind sent or before it,
// and returns the best. Where less than 3 s of them overlap (or less than the shorter one, if it is shorter than
// that) a lag does not count.
func Correlate(sent, heard []int16, mostLag int) Match {
	need := min(leastOverlap, len(sent), len(heard))
	if need == 0 {
		return Match{}
	}
	products := crossed(sent, heard)
	sentPower, heardPower := powers(sent), powers(heard)
	best := Match{Score: -1}
	for lag := -min(mostLag, len(sent)-1); lag <= min(mostLag, len(heard)-1); lag++ {
		from, to := max(0, -lag), min(len(sent), len(heard)-lag) // of sent
		if to-from < need {
			continue
		}
		power := (sentPower[to] - sentPower[from]) * (heardPower[to+lag] - heardPower[from+lag])
		if power <= 0 {
			continue
		}
		at := (lag + len(products)) % len(products)
		if score := real(products[at]) / math.Sqrt(power); score > best.Score {
			best = Match{Score: score, Lag: lag}
		}
	}
	if best.Score == -1 {
		return Match{} // silence is like nothing
	}
	return best
}

// crossed holds at lag (modulo its length) the sum of sent[i]*heard[i+lag].
func crossed(sent, heard []int16) []complex128 {
	n := 1
	for n < len(sent)+len(heard) {
		n *= 2
	}
	a, b := spectrum(sent, n), spectrum(heard, n)
	for i := range a {
		a[i] = cmplx.Conj(a[i]) * b[i]
	}
	fourier(a, 1)
	for i := range a {
		a[i] /= complex(float64(n), 0)
	}
	return a
}

func spectrum(x []int16, n int) []complex128 {
	out := make([]complex128, n)
	for i, v := range x {
		out[i] = complex(float64(v), 0)
	}
	fourier(out, -1)
	return out
}

// powers[i] is the energy of the samples before i.
func powers(x []int16) []float64 {
	out := make([]float64, len(x)+1)
	for i, v := range x {
		out[i+1] = out[i] + float64(v)*float64(v)
	}
	return out
}

// fourier transforms in place; the length is a power of two. sign -1 goes forward, 1 back (without the division).
func fourier(x []complex128, sign float64) {
	for i, j := 1, 0; i < len(x); i++ {
		bit := len(x) >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= len(x); size *= 2 {
		half := size / 2
		turn := make([]complex128, half)
		for k := range turn {
			turn[k] = cmplx.Rect(1, sign*2*math.Pi*float64(k)/float64(size))
		}
		for start := 0; start < len(x); start += size {
			for k, w := range turn {
				even, odd := x[start+k], x[start+k+half]*w
				x[start+k], x[start+k+half] = even+odd, even-odd
			}
		}
	}
}

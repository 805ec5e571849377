package media

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"
)

func drained(p *player) []byte {
	var out []byte
	dst := make([]byte, 0, maxPayload)
	for {
		n, more := p.frame(dst[:maxPayload])
		out = append(out, dst[:n]...)
		if !more {
			return out
		}
	}
}

func TestPromptPlaysWholeAndEndsInSilence(t *testing.T) {
	samples := sine(440, 8000, 8000+37) // not a whole number of frames
	for _, c := range everyCodec {
		p := newPrompt("tone", samples)
		got, want := drained(newPlayer(p, c, 1)), p.forms[formOf(c)].first
		if len(got) != (len(want)+frameBytes-1)/frameBytes*frameBytes || !bytes.Equal(got[:len(want)], want) {
			t.Fatalf("%v: %d bytes played of %d", c, len(got), len(want))
		}
		for i, b := range got[len(want):] {
			if b != silenceOf(c) {
				t.Fatalf("%v: byte %d after the end is %#x", c, i, b)
			}
		}
	}
}

func TestPromptRepeatsWithoutAGap(t *testing.T) {
	prompt := newPrompt("tone", sine(440, 8000, 1000))
	for _, c := range everyCodec {
		f := prompt.forms[formOf(c)]
		want := slices.Concat(f.first, bytes.Repeat(f.again, 79))
		if got := drained(newPlayer(prompt, c, 3)); !bytes.Equal(got[:3000], want[:3000]) {
			t.Errorf("%v: three times is not three times once", c)
		}
		p := newPlayer(prompt, c, 0)
		var got []byte
		dst := make([]byte, maxPayload)
		for range 500 {
			n, more := p.frame(dst)
			if n != frameBytes || !more {
				t.Fatalf("%v: for ever has ended", c)
			}
			got = append(got, dst[:n]...)
		}
		if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
			t.Errorf("%v: the loop has a seam", c)
		}
	}
}

func TestShortPromptLoopsWithinAFrame(t *testing.T) {
	got := drained(newPlayer(newPrompt("click", sine(440, 8000, 7)), PCMU, 30))
	if len(got) != 2*frameBytes {
		t.Errorf("%d bytes, want two frames", len(got))
	}
}

func TestNothingToPlayEndsAtOnce(t *testing.T) {
	p := newPlayer(newPrompt("nothing", nil), PCMU, 0)
	if n, more := p.frame(make([]byte, maxPayload)); n != 0 || more {
		t.Errorf("%d bytes, more %v", n, more)
	}
}

func TestLoopOfG722HasNoClick(t *testing.T) {
	music := Prompts()["music"]
	p := newPlayer(music, G722, 0)
	var wire []byte
	dst := make([]byte, maxPayload)
	for range 4*int(music.Duration()/frameTime) + 50 {
		n, _ := p.frame(dst)
		wire = append(wire, dst[:n]...)
	}
	sound := make([]int16, 2*len(wire))
	newG722Decoder().decode(sound, wire)
	if step := steepest(sound); step > 4000 {
		t.Errorf("a step of %d between two samples", step)
	}
}

// TestPromptInG722BeginsQuietlyAfterSomebodyLoud: the peer's decoder is still tuned to the other voice.
func TestPromptInG722BeginsQuietlyAfterSomebodyLoud(t *testing.T) {
	loud := encoded(G722, sine(1500, 8000, 8000))
	for name, prompt := range Prompts() {
		dec := newG722Decoder()
		sound := make([]int16, 16000)
		dec.decode(sound, loud)
		begin := prompt.forms[formOf(G722)].first
		begin = begin[:min(4000, len(begin))]
		n := dec.decode(sound, begin)
		settled, want := sound[2*settle:n], make([]int16, 16000)
		want = want[2*settle : newG722Decoder().decode(want, begin)]
		if got := root(settled); got > 2*root(want)+100 {
			t.Errorf("%s: a level of %.0f, want %.0f", name, got, root(want))
		}
	}
}

func steepest(x []int16) int {
	most := 0
	for i := 1; i < len(x); i++ {
		d := int(x[i]) - int(x[i-1])
		most = max(most, d, -d)
	}
	return most
}

func TestBuiltInPrompts(t *testing.T) {
	all := Prompts()
	for name, atLeast := range map[string]time.Duration{
		"greeting": 3 * time.Second, "announcement": time.Second, "please_hold": 500 * time.Millisecond,
		"last_resort": 6 * time.Second, "emergency": 2 * time.Second,
		"starting": 7 * time.Second, "starting_alone": 7 * time.Second, "music": 16 * time.Second,
	} {
		p := all[name]
		if p == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		if p.Name() != name || p.Duration() < atLeast || p.Duration() > 30*time.Second {
			t.Errorf("%s takes %v", p.Name(), p.Duration())
		}
		if level := root(heard(PCMU, p.forms[0].first)); level < 300 || level > 12000 {
			t.Errorf("%s has a level of %.0f", name, level)
		}
	}
	all["music"] = nil
	if Prompts()["music"] == nil {
		t.Error("one caller's map is another's")
	}
}

// root is the root of the mean square.
func root(x []int16) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(x)))
}

func TestRingbackIsNorthAmerican(t *testing.T) {
	p := Prompts()["ringback"]
	x := heard(PCMU, p.forms[0].first)
	if len(x) != 6*8000 {
		t.Fatalf("a cycle of %d samples", len(x))
	}
	for _, hz := range []float64{440, 480} {
		if got := loudness(x[800:15200], hz, 8000); got < -27 || got > -23 {
			t.Errorf("%g Hz at %.1f dB", hz, got)
		}
	}
	if got := root(x[16000:]); got > 1 {
		t.Errorf("the pause has a level of %.0f", got)
	}
}

func TestKeyTonesAreTheRightPairs(t *testing.T) {
	for key, pair := range map[byte][2]float64{'1': {697, 1209}, '5': {770, 1336}, '#': {941, 1477}, '*': {941, 1209}, '0': {941, 1336}, 'D': {941, 1633}} {
		x := heard(PCMA, drained(newToneSource(key, 200*time.Millisecond, PCMA)))
		for _, hz := range pair {
			if got := loudness(x, hz, 8000); got < -16 || got > -10 {
				t.Errorf("%c: %g Hz at %.1f dB", key, hz, got)
			}
		}
	}
	if got := root(heard(PCMU, drained(newToneSource('x', time.Second, PCMU)))); got > 1 {
		t.Errorf("what is no key has a level of %.0f", got)
	}
}

func TestPlayerAllocatesNothing(t *testing.T) {
	p := newPlayer(Prompts()["music"], G722, 0)
	dst := make([]byte, maxPayload)
	if n := testing.AllocsPerRun(1000, func() { p.frame(dst) }); n != 0 {
		t.Errorf("%g allocations a frame", n)
	}
}

func BenchmarkPlayerFrame(b *testing.B) {
	p := newPlayer(Prompts()["music"], PCMU, 0)
	dst := make([]byte, maxPayload)
	b.ReportAllocs()
	for b.Loop() {
		p.frame(dst)
	}
}

// What is computed sounds at its pitch and its length, softly, and without a click at either end.
func TestComputedTones(t *testing.T) {
	for name, want := range map[string]struct {
		hz     []float64
		length time.Duration
	}{
		"beep": {[]float64{1400}, 200 * time.Millisecond}, "busy": {[]float64{480, 620}, time.Second},
		"congestion": {[]float64{480, 620}, 500 * time.Millisecond}, "joined": {[]float64{660, 880}, 240 * time.Millisecond},
		"left": {[]float64{880, 660}, 240 * time.Millisecond}, "parked": {[]float64{880, 1320}, 300 * time.Millisecond},
	} {
		p := Prompts()[name]
		if p == nil || p.Duration() != want.length {
			t.Fatalf("%s: %v", name, p)
		}
		sound := computed[name]()
		for _, hz := range want.hz {
			if got := power(sound, hz); got < 400 || got > 4000 {
				t.Errorf("%s: %.0f Hz at %.0f", name, hz, got)
			}
		}
		if sound[0] != 0 || sound[len(sound)-1] > 100 {
			t.Errorf("%s clicks", name)
		}
	}
}

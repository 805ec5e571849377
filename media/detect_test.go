package media

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// found plays sound (8 kHz) to a detector through a codec and lists what it tells.
func found(c Codec, want Detection, sound []int16) (keys string, faxes int) {
	d := &detector{want: want}
	d.ready(clearTerms(c))
	p := &sitter{codec: c, mouth: newEncoder(c)}
	payload := make([]byte, maxPayload)
	for len(sound) >= 160 {
		n := p.utter(payload, sound[:160])
		d.hear(c, payload[:n])
		if d.pressed != 0 {
			keys += string(d.pressed)
		}
		if d.isFax {
			faxes++
		}
		sound = sound[160:]
	}
	return keys, faxes
}

// dial is keys as a phone makes them: each tone at its own level, off by a share of its frequency.
type dial struct {
	row, column   float64 // amplitudes
	off           float64
	length, pause time.Duration
	noise         float64 // standard deviation
	shift         int     // samples before the first
}

func (d dial) sound(keys string) []int16 {
	r := rand.New(rand.NewPCG(3, 9))
	rows, columns := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	out := make([]int16, d.shift)
	for _, k := range []byte(keys) {
		at := bytes.IndexByte([]byte(keyPad), k)
		n := int(d.length * 8000 / time.Second)
		for i := range n {
			t := 2 * math.Pi * float64(i) / 8000 * (1 + d.off)
			out = append(out, int16(d.row*math.Sin(rows[at/4]*t)+d.column*math.Sin(columns[at%4]*t)))
		}
		out = append(out, make([]int16, int(d.pause*8000/time.Second))...)
	}
	out = append(out, make([]int16, 800)...)
	for i := range out {
		out[i] = int16(max(-32768, min(32767, float64(out[i])+d.noise*r.NormFloat64())))
	}
	return out
}

const everyKey = "1234567890*#ABCD"

// The limits of ITU-T Q.24: length, pause, level, twist, deviation, noise.
func TestKeysAreFoundInSound(t *testing.T) {
	plain := dial{row: 4000, column: 4000, length: 80 * time.Millisecond, pause: 80 * time.Millisecond}
	for what, change := range map[string]func(*dial){
		"plain":               func(*dial) {},
		"short":               func(d *dial) { d.length, d.pause = 42*time.Millisecond, 45*time.Millisecond },
		"soft":                func(d *dial) { d.row, d.column = 500, 500 },
		"loud":                func(d *dial) { d.row, d.column = 15000, 15000 },
		"columns 4 dB louder": func(d *dial) { d.column = d.row * 1.58 },
		"columns 8 dB softer": func(d *dial) { d.column = d.row * 0.4 },
		"1.5 % high":          func(d *dial) { d.off = 0.015 },
		"1.5 % low":           func(d *dial) { d.off = -0.015 },
		"15 dB above noise":   func(d *dial) { d.noise = 4000 * 0.178 },
		"long":                func(d *dial) { d.length = 3 * time.Second },
	} {
		for _, c := range everyCodec {
			for shift := 0; shift < blockSamples; shift += 17 {
				d := plain
				change(&d)
				d.shift = shift
				if got, _ := found(c, DetectDigits, d.sound(everyKey)); got != everyKey {
					t.Errorf("%s, %v, %d samples on: %q", what, c, shift, got)
				}
			}
		}
	}
	for what, d := range map[string]dial{
		"too short": {row: 4000, column: 4000, length: 20 * time.Millisecond, pause: 80 * time.Millisecond},
		"too soft":  {row: 100, column: 100, length: 80 * time.Millisecond, pause: 80 * time.Millisecond},
		"one tone":  {row: 6000, length: 80 * time.Millisecond, pause: 80 * time.Millisecond},
		"twist":     {row: 6000, column: 1000, length: 80 * time.Millisecond, pause: 80 * time.Millisecond},
	} {
		if got, _ := found(PCMU, DetectDigits, d.sound(everyKey)); got != "" {
			t.Errorf("%s: %q", what, got)
		}
	}
}

// Nobody who only speaks presses a key, and noise and music do not either.
func TestSpeechIsNoKey(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]int16, 60*8000)
	for i := range noise {
		noise[i] = int16(3000 * r.NormFloat64())
	}
	sounds := map[string][]int16{"noise": noise, "music": music(), "ringback": ringback()}
	voices, err := filepath.Glob("../testdata/audio/*.wav")
	if err != nil || len(voices) == 0 {
		t.Fatal("no voices", err)
	}
	prompts, _ := filepath.Glob("prompts/*.wav")
	for _, name := range append(voices, prompts...) {
		wav, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ReadWAV(bytes.NewReader(wav))
		if err != nil {
			t.Fatal(err)
		}
		sounds[name] = narrowed(s)
	}
	for name, sound := range sounds {
		for _, gain := range []float64{0.3, 1, 3} {
			louder := make([]int16, len(sound))
			for i, x := range sound {
				louder[i] = int16(max(-32768, min(32767, gain*float64(x))))
			}
			if keys, faxes := found(PCMU, DetectDigits|DetectFax, louder); keys != "" || faxes != 0 {
				t.Errorf("%s at %.1f: keys %q, %d faxes", name, gain, keys, faxes)
			}
		}
	}
}

// A key that is pressed while somebody speaks at half its level is found.
func TestKeyOverAVoice(t *testing.T) {
	for _, c := range everyCodec {
		sound := dial{row: 6000, column: 6000, length: 120 * time.Millisecond, pause: 100 * time.Millisecond}.sound("8675309")
		voice := music()
		for i := range sound {
			sound[i] += voice[i%len(voice)] / 3
		}
		if got, _ := found(c, DetectDigits, sound); got != "8675309" {
			t.Errorf("%v: %q", c, got)
		}
	}
}

func TestFaxMachinesAreKnown(t *testing.T) {
	machine := func(hz float64, on, off time.Duration, times int) []int16 {
		var out []int16
		for range times {
			for i := range int(on * 8000 / time.Second) {
				out = append(out, int16(3000*math.Sin(2*math.Pi*hz*float64(i)/8000)))
			}
			out = append(out, make([]int16, int(off*8000/time.Second))...)
		}
		return out
	}
	for what, c := range map[string]struct {
		sound []int16
		want  int
	}{
		"calls":            {machine(1100, 500*time.Millisecond, 3*time.Second, 4), 1},
		"calls, 38 Hz low": {machine(1062, 500*time.Millisecond, 3*time.Second, 2), 1},
		"calls once":       {machine(1100, 500*time.Millisecond, 8*time.Second, 1), 0},
		"calls slowly":     {machine(1100, 500*time.Millisecond, 8*time.Second, 3), 0},
		"a long tone":      {machine(1100, 3*time.Second, time.Second, 3), 0},
		"a short tone":     {machine(1100, 200*time.Millisecond, time.Second, 8), 0},
		"answers":          {machine(2100, 3*time.Second, time.Second, 1), 1},
		"answers briefly":  {machine(2100, time.Second, time.Second, 3), 0},
	} {
		for _, codec := range everyCodec {
			if _, got := found(codec, DetectFax, c.sound); got != c.want {
				t.Errorf("%s, %v: told %d times, want %d", what, codec, got, c.want)
			}
		}
	}
}

// A phone that sends a key in both ways has pressed it once, whichever came first.
func TestKeyInTwoWaysIsOne(t *testing.T) {
	for _, eventFirst := range []int{0, 1} {
		st := newCircle(t, PCMU)
		p := st.peers[0]
		p.detect(DetectDigits)
		sound := dial{row: 5000, column: 5000, length: 100 * time.Millisecond, pause: 100 * time.Millisecond}.sound("17")
		p.say = func(i int) int16 { return sound[min(i, len(sound)-1)] }
		for i, digit := range []byte{1, 7} {
			if i == 0 && eventFirst == 1 {
				st.send(p, 101, 70, []byte{digit, 10, 0, 160})
			}
			st.run(80 * time.Millisecond)
			st.send(p, 101, uint32(70+1600*i), []byte{digit, 10, 0, 160})
			st.run(120 * time.Millisecond)
		}
		var keys []byte
		for _, e := range p.told {
			if e.Kind == Digit {
				keys = append(keys, e.Digit)
			}
		}
		if string(keys) != "17" {
			t.Errorf("event first %d: told %q", eventFirst, keys)
		}
	}
}

// Only sound: each press once; off again: nothing.
func TestKeysOfAPhoneWithoutEvents(t *testing.T) {
	st := newCircle(t, G722, PCMU)
	p := st.peers[0]
	sound := dial{row: 5000, column: 5000, length: 90 * time.Millisecond, pause: 90 * time.Millisecond}.sound("5550123#")
	p.say = func(i int) int16 { return sound[i%len(sound)] }
	st.hears(nil, []int{0})
	p.conceal(Concealed)
	p.detect(DetectDigits)
	st.run(time.Duration(len(sound)/160) * 20 * time.Millisecond)
	var keys []byte
	for _, e := range p.told {
		if e.Kind == Digit {
			keys = append(keys, e.Digit)
		}
	}
	if string(keys) != "5550123#" || len(st.peers[1].heard) != 0 {
		t.Errorf("told %q, %d packets passed on", keys, len(st.peers[1].heard))
	}
	p.detect(0)
	before := len(p.told)
	st.run(time.Second)
	if len(p.told) != before {
		t.Error("told more when nothing was looked for")
	}
}

// BenchmarkDetect is what a second of sound costs.
func BenchmarkDetect(b *testing.B) {
	d := &detector{want: DetectDigits | DetectFax}
	d.ready(clearTerms(PCMU))
	payload := make([]byte, 160)
	for i := range payload {
		payload[i] = byte(i * 37)
	}
	b.ReportAllocs()
	for b.Loop() {
		for range 50 {
			d.hear(PCMU, payload)
		}
	}
}

package media

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files that other people's encoders made of a tone of 440 Hz at half of full scale.
var toneFiles = map[string]string{"tone.wav": "wav", "tone.flac": "flac", "tone-vorbis.ogg": "vorbis", "tone-opus.ogg": "opus", "tone.mp3": "mp3"}

func soundFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata/sounds", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// toneShare is how much of a sound's power lies at a frequency.
func toneShare(s Sound, hz float64) float64 {
	var re, im, all float64
	for i, x := range s.Samples {
		at, v := 2*math.Pi*hz*float64(i)/float64(s.Rate), float64(x)
		re, im, all = re+v*math.Cos(at), im+v*math.Sin(at), all+v*v
	}
	return 2 * (re*re + im*im) / (all * float64(len(s.Samples)))
}

func TestEveryFormOfFileIsTheSameTone(t *testing.T) {
	for name, format := range toneFiles {
		got, err := ImportSound(soundFile(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Format != format || got.Rate != ImportRate || len(got.Warnings) != 0 {
			t.Errorf("%s: %s %d %v", name, got.Format, got.Rate, got.Warnings)
		}
		if d := got.Duration(); d < 240*time.Millisecond || d > 500*time.Millisecond {
			t.Errorf("%s plays %s", name, d)
		}
		if share := toneShare(got.Sound, 440); share < 0.8 { // an encoder may put silence before and behind
			t.Errorf("%s: %.2f of its power is at 440 Hz", name, share)
		}
		if got.Peak < -9 || got.Peak > -3 {
			t.Errorf("%s peaks at %.1f dB, want about -6", name, got.Peak)
		}
	}
}

func TestWhatIsNoSoundIsRefusedInWords(t *testing.T) {
	wav := func(s Sound) []byte {
		var b bytes.Buffer
		if err := WriteWAV(&b, s); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		file []byte
		want error
	}{
		{nil, ErrSoundForm},
		{[]byte("#!/bin/sh\nexit 0\n"), ErrSoundForm},
		{[]byte("%PDF-1.7"), ErrSoundForm},
		{[]byte("OggS"), ErrSoundForm},
		{make([]byte, MaxImport+1), ErrSoundTooBig},
		{wav(Sound{Rate: 8000, Samples: make([]int16, 800)}), ErrSoundSilent},
		{wav(Sound{Rate: 8000, Samples: make([]int16, 8000*601)}), ErrSoundTooLong},
		{[]byte("RIFF\x00\x00\x00\x00WAVE"), ErrSoundDamaged},
		{[]byte("fLaC" + strings.Repeat("\xFF", 100)), ErrSoundDamaged},
		{[]byte("ID3" + strings.Repeat("\x00", 100)), ErrSoundDamaged},
		{soundFile(t, "tone.flac")[:2000], ErrSoundDamaged},
	} {
		if _, err := ImportSound(c.file); !errors.Is(err, c.want) {
			t.Errorf("%.10q: %v, want %v", c.file, err, c.want)
		}
	}
}

func TestLevelsAreJudged(t *testing.T) {
	tone := func(level float64) Import {
		s := Sound{Rate: 44100, Samples: make([]int16, 44100)}
		for i := range s.Samples {
			s.Samples[i] = int16(max(-32768, min(32767, level*math.Sin(float64(i)/10))))
		}
		var b bytes.Buffer
		if err := WriteWAV(&b, s); err != nil {
			t.Fatal(err)
		}
		got, err := ImportSound(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := tone(700).Warnings; len(got) != 1 || !strings.HasPrefix(got[0], "quiet: its loudest moment is 33 dB") {
		t.Error(got)
	}
	if got := tone(90000).Warnings; len(got) != 1 || !strings.HasPrefix(got[0], "too loud") {
		t.Error(got)
	}
	if got := tone(16000).Warnings; len(got) != 0 {
		t.Error(got)
	}
}

// A tone between the two rates comes through, one that the lower rate cannot hold does not come back as another.
func TestRerateKeepsTonesAndMakesNone(t *testing.T) {
	for _, rate := range []int{8000, 11025, 22050, 44100, 48000, 96000} {
		c := newClip(rate)
		for i := range rate / 2 {
			_ = c.add(float32(0.5 * math.Sin(2*math.Pi*1000*float64(i)/float64(rate))))
		}
		out := rerated(c, ImportRate)
		if want := ImportRate / 2; len(out) < want-2 || len(out) > want {
			t.Errorf("%d Hz: %d samples, want %d", rate, len(out), want)
		}
		s := Sound{Rate: ImportRate}
		for _, x := range out[500 : len(out)-500] {
			s.Samples = append(s.Samples, int16(x*32767))
		}
		if share := toneShare(s, 1000); share < 0.999 {
			t.Errorf("%d Hz: %.4f of the power at 1 kHz", rate, share)
		}
	}
	c := newClip(48000)
	for i := range 24000 {
		_ = c.add(float32(0.5 * math.Sin(2*math.Pi*11000*float64(i)/48000)))
	}
	for i, x := range rerated(c, ImportRate)[500:7500] {
		if math.Abs(float64(x)) > 0.005 {
			t.Fatalf("sample %d of a tone above the band is %f", i, x)
		}
	}
}

func TestAnImportedSoundIsAPrompt(t *testing.T) {
	got, err := ImportSound(soundFile(t, "tone.flac"))
	if err != nil {
		t.Fatal(err)
	}
	p := PromptOf("harbor~greeting", got.Sound)
	if d := p.Duration() - got.Duration(); p.Name() != "harbor~greeting" || d < -time.Millisecond || d > time.Millisecond {
		t.Errorf("%s plays %s, not %s", p.Name(), p.Duration(), got.Duration())
	}
}

// Whatever is uploaded, it is a sound within bounds or an error from the list.
func FuzzImportSound(f *testing.F) {
	for name := range toneFiles {
		f.Add(soundFile(f, name))
		f.Add(soundFile(f, name)[:300])
	}
	f.Add([]byte("OggS\x00\x02"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ImportSound(file)
		if err == nil {
			if len(got.Samples) == 0 || got.Duration() > MaxImportTime+time.Second || got.Peak > 0 {
				t.Errorf("%d samples, peak %f", len(got.Samples), got.Peak)
			}
			return
		}
		for _, known := range []error{ErrSoundForm, ErrSoundTooLong, ErrSoundTooBig, ErrSoundSilent, ErrSoundDamaged} {
			if err == known {
				return
			}
		}
		t.Errorf("an error of its own: %v", err)
	})
}

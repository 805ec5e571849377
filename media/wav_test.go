package media

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestSoundFilesComeBackAsTheyWent(t *testing.T) {
	want := Sound{8000, sine(440, 8000, 801)}
	var file bytes.Buffer
	if err := WriteWAV(&file, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadWAV(&file)
	if err != nil || got.Rate != 8000 || len(got.Samples) != 801 || got.Samples[400] != want.Samples[400] {
		t.Errorf("%d samples at %d Hz: %v", len(got.Samples), got.Rate, err)
	}
}

func TestPromptsMayHaveOtherRates(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 44100, 48000, 96000} {
		var file bytes.Buffer
		if err := WriteWAV(&file, Sound{rate, sine(1000, rate, rate)}); err != nil {
			t.Fatal(err)
		}
		p, err := LoadPrompt("own", &file)
		if err != nil {
			t.Fatal(err)
		}
		x := heard(PCMU, p.forms[0].first)
		if got := loudness(x[800:], 1000, 8000); got < -6.5 || got > -5.5 || len(x) != 8000 {
			t.Errorf("%d Hz: %d samples, tone at %.1f dB", rate, len(x), got)
		}
		if rate < 16000 {
			continue
		}
		if got := loudness(narrowed(Sound{rate, sine(5000, rate, rate)})[800:], 3000, 8000); got > -60 {
			t.Errorf("%d Hz: 5 kHz folds to 3 kHz at %.1f dB", rate, got)
		}
	}
}

// wavOf builds a file by hand.
func wavOf(chunks ...string) []byte {
	return []byte("RIFF\x00\x00\x00\x00WAVE" + strings.Join(chunks, ""))
}

const pcmStereo = "fmt \x10\x00\x00\x00\x01\x00\x02\x00\x40\x1f\x00\x00\x00\x7d\x00\x00\x04\x00\x10\x00"

func TestSoundFilesOfOthers(t *testing.T) {
	stereo := wavOf("LIST\x03\x00\x00\x00abc\x00", pcmStereo, "data\x08\x00\x00\x00\x02\x00\x04\x00\xfe\xff\xfc\xff")
	s, err := ReadWAV(bytes.NewReader(stereo))
	if err != nil || len(s.Samples) != 2 || s.Samples[0] != 3 || s.Samples[1] != -3 {
		t.Errorf("stereo with a list before it: %+v, %v", s, err)
	}
	sides, err := ReadChannels(bytes.NewReader(stereo))
	if err != nil || len(sides) != 2 || sides[0].Samples[1] != -2 || sides[1].Samples[1] != -4 {
		t.Errorf("its channels apart: %+v, %v", sides, err)
	}
	sides, err = parseWAV(wavOf(pcmStereo, "data\xff\xff\xff\xff\x02\x00\x04\x00\x01"))
	if err != nil || len(sides[0].Samples) != 1 {
		t.Errorf("a stream's unknown size: %+v, %v", sides, err)
	}
	for name, bad := range map[string][]byte{
		"empty":         nil,
		"no sound":      wavOf(pcmStereo),
		"empty sound":   wavOf(pcmStereo, "data\x00\x00\x00\x00"),
		"sound first":   wavOf("data\x04\x00\x00\x00\x02\x00\x04\x00", pcmStereo),
		"cut":           wavOf("fmt \x10\x00\x00\x00\x01\x00"),
		"short format":  wavOf("fmt \x04\x00\x00\x00\x01\x00\x01\x00"),
		"companded":     wavOf(strings.Replace(pcmStereo, "\x01\x00\x02", "\x07\x00\x02", 1)),
		"three voices":  wavOf(strings.Replace(pcmStereo, "\x01\x00\x02", "\x01\x00\x03", 1)),
		"4 kHz":         wavOf(strings.Replace(pcmStereo, "\x40\x1f", "\xa0\x0f", 1)),
		"another beast": []byte("RIFX\x00\x00\x00\x00WAVE"),
	} {
		if s, err := parseWAV(bad); err == nil {
			t.Errorf("%s: %d samples", name, len(s[0].Samples))
		}
	}
}

func FuzzWAV(f *testing.F) {
	wav, err := os.ReadFile("prompts/please_hold.wav")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wav[:400])
	f.Add(wavOf(pcmStereo, "data\x04\x00\x00\x00\x02\x00\x04\x00"))
	f.Add(wavOf("LIST\x01\x00\x00\x00a", pcmStereo))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sides, err := parseWAV(raw)
		for _, s := range sides {
			if len(s.Samples) == 0 || 2*len(s.Samples) > len(raw) || err != nil {
				t.Errorf("%d samples out of %d bytes: %v", len(s.Samples), len(raw), err)
			}
			narrowed(s)
		}
	})
}

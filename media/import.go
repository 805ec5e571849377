package media

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"
)

// What an operator uploads is read by well-kept libraries behind one door, which bounds what they may cost and catches what
// they do to a file that was made to hurt them. A caller's call never comes here.

// Bounds of a sound that is imported.
const (
	MaxImport     = 20 << 20         // bytes of the file
	MaxImportTime = 10 * time.Minute // of sound
	ImportRate    = 16000            // Hz, at which every prompt is kept
)

// Import is a sound file read: one channel at ImportRate.
type Import struct {
	Sound
	Format   string   // "wav", "flac", "vorbis", "opus", "mp3"
	Peak     float64  // dB below full scale, 0 at most
	Warnings []string // for people: too quiet, clipped
}

// Duration is how long it plays.
func (i Import) Duration() time.Duration {
	return time.Duration(len(i.Samples)) * time.Second / ImportRate
}

// What is wrong with a file.
var (
	ErrSoundForm    = errors.New("neither WAV (16-bit PCM), FLAC, Ogg Vorbis, Ogg Opus nor MP3")
	ErrSoundTooLong = errors.New("longer than ten minutes")
	ErrSoundTooBig  = errors.New("larger than 20 MB")
	ErrSoundSilent  = errors.New("silent")
	ErrSoundDamaged = errors.New("damaged, or of a kind that is not read")
)

// ImportSound reads a sound file by its content, whatever it is called. The errors are those above; they quote nothing of
// the file.
func ImportSound(file []byte) (Import, error) {
	if len(file) > MaxImport {
		return Import{}, ErrSoundTooBig
	}
	format, decode := decoderOf(file)
	if decode == nil {
		return Import{}, ErrSoundForm
	}
	raw, err := caught(func() (clip, error) { return decode(file) })
	switch {
	case errors.Is(err, ErrSoundTooLong):
		return Import{}, ErrSoundTooLong
	case err != nil || raw.rate < 8000 || raw.rate > 192000 || len(raw.samples) == 0:
		return Import{}, ErrSoundDamaged
	}
	return finish(format, raw)
}

// clip is decoded sound: one channel, full scale is 1.
type clip struct {
	rate    int
	samples []float32
	most    int // samples that ten minutes have
}

func newClip(rate int) clip {
	return clip{rate: rate, most: int(MaxImportTime/time.Second) * rate}
}

// add appends the mean of the channels of one instant; what is no number is silence.
func (c *clip) add(mean float32) error {
	if len(c.samples) >= c.most {
		return ErrSoundTooLong
	}
	if mean != mean || mean > 8 || mean < -8 {
		mean = 0
	}
	c.samples = append(c.samples, mean)
	return nil
}

type importer func([]byte) (clip, error)

func decoderOf(file []byte) (string, importer) {
	switch {
	case bytes.HasPrefix(file, []byte("RIFF")):
		return "wav", decodeWAV
	case bytes.HasPrefix(file, []byte("fLaC")):
		return "flac", decodeFLAC
	case bytes.HasPrefix(file, []byte("OggS")):
		return decoderOfOgg(file)
	case bytes.HasPrefix(file, []byte("ID3")), len(file) > 2 && file[0] == 0xFF && file[1]&0xE0 == 0xE0:
		return "mp3", decodeMP3
	}
	return "", nil
}

// caught runs a decoder; its panic is a damaged file.
func caught(decode func() (clip, error)) (c clip, err error) {
	defer func() {
		if p := recover(); p != nil {
			c, err = clip{}, ErrSoundDamaged
		}
	}()
	return decode()
}

// finish brings the sound to the one form that is kept, and judges its level.
func finish(format string, raw clip) (Import, error) {
	samples := rerated(raw, ImportRate)
	out := Import{Format: format, Sound: Sound{Rate: ImportRate, Samples: make([]int16, len(samples))}}
	peak, clipped := 0.0, 0
	for i, x := range samples {
		level := math.Abs(float64(x))
		peak = max(peak, level)
		if level >= 0.999 {
			clipped++
		}
		out.Samples[i] = int16(max(-32768, min(32767, math.Round(float64(x)*32767))))
	}
	if peak < 0.001 {
		return Import{}, ErrSoundSilent
	}
	out.Peak = min(0, 20*math.Log10(peak))
	if peak < 0.05 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("quiet: its loudest moment is %.0f dB below full scale", -out.Peak))
	}
	if clipped*500 > len(samples) {
		out.Warnings = append(out.Warnings, "too loud: more than 0.2 % of it is cut off at full scale")
	}
	return out, nil
}

// PromptOf makes a prompt of a sound, at ImportRate or any other.
func PromptOf(name string, s Sound) *Prompt {
	if s.Rate == 8000 {
		return newPrompt(name, s.Samples)
	}
	raw := newClip(s.Rate)
	raw.samples = make([]float32, len(s.Samples))
	for i, x := range s.Samples {
		raw.samples[i] = float32(x) / 32768
	}
	low := rerated(raw, 8000)
	samples := make([]int16, len(low))
	for i, x := range low {
		samples[i] = int16(max(-32768, min(32767, math.Round(float64(x)*32768))))
	}
	return newPrompt(name, samples)
}

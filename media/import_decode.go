package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/hajimehoshi/go-mp3"
	"github.com/jfreymuth/oggvorbis"
	"github.com/mewkiz/flac"
)

func decodeWAV(file []byte) (clip, error) {
	s, err := ReadWAV(bytes.NewReader(file))
	if err != nil {
		return clip{}, err
	}
	c := newClip(s.Rate)
	for _, x := range s.Samples {
		if err := c.add(float32(x) / 32768); err != nil {
			return clip{}, err
		}
	}
	return c, nil
}

func decodeFLAC(file []byte) (clip, error) {
	s, err := flac.New(bytes.NewReader(file))
	if err != nil {
		return clip{}, err
	}
	if s.Info.BitsPerSample < 4 || s.Info.BitsPerSample > 32 || s.Info.SampleRate > 192000 {
		return clip{}, ErrSoundDamaged
	}
	c := newClip(int(s.Info.SampleRate))
	full := float32(math.Exp2(float64(s.Info.BitsPerSample) - 1))
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return clip{}, err
		}
		for i := range f.Subframes[0].Samples {
			mean := float32(0)
			for _, side := range f.Subframes {
				mean += float32(side.Samples[i]) / full
			}
			if err := c.add(mean / float32(len(f.Subframes))); err != nil {
				return clip{}, err
			}
		}
	}
}

func decodeVorbis(file []byte) (clip, error) {
	r, err := oggvorbis.NewReader(bytes.NewReader(file))
	if err != nil {
		return clip{}, err
	}
	if r.Channels() < 1 || r.SampleRate() < 1 || r.SampleRate() > 192000 {
		return clip{}, ErrSoundDamaged
	}
	c := newClip(r.SampleRate())
	buffer := make([]float32, 4096*r.Channels())
	for {
		n, err := r.Read(buffer)
		for i := 0; i+r.Channels() <= n; i += r.Channels() {
			mean := float32(0)
			for _, x := range buffer[i : i+r.Channels()] {
				mean += x
			}
			if err := c.add(mean / float32(r.Channels())); err != nil {
				return clip{}, err
			}
		}
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return clip{}, err
		}
	}
}

// decodeMP3 takes the two channels that the library always gives.
func decodeMP3(file []byte) (clip, error) {
	d, err := mp3.NewDecoder(bytes.NewReader(file))
	if err != nil {
		return clip{}, err
	}
	c := newClip(d.SampleRate())
	buffer := make([]byte, 1<<15)
	for {
		n, err := io.ReadFull(d, buffer)
		for i := 0; i+4 <= n; i += 4 {
			left, right := int16(binary.LittleEndian.Uint16(buffer[i:])), int16(binary.LittleEndian.Uint16(buffer[i+2:]))
			if err := c.add((float32(left) + float32(right)) / 65536); err != nil {
				return clip{}, err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return c, nil
		}
		if err != nil {
			return clip{}, err
		}
	}
}

// decoderOfOgg looks into the first packet, which names what the stream carries (RFC 3533 §4, RFC 7845 §3).
func decoderOfOgg(file []byte) (string, importer) {
	first, _ := newOgg(file).packet()
	switch {
	case bytes.HasPrefix(first, []byte("\x01vorbis")):
		return "vorbis", decodeVorbis
	case bytes.HasPrefix(first, []byte("OpusHead")):
		return "opus", decodeOpus
	}
	return "", nil
}

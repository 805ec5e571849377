package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxSound is the longest sound file that is taken: ten minutes of stereo at 48 kHz.
const maxSound = 10 * 60 * 48000 * 4

// Sound is linear PCM of one channel.
type Sound struct {
	Rate    int // Hz
	Samples []int16
}

// ReadWAV reads a RIFF WAVE file of 16-bit linear PCM at 8 to 96 kHz. Of two channels it takes the mean.
func ReadWAV(r io.Reader) (Sound, error) {
	sides, err := ReadChannels(r)
	if err != nil || len(sides) == 1 {
		return first(sides), err
	}
	mean := make([]int16, len(sides[0].Samples))
	for i := range mean {
		mean[i] = int16((int(sides[0].Samples[i]) + int(sides[1].Samples[i])) / 2)
	}
	return Sound{sides[0].Rate, mean}, nil
}

func first(sides []Sound) Sound {
	if len(sides) == 0 {
		return Sound{}
	}
	return sides[0]
}

// ReadChannels reads the same files as ReadWAV and keeps the channels, one or two, apart: an exported recording's first
// is the caller.
func ReadChannels(r io.Reader) ([]Sound, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSound+4097))
	if err != nil {
		return nil, fmt.Errorf("wav: %w", err)
	}
	if len(raw) > maxSound+4096 {
		return nil, errors.New("wav: longer than ten minutes")
	}
	return parseWAV(raw)
}

type wavFormat struct{ tag, channels, rate, bits int }

func parseWAV(raw []byte) ([]Sound, error) {
	if len(raw) < 12 || string(raw[:4]) != "RIFF" || string(raw[8:12]) != "WAVE" {
		return nil, errors.New("wav: not a RIFF WAVE file")
	}
	var f wavFormat
	for rest := raw[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		switch {
		case id == "data" && f == wavFormat{}:
			return nil, errors.New("wav: sound before its format")
		case id == "data":
			return f.sound(body[:min(size, len(body))]) // a stream's writer may leave the size at its largest
		case size > len(body):
			return nil, errors.New("wav: cut chunk")
		case id == "fmt ":
			var err error
			if f, err = parseFormat(body[:size]); err != nil {
				return nil, err
			}
		}
		rest = body[min(size+size&1, len(body)):]
	}
	return nil, errors.New("wav: no sound in it")
}

func parseFormat(b []byte) (wavFormat, error) {
	if len(b) < 16 {
		return wavFormat{}, errors.New("wav: short format")
	}
	f := wavFormat{
		tag:      int(binary.LittleEndian.Uint16(b)),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.tag == 0xFFFE && len(b) >= 26 { // WAVE_FORMAT_EXTENSIBLE: the tag opens its GUID
		f.tag = int(binary.LittleEndian.Uint16(b[24:]))
	}
	if f.tag != 1 || f.bits != 16 || f.channels < 1 || f.channels > 2 {
		return wavFormat{}, fmt.Errorf("wav: want 16-bit PCM of one or two channels, have tag %d, %d bits, %d channels",
			f.tag, f.bits, f.channels)
	}
	if f.rate < 8000 || f.rate > 96000 {
		return wavFormat{}, fmt.Errorf("wav: want 8 to 96 kHz, have %d Hz", f.rate)
	}
	return f, nil
}

func (f wavFormat) sound(data []byte) ([]Sound, error) {
	n := len(data) / 2 / f.channels
	if n == 0 {
		return nil, errors.New("wav: no sound in it")
	}
	sides := make([]Sound, f.channels)
	for c := range sides {
		sides[c] = Sound{f.rate, make([]int16, n)}
		for i := range n {
			sides[c].Samples[i] = int16(binary.LittleEndian.Uint16(data[2*(i*f.channels+c):]))
		}
	}
	return sides, nil
}

// WriteWAV writes linear PCM of one channel.
func WriteWAV(w io.Writer, s Sound) error {
	size := 2 * len(s.Samples)
	b := make([]byte, 0, 44+size)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.Rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*s.Rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, x := range s.Samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("wav: %w", err)
	}
	return nil
}

package media

import (
	"encoding/binary"

	"github.com/thesyncim/gopus"
)

const (
	opusRate     = 48000
	opusLongest  = 5760 // samples of a packet: 120 ms (RFC 6716 §2.1.4)
	opusHeadSize = 19   // RFC 7845 §5.1
)

// decodeOpus takes one or two channels (mapping family 0), mixed down by the decoder itself.
func decodeOpus(file []byte) (clip, error) {
	o := newOgg(file)
	head, err := o.packet()
	if err != nil || len(head) < opusHeadSize || head[18] != 0 {
		return clip{}, ErrSoundDamaged
	}
	if _, err := o.packet(); err != nil { // OpusTags
		return clip{}, ErrSoundDamaged
	}
	d, err := gopus.NewDecoder(gopus.DecoderConfig{SampleRate: opusRate, Channels: 1})
	if err != nil {
		return clip{}, err
	}
	c := newClip(opusRate)
	skip := int(binary.LittleEndian.Uint16(head[10:]))
	frame := make([]float32, opusLongest)
	for {
		packet, err := o.packet()
		if err != nil {
			return c, nil // the end, or a tail that was cut off
		}
		n, err := d.Decode(packet, frame)
		if err != nil || n < 0 || n > len(frame) {
			return clip{}, ErrSoundDamaged
		}
		for _, x := range frame[:n] {
			if skip > 0 {
				skip--
				continue
			}
			if err := c.add(x); err != nil {
				return clip{}, err
			}
		}
	}
}

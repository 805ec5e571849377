package media

import "encoding/binary"

// chunk is how many payload bytes are converted at once: 20 ms of any codec here. It bounds the scratch space of a
// stream; longer payloads go through in turns.
const chunk = 160

// decoder turns payloads of one stream into linear sound at one rate, 8 or 16 kHz.
type decoder struct {
	codec Codec
	rate  int
	g722  *g722Decoder
	up    upsampler
	down  downsampler
	turn  [2 * chunk]int16
}

func newDecoder(c Codec, rate int) *decoder {
	d := &decoder{codec: c, rate: rate}
	if c == G722 {
		d.g722 = newG722Decoder()
	}
	return d
}

// decode takes at most chunk bytes and returns the number of samples written to dst, which must hold 2*chunk.
func (d *decoder) decode(dst []int16, src []byte) int {
	if d.codec == G722 {
		n := d.g722.decode(d.turn[:], src)
		if d.rate == 8000 {
			return d.down.convert(dst, d.turn[:n])
		}
		return copy(dst, d.turn[:n])
	}
	table := &ulawDecoded
	if d.codec == PCMA {
		table = &alawDecoded
	}
	for i, b := range src {
		d.turn[i] = table[b]
	}
	if d.rate == 16000 {
		return d.up.convert(dst, d.turn[:len(src)])
	}
	return copy(dst, d.turn[:len(src)])
}

// whole decodes a payload of any length; turn is scratch of 2*chunk.
func (d *decoder) whole(dst []int16, src []byte, turn []int16) (n int) {
	for len(src) > 0 {
		part := src[:min(chunk, len(src))]
		samples := d.decode(turn, part)
		n += copy(dst[n:], turn[:samples])
		src = src[len(part):]
	}
	return n
}

// encoder turns linear sound at the codec's own rate into payload bytes.
type encoder struct {
	codec Codec
	g722  *g722Encoder
}

func newEncoder(c Codec) *encoder {
	e := &encoder{codec: c}
	if c == G722 {
		e.g722 = newG722Encoder()
	}
	return e
}

func (e *encoder) encode(dst []byte, src []int16) int {
	switch e.codec {
	case G722:
		return e.g722.encode(dst, src)
	case PCMA:
		for i, x := range src {
			dst[i] = encodeAlaw(x)
		}
	default:
		for i, x := range src {
			dst[i] = encodeUlaw(x)
		}
	}
	return len(src)
}

// transcoder turns one stream's payloads from one codec into another. Equal codecs pass through; the two laws of
// G.711 go by a table of 256 bytes; what touches G.722 goes through linear sound.
type transcoder struct {
	to     Codec
	table  *[256]byte
	dec    *decoder
	enc    *encoder
	linear [2 * chunk]int16
	turn   [2 * chunk]byte
}

func newTranscoder(from, to Codec) *transcoder {
	t := &transcoder{to: to}
	switch {
	case from == to:
	case from == PCMU && to == PCMA:
		t.table = &alawOfUlaw
	case from == PCMA && to == PCMU:
		t.table = &ulawOfAlaw
	default:
		t.dec, t.enc = newDecoder(from, to.SampleRate()), newEncoder(to)
	}
	return t
}

// convert appends the payload in the other codec to dst[:0] and returns it. All three codecs need a byte for 125 µs,
// so what fits src fits dst.
func (t *transcoder) convert(dst, src []byte) []byte {
	dst = dst[:0]
	if t.table != nil {
		for _, b := range src {
			dst = append(dst, t.table[b])
		}
		return dst
	}
	if t.dec == nil {
		return append(dst, src...)
	}
	for len(src) > 0 {
		n := min(chunk, len(src))
		samples := t.dec.decode(t.linear[:], src[:n])
		written := t.enc.encode(t.turn[:], t.linear[:samples])
		dst, src = append(dst, t.turn[:written]...), src[n:]
	}
	return dst
}

// bigEndian writes L16 (RFC 3551 §4.5.11) and returns the number of bytes.
func bigEndian(dst []byte, src []int16) int {
	for i, x := range src {
		binary.BigEndian.PutUint16(dst[2*i:], uint16(x))
	}
	return 2 * len(src)
}

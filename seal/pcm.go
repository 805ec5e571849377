package seal

import "encoding/binary"

// silence is the octet of a sample at rest.
func (c Codec) silence() byte {
	switch c {
	case PCMU:
		return 0xFF
	case PCMA:
		return 0xD5
	}
	return 0
}

// expand appends samples as little-endian PCM16 to dst.
func (c Codec) expand(dst, samples []byte) []byte {
	switch c {
	case PCMU:
		return byTable(dst, samples, &ulaw)
	case PCMA:
		return byTable(dst, samples, &alaw)
	}
	for i := 0; i+1 < len(samples); i += 2 {
		dst = append(dst, samples[i+1], samples[i])
	}
	return dst
}

func byTable(dst, samples []byte, table *[256]int16) []byte {
	for _, s := range samples {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(table[s]))
	}
	return dst
}

var ulaw, alaw = makeULaw(), makeALaw()

// makeULaw is the decoder of ITU-T G.711 table 2, scaled to 16 bits.
func makeULaw() (t [256]int16) {
	for i := range t {
		u := ^byte(i)
		v := (int16(u&0x0F)<<3+0x84)<<(u>>4&7) - 0x84
		if u&0x80 != 0 {
			v = -v
		}
		t[i] = v
	}
	return t
}

// makeALaw is the decoder of ITU-T G.711 table 1, scaled to 16 bits.
func makeALaw() (t [256]int16) {
	for i := range t {
		a := byte(i) ^ 0x55
		v := int16(a&0x0F)<<4 + 8
		if e := a >> 4 & 7; e > 0 {
			v = (v + 0x100) << (e - 1)
		}
		if a&0x80 == 0 {
			v = -v
		}
		t[i] = v
	}
	return t
}

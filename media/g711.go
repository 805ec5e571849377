package media

import "math/bits"

// ITU-T G.711 companding by table. Encoding looks at the bits that matter (14 of 16 for µ-law, 12 for A-law), so
// both tables together stay inside a first-level cache.
var (
	ulawEncoded = ulawTable()
	alawEncoded = alawTable()
	ulawDecoded = decodedTable(expandUlaw)
	alawDecoded = decodedTable(expandAlaw)
	ulawOfAlaw  = companded(&alawDecoded, encodeUlaw)
	alawOfUlaw  = companded(&ulawDecoded, encodeAlaw)
)

// Digital silence on the wire.
const (
	ulawSilence = 0xFF
	alawSilence = 0xD5
)

func encodeUlaw(x int16) byte { return ulawEncoded[uint16(x)>>2] }
func encodeAlaw(x int16) byte { return alawEncoded[uint16(x)>>4] }
func decodeUlaw(b byte) int16 { return ulawDecoded[b] }
func decodeAlaw(b byte) int16 { return alawDecoded[b] }

func ulawTable() (t [1 << 14]byte) {
	for i := range t {
		t[i] = compressUlaw(int16(i << 2))
	}
	return t
}

func alawTable() (t [1 << 12]byte) {
	for i := range t {
		t[i] = compressAlaw(int16(i << 4))
	}
	return t
}

func decodedTable(expand func(byte) int16) (t [256]int16) {
	for i := range t {
		t[i] = expand(byte(i))
	}
	return t
}

// companded converts one law to the other through linear sound, so that a transcoded byte is what decoding and
// encoding again would give.
func companded(from *[256]int16, to func(int16) byte) (t [256]byte) {
	for i := range t {
		t[i] = to(from[i])
	}
	return t
}

// compressUlaw follows G.711 table 2: 14-bit magnitude with a bias of 33, eight segments of sixteen steps, all bits
// inverted on the wire. A negative sample is complemented, not negated, as the ITU reference does it.
func compressUlaw(x int16) byte {
	sign := byte(0x80)
	if x < 0 {
		sign, x = 0, ^x
	}
	m := min(uint16(x>>2)+33, 0x1FFF)
	segment := bits.Len16(m >> 6)
	step := byte(m>>(segment+1)) & 0x0F
	return sign | (7-byte(segment))<<4 | (0x0F - step)
}

// compressAlaw follows G.711 table 1: 13-bit sound, even bits inverted on the wire.
func compressAlaw(x int16) byte {
	sign := byte(0x80)
	if x < 0 {
		sign, x = 0, ^x
	}
	m := uint16(x >> 4)
	if m < 32 {
		return (sign | byte(m)) ^ 0x55
	}
	segment := bits.Len16(m >> 4)
	step := byte(m>>(segment-1)) & 0x0F
	return (sign | byte(segment)<<4 | step) ^ 0x55
}

func expandUlaw(b byte) int16 {
	b = ^b
	m := (int16(b&0x0F)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return -m
	}
	return m
}

func expandAlaw(b byte) int16 {
	b ^= 0x55
	m := int16(b&0x0F)<<4 + 8
	if segment := b >> 4 & 7; segment > 0 {
		m = (m + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -m
	}
	return m
}

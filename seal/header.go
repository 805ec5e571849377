package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// Sizes of the format, in bytes.
const (
	headerSize    = 4096
	committedSize = 96  // what the commitment covers
	transcribed   = 128 // what the transcript covers
	maxPlain      = 65536
)

var magic = [8]byte{0x89, 'N', 'B', 'R', 0x0D, 0x0A, 0x1A, 0x0A}

// Codec is how the samples of a file are written.
type Codec byte

const (
	PCMU Codec = 1 // G.711 µ-law, 8 kHz
	PCMA Codec = 2 // G.711 A-law, 8 kHz
	L16  Codec = 3 // linear, big-endian
)

// String is the codec's name in RFC 3551.
func (c Codec) String() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	case L16:
		return "L16"
	}
	return "unknown"
}

// width is bytes per sample.
func (c Codec) width() int {
	if c == L16 {
		return 2
	}
	return 1
}

// FileID names a recording's file: 128 random bits without meaning.
type FileID [16]byte

// String is the id in hexadecimal.
func (f FileID) String() string { return hex.EncodeToString(f[:]) }

// Header is the clear head of a file: nothing in it says who spoke or when. A header made by NewHeader is complete but
// for the commitment, so a data key can be wrapped for it before the file exists.
type Header struct {
	Codec    Codec
	Channels int // 1, or 2: first the caller, second everyone the caller hears
	Rate     int // samples a second
	FileID   FileID
	Salt     [32]byte
	Escrow   bool // an escrow slot was present when the file was created

	recipient *Recipient // of a new file's escrow slot
}

// NewHeader makes the header of a new file with a random id and salt.
func NewHeader(codec Codec, channels, rate int) (Header, error) {
	h := Header{Codec: codec, Channels: channels, Rate: rate}
	if !h.plausible() {
		return Header{}, errors.New("recording header: codec, channels and rate do not fit together")
	}
	_, _ = rand.Read(h.FileID[:])
	_, _ = rand.Read(h.Salt[:])
	return h, nil
}

// Digest is SHA-256 of the committed part: what a wrapped data key is bound to.
func (h Header) Digest() [32]byte {
	b := h.encode()
	return sha256.Sum256(b[:committedSize])
}

// Frame is the size of one sample of every channel, in bytes.
func (h Header) Frame() int { return h.Channels * h.Codec.width() }

// Duration is how long so many samples last.
func (h Header) Duration(samples uint64) time.Duration {
	rate := uint64(h.Rate)
	return time.Duration(samples/rate)*time.Second + time.Duration(samples%rate)*time.Second/time.Duration(rate)
}

// plausible: a block of one second must fit into a record.
func (h Header) plausible() bool {
	switch h.Codec {
	case PCMU, PCMA:
		if h.Rate != 8000 {
			return false
		}
	case L16:
		if h.Rate < 8000 {
			return false
		}
	default:
		return false
	}
	if h.Channels != 1 && h.Channels != 2 {
		return false
	}
	return h.Rate <= maxPlain && 8+h.Rate*h.Frame() <= maxPlain
}

// encode lays the header out without its commitment.
func (h Header) encode() []byte {
	b := make([]byte, headerSize)
	copy(b, magic[:])
	binary.BigEndian.PutUint16(b[8:], 1)
	binary.BigEndian.PutUint16(b[10:], 1)
	binary.BigEndian.PutUint16(b[12:], headerSize)
	if h.Escrow {
		b[15] = 1
	}
	copy(b[16:], h.FileID[:])
	copy(b[32:], h.Salt[:])
	b[64] = byte(h.Codec)
	b[65] = byte(h.Channels)
	binary.BigEndian.PutUint16(b[66:], 1000)
	binary.BigEndian.PutUint32(b[68:], uint32(h.Rate))
	binary.BigEndian.PutUint32(b[72:], maxPlain)
	return b
}

// ParseHeader reads the clear head of a file: the first 4096 bytes. What it says is proven only by the commitment, which
// needs the key; OpenReader checks it.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < headerSize {
		return Header{}, &Fault{Kind: Cut, Record: inHeader}
	}
	if kind := headerFault(b); kind != "" {
		return Header{}, &Fault{Kind: kind, Record: inHeader}
	}
	h := Header{
		Codec: Codec(b[64]), Channels: int(b[65]), Rate: int(binary.BigEndian.Uint32(b[68:])),
		FileID: FileID(b[16:32]), Salt: [32]byte(b[32:64]), Escrow: b[15] == 1,
	}
	if !h.plausible() {
		return Header{}, &Fault{Kind: BadHeader, Record: inHeader}
	}
	return h, nil
}

func headerFault(b []byte) FaultKind {
	switch {
	case [8]byte(b[:8]) != magic:
		return BadMagic
	case binary.BigEndian.Uint16(b[8:]) != 1:
		return UnknownVersion
	case binary.BigEndian.Uint16(b[10:]) != 1:
		return UnknownSuite
	case binary.BigEndian.Uint16(b[12:]) != headerSize:
		return BadHeader
	case binary.BigEndian.Uint16(b[14:])&^1 != 0 || !zero(b[76:96]):
		return Reserved
	case binary.BigEndian.Uint16(b[66:]) != 1000, binary.BigEndian.Uint32(b[72:]) != maxPlain:
		return BadHeader
	case !slotInOrder(b):
		return Reserved
	}
	return ""
}

// slotInOrder: whatever follows the escrow slot is zero. The slot itself is for whoever holds the recovery key.
func slotInOrder(b []byte) bool {
	kind := binary.BigEndian.Uint16(b[128:])
	n := int(binary.BigEndian.Uint16(b[130:]))
	switch {
	case kind == 0:
		return zero(b[130:headerSize])
	case kind > 3 || 148+n > headerSize:
		return false
	}
	return zero(b[148+n : headerSize])
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

package seal

import (
	"crypto/sha256"
	"encoding/binary"
)

const (
	headSize  = 16 // of a record; authenticated as its AAD
	nonceSize = 12
	tagSize   = 16
	overhead  = nonceSize + tagSize
)

type recordType byte

const (
	typeMeta  recordType = 1
	typeAudio recordType = 2
	typeMark  recordType = 3
	typeFinal recordType = 4
)

func putHead(b []byte, plain int, t recordType, seq uint64) {
	binary.BigEndian.PutUint32(b, uint32(plain+overhead))
	b[4], b[5], b[6], b[7] = byte(t), 0, 0, 0
	binary.BigEndian.PutUint64(b[8:], seq)
}

// head is a record's clear head as it stands in the file.
type head struct {
	sealed int // nonce, ciphertext and tag
	kind   recordType
	seq    uint64
}

// size is the whole record's.
func (h head) size() int64 { return headSize + int64(h.sealed) }

// parseHead reads a head and says what is wrong with it, if anything; the sequence is for the caller to judge.
func parseHead(b []byte) (head, FaultKind) {
	n := binary.BigEndian.Uint32(b)
	h := head{sealed: int(n), kind: recordType(b[4]), seq: binary.BigEndian.Uint64(b[8:])}
	switch {
	case n < overhead || n > maxPlain+overhead:
		return head{}, BadLength
	case h.kind < typeMeta || h.kind > typeFinal:
		return head{}, BadType
	case b[5] != 0 || b[6] != 0 || b[7] != 0:
		return head{}, Reserved
	}
	return h, ""
}

// transcript is the running hash over heads, nonces and tags: two files with the same transcript hold the same records in
// the same order.
type transcript [sha256.Size]byte

func newTranscript(header []byte) transcript { return sha256.Sum256(header[:transcribed]) }

// add takes one whole record. The scratch lives on the stack.
func (t *transcript) add(record []byte) {
	var b [sha256.Size + headSize + nonceSize + tagSize]byte
	n := copy(b[:], t[:])
	n += copy(b[n:], record[:headSize+nonceSize])
	copy(b[n:], record[len(record)-tagSize:])
	*t = sha256.Sum256(b[:])
}

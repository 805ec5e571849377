package seal

import (
	"crypto/sha256"
	"hash"
)

// FileDigest is SHA-256 of a recording's file as it is put on record, of bytes that pass by: the escrow slot, which a
// shred zeroes, counts as zero. Verify gives the same of a file that lies.
type FileDigest struct {
	sum hash.Hash
	at  int64
}

// NewFileDigest begins at the file's first byte.
func NewFileDigest() *FileDigest { return &FileDigest{sum: sha256.New()} }

// Write takes the next bytes; it cannot fail.
func (d *FileDigest) Write(p []byte) (int, error) {
	var blank [headerSize - transcribed]byte
	for rest := p; len(rest) > 0; {
		n, part := len(rest), rest
		switch {
		case d.at < transcribed:
			n = min(n, int(transcribed-d.at))
			part = rest[:n]
		case d.at < headerSize:
			n = min(n, int(headerSize-d.at))
			part = blank[:n]
		}
		d.sum.Write(part[:n])
		d.at += int64(n)
		rest = rest[n:]
	}
	return len(p), nil
}

// Sum is the digest so far.
func (d *FileDigest) Sum() (sum [32]byte) {
	d.sum.Sum(sum[:0])
	return sum
}

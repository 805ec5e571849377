package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A blob is a stream of any length, sealed in chunks for a backup: docs/BACKUP-FORMAT.md is the contract. Each chunk is
// bound to its position and to whether it is the last (the STREAM construction), each blob has a key of its own, wrapped
// by the house's backup key, and the label says what the blob is: one that was cut, reordered, altered, taken from
// elsewhere or put in another's place does not open.

// What is wrong with a blob. A damaged one is ErrNotGenuine.
var (
	ErrBlobMagic   = errors.New("not a sealed blob")
	ErrBlobVersion = errors.New("sealed by a newer version of the program")
	ErrBlobCut     = errors.New("cut short")
	ErrBlobEnd     = errors.New("bytes after the end")
)

const (
	blobBound    = 64  // the header up to here is bound to the key
	blobHeader   = 160 // bound part, wrapped key 60, 4 zero, commitment 32
	blobChunk    = 64 << 10
	blobSealed   = blobChunk + overhead
	blobLabel    = "nightbell.blob.v1\x00"
	blobVersion  = 1
	blobSuite    = 1 // AES-256-GCM, HKDF-SHA-512
	blobMaxLabel = 256
)

var blobMagic = [8]byte{'N', 'B', 'B', 'L', 'O', 'B', '\r', '\n'}

// BlobSize is how long a blob of so many bytes is.
func BlobSize(plain int64) int64 {
	chunks := max(1, (plain+blobChunk-1)/blobChunk)
	return blobHeader + plain + chunks*overhead
}

// blobAAD is what a chunk is bound to beside its blob: position, and 1 for the last.
func blobAAD(position uint64, last byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, position), last)
}

// blobKeyAAD binds a blob's key to header and label; all but the label have their length.
func blobKeyAAD(bound []byte, label string) []byte {
	return append(append([]byte("nb.blobkey.v1"), bound...), label...)
}

func deriveBlob(key, bound []byte) (cipher.AEAD, []byte, error) {
	okm, err := hkdf.Expand(sha512.New, key, blobLabel+string(bound), 64)
	if err != nil {
		return nil, nil, err
	}
	defer clear(okm[:32])
	aead, err := newAEAD(okm[:32])
	return aead, okm[32:], err
}

// BlobWriter seals what is written to it. Close writes the last chunk: a blob without it is cut short to every reader.
type BlobWriter struct {
	to       io.Writer
	key      uint32
	aead     cipher.AEAD
	buffer   []byte
	sealed   []byte
	position uint64
	err      error
}

// SealBlob begins a blob under the house's current backup key. The label is not in the blob; the reader must know it.
func (r *Ring) SealBlob(to io.Writer, label string) (*BlobWriter, error) {
	if len(label) > blobMaxLabel {
		return nil, fmt.Errorf("seal blob: %w", ErrName)
	}
	k, err := r.key(Backup, "", 0)
	if err != nil {
		return nil, fmt.Errorf("seal blob: %w", err)
	}
	var head [blobHeader]byte
	copy(head[:], blobMagic[:])
	binary.BigEndian.PutUint16(head[8:], blobVersion)
	binary.BigEndian.PutUint16(head[10:], blobSuite)
	binary.BigEndian.PutUint32(head[12:], blobChunk)
	binary.BigEndian.PutUint32(head[16:], k.version)
	_, _ = rand.Read(head[20:36]) // the blob's id
	var key [32]byte
	_, _ = rand.Read(key[:])
	defer clear(key[:])
	copy(head[blobBound:], k.aead.Seal(nil, nil, key[:], blobKeyAAD(head[:blobBound], label)))
	aead, commitment, err := deriveBlob(key[:], head[:blobBound])
	if err != nil {
		return nil, fmt.Errorf("seal blob: %w", err)
	}
	copy(head[blobHeader-32:], commitment)
	if _, err := to.Write(head[:]); err != nil {
		return nil, fmt.Errorf("seal blob: %w", err)
	}
	return &BlobWriter{to: to, key: k.version, aead: aead, buffer: make([]byte, 0, blobChunk), sealed: make([]byte, 0, blobSealed)}, nil
}

// KeyVersion is the version of the backup key that the blob's own key is wrapped by.
func (b *BlobWriter) KeyVersion() uint32 { return b.key }

// Write seals whole chunks as they fill; the one that may be the last waits.
func (b *BlobWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && b.err == nil {
		if len(b.buffer) == blobChunk {
			b.put(0)
		}
		n := min(len(p), blobChunk-len(b.buffer))
		b.buffer = append(b.buffer, p[:n]...)
		p, written = p[n:], written+n
	}
	return written, b.err
}

func (b *BlobWriter) put(last byte) {
	if b.err != nil {
		return
	}
	b.sealed = b.aead.Seal(b.sealed[:0], nil, b.buffer, blobAAD(b.position, last))
	if _, err := b.to.Write(b.sealed); err != nil {
		b.err = fmt.Errorf("seal blob: %w", err)
	}
	clear(b.buffer)
	b.buffer = b.buffer[:0]
	b.position++
}

// Close seals the last chunk. It does not close what it writes to.
func (b *BlobWriter) Close() error {
	b.put(1)
	err := b.err
	if err == nil {
		b.err = ErrClosed
	}
	return err
}

// OpenBlob reads a blob that was sealed with this label. What Read gives is authentic; that all of it came is known when
// Read says io.EOF, and not before.
func (r *Ring) OpenBlob(from io.Reader, label string) (io.Reader, error) {
	var head [blobHeader]byte
	n, err := io.ReadFull(from, head[:])
	if err := blobHead(head[:n], err); err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	k, err := r.key(Backup, "", orNone(binary.BigEndian.Uint32(head[16:])))
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	raw, err := k.aead.Open(nil, nil, head[blobBound:blobBound+60], blobKeyAAD(head[:blobBound], label))
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("open blob: %w", ErrNotGenuine)
	}
	defer clear(raw)
	aead, commitment, err := deriveBlob(raw, head[:blobBound])
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	if !equal(commitment, head[blobHeader-32:]) || !zero(head[blobBound+60:blobHeader-32]) {
		return nil, fmt.Errorf("open blob: %w", ErrNotGenuine)
	}
	b := &blobReader{from: from, aead: aead}
	if b.ahead, err = b.fetch(make([]byte, 0, blobSealed)); err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return b, nil
}

// blobHead judges a header before a key is asked: what was cut, what is no blob, what is newer than this program.
func blobHead(head []byte, err error) error {
	switch {
	case len(head) >= 8 && [8]byte(head[:8]) != blobMagic:
		return ErrBlobMagic
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrBlobCut
	case err != nil:
		return err
	case binary.BigEndian.Uint16(head[8:]) != blobVersion, binary.BigEndian.Uint16(head[10:]) != blobSuite:
		return ErrBlobVersion
	case binary.BigEndian.Uint32(head[12:]) != blobChunk, !zero(head[36:blobBound]):
		return ErrNotGenuine
	}
	return nil
}

// blobReader holds one sealed chunk ahead, so that it knows which is the last.
type blobReader struct {
	from     io.Reader
	aead     cipher.AEAD
	ahead    []byte // the next chunk, sealed
	spare    []byte
	plain    []byte // opened, not yet read
	opened   []byte
	position uint64
	err      error
}

func (b *blobReader) Read(p []byte) (int, error) {
	for len(b.plain) == 0 && b.err == nil {
		b.next()
	}
	if len(b.plain) == 0 {
		return 0, b.err
	}
	n := copy(p, b.plain)
	b.plain = b.plain[n:]
	return n, nil
}

// next opens the chunk that was fetched, after fetching the one behind it.
func (b *blobReader) next() {
	this := b.ahead
	if b.spare == nil {
		b.spare = make([]byte, 0, blobSealed)
	}
	var err error
	if b.ahead, err = b.fetch(b.spare); err != nil {
		b.err = fmt.Errorf("open blob: %w", err)
		return
	}
	last := byte(0)
	if len(b.ahead) == 0 {
		last = 1
	}
	if b.err = b.open(this, last); b.err == nil && last == 1 {
		b.err = io.EOF
	}
	b.spare = this[:0]
}

func (b *blobReader) open(sealed []byte, last byte) error {
	at := b.position
	b.position++
	plain, err := b.aead.Open(b.opened[:0], nil, sealed, blobAAD(at, last))
	if err == nil {
		if len(plain) == 0 && at > 0 {
			return fmt.Errorf("open blob: %w", ErrNotGenuine) // one form for every content
		}
		b.plain, b.opened = plain, plain
		return nil
	}
	return fmt.Errorf("open blob: chunk %d: %w", at, b.why(sealed, at, last))
}

// why tells a blob that was cut, or has something behind its end, from a damaged one.
func (b *blobReader) why(sealed []byte, at uint64, last byte) error {
	if len(sealed) < overhead {
		return ErrBlobCut
	}
	if _, err := b.aead.Open(nil, nil, sealed, blobAAD(at, 1-last)); err != nil {
		if last == 1 && len(sealed) < blobSealed {
			return fmt.Errorf("%w, or %w", ErrNotGenuine, ErrBlobCut)
		}
		return ErrNotGenuine
	}
	if last == 1 {
		return ErrBlobCut
	}
	return ErrBlobEnd
}

// fetch reads one sealed chunk; none at the end.
func (b *blobReader) fetch(into []byte) ([]byte, error) {
	n, err := io.ReadFull(b.from, into[:blobSealed])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return into[:n], err
}

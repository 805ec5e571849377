package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Spool keeps entries, sealed, while the database cannot take them. Its room is allocated beforehand, so that it takes
// entries on a full disk too. Append returns when the entry is on the disk. An end torn by a crash is no entry; a bad
// entry with good ones behind it is ErrSpoolDamaged, never silence.
//
//	HEADER 64 bytes: "NBSPOOL1" || u32 version of the spool key || u32 zero || 16 random bytes, new at each Truncate ||
//	nonce 12 || tag 16 over those 32 bytes || 4 zero
//	ENTRY: u32 n = entry length + 28 || u32 zero || u64 seq from 0 || nonce 12 || ciphertext || tag 16
//	AAD = the header || the entry's first 16 bytes. n = 0, or the file's end, ends the entries.
type Spool struct {
	mu   sync.Mutex
	f    *os.File
	ring *Ring
	size int64 // allocated
	head [spoolHead]byte
	aead cipher.AEAD
	at   int64
	seq  uint64
	buf  []byte
	err  error // what broke the file; it is not written on
}

const (
	spoolHead   = 64
	spoolSigned = 32
	// DefaultSpool holds some 30,000 events.
	DefaultSpool = 16 << 20
	// MaxEntry bounds one entry of a spool, in bytes.
	MaxEntry = 1 << 20
)

var spoolMagic = [8]byte{'N', 'B', 'S', 'P', 'O', 'O', 'L', '1'}

// What a Spool refuses.
var (
	ErrSpoolDamaged = errors.New("spool damaged")
	ErrEntry        = errors.New("spool entry out of bounds")
)

// OpenSpool opens the spool or makes it, with size bytes of room taken from the disk at once. What an earlier run left in
// it is there for Replay. The ring must have its spool key (EnsureHouse).
func OpenSpool(path string, ring *Ring, size int64) (*Spool, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{f: f, ring: ring, size: max(size, spoolHead)}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), f.Close())
	}
	if err := syncPath(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), f.Close())
	}
	return s, nil
}

func (s *Spool) open() error {
	n, err := s.f.ReadAt(s.head[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	if blank, err := s.blank(n); err != nil {
		return err
	} else if blank { // new, or its making was interrupted before anything was promised
		if err := allocate(s.f, s.size); err != nil {
			return err
		}
		return s.begin()
	}
	if [8]byte(s.head[:8]) != spoolMagic {
		return ErrSpoolDamaged
	}
	if err := s.unlock(); err != nil {
		return err
	}
	if _, err := s.aead.Open(nil, nil, s.head[spoolSigned:spoolSigned+overhead], s.head[:spoolSigned]); err != nil || !zero(s.head[spoolSigned+overhead:]) {
		return ErrSpoolDamaged
	}
	return s.walk(func([]byte) error { return nil })
}

func (s *Spool) blank(headRead int) (bool, error) {
	if headRead < spoolHead {
		return true, nil
	}
	if !zero(s.head[:]) {
		return false, nil
	}
	b, err := s.content()
	return zero(b), err
}

func (s *Spool) content() ([]byte, error) {
	info, err := s.f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, info.Size())
	_, err = s.f.ReadAt(b, 0)
	if err == io.EOF {
		err = nil
	}
	return b, err
}

// unlock takes the key that the header names.
func (s *Spool) unlock() error {
	k, err := s.ring.key(Spooling, "", orNone(binary.BigEndian.Uint32(s.head[8:])))
	if err != nil {
		return err
	}
	s.aead = k.aead
	return nil
}

// begin starts an empty spool under the current key. The new random part of the header orphans whatever is left behind it.
func (s *Spool) begin() error {
	k, err := s.ring.key(Spooling, "", 0)
	if err != nil {
		return err
	}
	var head [spoolHead]byte
	copy(head[:], spoolMagic[:])
	binary.BigEndian.PutUint32(head[8:], k.version)
	_, _ = rand.Read(head[16:spoolSigned])
	copy(head[spoolSigned:], k.aead.Seal(nil, nil, nil, head[:spoolSigned]))
	if _, err := s.f.WriteAt(head[:], 0); err != nil {
		return err
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.head, s.aead, s.at, s.seq = head, k.aead, spoolHead, 0
	return nil
}

// Append seals an entry, writes it with one call and syncs it.
func (s *Spool) Append(entry []byte) error {
	if len(entry) > MaxEntry {
		return fmt.Errorf("spool: %w", ErrEntry)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	head := s.entryHead(len(entry))
	s.buf = append(append(s.buf[:0], head[:]...), entry...)
	s.buf = s.aead.Seal(s.buf[:headSize], nil, s.buf[headSize:], append(s.head[:], head[:]...))
	if _, err := s.f.WriteAt(s.buf, s.at); err != nil {
		return fmt.Errorf("spool: %w", err) // the next try overwrites what part of it was written
	}
	if err := s.f.Sync(); err != nil {
		s.err = fmt.Errorf("spool: %w", err) // what a failed sync leaves is unknown: nothing more is promised
		return s.err
	}
	s.at += int64(len(s.buf))
	s.seq++
	return nil
}

func (s *Spool) entryHead(n int) (h [headSize]byte) {
	binary.BigEndian.PutUint32(h[:], uint32(n+overhead))
	binary.BigEndian.PutUint64(h[8:], s.seq)
	return h
}

// Replay gives the entries in their order and stops at the first error. Entries stay until Truncate.
func (s *Spool) Replay(take func(entry []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.walk(take); err != nil {
		return fmt.Errorf("replay spool: %w", err)
	}
	return nil
}

// walk reads from the beginning and leaves the spool at its end. An error of take's leaves the place as it was.
func (s *Spool) walk(take func([]byte) error) error {
	b, err := s.content()
	if err != nil {
		return err
	}
	at, seq := int64(spoolHead), uint64(0)
	for {
		entry, n := s.entry(b, at, seq)
		if n == 0 {
			break
		}
		if err := take(entry); err != nil {
			return err
		}
		at, seq = at+n, seq+1
	}
	if s.entryBehind(b, at, seq) {
		return ErrSpoolDamaged
	}
	s.at, s.seq = at, seq
	return nil
}

// entry opens the entry at a place; size 0 says that there is none.
func (s *Spool) entry(b []byte, at int64, seq uint64) ([]byte, int64) {
	if int64(len(b))-at < headSize+overhead {
		return nil, 0
	}
	head := b[at : at+headSize]
	n := binary.BigEndian.Uint32(head)
	if n < overhead || n > MaxEntry+overhead || binary.BigEndian.Uint64(head[8:]) != seq || at+headSize+int64(n) > int64(len(b)) {
		return nil, 0
	}
	end := at + headSize + int64(n)
	plain, err := s.aead.Open(nil, nil, b[at+headSize:end], append(bytes.Clone(s.head[:]), head...))
	if err != nil {
		return nil, 0
	}
	return plain, headSize + int64(n)
}

// entryBehind reports whether a later entry of this spool stands behind the end: then the end is no tear.
func (s *Spool) entryBehind(b []byte, at int64, seq uint64) bool {
	for ; at+headSize+overhead <= int64(len(b)); at++ {
		later := binary.BigEndian.Uint64(b[at+8:])
		if b[at] != 0 || later < seq || later > seq+uint64(len(b)) {
			continue
		}
		if _, n := s.entry(b, at, later); n > 0 {
			return true
		}
	}
	return false
}

// Truncate forgets every entry: they are in the database now. The room stays allocated, the old bytes are overwritten.
func (s *Spool) Truncate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := s.at
	if err := s.begin(); err != nil {
		s.err = fmt.Errorf("truncate spool: %w", err)
		return s.err
	}
	s.err = nil
	blank := make([]byte, 64<<10)
	for at := int64(spoolHead); at < used; at += int64(len(blank)) {
		if _, err := s.f.WriteAt(blank[:min(int64(len(blank)), used-at)], at); err != nil {
			return fmt.Errorf("truncate spool: %w", err)
		}
	}
	if used > s.size {
		if err := s.f.Truncate(s.size); err != nil {
			return fmt.Errorf("truncate spool: %w", err)
		}
	}
	return nil
}

// Empty reports whether nothing waits to be replayed.
func (s *Spool) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq == 0
}

// KeyVersion is the version of the spool key that the entries are sealed under: it is in use until they are gone.
func (s *Spool) KeyVersion() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return binary.BigEndian.Uint32(s.head[8:])
}

// Close releases the file; what is in it stays.
func (s *Spool) Close() error { return s.f.Close() }

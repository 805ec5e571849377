package seal

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// EmergencySpool keeps what happens while the keys are sealed. It is written with a public key alone and read once the
// ring is open. Its room is allocated beforehand. Append returns when the entry is on the disk. Every entry stands by
// itself (HPKE, RFC 9180, with MLKEM768-X25519), so that a damaged one costs no other; what cannot be read is counted and
// passed over. HPKE's base mode keeps entries secret and does not say who wrote them: whoever can write to the disk
// could add one or cut the end off.
//
//	ENTRY: "NBe1" || u32 n || u32 version of the spool key || u32 zero || u64 seq || 8 bytes of SHA-256 over those 24 and
//	the body || body of n bytes: encapsulated key || ciphertext || tag. info = "nightbell.emergency.v1|version|seq".
type EmergencySpool struct {
	mu     sync.Mutex
	f      *os.File
	size   int64
	at     int64
	seq    uint64 // of the next entry
	to     hpke.PublicKey
	under  uint32 // version that to belongs to
	ring   *Ring
	bad    int // entries that the last Replay could not read
	broken error
}

const (
	emergencyHead = 32
	// DefaultEmergency holds some 20,000 events.
	DefaultEmergency = 32 << 20
)

var emergencyMagic = [4]byte{'N', 'B', 'e', '1'}

// ErrNoEmergencyKey says that there is no public key to seal to: the bundle is missing or was refused.
var ErrNoEmergencyKey = errors.New("no emergency key")

// OpenEmergencySpool opens the spool or makes it. What an earlier run left is there for Replay; new entries go behind it.
func OpenEmergencySpool(path string, size int64) (*EmergencySpool, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open emergency spool: %w", err)
	}
	s := &EmergencySpool{f: f, size: size}
	if err := s.open(path); err != nil {
		return nil, errors.Join(fmt.Errorf("open emergency spool: %w", err), f.Close())
	}
	return s, nil
}

func (s *EmergencySpool) open(path string) error {
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < s.size {
		if err := allocate(s.f, s.size); err != nil {
			return err
		}
	}
	if err := syncPath(filepath.Dir(path)); err != nil {
		return err
	}
	return s.each(func(emergencyEntry) error { return nil })
}

// SealTo sets whom entries are sealed to from now on.
func (s *EmergencySpool) SealTo(p EmergencyPublic) error {
	key, err := hpke.MLKEM768X25519().NewPublicKey(p.Key)
	if err != nil {
		return fmt.Errorf("emergency key: %w", ErrNoEmergencyKey)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to, s.under = key, p.Version
	return nil
}

// Unlock lets Replay read from now on.
func (s *EmergencySpool) Unlock(ring *Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring = ring
}

// Append seals an entry, writes it with one call and syncs it.
func (s *EmergencySpool) Append(entry []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken != nil:
		return s.broken
	case s.to == nil:
		return ErrNoEmergencyKey
	case len(entry) > MaxEntry:
		return fmt.Errorf("emergency spool: %w", ErrEntry)
	}
	sealed, err := sealTo(s.to, emergencyInfo(s.under, s.seq), entry)
	if err != nil {
		return fmt.Errorf("emergency spool: %w", err)
	}
	e := emergencyEntry{version: s.under, seq: s.seq, sealed: sealed}
	b := e.encode()
	if _, err := s.f.WriteAt(b, s.at); err != nil {
		return fmt.Errorf("emergency spool: %w", err) // the next try overwrites what part of it was written
	}
	if err := s.f.Sync(); err != nil {
		s.broken = fmt.Errorf("emergency spool: %w", err) // what a failed sync leaves is unknown
		return s.broken
	}
	s.at += int64(len(b))
	s.seq++
	return nil
}

// Replay gives the entries in their order and stops at take's first error. They stay until Truncate.
func (s *EmergencySpool) Replay(take func(entry []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ring == nil && s.at > 0 {
		return fmt.Errorf("replay emergency spool: %w", ErrClosed)
	}
	keys := map[uint32]hpke.PrivateKey{}
	s.bad = 0
	want := uint64(0)
	err := s.each(func(e emergencyEntry) error {
		if e.seq != want {
			s.bad++ // something between is missing or damaged
		}
		want = e.seq + 1
		key, err := s.key(e.version, keys)
		if err != nil {
			return err
		}
		plain, err := openWith(key, emergencyInfo(e.version, e.seq), e.sealed)
		if err != nil {
			s.bad++
			return nil
		}
		return take(plain)
	})
	if err != nil {
		return fmt.Errorf("replay emergency spool: %w", err)
	}
	return nil
}

// key is the private half of a version. One that the ring does not hold stops the replay: its entries wait for it.
func (s *EmergencySpool) key(version uint32, known map[uint32]hpke.PrivateKey) (hpke.PrivateKey, error) {
	if key := known[version]; key != nil {
		return key, nil
	}
	key, err := s.ring.emergency(version)
	if err == nil {
		known[version] = key
	}
	return key, err
}

// Truncate forgets every entry: they are in the database now. The room stays allocated, the old bytes are overwritten.
func (s *EmergencySpool) Truncate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	blank := make([]byte, 64<<10)
	for at := int64(0); at < s.at; at += int64(len(blank)) {
		if _, err := s.f.WriteAt(blank[:min(int64(len(blank)), s.at-at)], at); err != nil {
			return fmt.Errorf("truncate emergency spool: %w", err)
		}
	}
	if s.at > s.size {
		if err := s.f.Truncate(s.size); err != nil {
			return fmt.Errorf("truncate emergency spool: %w", err)
		}
	}
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("truncate emergency spool: %w", err)
	}
	s.at, s.seq, s.broken = 0, 0, nil
	return nil
}

// Empty reports whether nothing waits to be replayed.
func (s *EmergencySpool) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq == 0
}

// Unreadable is how many entries the last Replay passed over or missed.
func (s *EmergencySpool) Unreadable() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

// KeyVersions are the versions of the spool key that entries are sealed under: they are in use until Truncate.
func (s *EmergencySpool) KeyVersions() (versions []uint32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.each(func(e emergencyEntry) error {
		if len(versions) == 0 || versions[len(versions)-1] != e.version {
			versions = append(versions, e.version)
		}
		return nil
	})
	return versions, err
}

// Close releases the file; what is in it stays.
func (s *EmergencySpool) Close() error { return s.f.Close() }

// emergencyEntry is an entry as it stands on the disk.
type emergencyEntry struct {
	version uint32
	seq     uint64
	sealed  []byte
}

func (e emergencyEntry) encode() []byte {
	b := make([]byte, emergencyHead, emergencyHead+len(e.sealed))
	copy(b, emergencyMagic[:])
	binary.BigEndian.PutUint32(b[4:], uint32(len(e.sealed)))
	binary.BigEndian.PutUint32(b[8:], e.version)
	binary.BigEndian.PutUint64(b[16:], e.seq)
	b = append(b, e.sealed...)
	copy(b[24:], emergencySum(b))
	return b
}

func emergencySum(b []byte) []byte {
	h := sha256.New()
	h.Write(b[:24])
	h.Write(b[emergencyHead:])
	return h.Sum(nil)[:8]
}

// decodeEmergency reads the entry at the head of b; size 0 says that there is none.
func decodeEmergency(b []byte) (e emergencyEntry, size int64) {
	if len(b) < emergencyHead || [4]byte(b[:4]) != emergencyMagic || !zero(b[12:16]) {
		return e, 0
	}
	n := binary.BigEndian.Uint32(b[4:])
	if n > MaxEntry+4096 || int64(n) > int64(len(b)-emergencyHead) {
		return e, 0
	}
	b = b[:emergencyHead+int(n)]
	if !bytes.Equal(b[24:emergencyHead], emergencySum(b)) {
		return e, 0
	}
	return emergencyEntry{binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint64(b[16:]), b[emergencyHead:]}, int64(len(b))
}

// each walks the entries that are whole, past those that are not, and leaves the spool behind the last. An end torn by a
// crash is written over. An error of take's leaves the place as it was.
func (s *EmergencySpool) each(take func(emergencyEntry) error) error {
	info, err := s.f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, info.Size())
	if _, err := s.f.ReadAt(b, 0); err != nil {
		return err
	}
	at, seq := int64(0), uint64(0)
	for next := int64(0); ; {
		skip := bytes.Index(b[next:], emergencyMagic[:])
		if skip < 0 {
			break
		}
		next += int64(skip)
		e, size := decodeEmergency(b[next:])
		if size == 0 || e.seq < seq {
			next++
			continue
		}
		if err := take(e); err != nil {
			return err
		}
		next += size
		at, seq = next, e.seq+1
	}
	s.at, s.seq = at, seq
	return nil
}

package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// What can go wrong between an unsealer and ROOT. Each asks something else of the person who reads it.
var (
	ErrWrongPassphrase = errors.New("wrong passphrase")
	ErrWrongKey        = errors.New("key of another installation")
	ErrKeyMissing      = errors.New("key missing")
	ErrNoSlot          = errors.New("no slot for this kind of unsealer")
	ErrSlotsMissing    = errors.New("slots file missing")
	ErrSlotsDamaged    = errors.New("slots file damaged")
	ErrSlotsExist      = errors.New("slots file already there")
	ErrLastSlot        = errors.New("last slot: removing it would lose ROOT")
)

// SlotsPath is where a data folder keeps its slots.
func SlotsPath(dir string) string { return filepath.Join(dir, "keys", "root.json") }

// Slots is the file that holds ROOT, wrapped once for every unsealer. It is useless without one of them: a copy of the
// data folder is a copy of ciphertext. Each change rewrites the file whole, atomically and synced. One process at a time
// changes it (the data folder's lock sees to that).
type Slots struct {
	path string
	file slotsFile
}

type slotsFile struct {
	Format   string    `json:"format"`
	Root     string    `json:"root"`
	Slots    []slot    `json:"slots"`
	Previous *previous `json:"previous,omitempty"` // while a rotation of ROOT is under way
	Sum      string    `json:"sha256"`             // of the slots: tells a damaged file from a wrong passphrase
}

const slotsFormat = "nightbell.root.v1"

type slot struct {
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind"`
	Created time.Time `json:"created"`
	Place   string    `json:"place,omitempty"` // of the key: path or credential name
	KDF     string    `json:"kdf"`
	Salt    []byte    `json:"salt"`
	Cost    *Cost     `json:"cost,omitempty"`
	TPM     *tpmBlob  `json:"tpm,omitempty"`          // of ByTPM
	Public  []byte    `json:"public,omitempty"`       // of ByRecovery: the key that ROOT's key is sealed to
	Sent    []byte    `json:"encapsulated,omitempty"` // of ByRecovery: the slot's key, sealed to it
	Sealed  []byte    `json:"sealed"`                 // nonce, ROOT, tag
}

// aad binds a wrapped ROOT to its slot.
func (s slot) aad(root string) []byte {
	return fmt.Appendf(nil, "nb.slot.v1|%s|%s|%s|%s", root, s.ID, s.Kind, s.KDF)
}

// Slot is what may be shown of one.
type Slot struct {
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind"`
	Place   string    `json:"place,omitempty"`
	Created time.Time `json:"created"`
}

// CreateSlots makes a new ROOT and the file that holds it for its first unsealer. It never overwrites: a file that is
// there may be the only way to somebody's data.
func CreateSlots(path string, first Unsealer) (*Slots, *Root, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, nil, fmt.Errorf("create ROOT: %w", ErrSlotsExist)
	}
	root, err := freshRoot()
	if err != nil {
		return nil, nil, fmt.Errorf("create ROOT: %w", err)
	}
	s := &Slots{path: path, file: slotsFile{Format: slotsFormat, Root: root.id}}
	if err := s.add(root, first); err != nil {
		return nil, nil, fmt.Errorf("create ROOT: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("create ROOT: %w", err)
	}
	if err := s.save(os.Link); err != nil {
		return nil, nil, fmt.Errorf("create ROOT: %w", err)
	}
	return s, root, nil
}

// LoadSlots reads the file. It opens nothing yet.
func LoadSlots(path string) (*Slots, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("load ROOT: %w", ErrSlotsMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("load ROOT: %w", err)
	}
	s := &Slots{path: path}
	if err := json.Unmarshal(b, &s.file); err != nil {
		return nil, fmt.Errorf("load ROOT: %w", ErrSlotsDamaged)
	}
	if s.file.Format != slotsFormat || len(s.file.Slots) == 0 || s.file.Sum != s.file.sum() {
		return nil, fmt.Errorf("load ROOT: %w", ErrSlotsDamaged)
	}
	return s, nil
}

func (f slotsFile) sum() string {
	b, _ := json.Marshal(f.Slots) // plain values: cannot fail
	if f.Previous != nil {
		more, _ := json.Marshal(f.Previous)
		b = append(b, more...)
	}
	sum := sha256.Sum256(append([]byte(f.Format+"|"+f.Root+"|"), b...))
	return hex.EncodeToString(sum[:])
}

// Unseal opens ROOT. Every slot of the unsealer's kind is tried. A missing key, a wrong passphrase and a file without
// such a slot are different errors.
func (s *Slots) Unseal(u Unsealer) (*Root, error) {
	tried := false
	for _, sl := range s.file.Slots {
		if sl.Kind != u.Kind() {
			continue
		}
		tried = true
		root, err := s.open(sl, u)
		if err != nil {
			return nil, fmt.Errorf("unseal by %s: %w", u.Kind(), err)
		}
		if root != nil {
			return root, nil
		}
	}
	if !tried {
		return nil, fmt.Errorf("unseal by %s: %w", u.Kind(), ErrNoSlot)
	}
	return nil, fmt.Errorf("unseal by %s: %w", u.Kind(), u.wrong())
}

// open gives nil where the key is not this slot's.
func (s *Slots) open(sl slot, u Unsealer) (*Root, error) {
	key, err := u.derive(sl)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	raw, err := aead.Open(nil, nil, sl.Sealed, sl.aad(s.file.Root))
	if err != nil || len(raw) != 32 {
		return nil, nil
	}
	defer clear(raw)
	root, err := newRoot(s.file.Root, raw)
	if err != nil {
		return nil, err
	}
	if root.before, err = s.file.Previous.open(root); err != nil {
		return nil, err
	}
	return root, nil
}

// Add lets one more unsealer open ROOT.
func (s *Slots) Add(root *Root, u Unsealer) (Slot, error) {
	if root.id != s.file.Root {
		return Slot{}, fmt.Errorf("add slot: %w", ErrWrongKey)
	}
	before := slices.Clone(s.file.Slots)
	err := s.add(root, u)
	if err == nil {
		err = s.save(os.Rename)
	}
	if err != nil {
		s.file.Slots = before
		return Slot{}, fmt.Errorf("add slot: %w", err)
	}
	all := s.List()
	return all[len(all)-1], nil
}

func (s *Slots) add(root *Root, u Unsealer) error {
	var id [8]byte
	_, _ = rand.Read(id[:])
	sl := slot{ID: hex.EncodeToString(id[:]), Kind: u.Kind(), Created: time.Now().UTC().Truncate(time.Second), Salt: make([]byte, 16)}
	_, _ = rand.Read(sl.Salt)
	key, err := u.prepare(&sl)
	if err != nil {
		return err
	}
	defer clear(key)
	aead, err := newAEAD(key)
	if err != nil {
		return err
	}
	sl.Sealed = aead.Seal(nil, nil, root.key[:], sl.aad(root.id))
	s.file.Slots = append(s.file.Slots, sl)
	return nil
}

// Replace puts a slot for u in the place of another, in one step: a new passphrase for the old one.
func (s *Slots) Replace(root *Root, id string, u Unsealer) (Slot, error) {
	if root.id != s.file.Root {
		return Slot{}, fmt.Errorf("replace slot: %w", ErrWrongKey)
	}
	before := slices.Clone(s.file.Slots)
	i := slices.IndexFunc(before, func(sl slot) bool { return sl.ID == id })
	if i < 0 {
		return Slot{}, fmt.Errorf("replace slot: %w", ErrNoSlot)
	}
	err := s.add(root, u)
	if err == nil {
		s.file.Slots = slices.Delete(s.file.Slots, i, i+1)
		err = s.save(os.Rename)
	}
	if err != nil {
		s.file.Slots = before
		return Slot{}, fmt.Errorf("replace slot: %w", err)
	}
	all := s.List()
	return all[len(all)-1], nil
}

// Remove takes a slot away; what it opened by no longer opens this file. A copy of the old file still does: change ROOT's
// keepers before they leave, not after.
func (s *Slots) Remove(id string) error {
	i := slices.IndexFunc(s.file.Slots, func(sl slot) bool { return sl.ID == id })
	switch {
	case i < 0:
		return fmt.Errorf("remove slot: %w", ErrNoSlot)
	case s.daily(id) == 0:
		return fmt.Errorf("remove slot: %w", ErrLastSlot)
	}
	before := s.file.Slots
	s.file.Slots = slices.Delete(slices.Clone(before), i, i+1)
	if err := s.save(os.Rename); err != nil {
		s.file.Slots = before
		return fmt.Errorf("remove slot: %w", err)
	}
	return nil
}

// daily counts the slots that would be left without this one; the recovery key is for the day when none is.
func (s *Slots) daily(without string) (n int) {
	for _, sl := range s.file.Slots {
		if sl.ID != without && sl.Kind != ByRecovery {
			n++
		}
	}
	return n
}

// List shows the slots, oldest first.
func (s *Slots) List() []Slot {
	all := make([]Slot, len(s.file.Slots))
	for i, sl := range s.file.Slots {
		all[i] = Slot{ID: sl.ID, Kind: sl.Kind, Place: sl.Place, Created: sl.Created}
	}
	return all
}

// save writes the file beside its place, syncs it and puts it there: by os.Link where nothing may stand yet, by os.Rename
// where the old one goes. A crash leaves the old file or the new.
func (s *Slots) save(place func(from, to string) error) error {
	s.file.Sum = s.file.sum()
	b, err := json.MarshalIndent(s.file, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(s.path), ".root-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(b, '\n'))
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := place(tmp.Name(), s.path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(s.path))
}

package seal

import (
	"cmp"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Purpose is what a key is for. One key never serves two purposes.
type Purpose string

const (
	Recordings Purpose = "recordings" // per clinic: wraps data keys
	Fields     Purpose = "fields"     // per clinic, and the house's own: seals cells
	Details    Purpose = "details"    // per clinic, and the house's own: seals what lies inside audit leaves, for as long as they are kept
	Index      Purpose = "index"      // per clinic, and the house's own: blinds telephone numbers
	Auth       Purpose = "auth"       // the house's
	Audit      Purpose = "audit"      // the house's: the seed of the checkpoint signature
	Backup     Purpose = "backup"     // the house's
	Spooling   Purpose = "spool"      // the house's
)

var (
	ofClinic = []Purpose{Recordings, Fields, Details, Index}
	ofHouse  = []Purpose{Fields, Details, Index, Auth, Audit, Backup, Spooling}
)

// ClinicPurposes are the keys that every clinic has. They are destroyed when it leaves.
func ClinicPurposes() []Purpose { return slices.Clone(ofClinic) }

// HousePurposes are the keys that belong to no clinic.
func HousePurposes() []Purpose { return slices.Clone(ofHouse) }

// What a Ring refuses.
var (
	ErrNoKey      = errors.New("no such key")
	ErrInUse      = errors.New("key still in use")
	ErrCurrent    = errors.New("current key")
	ErrNotGenuine = errors.New("not what was sealed for this place") // another key, another place, or tampered with
	ErrName       = errors.New("name holds a separator")
	ErrClosed     = errors.New("key ring closed")
)

// WrappedKey is one version of one key as it is stored: sealed by ROOT, bound to its purpose, clinic and version.
type WrappedKey struct {
	Purpose Purpose
	Clinic  string // empty: of the house
	Version uint32 // from 1
	Created time.Time
	Retired time.Time // set: Sealed is empty, the key is gone
	Sealed  []byte
}

func (k WrappedKey) aad(root string) []byte {
	return fmt.Appendf(nil, "nb.key.v1|%s|%s|%s|%d", root, k.Purpose, k.Clinic, k.Version)
}

// Vault keeps wrapped keys. Put writes one (purpose, clinic, version) whole, new or in the place of the old, and returns
// when it is safe on the disk.
type Vault interface {
	Keys() ([]WrappedKey, error)
	Put(WrappedKey) error
}

// Ring holds the open keys of an unsealed installation. All methods may be called from many goroutines; sealing and
// opening take a read lock for a look-up and nothing more. Only Ensure, Rotate and Retire write to the Vault, and none of
// them may be called from within a Vault.
type Ring struct {
	root   *Root
	vault  Vault
	change sync.Mutex // one writer; mu is not held while the Vault works
	mu     sync.RWMutex
	keys   map[place]*lineage
}

type place struct {
	purpose Purpose
	clinic  string
}

// lineage is the versions of one key. A closed one is what is left after Close.
type lineage struct {
	versions map[uint32]*openKey
	current  uint32
	highest  uint32 // retired ones counted: a number is never used again
	retired  []WrappedKey
}

type openKey struct {
	version uint32
	root    string // the ROOT that it is stored under
	created time.Time
	raw     *[32]byte
	aead    cipher.AEAD
}

// OpenRing unwraps every key in the vault. A key that ROOT did not wrap, or that was moved to another place, is an error:
// nothing is opened with half a ring.
func OpenRing(root *Root, vault Vault) (*Ring, error) {
	stored, err := vault.Keys()
	if err != nil {
		return nil, fmt.Errorf("open key ring: %w", err)
	}
	r := &Ring{root: root, vault: vault, keys: map[place]*lineage{}}
	for _, k := range stored {
		if err := r.load(k); err != nil {
			r.Close()
			return nil, fmt.Errorf("open key ring: %s key, version %d: %w", k.Purpose, k.Version, err)
		}
	}
	return r, nil
}

func (r *Ring) load(k WrappedKey) error {
	if !k.Retired.IsZero() {
		l := r.lineage(place{k.Purpose, k.Clinic})
		l.highest = max(l.highest, k.Version)
		l.retired = append(l.retired, k)
		return nil
	}
	root, raw, err := r.root.either(k)
	if err != nil || len(raw) != 32 || k.Version == 0 {
		return ErrNotGenuine
	}
	defer clear(raw)
	return r.insert(k, root, raw)
}

func (r *Ring) insert(k WrappedKey, root string, raw []byte) error {
	open := &openKey{version: k.Version, root: root, created: k.Created, raw: new([32]byte)}
	copy(open.raw[:], raw)
	aead, err := newAEAD(open.raw[:])
	if err != nil {
		return err
	}
	open.aead = aead
	l := r.lineage(place{k.Purpose, k.Clinic})
	l.versions[k.Version] = open
	l.current, l.highest = max(l.current, k.Version), max(l.highest, k.Version)
	return nil
}

func (r *Ring) lineage(p place) *lineage {
	l := r.keys[p]
	if l == nil {
		l = &lineage{versions: map[uint32]*openKey{}}
		r.keys[p] = l
	}
	return l
}

// EnsureHouse makes the house's own keys where they are missing: at set-up and at each start.
func (r *Ring) EnsureHouse() error { return r.ensure("", ofHouse) }

// EnsureClinic makes a clinic's keys where they are missing: before the first row of a new clinic is written.
func (r *Ring) EnsureClinic(clinic string) error {
	if clinic == "" || !named(clinic) {
		return fmt.Errorf("clinic's keys: %w", ErrName)
	}
	return r.ensure(clinic, ofClinic)
}

func (r *Ring) ensure(clinic string, purposes []Purpose) error {
	r.change.Lock()
	defer r.change.Unlock()
	for _, p := range purposes {
		if _, err := r.key(p, clinic, 0); err == nil {
			continue
		} else if !errors.Is(err, ErrNoKey) {
			return err
		}
		if _, err := r.fresh(p, clinic); err != nil {
			return err
		}
	}
	return nil
}

// fresh draws the next version, stores it, and only then lets anybody seal with it.
func (r *Ring) fresh(p Purpose, clinic string) (uint32, error) {
	r.mu.RLock()
	version := uint32(1)
	if l := r.keys[place{p, clinic}]; l != nil {
		version = l.highest + 1
	}
	closed := r.keys == nil
	r.mu.RUnlock()
	if closed {
		return 0, ErrClosed
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	defer clear(raw[:])
	k := WrappedKey{Purpose: p, Clinic: clinic, Version: version, Created: time.Now().UTC().Truncate(time.Microsecond)}
	k.Sealed = r.root.wrap(k.aad(r.root.id), raw[:])
	if err := r.vault.Put(k); err != nil {
		return 0, fmt.Errorf("new %s key: %w", p, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		return 0, ErrClosed
	}
	return version, r.insert(k, r.root.id, raw[:])
}

// key looks a version up; 0 is the current one.
func (r *Ring) key(p Purpose, clinic string, version uint32) (*openKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.find(p, clinic, version)
}

func (r *Ring) find(p Purpose, clinic string, version uint32) (*openKey, error) {
	if r.keys == nil {
		return nil, ErrClosed
	}
	if l := r.keys[place{p, clinic}]; l != nil {
		if version == 0 {
			version = l.current
		}
		if k := l.versions[version]; k != nil {
			return k, nil
		}
		if len(l.versions) == 0 && len(l.retired) > 0 {
			return nil, fmt.Errorf("%s key: %w", p, ErrDestroyed)
		}
	}
	return nil, fmt.Errorf("%s key, version %d: %w", p, version, ErrNoKey)
}

// raw copies a key out, under the lock that Close and Retire wipe under.
func (r *Ring) raw(p Purpose, clinic string, version uint32) ([32]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, err := r.find(p, clinic, version)
	if err != nil {
		return [32]byte{}, err
	}
	return *k.raw, nil
}

// Secret gives the house's current key of a purpose, raw: the audit log makes its signing seed of it. Wipe it after use.
func (r *Ring) Secret(p Purpose) ([]byte, error) {
	raw, err := r.raw(p, "", 0)
	if err != nil {
		return nil, err
	}
	return raw[:], nil
}

// SecretOf is Secret for an older version that still stands: what a backup of last week was sealed under.
func (r *Ring) SecretOf(p Purpose, version uint32) ([]byte, error) {
	raw, err := r.raw(p, "", orNone(version))
	if err != nil {
		return nil, err
	}
	return raw[:], nil
}

// CurrentVersion is the version that seals now.
func (r *Ring) CurrentVersion(p Purpose, clinic string) (uint32, error) {
	k, err := r.key(p, clinic, 0)
	if err != nil {
		return 0, err
	}
	return k.version, nil
}

// KeyStatus is what may be shown of a key.
type KeyStatus struct {
	Purpose Purpose   `json:"purpose"`
	Clinic  string    `json:"clinic,omitempty"`
	Version uint32    `json:"version"`
	State   KeyState  `json:"state"`
	Created time.Time `json:"created"`
	Retired time.Time `json:"retired,omitzero"`
}

// KeyState is what a version still does.
type KeyState string

const (
	Current KeyState = "current" // seals and opens
	Old     KeyState = "old"     // opens
	Retired KeyState = "retired" // is gone
)

// Status lists every version of every key, by purpose, clinic and version.
func (r *Ring) Status() []KeyStatus {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []KeyStatus
	for at, l := range r.keys {
		for v, k := range l.versions {
			state := Old
			if v == l.current {
				state = Current
			}
			all = append(all, KeyStatus{Purpose: at.purpose, Clinic: at.clinic, Version: v, State: state, Created: k.created})
		}
		for _, k := range l.retired {
			all = append(all, KeyStatus{Purpose: at.purpose, Clinic: at.clinic, Version: k.Version, State: Retired, Created: k.Created, Retired: k.Retired})
		}
	}
	slices.SortFunc(all, func(a, b KeyStatus) int {
		return compareKeys(a.place(), b.place())
	})
	return all
}

func (k KeyStatus) place() keyPlace  { return keyPlace{k.Purpose, k.Clinic, k.Version} }
func (k WrappedKey) place() keyPlace { return keyPlace{k.Purpose, k.Clinic, k.Version} }

// keyPlace orders keys by purpose, clinic and version.
type keyPlace struct {
	purpose Purpose
	clinic  string
	version uint32
}

func compareKeys(a, b keyPlace) int {
	return cmp.Or(cmp.Compare(a.purpose, b.purpose), cmp.Compare(a.clinic, b.clinic), cmp.Compare(a.version, b.version))
}

// Close wipes every key; the ring refuses from then on. ROOT is its owner's to close.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.keys {
		for _, k := range l.versions {
			clear(k.raw[:])
		}
	}
	r.keys = nil
}

// named: ids go into authenticated strings between bars, so that none may hold one.
func named(parts ...string) bool {
	for _, p := range parts {
		if strings.ContainsRune(p, '|') {
			return false
		}
	}
	return true
}

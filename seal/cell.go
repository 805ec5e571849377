package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// Cell names the place of one field: a cell that is moved to another row, column or clinic does not open. Names hold no
// bar. Clinic is empty for what belongs to the house.
type Cell struct {
	Table, Column, Row, Clinic string
}

// aad is "nb.field.v1|table|column|row id|clinic id|version".
func (c Cell) aad(version uint32) []byte {
	return fmt.Appendf(nil, "nb.field.v1|%s|%s|%s|%s|%d", c.Table, c.Column, c.Row, c.Clinic, version)
}

// leaves is the table whose cells lie inside audit leaves and can never be sealed anew. They have a key of their own: else
// they would hold the key of everything else for as long as the log is kept.
const leaves = "audit_leaves"

func (c Cell) purpose() Purpose {
	if c.Table == leaves {
		return Details
	}
	return Fields
}

const (
	cellForm     = 0x01
	cellHead     = 1 + 4
	cellOverhead = cellHead + overhead
)

// SealCell gives 01 | key version u32 | nonce 12 | ciphertext | tag, by the clinic's current fields key; inside a leaf, by
// its details key.
func (r *Ring) SealCell(c Cell, plaintext []byte) ([]byte, error) {
	if !named(c.Table, c.Column, c.Row, c.Clinic) {
		return nil, fmt.Errorf("seal cell: %w", ErrName)
	}
	k, err := r.key(c.purpose(), c.Clinic, 0)
	if err != nil {
		return nil, fmt.Errorf("seal cell: %w", err)
	}
	out := make([]byte, cellHead, cellOverhead+len(plaintext))
	out[0] = cellForm
	binary.BigEndian.PutUint32(out[1:], k.version)
	return k.aead.Seal(out, nil, plaintext, c.aad(k.version)), nil
}

// OpenCell opens what SealCell gave for the same place. ErrNotGenuine says that it is not that; the error never quotes
// the cell.
func (r *Ring) OpenCell(c Cell, sealed []byte) ([]byte, error) {
	if _, err := CellVersion(sealed); err != nil {
		return nil, fmt.Errorf("open cell %s.%s: %w", c.Table, c.Column, err)
	}
	if !named(c.Table, c.Column, c.Row, c.Clinic) {
		return nil, fmt.Errorf("open cell: %w", ErrName)
	}
	plain, err := r.openUnder(c.purpose(), c, sealed)
	if err != nil && c.purpose() == Details { // a leaf of before there was such a key
		if old, e := r.openUnder(Fields, c, sealed); e == nil {
			return old, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open cell %s.%s: %w", c.Table, c.Column, err)
	}
	return plain, nil
}

func (r *Ring) openUnder(p Purpose, c Cell, sealed []byte) ([]byte, error) {
	version := binary.BigEndian.Uint32(sealed[1:])
	k, err := r.key(p, c.Clinic, orNone(version))
	if err != nil {
		return nil, err
	}
	plain, err := k.aead.Open(nil, nil, sealed[cellHead:], c.aad(version))
	if err != nil {
		return nil, ErrNotGenuine
	}
	return plain, nil
}

// CellVersion says under which version a cell was sealed, for counting what a rotation has left. Nothing is proven.
func CellVersion(sealed []byte) (uint32, error) {
	if len(sealed) < cellOverhead || sealed[0] != cellForm {
		return 0, ErrNotGenuine
	}
	return binary.BigEndian.Uint32(sealed[1:]), nil
}

// RewrapCell brings a cell over to the current version; what is there already comes back as it was.
func (r *Ring) RewrapCell(c Cell, sealed []byte) ([]byte, error) {
	version, err := CellVersion(sealed)
	if err != nil {
		return nil, fmt.Errorf("rewrap cell: %w", err)
	}
	if k, err := r.key(c.purpose(), c.Clinic, 0); err == nil && k.version == version {
		return sealed, nil
	}
	plain, err := r.OpenCell(c, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return r.SealCell(c, plain)
}

// Index is the blind index of a number in E.164 form under the clinic's current index key: equal numbers of one clinic
// have equal indexes, and without the key nobody can say whose. Normalise first; it takes the string as it is.
func (r *Ring) Index(clinic, e164 string) ([16]byte, error) {
	raw, err := r.raw(Index, clinic, 0)
	if err != nil {
		return [16]byte{}, fmt.Errorf("index: %w", err)
	}
	defer clear(raw[:])
	return blind(raw[:], e164), nil
}

// Indexes are a number's indexes under every version that is still open, newest first: what to search for during a
// rotation.
func (r *Ring) Indexes(clinic, e164 string) ([][16]byte, error) {
	var all [][16]byte
	for _, version := range r.versions(Index, clinic) {
		raw, err := r.raw(Index, clinic, version)
		if err != nil {
			continue // retired meanwhile
		}
		all = append(all, blind(raw[:], e164))
		clear(raw[:])
	}
	if len(all) == 0 {
		_, err := r.key(Index, clinic, 0)
		return nil, fmt.Errorf("index: %w", err)
	}
	return all, nil
}

func (r *Ring) versions(p Purpose, clinic string) []uint32 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	l := r.keys[place{p, clinic}]
	if l == nil {
		return nil
	}
	var all []uint32
	for v := range l.versions {
		all = append(all, v)
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all
}

func blind(key []byte, e164 string) (x [16]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(e164))
	copy(x[:], mac.Sum(nil))
	return x
}

package seal

import (
	"encoding/binary"
	"fmt"
)

// Binding is what a data key is wrapped for: one file of one clinic. All of it stands in the recording's row.
type Binding struct {
	Clinic string
	FileID FileID
	Digest [32]byte // of the header's committed part: Header.Digest
}

// Binding says what the data key of a file with this header is wrapped for.
func (h Header) Binding(clinic string) Binding {
	return Binding{Clinic: clinic, FileID: h.FileID, Digest: h.Digest()}
}

// aad is "nb.wrap.v1" || clinic id || key version || file id || SHA-256(header[0:96]). All but the clinic have their
// length, so the parts cannot be shifted against each other.
func (b Binding) aad(version uint32) []byte {
	aad := append([]byte("nb.wrap.v1"), b.Clinic...)
	aad = binary.BigEndian.AppendUint32(aad, version)
	aad = append(aad, b.FileID[:]...)
	return append(aad, b.Digest[:]...)
}

// Wrapped is a data key as its row keeps it.
type Wrapped struct {
	Version uint32 // of the clinic's recordings key
	Sealed  []byte // nonce, key, tag: 60 bytes
}

// Wrap seals a data key by the clinic's current key.
func (r *Ring) Wrap(b Binding, key DataKey) (Wrapped, error) {
	k, err := r.key(Recordings, b.Clinic, 0)
	if err != nil {
		return Wrapped{}, fmt.Errorf("wrap data key: %w", err)
	}
	return Wrapped{k.version, k.aead.Seal(nil, nil, key[:], b.aad(k.version))}, nil
}

// Unwrap opens a data key. ErrNotGenuine: the row was altered, or belongs to another file or clinic.
func (r *Ring) Unwrap(b Binding, w Wrapped) (DataKey, error) {
	k, err := r.key(Recordings, b.Clinic, orNone(w.Version))
	if err != nil {
		return DataKey{}, fmt.Errorf("unwrap data key: %w", err)
	}
	raw, err := k.aead.Open(nil, nil, w.Sealed, b.aad(w.Version))
	if err != nil || len(raw) != len(DataKey{}) {
		return DataKey{}, fmt.Errorf("unwrap data key: %w", ErrNotGenuine)
	}
	defer clear(raw)
	return DataKey(raw), nil
}

// Rewrap brings a wrapped key over to the clinic's current version; what is there already comes back as it was. The file
// does not change.
func (r *Ring) Rewrap(b Binding, w Wrapped) (Wrapped, error) {
	if k, err := r.key(Recordings, b.Clinic, 0); err == nil && k.version == w.Version {
		return w, nil
	}
	key, err := r.Unwrap(b, w)
	if err != nil {
		return Wrapped{}, err
	}
	defer key.Wipe()
	return r.Wrap(b, key)
}

// orNone: 0 means "current" only to us; in stored bytes it is a version that was never given out.
func orNone(version uint32) uint32 {
	if version == 0 {
		return ^uint32(0)
	}
	return version
}

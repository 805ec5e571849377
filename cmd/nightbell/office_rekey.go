package main

import (
	"crypto/sha256"
	"fmt"

	"nightbell/seal"
	"nightbell/store"
)

// The store's cells and recordings are brought over to newer keys by the ring.
var _ store.Rekeyer = cells{}

func (c cells) RewrapCell(at store.Cell, sealed []byte) ([]byte, error) {
	return c.Ring.RewrapCell(seal.Cell(at), sealed)
}

// RewrapKey brings a recording's data key over; the file does not change.
func (c cells) RewrapKey(r store.Recording) ([]byte, uint32, error) {
	if len(r.FileID) != len(seal.FileID{}) || len(r.HeaderHash) != sha256.Size {
		return nil, 0, fmt.Errorf("recording %s: row is not whole", r.ID)
	}
	b := seal.Binding{Clinic: r.Clinic, FileID: seal.FileID(r.FileID), Digest: [sha256.Size]byte(r.HeaderHash)}
	w, err := c.Ring.Rewrap(b, seal.Wrapped{Version: r.KeyVersion, Sealed: r.WrappedKey})
	return w.Sealed, w.Version, err
}

// CurrentVersion is the version of a key that seals now.
func (c cells) CurrentVersion(purpose, clinic string) (uint32, error) {
	return c.Ring.CurrentVersion(seal.Purpose(purpose), clinic)
}

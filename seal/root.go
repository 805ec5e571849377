package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
)

// Root is the key that everything stored hangs from. It lives in memory alone, between Unseal and Close, and wraps the
// keys of the ring; nothing else is sealed by it.
type Root struct {
	id     string
	key    *[32]byte
	aead   cipher.AEAD
	before *Root // the one that this one replaces, while keys hang from both
}

func newRoot(id string, key []byte) (*Root, error) {
	r := &Root{id: id, key: new([32]byte)}
	copy(r.key[:], key)
	aead, err := newAEAD(r.key[:])
	if err != nil {
		return nil, err
	}
	r.aead = aead
	return r, nil
}

func freshRoot() (*Root, error) {
	var id [16]byte
	var key [32]byte
	_, _ = rand.Read(id[:])
	_, _ = rand.Read(key[:])
	defer clear(key[:])
	return newRoot(fmt.Sprintf("%x", id), key[:])
}

// ID tells one installation's ROOT from another's. It is no secret.
func (r *Root) ID() string { return r.id }

// Close wipes the key. The cipher's expanded form is the garbage collector's.
func (r *Root) Close() {
	clear(r.key[:])
	r.aead = nil
	if r.before != nil {
		r.before.Close()
	}
}

func (r *Root) String() string       { return redacted }
func (r *Root) GoString() string     { return redacted }
func (r *Root) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format answers every verb alike.
func (r *Root) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

func (r *Root) wrap(aad, key []byte) []byte { return r.aead.Seal(nil, nil, key, aad) }

func (r *Root) unwrap(aad, sealed []byte) ([]byte, error) { return r.aead.Open(nil, nil, sealed, aad) }

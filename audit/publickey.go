package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
)

// Kinds of signature, C2SP signed-note: a log's own, and a witness's.
const (
	algEd25519     = 1
	algCosignature = 4
)

// publicKey is a verifier key of C2SP signed-note: name, kind, key. It is a note.Verifier of that kind.
type publicKey struct {
	name string
	alg  byte
	key  ed25519.PublicKey
}

var errKeyForm = errors.New("key: not NAME+HASH+KEY")

func parsePublicKey(text string) (publicKey, error) {
	parts := strings.SplitN(strings.TrimSpace(text), "+", 3)
	if len(parts) != 3 || !keyName(parts[0]) {
		return publicKey{}, errKeyForm
	}
	b, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(b) != 1+ed25519.PublicKeySize {
		return publicKey{}, errKeyForm
	}
	k := publicKey{parts[0], b[0], b[1:]}
	hash, err := hex.DecodeString(parts[1])
	if err != nil || len(hash) != 4 || binary.BigEndian.Uint32(hash) != k.KeyHash() {
		return publicKey{}, errors.New("key: hash does not fit")
	}
	if k.alg != algEd25519 && k.alg != algCosignature {
		return publicKey{}, errors.New("key: of a kind that is not known")
	}
	return k, nil
}

// keyName is what the note library takes as a name.
func keyName(s string) bool {
	return s != "" && !strings.Contains(s, "+") && strings.IndexFunc(s, unicode.IsSpace) < 0 && !strings.ContainsFunc(s, unicode.IsControl)
}

func (k publicKey) String() string {
	var hash [4]byte
	binary.BigEndian.PutUint32(hash[:], k.KeyHash())
	return k.name + "+" + hex.EncodeToString(hash[:]) + "+" + base64.StdEncoding.EncodeToString(append([]byte{k.alg}, k.key...))
}

// Name is the key's name, as in the signature's line.
func (k publicKey) Name() string { return k.name }

// KeyHash binds name, kind and key.
func (k publicKey) KeyHash() uint32 {
	h := sha256.New()
	h.Write([]byte(k.name + "\n"))
	h.Write([]byte{k.alg})
	h.Write(k.key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// Verify checks a log's signature, or a witness's over text and time.
func (k publicKey) Verify(text, sig []byte) bool {
	if k.alg == algEd25519 {
		return ed25519.Verify(k.key, text, sig)
	}
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(k.key, cosigned(int64(binary.BigEndian.Uint64(sig)), text), sig[8:])
}

// noteSigner is a note.Signer with a log's key.
type noteSigner struct {
	publicKey
	secret ed25519.PrivateKey
}

func (s noteSigner) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.secret, text), nil }

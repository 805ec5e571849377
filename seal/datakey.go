package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// DataKey is the key of one recording: 32 random bytes, wrapped by the clinic's key wherever it is stored. It prints as
// "[key]"; Hex is the one way to its clear form.
type DataKey [32]byte

// NewDataKey draws a fresh key. The system's generator cannot fail without ending the program.
func NewDataKey() DataKey {
	var k DataKey
	_, _ = rand.Read(k[:])
	return k
}

// ParseDataKey reads what Hex wrote.
func ParseDataKey(s string) (DataKey, error) {
	var k DataKey
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(k) {
		return DataKey{}, errors.New("data key: not 64 hexadecimal digits")
	}
	copy(k[:], b)
	clear(b)
	return k, nil
}

// Hex is the clear key, for independent verification of a recording. Who asks for it is the caller's to decide and audit.
func (k DataKey) Hex() string { return hex.EncodeToString(k[:]) }

// Wipe overwrites the key. Copies made by value are not reached.
func (k *DataKey) Wipe() { clear(k[:]) }

const redacted = "[key]"

func (DataKey) String() string               { return redacted }
func (DataKey) GoString() string             { return redacted }
func (DataKey) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (DataKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format answers every verb alike.
func (DataKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

const recordingLabel = "nightbell.recording.v1\x00"

// derive gives the cipher of a file's records and the commitment that binds key and header together.
func derive(key DataKey, prefix []byte) (cipher.AEAD, [32]byte, error) {
	var commitment [32]byte
	okm, err := hkdf.Expand(sha512.New, key[:], recordingLabel+string(prefix[:committedSize]), 64)
	if err != nil {
		return nil, commitment, fmt.Errorf("record key: %w", err)
	}
	defer clear(okm)
	copy(commitment[:], okm[32:])
	aead, err := newAEAD(okm[:32])
	if err != nil {
		return nil, commitment, fmt.Errorf("record key: %w", err)
	}
	return aead, commitment, nil
}

// newAEAD is AES-256-GCM with random 96-bit nonces: Seal gives nonce || ciphertext || tag. It is the one form of GCM that
// is approved for sealing, so that the module's rule on nonces (SP 800-38D §8.2.2) holds without our help.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// equal compares in constant time.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

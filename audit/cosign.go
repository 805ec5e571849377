package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Cosigner signs checkpoints of others with the time at which it saw them: a witness's cosignature, C2SP
// tlog-cosignature "cosignature/v1".
type Cosigner struct {
	public publicKey
	secret ed25519.PrivateKey
}

// NewCosigner makes one from its name, such as its DNS name, and a 32-byte Ed25519 seed.
func NewCosigner(name string, seed []byte) (*Cosigner, error) {
	if !keyName(name) || len(seed) != ed25519.SeedSize {
		return nil, errors.New("cosigner: no key name, or no seed of 32 bytes")
	}
	secret := ed25519.NewKeyFromSeed(seed)
	return &Cosigner{publicKey{name, algCosignature, secret.Public().(ed25519.PublicKey)}, secret}, nil
}

// VerifierKey is what logs that trust this witness are given.
func (c *Cosigner) VerifierKey() string { return c.public.String() }

// cosigned is the message of a cosignature.
func cosigned(seconds int64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatInt(seconds, 10)+"\n"), text...)
}

// line is the signature line of a checkpoint's text, as of a time.
func (c *Cosigner) line(text string, at time.Time) []byte {
	b := binary.BigEndian.AppendUint32(nil, c.public.KeyHash())
	b = binary.BigEndian.AppendUint64(b, uint64(at.Unix()))
	b = append(b, ed25519.Sign(c.secret, cosigned(at.Unix(), []byte(text)))...)
	return []byte("\u2014 " + c.public.name + " " + base64.StdEncoding.EncodeToString(b) + "\n")
}

// WitnessKey is the public key of a witness.
type WitnessKey struct{ public publicKey }

// ParseWitnessKey reads what Cosigner.VerifierKey wrote.
func ParseWitnessKey(text string) (WitnessKey, error) {
	k, err := parsePublicKey(text)
	if err == nil && k.alg != algCosignature {
		err = errors.New("key: of a log, not of a witness")
	}
	if err != nil {
		return WitnessKey{}, fmt.Errorf("witness %w", err)
	}
	return WitnessKey{k}, nil
}

// Name is the witness's name.
func (w WitnessKey) Name() string { return w.public.name }

// Verifier finds the witness's own key, for the note library.
func (w WitnessKey) Verifier(name string, hash uint32) (note.Verifier, error) {
	if name == w.public.name && hash == w.public.KeyHash() {
		return w.public, nil
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// Cosigned says when the witness signed the note. The log's own signature is for a Verifier to check.
func (w WitnessKey) Cosigned(signed []byte) (time.Time, error) {
	n, err := note.Open(signed, w)
	if err != nil {
		return time.Time{}, errors.New("cosignature does not hold")
	}
	b, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(b) != 4+8+ed25519.SignatureSize {
		return time.Time{}, errors.New("cosignature does not hold")
	}
	return time.Unix(int64(binary.BigEndian.Uint64(b[4:])), 0).UTC(), nil
}

package seal

import (
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// RecoveryKey is the private half of the recovery key, a seed of 32 bytes. It exists while it is made and while it is put
// together again from its shares, in the memory of one command; the machine keeps the public half alone.
type RecoveryKey struct{ seed [32]byte }

// RecoveryPublic is what ROOT and the data keys of recordings are sealed to: MLKEM768-X25519, so that neither a computer of
// today nor one that breaks X25519 opens it without the seed.
type RecoveryPublic struct{ key hpke.PublicKey }

// ErrRecoveryKey: those bytes are no recovery key.
var ErrRecoveryKey = errors.New("not a recovery key")

// ErrOtherRecoveryKey: the shares are of a recovery key that this was not sealed to.
var ErrOtherRecoveryKey = errors.New("another recovery key's shares")

// NewRecoveryKey draws one.
func NewRecoveryKey() RecoveryKey {
	var k RecoveryKey
	_, _ = rand.Read(k.seed[:])
	return k
}

// Wipe overwrites the seed.
func (k *RecoveryKey) Wipe() { clear(k.seed[:]) }

func (RecoveryKey) String() string               { return redacted }
func (RecoveryKey) GoString() string             { return redacted }
func (RecoveryKey) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (RecoveryKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format answers every verb alike.
func (RecoveryKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

func (k RecoveryKey) private() (hpke.PrivateKey, error) {
	return hpke.MLKEM768X25519().NewPrivateKey(k.seed[:])
}

// Public is the half that the machine keeps.
func (k RecoveryKey) Public() (RecoveryPublic, error) {
	private, err := k.private()
	if err != nil {
		return RecoveryPublic{}, fmt.Errorf("%w: %w", ErrRecoveryKey, err)
	}
	return RecoveryPublic{private.PublicKey()}, nil
}

// ParseRecoveryPublic reads what Bytes gave.
func ParseRecoveryPublic(b []byte) (RecoveryPublic, error) {
	key, err := hpke.MLKEM768X25519().NewPublicKey(b)
	if err != nil {
		return RecoveryPublic{}, ErrRecoveryKey
	}
	return RecoveryPublic{key}, nil
}

// Bytes is the public key as it is stored: 1184 bytes of ML-KEM-768, 32 of X25519.
func (p RecoveryPublic) Bytes() []byte { return p.key.Bytes() }

// Set names the set of shares that this key was split into: no secret, printed on every page.
func (p RecoveryPublic) Set() SetID {
	sum := sha256.Sum256(append([]byte("nightbell.recovery.set.v1\x00"), p.Bytes()...))
	return SetID(sum[:len(SetID{})])
}

// sealTo is single-use HPKE (RFC 9180 §6.1): encapsulation || ciphertext.
func sealTo(key hpke.PublicKey, info, plaintext []byte) ([]byte, error) {
	return hpke.Seal(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, plaintext)
}

func openWith(key hpke.PrivateKey, info, sealed []byte) ([]byte, error) {
	return hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info, sealed)
}

// RecoverySlot is the slot of last resort. Public alone makes one; the Key, put together from shares, opens it.
type RecoverySlot struct {
	Public RecoveryPublic
	Key    *RecoveryKey
}

// Kind is ByRecovery.
func (RecoverySlot) Kind() Kind { return ByRecovery }

const recoveryKDF = "hpke-mlkem768-x25519-hkdf-sha256-aes-256-gcm"

func recoveryInfo(s slot) []byte { return []byte("nb.recovery.v1|" + s.ID) }

// prepare draws the slot's key and seals it to the recovery key: the machine cannot open its own slot.
func (r RecoverySlot) prepare(s *slot) ([]byte, error) {
	if r.Public.key == nil {
		return nil, ErrRecoveryKey
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	defer clear(secret)
	sent, err := sealTo(r.Public.key, recoveryInfo(*s), secret)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecoveryKey, err)
	}
	s.KDF, s.Place, s.Public, s.Sent = recoveryKDF, r.Public.Set().String(), r.Public.Bytes(), sent
	return slotKey(secret, *s)
}

func (r RecoverySlot) derive(s slot) ([]byte, error) {
	if s.KDF != recoveryKDF {
		return nil, ErrSlotsDamaged
	}
	if r.Key == nil {
		return nil, fmt.Errorf("%w: the recovery shares", ErrKeyMissing)
	}
	private, err := r.Key.private()
	if err != nil {
		return nil, ErrRecoveryKey
	}
	secret, err := openWith(private, recoveryInfo(s), s.Sent)
	if err != nil {
		return make([]byte, 32), nil // no slot's key: another of the file's recovery slots may fit
	}
	defer clear(secret)
	return slotKey(secret, s)
}

func (RecoverySlot) wrong() error { return ErrOtherRecoveryKey }

// RecoveryPublic is the public half of the newest recovery slot; ok is false where there is none.
func (s *Slots) RecoveryPublic() (p RecoveryPublic, ok bool) {
	for _, sl := range s.file.Slots {
		if sl.Kind != ByRecovery {
			continue
		}
		if key, err := ParseRecoveryPublic(sl.Public); err == nil {
			p, ok = key, true
		}
	}
	return p, ok
}

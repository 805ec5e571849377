package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// SlotType is how the data key in a recording's escrow slot is sealed. The code points are the format's.
type SlotType uint16

const (
	NoSlot         SlotType = 0
	SlotHybrid     SlotType = 1 // HPKE MLKEM768-X25519 (0x647a)
	SlotHybridP256 SlotType = 2 // HPKE MLKEM768-P256 (0x0050): known, never written by us
	SlotX25519     SlotType = 3 // HPKE DHKEM(X25519, HKDF-SHA256) (0x0020)
)

// Where the slot lies in the header.
const (
	slotAt       = transcribed
	slotSealedAt = slotAt + 20
)

// What an escrow slot is refused for.
var (
	ErrNoEscrow    = errors.New("recording has no escrow slot")
	ErrOtherEscrow = errors.New("recording is sealed to another recovery key")
)

// Recipient is whose key an escrow slot is sealed to.
type Recipient struct {
	kind SlotType
	key  hpke.PublicKey
}

// Recipient is this recovery key as recordings are sealed to it.
func (p RecoveryPublic) Recipient() Recipient { return Recipient{SlotHybrid, p.key} }

// X25519Recipient is a recipient without the post-quantum half, for a key that somebody keeps already.
func X25519Recipient(public []byte) (Recipient, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(public)
	if err != nil {
		return Recipient{}, ErrRecoveryKey
	}
	return Recipient{SlotX25519, key}, nil
}

// ID tells recipients apart: 16 bytes of SHA-256("nightbell.recipient.v1" || 00 || public key).
func (r Recipient) ID() (id [16]byte) {
	sum := sha256.Sum256(append([]byte("nightbell.recipient.v1\x00"), r.key.Bytes()...))
	copy(id[:], sum[:])
	return id
}

// For gives the header of a file whose data key is sealed to this recipient as well. Do it before anything is wrapped for
// the header: the flag is part of what is committed to.
func (r Recipient) For(h Header) Header {
	h.Escrow, h.recipient = true, &r
	return h
}

// escrow writes the slot into a header that is complete but for it.
func (r Recipient) escrow(header []byte, key DataKey) error {
	sealed, err := sealTo(r.key, header[:transcribed], key[:])
	if err != nil {
		return fmt.Errorf("escrow slot: %w", err)
	}
	if slotSealedAt+len(sealed) > headerSize {
		return errors.New("escrow slot: larger than its place")
	}
	id := r.ID()
	binary.BigEndian.PutUint16(header[slotAt:], uint16(r.kind))
	binary.BigEndian.PutUint16(header[slotAt+2:], uint16(len(sealed)))
	copy(header[slotAt+4:], id[:])
	copy(header[slotSealedAt:], sealed)
	return nil
}

// EscrowKeeper opens escrow slots: the recovery key, or an X25519 key.
type EscrowKeeper struct {
	kind SlotType
	key  hpke.PrivateKey
}

// Keeper opens the slots that were sealed to this key's public half.
func (k RecoveryKey) Keeper() (EscrowKeeper, error) {
	key, err := k.private()
	if err != nil {
		return EscrowKeeper{}, ErrRecoveryKey
	}
	return EscrowKeeper{SlotHybrid, key}, nil
}

// X25519Keeper opens the slots that were sealed to this private key's public half.
func X25519Keeper(private []byte) (EscrowKeeper, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(private)
	if err != nil {
		return EscrowKeeper{}, ErrRecoveryKey
	}
	return EscrowKeeper{SlotX25519, key}, nil
}

// Recipient is the public half.
func (k EscrowKeeper) Recipient() Recipient { return Recipient{k.kind, k.key.PublicKey()} }

// Rescue takes the data key out of a recording's header, its first 4096 bytes. The key is proven against the commitment
// before it is given away: a slot that was swapped for another file's does not pass.
func (k EscrowKeeper) Rescue(header []byte) (DataKey, error) {
	if _, err := ParseHeader(header); err != nil {
		return DataKey{}, err
	}
	kind, n := SlotType(binary.BigEndian.Uint16(header[slotAt:])), int(binary.BigEndian.Uint16(header[slotAt+2:]))
	switch {
	case kind == NoSlot:
		return DataKey{}, ErrNoEscrow
	case kind != k.kind, k.Recipient().ID() != [16]byte(header[slotAt+4:]):
		return DataKey{}, ErrOtherEscrow
	}
	raw, err := openWith(k.key, header[:transcribed], header[slotSealedAt:slotSealedAt+n])
	if err != nil || len(raw) != len(DataKey{}) {
		return DataKey{}, fmt.Errorf("escrow slot: %w", ErrNotGenuine)
	}
	defer clear(raw)
	key := DataKey(raw)
	_, commitment, err := derive(key, header)
	if err != nil || !equal(commitment[:], header[committedSize:transcribed]) {
		key.Wipe()
		return DataKey{}, fmt.Errorf("escrow slot: %w", ErrNotGenuine)
	}
	return key, nil
}

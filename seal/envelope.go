package seal

import (
	"bytes"
	"fmt"
)

// An envelope is a small file that is sealed to somebody else's key and to nobody of this house: what a clinic takes along.
//
//	"NBENVLP1" || recipient id 16 || encapsulation || ciphertext || tag; HPKE info = "nb.envelope.v1|" || label

const envelopeMagic = "NBENVLP1"

// IsEnvelope reports whether a file begins as an envelope does.
func IsEnvelope(b []byte) bool { return bytes.HasPrefix(b, []byte(envelopeMagic)) }

func envelopeInfo(label string) []byte { return []byte("nb.envelope.v1|" + label) }

// Enclose seals a text to the recipient. The label says what it is; it opens under the same one alone.
func (r Recipient) Enclose(label string, text []byte) ([]byte, error) {
	sealed, err := sealTo(r.key, envelopeInfo(label), text)
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	id := r.ID()
	return append(append([]byte(envelopeMagic), id[:]...), sealed...), nil
}

// Disclose opens an envelope.
func (k EscrowKeeper) Disclose(label string, envelope []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(envelope, []byte(envelopeMagic))
	id := k.Recipient().ID()
	if !ok || len(rest) < len(id) {
		return nil, fmt.Errorf("envelope: %w", ErrNotGenuine)
	}
	if [16]byte(rest[:16]) != id {
		return nil, fmt.Errorf("envelope: %w", ErrOtherEscrow)
	}
	text, err := openWith(k.key, envelopeInfo(label), rest[16:])
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", ErrNotGenuine)
	}
	return text, nil
}

// Address writes an escrow slot for this recipient into the header of a finished file's copy, in the place of the one it
// had: the recipient then opens the copy without the house. The key is proven against the header first.
func (r Recipient) Address(header []byte, key DataKey) error {
	if _, err := ParseHeader(header); err != nil {
		return err
	}
	_, commitment, err := derive(key, header)
	if err != nil || !equal(commitment[:], header[committedSize:transcribed]) {
		return fmt.Errorf("escrow slot: %w", ErrNotGenuine)
	}
	clear(header[transcribed:headerSize])
	return r.escrow(header, key)
}

// HeaderSize is how much of a recording's beginning Rescue and Address look at.
const HeaderSize = headerSize

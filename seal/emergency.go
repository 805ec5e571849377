package seal

import (
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"
)

// EmergencyPublic is what a sealed server seals its events to: the public half of a key pair that hangs from the house's
// spool key. It is no secret; what is sealed to it opens with the ring alone.
type EmergencyPublic struct {
	Version uint32 // of the spool key
	Key     []byte
}

// EmergencyPublic gives the public half for the current spool key.
func (r *Ring) EmergencyPublic() (EmergencyPublic, error) {
	k, err := r.key(Spooling, "", 0)
	if err != nil {
		return EmergencyPublic{}, fmt.Errorf("emergency key: %w", err)
	}
	private, err := r.emergency(k.version)
	if err != nil {
		return EmergencyPublic{}, fmt.Errorf("emergency key: %w", err)
	}
	return EmergencyPublic{k.version, private.PublicKey().Bytes()}, nil
}

// emergency derives the private half: nothing more is stored for it than the spool key itself.
func (r *Ring) emergency(version uint32) (hpke.PrivateKey, error) {
	raw, err := r.raw(Spooling, "", version)
	if err != nil {
		return nil, err
	}
	defer clear(raw[:])
	seed, err := hkdf.Key(sha256.New, raw[:], nil, "nightbell.emergency.v1", 32)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	return hpke.MLKEM768X25519().DeriveKeyPair(seed)
}

// emergencyInfo binds an entry to its place.
func emergencyInfo(version uint32, seq uint64) []byte {
	return fmt.Appendf(nil, "nightbell.emergency.v1|%d|%d", version, seq)
}

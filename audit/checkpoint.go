package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is a tree head: whose log, how long, which root. Signed, it is a C2SP tlog-checkpoint.
type Checkpoint struct {
	Origin string // "nightbell/<instance id>", and "/2" behind it in the second epoch
	Size   int64
	Root   Hash
}

// Epoch is the checkpoint's epoch by its origin.
func (c Checkpoint) Epoch() int {
	_, epoch := splitOrigin(c.Origin)
	return epoch
}

// Origin is the name of an instance's log and of its signing key.
func Origin(instance string) string { return "nightbell/" + instance }

// text is the body of the note: origin, size, root, each on a line.
func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

var errCheckpointForm = errors.New("checkpoint: not origin, size, root")

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return Checkpoint{}, errCheckpointForm
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, errCheckpointForm
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(Hash{}) {
		return Checkpoint{}, errCheckpointForm
	}
	c := Checkpoint{Origin: lines[0], Size: size}
	copy(c.Root[:], root)
	return c, nil
}

// Signer signs the checkpoints of one log with Ed25519. What it signs with is seal's, wrapped under purpose "audit"; it
// lives as long as the Signer.
type Signer struct {
	origin string
	keys   []ed25519.PrivateKey // the current one first
}

// NewSigner makes a signer of origin's log from a 32-byte Ed25519 seed. Seeds that signed before are given after it: their
// signatures hold, and nothing is signed with them.
func NewSigner(origin string, seed []byte, older ...[]byte) (*Signer, error) {
	if !keyName(origin) {
		return nil, fmt.Errorf("audit signer: origin %q: not a key name", origin)
	}
	s := &Signer{origin: origin}
	for _, one := range append([][]byte{seed}, older...) {
		if len(one) != ed25519.SeedSize {
			return nil, fmt.Errorf("audit signer: seed of %d bytes, want %d", len(one), ed25519.SeedSize)
		}
		s.keys = append(s.keys, ed25519.NewKeyFromSeed(one))
	}
	return s, nil
}

// Origin is the name of the log's first epoch; EpochOrigin gives the later ones'.
func (s *Signer) Origin() string { return s.origin }

// VerifierKey is the public key in the form of C2SP signed-note, for witnesses and for `audit verify`. It is the first
// epoch's; a Verifier makes the later ones' of it.
func (s *Signer) VerifierKey() string { return s.VerifierKeys()[0] }

// VerifierKeys are the public keys of every seed, the current one first.
func (s *Signer) VerifierKeys() []string {
	list := make([]string, len(s.keys))
	for i, k := range s.keys {
		list[i] = publicKey{s.origin, algEd25519, k.Public().(ed25519.PublicKey)}.String()
	}
	return list
}

// Sign gives the signed note of a log of size leaves with this root, in its first epoch.
func (s *Signer) Sign(size int64, root Hash) ([]byte, error) { return s.SignIn(1, size, root) }

// SignIn is Sign for a log that restores have ended: epochs count from 1.
func (s *Signer) SignIn(epoch int, size int64, root Hash) ([]byte, error) {
	c := Checkpoint{Origin: EpochOrigin(s.origin, epoch), Size: size, Root: root}
	signed, err := note.Sign(&note.Note{Text: c.text()}, s.as(c.Origin))
	if err != nil {
		return nil, fmt.Errorf("checkpoint of %d: signature: %w", size, err)
	}
	return signed, nil
}

// as is the current key under a name.
func (s *Signer) as(name string) note.Signer {
	return noteSigner{publicKey{name, algEd25519, s.keys[0].Public().(ed25519.PublicKey)}, s.keys[0]}
}

// Verifier opens the checkpoints of one log: its origin in every epoch, and every key that ever signed it. It may be used
// from many goroutines.
type Verifier struct {
	origin string
	keys   []publicKey
	times  []span // of each key; nil: any
}

// NewVerifier takes one or more verifier keys of one log; a key of a later epoch is as good as one of the first.
func NewVerifier(vkeys ...string) (*Verifier, error) {
	v := &Verifier{}
	for _, text := range vkeys {
		k, err := parsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("audit verifier: %w", err)
		}
		if k.alg != algEd25519 {
			return nil, errors.New("audit verifier: key of another kind")
		}
		k.name, _ = splitOrigin(k.name)
		if v.origin != "" && k.name != v.origin {
			return nil, errors.New("audit verifier: keys of two origins")
		}
		v.origin, v.keys = k.name, append(v.keys, k)
	}
	if len(v.keys) == 0 {
		return nil, errors.New("audit verifier: no key")
	}
	return v, nil
}

// Origin is the log's name in its first epoch.
func (v *Verifier) Origin() string { return v.origin }

// Keys are the verifier keys, as the first epoch has them.
func (v *Verifier) Keys() []string {
	list := make([]string, len(v.keys))
	for i, k := range v.keys {
		list[i] = k.String()
	}
	return list
}

// Verifier finds the key of a signature, for the note library: ours under the name of any epoch of our log.
func (v *Verifier) Verifier(name string, hash uint32) (note.Verifier, error) {
	if base, _ := splitOrigin(name); base == v.origin {
		for _, k := range v.keys {
			if k.name = name; k.KeyHash() == hash {
				return k, nil
			}
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

var errSignature = errors.New("checkpoint: signature does not hold")

// Open checks a signed note and reads its checkpoint. Signatures of others on it, such as a witness's, are passed over.
func (v *Verifier) Open(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, v)
	if err != nil {
		return Checkpoint{}, errSignature
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, sig := range n.Sigs {
		if sig.Name == c.Origin && v.inTime(sig.Hash, c) {
			return c, nil
		}
	}
	return Checkpoint{}, errors.New("checkpoint: of another log")
}

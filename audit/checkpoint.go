package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is a tree head: whose log, how long, which root. Signed, it is a C2SP tlog-checkpoint.
type Checkpoint struct {
	Origin string // "nightbell/<instance id>"
	Size   int64
	Root   Hash
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

// Signer signs the checkpoints of one log with Ed25519.
type Signer struct {
	origin string
	signer note.Signer
	vkeys  []string // the current one first
}

// NewSigner makes a signer of origin's log from a 32-byte Ed25519 seed, which seal keeps wrapped under purpose "audit".
// Seeds that signed before are given after it: their signatures hold, and nothing is signed with them.
func NewSigner(origin string, seed []byte, older ...[]byte) (*Signer, error) {
	s := &Signer{origin: origin}
	for _, one := range append([][]byte{seed}, older...) {
		signer, vkey, err := keyPair(origin, one)
		if err != nil {
			return nil, err
		}
		if s.signer == nil {
			s.signer = signer
		}
		s.vkeys = append(s.vkeys, vkey)
	}
	return s, nil
}

func keyPair(origin string, seed []byte) (note.Signer, string, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, "", fmt.Errorf("audit signer: seed of %d bytes, want %d", len(seed), ed25519.SeedSize)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, "", fmt.Errorf("audit signer: origin %q: not a key name", origin)
	}
	hash := strings.Split(vkey, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)) // 1 = Ed25519, C2SP signed-note
	s, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + hash + "+" + secret)
	if err != nil {
		return nil, "", errors.New("audit signer: not a key") // the library's error could quote the key
	}
	return s, vkey, nil
}

// Origin is the log's name.
func (s *Signer) Origin() string { return s.origin }

// VerifierKey is the public key in the form of C2SP signed-note, for witnesses and for `audit verify`.
func (s *Signer) VerifierKey() string { return s.vkeys[0] }

// VerifierKeys are the public keys of every seed, the current one first.
func (s *Signer) VerifierKeys() []string { return slices.Clone(s.vkeys) }

// Sign gives the signed note of a log of size leaves with this root.
func (s *Signer) Sign(size int64, root Hash) ([]byte, error) {
	c := Checkpoint{Origin: s.origin, Size: size, Root: root}
	signed, err := note.Sign(&note.Note{Text: c.text()}, s.signer)
	if err != nil {
		return nil, fmt.Errorf("checkpoint of %d: signature: %w", size, err)
	}
	return signed, nil
}

// Verifier opens the checkpoints of one log: its origin, and every key that ever signed it.
type Verifier struct {
	origin string
	known  note.Verifiers
}

// NewVerifier takes one or more verifier keys of one origin.
func NewVerifier(vkeys ...string) (*Verifier, error) {
	var list []note.Verifier
	for _, k := range vkeys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return nil, fmt.Errorf("audit verifier: key: %w", err)
		}
		if len(list) > 0 && v.Name() != list[0].Name() {
			return nil, errors.New("audit verifier: keys of two origins")
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, errors.New("audit verifier: no key")
	}
	return &Verifier{origin: list[0].Name(), known: note.VerifierList(list...)}, nil
}

// Open checks a signed note and reads its checkpoint.
func (v *Verifier) Open(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, v.known)
	if err != nil {
		return Checkpoint{}, errors.New("checkpoint: signature does not hold")
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != v.origin {
		return Checkpoint{}, errors.New("checkpoint: of another log")
	}
	return c, nil
}

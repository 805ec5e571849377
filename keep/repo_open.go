package keep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"nightbell/audit"
	"nightbell/seal"
	"nightbell/store"
)

// Opened is a snapshot whose keys are open and whose note and manifest are proven. Close wipes the keys.
type Opened struct {
	Snapshot
	repo  *Repository
	ring  *seal.Ring
	owned bool // the ring is this snapshot's own, not the house's
}

// Keys open snapshots. Ring may be nil: ROOT alone opens every snapshot that was made under it. A house that has another
// ROOT by now still has the backup keys themselves in its ring.
type Keys struct {
	Root *seal.Root
	Ring *seal.Ring
}

// signatureOrigin names the key that signs notes: the audit key under a name of its own, so that a note is never taken
// for a checkpoint, whatever epoch the log is in.
func signatureOrigin(instance string) string { return "nightbell-backup/" + instance }

// Slots is the snapshot's root.json. It is compared with the signed note when ROOT is open.
func (r *Repository) Slots(ctx context.Context, s Snapshot) ([]byte, error) {
	b, err := fetchSmall(ctx, r.place, s.object(slotsObject))
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", s.ID, missingIsDamage(err))
	}
	return b, nil
}

// missingIsDamage: a snapshot whose note stands and whose parts do not is not a snapshot that never was.
func missingIsDamage(err error) error {
	if errors.Is(err, ErrMissing) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Open opens a snapshot by ROOT. Every byte that it trusts from then on hangs from ROOT: keys.json is unwrapped by it, the
// note is signed by the audit key in there, and the note names the SHA-256 of everything else.
func (r *Repository) Open(ctx context.Context, id string, by Keys) (*Opened, error) {
	s, err := r.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	o := &Opened{repo: r}
	if err := o.open(ctx, s, by); err != nil {
		o.Close()
		return nil, fmt.Errorf("snapshot %s: %w", s.ID, err)
	}
	return o, nil
}

func (o *Opened) open(ctx context.Context, s Snapshot, by Keys) error {
	keys, err := fetchSmall(ctx, o.repo.place, s.object(keysObject))
	if err != nil {
		return missingIsDamage(err)
	}
	signer, err := o.unwrap(keys, s, by)
	if err != nil {
		return err
	}
	v, err := audit.NewVerifier(signer.VerifierKeys()...)
	if err != nil {
		return err
	}
	if o.Snapshot, err = o.repo.note(ctx, s.ID, v); err != nil {
		return err
	}
	slots, err := o.repo.Slots(ctx, o.Snapshot)
	if err != nil {
		return err
	}
	if hexSum(keys) != o.Keys || hexSum(slots) != o.Snapshot.Slots {
		return fmt.Errorf("%w: not the keys that the note names", ErrDamaged)
	}
	if o.Schema > store.NewestSchema() {
		return fmt.Errorf("schema %d: %w", o.Schema, ErrNewer)
	}
	return nil
}

// unwrap opens keys.json by ROOT, or takes the house's ring where that snapshot was made under another ROOT.
func (o *Opened) unwrap(keys []byte, s Snapshot, by Keys) (*audit.Signer, error) {
	var wrapped keyVault
	if err := json.Unmarshal(keys, &wrapped); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrDamaged, keysObject)
	}
	if s.Root != by.Root.ID() {
		if o.ring = by.Ring; o.ring == nil {
			return nil, ErrForeign
		}
		return signerOf(o.ring, s.Instance)
	}
	var err error
	if o.ring, err = seal.OpenRing(by.Root, wrapped); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, keysObject, err)
	}
	o.owned = true
	signer, err := signerOf(o.ring, s.Instance)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, keysObject, err)
	}
	return signer, nil
}

// Close wipes the keys.
func (o *Opened) Close() {
	if o.ring != nil && o.owned {
		o.ring.Close()
	}
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// signerOf makes the signer of notes from the ring's audit keys; the current one signs, every one is believed.
func signerOf(ring *seal.Ring, instance string) (*audit.Signer, error) {
	seed, err := ring.Secret(seal.Audit)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	var older [][]byte
	for _, k := range ring.Status() {
		if k.Purpose != seal.Audit || k.State != seal.Old {
			continue
		}
		one, err := ring.SecretOf(seal.Audit, k.Version)
		if err != nil {
			return nil, err
		}
		defer clear(one)
		older = append(older, one)
	}
	return audit.NewSigner(signatureOrigin(instance), seed, older...)
}

// line is one line of a manifest: one of its fields is set.
type line struct {
	Head      *manifestHead `json:"head,omitempty"`
	File      *File         `json:"file,omitempty"`
	Recording *Sound        `json:"recording,omitempty"`
	Shredded  string        `json:"shredded,omitempty"` // name of a recording that must not come back
	Problem   *Problem      `json:"problem,omitempty"`
}

// manifestHead says once more what the note says of the snapshot, under the seal, and what the database held.
type manifestHead struct {
	Repository string        `json:"repository"`
	Snapshot   string        `json:"snapshot"`
	Checkpoint string        `json:"checkpoint"` // the log's newest, as it was signed
	Tables     []store.Table `json:"tables"`
}

// File is a file of the data folder, in a blob.
type File struct {
	Name   string `json:"name"` // in the data folder
	Object string `json:"object"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Key    uint32 `json:"key"` // version of the backup key
}

// Sound is a recording's file, as it lies.
type Sound struct {
	Name   string `json:"name"` // in the recordings' folder
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // of all its bytes
}

func (s Sound) object() string { return "recordings/" + s.Name }

// Problem is a recording that could not be kept as its row says.
type Problem struct {
	Recording string `json:"recording"`
	Why       string `json:"why"`
}

// databaseName is the database's name in a data folder.
const databaseName = "nightbell.db"

func (r *Repository) label(kind, id string) string {
	return strings.Join([]string{"nb.backup.v1", r.id.ID, kind, id}, "|")
}

// walk reads the manifest. What it gives is authentic line by line; that it is whole is known when walk returns nil.
func (o *Opened) walk(ctx context.Context, each func(line) error) error {
	sum := sha256.New()
	in, err := o.repo.place.Fetch(ctx, o.object(manifestObject))
	if err != nil {
		return fmt.Errorf("manifest: %w", missingIsDamage(err))
	}
	defer in.Close()
	plain, err := o.ring.OpenBlob(io.TeeReader(reading(ctx, in), sum), o.repo.label("manifest", o.ID))
	if err != nil {
		return fmt.Errorf("manifest: %w: %w", ErrDamaged, err)
	}
	dec := json.NewDecoder(plain)
	for n := 0; ; n++ {
		var l line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("manifest: %w: %w", ErrDamaged, err)
		}
		if n == 0 && (l.Head == nil || l.Head.Snapshot != o.ID || l.Head.Repository != o.repo.id.ID) {
			return fmt.Errorf("manifest: %w: of another snapshot", ErrDamaged)
		}
		if err := each(l); err != nil {
			return err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != o.Manifest {
		return fmt.Errorf("manifest: %w: not the one that the note names", ErrDamaged)
	}
	return nil
}

package keep

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/seal"
)

// A repository is laid out so (docs/BACKUP-FORMAT.md):
//
//	repository.json               whose it is; made once
//	parts/xx/ID.nbb               sealed blobs: the database and the files of the data folder
//	recordings/xx/NAME.nbr        recordings as they lie, sealed already
//	snapshots/ID/root.json        ROOT in its slots: an unsealer or the recovery shares open it
//	snapshots/ID/keys.json        the backup and audit keys, wrapped by ROOT
//	snapshots/ID/manifest.nbb     what the snapshot holds, sealed
//	snapshots/ID/snapshot.note    signed; written last: what has none is not a snapshot
const (
	identityName = "repository.json"
	formatName   = "nightbell.backup.v"
	formatNow    = 1
)

// What is wrong with a repository or a snapshot.
var (
	ErrNewer     = errors.New("made by a newer version of the program")
	ErrForeign   = errors.New("of another installation")
	ErrDamaged   = errors.New("damaged")
	ErrNone      = errors.New("no snapshot")
	ErrNotBackup = errors.New("not a backup repository")
)

// Repository is a place that holds one installation's backups.
type Repository struct {
	place Place
	id    identity
	now   func() time.Time
}

type identity struct {
	Format   string    `json:"format"`
	ID       string    `json:"id"`
	Instance string    `json:"instance"`
	Made     time.Time `json:"made"`
}

// OpenRepository finds the repository in a place, of whoever it is.
func OpenRepository(ctx context.Context, place Place, now func() time.Time) (*Repository, error) {
	b, err := fetchSmall(ctx, place, identityName)
	if errors.Is(err, ErrMissing) {
		return nil, fmt.Errorf("%s: %w", place, ErrNotBackup)
	}
	if err != nil {
		return nil, err
	}
	r := &Repository{place: place, now: now}
	if err := json.Unmarshal(b, &r.id); err != nil || !strings.HasPrefix(r.id.Format, formatName) {
		return nil, fmt.Errorf("%s: %w", place, ErrNotBackup)
	}
	if r.id.Format != fmt.Sprint(formatName, formatNow) {
		return nil, fmt.Errorf("%s: format %.40q: %w", place, r.id.Format, ErrNewer)
	}
	return r, nil
}

// EnsureRepository opens an instance's repository, or makes it in an empty place. Another's is ErrForeign.
func EnsureRepository(ctx context.Context, place Place, instance string, now func() time.Time) (*Repository, error) {
	r, err := OpenRepository(ctx, place, now)
	if errors.Is(err, ErrNotBackup) {
		if err := makeRepository(ctx, place, instance, now()); err != nil {
			return nil, err
		}
		r, err = OpenRepository(ctx, place, now)
	}
	if err != nil {
		return nil, err
	}
	if r.id.Instance != instance {
		return nil, fmt.Errorf("%s: %w", place, ErrForeign)
	}
	return r, nil
}

// makeRepository takes an empty place: files that are something else's are not buried among ours.
func makeRepository(ctx context.Context, place Place, instance string, now time.Time) error {
	for _, err := range place.List(ctx, "") {
		if err == nil {
			err = fmt.Errorf("%s: not empty, and %w", place, ErrNotBackup)
		}
		return err
	}
	id := identity{fmt.Sprint(formatName, formatNow), newID(), instance, now.UTC().Truncate(time.Second)}
	b, err := json.MarshalIndent(id, "", "  ")
	if err != nil {
		return err
	}
	err = place.Put(ctx, identityName, bytesSource(b), Fresh)
	if errors.Is(err, ErrExists) {
		return nil // another one was quicker: whose it is is asked next
	}
	return err
}

func newID() string { return strings.ToLower(rand.Text()) }

// Place is where the repository lies.
func (r *Repository) Place() Place { return r.place }

// Snapshot is what a snapshot's note says: signed by the audit key, and no secret.
type Snapshot struct {
	Format     int        `json:"format"`
	Repository string     `json:"repository"`
	ID         string     `json:"id"`
	Instance   string     `json:"instance"`
	Root       string     `json:"root"` // id of the ROOT that opens it
	Made       time.Time  `json:"made"`
	Program    string     `json:"program"`
	Mode       string     `json:"mode"`
	Schema     int64      `json:"schema"`
	Head       audit.Head `json:"audit"`
	Files      int        `json:"files"`
	Recordings int        `json:"recordings"`
	Bytes      int64      `json:"bytes"` // that a restore brings back
	Added      int64      `json:"added"` // that were new in this snapshot
	Problems   int        `json:"problems"`
	Manifest   string     `json:"manifest"` // SHA-256 of manifest.nbb
	Slots      string     `json:"slots"`    // of root.json
	Keys       string     `json:"keys"`     // of keys.json
}

func (s Snapshot) object(name string) string { return "snapshots/" + s.ID + "/" + name }

const (
	slotsObject    = "root.json"
	keysObject     = "keys.json"
	manifestObject = "manifest.nbb"
	noteObject     = "snapshot.note"
)

// List gives the snapshots, oldest first, as their notes say; no key is needed and nothing is proven by it. A note that
// cannot be read is left out and its error given beside the list.
func (r *Repository) List(ctx context.Context) ([]Snapshot, error) {
	var list []Snapshot
	var bad []error
	for o, err := range r.place.List(ctx, "snapshots/") {
		if err != nil {
			return nil, err
		}
		id, isNote := strings.CutSuffix(strings.TrimPrefix(o.Name, "snapshots/"), "/"+noteObject)
		if !isNote {
			continue
		}
		s, err := r.note(ctx, id, nil)
		if errors.Is(err, ErrMissing) {
			continue // pruned meanwhile
		}
		if err != nil {
			bad = append(bad, err)
			continue
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Snapshot) int { return strings.Compare(a.ID, b.ID) })
	return list, errors.Join(bad...)
}

// note reads one snapshot's note, and proves its signature where a verifier is given.
func (r *Repository) note(ctx context.Context, id string, v *audit.Verifier) (Snapshot, error) {
	var s Snapshot
	b, err := fetchSmall(ctx, r.place, Snapshot{ID: id}.object(noteObject))
	if err != nil {
		return s, err
	}
	text, ok := audit.TextOf(b)
	if v != nil {
		if text, err = v.OpenText(b); err != nil {
			return s, fmt.Errorf("snapshot %s: %w: %w", id, ErrDamaged, err)
		}
	} else if !ok {
		return s, fmt.Errorf("snapshot %s: note: %w", id, ErrDamaged)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("snapshot %s: note: %w", id, ErrDamaged)
	}
	switch {
	case s.Format > formatNow:
		return s, fmt.Errorf("snapshot %s: %w", id, ErrNewer)
	case s.Format < 1 || s.ID != id:
		return s, fmt.Errorf("snapshot %s: note: %w", id, ErrDamaged)
	case s.Repository != r.id.ID || s.Instance != r.id.Instance:
		return s, fmt.Errorf("snapshot %s: %w", id, ErrForeign)
	}
	return s, nil
}

// Find gives the snapshot of an id, the newest where it is empty. With a note that cannot be read nobody knows which is the
// newest: then an older one is not taken in its place, it must be named.
func (r *Repository) Find(ctx context.Context, id string) (Snapshot, error) {
	if id != "" {
		if !named(id) || strings.Contains(id, "/") {
			return Snapshot{}, fmt.Errorf("%s: snapshot %q: %w", r.place, id, ErrNone)
		}
		s, err := r.note(ctx, id, nil)
		if errors.Is(err, ErrMissing) {
			err = fmt.Errorf("%s: snapshot %s: %w", r.place, id, ErrNone)
		}
		return s, err
	}
	list, err := r.List(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	if len(list) == 0 {
		return Snapshot{}, fmt.Errorf("%s: %w", r.place, ErrNone)
	}
	return list[len(list)-1], nil
}

// maxSmall bounds what is read into memory whole: notes, slots, keys.
const maxSmall = 4 << 20

func fetchSmall(ctx context.Context, place Place, name string) ([]byte, error) {
	in, err := place.Fetch(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxSmall+1))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", name, err)
	}
	if len(b) > maxSmall {
		return nil, fmt.Errorf("fetch %s: %w: too long", name, ErrDamaged)
	}
	return b, nil
}

func bytesSource(b []byte) Source {
	return Source{Size: int64(len(b)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// keyVault holds the wrapped keys of one snapshot: what keys.json says. Nothing is put into it.
type keyVault []keptKey

type keptKey struct {
	Purpose seal.Purpose `json:"purpose"`
	Version uint32       `json:"version"`
	Created time.Time    `json:"created"`
	Sealed  []byte       `json:"sealed"`
}

func (v keyVault) Keys() ([]seal.WrappedKey, error) {
	list := make([]seal.WrappedKey, len(v))
	for i, k := range v {
		list[i] = seal.WrappedKey{Purpose: k.Purpose, Version: k.Version, Created: k.Created, Sealed: k.Sealed}
	}
	return list, nil
}

func (v keyVault) Put(seal.WrappedKey) error { return errors.New("a snapshot's keys do not change") }

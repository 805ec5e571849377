package keep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"nightbell/seal"
)

// Depth says how much of a snapshot is read to verify it.
type Depth int

const (
	Whole Depth = iota // every byte, against its SHA-256
	Quick              // the manifest, and that every object is there with its size
)

// Verified is what Verify found. It holds where Bad is empty.
type Verified struct {
	Snapshot
	Gone int       // recordings that were shredded since: rightly not there
	Bad  []Problem // objects that are missing or altered
}

// Verify proves a snapshot without restoring it: note, keys, manifest, and every object that it names.
func (r *Repository) Verify(ctx context.Context, id string, by Keys, how Verifying) (Verified, error) {
	o, err := r.Open(ctx, id, by)
	if err != nil {
		return Verified{}, fmt.Errorf("verify: %w", err)
	}
	defer o.Close()
	v := Verified{Snapshot: o.Snapshot}
	gone, err := r.shredded(ctx, by)
	if err != nil {
		return v, fmt.Errorf("verify: %w", err)
	}
	var sizes map[string]int64
	if how.Depth == Quick {
		if sizes, err = r.sizes(ctx); err != nil {
			return v, fmt.Errorf("verify: %w", err)
		}
	}
	how.Progress.begin("verify", o.Bytes)
	err = o.walk(ctx, func(l line) error {
		bad, size, err := o.examine(ctx, l, sizes)
		switch {
		case err != nil:
			return err
		case bad != nil && l.Recording != nil && gone[l.Recording.Name] && errors.Is(bad, ErrMissing):
			v.Gone++
		case bad != nil:
			v.Bad = append(v.Bad, Problem{l.name(), bad.Error()})
		}
		how.Progress.add(1, size)
		return nil
	})
	if err != nil {
		return v, fmt.Errorf("verify: %w", err)
	}
	return v, nil
}

// Verifying is how to verify.
type Verifying struct {
	Depth    Depth
	Progress *Progress
}

func (l line) name() string {
	switch {
	case l.File != nil:
		return l.File.Name
	case l.Recording != nil:
		return l.Recording.Name
	}
	return ""
}

func (r *Repository) sizes(ctx context.Context) (map[string]int64, error) {
	there := map[string]int64{}
	for _, prefix := range []string{"parts/", "recordings/"} {
		for o, err := range r.place.List(ctx, prefix) {
			if err != nil {
				return nil, err
			}
			there[o.Name] = o.Size
		}
	}
	return there, nil
}

// examine looks at the object behind one line. bad says what is wrong with it, err that the place does not answer.
func (o *Opened) examine(ctx context.Context, l line, sizes map[string]int64) (bad error, size int64, err error) {
	object, want := "", int64(0)
	switch {
	case l.File != nil:
		object, size, want = l.File.Object, l.File.Size, seal.BlobSize(l.File.Size)
	case l.Recording != nil:
		object, size, want = l.Recording.object(), l.Recording.Size, l.Recording.Size
	default:
		return nil, 0, nil
	}
	if sizes != nil {
		have, there := sizes[object]
		switch {
		case !there:
			bad = ErrMissing
		case have != want:
			bad = fmt.Errorf("%w: %d bytes, %d were kept", ErrDamaged, have, want)
		}
		return bad, size, nil
	}
	err = again(ctx, func() error { return o.copy(ctx, l, io.Discard) })
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrMissing) {
		return err, size, nil
	}
	return nil, size, err
}

// copy fetches the object behind a line, opens it where it is a blob, and compares it with the manifest. What was written
// before an error is not to be used.
func (o *Opened) copy(ctx context.Context, l line, to io.Writer) error {
	object, size, want := "", int64(0), ""
	if l.File != nil {
		object, size, want = l.File.Object, l.File.Size, l.File.SHA256
	} else {
		object, size, want = l.Recording.object(), l.Recording.Size, l.Recording.SHA256
	}
	in, err := o.repo.place.Fetch(ctx, object)
	if err != nil {
		return err
	}
	defer in.Close()
	from := &told{r: reading(ctx, in)}
	plain := io.Reader(from)
	if l.File != nil {
		if plain, err = o.ring.OpenBlob(from, o.repo.label("part", partID(object))); err != nil {
			return from.damage(err)
		}
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(plain, size+1))
	switch {
	case err != nil:
		return from.damage(err)
	case n != size:
		return fmt.Errorf("%w: another length", ErrDamaged)
	case hex.EncodeToString(sum.Sum(nil)) != want:
		return fmt.Errorf("%w: another SHA-256", ErrDamaged)
	}
	return nil
}

// told remembers whether a stream broke off by itself: then what was read is not damaged, only not all there.
type told struct {
	r   io.Reader
	err error
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.err = err
	}
	return n, err
}

func (t *told) damage(err error) error {
	for _, is := range []error{seal.ErrNotGenuine, seal.ErrBlobCut, seal.ErrBlobEnd, seal.ErrBlobMagic, seal.ErrNoKey} {
		if t.err == nil && errors.Is(err, is) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	if errors.Is(err, seal.ErrBlobVersion) {
		return fmt.Errorf("%w: %w", ErrNewer, err)
	}
	return err
}

// partID is a part's id, which its label names, from its object's name.
func partID(object string) string { return strings.TrimSuffix(path.Base(object), ".nbb") }

// shredded are the recordings that the newest snapshot says must not come back.
func (r *Repository) shredded(ctx context.Context, by Keys) (map[string]bool, error) {
	return r.shreddedIn(ctx, "", by)
}

func (r *Repository) shreddedIn(ctx context.Context, id string, by Keys) (map[string]bool, error) {
	o, err := r.Open(ctx, id, by)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	gone := map[string]bool{}
	err = o.walk(ctx, func(l line) error {
		if l.Shredded != "" {
			gone[l.Shredded] = true
		}
		return nil
	})
	return gone, err
}

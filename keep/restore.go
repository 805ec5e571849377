package keep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"nightbell/audit"
	"nightbell/seal"
	"nightbell/store"
)

// Restoring says what to bring back and where to.
type Restoring struct {
	Snapshot string // id; empty: the newest
	Into     string // a folder that is not there, or empty
	// Unseal opens ROOT from the snapshot's slots: by the recovery shares, or by whatever else opened it.
	Unseal func(*seal.Slots) (*seal.Root, error)
	// Settle makes what was brought back a data folder of this machine, before it gets its name: the next epoch of the log,
	// a new unsealer. Nil: it stays as it was.
	Settle   func(ctx context.Context, dir string, r Restored) error
	Damage   Tolerance
	Progress *Progress
}

// Tolerance says what becomes of a restore when recordings of the snapshot are missing or damaged. Damage to anything else
// always ends it.
type Tolerance int

const (
	Strict       Tolerance = iota // it ends
	WithoutThose                  // they are left out and named: calls must be answered tonight
)

// Restored is what a restore has brought back.
type Restored struct {
	Snapshot
	Root     *seal.Root // open; the restorer closes it
	Later    audit.Head // the longest log that the repository knows of
	Shredded []string   // names of recordings that were shredded after the snapshot was made: they must not come back
	Left     []Problem  // recordings that were left out
	Took     time.Duration
}

// Restore brings a snapshot back into an empty folder. Everything is fetched, opened and compared beside it, in
// INTO.restoring, and gets its name at once at the end: however this breaks off, INTO is whole or as it was. What a killed
// restore left beside it is cleared away by the next.
func (r *Repository) Restore(ctx context.Context, want Restoring) (Restored, error) {
	began := time.Now()
	into, err := filepath.Abs(want.Into)
	if err != nil {
		return Restored{}, fmt.Errorf("restore: %w", err)
	}
	if err := vacant(into); err != nil {
		return Restored{}, fmt.Errorf("restore: %w", err)
	}
	half, lock, err := beside(into)
	if err != nil {
		return Restored{}, fmt.Errorf("restore: %w", err)
	}
	defer lock.Close()
	w := &restoring{Restoring: want, repo: r, half: half}
	err = w.run(ctx)
	if err == nil {
		err = w.place(into)
	}
	if err != nil {
		if w.done.Root != nil {
			w.done.Root.Close()
		}
		return Restored{}, errors.Join(fmt.Errorf("restore: %w", err), os.RemoveAll(half))
	}
	w.done.Took = time.Since(began)
	return w.done, nil
}

// ErrOccupied: something lies where a restore would go.
var ErrOccupied = errors.New("not an empty folder")

func vacant(into string) error {
	entries, err := os.ReadDir(into)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w: %w", into, ErrOccupied, err)
	case len(entries) > 0:
		return fmt.Errorf("%s: %w", into, ErrOccupied)
	}
	return nil
}

// beside makes the folder that a restore works in, and locks it against another restore. One that is there and not locked
// is what a killed one has left.
func beside(into string) (half string, lock *os.File, err error) {
	half = into + ".restoring"
	if err := os.Mkdir(half, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", nil, err
	}
	if lock, err = os.Open(half); err != nil {
		return "", nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return "", nil, errors.Join(fmt.Errorf("%s: another restore is at work", half), lock.Close())
	}
	entries, err := os.ReadDir(half)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(half, e.Name())))
	}
	if err != nil {
		return "", nil, errors.Join(err, lock.Close())
	}
	return half, lock, nil
}

// restoring is one restore under way.
type restoring struct {
	Restoring
	repo   *Repository
	half   string
	opened *Opened
	head   manifestHead
	files  []File
	sounds []Sound
	gone   map[string]bool
	done   Restored
}

func (w *restoring) run(ctx context.Context) error {
	defer func() {
		if w.opened != nil {
			w.opened.Close()
		}
	}()
	for _, step := range []func(context.Context) error{w.unseal, w.read, w.bringFiles, w.bringSounds, w.examine} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if w.Settle == nil {
		return nil
	}
	return w.Settle(ctx, w.half, w.done)
}

// unseal puts the slots in their place, opens ROOT, and with it the snapshot.
func (w *restoring) unseal(ctx context.Context) error {
	s, err := w.repo.Find(ctx, w.Snapshot)
	if err != nil {
		return err
	}
	slots, err := w.repo.Slots(ctx, s)
	if err != nil {
		return err
	}
	path := seal.SlotsPath(w.half)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path, slots, 0o600); err != nil {
		return err
	}
	loaded, err := seal.LoadSlots(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if w.done.Root, err = w.Unseal(loaded); err != nil {
		return err
	}
	if w.opened, err = w.repo.Open(ctx, s.ID, Keys{Root: w.done.Root}); err != nil {
		return err
	}
	w.done.Snapshot = w.opened.Snapshot
	return nil
}

// read takes the manifest whole before anything is fetched by it.
func (w *restoring) read(ctx context.Context) error {
	w.Progress.begin("manifest", 0)
	err := w.opened.walk(ctx, func(l line) error {
		switch {
		case l.Head != nil:
			w.head = *l.Head
		case l.File != nil && filepath.IsLocal(l.File.Name):
			w.files = append(w.files, *l.File)
		case l.Recording != nil && named(l.Recording.Name):
			w.sounds = append(w.sounds, *l.Recording)
		case l.File != nil, l.Recording != nil:
			return fmt.Errorf("manifest: %w: a name that leads elsewhere", ErrDamaged)
		}
		return nil
	})
	if err != nil {
		return err
	}
	space, err := seal.SpaceAt(w.half)
	if err == nil && space.Free < uint64(w.opened.Bytes) {
		err = fmt.Errorf("no room: %d MiB free, %d needed", space.Free>>20, w.opened.Bytes>>20)
	}
	return errors.Join(err, w.since(ctx))
}

// since asks the newest snapshot that opens what happened after this one: how far the log came, what was shredded.
func (w *restoring) since(ctx context.Context) error {
	list, err := w.repo.List(ctx)
	if len(list) == 0 {
		return err
	}
	w.done.Later = w.opened.Head
	by := Keys{Root: w.done.Root}
	for i := len(list) - 1; i >= 0; i-- {
		newest, err := w.repo.Open(ctx, list[i].ID, by)
		if err != nil {
			continue
		}
		newest.Close()
		if newest.Head.Size > w.done.Later.Size {
			w.done.Later = newest.Head
		}
		w.gone, err = w.repo.shreddedIn(ctx, newest.ID, by)
		return err
	}
	return ctx.Err()
}

// examine proves that the database is whole and the one that the manifest speaks of.
func (w *restoring) examine(ctx context.Context) error {
	w.Progress.begin("database", 0)
	c, err := store.OpenCopy(filepath.Join(w.half, databaseName))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer c.Close()
	if err := c.Check(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	instance, _, err := c.Instance(ctx)
	if err != nil || instance != w.done.Instance {
		return errors.Join(fmt.Errorf("database: %w", ErrForeign), err)
	}
	kept, err := c.Checkpoint(ctx)
	if err != nil || string(kept.Note) != w.head.Checkpoint {
		return errors.Join(fmt.Errorf("database: %w: another audit log than the manifest's", ErrDamaged), err)
	}
	return w.shreds(ctx, c)
}

// shreds names the recordings that the copy still has a key of and that were shredded since.
func (w *restoring) shreds(ctx context.Context, c *store.Copy) error {
	return c.Recordings(ctx, func(r store.Recording) error {
		if w.gone[r.FileName] && r.State != store.Shredded {
			w.done.Shredded = append(w.done.Shredded, r.ID)
		}
		return nil
	})
}

// place brings everything to the disk and gives it its name.
func (w *restoring) place(into string) error {
	if err := syncTree(w.half); err != nil {
		return err
	}
	if err := unix.Rename(w.half, into); err != nil { // over an empty folder as well, which os.Rename refuses
		return fmt.Errorf("%s to %s: %w", w.half, into, err)
	}
	return syncDir(filepath.Dir(into))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package keep

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// Folder is a repository in a directory: a mounted disk, a share. Nothing outside it can be reached through a name.
type Folder struct {
	path  string
	root  *os.Root
	known sync.Map // folders whose own name is on the disk
}

const unfinished = ".part-" // begins the name of a file that is being written

// OpenFolder opens a directory, making it where it is missing; its parent must stand, so that a disk that is not mounted
// is an error and not a backup onto the data's own disk.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	return existingFolder(dir)
}

// ExistingFolder opens a directory to read from.
func ExistingFolder(dir string) (*Folder, error) { return existingFolder(dir) }

func existingFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	return &Folder{path: dir, root: root}, nil
}

// Close lets the directory go.
func (f *Folder) Close() error { return f.root.Close() }

func (f *Folder) String() string { return f.path }

// Put writes beside the name, syncs, and moves the file into its place.
func (f *Folder) Put(ctx context.Context, name string, from Source, how Writing) error {
	if !named(name) {
		return fmt.Errorf("put %q: not a name", name)
	}
	if err := f.put(ctx, name, from, how); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

func (f *Folder) put(ctx context.Context, name string, from Source, how Writing) error {
	dir := path.Dir(name)
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	part := path.Join(dir, unfinished+strings.ToLower(rand.Text()))
	defer f.root.Remove(part)
	if err := f.fill(ctx, part, from); err != nil {
		return err
	}
	if how == Fresh {
		if err := f.root.Link(part, name); errors.Is(err, fs.ErrExist) {
			return ErrExists
		} else if err == nil {
			return f.sync(dir)
		}
		if _, err := f.root.Lstat(name); err == nil { // a filesystem without hard links
			return ErrExists
		}
	}
	if err := f.root.Rename(part, name); err != nil {
		return err
	}
	return f.sync(dir)
}

func (f *Folder) fill(ctx context.Context, part string, from Source) error {
	in, err := from.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := f.root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, reading(ctx, in))
	if err == nil && n != from.Size {
		err = fmt.Errorf("%d bytes came, %d were promised", n, from.Size)
	}
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// sync brings a name to the disk, and the first time the names of the folders above it.
func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return err
	}
	if _, known := f.known.LoadOrStore(dir, true); known || dir == "." {
		return nil
	}
	return f.sync(path.Dir(dir))
}

// Fetch opens an object.
func (f *Folder) Fetch(_ context.Context, name string) (io.ReadCloser, error) {
	if !named(name) {
		return nil, fmt.Errorf("fetch %q: not a name", name)
	}
	in, err := f.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("fetch %s: %w", name, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", name, err)
	}
	return in, nil
}

// List walks what lies there; files that a crash left unfinished are given as well, for Prune.
func (f *Folder) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		err := fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if d.IsDir() && name != "." && !strings.HasPrefix(name+"/", prefix) && !strings.HasPrefix(prefix, name+"/") {
				return fs.SkipDir
			}
			if !d.Type().IsRegular() || !strings.HasPrefix(name, prefix) {
				return nil
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(Object{Name: name, Size: info.Size(), Made: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Object{}, fmt.Errorf("list %s: %w", f.path, err))
		}
	}
}

// Remove unlinks an object, and its folder when that is empty then.
func (f *Folder) Remove(_ context.Context, name string) error {
	base := path.Base(name)
	if !named(name) && !(strings.HasPrefix(base, unfinished) && filepath.IsLocal(name)) {
		return fmt.Errorf("remove %q: not a name", name)
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	if dir := path.Dir(name); strings.Count(name, "/") > 1 {
		_ = f.root.Remove(dir) // it stays where something lies in it
	}
	return nil
}

// reading ends a copy when the context does.
func reading(ctx context.Context, r io.Reader) io.Reader { return &contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

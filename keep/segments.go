package keep

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"nightbell/seal"
	"nightbell/store"
)

// Segments is a folder of sealed stretches of old audit leaves: blobs under the house's backup key, one file each, never
// changed once it stands. It is a store.Archive.
type Segments struct {
	dir  string
	ring *seal.Ring
}

// OpenSegments opens the folder; it is made with the first segment.
func OpenSegments(dir string, ring *seal.Ring) *Segments { return &Segments{dir, ring} }

func label(name string) string { return "audit segment " + name }

// Put seals a segment, writes it and syncs it. A file that a crash left half is written anew.
func (s *Segments) Put(name string, plain []byte) (out store.SealedFile, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return out, fmt.Errorf("segment: %w", err)
	}
	path := filepath.Join(s.dir, filepath.Base(name))
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return out, fmt.Errorf("segment: %w", err)
	}
	blob, err := s.ring.SealBlob(f, label(name))
	if err == nil {
		_, err = blob.Write(plain)
		err = errors.Join(err, blob.Close(), f.Sync())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return out, errors.Join(fmt.Errorf("segment: %w", err), os.Remove(path+".new"))
	}
	if err := os.Rename(path+".new", path); err != nil {
		return out, fmt.Errorf("segment: %w", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return out, fmt.Errorf("segment: %w", err)
	}
	out.Digest = sha256.Sum256(b)
	out.KeyVersion = blob.KeyVersion()
	return out, syncedFolder(s.dir)
}

// Open reads a segment whole.
func (s *Segments) Open(name string, digest []byte) ([]byte, error) {
	f, err := os.Open(filepath.Join(s.dir, filepath.Base(name)))
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	if string(sum.Sum(nil)) != string(digest) {
		return nil, fmt.Errorf("segment %s: another file than the one that was sealed", name)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	r, err := s.ring.OpenBlob(f, label(name))
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", name, err)
	}
	return io.ReadAll(r)
}

// Remove destroys a segment; that it was one is in the log.
func (s *Segments) Remove(name string) error {
	err := os.Remove(filepath.Join(s.dir, filepath.Base(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncedFolder(s.dir))
}

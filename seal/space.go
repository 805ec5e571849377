package seal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Space is the room on a filesystem, in bytes, as far as this process may use it.
type Space struct{ Free, Total uint64 }

// Share is the free part of the whole, 0 to 1.
func (s Space) Share() float64 {
	if s.Total == 0 {
		return 0
	}
	return float64(s.Free) / float64(s.Total)
}

// SpaceAt measures the filesystem that path lies on.
func SpaceAt(path string) (Space, error) {
	s, err := measure(path)
	if err != nil {
		return Space{}, fmt.Errorf("free space: %w", err)
	}
	return s, nil
}

// Space measures the folder's filesystem.
func (f *Folder) Space() (Space, error) { return SpaceAt(f.path) }

// DefaultReserve is what an installation keeps back for its database and audit log.
const DefaultReserve = 1 << 30

// Reserve is a file that holds room for the day the disk is full: Release gives it back, so that database and audit can
// write while recording stops; Take gets it again when there is room.
type Reserve struct {
	path string
	size int64
}

// NewReserve names the file and its size. Nothing is written before Take.
func NewReserve(path string, size int64) *Reserve { return &Reserve{path: path, size: size} }

// Take makes the file whole. It is idempotent, and leaves nothing half made when there is no room.
func (r *Reserve) Take() error {
	if r.Held() {
		return nil
	}
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("reserve: %w", err)
	}
	err = allocate(f, r.size)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("reserve: %w", err), r.Release())
	}
	return syncPath(filepath.Dir(r.path))
}

// Held reports whether the room is held now.
func (r *Reserve) Held() bool {
	info, err := os.Stat(r.path)
	return err == nil && info.Size() >= r.size
}

// Release gives the room back at once. Unlinking needs none of it.
func (r *Reserve) Release() error {
	if err := os.Remove(r.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reserve: %w", err)
	}
	return syncPath(filepath.Dir(r.path))
}

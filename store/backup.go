package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Snapshot writes a whole copy of the database as of one moment to a new file, 0600, by VACUUM INTO: pages of deleted
// rows do not travel with it, as they do with SQLite's online backup. Readers and the writer go on meanwhile. The work
// is done on the calling thread and is not broken off by ctx.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := emptyFile(path); err != nil { // VACUUM INTO takes an empty file, and its mode stays ours
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := s.vacuumInto(path); err != nil {
		return errors.Join(fmt.Errorf("snapshot: %w", err), os.Remove(path))
	}
	return nil
}

func (s *Store) vacuumInto(path string) error {
	db, err := openPool(s.opt.Path, 1, pragmas(s.opt.Busy))
	if err != nil {
		return err
	}
	// With a context that can end, the driver would work on another thread than the caller's, who may have made his slow.
	_, err = db.ExecContext(context.Background(), "VACUUM INTO ?", path)
	return errors.Join(named(err), db.Close(), syncFolder(filepath.Dir(path)))
}

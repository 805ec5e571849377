package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"nightbell/audit"
	"nightbell/phi"
)

// Backup writes a whole copy of the database as of one moment to a new file, 0600, by VACUUM INTO: pages of deleted rows
// do not travel with it, as they do with SQLite's online backup. It is audited first.
func (s *Store) Backup(ctx context.Context, actor audit.Actor, path string) error {
	if err := emptyFile(path); err != nil { // VACUUM INTO takes an empty file, and its mode stays ours
		return fmt.Errorf("backup: %w", err)
	}
	err := s.write(ctx, func(t *tx) error {
		return t.remember(audit.Event{Actor: actor, Action: audit.BackupMade, Object: "backup:" + filepath.Base(path)}, phi.Text{})
	})
	if err == nil {
		err = s.vacuumInto(ctx, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(path))
	}
	return nil
}

func (s *Store) vacuumInto(ctx context.Context, path string) error {
	db, err := openPool(s.opt.Path, 1, pragmas(s.opt.Busy))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(named(err), db.Close(), syncFolder(filepath.Dir(path)))
}

package seal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A recording's row, with its wrapped key, is committed before its file is made. When the database cannot take it in
// time, the row lies beside the file instead, synced, until the database has it: asideSuffix is added to the name. It
// holds ids and a wrapped key, nothing in clear that the row would not hold.
const asideSuffix = ".row"

// PutAside keeps a row beside the file of that name, which need not exist yet. It returns when the row is on the disk.
func (f *Folder) PutAside(name string, row []byte) error {
	path, err := f.locate(name)
	if err != nil {
		return err
	}
	if err := f.makeShard(filepath.Dir(path)); err != nil {
		return fmt.Errorf("row beside recording: %w", err)
	}
	file, err := os.OpenFile(path+asideSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("row beside recording: %w", err)
	}
	_, err = file.Write(row)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("row beside recording: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

// DropAside forgets a row that the database has now; one that is gone already is no error.
func (f *Folder) DropAside(name string) error {
	path, err := f.locate(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path + asideSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("row beside recording: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

// Asides gives the rows that still lie beside their files, by name: what a crash left. A torn one is given as it is; its
// reader refuses it.
func (f *Folder) Asides() (map[string][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(f.path, "??", "*.nbr"+asideSuffix))
	if err != nil {
		return nil, err
	}
	rows := make(map[string][]byte, len(paths))
	for _, p := range paths {
		rel, err := filepath.Rel(f.path, strings.TrimSuffix(p, asideSuffix))
		if err != nil {
			return nil, err
		}
		if rows[rel], err = os.ReadFile(p); err != nil {
			return nil, fmt.Errorf("row beside recording: %w", err)
		}
	}
	return rows, nil
}

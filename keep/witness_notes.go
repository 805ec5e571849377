package keep

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Notes is a folder of signed checkpoints, one file a name: what a witness remembers, and what a house remembers of its
// witnesses outside its database. What Keep has written is on disk, whole or not at all; behind it lies, in a file that
// only grows, everything that was ever kept under that name.
type Notes struct{ dir string }

// ErrForgotten says that a note is gone though its history stands: somebody took it.
var ErrForgotten = errors.New("note is gone, its history is not")

// OpenNotes opens the folder or makes it. Where it cannot be made, what is returned says so at each use.
func OpenNotes(dir string) (*Notes, error) {
	n := &Notes{dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return n, fmt.Errorf("notes: %w", err)
	}
	return n, nil
}

// path is the file of a name; a name is any text, an origin or a witness's name.
func (n *Notes) path(name, ending string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(n.dir, hex.EncodeToString(sum[:8])+ending)
}

// Last is the note of a name; nil where there never was one.
func (n *Notes) Last(name string) ([]byte, error) {
	b, err := os.ReadFile(n.path(name, ".note"))
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if info, err := os.Stat(n.path(name, ".history")); err == nil && info.Size() > 0 {
		return nil, ErrForgotten
	}
	return nil, nil
}

// All are the last notes of every name.
func (n *Notes) All() (list [][]byte, err error) {
	names, err := filepath.Glob(filepath.Join(n.dir, "*.note"))
	for _, name := range names {
		b, failed := os.ReadFile(name)
		err = errors.Join(err, failed)
		list = append(list, b)
	}
	return list, err
}

// Keep writes a note: first into the history, then in its place.
func (n *Notes) Keep(name string, signed []byte) error {
	if err := appended(n.path(name, ".history"), signed); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	if err := n.Put(name, signed); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	return nil
}

// Put writes a note in its place and no history: for what is a copy anyway.
func (n *Notes) Put(name string, signed []byte) error {
	path := n.path(name, ".note")
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(signed)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncedFolder(n.dir)
}

func appended(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

func syncedFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

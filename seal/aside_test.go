package seal

import (
	"errors"
	"os"
	"testing"
)

// The database does not answer when a call begins: the row waits beside the file, through a restart, until it is filed.
func TestARowWaitsBesideItsFile(t *testing.T) {
	f := folder(t)
	name := NewName()
	if err := f.PutAside(name, []byte(`{"id":"recording-1"}`)); err != nil {
		t.Fatal(err)
	}
	if err := f.PutAside(name, nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("put twice: %v", err)
	}
	file, err := f.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	rows, err := f.Asides()
	if err != nil || len(rows) != 1 || string(rows[name]) != `{"id":"recording-1"}` {
		t.Errorf("%q %v", rows, err)
	}
	if err := errors.Join(f.DropAside(name), f.DropAside(name)); err != nil {
		t.Error(err)
	}
	if rows, err := f.Asides(); err != nil || len(rows) != 0 {
		t.Errorf("%q %v", rows, err)
	}
	if err := f.PutAside("../keys/root.json", nil); err == nil {
		t.Error("a row was put outside the folder")
	}
}

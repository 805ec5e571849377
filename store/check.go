package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
)

var magic = []byte("SQLite format 3\x00")

// checkFile looks at the file before SQLite does: SQLite takes an empty file for a new database.
func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("%w: not a regular file", ErrDamaged)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: file mode %#o, must be 0600", ErrMode, st.Mode().Perm())
	}
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is empty", ErrDamaged)
	} else if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if string(head) != string(magic) {
		return fmt.Errorf("%w: not an SQLite database", ErrDamaged)
	}
	return nil
}

// checkWhole asks SQLite whether every page is there and fits. Its findings name tables and pages, no values; the first
// is enough.
func checkWhole(db *sql.DB) error {
	var finding string
	err := db.QueryRow("PRAGMA quick_check(1)").Scan(&finding)
	if err != nil {
		return named(err)
	}
	if finding != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, finding)
	}
	return nil
}

package store

import (
	"database/sql"
	"encoding/binary"
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
	return checkLength(f, st.Size())
}

// checkLength compares the file with the number of pages in its header. SQLite itself does not miss pages at the end that
// happen to be free. With a log beside it the file may rightly be behind; then the log decides.
func checkLength(f *os.File, size int64) error {
	if log, err := os.Stat(f.Name() + "-wal"); err == nil && log.Size() > 0 {
		return nil
	}
	head := make([]byte, 100)
	if _, err := f.ReadAt(head, 0); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file ends in its header", ErrDamaged)
	} else if err != nil {
		return err
	}
	page := int64(binary.BigEndian.Uint16(head[16:]))
	if page == 1 {
		page = 65536
	}
	// The count holds when it was written together with the last change (https://www.sqlite.org/fileformat.html §1.3.7).
	counted := binary.BigEndian.Uint32(head[24:]) == binary.BigEndian.Uint32(head[92:])
	if pages := int64(binary.BigEndian.Uint32(head[28:])); counted && size < pages*page {
		return fmt.Errorf("%w: the file is cut short", ErrDamaged)
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

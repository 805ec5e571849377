package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// pragma is one setting of a connection: what is asked, and what must be read back.
type pragma struct{ name, set, want string }

// pragmas of every connection. go-sqlite3's DSN has no key for some of these and ignores unknown ones, so the hook
// sets each and reads each back: security.md, "SQLite".
func pragmas(busy time.Duration) []pragma {
	return []pragma{
		{"busy_timeout", fmt.Sprint(busy.Milliseconds()), fmt.Sprint(busy.Milliseconds())},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
		{"secure_delete", "ON", "1"},
		{"temp_store", "MEMORY", "2"},
		{"foreign_keys", "ON", "1"},
		{"trusted_schema", "OFF", "0"},
		{"cell_size_check", "ON", "1"},
		{"recursive_triggers", "OFF", "0"},
	}
}

// readOnly is added on the readers' connections: a mistake in a query cannot write.
var readOnly = pragma{"query_only", "ON", "1"}

// connector opens connections of one file with one list of pragmas.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

func newConnector(path string, list []pragma) *connector {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	if path != ":memory:" {
		u.RawQuery = "mode=rw"
	}
	return &connector{dsn: u.String(), driver: &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return configure(c, list)
	}}}
}

func (c *connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c *connector) Driver() driver.Driver                        { return c.driver }

// configure sets every pragma and reads it back; one that did not take is ErrMode.
func configure(c *sqlite3.SQLiteConn, list []pragma) error {
	for _, p := range list {
		if _, err := c.Exec("PRAGMA "+p.name+" = "+p.set, nil); err != nil {
			return fmt.Errorf("pragma %s: %w", p.name, named(err))
		}
		got, err := readPragma(c, p.name)
		if err != nil {
			return fmt.Errorf("pragma %s: %w", p.name, named(err))
		}
		if got != p.want {
			return fmt.Errorf("%w: pragma %s is %s, must be %s", ErrMode, p.name, got, p.want)
		}
	}
	return nil
}

func readPragma(c *sqlite3.SQLiteConn, name string) (string, error) {
	rows, err := c.Query("PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); errors.Is(err, io.EOF) {
		return "nothing", nil
	} else if err != nil {
		return "", err
	}
	return fmt.Sprint(value[0]), nil
}

// openPool opens the file with at most n connections, all of them configured.
func openPool(path string, n int, list []pragma) (*sql.DB, error) {
	abs := path
	if path != ":memory:" {
		var err error
		if abs, err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	db := sql.OpenDB(newConnector(abs, list))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	if err := db.Ping(); err != nil {
		return nil, errors.Join(named(err), db.Close())
	}
	return db, nil
}

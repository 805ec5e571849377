package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"strings"
	"time"

	"nightbell/audit"
)

// Copy is a file that Snapshot wrote, opened to be read as it is: no schema is changed, no key is asked for.
type Copy struct {
	db *sql.DB
}

// OpenCopy opens a copy and checks that it is a whole database of ours.
func OpenCopy(path string) (*Copy, error) {
	if err := checkFile(path); err != nil {
		return nil, fmt.Errorf("open copy: %w", err)
	}
	db, err := openPool(path, 1, []pragma{{"temp_store", "MEMORY", "2"}, {"trusted_schema", "OFF", "0"}, readOnly})
	if err != nil {
		return nil, fmt.Errorf("open copy: %w", err)
	}
	return &Copy{db}, nil
}

// Close lets the file go.
func (c *Copy) Close() error { return c.db.Close() }

// Check lets SQLite read every page and every index.
func (c *Copy) Check(ctx context.Context) error {
	var said string
	if err := c.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("check copy: %w", named(err))
	}
	if said != "ok" {
		return fmt.Errorf("check copy: %w", ErrDamaged)
	}
	return nil
}

// Schema is the version of the copy's tables.
func (c *Copy) Schema(ctx context.Context) (version int64, err error) {
	err = c.db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("copy's schema: %w", named(err))
	}
	return version, nil
}

// Instance and mode that the database was born with.
func (c *Copy) Instance(ctx context.Context) (instance, mode string, err error) {
	err = c.db.QueryRowContext(ctx, "SELECT (SELECT value FROM meta WHERE name = 'instance'), (SELECT value FROM meta WHERE name = 'mode')").Scan(&instance, &mode)
	if err != nil {
		return "", "", fmt.Errorf("copy's instance: %w", named(err))
	}
	return instance, mode, nil
}

// Checkpoint is the newest signed tree head in the copy.
func (c *Copy) Checkpoint(ctx context.Context) (audit.Kept, error) {
	return newestCheckpoint(ctx, c.db)
}

// Recordings gives every recording's row, oldest first.
func (c *Copy) Recordings(ctx context.Context, take func(Recording) error) error {
	err := each(ctx, c.db, "SELECT "+recordingColumns+" FROM recordings ORDER BY opened, id", func(rows *sql.Rows) error {
		r, err := scanRecording(rows)
		if err != nil {
			return err
		}
		return take(r)
	})
	if err != nil {
		return fmt.Errorf("copy's recordings: %w", err)
	}
	return nil
}

// Table is what a table holds, in two figures.
type Table struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // over every row's columns, in order
}

// Tables counts and hashes every table, by name.
func (c *Copy) Tables(ctx context.Context) ([]Table, error) {
	var names []string
	err := each(ctx, c.db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
		func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			names = append(names, name)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("copy's tables: %w", err)
	}
	list := make([]Table, len(names))
	for i, name := range names {
		if list[i], err = c.table(ctx, name); err != nil {
			return nil, fmt.Errorf("copy's table %s: %w", name, err)
		}
	}
	return list, nil
}

func (c *Copy) table(ctx context.Context, name string) (Table, error) {
	t, sum := Table{Name: name}, sha256.New()
	query := `SELECT * FROM "` + strings.ReplaceAll(name, `"`, `""`) + `" ORDER BY rowid`
	err := each(ctx, c.db, query, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for _, v := range values {
			addValue(sum, v)
		}
		t.Rows++
		return nil
	})
	t.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return t, err
}

// addValue hashes one column with its type and length, so that no two rows look alike.
func addValue(sum hash.Hash, v any) {
	kind, b := byte('n'), []byte(nil)
	switch v := v.(type) {
	case int64:
		kind, b = 'i', binary.BigEndian.AppendUint64(nil, uint64(v))
	case float64:
		kind, b = 'f', binary.BigEndian.AppendUint64(nil, math.Float64bits(v))
	case string:
		kind, b = 't', []byte(v)
	case []byte:
		kind, b = 'b', v
	case bool:
		kind, b = 'o', fmt.Append(nil, v)
	case time.Time:
		kind, b = 'd', []byte(v.UTC().Format(time.RFC3339Nano))
	}
	sum.Write(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(b))))
	sum.Write(b)
}

// NewestSchema is the version of the tables that this program writes; it opens no newer one.
func NewestSchema() int64 {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0
	}
	var newest int64
	for _, e := range entries {
		var n int64
		if _, err := fmt.Sscanf(e.Name(), "%d_", &n); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

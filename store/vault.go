package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// WrappedKey is a version of a key as it is kept: sealed by the key above it.
type WrappedKey struct {
	Purpose string // "recordings", "fields", "index", "audit", ...
	Clinic  string // empty: of the house
	Version uint32
	Wrapped []byte
	State   string // seal's word: "active", "old", ...
	Created time.Time
}

// Keys gives every wrapped key. It works sealed: the ring is opened with it.
func (s *Store) Keys() ([]WrappedKey, error) {
	rows, err := s.read.Query("SELECT purpose, clinic, version, wrapped, state, created FROM wrapped_keys ORDER BY purpose, clinic, version")
	if err != nil {
		return nil, fmt.Errorf("keys: %w", named(err))
	}
	defer rows.Close()
	var list []WrappedKey
	for rows.Next() {
		var k WrappedKey
		var created int64
		if err := rows.Scan(&k.Purpose, &k.Clinic, &k.Version, &k.Wrapped, &k.State, &created); err != nil {
			return nil, fmt.Errorf("keys: %w", named(err))
		}
		k.Created = time.UnixMicro(created).UTC()
		list = append(list, k)
	}
	return list, named(rows.Err())
}

// Put stores a wrapped key, new or changed (rewrapped, another state), with its audit leaf. Before Unseal there is
// nothing to write leaves with: the first Unseal writes them.
func (s *Store) Put(k WrappedKey) error {
	if k.Purpose == "" || k.Version == 0 || len(k.Wrapped) == 0 {
		return fmt.Errorf("put key: %w", ErrInvalid)
	}
	if k.Created.IsZero() {
		k.Created = s.now()
	}
	err := s.write(context.Background(), func(t *tx) error {
		_, err := t.exec(`INSERT INTO wrapped_keys (purpose, clinic, version, wrapped, state, created, audited)
			VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (purpose, clinic, version)
			DO UPDATE SET wrapped = excluded.wrapped, state = excluded.state, audited = 0`,
			k.Purpose, k.Clinic, k.Version, k.Wrapped, k.State, k.Created.UnixMicro())
		if err != nil || s.keys.Load() == nil {
			return err
		}
		return t.rememberKeys()
	})
	if err != nil {
		return fmt.Errorf("put key %s version %d: %w", k.Purpose, k.Version, err)
	}
	return nil
}

func (s *Store) rememberKeys(ctx context.Context) error {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM wrapped_keys WHERE audited = 0").Scan(&n)
	if err != nil || n == 0 {
		return named(err)
	}
	if err := s.write(ctx, func(t *tx) error { return t.rememberKeys() }); err != nil {
		return fmt.Errorf("audit of keys: %w", err)
	}
	return nil
}

// rememberKeys writes the leaves that keys still lack.
func (t *tx) rememberKeys() error {
	rows, err := t.query("SELECT purpose, clinic, version, state FROM wrapped_keys WHERE audited = 0 ORDER BY created, purpose, clinic, version")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k WrappedKey
		if err := rows.Scan(&k.Purpose, &k.Clinic, &k.Version, &k.State); err != nil {
			return named(err)
		}
		version := strconv.FormatUint(uint64(k.Version), 10)
		err := t.remember(audit.Event{
			Actor: system, Action: audit.KeyCreated, Object: "key:" + k.Purpose + "/" + version, Clinic: k.Clinic,
			Facts: map[string]string{"purpose": k.Purpose, "version": version, "state": k.State},
		}, phi.Text{})
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return named(err)
	}
	_, err = t.exec("UPDATE wrapped_keys SET audited = 1 WHERE audited = 0")
	return err
}

package store

import (
	"context"
	"database/sql"
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
	Created time.Time
	Retired time.Time // set: Sealed is empty, the key is gone
	Sealed  []byte
}

// auditPurpose is seal's word for the key whose seed signs the log.
const auditPurpose = "audit"

// Keys gives every wrapped key. It works sealed: the ring is opened with it.
func (s *Store) Keys() ([]WrappedKey, error) {
	rows, err := s.read.Query("SELECT purpose, clinic, version, created, retired, sealed FROM wrapped_keys ORDER BY purpose, clinic, version")
	if err != nil {
		return nil, fmt.Errorf("keys: %w", named(err))
	}
	defer rows.Close()
	var list []WrappedKey
	for rows.Next() {
		var k WrappedKey
		var created, retired sql.NullInt64
		if err := rows.Scan(&k.Purpose, &k.Clinic, &k.Version, &created, &retired, &k.Sealed); err != nil {
			return nil, fmt.Errorf("keys: %w", named(err))
		}
		k.Created, k.Retired = instant(created), instant(retired)
		list = append(list, k)
	}
	return list, named(rows.Err())
}

// Put stores a wrapped key, new or changed (rewrapped, retired), with its audit leaf. Before Unseal there is
// nothing to write leaves with: the first Unseal writes them. A second audit key signs nothing until ChangeSigner, or the
// next Unseal, is given a Signer of it.
func (s *Store) Put(k WrappedKey) error {
	if k.Purpose == "" || k.Version == 0 || (len(k.Sealed) == 0) == k.Retired.IsZero() {
		return fmt.Errorf("put key: %w", ErrInvalid)
	}
	if k.Created.IsZero() {
		k.Created = s.now()
	}
	err := s.write(context.Background(), func(t *tx) error {
		_, err := t.exec(`INSERT INTO wrapped_keys (purpose, clinic, version, created, retired, sealed, audited)
			VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (purpose, clinic, version)
			DO UPDATE SET retired = excluded.retired, sealed = excluded.sealed,
				audited = CASE WHEN excluded.retired IS NULL THEN -1 ELSE 0 END`,
			k.Purpose, k.Clinic, k.Version, k.Created.UnixMicro(), micros(k.Retired), k.Sealed)
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
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM wrapped_keys WHERE audited < 1").Scan(&n)
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
	list, err := t.unheardKeys()
	if err != nil {
		return err
	}
	for _, k := range list {
		action, version := audit.KeyCreated, strconv.FormatUint(uint64(k.Version), 10)
		switch {
		case !k.Retired.IsZero():
			action = audit.KeyRetired
		case k.again:
			action = audit.KeyRewrapped
		}
		err := t.remember(audit.Event{
			Actor: system, Action: action, Object: "key:" + k.Purpose + "/" + version, Clinic: k.Clinic,
			Facts: map[string]string{"purpose": k.Purpose, "version": version},
		}, phi.Text{})
		if err != nil {
			return err
		}
	}
	_, err = t.exec("UPDATE wrapped_keys SET audited = 1 WHERE audited < 1")
	return err
}

// unheardKey is a key without its leaf; again: it was there, and hangs from another ROOT now.
type unheardKey struct {
	WrappedKey
	again bool
}

func (t *tx) unheardKeys() ([]unheardKey, error) {
	const query = `SELECT purpose, clinic, version, retired, audited < 0 FROM wrapped_keys WHERE audited < 1
		ORDER BY created, purpose, clinic, version`
	var list []unheardKey
	err := each(context.Background(), t.w.conn, query, func(rows *sql.Rows) error {
		var k unheardKey
		var retired sql.NullInt64
		err := rows.Scan(&k.Purpose, &k.Clinic, &k.Version, &retired, &k.again)
		k.Retired = instant(retired)
		list = append(list, k)
		return err
	})
	return list, err
}

// completeKeys makes the keys that clinics of before still lack: audit details lay under the fields keys once.
func (s *Store) completeKeys(ctx context.Context, k Sealer) error {
	clinics, err := textsOf(ctx, s.read, `SELECT DISTINCT clinic FROM wrapped_keys WHERE clinic <> '' AND purpose = ? AND retired IS NULL
		AND clinic NOT IN (SELECT clinic FROM wrapped_keys WHERE purpose = ?)`, fieldsPurpose, detailsPurpose)
	for _, c := range clinics {
		if err == nil {
			err = k.EnsureClinic(c)
		}
	}
	if err != nil {
		return fmt.Errorf("unseal store: keys of clinics: %w", err)
	}
	return nil
}

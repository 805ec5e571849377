package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/phi"
)

// Purposes of seal's keys that something in the store is sealed, wrapped, blinded or signed with.
const (
	fieldsPurpose     = "fields"
	detailsPurpose    = "details"
	recordingsPurpose = "recordings"
	indexPurpose      = "index"
	spoolPurpose      = "spool"
	backupPurpose     = "backup"
)

// Rekeyer is what a Sealer must be too for keys to be rotated.
type Rekeyer interface {
	// RewrapCell brings a cell over to the current key; what is there already comes back as it was.
	RewrapCell(c Cell, sealed []byte) ([]byte, error)
	// RewrapKey does the same for a recording's data key.
	RewrapKey(r Recording) (wrapped []byte, version uint32, err error)
	// CurrentVersion is the version of a key that seals now.
	CurrentVersion(purpose, clinic string) (uint32, error)
}

func (s *Store) rekeyer() (Rekeyer, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	r, ok := k.(Rekeyer)
	if !ok {
		return nil, fmt.Errorf("keys cannot be rotated: %w", ErrInvalid)
	}
	return r, nil
}

// detailLife is how long an audit leaf, and with it the detail sealed inside, is kept: 45 CFR 164.316(b)(2)(i).
const detailLife = 6 * 366 * 24 * time.Hour

// KeyUsage counts what still needs a version of a key: cells, audit details, recordings' data keys, indexes, entries of the
// spool, or the log's signature. Details lie inside leaves and are never sealed anew: they hold their version for the six
// years of the log, which is why they have a key of their own (those of before it hold a fields key). Of "backup" it knows
// the sealed segments of the log; backups themselves are their keeper's to count. A purpose of which it has nothing ("auth")
// is ErrInvalid: the answer is somebody else's. What the writer had taken up before is counted.
func (s *Store) KeyUsage(ctx context.Context, purpose, clinic string, version uint32) (int, error) {
	n, err := s.keyUsage(ctx, purpose, clinic, version)
	if err != nil {
		return 0, fmt.Errorf("usage of %s key %d: %w", purpose, version, err)
	}
	return n, nil
}

func (s *Store) keyUsage(ctx context.Context, purpose, clinic string, version uint32) (int, error) {
	if err := s.write(ctx, func(*tx) error { return nil }); err != nil { // what waits was sealed before we were asked
		return 0, err
	}
	switch purpose {
	case fieldsPurpose:
		cells, err := s.countCells(ctx, clinic, " = ?", version)
		if err != nil {
			return 0, err
		}
		details, err := s.countDetails(ctx, purpose, clinic, version)
		return cells + details, err
	case detailsPurpose:
		return s.countDetails(ctx, purpose, clinic, version)
	case recordingsPurpose:
		return s.count(ctx, "SELECT count(*) FROM recordings WHERE clinic = ? AND key_version = ? AND wrapped_key IS NOT NULL", clinic, version)
	case indexPurpose:
		return s.count(ctx, "SELECT count(*) FROM calls WHERE clinic = ? AND from_index IS NOT NULL AND index_version IN (0, ?)", clinic, version)
	case auditPurpose:
		return s.signingUsage(ctx, version)
	case spoolPurpose:
		return s.spoolUsage(version)
	case backupPurpose:
		return s.SegmentKeyUsage(ctx, version)
	}
	return 0, ErrInvalid
}

func (s *Store) countDetails(ctx context.Context, purpose, clinic string, version uint32) (int, error) {
	const query = `SELECT coalesce(sum(details), 0) FROM detail_keys
		WHERE purpose = ? AND clinic = ? AND version = ? AND last > ?`
	return s.count(ctx, query, purpose, clinic, version, s.now().Add(-detailLife).UnixMicro())
}

func (s *Store) count(ctx context.Context, query string, args ...any) (n int, err error) {
	err = named(s.read.QueryRowContext(ctx, query, args...).Scan(&n))
	return n, err
}

// keyedSpool is a spool that says under which key its entries lie; seal's does.
type keyedSpool interface {
	KeyVersion() uint32
	Empty() bool
}

// spoolUsage is 1 for the version in the spool's head, even of an empty one: it does not open without. Where no spool is
// open nothing is known.
func (s *Store) spoolUsage(version uint32) (int, error) {
	j := s.journal.Load()
	if j == nil {
		return 0, fmt.Errorf("spool is not open: %w", ErrInvalid)
	}
	k, ok := j.spool.(keyedSpool)
	if ok && k.KeyVersion() == version {
		return 1, nil
	}
	return 0, nil
}

// DetailKey says how many audit details lie under a version of a key, and until when they hold it.
type DetailKey struct {
	Purpose string
	Clinic  string
	Version uint32
	Details int
	Until   time.Time
}

// DetailKeys lists the versions that audit details hold, by clinic.
func (s *Store) DetailKeys(ctx context.Context) ([]DetailKey, error) {
	var list []DetailKey
	const query = "SELECT purpose, clinic, version, details, last FROM detail_keys ORDER BY purpose, clinic, version"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var d DetailKey
		var last sql.NullInt64
		err := rows.Scan(&d.Purpose, &d.Clinic, &d.Version, &d.Details, &last)
		d.Until = instant(last).Add(detailLife)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keys of audit details: %w", err)
	}
	return list, nil
}

// sealDetail seals a detail into the leaf at seq, and counts it for its key.
func (t *tx) sealDetail(k Sealer, c Cell, detail phi.Text, at time.Time) ([]byte, error) {
	cell, err := k.SealCell(c, []byte(detail.Reveal()))
	if err != nil {
		return nil, err
	}
	_, err = t.exec(`INSERT INTO detail_keys (purpose, clinic, version, details, last) VALUES (?, ?, ?, 1, ?)
		ON CONFLICT (purpose, clinic, version) DO UPDATE SET details = details + 1, last = max(last, excluded.last)`,
		detailsPurpose, c.Clinic, cellVersion(cell), at.UnixMicro())
	return cell, err
}

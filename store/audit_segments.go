package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// Old leaves leave the database for sealed files, their segments. Hashes and checkpoints stay, so that the log verifies as
// before; after the retention a segment is removed and its leaves' hashes alone remain.

// Archive keeps segments as sealed files.
type Archive interface {
	// Put seals a file and returns when it is on disk.
	Put(name string, plain []byte) (SealedFile, error)
	// Open gives what was sealed; an error where the file is not the one with this digest, or does not open.
	Open(name string, digest []byte) ([]byte, error)
	Remove(name string) error // one that is gone already is no error
}

// SealedFile is what the database keeps of a segment.
type SealedFile struct {
	Digest     [32]byte // SHA-256 of the file
	KeyVersion uint32   // of the house's backup key
}

// Stretch says which leaves may go: those older than Before, between Least and Most of them at a time.
type Stretch struct {
	Before      time.Time
	Least, Most int
}

// AuditFloor is how long leaves are kept at least: six years, 45 CFR 164.316(b)(2)(i).
const AuditFloor = (6*365 + 2) * 24 * time.Hour

// UseArchive says where segments lie; call it before the first use.
func (s *Store) UseArchive(a Archive) { s.archive = a }

// ArchiveAudit moves the oldest leaves into one segment and says how many; 0: too few are old enough.
func (s *Store) ArchiveAudit(ctx context.Context, actor audit.Actor, w Stretch) (int, error) {
	n, err := s.archiveAudit(ctx, actor, w)
	if err != nil {
		return 0, fmt.Errorf("archive audit: %w", err)
	}
	return n, nil
}

func (s *Store) archiveAudit(ctx context.Context, actor audit.Actor, w Stretch) (int, error) {
	rows, err := s.AuditLeaves(ctx, 0, w.Most)
	if err != nil {
		return 0, err
	}
	var plain []byte
	newest, n := time.Time{}, 0
	for ; n < len(rows); n++ {
		e, _, err := audit.ParseLeaf(rows[n].Leaf)
		if err != nil {
			return 0, fmt.Errorf("seq %d: %w: %w", rows[n].Seq, ErrDamaged, err) // what does not verify stays where it is
		}
		if !e.Time.Before(w.Before) || rows[n].Seq != rows[0].Seq+int64(n) {
			break
		}
		plain = append(append(plain, rows[n].Leaf...), '\n')
		if e.Time.After(newest) {
			newest = e.Time
		}
	}
	if n == 0 || n < w.Least {
		return 0, nil
	}
	g := segment{first: rows[0].Seq, until: rows[0].Seq + int64(n), newest: newest}
	return n, s.sealSegment(ctx, actor, g, plain)
}

type segment struct {
	first, until int64
	newest       time.Time
	file         string
	digest       []byte
	removed      bool
}

func (s *Store) sealSegment(ctx context.Context, actor audit.Actor, g segment, plain []byte) error {
	g.file = fmt.Sprintf("audit-%012d-%012d.nbs", g.first, g.until)
	sealed, err := s.archive.Put(g.file, plain)
	if err != nil {
		return err
	}
	back, err := s.archive.Open(g.file, sealed.Digest[:])
	if err != nil || !bytes.Equal(back, plain) {
		return errors.Join(err, fmt.Errorf("segment %s does not read as it was written: %w", g.file, ErrDamaged))
	}
	return s.write(ctx, func(t *tx) error {
		gone, err := t.exec("DELETE FROM audit_leaves WHERE seq >= ? AND seq < ?", g.first, g.until)
		if err != nil {
			return err
		}
		if gone != g.until-g.first {
			return ErrConflict
		}
		_, err = t.exec("INSERT INTO audit_segments (first, until, newest, file, digest, key_version, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)",
			g.first, g.until, g.newest.UnixMicro(), g.file, sealed.Digest[:], sealed.KeyVersion, s.now().UnixMicro())
		if err != nil {
			return err
		}
		g.digest = sealed.Digest[:]
		return t.remember(audit.Event{Actor: actor, Action: audit.SegmentSealed, Object: "segment:" + g.file, Facts: g.facts()}, phi.Text{})
	})
}

func (g segment) facts() map[string]string {
	return map[string]string{
		"from": strconv.FormatInt(g.first, 10), audit.RemovedUntil: strconv.FormatInt(g.until, 10), "digest": hex.EncodeToString(g.digest),
		"newest": g.newest.UTC().Format(time.RFC3339),
	}
}

// RemoveSegments destroys segments, oldest first, whose newest leaf is older than both before and the floor.
func (s *Store) RemoveSegments(ctx context.Context, actor audit.Actor, before time.Time) (int, error) {
	if floor := s.now().Add(-AuditFloor); before.After(floor) {
		before = floor
	}
	list, err := segments(ctx, s.read)
	if err != nil {
		return 0, fmt.Errorf("remove segments: %w", err)
	}
	n := 0
	for _, g := range list {
		if g.removed {
			continue
		}
		if !g.newest.Before(before) {
			break // those behind it stay too: the leaves that are gone are the first ones
		}
		err := s.write(ctx, func(t *tx) error {
			if err := t.must("UPDATE audit_segments SET removed = ? WHERE first = ? AND removed IS NULL", s.now().UnixMicro(), g.first); err != nil {
				return err
			}
			return t.remember(audit.Event{Actor: actor, Action: audit.SegmentRemoved, Object: "segment:" + g.file, Facts: g.facts()}, phi.Text{})
		})
		if err == nil {
			err = s.archive.Remove(g.file)
		}
		if err != nil {
			return n, fmt.Errorf("remove segments: %w", err)
		}
		n++
	}
	return n, nil
}

func segments(ctx context.Context, q querier) ([]segment, error) {
	rows, err := q.QueryContext(ctx, "SELECT first, until, newest, file, digest, removed IS NOT NULL FROM audit_segments ORDER BY first")
	if err != nil {
		return nil, named(err)
	}
	defer rows.Close()
	var list []segment
	for rows.Next() {
		var g segment
		var newest sql.NullInt64
		if err := rows.Scan(&g.first, &g.until, &newest, &g.file, &g.digest, &g.removed); err != nil {
			return nil, named(err)
		}
		g.newest = instant(newest)
		list = append(list, g)
	}
	return list, named(rows.Err())
}

// allLeaves streams segments, then the database.
func (s *Store) allLeaves(ctx context.Context, q querier) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		list, err := segments(ctx, q)
		if err != nil {
			yield(audit.Row{}, err)
			return
		}
		for _, g := range list {
			if !s.segmentRows(g, yield) {
				return
			}
		}
		for r, err := range leafRows(ctx, q) {
			if !yield(r, err) {
				return
			}
		}
	}
}

// segmentRows gives a segment's leaves. One that does not open gives empty ones: verification names the first.
func (s *Store) segmentRows(g segment, yield func(audit.Row, error) bool) bool {
	lines := make([][]byte, max(0, g.until-g.first))
	state := audit.Removed
	if !g.removed {
		state = audit.Archived
		if plain, err := s.openSegment(g); err == nil {
			copy(lines, bytes.Split(bytes.TrimSuffix(plain, []byte("\n")), []byte("\n")))
		}
	}
	for i, line := range lines {
		if !yield(audit.Row{Seq: g.first + int64(i), Leaf: line, State: state}, nil) {
			return false
		}
	}
	return true
}

func (s *Store) openSegment(g segment) ([]byte, error) {
	if s.archive == nil {
		return nil, fmt.Errorf("segment %s: no archive: %w", g.file, ErrNotFound)
	}
	return s.archive.Open(g.file, g.digest)
}

// archivedLeaf finds a leaf in its segment.
func (s *Store) archivedLeaf(ctx context.Context, q querier, seq int64) ([]byte, error) {
	list, err := segments(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		if seq < g.first || seq >= g.until || g.removed {
			continue
		}
		plain, err := s.openSegment(g)
		if err != nil {
			return nil, err
		}
		if lines := bytes.Split(plain, []byte("\n")); int64(len(lines)) > seq-g.first {
			return lines[seq-g.first], nil
		}
	}
	return nil, ErrNotFound
}

// SegmentKeyUsage is how many segments lie under a version of the house's backup key: it must not be retired before.
func (s *Store) SegmentKeyUsage(ctx context.Context, version uint32) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM audit_segments WHERE key_version = ? AND removed IS NULL", version).Scan(&n)
	return n, named(err)
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"nightbell/audit"
	"nightbell/phi"
)

// Audit remembers one event and answers when it is on disk. It fails closed: an error, within Options.Busy, means
// that it is not remembered and that what it speaks of must not happen. A zero Time is now.
func (s *Store) Audit(ctx context.Context, e audit.Event) error {
	return s.AuditDetail(ctx, e, phi.Text{})
}

// AuditDetail is Audit with a detail that may hold PHI; it is sealed into the leaf.
func (s *Store) AuditDetail(ctx context.Context, e audit.Event, detail phi.Text) error {
	err := s.submit(ctx, &job{care: light, done: make(chan error, 1), run: func(t *tx) error {
		return t.remember(e, detail)
	}})
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// querier is a connection or a pool.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// logSize is where the next leaf goes: behind whatever of leaves, hashes and checkpoints reaches farthest. When somebody
// took the last leaf away, its place stays empty for verification to name, and is not filled as if nothing had been.
func logSize(q querier) (size int64, err error) {
	var points, hash int64
	row := q.QueryRowContext(context.Background(), `SELECT (SELECT coalesce(max(seq) + 1, 0) FROM audit_leaves),
		(SELECT coalesce(max(size), 0) FROM audit_checkpoints), (SELECT coalesce(max(idx), -1) FROM audit_hashes)`)
	if err := row.Scan(&size, &points, &hash); err != nil {
		return 0, named(err)
	}
	return max(size, points, audit.SizeAt(hash)), nil
}

// hashesOf reads stored hashes for tlog: a handful at a time.
func hashesOf(q querier) audit.HashReader { return hashReader{q, missingIsError} }

type hashReader struct {
	q       querier
	missing missing
}

// missing says what a hash is that is not there.
type missing byte

const (
	missingIsError missing = iota
	missingAsZero
)

func (r hashReader) ReadHashes(indexes []int64) ([]audit.Hash, error) {
	out := make([]audit.Hash, len(indexes))
	for i, x := range indexes {
		var b []byte
		row := r.q.QueryRowContext(context.Background(), "SELECT hash FROM audit_hashes WHERE idx = ?", x)
		err := named(row.Scan(&b))
		if err == nil && len(b) != len(out[i]) {
			err = ErrDamaged
		}
		if err != nil && (r.missing == missingIsError || !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDamaged)) {
			return nil, fmt.Errorf("audit hash %d: %w", x, err)
		}
		copy(out[i][:], b)
	}
	return out, nil
}

// checkLogEnd compares the tree's edge with the newest checkpoint, which any group commit left. An error of ErrDamaged
// comes with the first seq that the checkpoint does not cover.
func (s *Store) checkLogEnd(ctx context.Context) (from int64, err error) {
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return 0, named(err)
	}
	defer func() { _ = view.Rollback() }()
	size, err := logSize(view)
	if err != nil {
		return 0, err
	}
	kept, err := newestCheckpoint(ctx, view)
	if err != nil || size == 0 && kept.Size == 0 {
		return 0, err
	}
	v, err := s.verifier(nil)
	if err != nil {
		return 0, err
	}
	c, err := v.Open(kept.Note)
	if err != nil {
		return max(kept.Size-1, 0), fmt.Errorf("%w: audit log of %d: newest %w", ErrDamaged, size, err)
	}
	tree, err := audit.ResumeTree(size, hashesOf(view))
	if err != nil {
		return min(c.Size, size-1), fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	root, err := tree.Root()
	if err == nil && (c.Size != size || c.Root != root) {
		err = fmt.Errorf("%w: audit log of %d differs from its checkpoint of %d", ErrDamaged, size, c.Size)
	}
	return min(c.Size, size-1), err
}

// rememberDamage writes into the log that its end was not signed, so that signing what follows does not cover it up.
func (s *Store) rememberDamage(ctx context.Context, from int64) error {
	return s.write(ctx, func(t *tx) error {
		return t.remember(audit.Event{
			Actor: system, Action: audit.AuditDamaged, Object: "audit", Outcome: audit.Broke,
			Facts: map[string]string{audit.DamagedFrom: strconv.FormatInt(from, 10)},
		}, phi.Text{})
	})
}

func newestCheckpoint(ctx context.Context, q querier) (audit.Kept, error) {
	var k audit.Kept
	err := q.QueryRowContext(ctx, "SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1").Scan(&k.Size, &k.Note)
	if named(err) == ErrNotFound {
		return audit.Kept{}, nil
	}
	return k, named(err)
}

// Checkpoint is the newest signed tree head; size 0 and no note before the first leaf.
func (s *Store) Checkpoint(ctx context.Context) (audit.Kept, error) {
	return newestCheckpoint(ctx, s.read)
}

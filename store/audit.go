package store

import (
	"context"
	"database/sql"
	"fmt"

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

func logSize(q querier) (size int64, err error) {
	row := q.QueryRowContext(context.Background(), "SELECT coalesce(max(seq) + 1, 0) FROM audit_leaves")
	return size, named(row.Scan(&size))
}

// hashesOf reads stored hashes for tlog: a handful at a time.
func hashesOf(q querier) audit.HashReader {
	return hashReader{q}
}

type hashReader struct{ q querier }

func (r hashReader) ReadHashes(indexes []int64) ([]audit.Hash, error) {
	out := make([]audit.Hash, len(indexes))
	for i, x := range indexes {
		var b []byte
		row := r.q.QueryRowContext(context.Background(), "SELECT hash FROM audit_hashes WHERE idx = ?", x)
		if err := row.Scan(&b); err != nil {
			return nil, fmt.Errorf("audit hash %d: %w", x, named(err))
		}
		if len(b) != len(out[i]) {
			return nil, fmt.Errorf("audit hash %d: %d bytes", x, len(b))
		}
		copy(out[i][:], b)
	}
	return out, nil
}

// checkLogEnd compares the tree's edge with the newest checkpoint, which any group commit left.
func (s *Store) checkLogEnd(ctx context.Context) error {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return named(err)
	}
	defer func() { _ = tx.Rollback() }()
	size, err := logSize(tx)
	if err != nil {
		return err
	}
	kept, err := newestCheckpoint(ctx, tx)
	if err != nil || size == 0 && kept.Size == 0 {
		return err
	}
	v, err := s.verifier(nil)
	if err != nil {
		return err
	}
	c, err := v.Open(kept.Note)
	if err != nil {
		return fmt.Errorf("audit log of %d: newest %w", size, err)
	}
	tree, err := audit.ResumeTree(size, hashesOf(tx))
	if err != nil {
		return err
	}
	root, err := tree.Root()
	if err == nil && (c.Size != size || c.Root != root) {
		err = fmt.Errorf("audit log of %d: differs from its checkpoint of %d", size, c.Size)
	}
	return err
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

func (s *Store) verifier(more []string) (*audit.Verifier, error) {
	k := s.keys.Load()
	if k == nil {
		return nil, ErrSealed
	}
	return audit.NewVerifier(append([]string{k.signer.VerifierKey()}, more...)...)
}

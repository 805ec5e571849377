package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"

	"nightbell/audit"
)

// VerifyAudit walks the whole log as it stood at one moment, in constant memory, under this instance's key and the
// older verifier keys that are given. Witnesses are checkpoints that were kept elsewhere.
func (s *Store) VerifyAudit(ctx context.Context, witnesses [][]byte, olderKeys ...string) (audit.Report, error) {
	v, err := s.verifier(olderKeys)
	if err != nil {
		return audit.Report{}, fmt.Errorf("verify audit: %w", err)
	}
	view, err := s.read.BeginTx(ctx, nil) // one view for the three streams
	if err != nil {
		return audit.Report{}, fmt.Errorf("verify audit: %w", named(err))
	}
	defer func() { _ = view.Rollback() }()
	r, err := audit.Verify(audit.Log{
		Leaves: s.allLeaves(ctx, view), Hashes: hashRows(ctx, view), Checkpoints: checkpointRows(ctx, view), Witnesses: witnesses,
	}, v)
	if err != nil {
		return r, fmt.Errorf("verify audit: %w", err)
	}
	return r, nil
}

// ProveAudit shows that one leaf is in the log that the newest checkpoint signs.
func (s *Store) ProveAudit(ctx context.Context, seq int64) (audit.Proof, error) {
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return audit.Proof{}, fmt.Errorf("audit proof: %w", named(err))
	}
	defer func() { _ = view.Rollback() }()
	kept, err := newestCheckpoint(ctx, view)
	if err != nil {
		return audit.Proof{}, fmt.Errorf("audit proof: %w", err)
	}
	p := audit.Proof{Seq: seq, Checkpoint: kept.Note}
	err = named(view.QueryRowContext(ctx, "SELECT leaf FROM audit_leaves WHERE seq = ?", seq).Scan(&p.Leaf))
	if errors.Is(err, ErrNotFound) {
		p.Leaf, err = s.archivedLeaf(ctx, view, seq)
	}
	if err != nil {
		return audit.Proof{}, fmt.Errorf("audit proof: seq %d: %w", seq, err)
	}
	p.Path, err = audit.Prove(kept.Size, seq, hashesOf(view))
	return p, err
}

// stride is how many rows a stream reads at a time.
const stride = 1000

// pages streams the rows behind key in its order, a stride at a time, so that no cursor stays open between two of them.
// step scans one row and gives its key.
func pages[T any](ctx context.Context, q querier, query string, step func(*sql.Rows) (T, int64, error)) iter.Seq2[T, error] {
	return pagesFrom(ctx, q, query, step, math.MinInt64)
}

func pagesFrom[T any](ctx context.Context, q querier, query string, step func(*sql.Rows) (T, int64, error), key int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for key := key; ; {
			list, last, err := page(ctx, q, query, key, step)
			if err != nil {
				yield(none, err)
				return
			}
			for _, x := range list {
				if !yield(x, nil) {
					return
				}
			}
			if len(list) < stride {
				return
			}
			key = last
		}
	}
}

func page[T any](ctx context.Context, q querier, query string, key int64, step func(*sql.Rows) (T, int64, error)) ([]T, int64, error) {
	rows, err := q.QueryContext(ctx, query, key, stride)
	if err != nil {
		return nil, 0, named(err)
	}
	defer rows.Close()
	list := make([]T, 0, stride)
	for rows.Next() {
		x, k, err := step(rows)
		if err != nil {
			return nil, 0, named(err)
		}
		list, key = append(list, x), k
	}
	return list, key, named(rows.Err())
}

func leafRows(ctx context.Context, q querier) iter.Seq2[audit.Row, error] {
	const query = `SELECT seq, at, action, object, clinic, actor, correlation, leaf FROM audit_leaves
		WHERE seq > ? ORDER BY seq LIMIT ?`
	return pages(ctx, q, query, func(rows *sql.Rows) (r audit.Row, key int64, err error) {
		c := &r.Copy
		err = rows.Scan(&r.Seq, &c.At, &c.Action, &c.Object, &c.Clinic, &c.Actor, &c.Correlation, &r.Leaf)
		return r, r.Seq, err
	})
}

func hashRows(ctx context.Context, q querier) iter.Seq2[audit.StoredHash, error] {
	const query = "SELECT idx, hash FROM audit_hashes WHERE idx > ? ORDER BY idx LIMIT ?"
	return pages(ctx, q, query, func(rows *sql.Rows) (h audit.StoredHash, key int64, err error) {
		var b []byte
		err = rows.Scan(&h.Index, &b)
		copy(h.Hash[:], b) // a hash of another length does not match, which is the verdict
		return h, h.Index, err
	})
}

func checkpointRows(ctx context.Context, q querier) iter.Seq2[audit.Kept, error] {
	const query = "SELECT size, note FROM audit_checkpoints WHERE size > ? ORDER BY size LIMIT ?"
	return pages(ctx, q, query, func(rows *sql.Rows) (k audit.Kept, key int64, err error) {
		err = rows.Scan(&k.Size, &k.Note)
		return k, k.Size, err
	})
}

// AuditGrowth proves that the log of size leaves begins with that of old leaves.
func (s *Store) AuditGrowth(ctx context.Context, size, old int64) ([]audit.Hash, error) {
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("audit growth: %w", named(err))
	}
	defer func() { _ = view.Rollback() }()
	return audit.ProveGrowth(size, old, hashesOf(view))
}

// AuditRoot is the root of the log's first size leaves.
func (s *Store) AuditRoot(ctx context.Context, size int64) (audit.Hash, error) {
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return audit.Hash{}, fmt.Errorf("audit root: %w", named(err))
	}
	defer func() { _ = view.Rollback() }()
	tree, err := audit.ResumeTree(size, hashesOf(view))
	if err != nil {
		return audit.Hash{}, err
	}
	return tree.Root()
}

// AuditVerifier opens this log's checkpoints, of every epoch and under every key that ever signed it.
func (s *Store) AuditVerifier() (*audit.Verifier, error) { return s.verifier(nil) }

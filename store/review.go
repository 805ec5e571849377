package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// ReviewRow is an item of the activity review as it is kept.
type ReviewRow struct {
	audit.Finding
	Settled time.Time
	By      string
	Reason  string
}

// reviewBefore is how long before its stretch a review begins to read: who was on shift, whose calls they were.
const reviewBefore = 24 * time.Hour

// ReviewAudit looks through the log from an instant on and keeps what it finds. An item that is settled stays so.
func (s *Store) ReviewAudit(ctx context.Context, from time.Time, eyes audit.Eyes) error {
	r := audit.NewReview(from, audit.Thresholds{}, eyes)
	var first int64
	row := s.read.QueryRowContext(ctx, "SELECT coalesce(min(seq), 0) FROM audit_leaves WHERE at >= ?", from.Add(-reviewBefore).UnixMicro())
	if err := row.Scan(&first); err != nil {
		return fmt.Errorf("review audit: %w", named(err))
	}
	const query = "SELECT seq, leaf FROM audit_leaves WHERE seq > ? ORDER BY seq LIMIT ?"
	leaves := pagesFrom(ctx, s.read, query, func(rows *sql.Rows) (l audit.Row, key int64, err error) {
		err = rows.Scan(&l.Seq, &l.Leaf)
		return l, l.Seq, err
	}, first-1)
	for l, err := range leaves {
		if err != nil {
			return fmt.Errorf("review audit: %w", err)
		}
		if e, seq, err := audit.ParseLeaf(l.Leaf); err == nil { // one that does not parse is for verification to name
			r.See(seq, e)
		}
	}
	if err := s.keepFindings(ctx, r.Findings(s.now())); err != nil {
		return fmt.Errorf("review audit: %w", err)
	}
	return nil
}

func (s *Store) keepFindings(ctx context.Context, list []audit.Finding) error {
	if len(list) == 0 {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		for _, f := range list {
			body, err := json.Marshal(f)
			if err != nil {
				return err
			}
			_, err = t.exec(`INSERT INTO review_items (id, rule, actor, clinic, found, body) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE settled IS NULL`,
				f.ID, string(f.Rule), f.Actor, f.Clinic, f.First.UnixMicro(), string(body))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Reviews lists the items that nobody has settled, or all of them, oldest first.
func (s *Store) Reviews(ctx context.Context, which ReviewScope) ([]ReviewRow, error) {
	query := "SELECT body, settled, settled_by, reason FROM review_items WHERE settled IS NULL ORDER BY found, id"
	if which == EveryReview {
		query = "SELECT body, settled, settled_by, reason FROM review_items ORDER BY found, id"
	}
	var list []ReviewRow
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var body string
		var settled sql.NullInt64
		var r ReviewRow
		if err := rows.Scan(&body, &settled, &r.By, &r.Reason); err != nil {
			return err
		}
		r.Settled = instant(settled)
		list = append(list, r)
		return json.Unmarshal([]byte(body), &list[len(list)-1].Finding)
	})
	if err != nil {
		return nil, fmt.Errorf("reviews: %w", err)
	}
	return list, nil
}

// ReviewScope says which items.
type ReviewScope byte

const (
	OpenReviews ReviewScope = iota
	EveryReview
)

// SettleReview says what an item came to. Nobody settles her own: ErrConflict.
func (s *Store) SettleReview(ctx context.Context, actor audit.Actor, id, reason string) error {
	err := s.write(ctx, func(t *tx) error {
		var whose string
		if err := t.scan("SELECT actor FROM review_items WHERE id = ? AND settled IS NULL", []any{id}, &whose); err != nil {
			return err
		}
		if whose == actor.Type+":"+actor.ID {
			return ErrConflict
		}
		err := t.must("UPDATE review_items SET settled = ?, settled_by = ?, reason = ? WHERE id = ? AND settled IS NULL",
			s.now().UnixMicro(), actor.Type+":"+actor.ID, reason, id)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.ReviewSettled, Object: "review:" + id, Reason: reason}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("settle review %s: %w", id, err)
	}
	return nil
}

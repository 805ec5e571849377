package store

import (
	"context"
	"encoding/json"

	"nightbell/audit"
	"nightbell/policy"
)

// The fallback trunk lies among the trunks, under an id of its own: its secret is kept, rotated and destroyed as theirs.

func loadFallback(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	var body []byte
	row := q.QueryRowContext(ctx, "SELECT body FROM trunks WHERE removed IS NULL AND id = ?", policy.FallbackTrunkID)
	err := named(row.Scan(&body))
	if err == ErrNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(body, &b.Fallback)
}

func (a *applying) fallback(old, b *policy.Book) error {
	none := policy.FallbackTrunk{}
	c := change{Before: old.Fallback, After: b.Fallback}
	switch {
	case old.Fallback == b.Fallback:
		return nil
	case b.Fallback == none:
		err := a.remove("UPDATE trunks SET secret_cell = NULL, secret_set = NULL, removed = ? WHERE id = ?", policy.FallbackTrunkID)
		if err != nil {
			return err
		}
		c.After = nil
	default:
		body, err := json.Marshal(b.Fallback)
		if err != nil {
			return err
		}
		_, err = a.t.exec(`INSERT INTO trunks (id, rank, name, body) VALUES (?, -1, ?, ?) ON CONFLICT (id)
			DO UPDATE SET body = excluded.body, removed = NULL`, policy.FallbackTrunkID, b.Fallback.Host, string(body))
		if err != nil {
			return err
		}
		if old.Fallback == none {
			c.Before = nil
		}
	}
	return a.note(audit.TrunkChanged, "trunk", policy.FallbackTrunkID, "", c)
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"nightbell/policy"
)

// CallsForReplay lists the calls that arrived in [from, to), oldest first, each with the number that was dialled and whom
// it reached. The numbers are the house's own, not callers'; that they were read is for the caller to audit.
func (s *Store) CallsForReplay(ctx context.Context, from, to time.Time) ([]policy.PastCall, error) {
	list, err := s.replay(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("calls to replay: %w", err)
	}
	return list, nil
}

func (s *Store) replay(ctx context.Context, from, to time.Time) ([]policy.PastCall, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, named(err)
	}
	defer func() { _ = view.Rollback() }()
	var list []policy.PastCall
	at := map[string]int{}
	const calls = `SELECT id, clinic, trunk, dialled_cell, arrived FROM calls
		WHERE arrived >= ? AND arrived < ? AND state = 'ended' AND dialled_cell IS NOT NULL ORDER BY arrived, id`
	err = each(ctx, view, calls, func(rows *sql.Rows) error {
		var id, clinic string
		var c policy.PastCall
		var dialled []byte
		var arrived sql.NullInt64
		if err := rows.Scan(&id, &clinic, &c.Trunk, &dialled, &arrived); err != nil {
			return err
		}
		c.At = instant(arrived)
		c.Number, err = openCell(k, callCell("dialled_cell", id, clinic), dialled)
		at[id] = len(list)
		list = append(list, c)
		return err
	}, from.UnixMicro(), to.UnixMicro())
	if err != nil {
		return nil, err
	}
	const legs = `SELECT l.call, l.person FROM legs l JOIN calls c ON c.id = l.call WHERE c.arrived >= ? AND c.arrived < ?
		AND l.answered IS NOT NULL AND l.person <> '' ORDER BY l.call, l.n`
	return list, each(ctx, view, legs, func(rows *sql.Rows) error {
		var id, person string
		if err := rows.Scan(&id, &person); err != nil {
			return err
		}
		if i, ok := at[id]; ok && !slices.Contains(list[i].Reached, person) {
			list[i].Reached = append(list[i].Reached, person)
		}
		return nil
	}, from.UnixMicro(), to.UnixMicro())
}

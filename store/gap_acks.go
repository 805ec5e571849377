package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// GapAcks lists the acknowledged gaps that end after an instant, by start.
func (s *Store) GapAcks(ctx context.Context, after time.Time) ([]GapAck, error) {
	const query = `SELECT id, schedule, severity, starts, ends, reason, author, made FROM gap_acks WHERE ends > ?
		ORDER BY starts, id`
	var list []GapAck
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var g GapAck
		var starts, ends, made sql.NullInt64
		err := rows.Scan(&g.ID, &g.Schedule, &g.Severity, &starts, &ends, &g.Reason, &g.Author, &made)
		g.Start, g.End, g.Made = instant(starts), instant(ends), instant(made)
		list = append(list, g)
		return err
	}, after.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("acknowledged gaps: %w", err)
	}
	return list, nil
}

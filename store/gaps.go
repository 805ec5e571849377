package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// GapRow is a gap that the scan has told of.
type GapRow struct {
	policy.Gap
	State   GapState
	Changed time.Time
}

// GapState is a closed list.
type GapState string

const (
	FoundGap  GapState = "found"  // ahead
	BegunGap  GapState = "began"  // now
	PassedGap GapState = "passed" // over; nobody stood
	FilledGap GapState = "filled" // somebody stands after all
)

var gapActions = map[GapState]audit.Action{
	FoundGap: audit.GapFound, BegunGap: audit.GapBegan, PassedGap: audit.GapEnded, FilledGap: audit.GapEnded,
}

// OpenGaps lists the gaps that were told of and are not over, by start.
func (s *Store) OpenGaps(ctx context.Context) ([]GapRow, error) {
	const query = `SELECT schedule, clinic, starts, ends, severity, state, changed FROM gaps
		WHERE state IN ('found', 'began') ORDER BY starts, schedule`
	var list []GapRow
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var g GapRow
		var starts, ends, changed sql.NullInt64
		err := rows.Scan(&g.Schedule, &g.Clinic, &starts, &ends, &g.Severity, &g.State, &changed)
		g.Start, g.End, g.Changed = instant(starts), instant(ends), instant(changed)
		list = append(list, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open gaps: %w", err)
	}
	return list, nil
}

// PutGaps files what became of gaps, each with its audit event, in one transaction. A gap is known by its schedule and
// start; one that is in that state already leaves no second event.
func (s *Store) PutGaps(ctx context.Context, list []GapRow) error {
	err := s.write(ctx, func(t *tx) error {
		for _, g := range list {
			if err := t.putGap(g); err != nil {
				return fmt.Errorf("schedule %s: %w", g.Schedule, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("gaps: %w", err)
	}
	return nil
}

func (t *tx) putGap(g GapRow) error {
	action, ok := gapActions[g.State]
	if !ok || g.Schedule == "" {
		return ErrInvalid
	}
	var state string
	err := t.scan("SELECT state FROM gaps WHERE schedule = ? AND starts = ?", []any{g.Schedule, g.Start.UnixMicro()}, &state)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = t.exec(`INSERT INTO gaps (schedule, starts, ends, clinic, severity, state, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (schedule, starts) DO UPDATE SET ends = excluded.ends, severity = excluded.severity, state = excluded.state,
		changed = excluded.changed`,
		g.Schedule, g.Start.UnixMicro(), g.End.UnixMicro(), g.Clinic, string(g.Severity), string(g.State), t.w.store.now().UnixMicro())
	if err != nil || state == string(g.State) {
		return err
	}
	return t.remember(audit.Event{
		Actor: system, Action: action, Object: "schedule:" + g.Schedule, Clinic: g.Clinic, Facts: map[string]string{
			"severity": string(g.Severity), "state": string(g.State),
			"from": g.Start.UTC().Format(time.RFC3339), "to": g.End.UTC().Format(time.RFC3339),
		},
	}, phi.Text{})
}

// AuditAll remembers events in one transaction: all or none.
func (s *Store) AuditAll(ctx context.Context, list []audit.Event) error {
	err := s.write(ctx, func(t *tx) error {
		for _, e := range list {
			if err := t.remember(e, phi.Text{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("audit of %d events: %w", len(list), err)
	}
	return nil
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
)

// RecoverCalls ends the calls that a crash cut off, those that arrived before the server started, and says how many there
// were. A call whose record still waits in a spool is completed when that is merged; one whose beginning was merged only
// now is found when the server asks again. Calls of spare go on and are none of its business. It writes nothing when there
// is none.
func (s *Store) RecoverCalls(ctx context.Context, before time.Time, spare ...string) (int, error) {
	n := 0
	cut, err := liveCalls(ctx, s.read, before, spare)
	if err != nil || len(cut) == 0 {
		return 0, err
	}
	err = s.write(ctx, func(t *tx) error {
		cut, err := liveCalls(context.Background(), t.w.conn, before, spare)
		if err != nil {
			return err
		}
		for _, c := range cut {
			if err := t.cutOff(c); err != nil {
				return err
			}
		}
		n = len(cut)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("recover calls: %w", err)
	}
	return n, nil
}

type liveCall struct {
	id, clinic string
	last       int64 // µs of its newest event
}

func liveCalls(ctx context.Context, db querier, before time.Time, spare []string) ([]liveCall, error) {
	var list []liveCall
	const query = `SELECT id, clinic, coalesce((SELECT max(at) FROM call_events WHERE call = calls.id), arrived)
		FROM calls WHERE state = 'live' AND arrived < ? ORDER BY arrived, id`
	err := each(ctx, db, query, func(rows *sql.Rows) error {
		var c liveCall
		err := rows.Scan(&c.id, &c.clinic, &c.last)
		if !slices.Contains(spare, c.id) {
			list = append(list, c)
		}
		return err
	}, before.UnixMicro())
	return list, err
}

// cutOff files what the events and the recording's row say of a call whose own record never came.
func (t *tx) cutOff(c liveCall) error {
	err := t.must(`UPDATE calls SET state = 'cut', ended = ?, outcome = ?, by_whom = 'system',
		answered = coalesce(answered, (SELECT min(at) FROM call_events WHERE call = calls.id AND kind = ? AND leg = 'caller')),
		served = served OR EXISTS (SELECT 1 FROM call_events WHERE call = calls.id AND kind = ?),
		recording = coalesce(nullif(recording, ''), (SELECT id FROM recordings WHERE call = calls.id ORDER BY part LIMIT 1), '')
		WHERE id = ?`, c.last, string(call.CutOff), string(call.LegAnswered), string(call.Bridged), c.id)
	if err != nil {
		return err
	}
	if err := t.cutUnserved(c); err != nil {
		return err
	}
	return t.remember(audit.Event{
		Actor: system, Action: audit.CallEnded, Object: "call:" + c.id, Clinic: c.clinic, Correlation: c.id,
		Outcome: audit.Broke, Reason: "cut off by a crash", Late: true,
	}, phi.Text{})
}

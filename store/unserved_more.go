package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
)

// A call that is over and in which nobody spoke with the caller opens a line of the ledger, in the transaction that files it:
// there is no instant in which the one stands without the other, and a crash between them does not exist.

// fileKind says of a call which way it went, what for, and which one it answers to.
func (t *tx) fileKind(r *call.Record) error {
	if r.Direction == "" && r.Why == "" && r.Of == "" {
		return nil
	}
	_, err := t.exec("UPDATE calls SET direction = ?, kind = ?, of_call = ? WHERE id = ?", cmp.Or(r.Direction, "in"), string(r.Why), r.Of, r.ID)
	return err
}

// fileUnserved opens a line where one is due. One that a crash opened, of a call whose own record says that somebody spoke
// with the caller, was none. Who took a patch and was not joined to her did not speak with her.
func (t *tx) fileUnserved(r *call.Record) error {
	if r.Direction == "out" {
		return t.keepPromise(r)
	}
	if r.Plan.Clinic == "" || r.Outcome == call.FaxCall {
		return nil
	}
	if r.Served {
		_, err := t.exec("DELETE FROM unserved WHERE call = ? AND state = 'open'", r.ID)
		return err
	}
	_, err := t.exec(`INSERT INTO unserved (call, clinic, arrived, why, state) VALUES (?, ?, ?, ?, 'open') ON CONFLICT (call) DO NOTHING`,
		r.ID, r.Plan.Clinic, r.Arrived.UnixMicro(), string(r.Outcome))
	return err
}

// keepPromise closes the line of a caller to whom the house promised a call, by the name of the agent who spoke with her in
// it. Every other line waits for a person, who is shown what answers to it.
func (t *tx) keepPromise(r *call.Record) error {
	if !r.Served || r.Why != call.CallBack || r.Of == "" {
		return nil
	}
	n, err := t.exec(`UPDATE unserved SET state = 'called_back', settled = ?, settled_by = ?, answer_call = ?
		WHERE call = ? AND state = 'open' AND why = ?`, r.Ended.UnixMicro(), nearPerson(r), r.ID, r.Of, string(call.ToBeCalled))
	if err != nil || n == 0 {
		return err
	}
	return t.remember(audit.Event{
		Time: r.Ended, Actor: system, Action: audit.CallerSettled, Object: "call:" + r.Of, Clinic: r.Plan.Clinic, Correlation: r.Of,
		Facts: map[string]string{"before": string(UnservedOpen), "after": string(CalledBack), "answer": r.ID},
	}, phi.Text{})
}

// nearPerson is whose phone answered first of those that a placed call rang.
func nearPerson(r *call.Record) string {
	var first call.LegRecord
	for _, l := range r.Legs {
		if l.User != "" && !l.Answered.IsZero() && (first.Answered.IsZero() || l.Answered.Before(first.Answered)) {
			first = l
		}
	}
	return cmp.Or(first.Person, first.User, system.ID)
}

// cutUnserved is fileUnserved for a call that a crash cut off.
func (t *tx) cutUnserved(c liveCall) error {
	_, err := t.exec(`INSERT INTO unserved (call, clinic, arrived, why, state)
		SELECT id, clinic, arrived, outcome, 'open' FROM calls WHERE id = ? AND served = 0 AND direction = 'in' AND clinic <> ''
		ON CONFLICT (call) DO NOTHING`, c.id)
	return err
}

// UnservedMore is what the history knows of a line.
type UnservedMore struct {
	Pseudonym string // of the caller
	Ended     time.Time
	Answer    string // the first later call in which somebody spoke with the same caller, or called her back; empty: none
}

// UnservedMore finds callers who were served later: by the blind index of their clinic, or by a call of ours that answers to
// theirs.
func (s *Store) UnservedMore(ctx context.Context, rows []Unserved) (map[string]UnservedMore, error) {
	all := make(map[string]UnservedMore, len(rows))
	const query = `SELECT c.from_index, c.ended, coalesce((SELECT l.id FROM calls l WHERE l.served = 1 AND l.arrived > c.arrived
			AND l.from_index = c.from_index AND l.clinic = c.clinic ORDER BY l.arrived LIMIT 1),
		(SELECT l.id FROM calls l WHERE l.served = 1 AND l.of_call = c.id AND l.of_call <> '' ORDER BY l.arrived LIMIT 1), '')
		FROM calls c WHERE c.id = ?`
	for _, u := range rows {
		err := each(ctx, s.read, query, func(r *sql.Rows) error {
			var index []byte
			var ended sql.NullInt64
			var m UnservedMore
			if err := r.Scan(&index, &ended, &m.Answer); err != nil {
				return err
			}
			m.Ended, m.Pseudonym = instant(ended), pseudonym(index)
			all[u.Call] = m
			return nil
		}, u.Call)
		if err != nil {
			return nil, fmt.Errorf("unserved callers: %w", err)
		}
	}
	return all, nil
}

// UnservedCaller reads one line.
func (s *Store) UnservedCaller(ctx context.Context, id string) (u Unserved, err error) {
	k, err := s.sealer()
	found := false
	if err == nil {
		err = each(ctx, s.read, `SELECT call, clinic, arrived, why, state, owner, settled, settled_by, answer_call, reason_cell
			FROM unserved WHERE call = ?`, func(rows *sql.Rows) error {
			u, err = scanUnserved(rows, k)
			found = true
			return err
		}, id)
	}
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return Unserved{}, fmt.Errorf("unserved caller of call %s: %w", id, err)
	}
	return u, nil
}

// OldestUnserved is when the first of those arrived whom nobody has settled and nobody sees to; zero: there are none.
func (s *Store) OldestUnserved(ctx context.Context) (time.Time, error) {
	var oldest sql.NullInt64
	err := each(ctx, s.read, "SELECT min(arrived) FROM unserved WHERE state = 'open' AND owner = ''", func(rows *sql.Rows) error {
		return rows.Scan(&oldest)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("oldest unserved caller: %w", err)
	}
	return instant(oldest), nil
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// UnservedState is what became of a caller with whom nobody spoke.
type UnservedState string

// The closed list. Open is where each begins; the others need a person.
const (
	UnservedOpen UnservedState = "open"
	ServedLater  UnservedState = "served"      // the same caller was served by another call
	CalledBack   UnservedState = "called_back" // by somebody who says so, or by a call the house placed
	WrittenOff   UnservedState = "written_off" // needs a reason
)

// Unserved is one line of the ledger of callers.
type Unserved struct {
	Call      string
	Clinic    string
	Arrived   time.Time
	Why       string // a closed word: the call's outcome
	State     UnservedState
	Owner     string // who sees to it; empty: nobody yet
	Settled   time.Time
	SettledBy string
	Answer    string   // id of the call that answered to it
	Reason    phi.Text // of whoever settled it
}

// UnservedQuery asks for lines, newest first. Empty fields do not restrict.
type UnservedQuery struct {
	Clinics []string // nil: all
	Within  Within
	State   UnservedState
	Limit   int // 1..1000; 0 means 100
	Cursor  string
}

// UnservedPage is a page of the ledger; Next is empty at the end.
type UnservedPage struct {
	Rows []Unserved
	Next string
}

// AddUnserved opens a line for a call. One that stands already stays as it is.
func (s *Store) AddUnserved(ctx context.Context, u Unserved) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO unserved (call, clinic, arrived, why, state) VALUES (?, ?, ?, ?, ?) ON CONFLICT (call) DO NOTHING`,
			u.Call, u.Clinic, u.Arrived.UnixMicro(), u.Why, string(UnservedOpen))
		return err
	})
	if err != nil {
		return fmt.Errorf("unserved caller of call %s: %w", u.Call, err)
	}
	return nil
}

// OwnUnserved says who sees to a line that is open; an empty person takes her off it.
func (s *Store) OwnUnserved(ctx context.Context, actor audit.Actor, call, person string) error {
	err := s.write(ctx, func(t *tx) error {
		var clinic, was string
		if err := t.scan("SELECT clinic, owner FROM unserved WHERE call = ? AND state = 'open'", []any{call}, &clinic, &was); err != nil {
			return err
		}
		if err := t.must("UPDATE unserved SET owner = ? WHERE call = ?", person, call); err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.CallerSettled, Object: "call:" + call, Clinic: clinic, Correlation: call,
			Facts: map[string]string{"before": string(UnservedOpen), "after": string(UnservedOpen), "owner": person, "owner_before": was},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("own caller of call %s: %w", call, err)
	}
	return nil
}

// SettleUnserved closes a line: u names Call, State, Answer and Reason. A line that is settled already is ErrConflict; one
// that is written off without a reason is ErrInvalid.
func (s *Store) SettleUnserved(ctx context.Context, actor audit.Actor, u Unserved) error {
	settles := []UnservedState{ServedLater, CalledBack, WrittenOff}
	if !slices.Contains(settles, u.State) || u.State == WrittenOff && u.Reason.IsZero() {
		return fmt.Errorf("settle caller of call %s: %w", u.Call, ErrInvalid)
	}
	err := s.write(ctx, func(t *tx) error {
		k, err := s.sealer()
		if err != nil {
			return err
		}
		if err := t.scan("SELECT clinic FROM unserved WHERE call = ?", []any{u.Call}, &u.Clinic); err != nil {
			return err
		}
		reason, err := sealCell(k, unservedCell(u), u.Reason.Reveal())
		if err != nil {
			return err
		}
		n, err := t.exec(`UPDATE unserved SET state = ?, settled = ?, settled_by = ?, answer_call = ?, reason_cell = ?
			WHERE call = ? AND state = 'open'`, string(u.State), s.now().UnixMicro(), actor.ID, u.Answer, reason, u.Call)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("settled already: %w", ErrConflict)
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.CallerSettled, Object: "call:" + u.Call, Clinic: u.Clinic, Correlation: u.Call,
			Facts: map[string]string{"before": string(UnservedOpen), "after": string(u.State), "answer": u.Answer},
		}, u.Reason)
	})
	if err != nil {
		return fmt.Errorf("settle caller of call %s: %w", u.Call, err)
	}
	return nil
}

func unservedCell(u Unserved) Cell {
	return Cell{Table: "unserved", Column: "reason_cell", Row: u.Call, Clinic: u.Clinic}
}

// UnservedCallers lists the ledger. That it was read is for the caller to audit.
func (s *Store) UnservedCallers(ctx context.Context, q UnservedQuery) (UnservedPage, error) {
	page, err := s.unserved(ctx, q)
	if err != nil {
		return UnservedPage{}, fmt.Errorf("unserved callers: %w", err)
	}
	return page, nil
}

func (s *Store) unserved(ctx context.Context, q UnservedQuery) (page UnservedPage, err error) {
	k, err := s.sealer()
	if err != nil {
		return page, err
	}
	limit, err := limitOf(q.Limit)
	if err != nil {
		return page, err
	}
	w := &where{}
	w.in("clinic", q.Clinics)
	w.within(q.Within, "clinic", "call", "arrived")
	w.equal("state", string(q.State))
	if err := w.beforeBoth(q.Cursor, "arrived", "call"); err != nil {
		return page, err
	}
	query := `SELECT call, clinic, arrived, why, state, owner, settled, settled_by, answer_call, reason_cell FROM unserved` +
		w.text() + " ORDER BY arrived DESC, call DESC LIMIT ?"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		u, err := scanUnserved(rows, k)
		page.Rows = append(page.Rows, u)
		return err
	}, append(w.args, limit+1)...)
	if err == nil && len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = cursor(last.Arrived.UnixMicro(), last.Call)
	}
	return page, err
}

func scanUnserved(rows *sql.Rows, k Sealer) (u Unserved, err error) {
	var arrived, settled sql.NullInt64
	var reason []byte
	err = rows.Scan(&u.Call, &u.Clinic, &arrived, &u.Why, &u.State, &u.Owner, &settled, &u.SettledBy, &u.Answer, &reason)
	if err != nil {
		return u, err
	}
	u.Arrived, u.Settled = instant(arrived), instant(settled)
	clear, err := openCell(k, unservedCell(u), reason)
	u.Reason = phi.NewText(clear)
	return u, err
}

// OpenUnserved counts the lines that nobody has settled, by clinic.
func (s *Store) OpenUnserved(ctx context.Context) (map[string]int, error) {
	open := map[string]int{}
	err := each(ctx, s.read, "SELECT clinic, count(*) FROM unserved WHERE state = 'open' GROUP BY clinic", func(rows *sql.Rows) error {
		var clinic string
		var n int
		err := rows.Scan(&clinic, &n)
		open[clinic] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open unserved callers: %w", err)
	}
	return open, nil
}

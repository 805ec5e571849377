package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// AgentState is what an agent said of herself, or the house of her: a break, a training. Ready, offered and talking are
// derived from live calls and are never kept.
type AgentState struct {
	Person string
	State  string // "break", "training"; empty: nothing keeps calls from her
	Reason string // a closed word or the house's own; no PHI
	Since  time.Time
	Until  time.Time // zero: until she comes back
}

// SetAgentState keeps a state; an empty one ends what stood. Setting the same state and reason again keeps the first moment.
func (s *Store) SetAgentState(ctx context.Context, actor audit.Actor, a AgentState) error {
	if a.Person == "" {
		return fmt.Errorf("agent state: %w", ErrInvalid)
	}
	err := s.write(ctx, func(t *tx) error {
		var was string
		if err := t.scan("SELECT coalesce((SELECT state FROM agent_states WHERE person = ?), '')", []any{a.Person}, &was); err != nil {
			return err
		}
		if was == "" && a.State == "" {
			return nil
		}
		if err := t.putAgentState(a); err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.AgentStateSet, Object: "person:" + a.Person, Reason: a.Reason,
			Facts: map[string]string{"before": was, "after": a.State},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("agent state of %s: %w", a.Person, err)
	}
	return nil
}

func (t *tx) putAgentState(a AgentState) error {
	if a.State == "" {
		_, err := t.exec("DELETE FROM agent_states WHERE person = ?", a.Person)
		return err
	}
	since := a.Since
	if since.IsZero() {
		since = t.w.store.now()
	}
	_, err := t.exec(`INSERT INTO agent_states (person, state, reason, since, until) VALUES (?, ?, ?, ?, ?) ON CONFLICT (person)
		DO UPDATE SET since = CASE WHEN state = excluded.state AND reason = excluded.reason THEN since ELSE excluded.since END,
		state = excluded.state, reason = excluded.reason, until = excluded.until`,
		a.Person, a.State, a.Reason, since.UnixMicro(), micros(a.Until))
	return err
}

// AgentStates lists the states that stand, by person.
func (s *Store) AgentStates(ctx context.Context) ([]AgentState, error) {
	var list []AgentState
	err := each(ctx, s.read, "SELECT person, state, reason, since, until FROM agent_states ORDER BY person", func(rows *sql.Rows) error {
		var a AgentState
		var since, until sql.NullInt64
		err := rows.Scan(&a.Person, &a.State, &a.Reason, &since, &until)
		a.Since, a.Until = instant(since), instant(until)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("agent states: %w", err)
	}
	return list, nil
}

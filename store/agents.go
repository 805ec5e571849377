package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// Pause is an agent who takes no calls for now.
type Pause struct {
	Person string
	Since  time.Time
	Why    string
}

// PauseAgent keeps calls from a person until ResumeAgent. Pausing twice keeps the first moment.
func (s *Store) PauseAgent(ctx context.Context, actor audit.Actor, person, why string) error {
	err := s.write(ctx, func(t *tx) error {
		err := t.must(`UPDATE people SET paused = coalesce(paused, ?), paused_why = ? WHERE id = ? AND removed IS NULL`,
			s.now().UnixMicro(), why, person)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.AgentPaused, Object: "person:" + person, Reason: why,
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("pause %s: %w", person, err)
	}
	return nil
}

// ResumeAgent lets calls reach the person again.
func (s *Store) ResumeAgent(ctx context.Context, actor audit.Actor, person string) error {
	err := s.write(ctx, func(t *tx) error {
		err := t.must("UPDATE people SET paused = NULL, paused_why = NULL WHERE id = ? AND removed IS NULL", person)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.AgentResumed, Object: "person:" + person}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("resume %s: %w", person, err)
	}
	return nil
}

// Pauses lists who is paused.
func (s *Store) Pauses(ctx context.Context) ([]Pause, error) {
	const query = "SELECT id, paused, paused_why FROM people WHERE paused IS NOT NULL AND removed IS NULL ORDER BY id"
	var list []Pause
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var p Pause
		var since int64
		err := rows.Scan(&p.Person, &since, &p.Why)
		p.Since = time.UnixMicro(since).UTC()
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pauses: %w", err)
	}
	return list, nil
}

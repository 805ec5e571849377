package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

// RecordTraining files that a person passed a course; the same once more takes the place of the first.
func (s *Store) RecordTraining(ctx context.Context, actor audit.Actor, tr access.Training) error {
	err := s.write(ctx, func(t *tx) error {
		if tr.Course == "" || tr.Passed.IsZero() || !tr.Expires.IsZero() && !tr.Expires.After(tr.Passed) {
			return ErrInvalid
		}
		if err := t.inBook(tr.Person); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO trainings (person, course, passed, expires, author) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (person, course, passed) DO UPDATE SET expires = excluded.expires, author = excluded.author`,
			tr.Person, tr.Course, tr.Passed.UnixMicro(), micros(tr.Expires), tr.By)
		if err != nil {
			return err
		}
		facts := map[string]string{"course": tr.Course, "passed": tr.Passed.UTC().Format(time.RFC3339)}
		if !tr.Expires.IsZero() {
			facts["expires"] = tr.Expires.UTC().Format(time.RFC3339)
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.TrainingRecorded, Object: "person:" + tr.Person, Facts: facts}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("training of %s: %w", tr.Person, err)
	}
	return nil
}

// Trainings lists a person's trainings, oldest first; the empty person means everybody's.
func (s *Store) Trainings(ctx context.Context, person string) ([]access.Training, error) {
	w := &where{}
	w.equal("person", person)
	var list []access.Training
	query := "SELECT person, course, passed, expires, author FROM trainings" + w.text() + " ORDER BY person, passed, course"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var tr access.Training
		var passed, expires sql.NullInt64
		err := rows.Scan(&tr.Person, &tr.Course, &passed, &expires, &tr.By)
		tr.Passed, tr.Expires = instant(passed), instant(expires)
		list = append(list, tr)
		return err
	}, w.args...)
	if err != nil {
		return nil, fmt.Errorf("trainings: %w", err)
	}
	return list, nil
}

// Acknowledge files that a person read a version of a policy. The first time counts.
func (s *Store) Acknowledge(ctx context.Context, actor audit.Actor, a access.Acknowledgement) error {
	err := s.write(ctx, func(t *tx) error {
		if a.Policy == "" || a.Version == "" {
			return ErrInvalid
		}
		if a.At.IsZero() {
			a.At = s.now()
		}
		if err := t.inBook(a.Person); err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO acknowledgements (person, policy, version, made) VALUES (?, ?, ?, ?)
			ON CONFLICT (person, policy, version) DO NOTHING`, a.Person, a.Policy, a.Version, a.At.UnixMicro())
		if err != nil || n == 0 {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.PolicyAcknowledged, Object: "person:" + a.Person,
			Facts: map[string]string{"policy": a.Policy, "version": a.Version},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("acknowledgement of %s: %w", a.Person, err)
	}
	return nil
}

// Acknowledgements lists what a person acknowledged, oldest first; the empty person means everybody's.
func (s *Store) Acknowledgements(ctx context.Context, person string) ([]access.Acknowledgement, error) {
	w := &where{}
	w.equal("person", person)
	var list []access.Acknowledgement
	query := "SELECT person, policy, version, made FROM acknowledgements" + w.text() + " ORDER BY person, made, policy"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var a access.Acknowledgement
		var at sql.NullInt64
		err := rows.Scan(&a.Person, &a.Policy, &a.Version, &at)
		a.At = instant(at)
		list = append(list, a)
		return err
	}, w.args...)
	if err != nil {
		return nil, fmt.Errorf("acknowledgements: %w", err)
	}
	return list, nil
}

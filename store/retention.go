package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// Keeping is a retention setting with its history: who set it, who approved it.
type Keeping struct {
	policy.Keep
	Version    int64
	Made       time.Time
	Author     string
	ApprovedBy string
}

// SetRetention files a new version of a setting. Two people decided it; approvedBy is the second.
func (s *Store) SetRetention(ctx context.Context, actor audit.Actor, k policy.Keep, approvedBy string) error {
	if err := k.Check(); err != nil {
		return fmt.Errorf("set retention: %w: %w", ErrInvalid, err)
	}
	err := s.write(ctx, func(t *tx) error {
		var version, before int64
		err := t.scan("SELECT COALESCE(MAX(version), 0) FROM retention WHERE clinic = ? AND artefact = ?",
			[]any{k.Clinic, string(k.Artefact)}, &version)
		if err != nil {
			return err
		}
		if version > 0 {
			err := t.scan("SELECT days FROM retention WHERE clinic = ? AND artefact = ? AND version = ?",
				[]any{k.Clinic, string(k.Artefact), version}, &before)
			if err != nil {
				return err
			}
		}
		_, err = t.exec("INSERT INTO retention (clinic, artefact, version, days, made, author, approved_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
			k.Clinic, string(k.Artefact), version+1, k.Days, s.now().UnixMicro(), actor.ID, approvedBy)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.RetentionChanged, Object: "retention:" + string(k.Artefact), Clinic: k.Clinic,
			Facts: map[string]string{"before_days": strconv.FormatInt(before, 10), "days": strconv.Itoa(k.Days), "approved_by": approvedBy}}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("set retention: %w", err)
	}
	return nil
}

// Retention lists the settings that hold, each artefact's newest, the house's own with an empty clinic.
func (s *Store) Retention(ctx context.Context) ([]Keeping, error) {
	const query = `SELECT clinic, artefact, version, days, made, author, approved_by FROM retention r WHERE version =
		(SELECT MAX(version) FROM retention m WHERE m.clinic = r.clinic AND m.artefact = r.artefact) ORDER BY artefact, clinic`
	var list []Keeping
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var k Keeping
		var made sql.NullInt64
		err := rows.Scan(&k.Clinic, &k.Artefact, &k.Version, &k.Days, &made, &k.Author, &k.ApprovedBy)
		k.Made = instant(made)
		list = append(list, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	return list, nil
}

// Due is what has passed its retention in one clinic: how much may go, and how much a hold keeps all the same.
type Due struct {
	Clinic         string
	Artefact       policy.Artefact
	Before         time.Time // what ended before this
	Count, Held    int
	Oldest, Newest time.Time
}

// DueBefore counts the recordings and calls of a clinic that ended before an instant.
func (s *Store) DueBefore(ctx context.Context, clinic string, a policy.Artefact, before time.Time) (Due, error) {
	d := Due{Clinic: clinic, Artefact: a, Before: before}
	var query string
	switch a {
	case policy.KeptRecordings:
		query = `SELECT COUNT(*), COALESCE(SUM(` + heldSQL("r.clinic", "r.call", "r.id") + `), 0), MIN(opened), MAX(opened) FROM recordings r
			WHERE clinic = ? AND COALESCE(ended, opened) < ? AND state NOT IN ('opening', 'live', 'shredded')`
	case policy.KeptCalls:
		query = `SELECT COUNT(*), COALESCE(SUM(` + heldSQL("c.clinic", "c.id", "c.recording") + `), 0), MIN(arrived), MAX(arrived) FROM calls c
			WHERE clinic = ? AND COALESCE(ended, arrived) < ? AND state <> 'live'`
	default:
		return d, fmt.Errorf("due: %s: %w", a, ErrInvalid)
	}
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var oldest, newest sql.NullInt64
		err := rows.Scan(&d.Count, &d.Held, &oldest, &newest)
		d.Oldest, d.Newest = instant(oldest), instant(newest)
		return err
	}, clinic, before.UnixMicro())
	if err != nil {
		return d, fmt.Errorf("due: %w", err)
	}
	d.Count -= d.Held
	return d, nil
}

// DueRecordings lists recordings of a clinic to be shredded, oldest first, at most n; held ones are left out.
func (s *Store) DueRecordings(ctx context.Context, clinic string, before time.Time, n int) ([]Recording, error) {
	query := "SELECT " + recordingColumns + ` FROM recordings r WHERE clinic = ? AND COALESCE(ended, opened) < ?
		AND state NOT IN ('opening', 'live', 'shredded') AND NOT ` + heldSQL("r.clinic", "r.call", "r.id") + " ORDER BY opened, id LIMIT ?"
	var list []Recording
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		r, err := scanRecording(rows)
		list = append(list, r)
		return err
	}, clinic, before.UnixMicro(), n)
	if err != nil {
		return nil, fmt.Errorf("due recordings: %w", err)
	}
	return list, nil
}

// PurgeCalls deletes calls of a clinic that ended before an instant, with legs and events, at most n, in one transaction;
// held ones, and those whose sound is still there, stay. The audit log remembers how many; it holds no PHI of them.
func (s *Store) PurgeCalls(ctx context.Context, actor audit.Actor, d Due, n int) (gone int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		pick := `SELECT c.id FROM calls c WHERE c.clinic = ? AND COALESCE(c.ended, c.arrived) < ? AND c.state <> 'live' AND NOT ` +
			heldSQL("c.clinic", "c.id", "c.recording") + ` AND NOT EXISTS (SELECT 1 FROM recordings r WHERE r.call = c.id AND r.state <> 'shredded')
			ORDER BY c.arrived, c.id LIMIT ?`
		args := []any{d.Clinic, d.Before.UnixMicro(), n}
		for _, from := range []string{"legs WHERE call", "call_events WHERE call", "recordings WHERE call"} {
			if _, err := t.exec("DELETE FROM "+from+" IN ("+pick+")", args...); err != nil {
				return err
			}
		}
		if gone, err = t.exec("DELETE FROM calls WHERE id IN ("+pick+")", args...); err != nil || gone == 0 {
			return err
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.Purged, Object: "calls", Clinic: d.Clinic, Facts: map[string]string{
			"artefact": string(policy.KeptCalls), "before": d.Before.UTC().Format(time.RFC3339), "count": strconv.FormatInt(gone, 10)}}, phi.Text{})
	})
	if err != nil {
		return 0, fmt.Errorf("purge calls: %w", err)
	}
	return gone, nil
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nightbell/policy"
)

// ScheduleVersion is one version of a schedule: nothing of it ever changes.
type ScheduleVersion struct {
	Version     int64
	Book        string // version of the book that it came with; empty: before that was kept
	At          time.Time
	Author      string
	Reason      string
	Correlation string
	Body        policy.Schedule // in lists without its edits
}

const versionColumns = "version, book, made, author, reason, correlation, body, edits_in = 'rows'"

// Versions lists the versions of a schedule, newest first, without edits. A schedule that was removed keeps its versions.
func (s *Store) Versions(ctx context.Context, schedule string) ([]ScheduleVersion, error) {
	var list []ScheduleVersion
	query := "SELECT " + versionColumns + " FROM schedule_versions WHERE schedule = ? ORDER BY version DESC"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		v, _, err := scanVersion(rows)
		v.Body.Edits = nil
		list = append(list, v)
		return err
	}, schedule)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("versions of schedule %s: %w", schedule, err)
	}
	return list, nil
}

// VersionOf reads one version whole, its edits included.
func (s *Store) VersionOf(ctx context.Context, schedule string, version int64) (ScheduleVersion, error) {
	v, err := s.versionOf(ctx, schedule, version)
	if err != nil {
		return v, fmt.Errorf("version %d of schedule %s: %w", version, schedule, err)
	}
	return v, nil
}

func (s *Store) versionOf(ctx context.Context, schedule string, version int64) (v ScheduleVersion, err error) {
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return v, named(err)
	}
	defer func() { _ = view.Rollback() }()
	return versionIn(ctx, view, schedule, version)
}

func versionIn(ctx context.Context, q querier, schedule string, version int64) (v ScheduleVersion, err error) {
	apart, found := false, false
	query := "SELECT " + versionColumns + " FROM schedule_versions WHERE schedule = ? AND version = ?"
	err = each(ctx, q, query, func(rows *sql.Rows) error {
		found = true
		v, apart, err = scanVersion(rows)
		return err
	}, schedule, version)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil || !apart {
		return v, err
	}
	v.Body.Edits, err = editsAt(ctx, q, schedule, version)
	return v, err
}

// scanVersion reads a row; apart says that its edits are not in the body.
func scanVersion(rows *sql.Rows) (v ScheduleVersion, apart bool, err error) {
	var book int64
	var made sql.NullInt64
	var body []byte
	if err := rows.Scan(&v.Version, &book, &made, &v.Author, &v.Reason, &v.Correlation, &body, &apart); err != nil {
		return v, false, err
	}
	v.At = instant(made)
	if book > 0 {
		v.Book = versionText(book)
	}
	return v, apart, json.Unmarshal(body, &v.Body)
}

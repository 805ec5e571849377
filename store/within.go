package store

import (
	"context"
	"database/sql"
	"time"
)

// Within is the part of the history that somebody sees: calls of these clinics, and besides them those that she took.
type Within struct {
	Clinics []string  // nil: all
	Took    string    // person; empty: no others
	Since   time.Time // of those that she took: arrived at or after; zero: all
	Calls   []string  // and these
}

// tookCall are the calls that a person spoke in.
const tookCall = "(SELECT call FROM legs WHERE person = ? AND answered IS NOT NULL)"

// within restricts rows that have a clinic, a call and a time of these names.
func (w *where) within(part Within, clinic, call, at string) {
	if part.Clinics == nil {
		return
	}
	either, args := "1 = 0", []any{}
	if len(part.Clinics) > 0 {
		either = clinic + " IN " + places(1, len(part.Clinics))
		for _, c := range part.Clinics {
			args = append(args, c)
		}
	}
	if part.Took != "" {
		either += " OR " + call + " IN " + tookCall + " AND " + at + " >= ?"
		since := int64(0)
		if !part.Since.IsZero() {
			since = part.Since.UnixMicro()
		}
		args = append(args, part.Took, since)
	}
	if len(part.Calls) > 0 {
		either += " OR " + call + " IN " + places(1, len(part.Calls))
		for _, id := range part.Calls {
			args = append(args, id)
		}
	}
	w.add("("+either+")", args...)
}

// tookOf says which of the calls the person spoke in.
func (s *Store) tookOf(ctx context.Context, person string, calls []string) (map[string][]string, error) {
	took := map[string][]string{}
	if person == "" || len(calls) == 0 {
		return took, nil
	}
	args := []any{person}
	for _, c := range calls {
		args = append(args, c)
	}
	query := "SELECT DISTINCT call FROM legs WHERE person = ? AND answered IS NOT NULL AND call IN " + places(1, len(calls))
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var call string
		err := rows.Scan(&call)
		took[call] = []string{person}
		return err
	}, args...)
	return took, err
}

// Took lists who spoke with the caller of a call.
func (s *Store) Took(ctx context.Context, call string) ([]string, error) {
	var people []string
	query := "SELECT DISTINCT person FROM legs WHERE call = ? AND answered IS NOT NULL AND person <> '' ORDER BY person"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var p string
		err := rows.Scan(&p)
		people = append(people, p)
		return err
	}, call)
	return people, err
}

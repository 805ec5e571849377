package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"nightbell/audit"
	"nightbell/policy"
)

// Edits stand in rows that count from one version until another. The list of a schedule only grows; a book file that
// brings another list closes the rows that differ, and what a past version had can still be asked.

// everybody is the schedule of edits that act on all: absences and deactivations. They count in versions of the book.
const everybody = ""

func loadEdits(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	of := make(map[string]*[]policy.Edit, len(b.Schedules)+1)
	of[everybody] = &b.Edits
	for i := range b.Schedules {
		of[b.Schedules[i].ID] = &b.Schedules[i].Edits
	}
	const query = "SELECT schedule, body FROM edits WHERE till IS NULL ORDER BY schedule, rank"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var schedule string
		var body []byte
		if err := rows.Scan(&schedule, &body); err != nil {
			return err
		}
		into := of[schedule]
		if into == nil { // of a schedule that was removed
			return nil
		}
		var e policy.Edit
		err := json.Unmarshal(body, &e)
		*into = append(*into, e)
		return err
	})
}

// editsAt reads the edits that counted in a version.
func editsAt(ctx context.Context, q querier, schedule string, version int64) ([]policy.Edit, error) {
	var list []policy.Edit
	const query = "SELECT body FROM edits WHERE schedule = ? AND since <= ? AND (till IS NULL OR till > ?) ORDER BY rank"
	err := each(ctx, q, query, func(rows *sql.Rows) error {
		e, err := scanJSON[policy.Edit](rows)
		list = append(list, e)
		return err
	}, schedule, version, version)
	return list, err
}

// editChange is what an audit leaf keeps of a changed list: not the whole of it.
type editChange struct {
	Gone  []json.RawMessage `json:"gone,omitempty"`
	Added []json.RawMessage `json:"added,omitempty"`
}

func (c editChange) empty() bool { return len(c.Gone) == 0 && len(c.Added) == 0 }

// putEdits makes the rows those of the list as of a version: what stands in both at the same place stays.
func (t *tx) putEdits(schedule string, version int64, list []policy.Edit) (c editChange, err error) {
	stand, err := t.standingEdits(schedule)
	if err != nil {
		return c, err
	}
	for rank, e := range list {
		body, err := json.Marshal(e)
		if err != nil {
			return c, err
		}
		if rank < len(stand) && bytes.Equal(stand[rank], body) {
			continue
		}
		if rank < len(stand) {
			c.Gone = append(c.Gone, stand[rank])
			if err := t.closeEdit(schedule, rank, version); err != nil {
				return c, err
			}
		}
		c.Added = append(c.Added, body)
		_, err = t.exec("INSERT INTO edits (schedule, rank, since, id, body) VALUES (?, ?, ?, ?, ?)",
			schedule, rank, version, e.ID, string(body))
		if err != nil {
			return c, fmt.Errorf("edit %s: %w", e.ID, err)
		}
	}
	for rank := len(list); rank < len(stand); rank++ {
		c.Gone = append(c.Gone, stand[rank])
		if err := t.closeEdit(schedule, rank, version); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (t *tx) standingEdits(schedule string) (list []json.RawMessage, err error) {
	const query = "SELECT body FROM edits WHERE schedule = ? AND till IS NULL ORDER BY rank"
	err = each(context.Background(), t.w.conn, query, func(rows *sql.Rows) error {
		var body []byte
		err := rows.Scan(&body)
		list = append(list, body)
		return err
	}, schedule)
	return list, err
}

func (t *tx) closeEdit(schedule string, rank int, version int64) error {
	return t.must("UPDATE edits SET till = ? WHERE schedule = ? AND rank = ? AND till IS NULL", version, schedule, rank)
}

// peopleEdits keeps the edits that act on every schedule.
func (a *applying) peopleEdits(old, b *policy.Book) error {
	n, err := versionNumber(old.Version)
	if err != nil {
		return err
	}
	c, err := a.t.putEdits(everybody, n+1, b.Edits)
	if err != nil || c.empty() {
		return err
	}
	return a.note(audit.PeopleEdited, "edits", "people", "", change{Before: nonNil(c.Gone), After: nonNil(c.Added)})
}

// nonNil makes an empty list of nothing: in a change, nil is "was not".
func nonNil(list []json.RawMessage) []json.RawMessage {
	if list == nil {
		return []json.RawMessage{}
	}
	return list
}

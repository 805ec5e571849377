package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// RecordingQuery asks for recordings, newest first. Empty fields do not restrict.
type RecordingQuery struct {
	Call        string
	Clinics     []string // nil: all
	Within      Within
	States      []RecordingState
	From, Until time.Time // opened in [From, Until)
	Limit       int       // 1..1000; 0 means 100
	Cursor      string
}

// RecordingPage is a page of a list; Next is empty at the end.
type RecordingPage struct {
	Rows []Recording
	Next string
}

// Recordings lists rows. It works sealed: crash recovery starts from it.
func (s *Store) Recordings(ctx context.Context, q RecordingQuery) (RecordingPage, error) {
	limit, err := limitOf(q.Limit)
	if err != nil {
		return RecordingPage{}, fmt.Errorf("recordings: %w", err)
	}
	w := &where{}
	w.equal("call", q.Call)
	w.in("clinic", q.Clinics)
	w.within(q.Within, "clinic", "call", "opened")
	w.in("state", texts(q.States))
	w.span("opened", q.From, q.Until)
	if err := w.beforeBoth(q.Cursor, "opened", "id"); err != nil {
		return RecordingPage{}, fmt.Errorf("recordings: %w", err)
	}
	var page RecordingPage
	query := "SELECT " + recordingColumns + " FROM recordings" + w.text() + " ORDER BY opened DESC, id DESC LIMIT ?"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		r, err := scanRecording(rows)
		page.Rows = append(page.Rows, r)
		return err
	}, append(w.args, limit+1)...)
	if err != nil {
		return RecordingPage{}, fmt.Errorf("recordings: %w", err)
	}
	if len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = cursor(last.Opened.UnixMicro(), last.ID)
	}
	calls := make([]string, len(page.Rows))
	for i := range page.Rows {
		calls[i] = page.Rows[i].Call
	}
	took, err := s.tookOf(ctx, q.Within.Took, calls)
	for i := range page.Rows {
		page.Rows[i].Took = took[page.Rows[i].Call]
	}
	if err != nil {
		return RecordingPage{}, fmt.Errorf("recordings: %w", err)
	}
	return page, nil
}

// Recording reads one row.
func (s *Store) Recording(ctx context.Context, id string) (Recording, error) {
	var found []Recording
	err := each(ctx, s.read, "SELECT "+recordingColumns+" FROM recordings WHERE id = ?", func(rows *sql.Rows) error {
		r, err := scanRecording(rows)
		found = append(found, r)
		return err
	}, id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Recording{}, fmt.Errorf("recording %s: %w", id, err)
	}
	return found[0], nil
}

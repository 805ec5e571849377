package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
)

// CallQuery asks for calls, newest first. Empty fields do not restrict.
type CallQuery struct {
	Clinics     []string  // nil: all
	From, Until time.Time // arrived in [From, Until)
	Outcome     call.Cause
	Caller      phi.Phone // E.164; found through the blind index of each clinic
	Within      Within
	Limit       int // 1..1000; 0 means 100
	Cursor      string
}

// CallRow is one call of a list.
type CallRow struct {
	ID        string
	Live      bool // under way, or cut off by a crash that was not yet recovered
	Clinic    string
	Trunk     call.TrunkFacts
	From      phi.Phone
	Pseudonym string // of the caller; empty where the number was withheld
	Dialled   phi.Phone
	Rules     string // version of the book that routed it
	Arrived   time.Time
	Answered  time.Time
	Ended     time.Time
	Outcome   call.Cause
	By        string
	Served    bool
	Recording string
	Took      []string // CallQuery.Within.Took, where she spoke in it
}

// CallPage is a page of a list; Next is empty at the end.
type CallPage struct {
	Rows []CallRow
	Next string
}

const callColumns = `id, state, clinic, trunk, trunk_name, known_by, protection, from_cell, from_index, dialled_cell, rules, arrived,
	answered, ended, outcome, by_whom, served, recording`

// Calls lists calls. That they were read is for the caller to audit, before.
func (s *Store) Calls(ctx context.Context, q CallQuery) (CallPage, error) {
	page, err := s.calls(ctx, q)
	if err != nil {
		return CallPage{}, fmt.Errorf("calls: %w", err)
	}
	return page, nil
}

func (s *Store) calls(ctx context.Context, q CallQuery) (CallPage, error) {
	k, err := s.sealer()
	if err != nil {
		return CallPage{}, err
	}
	limit, err := limitOf(q.Limit)
	if err != nil {
		return CallPage{}, err
	}
	w := &where{}
	w.in("clinic", q.Clinics)
	w.within(q.Within, "clinic", "id", "arrived")
	w.span("arrived", q.From, q.Until)
	w.equal("outcome", string(q.Outcome))
	if err := w.beforeBoth(q.Cursor, "arrived", "id"); err != nil {
		return CallPage{}, err
	}
	if !q.Caller.IsZero() {
		if err := s.byCaller(ctx, w, k, q); err != nil {
			return CallPage{}, err
		}
	}
	var page CallPage
	query := "SELECT " + callColumns + " FROM calls" + w.text() + " ORDER BY arrived DESC, id DESC LIMIT ?"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		r, err := scanCall(rows, k)
		page.Rows = append(page.Rows, r)
		return err
	}, append(w.args, limit+1)...)
	if err == nil && len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = cursor(last.Arrived.UnixMicro(), last.ID)
	}
	if err != nil {
		return page, err
	}
	ids := make([]string, len(page.Rows))
	for i := range page.Rows {
		ids[i] = page.Rows[i].ID
	}
	took, err := s.tookOf(ctx, q.Within.Took, ids)
	for i := range page.Rows {
		page.Rows[i].Took = took[page.Rows[i].ID]
	}
	return page, err
}

// byCaller restricts to the number's blind index in each clinic that is asked for.
func (s *Store) byCaller(ctx context.Context, w *where, k Sealer, q CallQuery) error {
	clinics := q.Clinics
	if clinics == nil {
		err := each(ctx, s.read, "SELECT DISTINCT clinic FROM calls", func(rows *sql.Rows) error {
			var c string
			err := rows.Scan(&c)
			clinics = append(clinics, c)
			return err
		})
		if err != nil {
			return err
		}
	}
	args := make([]any, 0, len(clinics))
	for _, c := range clinics {
		list, err := k.Indexes(c, q.Caller.Reveal())
		if err != nil {
			return fmt.Errorf("index of clinic %s: %w", c, err)
		}
		for _, x := range list {
			args = append(args, x[:])
		}
	}
	if len(args) == 0 {
		w.add("1 = 0")
		return nil
	}
	w.add("from_index IN "+places(1, len(args)), args...)
	return nil
}

func scanCall(rows *sql.Rows, k Sealer, more ...any) (CallRow, error) {
	var r CallRow
	var state string
	var from, index, dialled []byte
	var arrived, answered, ended sql.NullInt64
	t := &r.Trunk
	into := []any{
		&r.ID, &state, &r.Clinic, &t.ID, &t.Name, &t.KnownBy, &t.Protection, &from, &index, &dialled, &r.Rules, &arrived,
		&answered, &ended, &r.Outcome, &r.By, &r.Served, &r.Recording,
	}
	if err := rows.Scan(append(into, more...)...); err != nil {
		return r, err
	}
	r.Live, r.Arrived, r.Answered, r.Ended = state == "live", instant(arrived), instant(answered), instant(ended)
	clear, err := openCell(k, callCell("from_cell", r.ID, r.Clinic), from)
	if err != nil {
		return r, err
	}
	r.From, r.Pseudonym = phi.NewPhone(clear), pseudonym(index)
	clear, err = openCell(k, callCell("dialled_cell", r.ID, r.Clinic), dialled)
	r.Dialled = phi.NewPhone(clear)
	return r, err
}

// CallStory is everything that is kept of one call.
type CallStory struct {
	CallRow
	Plan       policy.Plan // zero while the call is live
	Legs       []Leg
	Events     []call.Event
	Recordings []Recording
}

// Leg is one leg of a story. Sound is the JSON of media.Stats as it was written; nil: no media.
type Leg struct {
	call.LegRecord
	Sound json.RawMessage
}

// Call reads one call's story as it stands.
func (s *Store) Call(ctx context.Context, id string) (CallStory, error) {
	story, err := s.story(ctx, id)
	if err != nil {
		return CallStory{}, fmt.Errorf("call %s: %w", id, err)
	}
	return story, nil
}

func (s *Store) story(ctx context.Context, id string) (CallStory, error) {
	k, err := s.sealer()
	if err != nil {
		return CallStory{}, err
	}
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return CallStory{}, named(err)
	}
	defer func() { _ = view.Rollback() }()
	var found []CallStory
	err = each(ctx, view, "SELECT "+callColumns+", plan FROM calls WHERE id = ?", func(rows *sql.Rows) error {
		var c CallStory
		var plan []byte
		if c.CallRow, err = scanCall(rows, k, &plan); err != nil {
			return err
		}
		if len(plan) > 0 {
			err = json.Unmarshal(plan, &c.Plan)
		}
		found = append(found, c)
		return err
	}, id)
	if err != nil {
		return CallStory{}, err
	}
	if len(found) == 0 {
		return CallStory{}, ErrNotFound
	}
	err = storyParts(ctx, view, &found[0])
	return found[0], err
}

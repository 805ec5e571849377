package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// AuditQuery asks for leaves, newest first. Empty fields do not restrict.
type AuditQuery struct {
	From, Until time.Time // [From, Until)
	Actions     []audit.Action
	Object      string
	Actor       string
	Correlation string
	Clinics     []string // nil: all
	Limit       int      // 1..1000; 0 means 100
	Cursor      string   // of the page before
}

// AuditRow is one leaf of a list.
type AuditRow struct {
	Seq   int64
	Event audit.Event
}

// AuditPage is a page of a list; Next is empty at the end.
type AuditPage struct {
	Rows []AuditRow
	Next string
}

// AuditList reads the audit log. That it was read is for the caller to audit.
func (s *Store) AuditList(ctx context.Context, q AuditQuery) (AuditPage, error) {
	limit, err := limitOf(q.Limit)
	if err != nil {
		return AuditPage{}, fmt.Errorf("audit list: %w", err)
	}
	w := &where{}
	w.span("at", q.From, q.Until)
	w.in("action", texts(q.Actions))
	w.equal("object", q.Object)
	w.equal("actor", q.Actor)
	w.equal("correlation", q.Correlation)
	w.in("clinic", q.Clinics)
	if err := w.before(q.Cursor, "seq"); err != nil {
		return AuditPage{}, fmt.Errorf("audit list: %w", err)
	}
	page, err := s.auditPage(ctx, w, limit)
	if err != nil {
		return AuditPage{}, fmt.Errorf("audit list: %w", err)
	}
	return page, nil
}

func (s *Store) auditPage(ctx context.Context, w *where, limit int) (AuditPage, error) {
	rows, err := s.read.QueryContext(ctx,
		"SELECT seq, leaf FROM audit_leaves"+w.text()+" ORDER BY seq DESC LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return AuditPage{}, named(err)
	}
	defer rows.Close()
	var page AuditPage
	for rows.Next() {
		var seq int64
		var leaf []byte
		if err := rows.Scan(&seq, &leaf); err != nil {
			return AuditPage{}, named(err)
		}
		if len(page.Rows) == limit {
			page.Next = cursor(page.Rows[limit-1].Seq)
			break
		}
		e, _, err := audit.ParseLeaf(leaf)
		if err != nil {
			return AuditPage{}, fmt.Errorf("seq %d: %w", seq, err)
		}
		page.Rows = append(page.Rows, AuditRow{seq, e})
	}
	return page, named(rows.Err())
}

// AuditDetailOf opens the sealed detail of a row; the zero Text where there is none.
func (s *Store) AuditDetailOf(r AuditRow) (phi.Text, error) {
	if r.Event.Detail == nil {
		return phi.Text{}, nil
	}
	k, err := s.sealer()
	if err != nil {
		return phi.Text{}, fmt.Errorf("audit detail %d: %w", r.Seq, err)
	}
	b, err := k.OpenCell(detailCell(r.Seq, r.Event.Clinic), r.Event.Detail)
	if err != nil {
		return phi.Text{}, fmt.Errorf("audit detail %d: %w", r.Seq, err)
	}
	return phi.NewText(string(b)), nil
}

// AuditNewest is the latest time that stands in the log; zero before the first leaf.
func (s *Store) AuditNewest(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT max(at) FROM audit_leaves").Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("audit newest: %w", named(err))
	}
	return instant(at), nil
}

// Checkpoints gives the signed tree heads of more than size leaves, oldest first, at most n: what a witness is sent.
func (s *Store) Checkpoints(ctx context.Context, size int64, n int) ([]audit.Kept, error) {
	rows, err := s.read.QueryContext(ctx,
		"SELECT size, note FROM audit_checkpoints WHERE size > ? ORDER BY size LIMIT ?", size, n)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", named(err))
	}
	defer rows.Close()
	var list []audit.Kept
	for rows.Next() {
		var k audit.Kept
		if err := rows.Scan(&k.Size, &k.Note); err != nil {
			return nil, fmt.Errorf("checkpoints: %w", named(err))
		}
		list = append(list, k)
	}
	return list, named(rows.Err())
}

func texts[T ~string](list []T) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// where gathers the conditions of a list. Names are ours, values are arguments.
type where struct {
	parts []string
	args  []any
}

func (w *where) add(part string, args ...any) {
	w.parts = append(w.parts, part)
	w.args = append(w.args, args...)
}

func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// in restricts to a set; nil does not restrict, an empty set matches nothing.
func (w *where) in(column string, set []string) {
	if set == nil {
		return
	}
	if len(set) == 0 {
		w.add("1 = 0")
		return
	}
	args := make([]any, len(set))
	for i, x := range set {
		args[i] = x
	}
	w.add(column+" IN "+places(1, len(set)), args...)
}

func (w *where) span(column string, from, until time.Time) {
	if !from.IsZero() {
		w.add(column+" >= ?", from.UnixMicro())
	}
	if !until.IsZero() {
		w.add(column+" < ?", until.UnixMicro())
	}
}

func (w *where) text() string {
	if len(w.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

// AuditLeaves gives the leaves from a seq on, at most n, out of the database: what was archived is not there any more.
func (s *Store) AuditLeaves(ctx context.Context, from int64, n int) ([]audit.Row, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, leaf FROM audit_leaves WHERE seq >= ? ORDER BY seq LIMIT ?", from, n)
	if err != nil {
		return nil, fmt.Errorf("audit leaves: %w", named(err))
	}
	defer rows.Close()
	var list []audit.Row
	for rows.Next() {
		r := audit.Row{State: audit.Archived} // without the copies beside it
		if err := rows.Scan(&r.Seq, &r.Leaf); err != nil {
			return nil, fmt.Errorf("audit leaves: %w", named(err))
		}
		list = append(list, r)
	}
	return list, named(rows.Err())
}

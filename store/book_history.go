package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// BookVersion is a line of the book's history.
type BookVersion struct {
	Version string
	Made    time.Time
	Author  string
	Reason  string
	Changed map[string]int // how many things of each kind
}

// BookHistory lists the versions, newest first, at most n.
func (s *Store) BookHistory(ctx context.Context, n int) ([]BookVersion, error) {
	const query = "SELECT version, made, author, reason, summary FROM book_versions ORDER BY version DESC LIMIT ?"
	var list []BookVersion
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var v BookVersion
		var version, made int64
		var summary []byte
		if err := rows.Scan(&version, &made, &v.Author, &v.Reason, &summary); err != nil {
			return err
		}
		v.Version, v.Made = versionText(version), time.UnixMicro(made).UTC()
		list = append(list, v)
		return json.Unmarshal(summary, &list[len(list)-1].Changed)
	}, n)
	if err != nil {
		return nil, fmt.Errorf("book history: %w", err)
	}
	return list, nil
}

// BookAt reads the rules as a past version had them; where devices alone changed since, they are those of the last whole
// version before it.
func (s *Store) BookAt(ctx context.Context, version string) (*policy.Book, error) {
	b, err := s.bookAt(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("book %s: %w", version, err)
	}
	return b, nil
}

func (s *Store) bookAt(ctx context.Context, version string) (*policy.Book, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	want, err := versionNumber(version)
	if err != nil {
		return nil, err
	}
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, named(err)
	}
	defer func() { _ = view.Rollback() }()
	var n, asked int64
	row := view.QueryRowContext(ctx, `SELECT coalesce(max(version), 0), (SELECT count(*) FROM book_versions WHERE version = ?)
		FROM book_versions WHERE version <= ? AND length(body_cell) > 0`, want, want)
	if err := row.Scan(&n, &asked); err != nil {
		return nil, named(err)
	}
	if asked == 0 || n == 0 {
		return nil, ErrNotFound
	}
	b, err := pastBook(ctx, view, k, n)
	if err != nil {
		return nil, err
	}
	b.Version = version
	return b, nil
}

// pastBook puts a filed version together: the whole one under it, and the differences since.
func pastBook(ctx context.Context, q querier, k Sealer, n int64) (*policy.Book, error) {
	var differences []delta
	for at := n; ; {
		body, base, err := filed(ctx, q, k, at)
		if err != nil {
			return nil, err
		}
		if base <= 0 {
			return rebuild(ctx, q, body, differences, n)
		}
		var d delta
		if err := json.Unmarshal([]byte(body), &d); err != nil || base >= at {
			return nil, fmt.Errorf("%w: history is not JSON", ErrDamaged) // the decoder's error could quote it
		}
		differences, at = append(differences, d), base
	}
}

func filed(ctx context.Context, q querier, k Sealer, n int64) (body string, base int64, err error) {
	var cell []byte
	row := q.QueryRowContext(ctx, "SELECT body_cell, base FROM book_versions WHERE version = ?", n)
	if err := row.Scan(&cell, &base); err != nil {
		return "", 0, named(err)
	}
	body, err = openCell(k, historyCell(n), cell)
	return body, base, err
}

// rebuild lays the differences, newest first, over the whole book.
func rebuild(ctx context.Context, q querier, body string, differences []delta, n int64) (*policy.Book, error) {
	var h history
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		return nil, fmt.Errorf("%w: history is not JSON", ErrDamaged)
	}
	people, err := peopleOf(h.People)
	if err != nil {
		return nil, err
	}
	p := past{book: h.Book, refs: h.Schedules}
	p.book.People = people
	if !h.Apart {
		return &p.book, nil
	}
	for i := len(differences) - 1; i >= 0; i-- {
		if err := p.under(differences[i]); err != nil {
			return nil, err
		}
	}
	return &p.book, p.schedules(ctx, q, n)
}

// history is the whole book in clear JSON, for the sealed cell. Apart: its schedules and edits stand in rows of their own.
type history struct {
	Book      policy.Book   `json:"book"`
	People    []clearPerson `json:"people"`
	Schedules []scheduleRef `json:"schedules,omitempty"`
	Apart     bool          `json:"apart,omitempty"`
}

func peopleOf(list []clearPerson) ([]policy.Person, error) {
	var people []policy.Person
	for _, c := range list {
		p := policy.Person{Name: phi.NewName(c.Name), Phone: phi.NewPhone(c.Phone)}
		if err := json.Unmarshal(c.Body, &p); err != nil {
			return nil, fmt.Errorf("%w: history is not JSON", ErrDamaged)
		}
		people = append(people, p)
	}
	return people, nil
}

// versionText is "b17"; the empty book of a new instance is "b0".
func versionText(n int64) string { return "b" + strconv.FormatInt(n, 10) }

func versionNumber(version string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(version, "b"), 10, 64)
	if err != nil || versionText(n) != version || n < 0 {
		return 0, fmt.Errorf("book version %q: %w", version, ErrInvalid)
	}
	return n, nil
}

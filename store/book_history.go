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
	var n, asked int64
	var cell []byte
	row := s.read.QueryRowContext(ctx, `SELECT version, body_cell, (SELECT count(*) FROM book_versions WHERE version = ?)
		FROM book_versions WHERE version <= ? AND length(body_cell) > 0 ORDER BY version DESC LIMIT 1`, want, want)
	if err := row.Scan(&n, &cell, &asked); err != nil {
		return nil, named(err)
	}
	if asked == 0 {
		return nil, ErrNotFound
	}
	body, err := openCell(k, historyCell(n), cell)
	if err != nil {
		return nil, err
	}
	return historyBook(body, version)
}

// history is the whole book in clear JSON, for the sealed cell.
type history struct {
	Book   policy.Book   `json:"book"`
	People []clearPerson `json:"people"`
}

func historyBody(b *policy.Book) (string, error) {
	h := history{Book: *b}
	h.Book.People = nil
	for _, p := range b.People {
		body, err := personBody(p)
		if err != nil {
			return "", err
		}
		h.People = append(h.People, clearPerson{body, p.Name.Reveal(), p.Phone.Reveal()})
	}
	body, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("book history: %w", err)
	}
	return string(body), nil
}

func historyBook(body, version string) (*policy.Book, error) {
	var h history
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		return nil, fmt.Errorf("%w: history is not JSON", ErrDamaged) // the decoder's error could quote it
	}
	for _, c := range h.People {
		p := policy.Person{Name: phi.NewName(c.Name), Phone: phi.NewPhone(c.Phone)}
		if err := json.Unmarshal(c.Body, &p); err != nil {
			return nil, fmt.Errorf("%w: history is not JSON", ErrDamaged)
		}
		h.Book.People = append(h.Book.People, p)
	}
	h.Book.Version = version
	return &h.Book, nil
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

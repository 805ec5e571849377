package store

import (
	"context"
	"slices"
	"sync"

	"nightbell/policy"
)

// shelf keeps the book that was read last. It answers as long as its version holds, which every reader asks first: it has
// no lifetime and cannot be stale.
type shelf struct {
	mu   sync.Mutex
	book *policy.Book
}

// take gives the book of a version where it stands there; nil where it does not.
func (s *shelf) take(version string) *policy.Book {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book == nil || s.book.Version != version {
		return nil
	}
	return lent(s.book)
}

// put keeps a book that was read from committed rows.
func (s *shelf) put(b *policy.Book) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book == nil || newer(b.Version, s.book.Version) {
		s.book = lent(b)
	}
}

func newer(a, b string) bool {
	x, err := versionNumber(a)
	y, other := versionNumber(b)
	return err == nil && other == nil && x > y
}

// lent is a book of which the receiver may replace clinics, people, schedules and layers, and append edits, without the
// lender noticing.
func lent(b *policy.Book) *policy.Book {
	c := *b
	c.Clinics, c.Numbers, c.Trunks = slices.Clone(b.Clinics), slices.Clone(b.Numbers), slices.Clone(b.Trunks)
	c.People, c.Devices = slices.Clone(b.People), slices.Clone(b.Devices)
	c.Edits, c.Queues, c.Laws = slices.Clip(b.Edits), slices.Clone(b.Queues), slices.Clone(b.Laws)
	c.Schedules = slices.Clone(b.Schedules)
	for i := range c.Schedules {
		s := &c.Schedules[i]
		s.Layers, s.Overrides, s.Edits = slices.Clone(s.Layers), slices.Clip(s.Overrides), slices.Clip(s.Edits)
	}
	return &c
}

// shelve keeps the book that a commit left; nil: none, the next reader reads it.
func (s *Store) shelve(b *policy.Book) {
	if b != nil {
		s.shelf.put(b)
	}
}

// held is the book as the transaction finds it, its own changes included.
func (t *tx) held(ctx context.Context, k Sealer) (*policy.Book, error) {
	if t.book != nil {
		return lent(t.book), nil
	}
	if t.changed { // not committed: it goes on no shelf
		return loadBook(ctx, t.w.conn, k)
	}
	version, err := bookVersion(ctx, t.w.conn)
	if err != nil {
		return nil, err
	}
	if b := t.w.store.shelf.take(version); b != nil {
		return b, nil
	}
	b, err := loadBook(ctx, t.w.conn, k)
	if err == nil {
		t.w.store.shelf.put(b)
	}
	return b, err
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// FeedEntry is what a feed last said of one shift: a calendar that fetches again must see the same UID, a SEQUENCE that
// grew with each change, and a shift that is gone as cancelled (RFC 5545 §3.8.7.4, §3.8.1.11).
type FeedEntry struct {
	UID        string
	Sequence   int
	Start, End time.Time
	Hash       []byte // of everything shown, so that a change is seen; the text itself is not kept
	State      FeedState
	Changed    time.Time
}

// FeedState is a closed list.
type FeedState string

const (
	LiveEntry      FeedState = "live"
	CancelledEntry FeedState = "cancelled"
)

// FeedEntries lists what a feed last said, by start.
func (s *Store) FeedEntries(ctx context.Context, feed string) ([]FeedEntry, error) {
	const query = `SELECT uid, sequence, starts, ends, hash, state, changed FROM feed_entries WHERE feed = ?
		ORDER BY starts, uid`
	var list []FeedEntry
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var e FeedEntry
		var starts, ends, changed sql.NullInt64
		err := rows.Scan(&e.UID, &e.Sequence, &starts, &ends, &e.Hash, &e.State, &changed)
		e.Start, e.End, e.Changed = instant(starts), instant(ends), instant(changed)
		list = append(list, e)
		return err
	}, feed)
	if err != nil {
		return nil, fmt.Errorf("entries of feed %s: %w", feed, err)
	}
	return list, nil
}

// PutFeedEntries files what a feed now says: those given are written, others stay, and what ended before the given time
// is forgotten. An entry whose sequence would fall, because somebody else fetched in between, is ErrConflict and nothing
// is filed: the feed is made anew from what stands.
func (s *Store) PutFeedEntries(ctx context.Context, feed string, list []FeedEntry, forget time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec("DELETE FROM feed_entries WHERE feed = ? AND ends < ?", feed, forget.UnixMicro()); err != nil {
			return err
		}
		for _, e := range list {
			if err := t.putFeedEntry(feed, e); err != nil {
				return fmt.Errorf("entry %s: %w", e.UID, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("entries of feed %s: %w", feed, err)
	}
	return nil
}

func (t *tx) putFeedEntry(feed string, e FeedEntry) error {
	if e.UID == "" || e.State != LiveEntry && e.State != CancelledEntry {
		return ErrInvalid
	}
	if e.Hash == nil {
		e.Hash = []byte{}
	}
	if e.Changed.IsZero() {
		e.Changed = t.w.store.now()
	}
	n, err := t.exec(`INSERT INTO feed_entries (feed, uid, sequence, starts, ends, hash, state, changed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (feed, uid) DO UPDATE SET sequence = excluded.sequence,
		starts = excluded.starts, ends = excluded.ends, hash = excluded.hash, state = excluded.state, changed = excluded.changed
		WHERE excluded.sequence > sequence OR excluded.sequence = sequence AND excluded.hash = hash`,
		feed, e.UID, e.Sequence, e.Start.UnixMicro(), e.End.UnixMicro(), e.Hash, string(e.State), e.Changed.UnixMicro())
	if err == nil && n == 0 {
		return fmt.Errorf("sequence %d was said already: %w", e.Sequence, ErrConflict)
	}
	return err
}

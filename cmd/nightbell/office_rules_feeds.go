package main

import (
	"context"
	"errors"
	"time"

	"nightbell/audit"
	"nightbell/book"
	"nightbell/console"
	"nightbell/store"
)

// feeds is calendars to subscribe to.
type feeds struct{ rulebook }

func feedView(f store.Feed) console.FeedView {
	return console.FeedView{ID: f.ID, Kind: string(f.Kind), Subject: f.Subject, Made: f.Made, Revoked: f.Revoked}
}

// List shows a clinic its own feeds alone, not those of people: they tell of shifts elsewhere.
func (f feeds) List(ctx context.Context, only string) ([]console.FeedView, error) {
	rows, err := f.Store.Feeds(ctx)
	if err != nil {
		return nil, known(err)
	}
	var out []console.FeedView
	for _, row := range rows {
		if only == "" || row.Kind == store.ClinicFeed && row.Subject == only {
			out = append(out, feedView(row))
		}
	}
	return out, nil
}

func (f feeds) Make(ctx context.Context, b console.FeedBody, by audit.Actor) (console.FeedView, string, error) {
	s, err := f.snapshot(ctx)
	if err != nil {
		return console.FeedView{}, "", err
	}
	_, clinic := s.Clinic(b.Subject)
	_, person := s.Person(b.Subject)
	if b.Kind == string(store.ClinicFeed) && !clinic || b.Kind == string(store.PersonFeed) && !person {
		return console.FeedView{}, "", console.Mistakes{{Field: "body.subject", Text: "unknown " + b.Kind}}
	}
	made, secret, err := f.Store.CreateFeed(ctx, by, store.Feed{Kind: store.FeedKind(b.Kind), Subject: b.Subject})
	return feedView(made), secret, known(err)
}

func (f feeds) Revoke(ctx context.Context, id string, by audit.Actor) error {
	return known(f.Store.RevokeFeed(ctx, by, id))
}

// Open renders the living feed of a secret. What it says is kept, so that the next reading knows what changed; a feed that
// two programs read at once is made anew from what the other one was told.
func (f feeds) Open(ctx context.Context, secret string) (console.FeedView, []byte, error) {
	found, err := f.Store.FeedOf(ctx, secret)
	if err != nil {
		return console.FeedView{}, nil, known(err)
	}
	snap, err := f.snapshot(ctx)
	if err != nil {
		return console.FeedView{}, nil, err
	}
	now := f.now().UTC().Truncate(time.Second)
	look := book.FeedLook{Now: now}
	name := "On call: " + found.Subject
	if found.Kind == store.PersonFeed {
		look.Person = found.Subject
	} else {
		look.Clinic = found.Subject
		if c, ok := snap.Clinic(found.Subject); ok {
			name = "On call: " + c.Name
		}
	}
	tells := book.FeedEntries(snap, look)
	for range maxTries {
		entries, err := f.follow(ctx, found.ID, tells, now)
		if err == nil {
			return feedView(found), book.Calendar(book.Feed{Name: name, Entries: entries}), nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return console.FeedView{}, nil, known(err)
		}
	}
	return console.FeedView{}, nil, console.ErrConflict
}

// keepEntries is how long ago an entry must have ended to be forgotten: longer than a feed looks back.
const keepEntries = 60 * 24 * time.Hour

// follow carries the feed on from what it last said, and keeps only what differs from that.
func (f feeds) follow(ctx context.Context, feed string, tells []book.Entry, now time.Time) ([]book.Entry, error) {
	rows, err := f.Store.FeedEntries(ctx, feed)
	if err != nil {
		return nil, err
	}
	said := make([]book.Entry, len(rows))
	kept := make(map[string]book.Entry, len(rows))
	for i, r := range rows {
		said[i] = book.Entry{
			UID: r.UID, Sequence: r.Sequence, Start: r.Start, End: r.End, Hash: r.Hash, Cancelled: r.State == store.CancelledEntry,
			Changed: r.Changed,
		}
		kept[r.UID] = said[i]
	}
	all := book.Follow(said, tells, now)
	var news []store.FeedEntry
	for _, e := range all {
		if old, ok := kept[e.UID]; ok && old.Sequence == e.Sequence && old.Cancelled == e.Cancelled {
			continue
		}
		row := store.FeedEntry{UID: e.UID, Sequence: e.Sequence, Start: e.Start, End: e.End, Hash: e.Hash, State: store.LiveEntry, Changed: e.Changed}
		if e.Cancelled {
			row.State = store.CancelledEntry
		}
		news = append(news, row)
	}
	if len(news) == 0 {
		return all, nil
	}
	return all, f.Store.PutFeedEntries(ctx, feed, news, now.Add(-keepEntries))
}

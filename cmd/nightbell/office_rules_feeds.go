package main

import (
	"context"

	"nightbell/audit"
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

package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// FeedKind says whose shifts a calendar feed shows.
type FeedKind string

const (
	PersonFeed FeedKind = "person"
	ClinicFeed FeedKind = "clinic"
)

// Feed is a calendar feed as it is shown. Its secret was shown once; only its SHA-256 is kept, which is enough for 256
// random bits.
type Feed struct {
	ID      string
	Kind    FeedKind
	Subject string // id of the person or clinic
	Author  string // who made it
	Made    time.Time
	Revoked time.Time // zero: it opens
}

// CreateFeed makes a feed and gives its secret, once. ID, Author and Made are set here.
func (s *Store) CreateFeed(ctx context.Context, actor audit.Actor, want Feed) (Feed, string, error) {
	if want.Kind != PersonFeed && want.Kind != ClinicFeed || want.Subject == "" {
		return Feed{}, "", fmt.Errorf("create feed: kind and subject: %w", ErrInvalid)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	secret := base64.RawURLEncoding.EncodeToString(raw)
	hash := sha256.Sum256([]byte(secret))
	want.ID, want.Author, want.Made, want.Revoked = newID(), actor.ID, s.now(), time.Time{}
	err := s.write(ctx, func(t *tx) error {
		if err := t.stays(want.Author); err != nil {
			return err
		}
		_, err := t.exec("INSERT INTO feeds (id, kind, subject, hash, made, author) VALUES (?, ?, ?, ?, ?, ?)",
			want.ID, string(want.Kind), want.Subject, hash[:], want.Made.UnixMicro(), want.Author)
		if err != nil {
			return err
		}
		return t.remember(want.event(actor, audit.FeedCreated), phi.Text{})
	})
	if err != nil {
		return Feed{}, "", fmt.Errorf("create feed: %w", err)
	}
	return want, secret, nil
}

func (f Feed) event(actor audit.Actor, action audit.Action) audit.Event {
	e := audit.Event{
		Actor: actor, Action: action, Object: "feed:" + f.ID,
		Facts: map[string]string{"kind": string(f.Kind), "subject": f.Subject},
	}
	if f.Kind == ClinicFeed {
		e.Clinic = f.Subject
	}
	return e
}

// RevokeFeed ends a feed; one that does not live is ErrNotFound. What it showed stays, for the answer "cancelled" is no
// longer owed to anybody.
func (s *Store) RevokeFeed(ctx context.Context, actor audit.Actor, id string) error {
	err := s.write(ctx, func(t *tx) error {
		f := Feed{ID: id}
		if err := t.scan("SELECT kind, subject FROM feeds WHERE id = ?", []any{id}, &f.Kind, &f.Subject); err != nil {
			return err
		}
		if err := t.must("UPDATE feeds SET revoked = ? WHERE id = ? AND revoked IS NULL", s.now().UnixMicro(), id); err != nil {
			return err
		}
		return t.remember(f.event(actor, audit.FeedRevoked), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("revoke feed %s: %w", id, err)
	}
	return nil
}

// FeedOf finds the living feed of a secret. Unknown and revoked are both ErrNotFound.
func (s *Store) FeedOf(ctx context.Context, secret string) (Feed, error) {
	hash := sha256.Sum256([]byte(secret))
	list, err := s.feeds(ctx, " WHERE hash = ? AND revoked IS NULL", hash[:])
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Feed{}, fmt.Errorf("feed: %w", err)
	}
	return list[0], nil
}

// Feeds lists all feeds, revoked ones too, oldest first.
func (s *Store) Feeds(ctx context.Context) ([]Feed, error) {
	list, err := s.feeds(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("feeds: %w", err)
	}
	return list, nil
}

func (s *Store) feeds(ctx context.Context, where string, args ...any) ([]Feed, error) {
	var list []Feed
	query := "SELECT id, kind, subject, author, made, revoked FROM feeds" + where + " ORDER BY made, id"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var f Feed
		var made, revoked sql.NullInt64
		err := rows.Scan(&f.ID, &f.Kind, &f.Subject, &f.Author, &made, &revoked)
		f.Made, f.Revoked = instant(made), instant(revoked)
		list = append(list, f)
		return err
	}, args...)
	return list, err
}

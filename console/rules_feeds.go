package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"nightbell/audit"
)

func listFeeds(c *Console, ctx context.Context, in *ClinicScope) (*answer[list[FeedView]], error) {
	items, err := c.feeds(ctx, in.Clinic)
	return say(paged(items, err, in.Bulk, func(v FeedView) string { return v.ID }))
}

func (c *Console) feeds(ctx context.Context, asked string) ([]FeedView, error) {
	return perClinic(ctx, asked, func(only string) ([]FeedView, error) { return c.ports.Feeds.List(ctx, only) })
}

// madeFeed is a feed with its address, shown once.
type madeFeed struct {
	FeedView
	Path string `json:"path" doc:"of the calendar on this server; who has it may read it. Shown this once: only a hash is kept"`
}

func createFeed(c *Console, ctx context.Context, in *struct{ Body FeedBody }) (*answer[madeFeed], error) {
	if err := c.mayFeed(ctx, in.Body); err != nil {
		return nil, err
	}
	f, secret, err := c.ports.Feeds.Make(ctx, in.Body, askingOf(ctx).who.Actor)
	return say(madeFeed{f, feedPath + secret + feedEnding}, err)
}

// mayFeed: whoever is bound to clinics makes a clinic's calendar. A person's shows shifts in other clinics too.
func (c *Console) mayFeed(ctx context.Context, b FeedBody) error {
	if askingOf(ctx).unbound() {
		return nil
	}
	if b.Kind != "clinic" {
		return ErrNotAllowed
	}
	return may(ctx, b.Subject, nil)
}

func revokeFeed(c *Console, ctx context.Context, in *Named) (*done, error) {
	items, err := c.feeds(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, f := range items {
		if f.ID == in.ID {
			return nil, c.ports.Feeds.Revoke(ctx, in.ID, askingOf(ctx).who.Actor)
		}
	}
	return nil, ErrNotFound
}

const (
	feedPath   = "/feeds/"
	feedEnding = ".ics"
)

// serveFeed answers calendar programs, which send no token: the secret in the path is the permission. An address that
// guesses is slowed down like one that guesses tokens, and every reading is remembered before it is shown.
func (c *Console) serveFeed(w http.ResponseWriter, r *http.Request) {
	a := askingOf(r.Context())
	a.route = Route{ID: "feed", Action: audit.FeedRead, Reach: Clinic}
	ip := addressOf(r)
	if wait := c.guesses.wait(ip, c.now()); wait > 0 {
		slowDown(w, wait).write(w)
		return
	}
	secret, ends := strings.CutSuffix(r.PathValue("file"), feedEnding)
	if !ends || secret == "" {
		problem(http.StatusNotFound, "about:blank", detailFor(http.StatusNotFound)).write(w)
		return
	}
	f, calendar, err := c.ports.Feeds.Open(r.Context(), secret)
	if errors.Is(err, ErrNotFound) {
		c.guesses.failed(ip, c.now())
	}
	if err == nil {
		a.who.Actor = audit.Actor{Type: "feed", ID: f.ID, IP: ip}
		err = c.note(r.Context(), a.event("feed:"+f.ID, clinicOf(f), notice{}))
	}
	if err != nil {
		_ = c.fail(r.Context(), err)
		p := *asProblem(err)
		p.Request = a.request
		p.write(w)
		return
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `inline; filename="oncall.ics"`)
	_, _ = w.Write(calendar)
}

func clinicOf(f FeedView) string {
	if f.Kind == "clinic" {
		return f.Subject
	}
	return ""
}

package console

import (
	"context"
	"time"
)

// longestCover is how far what somebody phones in may reach: the office confirms in the morning.
const longestCover = 24 * time.Hour

type calledInIn struct {
	Named
	Body struct {
		From      string    `json:"from" pattern:"^[a-z0-9._-]{1,64}$" doc:"person id: whose shift it is"`
		Cover     string    `json:"cover" pattern:"^[a-z0-9._-]{1,64}$" doc:"person id: who takes it"`
		Start     time.Time `json:"start,omitzero" doc:"now if absent; within the next 24 h"`
		End       time.Time `json:"end" doc:"at most 24 h ahead"`
		Confirmed string    `json:"confirmed" enum:"call_back,pin" doc:"how it was made sure that it is the clinician who says so"`
	}
}

// coverCalledIn records that somebody else takes a shift, as a clinician phoned it in. It bends the rota for a day and nothing
// else; the log says who took it down and how the clinician was known.
func coverCalledIn(c *Console, ctx context.Context, in *calledInIn) (*tagged[Saved], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	b, now := in.Body, c.now()
	if b.Start.IsZero() {
		b.Start = now
	}
	switch {
	case b.From == b.Cover:
		return nil, Mistakes{{Field: "body.cover", Text: "is whose shift it is"}}
	case b.Start.Before(now.Add(-time.Minute)):
		return nil, Mistakes{{Field: "body.start", Text: "is past"}}
	case !b.End.After(b.Start) || b.End.After(now.Add(longestCover)):
		return nil, Mistakes{{Field: "body.end", Text: "not after start, within the next 24 h"}}
	}
	facts := map[string]string{"from": b.From, "cover": b.Cover, "confirmed": b.Confirmed, "end": b.End.UTC().Format(time.RFC3339)}
	if err := c.remember(ctx, "schedule:"+in.ID, askingOf(ctx).oneClinic(), notice{facts: facts}); err != nil {
		return nil, err
	}
	r := plainRevision(ctx, in.ID, Motive{Reason: "called in, confirmed by " + b.Confirmed})
	r.Match = "*"
	edit := EditBody{
		Do: "cover", Person: b.Cover, From: b.From,
		Start: Moment(b.Start.UTC().Format(time.RFC3339)), End: Moment(b.End.UTC().Format(time.RFC3339)),
	}
	return saved(ctx)(c.ports.Schedules.Edit(ctx, r, []EditBody{edit}))
}

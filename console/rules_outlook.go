package console

import (
	"context"
	"strconv"
	"time"

	"nightbell/policy"
)

type onCallWhyIn struct {
	Schedule string    `query:"schedule" required:"true" minLength:"1" maxLength:"64"`
	At       time.Time `query:"at" doc:"instant; now if absent"`
	KnownAt  time.Time `query:"known_at" doc:"as it was known then; absent: everything known now"`
}

func onCallWhy(c *Console, ctx context.Context, in *onCallWhyIn) (*answer[Explanation], error) {
	v, err := c.schedule(ctx, in.Schedule)
	if err != nil {
		return nil, err
	}
	q := RotaQuery{Clinic: v.Clinic, Schedule: v.ID, KnownAt: in.KnownAt}
	if q.From, _, err = c.span(in.At, time.Time{}, time.Hour); err != nil {
		return nil, err
	}
	e, err := c.ports.Outlook.Why(ctx, q)
	e.Tiers, e.Because, e.Notes = noNil(e.Tiers), noNil(e.Because), noNil(e.Notes)
	return say(e, err)
}

type onCallGapsIn struct {
	RotaScope
	Days int `query:"days" minimum:"1" maximum:"400" default:"90" doc:"how far ahead"`
}

func onCallGaps(c *Console, ctx context.Context, in *onCallGapsIn) (*answer[list[policy.Gap]], error) {
	now := c.now()
	q := RotaQuery{From: now, To: now.Add(time.Duration(in.Days) * 24 * time.Hour)}
	items, err := rota(ctx, in.RotaScope, q, c.ports.Outlook.Gaps)
	return say(listed(items, ""), err)
}

type onCallFairnessIn struct {
	RotaScope
	From time.Time `query:"from" doc:"91 days before to if absent"`
	To   time.Time `query:"to" doc:"now if absent"`
}

const quarter = 91 * 24 * time.Hour

func onCallFairness(c *Console, ctx context.Context, in *onCallFairnessIn) (*answer[list[Fairness]], error) {
	from, to := in.From, in.To
	if to.IsZero() && from.IsZero() {
		to = c.now()
	}
	if from.IsZero() {
		from = to.Add(-quarter)
	}
	var q RotaQuery
	var err error
	if q.From, q.To, err = c.span(from, to, quarter); err != nil {
		return nil, err
	}
	items, err := rota(ctx, in.RotaScope, q, c.ports.Outlook.Fairness)
	return say(listed(items, ""), err)
}

// ReplayBody says which calls are replayed against which proposal.
type ReplayBody struct {
	Clinic   string    `json:"clinic,omitempty" maxLength:"64"`
	Schedule string    `json:"schedule,omitempty" maxLength:"64" doc:"that the proposal changes"`
	Proposal *Proposal `json:"proposal,omitempty" doc:"absent: the rules as they stand"`
}

func (c *Console) replay(ctx context.Context, b ReplayBody) (ReplayQuery, error) {
	q := ReplayQuery{Schedule: b.Schedule, Proposal: b.Proposal}
	var err error
	if q.Clinic, err = own(ctx, b.Clinic); err != nil {
		return q, err
	}
	if b.Proposal == nil {
		return q, nil
	}
	if b.Schedule == "" {
		return q, Mistakes{{Field: "body.schedule", Text: "is missing: the schedule that the proposal changes"}}
	}
	return q, c.mayPropose(ctx, b.Schedule, b.Proposal)
}

type replayCallsIn struct {
	Body struct {
		ReplayBody
		From time.Time `json:"from,omitzero" doc:"30 days before to if absent"`
		To   time.Time `json:"to,omitzero" doc:"now if absent"`
	}
}

func replayCalls(c *Console, ctx context.Context, in *replayCallsIn) (*answer[Replayed], error) {
	q, err := c.replay(ctx, in.Body.ReplayBody)
	if err != nil {
		return nil, err
	}
	to := in.Body.To
	if to.IsZero() {
		to = c.now()
	}
	from := in.Body.From
	if from.IsZero() {
		from = to.Add(-30 * 24 * time.Hour)
	}
	if q.From, q.To, err = c.span(from, to, quarter); err != nil {
		return nil, err
	}
	return c.replayed(ctx, q)
}

type replayLogIn struct {
	Body struct {
		ReplayBody
		Log    string            `json:"log" minLength:"1" maxLength:"4000000" doc:"the vendor's call log as CSV: number, time, who was reached" text:"free"`
		People map[string]string `json:"people,omitempty" doc:"name in the log to person id"`
	}
}

func replayLog(c *Console, ctx context.Context, in *replayLogIn) (*answer[Replayed], error) {
	q, err := c.replay(ctx, in.Body.ReplayBody)
	if err != nil {
		return nil, err
	}
	q.Log, q.People = in.Body.Log, in.Body.People
	return c.replayed(ctx, q)
}

// replayed remembers that calls were looked at before it shows what would have become of them.
func (c *Console) replayed(ctx context.Context, q ReplayQuery) (*answer[Replayed], error) {
	v, err := c.ports.Outlook.Replay(ctx, q)
	if err != nil {
		return nil, err
	}
	object := "calls"
	if q.Schedule != "" {
		object = "schedule:" + q.Schedule
	}
	facts := map[string]string{"calls": strconv.Itoa(v.Total), "differ": strconv.Itoa(v.Others + v.Nobody)}
	if err := c.remember(ctx, object, q.Clinic, notice{facts: facts}); err != nil {
		return nil, err
	}
	v.Differences, v.Refused, v.Unknown = noNil(v.Differences), noNil(v.Refused), noNil(v.Unknown)
	return say(v, nil)
}

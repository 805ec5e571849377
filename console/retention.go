package console

import (
	"context"
	"time"

	"nightbell/audit"
)

// Keeping is what is kept, what may go and what must not. Whoever calls what takes two people brings the id of an approved
// proposal.
type Keeping interface {
	Retention(context.Context) ([]RetentionView, error)
	Set(ctx context.Context, b RetentionBody, by audit.Actor) (RetentionView, error)
	Due(context.Context) ([]DueView, error)
	Purge(ctx context.Context, proposal string, by audit.Actor) (Attestation, error)
}

// Holding is legal hold.
type Holding interface {
	List(ctx context.Context, which Past) ([]HoldView, error)
	Place(ctx context.Context, b HoldBody, by audit.Actor) (HoldView, error)
	Release(ctx context.Context, id, proposal string, by audit.Actor) error
}

// RetentionView is how long an artefact is kept.
type RetentionView struct {
	Artefact string    `json:"artefact" enum:"recording,call,audit,disclosure"`
	Clinic   string    `json:"clinic,omitempty" doc:"empty: the house's own, for every clinic that has none"`
	Days     int       `json:"days"`
	Floor    int       `json:"floor_days" doc:"no setting goes below"`
	Basis    string    `json:"basis" doc:"of the floor"`
	Set      time.Time `json:"set,omitzero" doc:"absent: the usual, which nobody approved: nothing is purged by itself"`
	By       string    `json:"by,omitempty"`
	Approved string    `json:"approved_by,omitempty"`
}

// RetentionBody carries a change out: the proposal is of kind purge and its subject retention~ARTEFACT~DAYS or
// retention~ARTEFACT~DAYS~CLINIC.
type RetentionBody struct {
	Proposal string `json:"proposal" minLength:"1" maxLength:"64" doc:"approved, of kind purge, about retention~ARTEFACT~DAYS[~CLINIC]"`
	Artefact string `json:"artefact" enum:"recording,call,audit,disclosure"`
	Clinic   string `json:"clinic,omitempty" maxLength:"64"`
	Days     int    `json:"days" minimum:"1" maximum:"36525"`
}

// DueView is what has passed its retention.
type DueView struct {
	Clinic   string    `json:"clinic"`
	Artefact string    `json:"artefact"`
	Before   time.Time `json:"before" doc:"what ended before this"`
	Count    int       `json:"count"`
	Held     int       `json:"held" doc:"stays all the same: a legal hold"`
	Oldest   time.Time `json:"oldest,omitzero"`
	Newest   time.Time `json:"newest,omitzero"`
	Approved bool      `json:"approved" doc:"two people set this retention: it goes by itself, each night"`
}

// HoldBody places a hold.
type HoldBody struct {
	Kind   string `json:"kind" enum:"clinic,call,recording"`
	Object string `json:"object" pattern:"^[A-Za-z0-9._~-]{1,64}$"`
	Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"kept sealed"`
}

// HoldView is a hold.
type HoldView struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"`
	Object     string    `json:"object"`
	Clinic     string    `json:"clinic"`
	Placed     time.Time `json:"placed"`
	PlacedBy   string    `json:"placed_by"`
	Released   time.Time `json:"released,omitzero"`
	ReleasedBy string    `json:"released_by,omitempty"`
}

func showRetention(c *Console, ctx context.Context, _ *struct{}) (*answer[list[RetentionView]], error) {
	items, err := c.ports.Keeping.Retention(ctx)
	return say(listed(items, ""), err)
}

func setRetention(c *Console, ctx context.Context, in *struct{ Body RetentionBody }) (*answer[RetentionView], error) {
	return say(c.ports.Keeping.Set(ctx, in.Body, askingOf(ctx).who.Actor))
}

func previewPurge(c *Console, ctx context.Context, _ *struct{}) (*answer[list[DueView]], error) {
	if err := c.remember(ctx, "purge", "", notice{}); err != nil {
		return nil, err
	}
	items, err := c.ports.Keeping.Due(ctx)
	return say(listed(items, ""), err)
}

type carriedIn struct {
	Body struct {
		Proposal string `json:"proposal" minLength:"1" maxLength:"64" doc:"approved"`
	}
}

func purge(c *Console, ctx context.Context, in *carriedIn) (*answer[Attestation], error) {
	return say(c.ports.Keeping.Purge(ctx, in.Body.Proposal, askingOf(ctx).who.Actor))
}

func listHolds(c *Console, ctx context.Context, in *struct {
	Released string `query:"released" enum:"all" doc:"all: released ones too"`
}) (*answer[list[HoldView]], error) {
	items, err := c.ports.Holding.List(ctx, Past(in.Released))
	return say(listed(items, ""), err)
}

func placeHold(c *Console, ctx context.Context, in *struct{ Body HoldBody }) (*answer[HoldView], error) {
	return say(c.ports.Holding.Place(ctx, in.Body, askingOf(ctx).who.Actor))
}

func releaseHold(c *Console, ctx context.Context, in *struct {
	Named
	Body struct {
		Proposal string `json:"proposal" minLength:"1" maxLength:"64" doc:"approved, of kind hold_release"`
	}
}) (*done, error) {
	return nil, c.ports.Holding.Release(ctx, in.ID, in.Body.Proposal, askingOf(ctx).who.Actor)
}

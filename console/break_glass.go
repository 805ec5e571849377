package console

import (
	"context"
	"time"

	"nightbell/audit"
)

// Glass is emergency access. It opens nothing by itself: Logins.Recognise tells what stands open for a visitor.
type Glass interface {
	List(ctx context.Context, since time.Time) ([]GlassView, error)
	// Break is a *GateClosed for somebody who is not enrolled for it.
	Break(ctx context.Context, b GlassBody, by audit.Actor) (GlassView, error)
	Close(ctx context.Context, id string, by audit.Actor) error // ErrNotFound: not hers, or over
	Review(ctx context.Context, id, verdict string, by audit.Actor) error
}

// GlassOpening is an emergency access that stands open for a visitor.
type GlassOpening struct{ Kind, Object, Clinic string }

// brokenScopes are what an emergency access opens.
var brokenScopes = []Scope{CallsRead, CallsReveal, RecordingsRead, RecordingsPlay}

// claim is what it gives: one call, or a clinic.
func (o GlassOpening) claim() Claim {
	if o.Kind == "clinic" {
		return Claim{Bound: Granted, Clinics: []string{o.Object}}
	}
	return Claim{Bound: Broken, Call: o.Object}
}

// GlassBody asks for emergency access.
type GlassBody struct {
	Kind    string `json:"kind" enum:"clinic,call"`
	Object  string `json:"object" pattern:"^[A-Za-z0-9._~-]{1,64}$"`
	Minutes int    `json:"minutes" minimum:"1" maximum:"60"`
	Reason  string `json:"reason" minLength:"10" maxLength:"500" doc:"kept sealed; somebody else reviews it"`
}

// GlassView is an emergency access.
type GlassView struct {
	ID         string    `json:"id"`
	Person     string    `json:"person"`
	Kind       string    `json:"kind"`
	Object     string    `json:"object"`
	Clinic     string    `json:"clinic"`
	Reason     string    `json:"reason"`
	Opened     time.Time `json:"opened"`
	Until      time.Time `json:"until"`
	Closed     time.Time `json:"closed,omitzero"`
	Reviewed   time.Time `json:"reviewed,omitzero"`
	ReviewedBy string    `json:"reviewed_by,omitempty"`
	Verdict    string    `json:"verdict,omitempty" enum:"justified,not_justified"`
}

// glassListed is how far back the list goes.
const glassListed = 90 * 24 * time.Hour

func listBreakGlass(c *Console, ctx context.Context, _ *struct{}) (*answer[list[GlassView]], error) {
	items, err := c.ports.Glass.List(ctx, c.now().Add(-glassListed))
	return say(listed(items, ""), err)
}

func breakGlass(c *Console, ctx context.Context, in *struct{ Body GlassBody }) (*answer[GlassView], error) {
	return say(c.ports.Glass.Break(ctx, in.Body, askingOf(ctx).who.Actor))
}

func closeBreakGlass(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Glass.Close(ctx, in.ID, askingOf(ctx).who.Actor)
}

func reviewBreakGlass(c *Console, ctx context.Context, in *struct {
	Named
	Body struct {
		Verdict string `json:"verdict" enum:"justified,not_justified"`
	}
}) (*done, error) {
	return nil, c.ports.Glass.Review(ctx, in.ID, in.Body.Verdict, askingOf(ctx).who.Actor)
}

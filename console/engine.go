package console

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// Engine is what an engineer may look at. Nothing of it holds PHI.
type Engine interface {
	// Trace keeps the redacted signalling of calls that begin within d; zero ends it.
	Trace(ctx context.Context, d time.Duration, by audit.Actor) error
	Traced(ctx context.Context, call string) ([]TracedMessage, error) // ErrNotFound: nothing of it was kept
}

// TracedMessage is one SIP message, redacted.
type TracedMessage struct {
	At     time.Time `json:"at"`
	Sent   bool      `json:"sent" doc:"by us"`
	Dialog string    `json:"dialog" doc:"a digest of its Call-ID"`
	Text   string    `json:"text" doc:"known words and small numbers; everything else is a star"`
}

// Pseudonyms finds the caller behind a pseudonym; clinics nil: of any.
type Pseudonyms interface {
	Resolve(ctx context.Context, name string, clinics []string) (clinic string, number phi.Phone, err error)
}

type traceIn struct {
	Body struct {
		Because
		Minutes int `json:"minutes" minimum:"0" maximum:"60" doc:"0 ends it"`
	}
}

type traceView struct {
	Until time.Time `json:"until,omitzero"`
}

func startTrace(c *Console, ctx context.Context, in *traceIn) (*answer[traceView], error) {
	d := time.Duration(in.Body.Minutes) * time.Minute
	a := askingOf(ctx)
	n := notice{reason: in.Body.Reason, facts: map[string]string{"for": d.String()}}
	if err := c.remember(ctx, "trace", "", n); err != nil {
		return nil, err
	}
	if err := c.ports.Engine.Trace(ctx, d, a.who.Actor); err != nil {
		return nil, err
	}
	v := traceView{}
	if d > 0 {
		v.Until = c.now().Add(d).UTC()
	}
	return say(v, nil)
}

func showTrace(c *Console, ctx context.Context, in *Named) (*answer[list[TracedMessage]], error) {
	if err := c.remember(ctx, "call:"+in.ID, "", notice{}); err != nil {
		return nil, err
	}
	items, err := c.ports.Engine.Traced(ctx, in.ID)
	return say(listed(items, ""), err)
}

type pseudonymIn struct {
	Body struct {
		Because
		Pseudonym string `json:"pseudonym" pattern:"^caller-[a-z2-7]{13}$"`
	}
}

type pseudonymView struct {
	Pseudonym string `json:"pseudonym"`
	Clinic    string `json:"clinic"`
	Number    string `json:"number"`
}

func resolvePseudonym(c *Console, ctx context.Context, in *pseudonymIn) (*answer[pseudonymView], error) {
	a := askingOf(ctx)
	if err := c.remember(ctx, "pseudonym:"+in.Body.Pseudonym, a.oneClinic(), notice{reason: in.Body.Reason}); err != nil {
		return nil, err
	}
	clinic, of, err := c.ports.Pseudonyms.Resolve(ctx, in.Body.Pseudonym, a.clinics())
	if err != nil {
		return nil, err
	}
	return say(pseudonymView{in.Body.Pseudonym, clinic, number(of, Clear)}, nil)
}

package console

import (
	"context"
	"slices"
	"time"
)

// breakBody is a time without calls. Minutes: after them it is over by itself.
type breakBody struct {
	Reason  string `json:"reason" enum:"break,meal,training,meeting,technical,other" doc:"why"`
	Minutes int    `json:"minutes,omitempty" minimum:"1" maximum:"480" doc:"absent: until it is ended"`
}

func (b breakBody) of(person string, now time.Time) Break {
	out := Break{Person: person, Reason: b.Reason}
	if b.Minutes > 0 {
		out.Until = now.Add(time.Duration(b.Minutes) * time.Minute).UTC()
	}
	return out
}

func takeBreak(c *Console, ctx context.Context, in *struct{ Body breakBody }) (*done, error) {
	a := askingOf(ctx)
	return nil, c.ports.Desks.Break(ctx, in.Body.of(a.who.Person, c.now()), a.who.Actor)
}

func endBreak(c *Console, ctx context.Context, _ *struct{}) (*done, error) {
	a := askingOf(ctx)
	return nil, c.ports.Desks.EndBreak(ctx, a.who.Person, a.who.Actor)
}

func endWrapUp(c *Console, ctx context.Context, _ *struct{}) (*done, error) {
	a := askingOf(ctx)
	return nil, c.ports.Desks.EndWrapUp(ctx, a.who.Person, a.who.Actor)
}

func sendOnBreak(c *Console, ctx context.Context, in *struct {
	Named
	Body breakBody
}) (*done, error) {
	if err := c.herAgent(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, c.ports.Desks.Break(ctx, in.Body.of(in.ID, c.now()), askingOf(ctx).who.Actor)
}

func callFromBreak(c *Console, ctx context.Context, in *Named) (*done, error) {
	if err := c.herAgent(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, c.ports.Desks.EndBreak(ctx, in.ID, askingOf(ctx).who.Actor)
}

// herAgent: whom a supervisor sends away works for clinics of hers alone; else another clinic would miss the agent.
func (c *Console) herAgent(ctx context.Context, person string) error {
	a := askingOf(ctx)
	if a.unbound() {
		return nil
	}
	all, err := c.ports.Agents.List(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(g Agent) bool { return g.Person == person })
	if at < 0 || all[at].Clinics == nil || len(all[at].Clinics) == 0 {
		return ErrNotFound
	}
	if slices.ContainsFunc(all[at].Clinics, func(clinic string) bool { return !a.sees(clinic) }) {
		return ErrNotFound
	}
	return nil
}

package console

import (
	"context"
	"slices"
)

func listUnserved(c *Console, ctx context.Context, in *struct {
	Paging
	Clinic string `query:"clinic" maxLength:"64"`
	State  string `query:"state" enum:"open,served,called_back,written_off"`
}) (*answer[list[Unserved]], error) {
	q := CallerQuery{Page: in.page(), Clinic: in.Clinic, State: in.State}
	clinic, err := c.narrow(ctx, &q.Within, in.Clinic)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, "unserved", clinic, notice{}); err != nil {
		return nil, err
	}
	page, err := c.ports.Callers.List(ctx, q)
	page.Items = slices.DeleteFunc(page.Items, func(u Unserved) bool { return !askingOf(ctx).sees(u.Clinic) })
	return say(listed(page.Items, page.Next), err)
}

func takeUnserved(c *Console, ctx context.Context, in *Named) (*done, error) {
	if err := c.herCaller(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, c.ports.Callers.Own(ctx, in.ID, askingOf(ctx).who.Actor)
}

// calledBackIn may name the call in which she was called back.
type calledBackIn struct {
	Named
	Body struct {
		Answer string `json:"answer,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9._~-]*$" doc:"id of the call that answered to it"`
	}
}

func calledBack(c *Console, ctx context.Context, in *calledBackIn) (*done, error) {
	return c.settle(ctx, Settlement{Call: in.ID, State: "called_back", Answer: in.Body.Answer})
}

func servedLater(c *Console, ctx context.Context, in *struct {
	Named
	Body struct {
		Answer string `json:"answer" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._~-]*$" doc:"id of the call in which somebody spoke with the same caller"`
	}
}) (*done, error) {
	return c.settle(ctx, Settlement{Call: in.ID, State: "served", Answer: in.Body.Answer})
}

func writeOff(c *Console, ctx context.Context, in *struct {
	Named
	Body Because
}) (*done, error) {
	return c.settle(ctx, Settlement{Call: in.ID, State: "written_off", Reason: in.Body.Reason})
}

func (c *Console) settle(ctx context.Context, s Settlement) (*done, error) {
	if err := c.herCaller(ctx, s.Call); err != nil {
		return nil, err
	}
	return nil, c.ports.Callers.Settle(ctx, s, askingOf(ctx).who.Actor)
}

// herCaller: a caller of another clinic does not exist.
func (c *Console) herCaller(ctx context.Context, id string) error {
	u, err := c.ports.Callers.Find(ctx, id)
	if err != nil {
		return err
	}
	if !askingOf(ctx).sees(u.Clinic) {
		return ErrNotFound
	}
	return nil
}

func listVoices(c *Console, ctx context.Context, in *struct {
	Paging
	Clinic string `query:"clinic" maxLength:"64"`
	Open   bool   `query:"open" doc:"those alone that nobody has taken on"`
}) (*answer[list[VoiceMessage]], error) {
	q := VoiceQuery{Page: in.page(), Clinic: in.Clinic, Open: in.Open}
	clinic, err := c.narrow(ctx, &q.Within, in.Clinic)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, "voice_messages", clinic, notice{}); err != nil {
		return nil, err
	}
	page, err := c.ports.Voices.List(ctx, q)
	page.Items = slices.DeleteFunc(page.Items, func(v VoiceMessage) bool { return !askingOf(ctx).sees(v.Clinic) })
	return say(listed(page.Items, page.Next), err)
}

func takeVoice(c *Console, ctx context.Context, in *Named) (*done, error) {
	v, err := c.ports.Voices.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !askingOf(ctx).sees(v.Clinic) {
		return nil, ErrNotFound
	}
	return nil, c.ports.Voices.Take(ctx, in.ID, askingOf(ctx).who.Actor)
}

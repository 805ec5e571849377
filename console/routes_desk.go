package console

import (
	"context"
	"net/http"

	"nightbell/audit"
)

// Pins are what people type on a hard phone, beside the code of their authenticator, to make themselves ready. A PIN opens
// nothing here.
type Pins interface {
	// Set takes a new PIN of hers; empty: she has none any more. A PIN that anybody would try first is Mistakes.
	Set(ctx context.Context, pin string, by audit.Actor) error
}

func deskRoutes() []Route {
	return []Route{
		{http.MethodPut, "/api/v1/me/pin", "set-pin", "My PIN for a hard phone; an empty one removes it",
			FactorsWrite, Personal, audit.FactorAdded, nil, Fresh, with(setPIN)},
	}
}

func setPIN(c *Console, ctx context.Context, in *struct {
	Body struct {
		PIN string `json:"pin" maxLength:"12" pattern:"^[0-9]*$" doc:"6 to 12 digits"`
	}
}) (*done, error) {
	if c.ports.Pins == nil {
		return nil, ErrNotFound
	}
	return nil, c.ports.Pins.Set(ctx, in.Body.PIN, byHer(ctx))
}

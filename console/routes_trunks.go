package console

import (
	"context"
	"net/http"
	"time"
)

// Carriers is how the trunks that dial outward stand now. Nil: the server does not run, and none stands.
type Carriers interface {
	Carriers(context.Context) ([]CarrierHealth, error)
}

// CarrierHealth is one of them. It holds no number.
type CarrierHealth struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Up         bool      `json:"up"`
	Since      time.Time `json:"since" doc:"it is up, or down, since then"`
	Trouble    string    `json:"trouble,omitempty" doc:"closed word: what is wrong"`
	Code       int       `json:"code,omitempty" doc:"the SIP code behind it"`
	Words      string    `json:"words" doc:"what is wrong and where to look"`
	Registered time.Time `json:"registered,omitzero" doc:"until when we are registered there"`
	Asked      time.Time `json:"asked,omitzero" doc:"the latest OPTIONS that was answered"`
	Answer     int       `json:"answer,omitempty" doc:"its code"`
	RoundTrip  int64     `json:"round_trip_ms,omitempty"`
	Calls      int       `json:"calls" doc:"now, both ways"`
	Address    string    `json:"address,omitempty" doc:"of the server in use"`
	Target     string    `json:"target,omitempty" doc:"its name"`
}

func trunkRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/trunks/health", "trunks-health", "Whether the trunks that dial outward can, and what is wrong where not",
			LiveRead, House, "", nil, Settled, with(showCarriers)},
	}
}

func showCarriers(c *Console, ctx context.Context, _ *struct{}) (*answer[list[CarrierHealth]], error) {
	if c.ports.Carriers == nil {
		return say(listed([]CarrierHealth{}, ""), nil)
	}
	items, err := c.ports.Carriers.Carriers(ctx)
	return say(listed(items, ""), err)
}

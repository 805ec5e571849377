package console

import (
	"context"
	"time"

	"nightbell/audit"
)

// Disclosures is the accounting of what left the house.
type Disclosures interface {
	List(ctx context.Context, q DisclosureQuery) (DisclosurePage, error)
	// Record answers when the disclosure is on disk: only then may anything leave.
	Record(ctx context.Context, d DisclosureBody, by audit.Actor) (DisclosureView, error)
}

// DisclosureQuery asks for disclosures, newest first. Clinics nil: all.
type DisclosureQuery struct {
	Page
	Clinics  []string
	Call     string
	From, To time.Time
}

// DisclosurePage is a part of them.
type DisclosurePage struct {
	Items []DisclosureView
	Next  string
}

// DisclosureView is PHI that left the house.
type DisclosureView struct {
	ID        string    `json:"id"`
	Made      time.Time `json:"made"`
	Clinic    string    `json:"clinic"`
	Kind      string    `json:"kind"`
	Object    string    `json:"object" doc:"what"`
	Call      string    `json:"call,omitempty"`
	By        string    `json:"by" doc:"who let it out"`
	Recipient string    `json:"recipient" doc:"who got it"`
	Purpose   string    `json:"purpose"`
}

// DisclosureBody is a disclosure that is recorded.
type DisclosureBody struct {
	Clinic    string `json:"clinic" minLength:"1" maxLength:"64"`
	Kind      string `json:"kind" enum:"recording_export,message_delivery,patient_access,legal,public_health,other"`
	Object    string `json:"object" pattern:"^[a-z_]{1,20}:[A-Za-z0-9._~-]{1,64}$" doc:"what, e.g. recording:ID"`
	Call      string `json:"call,omitempty" maxLength:"64"`
	Recipient string `json:"recipient" minLength:"1" maxLength:"200" doc:"who gets it; kept sealed"`
	Purpose   string `json:"purpose" minLength:"3" maxLength:"500" doc:"kept sealed"`
}

func listDisclosures(c *Console, ctx context.Context, in *struct {
	Body struct {
		Because
		Call   string    `json:"call,omitempty" maxLength:"64"`
		Clinic string    `json:"clinic,omitempty" maxLength:"64"`
		From   time.Time `json:"from,omitzero"`
		To     time.Time `json:"to,omitzero"`
		Cursor string    `json:"cursor,omitempty" maxLength:"256"`
		Limit  int       `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
	}
}) (*answer[list[DisclosureView]], error) {
	a, b := askingOf(ctx), in.Body
	q := DisclosureQuery{Page: Page{b.Cursor, b.Limit}, Clinics: a.clinics(), Call: b.Call, From: b.From, To: b.To}
	if b.Clinic != "" {
		if !a.sees(b.Clinic) {
			return nil, ErrNotFound
		}
		q.Clinics = []string{b.Clinic}
	}
	if err := c.remember(ctx, "disclosures", a.oneClinic(), notice{reason: b.Reason}); err != nil {
		return nil, err
	}
	page, err := c.ports.Disclosures.List(ctx, q)
	return say(listed(page.Items, page.Next), err)
}

func recordDisclosure(c *Console, ctx context.Context, in *struct{ Body DisclosureBody }) (*answer[DisclosureView], error) {
	a := askingOf(ctx)
	if !a.sees(in.Body.Clinic) {
		return nil, ErrNotFound
	}
	return say(c.ports.Disclosures.Record(ctx, in.Body, a.who.Actor))
}

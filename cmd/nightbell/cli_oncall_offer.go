package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"nightbell/console"
)

// offering are the flags of every offer.
type offering struct {
	Schedule string `arg:"" help:"Schedule id."`
	Person   string `arg:"" help:"Whose shift it is."`
	At       string `help:"An instant in the shift." placeholder:"TIME" required:""`
	Approval bool   `help:"It comes into force only when it is approved."`
	Closes   string `help:"Until when it may be taken; the shift's start if absent." placeholder:"TIME"`
	Reason   string `help:"Why; kept in the audit." placeholder:"TEXT"`
}

// offer makes one: the shift is named by when it is, and kept by what it is.
func (o offering) offer(ctx context.Context, s *session, kind string, more func(*changing, *console.OfferBody) error) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{Schedule: o.Schedule})
		if err != nil {
			return err
		}
		c := &changing{s, api, clocks}
		when, err := clocks.instant(o.At, time.Time{})
		if err != nil {
			return err
		}
		b := console.OfferBody{Schedule: o.Schedule, Kind: kind, From: o.Person, NeedsApproval: o.Approval, Reason: o.Reason}
		if b.Layer, b.A, err = c.shiftAt(ctx, o.Schedule, o.Person, when); err != nil {
			return err
		}
		if b.Closes, err = c.moment(o.Closes); err != nil {
			return err
		}
		if err := more(c, &b); err != nil {
			return err
		}
		var v console.OfferView
		if err := api.ask(ctx, "POST", "/api/v1/offers", b, &v); err != nil {
			return c.refused(err)
		}
		return s.show(v, func(w io.Writer) { printOffers(w, clocks, []console.OfferView{v}) })
	})
}

type oncallGiveCmd struct {
	offering
	To []string `help:"Who may take it, comma between; anybody if absent." placeholder:"PERSON"`
}

func (oncallGiveCmd) Help() string {
	return `An offer that nobody takes ends with the shift's start, and the shift stays where it was.

Examples:
  nightbell oncall give harbor bo --at "fri 22:00" --to dora
  nightbell oncall give harbor bo --at "fri 22:00" --approval --reason "a wedding"
` + timeHelp
}

func (c oncallGiveCmd) Run(ctx context.Context, s *session) error {
	kind := "give"
	if len(c.To) != 1 {
		kind = "pool"
	}
	return c.offer(ctx, s, kind, func(_ *changing, b *console.OfferBody) error {
		b.To = c.To
		return nil
	})
}

type oncallSwapCmd struct {
	offering
	With    string `help:"With whom." placeholder:"PERSON" required:""`
	OtherAt string `name:"for" help:"An instant in the other one's shift." placeholder:"TIME" required:""`
}

func (oncallSwapCmd) Help() string {
	return `Both shifts are named by an instant in them, and bound by what they are: they change hands even if a hand-off moves.

Example:
  nightbell oncall swap harbor bo --at "fri 22:00" --with dora --for "sat 22:00"
` + timeHelp
}

func (c oncallSwapCmd) Run(ctx context.Context, s *session) error {
	return c.offer(ctx, s, "swap", func(ch *changing, b *console.OfferBody) error {
		when, err := ch.clocks.instant(c.OtherAt, time.Time{})
		if err != nil {
			return err
		}
		layer, sh, err := ch.shiftAt(ctx, c.Schedule, c.With, when)
		if err != nil {
			return err
		}
		if layer != b.Layer {
			return fmt.Errorf("the shifts are of two layers, %s and %s: give one and take the other", plain(b.Layer), plain(layer))
		}
		b.B, b.To = &sh, []string{c.With}
		return nil
	})
}

type oncallOffersCmd struct {
	rotaScope
	State string `help:"Only this state." enum:"open,taken,approved,declined,withdrawn,expired," default:""`
}

func (oncallOffersCmd) Help() string {
	return `Examples:
  nightbell oncall offers
  nightbell oncall offers --schedule harbor --state open --json`
}

func (c oncallOffersCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, c.rotaScope)
		if err != nil {
			return err
		}
		var v listOf[console.OfferView]
		q := query("clinic", c.Clinic, "schedule", c.Schedule, "state", c.State)
		if err := api.ask(ctx, "GET", "/api/v1/offers"+q, nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printOffers(w, clocks, v.Items) })
	})
}

func printOffers(w io.Writer, clocks *clocks, list []console.OfferView) {
	row(w, "OFFER", "SCHEDULE", "KIND", "FROM", "TO", "SHIFT FROM", "SHIFT TO", "STATE", "TAKEN BY", "CLOSES")
	for _, o := range list {
		zone := clocks.zone(o.Schedule)
		row(w, o.ID, o.Schedule, o.Kind, o.From, o.To, clockIn(o.Start, zone), clockIn(o.End, zone), o.State, o.TakenBy, clockIn(o.Closes, zone))
	}
}

// actJSON is the body of a step of an offer's life.
type actJSON struct {
	Person string `json:"person,omitempty"`
	motiveJSON
}

type oncallTakeCmd struct {
	Offer  string `arg:"" help:"Offer id."`
	Person string `arg:"" help:"Who takes the shift."`
	motive
}

func (oncallTakeCmd) Help() string {
	return `Example:
  nightbell oncall take o4w8 dora`
}

func (c oncallTakeCmd) Run(ctx context.Context, s *session) error {
	return s.settle(ctx, c.Offer, "take", actJSON{c.Person, c.json()})
}

type oncallSettleCmd struct {
	Offer  string `arg:"" help:"Offer id."`
	Do     string `arg:"" help:"approve, decline or withdraw." enum:"approve,decline,withdraw"`
	Person string `help:"Who declines." placeholder:"PERSON"`
	motive
}

func (oncallSettleCmd) Help() string {
	return `Examples:
  nightbell oncall settle o4w8 approve
  nightbell oncall settle o4w8 decline --person dora
  nightbell oncall settle o4w8 withdraw`
}

func (c oncallSettleCmd) Run(ctx context.Context, s *session) error {
	return s.settle(ctx, c.Offer, c.Do, actJSON{c.Person, c.json()})
}

func (s *session) settle(ctx context.Context, offer, do string, body actJSON) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{})
		if err != nil {
			return err
		}
		c := &changing{s, api, clocks}
		var v console.OfferView
		if err := api.ask(ctx, "POST", pathOf("offers", offer, do), body, &v); err != nil {
			return c.refused(err)
		}
		return s.show(v, func(w io.Writer) { printOffers(w, clocks, []console.OfferView{v}) })
	})
}

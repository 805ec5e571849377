package console

import (
	"context"
)

type listOffersIn struct {
	RotaScope
	Bulk
	State string `query:"state" enum:"open,taken,approved,declined,withdrawn,expired" doc:"empty: all"`
}

func listOffers(c *Console, ctx context.Context, in *listOffersIn) (*answer[list[OfferView]], error) {
	items, err := perClinic(ctx, in.Clinic, func(only string) ([]OfferView, error) {
		return c.ports.Offers.List(ctx, OfferQuery{Clinic: only, Schedule: in.Schedule, State: in.State})
	})
	return say(paged(items, err, in.Bulk, func(v OfferView) string { return v.ID }))
}

func (c *Console) offer(ctx context.Context, id string) (OfferView, error) {
	v, err := c.ports.Offers.Find(ctx, id)
	if err = may(ctx, v.Clinic, err); err != nil {
		return OfferView{}, err
	}
	return v, nil
}

func showOffer(c *Console, ctx context.Context, in *Named) (*answer[OfferView], error) {
	return say(c.offer(ctx, in.ID))
}

func makeOffer(c *Console, ctx context.Context, in *struct{ Body OfferBody }) (*answer[OfferView], error) {
	v, err := c.ports.Schedules.Find(ctx, in.Body.Schedule)
	if err != nil {
		return nil, err
	}
	if err := askingOf(ctx).mayTrade(v.Clinic, in.Body.From); err != nil {
		return nil, err
	}
	r, err := plainRevision(ctx, "", Motive{Reason: in.Body.Reason}).checked("")
	if err != nil {
		return nil, err
	}
	return say(c.ports.Offers.Make(ctx, r, in.Body))
}

// mayTrade: whoever edits a clinic's cover trades for everybody there; a clinician gives and takes shifts of her own.
func (a *asking) mayTrade(clinic, person string) error {
	switch {
	case a.sees(clinic):
		return nil
	case !a.seesWith(RulesRead, clinic) || !a.who.may(a.route.Scope, Personal):
		return ErrNotFound
	case a.route.Reach == Personal && person == a.who.Person && person != "":
		return nil
	}
	return ErrNotAllowed
}

type actOfferIn struct {
	Named
	Body struct {
		Person string     `json:"person,omitempty" maxLength:"64" doc:"who takes or declines"`
		B      *ShiftBody `json:"b,omitempty" doc:"take of a swap: the shift given for it"`
		Motive
	}
}

// actOffer is one step of an offer's life; which one stands in the route.
func actOffer(do string) func(*Console, context.Context, *actOfferIn) (*answer[OfferView], error) {
	return func(c *Console, ctx context.Context, in *actOfferIn) (*answer[OfferView], error) {
		v, err := c.ports.Offers.Find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		who := in.Body.Person
		if do == "withdraw" {
			who = v.From
		}
		if err := askingOf(ctx).mayTrade(v.Clinic, who); err != nil {
			return nil, err
		}
		r, err := plainRevision(ctx, in.ID, in.Body.Motive).checked("*")
		if err != nil {
			return nil, err
		}
		return say(c.ports.Offers.Act(ctx, r, OfferAct{Do: do, Person: in.Body.Person, B: in.Body.B}))
	}
}

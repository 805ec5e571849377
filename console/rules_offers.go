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
	if _, err := c.schedule(ctx, in.Body.Schedule); err != nil {
		return nil, err
	}
	r, err := plainRevision(ctx, "", Motive{Reason: in.Body.Reason}).checked("")
	if err != nil {
		return nil, err
	}
	return say(c.ports.Offers.Make(ctx, r, in.Body))
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
		if _, err := c.offer(ctx, in.ID); err != nil {
			return nil, err
		}
		r, err := plainRevision(ctx, in.ID, in.Body.Motive).checked("*")
		if err != nil {
			return nil, err
		}
		return say(c.ports.Offers.Act(ctx, r, OfferAct{Do: do, Person: in.Body.Person, B: in.Body.B}))
	}
}

package main

import (
	"context"
	"errors"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/store"
)

// offerWatch ends the offers that nobody took before their shift began: who offered keeps the shift, and both are told.
type offerWatch struct {
	shelf offerShelf
	tell  func(policy.Offer)
	fault func(error) // after each look: what was wrong, nil when all was well
	now   func() time.Time
}

// offerShelf is where offers are kept; *store.Store is one.
type offerShelf interface {
	Offers(context.Context, store.OfferQuery) ([]policy.Offer, error)
	PutOffer(context.Context, audit.Actor, policy.Offer, policy.OfferState) error
}

// offerLook is how late an offer may end. Taking one that has run out is refused all the same: policy asks the clock.
const offerLook = 30 * time.Second

// Run watches until ctx ends.
func (w *offerWatch) Run(ctx context.Context) {
	tick := time.NewTicker(offerLook)
	defer tick.Stop()
	for {
		if err := w.look(ctx); ctx.Err() == nil {
			w.fault(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *offerWatch) look(ctx context.Context) error {
	now := w.now()
	list, err := w.shelf.Offers(ctx, store.OfferQuery{ClosedBy: now})
	for _, o := range list {
		next, _, refused := o.Expire(policy.Move{At: now})
		if refused != nil {
			continue
		}
		switch put := w.shelf.PutOffer(ctx, audit.Actor{Type: "system", ID: "nightbell"}, next, o.State); {
		case put == nil:
			w.tell(next)
		case !errors.Is(put, store.ErrConflict): // somebody moved it in the last second: that stands
			err = errors.Join(err, put)
		}
	}
	return err
}

// offer is told when an offer has run out.
func (n notices) offer(o policy.Offer) {
	n.log.Info("offer ran out", "offer", o.ID, "schedule", o.Schedule, "from", o.From, "to", o.To)
}

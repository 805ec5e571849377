package main

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/store"
)

// offerPaper is a shelf with one offer.
type offerPaper struct {
	mu    sync.Mutex
	offer policy.Offer
}

func (p *offerPaper) Offers(_ context.Context, q store.OfferQuery) ([]policy.Offer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offer.Over() || p.offer.Closes.After(q.ClosedBy) {
		return nil, nil
	}
	return []policy.Offer{p.offer}, nil
}

func (p *offerPaper) PutOffer(_ context.Context, _ audit.Actor, o policy.Offer, expect policy.OfferState) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offer.State != expect {
		return store.ErrConflict
	}
	p.offer = o
	return nil
}

func TestUntakenOfferEndsWithItsShiftsStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		paper := &offerPaper{offer: policy.NewOffer(policy.Offer{ID: "of1", Schedule: "oncall", Layer: "all", Kind: policy.OfferPool, From: "amy",
			Closes: start.Add(time.Hour)}, start)}
		told := make(chan policy.Offer, 1)
		w := &offerWatch{shelf: paper, tell: func(o policy.Offer) { told <- o }, fault: func(error) {}, now: time.Now}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx) })
		o := <-told
		if late := time.Since(start.Add(time.Hour)); late < 0 || late > offerLook || o.State != policy.OfferExpired {
			t.Errorf("%s after its end: %+v", late, o)
		}
		stop()
		running.Wait()
	})
}

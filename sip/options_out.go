package sip

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file asks a carrier now and then whether it is there (RFC 3261 §11). Any answer but 503 says that it is.

const optionsUsual = 30 * time.Second

// keepAsking asks until the carrier is ours no more.
func (u *upstream) keepAsking() {
	for {
		u.askHealth()
		every := cmp.Or(u.cfgNow().OptionsEvery, optionsUsual)
		wait := time.NewTimer(every - every/10 + time.Duration(rand.Int64N(int64(every/5)+1)))
		select {
		case <-u.ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

// askHealth asks the servers in the order in which a call would try them, until one answers.
func (u *upstream) askHealth() {
	hops, err := u.hops(u.ctx)
	for _, h := range hops {
		if err = u.askAt(h); err == nil || u.ctx.Err() != nil {
			break
		}
	}
	switch {
	case u.ctx.Err() != nil:
	case err == nil:
		u.works(inHealth)
	default:
		f := fault{trouble: troubleOf(err)}
		if e, ok := err.(*CarrierError); ok {
			f.code = e.Code
		}
		u.fails(inHealth, f)
	}
}

func (u *upstream) askAt(h hop) error {
	f, err := u.flow(u.ctx, h)
	if err != nil {
		u.rest(h, 0)
		return err
	}
	cfg := u.cfgNow()
	began := time.Now()
	res, err := f.ask(u.ctx, optionsRequest(&cfg, f), responseWait)
	if err != nil {
		u.rest(h, 0)
		u.abandon(h, f)
		return err
	}
	u.mu.Lock()
	u.state.Asked, u.state.Answer, u.state.RoundTrip = time.Now(), res.StatusCode, time.Since(began)
	u.mu.Unlock()
	if res.StatusCode == 503 {
		u.rest(h, retryAfter(res))
		return refusedWith(503)
	}
	u.heard(h)
	return nil
}

// heard notes who answers. The home of a registration is not moved.
func (u *upstream) heard(h hop) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.resting, h.addr)
	if !u.cfg.Register || u.home == (hop{}) {
		u.home = h
	}
}

// abandon gives up a connection by which nothing comes back. One with calls on it is left to them; the next call makes
// another.
func (u *upstream) abandon(h hop, f *Flow) {
	u.mu.Lock()
	if w := u.ways[h.addr]; w != nil && w.standing() == f {
		delete(u.ways, h.addr)
	}
	u.mu.Unlock()
	if u.all.core.legsOn(f) == 0 {
		f.Close()
	}
}

func optionsRequest(cfg *Carrier, f *Flow) *sipmsg.Request {
	us := f.Contact(userPart(cmp.Or(cfg.User, "nightbell")))
	them := sipmsg.Uri{Scheme: "sip", Host: cfg.domain()}
	req := outsideRequest(sipmsg.OPTIONS, them, sipmsg.Uri{Scheme: "sip", User: us.User, Host: cfg.domain()}, them)
	req.From().Params.Add("tag", random())
	id := sipmsg.CallIDHeader(random())
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: 1, MethodName: sipmsg.OPTIONS})
	req.AppendHeader(&sipmsg.ContactHeader{Address: us})
	req.AppendHeader(sipmsg.NewHeader("Accept", "application/sdp"))
	req.AppendHeader(sipmsg.NewHeader("User-Agent", product))
	req.SetBody(nil)
	return req
}

// ask sends a request outside any dialog and waits for its final answer.
func (f *Flow) ask(ctx context.Context, req *sipmsg.Request, wait time.Duration) (*sipmsg.Response, error) {
	ctx, stop := context.WithTimeoutCause(ctx, wait, ErrTimeout)
	defer stop()
	answers, failed := make(chan *sipmsg.Response, 1), make(chan error, 1)
	_, err := f.Request(req, func(res *sipmsg.Response) {
		if res.StatusCode < 200 {
			return
		}
		select {
		case answers <- res:
		default:
		}
	}, func(err error) { failed <- err })
	if err != nil {
		return nil, err
	}
	select {
	case res := <-answers:
		return res, nil
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

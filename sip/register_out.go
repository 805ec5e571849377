package sip

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is the client's side of RFC 3261 §10: we register at a carrier, so that it calls us by the connection that we
// made (RFC 5626).

const (
	registerFor  = time.Hour
	registerPace = 30 * time.Second // after a failure, doubling
	registerMost = 30 * time.Minute
	responseWait = 4 * time.Second // for any response: then the next server
	farewellWait = 2 * time.Second
)

// registration is what stays the same from one REGISTER to the next (§10.2).
type registration struct {
	callID, tag string
	seq         uint32
	ask         time.Duration // what we ask for; a 423 raises it
	sign        countersign
	flow        *Flow // that we are registered on
}

// keepRegistered registers, refreshes in time, and begins anew when the connection goes; at its end it un-registers.
func (u *upstream) keepRegistered(ctx context.Context) {
	cfg := u.cfgNow()
	r := &registration{callID: random(), tag: random(), ask: cmp.Or(cfg.Expires, registerFor)}
	for failed := 0; ; {
		granted, err := u.register(ctx, r)
		if ctx.Err() != nil {
			break
		}
		wait := refreshAfter(granted)
		if err != nil {
			wait = backoff(failed)
			failed++
			u.unregistered(err)
		} else {
			failed = 0
			u.registered(granted)
		}
		if !u.pause(ctx, r.flow, wait) {
			break
		}
	}
	u.unregister(r)
}

// pause waits; a lost registration ends it early. False: it is over.
func (u *upstream) pause(ctx context.Context, f *Flow, d time.Duration) bool {
	var gone <-chan struct{}
	if f != nil {
		gone = f.Done()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-gone:
		u.mu.Lock()
		u.state.Registered = time.Time{}
		u.mu.Unlock()
		u.fails(inRegistration, fault{trouble: ConnectionLost})
	case <-t.C:
	}
	return true
}

// refreshAfter is well before the end, and never for all houses at the same time.
func refreshAfter(granted time.Duration) time.Duration {
	return time.Duration(float64(granted) * (0.75 + 0.15*rand.Float64()))
}

// backoff doubles from 30 s to 30 min; each wait is drawn from its upper half (RFC 5626 §4.5).
func backoff(failed int) time.Duration {
	most := min(registerPace<<min(failed, 10), registerMost)
	return most/2 + time.Duration(rand.Int64N(int64(most/2)+1))
}

func (u *upstream) registered(granted time.Duration) {
	u.mu.Lock()
	u.state.Registered = time.Now().Add(granted)
	u.mu.Unlock()
	u.works(inRegistration)
}

func (u *upstream) unregistered(err error) {
	u.mu.Lock()
	if u.state.Registered.Before(time.Now()) {
		u.state.Registered = time.Time{}
	}
	u.mu.Unlock()
	f := fault{trouble: troubleOf(err)}
	if e, ok := err.(*CarrierError); ok {
		f.code = e.Code
	}
	u.fails(inRegistration, f)
}

// register tries server after server until one grants it, or one refuses for good.
func (u *upstream) register(ctx context.Context, r *registration) (granted time.Duration, err error) {
	hops, err := u.hops(ctx)
	if err != nil {
		return 0, err
	}
	for _, h := range hops {
		var res *sipmsg.Response
		res, err = u.registerAt(ctx, r, h)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case err != nil:
			u.rest(h, 0)
			continue
		case res.StatusCode == 503 || res.StatusCode == 408:
			u.rest(h, retryAfter(res))
			err = refusedWith(res.StatusCode)
			continue
		case res.StatusCode >= 300:
			r.flow = nil
			return 0, refusedWith(res.StatusCode)
		}
		u.mu.Lock()
		u.home = h
		u.mu.Unlock()
		return grantedBy(res, r.ask), nil
	}
	r.flow = nil
	return 0, err
}

// registerAt asks one server, and meets its challenge and its Min-Expires.
func (u *upstream) registerAt(ctx context.Context, r *registration, h hop) (*sipmsg.Response, error) {
	f, err := u.flow(ctx, h)
	if err != nil {
		return nil, err
	}
	cfg := u.cfgNow()
	r.flow = f
	r.sign.user, r.sign.secret, r.sign.md5Until, r.sign.tries = cfg.User, cfg.Secret, cfg.MD5Until, 0
	for longer := false; ; {
		res, err := f.ask(ctx, r.request(&cfg, f, r.ask), responseWait)
		switch {
		case err != nil:
			return nil, err
		case (res.StatusCode == 401 || res.StatusCode == 407) && r.sign.take(res):
		case res.StatusCode == 423 && !longer:
			least, ok := parseExpires(headerValue(res, "Min-Expires"))
			if !ok || least <= r.ask || least > 24*time.Hour {
				return res, nil
			}
			longer, r.ask, r.sign.tries = true, least, 0
		default:
			return res, nil
		}
	}
}

// unregister takes the registration back, where it stands.
func (u *upstream) unregister(r *registration) {
	u.mu.Lock()
	standing := u.state.Registered.After(time.Now())
	u.state.Registered = time.Time{}
	cfg := u.cfg
	u.mu.Unlock()
	if r.flow == nil || !standing || r.flow.Err() != nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), farewellWait)
	defer stop()
	r.sign.tries = 0
	for range 2 {
		res, err := r.flow.ask(ctx, r.request(&cfg, r.flow, 0), farewellWait)
		if err != nil || (res.StatusCode != 401 && res.StatusCode != 407) || !r.sign.take(res) {
			return
		}
	}
}

// request makes the next REGISTER (§10.2).
func (r *registration) request(cfg *Carrier, f *Flow, expires time.Duration) *sipmsg.Request {
	r.seq++
	us := sipmsg.Uri{Scheme: "sip", User: userPart(cfg.User), Host: cfg.domain()}
	req := outsideRequest(sipmsg.REGISTER, sipmsg.Uri{Scheme: "sip", Host: cfg.domain()}, us, us)
	req.From().Params.Add("tag", r.tag)
	id := sipmsg.CallIDHeader(r.callID)
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: r.seq, MethodName: sipmsg.REGISTER})
	contact := f.Contact(userPart(cfg.User))
	req.AppendHeader(sipmsg.NewHeader("Contact", "<"+contact.String()+`>;reg-id=1;+sip.instance="<`+
		instanceOf(f.w.cfg.Core, cfg.ID)+`>";expires=`+seconds(expires)))
	req.AppendHeader(sipmsg.NewHeader("Expires", seconds(expires)))
	req.AppendHeader(sipmsg.NewHeader("Supported", "outbound, path"))
	req.AppendHeader(sipmsg.NewHeader("User-Agent", product))
	r.sign.show(req)
	req.SetBody(nil)
	return req
}

// outsideRequest is a request outside any dialog, as far as its parties.
func outsideRequest(method sipmsg.RequestMethod, at, from, to sipmsg.Uri) *sipmsg.Request {
	req := sipmsg.NewRequest(method, at)
	req.AppendHeader(&sipmsg.FromHeader{Address: from, Params: sipmsg.NewParams()})
	req.AppendHeader(&sipmsg.ToHeader{Address: to, Params: sipmsg.NewParams()})
	return req
}

// instanceOf names this house to one carrier, the same after every start (RFC 5626 §4.1).
func instanceOf(c Core, carrier string) string {
	house := ""
	if k, ok := c.(*core); ok {
		house = k.cfg.Instance + k.cfg.Realm
	}
	b := sha256.Sum256([]byte(house + "\x00" + carrier))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // RFC 9562 §5.8
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// grantedBy reads how long the registration stands: of our Contact, else of the answer, else as asked.
func grantedBy(res *sipmsg.Response, asked time.Duration) time.Duration {
	least := time.Duration(0)
	for _, v := range values(res, "Contact") {
		if d, ok := parseExpires(param(afterAddress(v), "expires")); ok && d > 0 && (least == 0 || d < least) {
			least = d // several contacts of one AOR: the first to end
		}
	}
	if least == 0 {
		if d, ok := parseExpires(headerValue(res, "Expires")); ok && d > 0 {
			least = d
		}
	}
	return max(min(cmp.Or(least, asked), asked), 10*time.Second)
}

func retryAfter(res *sipmsg.Response) time.Duration {
	value, _, _ := strings.Cut(headerValue(res, "Retry-After"), ";")
	value, _, _ = strings.Cut(value, "(")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

func refusedWith(code int) *CarrierError {
	e := &CarrierError{Trouble: Rejected, Code: code}
	switch code {
	case 401, 407:
		e.Trouble = Unauthorized
	case 403:
		e.Trouble = Forbidden
	case 503:
		e.Trouble = Unavailable
	case 408, 504:
		e.Trouble = NoResponse
	}
	return e
}

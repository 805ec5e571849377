package sip

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// outcall is one call of ours on its way to a carrier: server after server, until one takes it or refuses for good. Each
// try is a dialog of its own, so that nothing of an earlier one can be mistaken for the next.
type outcall struct {
	u      *upstream
	cfg    Carrier
	inv    Invite
	owed   bool     // the trunk counts it, and no leg has taken that over yet
	moved  int      // 3xx targets that were followed
	trail  []string // what was tried after a 3xx
	reason error    // why the latest server did not take it
}

// maxMoved bounds how far a carrier can send us about (RFC 3261 §8.1.3.4).
const maxMoved = 5

// dial is DialCarrier.
func (u *upstream) dial(ctx context.Context, number string, inv Invite) (*Leg, error) {
	o := &outcall{u: u, cfg: u.cfgNow(), inv: inv}
	limits := Trunk{ID: o.cfg.ID, MaxCalls: o.cfg.MaxCalls, MaxRate: o.cfg.MaxRate}
	if inv.Urgent {
		limits.MaxCalls, limits.MaxRate = 0, 0
	}
	if !u.all.core.take(limits) {
		return nil, ErrCarrierFull
	}
	o.owed = true
	defer func() {
		if o.owed {
			u.all.core.giveBack(o.cfg.ID)
		}
	}()
	leg, err := o.walk(ctx, number, nil)
	if err != nil {
		var e *CarrierError
		if !errors.As(err, &e) && ctx.Err() == nil {
			e = &CarrierError{Trouble: troubleOf(err), Err: err}
			err = e
		}
		if e != nil && e.Trouble != Rejected {
			u.fails(inCalls, fault{e.Trouble, e.Code})
		}
		return nil, err
	}
	u.works(inCalls)
	return leg, nil
}

// walk tries the servers that only lets pass, in order; nil lets all pass.
func (o *outcall) walk(ctx context.Context, number string, only func(hop) bool) (*Leg, error) {
	hops, err := o.u.hops(ctx)
	if err != nil {
		return nil, err
	}
	o.reason = errNoServer
	for _, h := range hops {
		if only != nil && !only(h) {
			continue
		}
		leg, moved, err := o.try(ctx, h, number)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case leg != nil:
			return leg, nil
		}
		if o.reason = err; moved != nil {
			return o.follow(ctx, moved)
		}
	}
	return nil, o.reason
}

// try sends one INVITE and waits for what decides: the leg, where it rings, was answered or refused for good; targets of
// the same carrier; else why the next server is tried.
func (o *outcall) try(ctx context.Context, h hop, number string) (*Leg, []sipmsg.Uri, error) {
	f, err := o.u.flow(ctx, h)
	if err != nil {
		o.u.rest(h, 0)
		return nil, nil, err
	}
	words := make(chan Event, 8)
	leg, err := o.send(f, number, func(e Event) {
		select {
		case words <- e:
		default: // what decides came long ago
		}
	})
	if err != nil {
		o.u.rest(h, 0)
		return nil, nil, err
	}
	silence := time.NewTimer(responseWait)
	defer silence.Stop()
	for {
		select {
		case e := <-words:
			switch e.Kind {
			case Trying:
				silence.Stop()
			case Ringing, Answered:
				o.u.heard(h)
				return leg, nil, nil
			case Refused, Ended:
				return o.refused(h, leg, e)
			}
		case <-silence.C:
			leg.End(NoAnswer)
			o.u.rest(h, 0)
			o.u.abandon(h, f)
			return nil, nil, ErrTimeout
		case <-ctx.Done():
			leg.End(CallerGone)
			return nil, nil, context.Cause(ctx)
		}
	}
}

// refused decides what becomes of a call that one server did not take.
func (o *outcall) refused(h hop, leg *Leg, e Event) (*Leg, []sipmsg.Uri, error) {
	res := leg.lastWord()
	switch {
	case res == nil: // the connection went, or Timer B
		o.u.rest(h, 0)
		if e.Code == 408 {
			return nil, nil, ErrTimeout
		}
		return nil, nil, ErrFlowClosed
	case res.StatusCode == 503:
		o.u.rest(h, retryAfter(res))
		return nil, nil, refusedWith(503)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		o.u.heard(h)
		return nil, o.targets(res), refusedWith(res.StatusCode)
	case res.StatusCode == 401, res.StatusCode == 407:
		return nil, nil, refusedWith(res.StatusCode)
	}
	o.u.heard(h)
	return leg, nil, nil
}

// send makes the leg of one try. The one who watches hears its events before anybody listens.
func (o *outcall) send(f *Flow, number string, watch func(Event)) (*Leg, error) {
	c := o.u.all.core
	shown, domain := userPart(o.inv.Number), o.cfg.domain()
	l := &Leg{id: random(), core: c, uac: true, flow: f, state: isCalling, talk: talkOffering, localSDP: o.inv.SDP}
	l.sign = &countersign{user: o.cfg.User, secret: o.cfg.Secret, md5Until: o.cfg.MD5Until}
	l.carrier, l.limit, l.watch = o.cfg.ID, o.cfg.ID, watch
	host := domain
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	l.dlg = dialog{
		callID: random(), localTag: random(), localSeq: 1,
		local:  sipmsg.Uri{Scheme: "sip", User: shown, Host: host},
		remote: sipmsg.Uri{Scheme: "sip", User: userPart(number), Host: host},
		target: sipmsg.Uri{Scheme: "sip", User: userPart(number), Host: host,
			UriParams: sipmsg.HeaderParams{{K: "transport", V: string(o.cfg.network())}}},
	}
	if shown == "" {
		l.dlg.local = sipmsg.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	if !o.owed {
		c.lend(o.cfg.ID)
	}
	o.owed = false
	req := l.inviteRequest(o.inv)
	if shown != "" { // at the carrier's domain, as From
		for req.RemoveHeader("P-Asserted-Identity") {
		}
		req.AppendHeader(sipmsg.NewHeader("P-Asserted-Identity", "<"+l.dlg.local.String()+">"))
	}
	return c.sendFirst(l, req, o.inv)
}

// targets are the contacts of a 3xx that lie with the same carrier, best first; nobody else is sent to. Never nil.
func (o *outcall) targets(res *sipmsg.Response) []sipmsg.Uri {
	type choice struct {
		uri sipmsg.Uri
		q   float64
	}
	var all []choice
	for _, v := range values(res, "Contact") {
		var u sipmsg.Uri
		params, text, ok := nameAddr(v)
		if !ok || sipmsg.ParseUri(text, &u) != nil || !o.own(u.Host) || userOf(&u) == "" {
			continue
		}
		q, err := strconv.ParseFloat(param(params, "q"), 64)
		if err != nil {
			q = 1
		}
		all = append(all, choice{u, q})
	}
	slices.SortStableFunc(all, func(a, b choice) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	out := []sipmsg.Uri{}
	for _, c := range all {
		if key := strings.ToLower(c.uri.Host) + " " + userOf(&c.uri); !slices.Contains(o.trail, key) && o.moved < maxMoved {
			o.trail = append(o.trail, key)
			o.moved++
			out = append(out, c.uri)
		}
	}
	return out
}

// own says that a host is the carrier's: its name, its domain, or one of its servers.
func (o *outcall) own(host string) bool {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == strings.ToLower(strings.Trim(o.cfg.Host, "[]")) || host == strings.ToLower(o.cfg.domain()) {
		return true
	}
	hops, err := o.u.hops(o.u.ctx)
	return err == nil && slices.ContainsFunc(hops, func(h hop) bool { return h.is(host) })
}

func (h hop) is(host string) bool {
	return strings.EqualFold(h.name, host) || h.addr.Addr().String() == host
}

// follow goes where a 3xx pointed.
func (o *outcall) follow(ctx context.Context, targets []sipmsg.Uri) (*Leg, error) {
	for _, t := range targets {
		host := strings.ToLower(strings.Trim(t.Host, "[]"))
		var only func(hop) bool
		if hops, err := o.u.hops(ctx); err == nil && slices.ContainsFunc(hops, func(h hop) bool { return h.is(host) }) {
			only = func(h hop) bool { return h.is(host) && (t.Port == 0 || t.Port == int(h.addr.Port())) }
		}
		leg, err := o.walk(ctx, userOf(&t), only)
		if err == nil || ctx.Err() != nil {
			return leg, err
		}
	}
	return nil, o.reason
}

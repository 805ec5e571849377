package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"nightbell/call"
	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

// outward is call.Trunks: calls that leave the house, over the trunks of a plan's route in order. Those that are up come
// first; one that is down, full, or fails with a 5xx is followed by the next. The far side sees the clinic's number.
type outward struct {
	rules  *rules
	sip    func() *sip.Server
	log    *slog.Logger
	facing facing
	dials  sync.WaitGroup
}

// outwardWord is why nothing is dialled, in a closed word.
type outwardWord string

func (w outwardWord) Error() string { return string(w) }

const (
	wordNoTrunk    outwardWord = "no_trunk"
	wordNotAllowed outwardWord = "not_allowed"
	wordLimit      outwardWord = "limit"
)

// outwardWay is one trunk that may be taken.
type outwardWay struct {
	trunk *policy.Trunk
	state sip.CarrierState
}

// ways are the route's trunks that may dial the number now, best first.
func (o *outward) ways(d call.Dialling) ([]outwardWay, error) {
	if o == nil || o.sip() == nil {
		return nil, wordNoTrunk
	}
	states := map[string]sip.CarrierState{}
	for _, s := range o.sip().CarrierStates() {
		states[s.ID] = s
	}
	why, snapshot := wordNoTrunk, o.rules.now.Load().policy
	var all []outwardWay
	for _, id := range d.Route.Trunks {
		t, known := snapshot.Trunk(id)
		s, there := states[id]
		switch {
		case !known || t.Carrier == nil || !there:
			continue
		case policy.MayDial(policy.DialRules(*t), d.To.Reveal()) != nil:
			if why != wordLimit {
				why = wordNotAllowed
			}
			continue
		case t.MaxCalls > 0 && s.Calls >= t.MaxCalls:
			why = wordLimit
			continue
		}
		all = append(all, outwardWay{t, s})
	}
	if len(all) == 0 {
		return nil, why
	}
	slices.SortStableFunc(all, func(a, b outwardWay) int { return cmp.Compare(rankOf(a.state), rankOf(b.state)) })
	return all, nil
}

func rankOf(s sip.CarrierState) int {
	if s.Up || s.Trouble == sip.Untried {
		return 0
	}
	return 1
}

// Profile is call.Trunks.
func (o *outward) Profile(d call.Dialling) (string, media.Profile, error) {
	ways, err := o.ways(d)
	if err != nil {
		return "", media.Profile{}, err
	}
	return ways[0].trunk.ID, o.profile(ways[0]), nil
}

func (o *outward) profile(w outwardWay) media.Profile {
	return o.rules.outward(w.trunk, o.facing.towards(w.state, w.trunk))
}

// Dial is call.Trunks. It returns at once; the leg that the call sees stands for every try.
func (o *outward) Dial(ctx context.Context, trunk string, d call.Dialling, post func(call.LegEvent)) (call.Leg, error) {
	ways, err := o.ways(d)
	if err != nil {
		return nil, err
	}
	first := slices.IndexFunc(ways, func(w outwardWay) bool { return w.trunk.ID == trunk })
	if first < 0 {
		return nil, wordNoTrunk
	}
	best := ways[first]
	ways = append([]outwardWay{best}, slices.Delete(ways, first, first+1)...)
	like := o.profile(ways[0])
	ways = slices.DeleteFunc(ways, func(w outwardWay) bool { return !sameSound(like, o.profile(w)) })
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &outwardLeg{post: post, stop: stop}
	o.dials.Go(func() { o.try(ctx, l, ways, d) })
	return l, nil
}

// sameSound says that an offer made for one trunk can be sent over another.
func sameSound(a, b media.Profile) bool {
	return a.Bind == b.Bind && a.Advertised == b.Advertised && a.Plain == b.Plain && slices.Equal(a.Suites, b.Suites)
}

// try goes from trunk to trunk until one takes the call, or the number itself says no.
func (o *outward) try(ctx context.Context, l *outwardLeg, ways []outwardWay, d call.Dialling) {
	defer l.stop()
	last := call.LegEvent{Kind: call.Refused, Cause: call.Unreachable, Code: 503}
	for _, w := range ways {
		rules := policy.DialRules(*w.trunk)
		shown := rules
		shown.Prefix = ""
		out := sip.Invite{From: phi.NewPhone(d.Route.Shown), Display: d.Display, Number: shown.WrittenFor(d.Route.Shown), SDP: d.Offer}
		leg, err := o.sip().DialCarrier(ctx, w.trunk.ID, rules.WrittenFor(d.To.Reveal()), out)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			o.log.Warn("trunk", "trunk", w.trunk.ID, "err", err)
			last = call.LegEvent{Kind: call.Refused, Cause: call.Unreachable, Code: codeOf(err)}
			continue
		}
		if d.Call != "" {
			leg.Label(d.Call)
		}
		on, refused := l.follow(leg)
		if on {
			return
		}
		o.log.Info("trunk refused", "trunk", w.trunk.ID, "code", refused.Code)
		last = refused
	}
	l.give(last)
}

func codeOf(err error) int {
	var c *sip.CarrierError
	if errors.As(err, &c) && c.Code != 0 {
		return c.Code
	}
	return 503
}

// failedByItself says that another trunk may do better: this one failed by itself, and did not ring.
func failedByItself(e sip.Event) bool {
	return e.Kind == sip.Refused && (e.Code >= 500 && e.Code < 600 || e.Code == 408 || e.Code == 403)
}

// outwardLeg is one party outside. Of all the dialogs that it takes to reach her, the call sees one leg.
type outwardLeg struct {
	post func(call.LegEvent)
	stop context.CancelFunc

	mu    sync.Mutex
	leg   *sip.Leg // nil: none has rung yet
	ended bool
}

// follow lets the call hear a dialog, from the first event that means something on. False: the trunk failed by itself.
func (l *outwardLeg) follow(leg *sip.Leg) (on bool, refused call.LegEvent) {
	l.mu.Lock()
	late := l.ended
	l.leg = leg
	l.mu.Unlock()
	if late {
		leg.End(sip.CallerGone)
		return true, refused
	}
	first := make(chan sip.Event, 1)
	rung := false
	leg.Listen(func(e sip.Event) {
		if !rung && failedByItself(e) {
			first <- e
			return
		}
		if !rung && e.Kind != sip.Trying {
			rung = true
			first <- e
		}
		l.post(legEvent(e))
	})
	if e := <-first; failedByItself(e) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leg = nil
		return l.ended, legEvent(e)
	}
	return true, refused
}

// give ends the leg for a call that reached nobody.
func (l *outwardLeg) give(last call.LegEvent) {
	l.mu.Lock()
	over := l.ended
	l.ended = true
	l.mu.Unlock()
	if !over {
		l.post(last)
	}
}

func (l *outwardLeg) with(do func(*sip.Leg) error) error {
	l.mu.Lock()
	leg := l.leg
	l.mu.Unlock()
	if leg == nil {
		return sip.ErrState
	}
	return do(leg)
}

func (l *outwardLeg) Ring([]byte) error { return sip.ErrState }
func (l *outwardLeg) Answer(sdp []byte) error {
	return l.with(func(s *sip.Leg) error { return s.Answer(sdp) })
}
func (l *outwardLeg) Offer(sdp []byte) error {
	return l.with(func(s *sip.Leg) error { return s.Offer(sdp) })
}
func (l *outwardLeg) Refuse(r call.Refusal) error {
	return l.with(func(s *sip.Leg) error { return leg{s}.Refuse(r) })
}

// End gives up, whatever stands. Where nothing has rung yet the call is told as if a dialog had ended.
func (l *outwardLeg) End(why call.Cause) {
	l.mu.Lock()
	over, on := l.ended, l.leg
	l.ended = true
	l.mu.Unlock()
	if over {
		return
	}
	l.stop()
	if on != nil {
		on.End(reasonOf(why))
		return
	}
	l.post(call.LegEvent{Kind: call.Ended, Cause: why})
}

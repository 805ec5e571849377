package main

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

// urgentDesk takes what nothing may hold up: 911, 933 and 988 from a registered phone, and the call-back from there. It
// knows no queue, no gate, no readiness, no recorder and no journal; keys may be sealed and the house may be draining.
type urgentDesk struct {
	media    *media.Engine
	sip      func() *sip.Server
	prompts  func(name string) *media.Prompt
	profile  func(sip.Facts) media.Profile // of a phone that dialled
	ringing  func(sip.Binding) media.Profile
	inbound  func(sip.Facts, []byte) media.Profile // of a trunk that calls back
	way      func(*policy.Trunk) media.Profile     // of a trunk that is called
	standing func() *policy.Snapshot
	told     func(urgentCall)             // never blocks
	names    func(device string) []string // by which its location may be kept
	log      *slog.Logger

	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex
	shut   bool
	recent []urgentCall // of the last urgentKept, newest last
}

// urgentCall is what is remembered of one, and told.
type urgentCall struct {
	Kind   policy.EmergencyKind
	Device string
	At     time.Time
	Trunk  string // by which it left; empty: by none
	Code   int    // why it did not
}

const (
	urgentKept   = 2 * time.Hour // so long a call-back rings the phone first
	urgentRounds = 2             // through all trunks
	urgentTry    = 12 * time.Second
	urgentRing   = 40 * time.Second // a call-back at the phone, before it goes to the desk
	urgentDrift  = 30 * time.Second // a phone whose connection went, until its talk is given up
)

func newUrgentDesk(log *slog.Logger) *urgentDesk {
	ctx, stop := context.WithCancel(context.Background())
	return &urgentDesk{log: log, ctx: ctx, stop: stop}
}

// Close ends every call and waits for it.
func (d *urgentDesk) Close() error {
	d.mu.Lock()
	d.shut = true
	d.mu.Unlock()
	d.stop()
	d.work.Wait()
	return nil
}

// Wait lets the calls that run come to their end; ctx ends the waiting.
func (d *urgentDesk) Wait(ctx context.Context) {
	over := make(chan struct{})
	go func() { d.work.Wait(); close(over) }()
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// begin runs one call, unless the desk is closed.
func (d *urgentDesk) begin(run func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return false
	}
	d.work.Go(run)
	return true
}

// dialled takes an INVITE of a registered phone. It never blocks.
func (d *urgentDesk) dialled(l *sip.Leg, kind policy.EmergencyKind) {
	if !d.begin(func() { d.call(l, kind) }) {
		_ = l.Refuse(sip.Refusal{Reason: sip.Unreachable})
	}
}

// say answers a phone with words, and hangs up: nobody is refused in silence.
func (d *urgentDesk) say(l *sip.Leg, prompt string) {
	words := func() {
		sound := d.media.NewCall()
		defer sound.Close()
		talk := newUrgentTalk(d.ctx, sound)
		defer talk.end()
		if err := talk.joinNear(l, d.profile(l.Facts())); err != nil {
			_ = l.Refuse(unheard(err))
			return
		}
		talk.speak(d.prompts(prompt), 1)
	}
	if !d.begin(words) {
		_ = l.Refuse(sip.Refusal{Reason: sip.Unreachable})
	}
}

// call is one of them from the INVITE to the BYE.
func (d *urgentDesk) call(l *sip.Leg, kind policy.EmergencyKind) {
	device := l.Facts().Device
	sound := d.media.NewCall()
	defer sound.Close()
	talk := newUrgentTalk(d.ctx, sound)
	defer talk.end()
	if err := talk.joinNear(l, d.profile(l.Facts())); err != nil {
		_ = l.Refuse(unheard(err))
		return
	}
	made := urgentCall{Kind: kind, Device: device, At: time.Now()}
	d.remember(made)
	for range urgentRounds {
		for _, t := range d.trunks(kind) {
			code, reached := d.over(talk, t, made)
			if reached {
				return
			}
			if made.Code = code; talk.ctx.Err() != nil {
				return
			}
		}
	}
	d.log.Error("an emergency call reached nobody", "device", device, "code", made.Code)
	d.tell(made)
	talk.speak(d.prompts("phone_no_911"), 2)
}

// over tries one trunk; reached: somebody answered there, and the talk is over.
func (d *urgentDesk) over(talk *urgentTalk, t *policy.Trunk, made urgentCall) (code int, reached bool) {
	line := d.standing().Book.Emergency
	offer, err := talk.offerFar(d.way(t))
	if err != nil {
		return 488, false
	}
	shown := cmp.Or(line.CallBack, d.shown())
	ctx, stop := context.WithTimeout(talk.ctx, urgentTry)
	defer stop()
	leg, err := d.sip().DialCarrier(ctx, t.ID, string(made.Kind), sip.Invite{From: phi.NewPhone(shown), Number: shown, SDP: offer, Urgent: true,
		Location: locationOf(line, d.names(made.Device), time.Now())})
	if err != nil {
		d.log.Warn("emergency call", "trunk", t.ID, "err", err)
		return codeOf(err), false
	}
	return talk.withFar(leg, func() {
		made.Trunk, made.Code = t.ID, 0
		d.remember(made)
		d.tell(made)
	})
}

// shown is a number of ours, where the line has none of its own for calls back.
func (d *urgentDesk) shown() string {
	for _, n := range d.standing().Book.Numbers {
		if n.Trunk == "" {
			return n.Number
		}
	}
	return ""
}

// trunks are the emergency trunk first, then every other that dials outward. 988 goes like any other call.
func (d *urgentDesk) trunks(kind policy.EmergencyKind) []*policy.Trunk {
	b := d.standing().Book
	var all []*policy.Trunk
	for i := range b.Trunks {
		if b.Trunks[i].Carrier != nil {
			all = append(all, &b.Trunks[i])
		}
	}
	place := func(t *policy.Trunk) int {
		if t.ID == b.Emergency.Trunk && kind != policy.Crisis988 {
			return -1
		}
		return t.Carrier.Rank
	}
	slices.SortStableFunc(all, func(a, b *policy.Trunk) int { return cmp.Compare(place(a), place(b)) })
	if b.Emergency.Trunk == "" && kind != policy.Crisis988 {
		return nil // no trunk is bound to bring 911 where it belongs: saying so at once is safer than a guess
	}
	return all
}

func (d *urgentDesk) tell(c urgentCall) {
	if d.told != nil {
		d.told(c)
	}
}

// remember keeps whose phone it was, for the call back.
func (d *urgentDesk) remember(c urgentCall) {
	if c.Kind != policy.Emergency911 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.recent = slices.DeleteFunc(d.recent, func(x urgentCall) bool { return c.At.Sub(x.At) > urgentKept || x.Device == c.Device })
	d.recent = append(d.recent, c)
}

// callers are the devices that dialled 911 of late, newest first.
func (d *urgentDesk) callers(now time.Time) (devices []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range slices.Backward(d.recent) {
		if now.Sub(c.At) <= urgentKept {
			devices = append(devices, c.Device)
		}
	}
	return devices
}

// calledBack takes a call to the call-back number while somebody's 911 call is young: her phone is rung first. False: it is
// none, and goes its usual way; so does one that her phone does not answer.
func (d *urgentDesk) calledBack(l *sip.Leg, otherwise func(*sip.Leg)) bool {
	s := d.standing()
	back := s.Book.Emergency.CallBack
	if back == "" {
		return false
	}
	f := l.Facts()
	region := "US"
	if t, ok := s.Trunk(f.TrunkID); ok && t.Country != "" {
		region = t.Country
	}
	if number, _ := policy.NormaliseNumber(f.Number, region); number != back {
		return false
	}
	var at []sip.Binding
	for _, device := range d.callers(time.Now()) {
		if at = d.sip().Bindings(device); len(at) > 0 {
			break
		}
	}
	return len(at) > 0 && d.begin(func() { d.back(l, at, otherwise) })
}

// back rings the phone; whoever called hears ringing meanwhile.
func (d *urgentDesk) back(l *sip.Leg, at []sip.Binding, otherwise func(*sip.Leg)) {
	_ = l.Ring(nil)
	sound := d.media.NewCall()
	defer sound.Close()
	talk := newUrgentTalk(d.ctx, sound)
	defer talk.end()
	if err := talk.joinNear(l, d.inbound(l.Facts(), l.RemoteSDP())); err != nil {
		_ = l.Refuse(unheard(err))
		return
	}
	for _, b := range at {
		offer, err := talk.offerFar(d.ringing(b))
		if err != nil {
			continue
		}
		ctx, stop := context.WithTimeout(talk.ctx, urgentRing)
		leg, err := d.sip().Invite(ctx, b, sip.Invite{Display: "911", SDP: offer})
		if err == nil {
			giveUp := context.AfterFunc(ctx, func() { leg.End(sip.NoAnswer) })
			_, reached := talk.withFar(leg, func() { giveUp() })
			if reached || talk.ctx.Err() != nil {
				stop()
				return
			}
		}
		stop()
	}
	if talk.release() {
		otherwise(l)
	}
}

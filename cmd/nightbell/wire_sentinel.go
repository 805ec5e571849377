package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

// sentinel finds out before the night whether a clinic's lines come to us: after closing time it dials the clinic's public
// number over a carrier, and waits for that very call on our own trunks. It is never answered: the call that comes is
// refused, the call that went out is taken back.
type sentinel struct {
	rules    func() *policy.Snapshot
	place    func(call.Placing) error
	hangUp   func(id string)
	remember func(ctx context.Context, clinic string, v console.Forwarding, by audit.Actor) error
	alarms   *alarms
	log      *slog.Logger
	now      func() time.Time

	open    map[string]bool      // of Run alone: as the clinics were at the last look
	due     map[string]time.Time // of Run alone
	waiting atomic.Int32         // expectations that stand: no call waits for a lock because of us
	runs    atomic.Int64
	missing atomic.Int64 // of those
	mu      sync.Mutex
	expects map[string]*expectation // by clinic
}

// expectation is a call of ours that should come back.
type expectation struct {
	shown string // our caller id
	came  chan struct{}
	once  sync.Once
}

const (
	sentinelLook = 20 * time.Second
	sentinelMost = 15 * time.Second // one check, the carrier's time to ring included
	sentinelSlow = time.Minute      // after closing: somebody has to switch the lines over
	sentinelWide = 4 * time.Minute  // over which the clinics are spread
)

// Words for what became of a check.
const (
	lineForwarded = "forwarded"
	lineElsewhere = "rang_elsewhere"
	lineAnswered  = "answered_elsewhere"
	lineBusy      = "busy"
	lineUnchecked = "unchecked" // no carrier took the call: nothing is known
)

const (
	notForwarded = "lines_not_forwarded: "
	notChecked   = "lines_unchecked: "
)

// Run watches the clinics close until ctx ends.
func (s *sentinel) Run(ctx context.Context) error {
	s.open, s.due = map[string]bool{}, map[string]time.Time{}
	tick := time.NewTicker(sentinelLook)
	defer tick.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look notes who has closed, and checks whose time has come: one after the other.
func (s *sentinel) look(ctx context.Context) {
	now, rules := s.now(), s.rules()
	for _, c := range rules.Book.Clinics {
		if c.Features.Closing == "" || c.Suspended {
			delete(s.open, c.ID)
			continue
		}
		open := isOpen(rules, c.ID, now)
		if s.open[c.ID] && !open {
			s.due[c.ID] = now.Add(sentinelSlow + spread(c.ID, sentinelWide))
		}
		s.open[c.ID] = open
	}
	for clinic, at := range s.due {
		if now.Before(at) {
			continue
		}
		delete(s.due, clinic)
		if _, err := s.Check(ctx, clinic, audit.Actor{Type: "system", ID: "sentinel"}); err != nil && ctx.Err() == nil {
			s.log.Error("sentinel", "clinic", clinic, "err", err)
		}
	}
}

// isOpen asks the rules about the first number of a clinic.
func isOpen(rules *policy.Snapshot, clinic string, now time.Time) bool {
	for _, n := range rules.Book.Numbers {
		if n.Clinic == clinic {
			return rules.Decide(policy.Inquiry{Trunk: n.Trunk, Number: n.Number, At: now}).Open
		}
	}
	return false
}

// spread is a time of its own for each name.
func spread(name string, within time.Duration) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return within * time.Duration(h.Sum32()%1000) / 1000
}

// Check dials a clinic's public number and says whether the call came to us.
func (s *sentinel) Check(ctx context.Context, clinic string, by audit.Actor) (console.Forwarding, error) {
	began := s.now()
	c, known := s.rules().Clinic(clinic)
	if !known {
		return console.Forwarding{}, console.ErrNotFound
	}
	if c.Features.Closing == "" {
		return console.Forwarding{}, console.Mistakes{{Text: "the clinic names no number to check: closing"}}
	}
	v := console.Forwarding{Clinic: clinic, At: began.UTC()}
	route, _ := s.rules().Route(clinic, c.Features.Closing)
	e, ok := s.expect(clinic, route.Shown)
	if !ok {
		return v, console.ErrConflict
	}
	defer s.forget(clinic)
	v.Result = s.knock(ctx, e, call.Placing{Why: call.Sentinel, Clinic: clinic,
		NearDial: &call.Dialling{To: phi.NewPhone(c.Features.Closing), Route: route, Display: c.Name}})
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	v.Seconds = s.now().Sub(began).Seconds()
	s.tell(v)
	return v, s.remember(ctx, clinic, v, by)
}

// knock places the call and waits until it comes to us or has ended.
func (s *sentinel) knock(ctx context.Context, e *expectation, p call.Placing) string {
	p.ID = rand.Text()
	p.NearDial.Call = p.ID
	over := make(chan call.Record, 1)
	p.Ended = func(r call.Record) { over <- r }
	if err := s.place(p); err != nil {
		return lineUnchecked
	}
	timer := time.NewTimer(sentinelMost)
	defer timer.Stop()
	select {
	case <-e.came:
		s.hangUp(p.ID)
		return lineForwarded
	case r := <-over:
		select {
		case <-e.came: // our own refusal of it came round faster
			return lineForwarded
		default:
			return lineResult(r.Outcome)
		}
	case <-timer.C:
	case <-ctx.Done():
	}
	s.hangUp(p.ID)
	return lineElsewhere
}

// lineResult is what the outgoing call's end says when nothing came to us.
func lineResult(c call.Cause) string {
	switch c {
	case call.NoAnswer:
		return lineElsewhere
	case call.Completed:
		return lineAnswered
	case call.Busy, call.Declined:
		return lineBusy
	}
	return lineUnchecked
}

// tell raises or clears the clinic's alarms.
func (s *sentinel) tell(v console.Forwarding) {
	s.runs.Add(1)
	s.log.Info("sentinel", "clinic", v.Clinic, "result", v.Result)
	switch v.Result {
	case lineForwarded:
		s.alarms.clear(notForwarded + v.Clinic)
		s.alarms.clear(notChecked + v.Clinic)
	case lineUnchecked:
		s.alarms.raise(notChecked+v.Clinic, "no carrier took the call to the clinic's public number: whether its lines come to us is not known")
	default:
		s.missing.Add(1)
		s.alarms.clear(notChecked + v.Clinic)
		s.alarms.raise(notForwarded+v.Clinic, "the clinic's public number did not come to us after closing: "+v.Result)
	}
}

func (s *sentinel) expect(clinic, shown string) (*expectation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expects == nil {
		s.expects = map[string]*expectation{}
	}
	if s.expects[clinic] != nil {
		return nil, false
	}
	e := &expectation{shown: shown, came: make(chan struct{})}
	s.expects[clinic] = e
	s.waiting.Add(1)
	return e, true
}

func (s *sentinel) forget(clinic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.expects, clinic)
	s.waiting.Add(-1)
}

// met reports whether a call on our trunk is one that was sent to find its way here: to a number of the clinic, from the
// number that we showed.
func (s *sentinel) met(q policy.Inquiry) bool {
	if s.waiting.Load() == 0 || q.From.IsZero() {
		return false
	}
	clinic := s.rules().Decide(q).Clinic
	s.mu.Lock()
	e := s.expects[clinic]
	s.mu.Unlock()
	if e == nil || q.From.Reveal() != e.shown {
		return false
	}
	e.once.Do(func() { close(e.came) })
	return true
}

// openSentinel makes it over the running server.
func (s *server) openSentinel() {
	s.sentinel = &sentinel{
		rules: func() *policy.Snapshot { return s.rules.now.Load().policy }, now: time.Now, alarms: &s.alarms, log: s.log,
		place: func(p call.Placing) error {
			b := s.Board()
			if b == nil {
				return console.ErrNotRunning
			}
			return b.Place(p)
		},
		hangUp: func(id string) { s.board.HangUp(id) },
		remember: func(ctx context.Context, clinic string, v console.Forwarding, by audit.Actor) error {
			return known(s.office.Store.Audit(ctx, audit.Event{Actor: by, Action: audit.LineChecked, Object: "clinic:" + clinic, Clinic: clinic,
				Outcome: audit.Done, Facts: map[string]string{"result": v.Result}}))
		},
	}
}

// comesBack refuses a call that the sentinel sent out: it has arrived, and that was all.
func (s *server) comesBack(l *sip.Leg) bool {
	if s.sentinel == nil || s.sentinel.waiting.Load() == 0 {
		return false
	}
	f := l.Facts()
	region := "US"
	if t, there := s.rules.now.Load().policy.Trunk(f.TrunkID); there {
		region = cmp.Or(t.Country, region)
	}
	number, _ := policy.NormaliseNumber(f.Number, region)
	if !s.sentinel.met(policy.Inquiry{Trunk: f.TrunkID, Number: number, From: normalised(f.Caller, region), At: time.Now().UTC()}) {
		return false
	}
	_ = l.Refuse(sip.Refusal{Code: 480, Reason: sip.Declined})
	return true
}

// lineChecks are the sentinel as the console sees it.
type lineChecks struct{ running running }

func (c lineChecks) Check(ctx context.Context, clinic string, by audit.Actor) (console.Forwarding, error) {
	v, err := c.running.CheckLines(ctx, clinic, by)
	if errors.Is(err, context.Canceled) {
		return v, console.ErrNotRunning
	}
	return v, err
}

// CheckLines finds out whether a clinic's lines come to us.
func (s *server) CheckLines(ctx context.Context, clinic string, by audit.Actor) (console.Forwarding, error) {
	return s.sentinel.Check(ctx, clinic, by)
}

func (stopped) CheckLines(context.Context, string, audit.Actor) (console.Forwarding, error) {
	return console.Forwarding{}, console.ErrNotRunning
}

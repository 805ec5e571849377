package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/call"
	"nightbell/store"
)

// gateWatch carries out what ends readiness by itself (the twelfth hour, repeated no-answer, a connection that stays lost)
// and says at once when a clinic has nobody whose phone could ring. It is one goroutine, so that of two agents who are
// both due the second is always judged with the first one gone: no automatic rule takes a clinic's last one.
type gateWatch struct {
	shelf      gateShelf
	rules      func() *standing
	registered func() map[string]int    // live bindings by user
	busy       func(person string) bool // she is in a call
	now        func() time.Time
	tell       func(gateNotice) // the notice hook: the supervisor; never blocks
	bare       func([]string)   // the clinics without anybody, at once; never blocks
	fault      func(error)      // after each look: what was wrong, nil when all was well
	changed    chan struct{}    // capacity 1

	acted  *standing            // the rules that the latest end was decided on: no other end before they have changed
	lost   map[string]time.Time // ready people without a binding, since
	told   map[string]bool      // clinics whose want was audited
	empty  atomic.Int64         // clinics without anybody
	ready  atomic.Int64
	mu     sync.Mutex
	misses map[string]misses
}

// gateShelf keeps readiness and remembers; *store.Store is one.
type gateShelf interface {
	PutReadiness(context.Context, audit.Actor, access.Readiness) error
	EndReadiness(ctx context.Context, actor audit.Actor, person, why string) error
	Audit(context.Context, audit.Event) error
}

// misses are offers that a person let ring to their end, one after the other, in one stretch of readiness.
type misses struct {
	since time.Time
	count int
}

// gateNotice is what the hook hears of an automatic end.
type gateNotice struct {
	Person  string
	Cause   access.Cause
	Limited bool     // she goes on in limited mode, as the last one
	For     []string // of these clinics
}

const (
	gateLook    = 5 * time.Second
	lostBriefly = 10 * time.Second // a phone that comes back within it was never away
	lostForLong = 10 * time.Minute // its person is not at her desk any more
	missesMost  = 3
	missedRing  = 8 * time.Second // a shorter ring is nobody's fault
)

var bySystem = audit.Actor{Type: "system", ID: "gate"}

func newGateWatch(shelf gateShelf, rules func() *standing) *gateWatch {
	return &gateWatch{
		shelf: shelf, rules: rules, changed: make(chan struct{}, 1), now: func() time.Time { return time.Now().UTC() },
		registered: func() map[string]int { return nil }, busy: func(string) bool { return false },
		tell: func(gateNotice) {}, bare: func([]string) {}, fault: func(error) {},
		lost: map[string]time.Time{}, told: map[string]bool{}, misses: map[string]misses{},
	}
}

// Changed says that something the watch looks at has changed. It never blocks.
func (w *gateWatch) Changed() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Run watches until ctx ends.
func (w *gateWatch) Run(ctx context.Context) {
	tick := time.NewTicker(gateLook)
	defer tick.Stop()
	for {
		err := w.look(ctx)
		if ctx.Err() == nil {
			w.fault(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-w.changed:
		case <-tick.C:
		}
	}
}

// look says who is missing, and then carries out one end that is due.
func (w *gateWatch) look(ctx context.Context) error {
	s, now := w.rules(), w.now()
	w.follow(s, now)
	err := w.cover(ctx, s, now)
	if s == w.acted {
		return err
	}
	for _, due := range w.due(s, now) {
		acted, failed := w.end(ctx, s, due)
		err = errors.Join(err, failed)
		if acted {
			w.acted = s
			break
		}
	}
	return err
}

// follow notes whose phone is away since when.
func (w *gateWatch) follow(s *standing, now time.Time) {
	here := w.people(s)
	ready := s.gate.roster.All()
	w.ready.Store(int64(len(ready)))
	away := map[string]time.Time{}
	for _, r := range ready {
		if here[r.Person] {
			continue
		}
		if away[r.Person] = now; !w.lost[r.Person].IsZero() {
			away[r.Person] = w.lost[r.Person]
		}
	}
	w.lost = away
}

// people are those of whom a phone is registered.
func (w *gateWatch) people(s *standing) map[string]bool {
	here := map[string]bool{}
	for user, n := range w.registered() {
		here[s.owner[user]] = n > 0 || here[s.owner[user]]
	}
	return here
}

// reachable forgives a connection that was lost a moment ago.
func (w *gateWatch) reachable(person string, now time.Time) bool {
	since, away := w.lost[person]
	return !away || now.Sub(since) < lostBriefly
}

// eligible are the people whose phones a call of the clinic would ring now.
func (w *gateWatch) eligible(s *standing, clinic string, rung []string, now time.Time) []string {
	var who []string
	for _, p := range rung {
		if !slices.Contains(who, p) && !s.paused[p] && s.gate.lets(p, clinic, now) && w.reachable(p, now) {
			who = append(who, p)
		}
	}
	return who
}

// cover alarms for every live clinic that has nobody, and remembers the beginning and the end of it. Where the rules ask
// nobody at this hour there is nobody to be missed.
func (w *gateWatch) cover(ctx context.Context, s *standing, now time.Time) error {
	var bare []string
	for _, n := range s.gate.live {
		if rung := s.rung(n, now); len(rung) > 0 && len(w.eligible(s, n.Clinic, rung, now)) == 0 {
			bare = append(bare, n.Clinic)
		}
	}
	w.empty.Store(int64(len(bare)))
	w.bare(bare)
	var all []error
	for _, clinic := range bare {
		if !w.told[clinic] {
			all = append(all, w.remember(ctx, audit.NobodyEligible, clinic, now))
		}
	}
	for _, clinic := range slices.Sorted(maps.Keys(w.told)) {
		if !slices.Contains(bare, clinic) {
			all = append(all, w.remember(ctx, audit.SomebodyEligible, clinic, now))
		}
	}
	return errors.Join(all...)
}

func (w *gateWatch) remember(ctx context.Context, a audit.Action, clinic string, now time.Time) error {
	err := w.shelf.Audit(ctx, audit.Event{Time: now, Action: a, Object: "clinic:" + clinic, Clinic: clinic, Outcome: audit.Done, Actor: bySystem})
	if err != nil {
		return err
	}
	if a == audit.NobodyEligible {
		w.told[clinic] = true
	} else {
		delete(w.told, clinic)
	}
	return nil
}

// dueEnd is an automatic end whose time has come.
type dueEnd struct {
	person string
	cause  access.Cause
}

// due lists them; never inside a call.
func (w *gateWatch) due(s *standing, now time.Time) []dueEnd {
	var all []dueEnd
	for _, p := range s.gate.roster.Due(now, w.busy) {
		all = append(all, dueEnd{p, access.ShiftOver})
	}
	for _, r := range s.gate.roster.All() {
		if since, away := w.lost[r.Person]; away && now.Sub(since) >= lostForLong && !w.busy(r.Person) {
			all = append(all, dueEnd{r.Person, access.FlowLost})
		}
		if w.missed(r) >= missesMost && !w.busy(r.Person) {
			all = append(all, dueEnd{r.Person, access.NoAnswer})
		}
	}
	for _, p := range s.gate.roster.Relieved(clinicsOf(s), w.busy) {
		if !w.only(s, p, now) {
			all = append(all, dueEnd{p, access.MadeRoom})
		}
	}
	return all
}

func clinicsOf(s *standing) []string {
	all := make([]string, len(s.gate.live))
	for i, n := range s.gate.live {
		all[i] = n.Clinic
	}
	return all
}

// only reports that a live clinic's calls would ring nobody but her: others may be ready for it, but the rules do not ask
// them now, or their phones are away.
func (w *gateWatch) only(s *standing, person string, now time.Time) bool {
	for _, n := range s.gate.live {
		who := w.eligible(s, n.Clinic, s.rung(n, now), now)
		if len(who) == 1 && who[0] == person {
			return true
		}
	}
	return false
}

// end carries one out: she is not ready any more, or goes on in limited mode. False: there was nothing to do.
func (w *gateWatch) end(ctx context.Context, s *standing, d dueEnd) (acted bool, err error) {
	clinics := clinicsOf(s)
	_, ending := s.gate.roster.End(d.person, d.cause, clinics)
	if !ending.Limited && w.only(s, d.person, w.now()) {
		ending = limited(s.gate.roster, d)
	}
	if !ending.Changed {
		return false, nil
	}
	if ending.Limited {
		err = w.shelf.PutReadiness(ctx, bySystem, ending.Readiness)
	} else {
		err = w.shelf.EndReadiness(ctx, bySystem, d.person, string(d.cause))
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		return true, nil // somebody was faster: a logout, a termination
	case err != nil:
		return false, err
	}
	w.tell(gateNotice{Person: d.person, Cause: d.cause, Limited: ending.Limited, For: ending.For})
	return true, nil
}

// limited is the ending of somebody who is the last one as the rules stand.
func limited(r *access.Roster, d dueEnd) access.Ending {
	mine, ok := r.Of(d.person)
	if !ok || mine.Mode == access.ReadyLimited {
		return access.Ending{}
	}
	mine.Mode, mine.Why = access.ReadyLimited, string(d.cause)
	return access.Ending{Readiness: mine, Limited: true, Changed: true}
}

// finished counts the offers of a call that nobody took, by person.
func (w *gateWatch) finished(r call.Record) {
	roster := w.rules().gate.roster
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range r.Legs {
		ready, ok := roster.Of(l.Person)
		if l.Person == "" || !ok {
			delete(w.misses, l.Person)
			continue
		}
		m := w.misses[l.Person]
		switch {
		case !l.Answered.IsZero():
			m = misses{since: ready.Since}
		case l.Cause == call.NoAnswer && l.Ended.Sub(l.Invited) >= missedRing:
			if m.since != ready.Since {
				m = misses{since: ready.Since}
			}
			m.count++
		}
		w.misses[l.Person] = m
	}
	w.Changed()
}

func (w *gateWatch) missed(r access.Readiness) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.misses[r.Person]; m.since == r.Since {
		return m.count
	}
	return 0
}

// gateJournal lets the watch see how calls ended.
type gateJournal struct {
	call.Journal
	watch *gateWatch
}

func (j gateJournal) Finish(r call.Record) {
	j.Journal.Finish(r)
	j.watch.finished(r)
}

// gateNobody alarms while live clinics have nobody.
func (n notices) gateNobody(bare []string) {
	if len(bare) == 0 {
		n.alarms.clear("nobody_eligible")
		return
	}
	shown := bare[:min(len(bare), 5)]
	n.alarms.raise("nobody_eligible", "no ready agent can be rung for "+strings.Join(shown, ", ")+rest(len(bare)-len(shown)))
}

func rest(n int) string {
	if n == 0 {
		return ""
	}
	return " and others"
}

// gateEnd is told of automatic ends: of a last one the supervisor hears.
func (n notices) gateEnd(g gateNotice) {
	n.log.Warn("readiness", "person", g.Person, "cause", string(g.Cause), "limited", g.Limited)
	if g.Limited {
		n.alarms.raise("agent_limited", g.Person+" is the last ready agent and goes on in limited mode: "+cmp.Or(string(g.Cause), "due"))
	}
}

package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"nightbell/policy"
	"nightbell/store"
)

// gapWatch looks ahead for times in which nobody is on call, and tells: when one is found, when it begins, when it is over
// or filled. It looks after every change of the rules, at every beginning and end that it knows of, and now and then.
type gapWatch struct {
	shelf   gapShelf
	rules   func() *policy.Snapshot
	now     func() time.Time
	tell    func(gapNotice) // the notice hook; never blocks
	fault   func(error)     // after each look: what was wrong, nil when all was well
	changed chan struct{}   // capacity 1
	counts  atomic.Pointer[gapCounts]
	counted time.Time // when counts was made
	stale   bool      // the rules changed since
	begun   bool      // the first look is over
}

// gapShelf keeps what was told, so that a restart does not tell it again; *store.Store is one.
type gapShelf interface {
	OpenGaps(context.Context) ([]store.GapRow, error)
	PutGaps(context.Context, []store.GapRow) error
	GapAcks(context.Context, time.Time) ([]store.GapAck, error)
}

// gapCounts is what the metrics show.
type gapCounts struct {
	Ahead  int // within the horizon
	Now    int // schedules whose first tier is empty
	Nobody int // of those, with every tier empty
}

// gapNotice is what the hook hears. Known: somebody acknowledged the gap when it was made.
type gapNotice struct {
	Gap   policy.Gap
	State store.GapState
	Known bool
}

const (
	gapHorizon = 90 * 24 * time.Hour // what the metric counts
	gapLead    = 72 * time.Hour      // how long before a gap is told of: a weekend, so that it is told while it is light
	gapSight   = 10 * 24 * time.Hour // how far a look sees: beyond the lead, to know where a gap ends
	gapLook    = 5 * time.Minute     // at the latest
	gapCount   = 15 * time.Minute    // how often the whole horizon is counted, which takes a second in a house of a thousand
	gapRecount = time.Minute         // and after a change, at most
	gapQuiet   = 2 * time.Second     // after a change: an import of a hundred edits is one change
)

func newGapWatch(shelf gapShelf, rules func() *policy.Snapshot) *gapWatch {
	w := &gapWatch{
		shelf: shelf, rules: rules, changed: make(chan struct{}, 1), now: func() time.Time { return time.Now().UTC() },
		tell: func(gapNotice) {}, fault: func(error) {},
	}
	w.counts.Store(&gapCounts{})
	return w
}

// Changed says that the rules changed. It never blocks.
func (w *gapWatch) Changed() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Run watches until ctx ends.
func (w *gapWatch) Run(ctx context.Context) {
	for {
		next, err := w.look(ctx)
		if ctx.Err() == nil {
			w.fault(err)
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-w.changed:
			timer.Stop()
			w.stale = true
			if !quiet(ctx) {
				return
			}
		case <-timer.C:
		}
	}
}

// quiet lets a change be followed by others; false: ctx ended.
func quiet(ctx context.Context) bool {
	timer := time.NewTimer(gapQuiet)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// look scans once, files and tells what is new, and says how long nothing can change by itself.
func (w *gapWatch) look(ctx context.Context) (time.Duration, error) {
	now, rules := w.now(), w.rules()
	if age := now.Sub(w.counted); age >= gapCount || w.stale && age >= gapRecount {
		w.count(rules.Gaps(now, gapHorizon), now)
	}
	gaps := rules.Gaps(now, gapSight)
	open, err := w.shelf.OpenGaps(ctx)
	if err != nil {
		return gapLook, err
	}
	acks, err := w.shelf.GapAcks(ctx, now)
	if err != nil {
		return gapLook, err
	}
	news := gapNews(open, gaps, now)
	if err := w.file(ctx, news); err != nil {
		return gapLook, err
	}
	for _, n := range news {
		if n.told || !w.begun { // who has just started does not know what was told before
			w.tell(gapNotice{Gap: n.row.Gap, State: n.row.State, Known: acknowledged(n.row.Gap, acks)})
		}
	}
	w.begun = true
	next := untilNext(gaps, now)
	if w.stale {
		next = min(next, gapRecount)
	}
	return next, nil
}

// file keeps what changed.
func (w *gapWatch) file(ctx context.Context, news []gapChange) error {
	var rows []store.GapRow
	for _, n := range news {
		if n.told || n.moved {
			rows = append(rows, n.row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return w.shelf.PutGaps(ctx, rows)
}

func (w *gapWatch) count(gaps []policy.Gap, now time.Time) {
	c := gapCounts{Ahead: len(gaps)}
	for _, g := range gaps {
		if g.Start.After(now) {
			continue
		}
		c.Now++
		if g.Severity == policy.NobodyAtAll {
			c.Nobody++
		}
	}
	w.counts.Store(&c)
	w.counted, w.stale = now, false
}

// gapChange is a gap as it now is: told of because its state is new, or moved because its end or severity is.
type gapChange struct {
	row         store.GapRow
	told, moved bool
}

// gapNews lays what was told over what is there: what is new, what has begun, what is over, and what only goes on.
func gapNews(open []store.GapRow, gaps []policy.Gap, now time.Time) (news []gapChange) {
	known := map[string][]store.GapRow{}
	for _, g := range open {
		known[g.Schedule] = append(known[g.Schedule], g)
	}
	there := map[string]bool{}
	for _, g := range gaps {
		if g.Start.After(now.Add(gapLead)) {
			continue
		}
		row, had := match(known[g.Schedule], g, now)
		c := gapChange{row: row, told: !had}
		if !had {
			c.row = store.GapRow{Gap: g, State: store.FoundGap}
		}
		there[gapKey(c.row)] = true
		if !g.Start.After(now) && c.row.State != store.BegunGap {
			c.row.State, c.told = store.BegunGap, true
		}
		far := now.Add(gapLead)
		sameEnd := row.End.Equal(g.End) || row.End.After(far) && g.End.After(far)
		c.moved = had && (!sameEnd || row.Severity != g.Severity)
		c.row.End, c.row.Severity = g.End, g.Severity
		news = append(news, c)
	}
	for _, row := range open {
		if there[gapKey(row)] {
			continue
		}
		row.State = store.FilledGap
		if !row.End.After(now) {
			row.State = store.PassedGap
		}
		news = append(news, gapChange{row: row, told: true})
	}
	return news
}

func gapKey(g store.GapRow) string { return g.Schedule + "@" + g.Start.UTC().Format(time.RFC3339Nano) }

// match finds the gap among those told of. One that runs is cut off at now by the scan: it is the one that began before.
func match(told []store.GapRow, g policy.Gap, now time.Time) (store.GapRow, bool) {
	running := !g.Start.After(now)
	for _, row := range told {
		if row.Start.Equal(g.Start) || running && !row.Start.After(now) && !row.End.Before(g.Start) {
			return row, true
		}
	}
	return store.GapRow{}, false
}

func acknowledged(g policy.Gap, acks []store.GapAck) bool {
	for _, a := range acks {
		if a.Schedule == g.Schedule && !a.Start.After(g.Start) && !a.End.Before(g.End) {
			return true
		}
	}
	return false
}

// untilNext is when the first gap begins, ends, or comes within the lead.
func untilNext(gaps []policy.Gap, now time.Time) time.Duration {
	next := gapLook
	for _, g := range gaps {
		for _, at := range []time.Time{g.Start, g.End, g.Start.Add(-gapLead)} {
			if d := at.Sub(now); d > 0 && d < next {
				next = d
			}
		}
	}
	return next
}

// notices is where people hear of what the rules do: the alarms of the house and its log.
type notices struct {
	log    *slog.Logger
	alarms *alarms
}

// gap is told by the watch. Who acknowledged a gap is not warned of it again; that it began is said all the same.
func (n notices) gap(g gapNotice) {
	from, to := g.Gap.Start.UTC().Format(time.RFC3339), g.Gap.End.UTC().Format(time.RFC3339)
	n.log.Warn("gap", "schedule", g.Gap.Schedule, "clinic", g.Gap.Clinic, "state", string(g.State),
		"severity", string(g.Gap.Severity), "from", from, "to", to, "acknowledged", g.Known)
	name := "gap in schedule " + g.Gap.Schedule + " at " + from
	nobody := "nobody on call in schedule " + g.Gap.Schedule + " at " + from
	switch {
	case g.State == store.PassedGap || g.State == store.FilledGap:
		n.alarms.clear(name)
		n.alarms.clear(nobody)
	case g.State == store.FoundGap && !g.Known:
		n.alarms.raise(name, "the first tier is empty until "+to)
	case g.State == store.BegunGap && g.Gap.Severity == policy.NobodyAtAll:
		n.alarms.clear(name)
		n.alarms.raise(nobody, "nobody is on call until "+to)
	case g.State == store.BegunGap:
		n.alarms.raise(name, "the first tier is empty until "+to+": the next is rung")
	}
}

// zonesChanged is told after zone data that moves shifts took effect.
func (n notices) zonesChanged(c zoneChange) {
	if len(c.Moved) > 0 {
		n.log.Warn("zone data moves shifts", "now", c.New.Name(), "shifts", len(c.Moved))
	}
}

// gapFigures show how well the weeks ahead are covered.
func (s *server) gapFigures(gauge metric) {
	count := s.gaps.counts.Load
	gauge("gaps", "Times in the next 90 days in which a first tier is empty.", func() float64 { return float64(count().Ahead) })
	gauge("gaps_now", "Schedules whose first tier is empty now.", func() float64 { return float64(count().Now) })
	gauge("gaps_nobody_now", "Schedules with nobody on call in any tier now.", func() float64 { return float64(count().Nobody) })
}

// openWatches makes what looks after the rules while the house runs.
func (s *server) openWatches() {
	s.notices = notices{s.log, &s.alarms}
	s.zones = make(reloads, 1)
	s.gaps = newGapWatch(s.office.Store, func() *policy.Snapshot { return s.rules.now.Load().policy })
	s.gaps.tell, s.gaps.fault = s.notices.gap, s.trouble("gaps")
	s.offers = &offerWatch{shelf: s.office.Store, tell: s.notices.offer, fault: s.trouble("offers"),
		now: func() time.Time { return time.Now().UTC() }}
	s.openGate()
	s.ladders = newLadders(s.office.Store, func(r policy.Rung, at time.Time) []string {
		return s.rules.now.Load().policy.Rung(r, at)
	}, s.trouble("escalations"))
}

// trouble raises an alarm while something of that name cannot be looked after, and clears it.
func (s *server) trouble(name string) func(error) {
	return func(err error) {
		if err == nil {
			s.alarms.clear(name)
			return
		}
		s.alarms.raise(name, "they cannot be looked after: see the log")
		s.log.Error(name, "err", err)
	}
}

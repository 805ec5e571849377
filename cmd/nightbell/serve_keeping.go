package main

import (
	"context"
	"log/slog"
	"time"

	"nightbell/audit"
	"nightbell/store"
)

// purger destroys each day what has passed a retention that two people set. Nothing goes by itself under the usual
// retentions, which nobody approved; what a hold keeps stays.
type purger struct {
	keeping keeping
	alarms  *alarms
	log     *slog.Logger
}

func (s *server) purger() purger { return purger{keeping{s.office}, &s.alarms, s.log} }

const (
	purgeFirst = 10 * time.Minute // after a start: calls come first
	purgeEvery = 24 * time.Hour
)

// Run purges until ctx ends.
func (p purger) Run(ctx context.Context) {
	timer := time.NewTimer(purgeFirst)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			p.once(ctx)
			timer.Reset(purgeEvery)
		case <-ctx.Done():
			return
		}
	}
}

func (p purger) once(ctx context.Context) {
	actor := audit.Actor{Type: "system", ID: "retention"}
	done, err := p.keeping.purge(ctx, actor, func(d dueNow) bool { return d.approved })
	if err != nil && ctx.Err() == nil {
		p.alarms.raise("purge_failed", "what has passed its retention could not be destroyed")
		p.log.Error("purge", "recordings", len(done.files), "calls", done.calls, "err", err)
		return
	}
	p.alarms.clear("purge_failed")
	if len(done.files) > 0 || done.calls > 0 {
		p.log.Info("purge", "recordings", len(done.files), "calls", done.calls)
	}
}

// glassWatch tells the officers of emergency accesses: at once while one has no verdict yet, louder after 72 hours.
type glassWatch struct {
	store  *store.Store
	alarms *alarms
	log    *slog.Logger
	now    func() time.Time
	look   chan struct{} // capacity 1
}

func newGlassWatch(o *office, a *alarms, log *slog.Logger) *glassWatch {
	return &glassWatch{store: o.Store, alarms: a, log: log, now: o.now, look: make(chan struct{}, 1)}
}

// Changed says that one was opened, closed or reviewed. It never blocks.
func (g *glassWatch) Changed() {
	select {
	case g.look <- struct{}{}:
	default:
	}
}

const glassEvery = time.Minute

// Run watches until ctx ends.
func (g *glassWatch) Run(ctx context.Context) {
	tick := time.NewTicker(glassEvery)
	defer tick.Stop()
	for {
		g.once(ctx)
		select {
		case <-tick.C:
		case <-g.look:
		case <-ctx.Done():
			return
		}
	}
}

func (g *glassWatch) once(ctx context.Context) {
	list, err := g.store.UnreviewedBreakGlasses(ctx)
	if err != nil {
		if ctx.Err() == nil {
			g.log.Warn("emergency accesses are not known", "err", err)
		}
		return
	}
	overdue := false
	for _, b := range list {
		overdue = overdue || g.now().Sub(b.Opened) > store.BreakGlassReview
	}
	if len(list) > 0 {
		g.alarms.raise("break_glass", "emergency access was opened: nightbell glass list, and review it")
	} else {
		g.alarms.clear("break_glass")
	}
	if overdue {
		g.alarms.raise("break_glass_overdue", "an emergency access was not reviewed within 72 hours")
	} else {
		g.alarms.clear("break_glass_overdue")
	}
}

package main

import (
	"context"
	"fmt"
	"time"

	"nightbell/console"
	"nightbell/seal"
	"nightbell/store"
)

// health is what the data folder says of itself.
type health struct{ *office }

func (h health) Checks(ctx context.Context) ([]console.Finding, error) {
	checks := []func(context.Context) console.Finding{h.unsealed, h.custody, h.zones, h.database, h.clock, h.rules, h.calls, h.disk, h.backup, h.lastCall}
	out := make([]console.Finding, len(checks))
	for i, check := range checks {
		out[i] = check(ctx)
	}
	return out, ctx.Err()
}

func found(name string, grade console.Grade, detail string, args ...any) console.Finding {
	return console.Finding{Name: name, Grade: grade, Detail: fmt.Sprintf(detail, args...)}
}

func (h health) unsealed(context.Context) console.Finding {
	if h.Sealed != nil {
		return found("keys open", console.Wrong, "sealed: %v", h.Sealed)
	}
	return found("keys open", console.Fine, "unsealed by %s", h.Config.Keys.Unseal)
}

// custody grades where the way to ROOT lies.
func (h health) custody(context.Context) console.Finding {
	c := h.Slots.Custody(h.Config.Dir)
	switch {
	case c.Grade != seal.Weak:
		return found("keys' place", console.Fine, "%s", c)
	case h.Config.Mode == Development:
		return found("keys' place", console.Warn, "%s; development mode lets it pass", c)
	}
	return found("keys' place", console.Wrong, "%s", c)
}

func (h health) zones(context.Context) console.Finding {
	z, age := h.Zones(), h.Zones().Age(h.now())
	detail := fmt.Sprintf("%s, %d days old", z.Version, int(age/(24*time.Hour)))
	if z.Fallback {
		detail += ", the copy inside the program"
	}
	if err := h.ZonesLost(); err != nil {
		return found("zone data", console.Wrong, "%v; in its place %s", err, detail)
	}
	if age > h.Config.ZoneData.MaxAge.Duration {
		return found("zone data", console.Warn, "%s: older than zone_data.max_age", detail)
	}
	return found("zone data", console.Fine, "%s", detail)
}

// database walks the audit log: that proves the tables can be read and that nobody edited what they remember. The file
// itself was checked when it was opened.
func (h health) database(ctx context.Context) console.Finding {
	rep, err := h.Store.VerifyAudit(ctx, nil)
	switch {
	case err != nil && h.Sealed != nil:
		return found("database", console.Warn, "the audit log cannot be checked while sealed")
	case err != nil:
		return found("database", console.Wrong, "%v", err)
	case !rep.OK:
		return found("database", console.Wrong, "audit log: %s, first at %d", rep.Why, rep.FirstBad)
	}
	return found("database", console.Fine, "whole; %d audit entries hold", rep.Size)
}

// clock compares with the newest audit entry: time that went backwards would bend shifts and the log alike.
func (h health) clock(ctx context.Context) console.Finding {
	page, err := h.Store.AuditList(ctx, store.AuditQuery{Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		return found("clock and log", console.Fine, "nothing to compare with yet")
	}
	last := page.Rows[0].Event.Time
	if back := last.Sub(h.now()); back > time.Second {
		return found("clock and log", console.Wrong, "the clock is %s behind the newest audit entry", back.Round(time.Second))
	}
	return found("clock and log", console.Fine, "after the newest audit entry, %s", last.UTC().Format(time.RFC3339))
}

func (h health) rules(ctx context.Context) console.Finding {
	s, err := rota{h.office}.snapshot(ctx)
	if err != nil {
		return found("book", console.Wrong, "%v", err)
	}
	if wrong := s.Mistakes(); len(wrong) > 0 {
		return found("book", console.Wrong, "%d mistakes, first: %v", len(wrong), wrong[0])
	}
	b := s.Book
	if len(b.Clinics) == 0 {
		return found("book", console.Warn, "no clinic yet: nightbell book apply FILE")
	}
	if b.CatchAll == "" {
		return found("book", console.Warn, "no catch-all clinic for unknown numbers")
	}
	return found("book", console.Fine, "version %s: %d clinics, %d numbers, %d trunks", b.Version, len(b.Clinics), len(b.Numbers), len(b.Trunks))
}

// Bars of security.md: an alarm at 20 % free, recording stops at 5 %.
const (
	diskAlarm = 0.20
	diskStop  = 0.05
)

func (h health) disk(context.Context) console.Finding {
	space, err := h.Folder.Space()
	if err != nil {
		return found("disk", console.Wrong, "%v", err)
	}
	detail := fmt.Sprintf("%.1f GiB free of %.1f (%.0f %%)", gib(space.Free), gib(space.Total), 100*space.Share())
	switch share := space.Share(); {
	case share < diskStop:
		return found("disk", console.Wrong, "%s: recording stops", detail)
	case share < diskAlarm:
		return found("disk", console.Warn, "%s", detail)
	}
	return found("disk", console.Fine, "%s", detail)
}

func gib(bytes uint64) float64 { return float64(bytes) / (1 << 30) }

func (h health) lastCall(ctx context.Context) console.Finding {
	page, err := h.Store.Calls(ctx, store.CallQuery{Limit: 1})
	switch {
	case err != nil && h.Sealed != nil:
		return found("last call", console.Warn, "not shown while sealed")
	case err != nil:
		return found("last call", console.Wrong, "%v", err)
	case len(page.Rows) == 0:
		return found("last call", console.Warn, "none yet")
	}
	last := page.Rows[0]
	return found("last call", console.Fine, "%s, %s: %s", last.Arrived.UTC().Format(time.RFC3339), last.ID, console.InWords(string(last.Outcome), 0))
}

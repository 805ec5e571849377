package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/policy"
)

// zoneState is the zone data that holds, and why it is not what the configuration names. Replaced whole by a reload.
type zoneState struct {
	data *policy.Zones
	lost error // nil: it is
}

// Zones is the zone data that holds now. Ask it once for one thought: a reload may put another in its place.
func (o *office) Zones() *policy.Zones { return o.zones.Load().data }

// ZonesLost is why the zone data is not what the configuration names; nil when it is, or none is named.
func (o *office) ZonesLost() error { return o.zones.Load().lost }

// takeZones loads the configured zone data. What cannot be read does not keep the house from opening: the copy inside the
// program stands in, ZonesLost says so, and the operator is told.
func (o *office) takeZones() {
	z, err := loadZones(o.Config)
	if err != nil {
		z = policy.EmbeddedZones()
	}
	o.zones.Store(&zoneState{z, err})
}

// reloads carries the wish for a reload to whom it concerns. Capacity 1.
type reloads chan struct{}

// ask never blocks.
func (r reloads) ask() {
	select {
	case r <- struct{}{}:
	default:
	}
}

// followZones reloads zone data when asked, and watches its age, until ctx ends. It stands by itself, so that listing what
// moves never holds up a reload of certificates or systemd's watchdog.
func (s *server) followZones(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	s.lookAtZones()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.zones:
			s.reloadZones(ctx)
		case <-tick.C:
			s.lookAtZones()
		}
	}
}

const (
	movedHorizon = 400 * 24 * time.Hour // as far as a calendar feed reaches, and a bit
	movedNamed   = 2000                 // shifts that get an event of their own; the rest is counted
)

// zoneChange is what a reload found.
type zoneChange struct {
	Old, New *policy.Zones
	Moved    []policy.MovedShift
}

// reloadZones puts the configured zone data in place of what holds, after it listed and remembered the shifts that move.
// Data that cannot be read changes nothing and alarms. A running call keeps the plan it was given.
func (s *server) reloadZones(ctx context.Context) {
	next, err := loadZones(s.office.Config)
	if err != nil {
		s.log.Error("zone data", "err", err)
		s.office.zones.Store(&zoneState{s.office.Zones(), err})
		s.lookAtZones()
		return
	}
	c := zoneChange{Old: s.office.Zones(), New: next}
	if c.Old.Checksum == next.Checksum {
		s.office.zones.Store(&zoneState{data: c.Old})
		s.lookAtZones()
		return
	}
	if c.Moved, err = s.moved(ctx, c); err != nil {
		s.log.Error("zone data: shifts that move cannot be listed", "err", err)
	}
	if err := s.office.Store.AuditAll(ctx, c.events()); err != nil {
		s.log.Error("zone data: audit", "err", err)
	}
	s.office.zones.Store(&zoneState{data: next})
	s.rules.Changed()
	s.lookAtZones()
	s.log.Info("zone data", "before", c.Old.Name(), "now", next.Name(), "sha256", next.Checksum, "shifts_moved", len(c.Moved))
	s.notices.zonesChanged(c)
}

func (s *server) moved(ctx context.Context, c zoneChange) ([]policy.MovedShift, error) {
	book, err := s.office.Store.Book(ctx)
	if err != nil {
		return nil, err
	}
	return policy.ShiftsMoved(book, c.Old, c.New, s.office.now().UTC(), movedHorizon), nil
}

// events are what is remembered: the change, and each shift that moves.
func (c zoneChange) events() []audit.Event {
	system := audit.Actor{Type: "system", ID: "nightbell"}
	list := []audit.Event{{Actor: system, Action: audit.ZonesLoaded, Object: "zone_data:" + c.New.Name(), Facts: map[string]string{
		"before": c.Old.Name(), "before_sha256": c.Old.Checksum, "after": c.New.Name(), "after_sha256": c.New.Checksum,
		"shifts_moved": strconv.Itoa(len(c.Moved)),
	}}}
	for _, m := range c.Moved[:min(len(c.Moved), movedNamed)] {
		facts := map[string]string{"person": m.Person, "tier": strconv.Itoa(m.Tier), "layer": m.Layer, "period": strconv.FormatInt(m.Period, 10)}
		for name, at := range map[string]time.Time{"old_start": m.OldStart, "old_end": m.OldEnd, "new_start": m.NewStart, "new_end": m.NewEnd} {
			if !at.IsZero() {
				facts[name] = at.UTC().Format(time.RFC3339)
			}
		}
		if m.Day != "" {
			facts["day"] = m.Day
		}
		list = append(list, audit.Event{Actor: system, Action: audit.ShiftMoved, Object: "schedule:" + m.Schedule, Clinic: m.Clinic,
			Correlation: "zone_data:" + c.New.Name(), Facts: facts})
	}
	return list
}

// lookAtZones alarms while the zone data is older than it may be, or is not what the configuration names.
func (s *server) lookAtZones() {
	z, limit := s.office.Zones(), s.office.Config.ZoneData.MaxAge.Duration
	switch {
	case s.office.ZonesLost() != nil && z.Fallback:
		s.alarms.raise("zone data", "the configured data cannot be read: the copy inside the program stands in")
	case s.office.ZonesLost() != nil:
		s.alarms.raise("zone data", "the configured data cannot be read: the old one stands")
	case limit > 0 && z.Age(s.office.now()) > limit:
		s.alarms.raise("zone data", fmt.Sprintf("%s is older than zone_data.max_age: clocks may be wrong", z.Name()))
	default:
		s.alarms.clear("zone data")
	}
}

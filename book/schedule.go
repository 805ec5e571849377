package book

import (
	"cmp"
	"strings"
	"time"

	"nightbell/policy"
)

func (r *reader) clinic(path string, c clinic) policy.Clinic {
	made := policy.Clinic{
		ID: r.id(path+".id", c.ID), Name: r.name(path+".name", c.Name), Zone: c.Zone,
		Greeting: r.text(path+".greeting", c.Greeting), Announce: r.text(path+".announce", c.Announce),
		LastResort: r.text(path+".last_resort", cmp.Or(c.LastResort, policy.DefaultLastResort)),
		Record:     c.Record == nil || *c.Record, Suspended: c.Suspended, Fallback: r.telephone(path+".fallback", c.Fallback),
	}
	r.zone(path+".zone", c.Zone)
	r.limit(path+".hours", len(c.Hours), maxWindows)
	made.Hours = each(r, path+".hours", c.Hours, r.hours)
	if c.Federal {
		made.Holidays = policy.FederalHolidays()
	}
	made.Holidays = append(made.Holidays, each(r, path+".holidays", c.Holidays, r.holiday)...)
	r.limit(path+".open", len(c.Open), maxSteps)
	r.limit(path+".closed", len(c.Closed), maxSteps)
	made.Open.Steps = each(r, path+".open", c.Open, r.step)
	made.Closed.Steps = each(r, path+".closed", c.Closed, r.step)
	made.Features = r.features(path, c.Features)
	if made.Record && made.Announce == "" {
		r.warn(path+".announce", "is empty: calls are recorded without an announcement")
	}
	return made
}

var weekdays = map[string]int{"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}

// days reads "mon", "mon-fri", "sat-mon" and "daily".
func (r *reader) days(path string, list []string) (days []int) {
	if len(list) == 0 {
		r.wrong(path, "is missing: mon, tue, ... or mon-fri")
	}
	for i, word := range list {
		if word == "daily" {
			word = "mon-sun"
		}
		first, last, ranged := strings.Cut(word, "-")
		from, to := weekdays[first], weekdays[last]
		if !ranged {
			to = from
		}
		if from == 0 || to == 0 {
			r.wrong(index(path, i), "is not a weekday: mon, tue, wed, thu, fri, sat, sun, mon-fri or daily")
			continue
		}
		for d := from; ; d = d%7 + 1 {
			days = append(days, d)
			if d == to {
				break
			}
		}
	}
	return days
}

func (r *reader) hours(path string, h hours) policy.Hours {
	made := policy.Hours{Days: r.days(path+".days", h.Days)}
	var err error
	if made.Start, err = policy.ParseClock(h.Start); err != nil || h.Start == "24:00" {
		r.wrong(path+".start", "is not a time of day like 08:00")
	}
	if made.End, err = policy.ParseClock(h.End); err != nil {
		r.wrong(path+".end", "is not a time of day like 17:00")
	}
	if h.Start == h.End && h.Start != "" {
		r.warn(path+".end", "meets the start: the window lasts a whole day")
	}
	return made
}

func (r *reader) holiday(path string, h holiday) policy.Holiday {
	made := policy.Holiday{
		Name: r.name(path+".name", h.Name), Month: time.Month(h.Month), Day: h.Day, Nth: h.Nth,
		Observed: policy.Observed(r.oneOf(path+".observed", h.Observed, "", "nearest", "monday")),
	}
	if h.Month < 1 || h.Month > 12 {
		r.wrong(path+".month", "is not a month from 1 to 12")
	}
	if h.Weekday == "" {
		if h.Day < 1 || time.Date(2024, made.Month, h.Day, 0, 0, 0, 0, time.UTC).Day() != h.Day {
			r.wrong(path+".day", "is not a day of that month")
		}
		return made
	}
	if made.Weekday = weekdays[h.Weekday]; made.Weekday == 0 {
		r.wrong(path+".weekday", "is not a weekday: mon, tue, wed, thu, fri, sat, sun")
	}
	if h.Nth == 0 || h.Nth > 5 || h.Nth < -5 {
		r.wrong(path+".nth", "must be 1 to 5, or -1 for the last")
	}
	return made
}

func (r *reader) step(path string, s step) policy.StepRule {
	made := policy.StepRule{
		Name: r.name(path+".name", s.Name), Schedule: s.Schedule, Tier: s.Tier, People: s.People,
		Mode: policy.RingMode(r.oneOf(path+".mode", s.Mode, string(policy.Together), string(policy.InOrder))),
		Do:   policy.StepKind(s.Do), Queue: s.Queue, Menu: s.Menu, Prompt: s.Prompt,
	}
	if s.Tier < 0 || s.Tier > maxTier {
		r.wrong(path+".tier", "must be 1 to %d", maxTier)
	}
	rings := s.Do == "" || s.Do == string(policy.Ring)
	if rings {
		made.Do, made.For = "", policy.DefaultRing
	}
	if s.Ring != "" {
		made.For = r.ringing(path+".ring", s.Ring)
	}
	for i, p := range s.People {
		r.isPerson(index(path+".people", i), p)
	}
	if rings && s.Schedule == "" && len(s.People) == 0 {
		r.wrong(path, "rings nobody: schedule or people")
	}
	return made
}

func (r *reader) schedule(path string, s schedule, people []policy.Edit) policy.Schedule {
	r.isClinic(path+".clinic", s.Clinic)
	made := policy.Schedule{
		ID: r.id(path+".id", s.ID), Clinic: s.Clinic, Name: r.name(path+".name", cmp.Or(s.Name, s.ID)), Zone: s.Zone,
		Line: r.text(path+".line", s.Line), Place: r.text(path+".place", s.Place),
	}
	rules := policy.Rules{ZoneName: s.Zone, People: people}
	if c := r.clinics[s.Clinic]; c != nil {
		rules.Holidays, rules.ZoneName = c.Holidays, cmp.Or(s.Zone, c.Zone)
	}
	if s.Zone != "" {
		r.zone(path+".zone", s.Zone)
	}
	rules.Zone, _ = r.Zones.Zone(rules.ZoneName)
	before := len(r.mistakes)
	made.Layers = r.layers(path+".layers", s.Layers, rules)
	r.limit(path+".overrides", len(s.Overrides)+len(s.Edits), maxOverrides)
	made.Overrides = each(r, path+".overrides", s.Overrides, func(at string, o override) policy.Override {
		return r.override(at, o, rules.Zone)
	})
	made.Edits = each(r, path+".edits", s.Edits, func(at string, e edit) policy.Edit { return r.edit(at, e, rules) })
	if len(r.mistakes) > before || rules.Zone == nil || len(s.Layers) == 0 {
		return made
	}
	if _, err := policy.Compile(made, rules); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			r.wrong(path, "%s", plain(line))
		}
	}
	return made
}

func (r *reader) layers(path string, list []layer, rules policy.Rules) []policy.Layer {
	if len(list) == 0 {
		r.wrong(path, "is missing: a schedule without layers is a gap from end to end")
	}
	if r.limit(path, len(list), maxLayers); len(list) > maxLayers {
		return nil
	}
	ids := map[string]bool{}
	for i, l := range list {
		if ids[l.ID] {
			r.wrong(index(path, i)+".id", "stands already in this schedule")
		}
		ids[l.ID] = true
	}
	return each(r, path, list, func(at string, l layer) policy.Layer {
		if l.As != "" && !ids[l.As] {
			r.wrong(at+".as", "unknown layer %q", plain(l.As))
		}
		return r.layer(at, l, rules)
	})
}

func (r *reader) layer(path string, l layer, rules policy.Rules) policy.Layer {
	made := policy.Layer{
		ID: r.id(path+".id", l.ID), Tier: cmp.Or(l.Tier, 1), Holidays: l.Holidays, As: l.As,
		Mode: policy.LayerMode(r.oneOf(path+".mode", l.Mode, string(policy.Replace), string(policy.Add))),
	}
	if made.Tier < 1 || made.Tier > maxTier {
		r.wrong(path+".tier", "must be 1 to %d", maxTier)
	}
	r.limit(path+".windows", len(l.Windows), maxWindows)
	made.Windows = each(r, path+".windows", l.Windows, r.hours)
	for i, name := range l.Holidays {
		if !holidayNamed(rules.Holidays, name) {
			r.wrong(index(path+".holidays", i), "unknown holiday of the clinic")
		}
	}
	if l.As == "" {
		made.Rotation = r.rotation(path+".rotation", l.Rotation, rules.Zone)
	}
	return made
}

func holidayNamed(list []policy.Holiday, name string) bool {
	for _, h := range list {
		if h.Name == name {
			return true
		}
	}
	return false
}

func (r *reader) rotation(path string, o rotation, zone *time.Location) policy.Rotation {
	made := policy.Rotation{
		Anchor: r.anchor(path+".anchor", o.Anchor), Members: o.Members,
		Advance: policy.Advance(r.oneOf(path+".advance", o.Advance, string(policy.EveryPeriod), string(policy.Covered))),
	}
	made.Every, made.Unit = r.every(path+".every", o.Every)
	r.members(path+".members", o.Members)
	for i, t := range o.Terms {
		at := index(path+".terms", i)
		r.isPerson(at+".member", t.Member)
		from, to := r.instant(at+".from", t.From, zone), r.instant(at+".to", t.To, zone)
		if !from.IsZero() && !to.IsZero() && !to.After(from) {
			r.wrong(at+".to", "is not after from")
		}
		made.Terms = append(made.Terms, policy.Term{Member: t.Member, From: from, To: to})
	}
	return made
}

func (r *reader) anchor(path string, m moment) string {
	switch {
	case m.isZero():
		r.wrong(path, "is missing: the local time of a hand-off, like 2026-11-02T08:00:00")
	case m.local == "":
		r.wrong(path, "is a local time: write it without an offset")
	default:
		if _, err := policy.ParseWall(m.local); err != nil {
			r.wrong(path, "is out of range: years run from 1 to 9999")
		}
	}
	return m.local
}

func (r *reader) every(path, s string) (int, policy.Unit) {
	n, unit, err := policy.ParseEvery(s)
	if err != nil {
		r.wrong(path, "is not a length like 12h, 1d, 2w or 1m")
	}
	return n, unit
}

func (r *reader) members(path string, list []string) {
	if len(list) == 0 {
		r.wrong(path, "is missing: a rotation needs members")
	}
	r.limit(path, len(list), maxMembers)
	for i, m := range list {
		if m != policy.Nobody {
			r.isPerson(index(path, i), m)
		}
	}
}

func (r *reader) override(path string, o override, zone *time.Location) policy.Override {
	made := policy.Override{
		ID: r.id(path+".id", o.ID), Kind: r.oneOf(path+".kind", o.Kind, string(policy.DoAssign)), Person: o.Person,
		Tier: cmp.Or(o.Tier, 1), Start: r.instant(path+".start", o.Start, zone), End: r.instant(path+".end", o.End, zone),
		Created: r.instant(path+".created", o.Created, zone), Reason: r.text(path+".reason", o.Reason),
	}
	r.isPerson(path+".person", o.Person)
	r.span(path, made.Start, made.End)
	if made.Tier < 1 || made.Tier > maxTier {
		r.wrong(path+".tier", "must be 1 to %d", maxTier)
	}
	return made
}

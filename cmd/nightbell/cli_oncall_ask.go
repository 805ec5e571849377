package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// listOf is how the API wraps a list.
type listOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

type oncallAtCmd struct {
	Time string `arg:"" optional:"" help:"Instant, or local time; now if absent."`
	rotaScope
}

func (oncallAtCmd) Help() string {
	return `Examples:
  nightbell oncall at
  nightbell oncall at "fri 22:00" --schedule harbor
  nightbell oncall at 2026-12-25T03:00:00Z --clinic harbor --json
` + timeHelp
}

func (c oncallAtCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, c.rotaScope)
		if err != nil {
			return err
		}
		when, err := clocks.instant(c.Time, clocks.now.Truncate(time.Second))
		if err != nil {
			return err
		}
		var v listOf[console.Standing]
		q := query("at", at(when), "clinic", c.Clinic, "schedule", c.Schedule)
		if err := api.ask(ctx, "GET", "/api/v1/oncall"+q, nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			row(w, "CLINIC", "SCHEDULE", "TIER", "ON CALL", "UNTIL", "BECAUSE")
			for _, i := range v.Items {
				row(w, i.Clinic, i.Schedule, i.Tier, who(i.Person), clockIn(i.Until, clocks.zone(i.Schedule)), sourced(i.Source, i.Origin))
			}
		})
	})
}

// who is on call; an empty place says so loudly.
func who(person string) string {
	if person == "" {
		return "** NOBODY **"
	}
	return person
}

// sourced is the source with whom it covers and what is noted.
func sourced(source string, o console.Origin) string {
	if o.For != "" {
		source += " for " + o.For
	}
	for _, n := range o.Notes {
		source += "; note: " + n
	}
	return source
}

type oncallWhyCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
	Time     string `arg:"" optional:"" help:"Instant, or local time; now if absent."`
	KnownAt  string `name:"known-at" help:"As it was known at this moment." placeholder:"TIME"`
}

func (oncallWhyCmd) Help() string {
	return `Layer, period, override, cover, who was passed over and why, zone and zone data: what the next call would be told.

Examples:
  nightbell oncall why harbor
  nightbell oncall why harbor "2026-11-01 01:30 second"
  nightbell oncall why harbor "mon 03:00" --known-at "mon 02:00"
` + timeHelp
}

func (c oncallWhyCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{Schedule: c.Schedule})
		if err != nil {
			return err
		}
		when, err := clocks.instant(c.Time, clocks.now.Truncate(time.Second))
		if err != nil {
			return err
		}
		known, err := clocks.instant(c.KnownAt, time.Time{})
		if err != nil {
			return err
		}
		q := query("schedule", c.Schedule, "at", at(when))
		if !known.IsZero() {
			q = query("schedule", c.Schedule, "at", at(when), "known_at", at(known))
		}
		var v console.Explanation
		if err := api.ask(ctx, "GET", "/api/v1/oncall/why"+q, nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printWhy(w, v, clocks.zone(c.Schedule)) })
	})
}

func printWhy(w io.Writer, v console.Explanation, zone *time.Location) {
	fmt.Fprintf(w, "%s / %s at %s\n", v.Clinic, v.Schedule, clockIn(v.At, zone))
	if !v.KnownAt.IsZero() {
		fmt.Fprintf(w, "as it was known at %s\n", clockIn(v.KnownAt, zone))
	}
	first := true
	for _, t := range v.Tiers {
		word := "then"
		if first && t.Person != "" {
			word, first = "rings", false
		}
		fmt.Fprintf(w, "%s tier %d: %s\n", word, t.Tier, who(t.Person))
	}
	for _, line := range v.Because {
		fmt.Fprintln(w, "   "+plain(line))
	}
	for _, line := range v.Notes {
		fmt.Fprintln(w, "   note: "+plain(line))
	}
	fmt.Fprintf(w, "   version %s\n", v.Version)
}

// rangeFlags are the ends of a range.
type rangeFlags struct {
	From string `help:"Instant, or local time; now if absent." placeholder:"TIME"`
	To   string `help:"Instant, or local time; seven days later if absent." placeholder:"TIME"`
}

type oncallShiftsCmd struct {
	rangeFlags
	rotaScope
}

func (oncallShiftsCmd) Help() string {
	return `Times stand in the schedule's zone, hours are those that really pass. A shift without a person is a gap.

Examples:
  nightbell oncall shifts --clinic harbor
  nightbell oncall shifts --schedule harbor --from 2026-10-31 --to 2026-11-02
  nightbell oncall shifts --from 2026-12-01T00:00:00Z --to 2027-01-01T00:00:00Z --json
` + timeHelp
}

func (c oncallShiftsCmd) Run(ctx context.Context, s *session) error {
	return s.shifts(ctx, c.rangeFlags, c.rotaScope, func(w io.Writer, clocks *clocks, shifts []console.Shift) {
		printShifts(w, clocks, shifts)
	})
}

// shifts asks for a range and hands it to whoever draws it.
func (s *session) shifts(ctx context.Context, r rangeFlags, of rotaScope, draw func(io.Writer, *clocks, []console.Shift)) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, of)
		if err != nil {
			return err
		}
		from, to, err := clocks.between(r.From, r.To, 7*24*time.Hour)
		if err != nil {
			return err
		}
		var v listOf[console.Shift]
		q := query("from", at(from), "to", at(to), "clinic", of.Clinic, "schedule", of.Schedule)
		if err := api.ask(ctx, "GET", "/api/v1/oncall/shifts"+q, nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { draw(w, clocks, v.Items) })
	})
}

func printShifts(w io.Writer, clocks *clocks, shifts []console.Shift) {
	for i, sh := range shifts {
		zone := clocks.zone(sh.Schedule)
		if i == 0 || shifts[i-1].Schedule != sh.Schedule {
			row(w, "SCHEDULE", "TIER", "FROM", "TO", "LASTS", "ON CALL", "BECAUSE")
		}
		because := sourced(sh.Source, sh.Origin)
		if turned := turnedBetween(sh.Start, sh.End, zone); turned != "" {
			because += " (" + turned + ")"
		}
		row(w, sh.Schedule, sh.Tier, clockIn(sh.Start, zone), clockIn(sh.End, zone), lasting(sh.End.Sub(sh.Start)), who(sh.Person), because)
	}
	if len(shifts) == 0 {
		fmt.Fprintln(w, "no schedule, no shift")
	}
}

type oncallGapsCmd struct {
	Days int `help:"How far ahead." default:"90"`
	rotaScope
}

func (oncallGapsCmd) Help() string {
	return `A gap of severity all has nobody in any tier. Exit 1 when there is a gap.

Examples:
  nightbell oncall gaps
  nightbell oncall gaps --clinic harbor --days 365 --json`
}

func (c oncallGapsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, c.rotaScope)
		if err != nil {
			return err
		}
		var v listOf[policy.Gap]
		q := query("days", fmt.Sprint(c.Days), "clinic", c.Clinic, "schedule", c.Schedule)
		if err := api.ask(ctx, "GET", "/api/v1/oncall/gaps"+q, nil, &v); err != nil {
			return err
		}
		if err := s.show(v, func(w io.Writer) { printGaps(w, clocks, v.Items) }); err != nil || len(v.Items) == 0 {
			return err
		}
		return errTold
	})
}

func printGaps(w io.Writer, clocks *clocks, gaps []policy.Gap) {
	if len(gaps) == 0 {
		fmt.Fprintln(w, "no gap: somebody is on call at every instant")
		return
	}
	row(w, "CLINIC", "SCHEDULE", "FROM", "TO", "LASTS", "SEVERITY", "BECAUSE")
	for _, g := range gaps {
		zone := clocks.zone(g.Schedule)
		row(w, g.Clinic, g.Schedule, clockIn(g.Start, zone), clockIn(g.End, zone), lasting(g.End.Sub(g.Start)), g.Severity, g.Because)
	}
}

type oncallFairnessCmd struct {
	rangeFlags
	rotaScope
}

func (oncallFairnessCmd) Help() string {
	return `Nights are 22:00 to 06:00, weekends Saturday and Sunday, holidays the clinic's, all by the clock on the wall. Without
--from and --to: the last 91 days.

Examples:
  nightbell oncall fairness --schedule harbor
  nightbell oncall fairness --clinic harbor --from 2026-01-01 --to 2026-04-01
` + timeHelp
}

func (c oncallFairnessCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, c.rotaScope)
		if err != nil {
			return err
		}
		q := []string{"clinic", c.Clinic, "schedule", c.Schedule}
		for name, text := range map[string]string{"from": c.From, "to": c.To} {
			if t, err := clocks.instant(text, time.Time{}); err != nil {
				return err
			} else if !t.IsZero() {
				q = append(q, name, at(t))
			}
		}
		var v listOf[console.Fairness]
		if err := api.ask(ctx, "GET", "/api/v1/oncall/fairness"+query(q...), nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printFairness(w, v.Items) })
	})
}

func printFairness(w io.Writer, list []console.Fairness) {
	row(w, "SCHEDULE", "QUARTER", "PERSON", "HOURS", "FIRST TIER", "NIGHTS", "WEEKENDS", "HOLIDAYS", "SHIFTS")
	for _, f := range list {
		for _, q := range f.Quarters {
			for _, p := range q.Shares {
				row(w, f.Schedule, q.Quarter, p.Person, hours(p.Hours), hours(p.Primary), hours(p.Nights), hours(p.Weekends), hours(p.Holidays), p.Shifts)
			}
		}
	}
}

func hours(h float64) string { return fmt.Sprintf("%.4g", h) }

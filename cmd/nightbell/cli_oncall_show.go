package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"nightbell/console"
)

type oncallListCmd struct{ rotaScope }

func (oncallListCmd) Help() string {
	return `Example:
  nightbell oncall list --clinic harbor`
}

func (c oncallListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, c.rotaScope)
		if err != nil {
			return err
		}
		return s.show(listOf[console.ScheduleView]{Items: clocks.schedules}, func(w io.Writer) {
			row(w, "SCHEDULE", "CLINIC", "NAME", "LINE", "PLACE", "ZONE", "TIERS", "LAYERS", "CHANGES")
			for _, v := range clocks.schedules {
				row(w, v.ID, v.Clinic, v.Name, v.Line, v.Place, v.Zone, v.Tiers, len(v.Layers), len(v.Edits))
			}
		})
	})
}

type oncallShowCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
}

func (oncallShowCmd) Help() string {
	return `With --json in the form that oncall put and oncall preview take.

Examples:
  nightbell oncall show harbor
  nightbell oncall show harbor --json > harbor.json`
}

func (c oncallShowCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{Schedule: c.Schedule})
		if err != nil {
			return err
		}
		v := clocks.schedules[0]
		return s.show(v, func(w io.Writer) { printSchedule(w, clocks, v) })
	})
}

func printSchedule(w io.Writer, clocks *clocks, v console.ScheduleView) {
	fmt.Fprintf(w, "%s / %s (%s), %s\n", v.Clinic, v.ID, plain(v.Name), v.Zone)
	row(w, "TIER", "LAYER", "MODE", "WHEN", "EVERY", "FROM", "MEMBERS")
	for _, l := range v.Layers {
		members := strings.Join(l.Rotation.Members, ", ")
		if l.As != "" {
			members = "as layer " + l.As
		}
		row(w, max(l.Tier, 1), l.ID, l.Mode, whenOf(l), l.Rotation.Every, strings.Replace(l.Rotation.Anchor, "T", " ", 1), members)
	}
	if len(v.Edits) == 0 {
		return
	}
	zone := clocks.zone(v.ID)
	fmt.Fprintln(w)
	row(w, "EDIT", "MADE", "DOES", "WHO", "FROM", "TO", "REASON")
	for _, e := range v.Edits {
		does := e.Do
		if e.Undone {
			does += " (undone)"
		}
		row(w, e.ID, clockIn(e.At, zone), does, whoOf(e), exact(e.Start, zone), exact(e.End, zone), e.Reason+e.Note)
	}
}

// whenOf says when a layer holds, as a person would.
func whenOf(l console.LayerBody) string {
	var parts []string
	for _, h := range l.Windows {
		var days []string
		for _, d := range h.Days {
			if d >= 1 && d <= 7 {
				days = append(days, weekdayNames[d-1])
			}
		}
		parts = append(parts, strings.Join(days, ",")+" "+h.Start+"-"+h.End)
	}
	if len(l.Holidays) > 0 {
		parts = append(parts, "on "+strings.Join(l.Holidays, ", "))
	}
	if len(parts) == 0 {
		return "always"
	}
	return strings.Join(parts, "; ")
}

func whoOf(e console.EditView) string {
	switch {
	case e.From != "":
		return e.From + " -> " + e.Person
	case e.Cover != "":
		return e.Person + " -> " + e.Cover
	case e.Of != "":
		return e.Of
	}
	return e.Person
}

// exact shows a moment of a body, which may be an instant or a local time.
func exact(m console.Moment, zone *time.Location) string {
	if t, err := time.Parse(time.RFC3339, string(m)); err == nil {
		return clockIn(t, zone)
	}
	return string(m)
}

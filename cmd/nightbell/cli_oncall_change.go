package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// motive is why a change is made; it stands in the audit.
type motive struct {
	Reason      string `help:"Why; kept in the audit, so no patient's name or number in it." placeholder:"TEXT"`
	Acknowledge string `name:"acknowledge-gap" help:"Why the gap that this opens is right." placeholder:"TEXT"`
}

// motiveJSON is a motive in a body.
type motiveJSON struct {
	Reason      string `json:"reason,omitempty"`
	Acknowledge string `json:"acknowledge_gap,omitempty"`
}

func (m motive) json() motiveJSON { return motiveJSON(m) }

// editsJSON is the body of a change of a schedule.
type editsJSON struct {
	Edits []console.EditBody `json:"edits"`
	motiveJSON
}

// changing is a command at work: it read the schedules, and changes what it read or nothing.
type changing struct {
	*session
	api    *client
	clocks *clocks
}

// amend reads a schedule, lets the command say what to append, appends it, and shows what that did.
func (s *session) amend(ctx context.Context, schedule string, m motive, say func(*changing) ([]console.EditBody, error)) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{Schedule: schedule})
		if err != nil {
			return err
		}
		c := &changing{s, api, clocks}
		edits, err := say(c)
		if err != nil {
			return err
		}
		var saved console.Saved
		r := request{"POST", pathOf("schedules", schedule, "edits"), editsJSON{edits, m.json()}}
		if err := api.askIf(ctx, clocks.schedules[0].Tag, r, &saved); err != nil {
			return c.refused(err)
		}
		return c.saved(saved)
	})
}

// saved shows what a change did: its id for undo, whose hours it moves, what to look at.
func (c *changing) saved(v console.Saved) error {
	return c.show(v, func(w io.Writer) {
		for _, id := range v.Edits {
			fmt.Fprintf(w, "done: edit %s (nightbell oncall undo %s %s takes it back)\n", id, plain(v.ID), id)
		}
		if len(v.Edits) == 0 {
			fmt.Fprintln(w, "done:", plain(v.ID))
		}
		for _, text := range v.Warnings {
			fmt.Fprintln(w, "! "+plain(text))
		}
		if v.Report != nil {
			printReport(w, c.clocks, *v.Report)
		}
	})
}

// printReport is what a save shows: people, gaps, double bookings, who starves, who cannot be reached, what is idle.
func printReport(w io.Writer, clocks *clocks, r policy.SaveReport) {
	if len(r.Affected) > 0 {
		row(w, "PERSON", "HOURS IN 90 DAYS", "WERE", "GAINED", "LOST")
	}
	for _, p := range r.Affected {
		row(w, p.Person, hours(p.After), hours(p.Before), hours(p.Gained), hours(p.Lost))
	}
	for _, g := range r.NewGaps {
		zone := clocks.zone(g.Schedule)
		fmt.Fprintf(w, "! new gap: %s, %s to %s: %s\n", g.Schedule, clockIn(g.Start, zone), clockIn(g.End, zone), plain(g.Because))
	}
	if old := len(r.Gaps) - len(r.NewGaps); old > 0 {
		fmt.Fprintf(w, "! %d gaps in the next 90 days (nightbell oncall gaps)\n", old)
	}
	for _, d := range r.DoubleBookings {
		fmt.Fprintf(w, "! double booking: %s stands in %s too, %s to %s\n", d.Person, d.There, clockIn(d.Start, clocks.zone(d.Here)), clockIn(d.End, clocks.zone(d.Here)))
	}
	for _, p := range r.Starved {
		fmt.Fprintf(w, "! %s never gets a turn in layer %s\n", p.Person, p.Layer)
	}
	for what, ids := range map[string][]string{"nobody can reach": r.Unreachable, "without effect: edit": r.Useless, "never stands: layer": r.IdleLayers} {
		if len(ids) > 0 {
			fmt.Fprintf(w, "! %s %s\n", what, plain(strings.Join(ids, ", ")))
		}
	}
	for _, text := range r.Mistakes {
		fmt.Fprintln(w, "! "+plain(text))
	}
}

// refused prints what the API said against a change: every field, every gap, everything that somebody else changed.
func (c *changing) refused(err error) error {
	var p *console.Problem
	if !errors.As(err, &p) || c.json {
		return err
	}
	for _, g := range p.Gaps {
		zone := c.clocks.zone(g.Schedule)
		fmt.Fprintf(c.err, "gap: %s, %s to %s (%s): %s\n", g.Schedule, clockIn(g.Start, zone), clockIn(g.End, zone), lasting(g.End.Sub(g.Start)), plain(g.Because))
	}
	for _, m := range p.Errors {
		fmt.Fprintln(c.err, plain(strings.TrimPrefix(m.Field, "body.")+": "+m.Text))
	}
	switch {
	case len(p.Gaps) > 0:
		return errors.New("this opens a gap: --acknowledge-gap \"why it is right\" if it is meant")
	case len(p.Errors) > 0:
		return errTold
	}
	return err
}

// moment is a time as the API takes it in a body: exact.
func (c *changing) moment(text string) (console.Moment, error) {
	t, err := c.clocks.instant(text, time.Time{})
	if err != nil || t.IsZero() {
		return "", err
	}
	return console.Moment(at(t)), nil
}

// tonight is from 17:00 today, or now if it is later, to 08:00 tomorrow.
func (c *changing) tonight() (from, to console.Moment, err error) {
	start, err := c.clocks.instant("today 17:00", time.Time{})
	if err != nil {
		return "", "", err
	}
	end, err := c.clocks.instant("tomorrow 08:00", time.Time{})
	return console.Moment(at(later(start, c.clocks.now))), console.Moment(at(end)), err
}

// window is the time for which something holds.
type window struct {
	From    string `help:"Instant, or local time; now if absent." placeholder:"TIME"`
	To      string `help:"Instant, or local time." placeholder:"TIME"`
	Tonight bool   `help:"From 17:00 today, or now if it is later, to 08:00 tomorrow."`
}

// into fills an edit's start and end.
func (v window) into(c *changing, e *console.EditBody) (err error) {
	if v.Tonight {
		if v.From != "" || v.To != "" {
			return errUsage("--tonight stands alone")
		}
		e.Start, e.End, err = c.tonight()
		return err
	}
	if v.To == "" {
		return errUsage("--to says until when, or --tonight")
	}
	from := v.From
	if from == "" {
		from = "now"
	}
	if e.Start, err = c.moment(from); err != nil {
		return err
	}
	e.End, err = c.moment(v.To)
	return err
}

// holding is a command that makes one edit for a time.
func (s *session) holding(ctx context.Context, schedule string, e console.EditBody, v window, m motive) error {
	return s.amend(ctx, schedule, m, func(c *changing) ([]console.EditBody, error) {
		e.Reason = m.Reason
		err := v.into(c, &e)
		return []console.EditBody{e}, err
	})
}

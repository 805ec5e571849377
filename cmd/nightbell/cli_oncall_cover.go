package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"nightbell/console"
)

// placed is a person put into a tier of a schedule for a time.
type placed struct {
	Schedule string `arg:"" help:"Schedule id."`
	Person   string `arg:"" help:"Who stands."`
	Tier     int    `help:"Tier." default:"1"`
	window
	motive
}

type oncallAssignCmd struct{ placed }

func (oncallAssignCmd) Help() string {
	return `Examples:
  nightbell oncall assign harbor dora --tonight
  nightbell oncall assign harbor dora --from "sat 08:00" --to "sun 08:00" --reason "bo's wedding"
` + timeHelp
}

func (c oncallAssignCmd) Run(ctx context.Context, s *session) error {
	return s.holding(ctx, c.Schedule, console.EditBody{Do: "assign", Person: c.Person, Tier: c.Tier}, c.window, c.motive)
}

type oncallAddCmd struct{ placed }

func (oncallAddCmd) Help() string {
	return `Example:
  nightbell oncall add harbor emil --from "fri 17:00" --to "mon 08:00" --reason "flu season"
` + timeHelp
}

func (c oncallAddCmd) Run(ctx context.Context, s *session) error {
	return s.holding(ctx, c.Schedule, console.EditBody{Do: "add", Person: c.Person, Tier: c.Tier}, c.window, c.motive)
}

type oncallCoverCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
	Absent   string `arg:"" help:"Who would stand."`
	Person   string `arg:"" help:"Who stands instead."`
	Tier     int    `help:"Tier." default:"1"`
	window
	motive
}

func (oncallCoverCmd) Help() string {
	return `A cover holds only where the first one would stand: it ends with her shift, and follows it when it moves.

Examples:
  nightbell oncall cover harbor bo amy --tonight
  nightbell oncall cover harbor bo amy --from "mon 08:00" --to "fri 17:00" --reason "training"
` + timeHelp
}

func (c oncallCoverCmd) Run(ctx context.Context, s *session) error {
	e := console.EditBody{Do: "cover", From: c.Absent, Person: c.Person, Tier: c.Tier}
	return s.holding(ctx, c.Schedule, e, c.window, c.motive)
}

type oncallNobodyCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
	Tier     int    `help:"Tier." default:"1"`
	window
	motive
}

func (oncallNobodyCmd) Help() string {
	return `The next tier is used at once. It needs a reason, and where every tier is empty an acknowledgement too.

Example:
  nightbell oncall nobody harbor --from "fri 17:00" --to "sat 08:00" --reason "the hospital takes the calls"
` + timeHelp
}

func (c oncallNobodyCmd) Run(ctx context.Context, s *session) error {
	if c.Reason == "" {
		return errUsage("nobody needs --reason \"...\"")
	}
	return s.holding(ctx, c.Schedule, console.EditBody{Do: "nobody", Tier: c.Tier}, c.window, c.motive)
}

type oncallOverCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
	Person   string `arg:"" help:"Who takes over."`
	From     string `help:"From whom, where several stand." placeholder:"PERSON"`
	Tier     int    `help:"Tier." default:"1"`
	motive
}

func (oncallOverCmd) Help() string {
	return `From this moment to the end of the running shift. A phone that rings already is not torn down.

Example:
  nightbell oncall take-over harbor dora --reason "bo is in theatre"`
}

func (c oncallOverCmd) Run(ctx context.Context, s *session) error {
	return s.amend(ctx, c.Schedule, c.motive, func(*changing) ([]console.EditBody, error) {
		return []console.EditBody{{Do: "take_over", Person: c.Person, From: c.From, Tier: c.Tier, Reason: c.Reason}}, nil
	})
}

type oncallNoteCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
	Text     string `arg:"" help:"What agents are to know; no patient in it."`
	Tier     int    `help:"Tier." default:"1"`
	window
}

func (oncallNoteCmd) Help() string {
	return `It shows wherever the shift shows, until it ends.

Example:
  nightbell oncall note harbor "in theatre until 21:00: ring the backup first" --to "today 21:00"
` + timeHelp
}

func (c oncallNoteCmd) Run(ctx context.Context, s *session) error {
	return s.holding(ctx, c.Schedule, console.EditBody{Do: "note", Note: c.Text, Tier: c.Tier}, c.window, motive{})
}

type oncallUndoCmd struct {
	Schedule string `arg:"" help:"Schedule id; for an absence the person's id, with --person."`
	Edit     string `arg:"" help:"Edit id, as oncall show lists it."`
	Person   bool   `help:"The edit is of a person, not of a schedule."`
	motive
}

func (oncallUndoCmd) Help() string {
	return `Nothing is removed: the history keeps both. What the edit had hidden stands again.

Examples:
  nightbell oncall undo harbor e7k2
  nightbell oncall undo bo e9x1 --person`
}

func (c oncallUndoCmd) Run(ctx context.Context, s *session) error {
	e := console.EditBody{Do: "undo", Of: c.Edit, Reason: c.Reason}
	if c.Person {
		return s.ofPerson(ctx, c.Schedule, c.motive, func(*changing) (console.EditBody, error) { return e, nil })
	}
	return s.amend(ctx, c.Schedule, c.motive, func(*changing) ([]console.EditBody, error) { return []console.EditBody{e}, nil })
}

// editJSON is the body of a change of a person.
type editJSON struct {
	Edit        console.EditBody `json:"edit"`
	Acknowledge string           `json:"acknowledge_gap,omitempty"`
}

// ofPerson changes a person on every schedule.
func (s *session) ofPerson(ctx context.Context, person string, m motive, say func(*changing) (console.EditBody, error)) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{})
		if err != nil {
			return err
		}
		c := &changing{s, api, clocks}
		var p console.PersonView
		if err := api.ask(ctx, "GET", pathOf("people", person), nil, &p); err != nil {
			return err
		}
		e, err := say(c)
		if err != nil {
			return err
		}
		var saved console.Saved
		r := request{"POST", pathOf("people", person, "edits"), editJSON{e, m.Acknowledge}}
		if err := api.askIf(ctx, p.Tag, r, &saved); err != nil {
			return c.refused(err)
		}
		return c.savedPerson(saved)
	})
}

func (c *changing) savedPerson(v console.Saved) error {
	return c.show(v, func(w io.Writer) {
		for _, id := range v.Edits {
			fmt.Fprintf(w, "done: edit %s (nightbell oncall undo %s %s --person takes it back)\n", id, plain(v.ID), id)
		}
		for _, text := range v.Warnings {
			fmt.Fprintln(w, "! "+plain(text))
		}
		if v.Report != nil {
			printReport(w, c.clocks, *v.Report)
		}
	})
}

// awayFlags are a person's time away; its times are read in the zone of the clinics, if they share one.
type awayFlags struct {
	Person string `arg:"" help:"Who is away."`
	Cover  string `help:"Who stands in." placeholder:"PERSON"`
	window
	motive
}

func (c awayFlags) run(ctx context.Context, s *session, do string) error {
	return s.ofPerson(ctx, c.Person, c.motive, func(ch *changing) (console.EditBody, error) {
		e := console.EditBody{Do: do, Person: c.Person, Cover: c.Cover, Reason: c.Reason}
		err := c.into(ch, &e)
		return e, err
	})
}

type oncallAbsenceCmd struct{ awayFlags }

func (oncallAbsenceCmd) Help() string {
	return `Without --cover the person is passed over and the next tier is used; the gaps that this opens are shown.

Examples:
  nightbell oncall absence bo --from 2026-12-21 --to 2027-01-04 --cover dora --reason "leave"
  nightbell oncall absence bo --from "mon 00:00" --to "tue 00:00"
` + timeHelp
}

func (c oncallAbsenceCmd) Run(ctx context.Context, s *session) error { return c.run(ctx, s, "absence") }

type oncallDNDCmd struct{ awayFlags }

func (oncallDNDCmd) Help() string {
	return `Do-not-disturb needs somebody who stands in, and who is not herself covered by the first one.

Example:
  nightbell oncall dnd bo --to "today 21:00" --cover dora --reason "in theatre"
` + timeHelp
}

func (c oncallDNDCmd) Run(ctx context.Context, s *session) error {
	if c.Cover == "" {
		return errUsage("do-not-disturb needs --cover PERSON")
	}
	return c.run(ctx, s, "dnd")
}

// shiftAt finds the shift in which a person stands, as it is named: layer, period, day.
func (c *changing) shiftAt(ctx context.Context, schedule, person string, when time.Time) (layer string, sh console.ShiftBody, err error) {
	var v listOf[console.Standing]
	if err := c.api.ask(ctx, "GET", "/api/v1/oncall"+query("at", at(when), "schedule", schedule), nil, &v); err != nil {
		return "", sh, err
	}
	for _, i := range v.Items {
		if i.Person == person && i.Layer != "" {
			return i.Layer, console.ShiftBody{Period: i.Period, Day: i.Day}, nil
		}
	}
	return "", sh, fmt.Errorf("%s has no shift of a layer in %s at %s", plain(person), plain(schedule), clockIn(when, c.clocks.zone(schedule)))
}

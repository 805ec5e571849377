package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"nightbell/console"
)

type oncallFeedCmd struct {
	Create feedCreateCmd `cmd:"" help:"Make a calendar; its address is shown once."`
	List   feedListCmd   `cmd:"" help:"Calendars without their addresses."`
	Revoke feedRevokeCmd `cmd:"" help:"End a calendar at once."`
}

type feedCreateCmd struct {
	Kind    string `arg:"" help:"person or clinic." enum:"person,clinic"`
	Subject string `arg:"" help:"Id of the person or the clinic."`
}

func (feedCreateCmd) Help() string {
	return `Who has the address may read the calendar: a year ahead, 15 days back, no patient in it, and nobody looks busy by it.

Examples:
  nightbell oncall feed create person bo
  nightbell oncall feed create clinic harbor --json`
}

func (c feedCreateCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v struct {
			console.FeedView
			Path string `json:"path"`
		}
		if err := api.ask(ctx, "POST", "/api/v1/feeds", console.FeedBody{Kind: c.Kind, Subject: c.Subject}, &v); err != nil {
			return s.mistakes(err)
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "feed %s: %s\n", v.ID, v.Path)
			fmt.Fprintln(w, "append this path to the server's https address; it is shown this once")
		})
	})
}

type feedListCmd struct{}

func (feedListCmd) Help() string {
	return `Example:
  nightbell oncall feed list`
}

func (feedListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/feeds", func(w io.Writer, list []console.FeedView) {
		row(w, "FEED", "KIND", "OF", "MADE", "REVOKED")
		for _, f := range list {
			row(w, f.ID, f.Kind, f.Subject, f.Made, f.Revoked)
		}
	})
}

type feedRevokeCmd struct {
	Feed string `arg:"" help:"Feed id."`
}

func (feedRevokeCmd) Help() string {
	return `Example:
  nightbell oncall feed revoke f3k9`
}

func (c feedRevokeCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "DELETE", pathOf("feeds", c.Feed), nil, "revoked: "+c.Feed)
}

type oncallImportCmd struct {
	Schedule string            `arg:"" help:"Schedule id."`
	File     string            `arg:"" help:"Rota as iCal (.ics) or CSV (person,start,end), or - for standard input (then --yes)."`
	Format   string            `help:"ical or csv; by the file's name if absent." enum:"ical,csv," default:""`
	Tier     int               `help:"Tier." default:"1"`
	People   map[string]string `name:"person" help:"Name in the file to person id: --person 'Dr Lee=lee'." placeholder:"NAME=ID"`
	Filler   string            `help:"Who stands where the file names nobody: layers, or nobody." enum:"layers,nobody" default:"layers"`
	Yes      bool              `help:"Do not ask."`
	DryRun   bool              `name:"dry-run" help:"Show the difference and stop."`
	motive
}

func (oncallImportCmd) Help() string {
	return `The difference is shown first, then it is asked. The rota becomes one plan that can be undone as a whole. Local times of
a CSV, and iCal times without a zone, are read in the schedule's zone. A file of more than 4 MB is refused unread.

Examples:
  nightbell oncall import harbor rota.ics --dry-run
  nightbell oncall import harbor rota.csv --person "Dr Lee=lee" --person "Dr Kim=kim"
  nightbell oncall import harbor - --format csv --yes --json < rota.csv`
}

// importJSON is the body of an import.
type importJSON struct {
	console.RotaFile
	motiveJSON
}

func (c oncallImportCmd) file(s *session) (f console.RotaFile, err error) {
	f = console.RotaFile{Name: filepath.Base(c.File), Format: c.Format, Tier: c.Tier, People: c.People, Filler: strings.TrimSuffix(c.Filler, "nobody")}
	if f.Format == "" {
		switch strings.ToLower(filepath.Ext(c.File)) {
		case ".ics", ".ical":
			f.Format = "ical"
		case ".csv", ".tsv", ".txt":
			f.Format = "csv"
		default:
			return f, errUsage("--format ical or csv")
		}
	}
	text, err := s.readFile(c.File)
	f.Content = string(text)
	return f, err
}

func (c oncallImportCmd) Run(ctx context.Context, s *session) error {
	if !c.Yes && !c.DryRun && (c.File == "-" || s.json) {
		return errUsage("--yes or --dry-run is needed with --json or standard input")
	}
	file, err := c.file(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		ch, tag, err := s.standing(ctx, api, c.Schedule)
		if err != nil {
			return err
		}
		var d console.RotaDifference
		if err := api.ask(ctx, "POST", pathOf("schedules", c.Schedule, "import", "check"), file, &d); err != nil {
			return s.mistakes(err)
		}
		if c.DryRun || !s.json {
			if err := s.show(d, func(w io.Writer) { printRota(w, ch.clocks, d) }); err != nil || c.DryRun {
				return err
			}
		}
		if len(d.Unknown) > 0 {
			return errors.New("import: not done: say who is meant by --person NAME=ID")
		}
		if !c.Yes && !s.agreed("import?") {
			return errors.New("import: not done")
		}
		var saved console.Saved
		r := request{"POST", pathOf("schedules", c.Schedule, "import"), importJSON{file, c.json()}}
		if err := api.askIf(ctx, tag, r, &saved); err != nil {
			return ch.refused(err)
		}
		return ch.saved(saved)
	})
}

// printRota shows what an import would change, shift by shift.
func printRota(w io.Writer, clocks *clocks, d console.RotaDifference) {
	zone := clocks.zone(clocks.schedules[0].ID)
	fmt.Fprintf(w, "%d shifts, %s to %s\n", len(d.Shifts), clockIn(d.From, zone), clockIn(d.To, zone))
	for _, one := range []struct {
		sign   string
		shifts []console.Shift
	}{{"-", d.Removed}, {"+", d.Added}} {
		for _, sh := range one.shifts {
			row(w, one.sign, who(sh.Person), clockIn(sh.Start, zone), clockIn(sh.End, zone), lasting(sh.End.Sub(sh.Start)))
		}
	}
	if len(d.Added)+len(d.Removed) == 0 && len(d.Unknown) == 0 {
		fmt.Fprintln(w, "nothing changes")
	}
	for _, name := range d.Unknown {
		fmt.Fprintf(w, "! nobody here is called %q\n", plain(name))
	}
	for _, text := range d.Warnings {
		fmt.Fprintln(w, "! "+plain(text))
	}
	if d.Report != nil {
		printReport(w, clocks, *d.Report)
	}
}

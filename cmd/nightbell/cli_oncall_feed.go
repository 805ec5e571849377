package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

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

type oncallHolidaysCmd struct {
	Clinic  string   `arg:"" help:"Clinic id."`
	Federal bool     `help:"Put the eleven US federal holidays in."`
	Set     []string `name:"set" sep:"none" help:"Add or change one: \"Founders Day=11-03\", \"Day after Thanksgiving=fri:4:11\" (weekday:nth:month)." placeholder:"NAME=DATE"`
	Remove  []string `sep:"none" help:"Take one out, by name." placeholder:"NAME"`
	motive
}

func (oncallHolidaysCmd) Help() string {
	return `Without a flag they are shown. A layer that holds on a holiday names it, so a name that a layer uses cannot go.

Examples:
  nightbell oncall holidays harbor
  nightbell oncall holidays harbor --federal
  nightbell oncall holidays harbor --set "Founders Day=11-03" --remove "Columbus Day"`
}

// holidaysJSON is the body that puts a clinic's holidays.
type holidaysJSON struct {
	Holidays []console.HolidayBody `json:"holidays"`
	motiveJSON
}

func (c oncallHolidaysCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.ClinicView
		if err := api.ask(ctx, "GET", pathOf("clinics", c.Clinic), nil, &v); err != nil {
			return err
		}
		if !c.Federal && len(c.Set) == 0 && len(c.Remove) == 0 {
			return s.show(listOf[console.HolidayBody]{Items: v.Holidays}, func(w io.Writer) { printHolidays(w, v.Holidays) })
		}
		list, err := c.edited(v.Holidays)
		if err != nil {
			return err
		}
		clocks, err := s.clocks(ctx, api, rotaScope{Clinic: c.Clinic})
		if err != nil {
			return err
		}
		ch := &changing{s, api, clocks}
		var saved console.Saved
		r := request{"PUT", pathOf("clinics", c.Clinic, "holidays"), holidaysJSON{list, c.json()}}
		if err := api.askIf(ctx, v.Tag, r, &saved); err != nil {
			return ch.refused(err)
		}
		return ch.saved(saved)
	})
}

// edited makes the new list out of the old one.
func (c oncallHolidaysCmd) edited(old []console.HolidayBody) ([]console.HolidayBody, error) {
	list := append([]console.HolidayBody{}, old...)
	put := func(h console.HolidayBody) {
		for i := range list {
			if list[i].Name == h.Name {
				list[i] = h
				return
			}
		}
		list = append(list, h)
	}
	if c.Federal {
		for _, h := range console.FederalHolidays() {
			put(h)
		}
	}
	for _, text := range c.Set {
		h, err := holidayFrom(text)
		if err != nil {
			return nil, err
		}
		put(h)
	}
	for _, name := range c.Remove {
		before := len(list)
		kept := list[:0]
		for _, h := range list {
			if h.Name != name {
				kept = append(kept, h)
			}
		}
		if list = kept; len(list) == before {
			return nil, fmt.Errorf("no holiday %q", plain(name))
		}
	}
	return list, nil
}

// holidayFrom reads "NAME=11-03" or "NAME=fri:4:11".
func holidayFrom(text string) (h console.HolidayBody, err error) {
	name, date, ok := strings.Cut(text, "=")
	if h.Name = strings.TrimSpace(name); !ok || h.Name == "" {
		return h, errUsage("--set NAME=MM-DD or NAME=WEEKDAY:NTH:MONTH")
	}
	var day string
	if n, _ := fmt.Sscanf(date, "%d-%d", &h.Month, &h.Day); n == 2 {
		return h, nil
	}
	parts := strings.SplitN(date, ":", 2)
	day = strings.ToLower(parts[0])
	for i, known := range weekdayNames {
		if known == day {
			h.Weekday = i + 1
		}
	}
	if len(parts) == 2 {
		if n, _ := fmt.Sscanf(parts[1], "%d:%d", &h.Nth, &h.Month); n == 2 && h.Weekday > 0 {
			return h, nil
		}
	}
	return h, errUsage("--set NAME=MM-DD or NAME=WEEKDAY:NTH:MONTH, such as fri:4:11")
}

func printHolidays(w io.Writer, list []console.HolidayBody) {
	row(w, "HOLIDAY", "WHEN", "FROM A WEEKEND")
	for _, h := range list {
		month := time.Month(h.Month).String()
		when := fmt.Sprintf("%s %d", month, h.Day)
		if h.Weekday > 0 && h.Weekday <= 7 {
			when = fmt.Sprintf("%s number %d of %s", weekdayNames[h.Weekday-1], h.Nth, month)
			if h.Nth < 0 {
				when = fmt.Sprintf("last %s of %s", weekdayNames[h.Weekday-1], month)
			}
		}
		row(w, h.Name, when, h.Observed)
	}
}

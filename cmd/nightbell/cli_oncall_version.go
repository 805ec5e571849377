package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"nightbell/console"
)

// putJSON is the body that makes a schedule or a version of it.
type putJSON struct {
	console.ScheduleBody
	motiveJSON
}

// readSchedule reads a file in the form of oncall show --json; what stands only in the answer is left aside.
func (s *session) readSchedule(file string) (b console.ScheduleBody, err error) {
	text, err := s.readFile(file)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("schedule: %w", err)
	}
	return b, nil
}

// readFile reads a file, or standard input where it is "-", as far as the API takes it.
func (s *session) readFile(file string) ([]byte, error) {
	from := io.NopCloser(s.in)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		from = f
	}
	defer from.Close()
	text, err := io.ReadAll(io.LimitReader(from, maxSent+1))
	if err == nil && len(text) > maxSent {
		err = fmt.Errorf("%s: is larger than %d MB", plain(file), maxSent/1_000_000)
	}
	return text, err
}

// maxSent is what the API takes of one file.
const maxSent = 4_000_000

type oncallPutCmd struct {
	Schedule  string `arg:"" help:"Schedule id."`
	File      string `arg:"" help:"The schedule as JSON, or - for standard input."`
	Effective string `help:"From when it holds; now if absent." placeholder:"TIME"`
	motive
}

func (oncallPutCmd) Help() string {
	return `A schedule that stands gets a new version; nothing before --effective changes. Try it with oncall preview first.

Examples:
  nightbell oncall show harbor --json > harbor.json
  nightbell oncall put harbor harbor.json --effective "mon 08:00" --reason "a third partner"
` + timeHelp
}

func (c oncallPutCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		b, err := s.readSchedule(c.File)
		if err != nil {
			return err
		}
		ch, tag, err := s.standing(ctx, api, c.Schedule)
		if err != nil {
			return err
		}
		if b.Effective, err = ch.moment(c.Effective); err != nil {
			return err
		}
		var saved console.Saved
		r := request{"PUT", pathOf("schedules", c.Schedule), putJSON{b, c.json()}}
		if err := api.askIf(ctx, tag, r, &saved); err != nil {
			return ch.refused(err)
		}
		return ch.saved(saved)
	})
}

// standing reads a schedule that may not be there yet.
func (s *session) standing(ctx context.Context, api *client, schedule string) (*changing, string, error) {
	clocks, err := s.clocks(ctx, api, rotaScope{})
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(clocks.schedules, func(v console.ScheduleView) bool { return v.ID == schedule })
	if i < 0 {
		return &changing{s, api, clocks}, absent, nil
	}
	clocks.schedules = clocks.schedules[i : i+1]
	return &changing{s, api, clocks}, clocks.schedules[0].Tag, nil
}

type oncallVersionsCmd struct {
	Schedule string `arg:"" help:"Schedule id."`
	Version  int    `help:"Show this version, and how it differs from what stands." placeholder:"N"`
}

func (oncallVersionsCmd) Help() string {
	return `Examples:
  nightbell oncall versions harbor
  nightbell oncall versions harbor --version 3 --json`
}

func (c oncallVersionsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{Schedule: c.Schedule})
		if err != nil {
			return err
		}
		if c.Version == 0 {
			var v listOf[console.VersionView]
			if err := api.ask(ctx, "GET", pathOf("schedules", c.Schedule, "versions"), nil, &v); err != nil {
				return err
			}
			return s.show(v, func(w io.Writer) { printVersions(w, clocks.zone(c.Schedule), v.Items) })
		}
		var v console.VersionView
		if err := api.ask(ctx, "GET", pathOf("schedules", c.Schedule, "versions", fmt.Sprint(c.Version)), nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			printVersions(w, clocks.zone(c.Schedule), []console.VersionView{v})
			if v.Body != nil {
				printSchedule(w, clocks, *v.Body)
			}
		})
	})
}

func printVersions(w io.Writer, zone *time.Location, list []console.VersionView) {
	row(w, "VERSION", "MADE", "BY", "CHANGES", "REASON")
	for _, v := range list {
		row(w, v.Version, clockIn(v.At, zone), v.Author, len(v.Changes), v.Reason)
	}
	if len(list) != 1 {
		return
	}
	for _, c := range list[0].Changes {
		fmt.Fprintln(w, plain(fmt.Sprintf("%s %s: %q -> %q", c.Kind, c.Field, c.From, c.To)))
	}
}

type oncallRestoreCmd struct {
	Schedule  string `arg:"" help:"Schedule id."`
	Version   int    `arg:"" help:"Version whose layers are to hold again."`
	Effective string `help:"From when; now if absent." placeholder:"TIME"`
	motive
}

func (oncallRestoreCmd) Help() string {
	return `Restoring appends: what was before stays in the history.

Example:
  nightbell oncall restore harbor 3 --effective "mon 08:00" --reason "the third partner left"
` + timeHelp
}

// restoreJSON is the body of a restoration.
type restoreJSON struct {
	console.Restoration
	motiveJSON
}

func (c oncallRestoreCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		ch, tag, err := s.standing(ctx, api, c.Schedule)
		if err != nil {
			return err
		}
		want := console.Restoration{Version: c.Version}
		if want.Effective, err = ch.moment(c.Effective); err != nil {
			return err
		}
		var saved console.Saved
		r := request{"POST", pathOf("schedules", c.Schedule, "restore"), restoreJSON{want, c.json()}}
		if err := api.askIf(ctx, tag, r, &saved); err != nil {
			return ch.refused(err)
		}
		return ch.saved(saved)
	})
}

type oncallPreviewCmd struct {
	Schedule  string `arg:"" help:"Schedule id."`
	File      string `arg:"" help:"The schedule as JSON, or - for standard input."`
	Effective string `help:"From when it would hold; now if absent." placeholder:"TIME"`
	rangeFlags
}

func (oncallPreviewCmd) Help() string {
	return `Nothing is stored. Exit 1 when it would open a gap that is not there now.

Examples:
  nightbell oncall preview harbor harbor.json --effective "mon 08:00"
  nightbell oncall preview harbor - --json < harbor.json
` + timeHelp
}

func (c oncallPreviewCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		ch, p, err := s.proposal(ctx, api, c.Schedule, c.File, c.Effective)
		if err != nil {
			return err
		}
		if p.From, err = ch.moment(c.From); err != nil {
			return err
		}
		if p.To, err = ch.moment(c.To); err != nil {
			return err
		}
		var v console.Preview
		if err := api.ask(ctx, http.MethodPost, pathOf("schedules", c.Schedule, "preview"), p, &v); err != nil {
			return ch.refused(err)
		}
		err = s.show(v, func(w io.Writer) {
			printShifts(w, ch.clocks, v.Shifts)
			for _, text := range append(v.Because, v.Warnings...) {
				fmt.Fprintln(w, "   "+plain(text))
			}
			printReport(w, ch.clocks, v.Report)
		})
		if err != nil || len(v.Report.NewGaps) == 0 {
			return err
		}
		return errTold
	})
}

// proposal reads a file as a change that is not made.
func (s *session) proposal(ctx context.Context, api *client, schedule, file, effective string) (*changing, console.Proposal, error) {
	b, err := s.readSchedule(file)
	if err != nil {
		return nil, console.Proposal{}, err
	}
	ch, _, err := s.standing(ctx, api, schedule)
	if err != nil {
		return nil, console.Proposal{}, err
	}
	b.Effective, err = ch.moment(effective)
	return ch, console.Proposal{Schedule: &b}, err
}

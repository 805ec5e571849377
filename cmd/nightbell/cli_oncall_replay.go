package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"nightbell/console"
)

type oncallReplayCmd struct {
	Log      string `help:"A vendor's call log as CSV (called number, time, answered by), or -; absent: our own calls." placeholder:"FILE"`
	Schedule string `help:"With --proposal: the schedule that it changes." placeholder:"ID"`
	Proposal string `help:"The schedule as it would be, as JSON; absent: the rules as they stand." placeholder:"FILE"`
	Clinic   string `help:"Only this clinic's calls." placeholder:"ID"`
	rangeFlags
}

func (oncallReplayCmd) Help() string {
	return `Who each past call would have reached, counted. Callers' numbers are neither read nor shown. Of our own calls the last
30 days, or --from and --to.

Examples:
  nightbell oncall replay --schedule harbor --proposal harbor.json
  nightbell oncall replay --log vendor.csv --clinic harbor --json
` + timeHelp
}

// replayJSON is the body of both kinds of replay.
type replayJSON struct {
	Clinic   string            `json:"clinic,omitempty"`
	Schedule string            `json:"schedule,omitempty"`
	Proposal *console.Proposal `json:"proposal,omitempty"`
	Log      string            `json:"log,omitempty"`
	From     time.Time         `json:"from,omitzero"`
	To       time.Time         `json:"to,omitzero"`
}

func (c oncallReplayCmd) Run(ctx context.Context, s *session) error {
	if (c.Proposal == "") != (c.Schedule == "") {
		return errUsage("--proposal and --schedule go together")
	}
	if c.Log != "" && (c.From != "" || c.To != "") {
		return errUsage("--log has its own times: no --from, no --to")
	}
	return s.with(ctx, func(api *client) error {
		clocks, err := s.clocks(ctx, api, rotaScope{Clinic: c.Clinic})
		if err != nil {
			return err
		}
		body := replayJSON{Clinic: c.Clinic, Schedule: c.Schedule}
		if body.From, err = clocks.instant(c.From, time.Time{}); err != nil {
			return err
		}
		if body.To, err = clocks.instant(c.To, time.Time{}); err != nil {
			return err
		}
		if c.Proposal != "" {
			_, p, err := s.proposal(ctx, api, c.Schedule, c.Proposal, "")
			if err != nil {
				return err
			}
			body.Proposal = &p
		}
		path := "/api/v1/oncall/replay"
		if c.Log != "" {
			text, err := s.readFile(c.Log)
			if err != nil {
				return err
			}
			body.Log, path = string(text), path+"/log"
		}
		var v console.Replayed
		if err := api.ask(ctx, http.MethodPost, path, body, &v); err != nil {
			return (&changing{s, api, clocks}).refused(err)
		}
		return s.show(v, func(w io.Writer) { printReplay(w, clocks, v) })
	})
}

func printReplay(w io.Writer, clocks *clocks, v console.Replayed) {
	fmt.Fprintf(w, "%d of %d calls would have reached somebody else, %d nobody\n", v.Others, v.Total, v.Nobody)
	zone, _ := clocks.common()
	if len(v.Differences) > 0 {
		row(w, "CALL AT", "CLINIC", "REACHED", "WOULD REACH")
	}
	for _, d := range v.Differences[:min(len(v.Differences), 50)] {
		row(w, clockIn(d.At, zone), d.Clinic, d.Before, d.After)
	}
	if more := len(v.Differences) - 50; more > 0 {
		fmt.Fprintf(w, "and %d more: --json shows all\n", more)
	}
	for _, m := range v.Refused {
		fmt.Fprintf(w, "! line %d, %s: %s\n", m.Line, m.Field, plain(m.Text))
	}
}

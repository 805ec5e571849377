package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"nightbell/console"
)

type queuesCmd struct{}

func (queuesCmd) Help() string {
	return "A queue is changed in the book (nightbell book) or over the API.\n\nExample:\n  nightbell queues"
}

func (queuesCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/queues", func(w io.Writer, items []console.QueueView) {
		row(w, "QUEUE", "STRATEGY", "MEMBERS", "AT MOST", "WHILE NOBODY IS READY", "CLINICS")
		for _, q := range items {
			row(w, q.ID, or(q.Strategy, "longest_idle"), membersOf(q), or(q.MaxWait, "no limit"), or(q.Empty, "go_on"), strings.Join(q.Clinics, " "))
		}
	})
}

func membersOf(q console.QueueView) string {
	var all []string
	for _, m := range q.Members {
		all = append(all, m.Person)
	}
	if q.Schedule != "" {
		all = append(all, "schedule "+q.Schedule)
	}
	return or(strings.Join(all, " "), "whoever is ready")
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

type lawsCmd struct{}

func (lawsCmd) Help() string {
	return `The strictest of the clinic's, the caller's and the agents' states counts. The table is data to begin with and no legal
advice; [[laws]] in the book replaces it.

Example:
  nightbell laws`
}

func (lawsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.LawsView
		if err := api.ask(ctx, "GET", "/api/v1/consent-laws", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			row(w, "STATE", "RULE", "BEEP", "NOTE")
			for _, l := range v.Items {
				row(w, l.State, l.Rule, l.Beep, l.Note)
			}
			if v.BuiltIn {
				fmt.Fprintln(w, "the program's own: the book has none; every other state asks for one party's consent")
			}
		})
	})
}

type clinicsCallsCmd struct {
	ID string `arg:"" help:"Clinic id."`
}

func (clinicsCallsCmd) Help() string {
	return "Changed in the book or over the API.\n\nExample:\n  nightbell clinics calls harbor"
}

func (c clinicsCallsCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.CallsView
		if err := api.ask(ctx, "GET", "/api/v1/clinics/"+url.PathEscape(c.ID)+"/calls", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printClinicCalls(w, v) })
	})
}

func printClinicCalls(w io.Writer, v console.CallsView) {
	flows := func(name string, steps []console.CallStepBody) {
		for i, step := range steps {
			what := strings.TrimSpace(strings.Join([]string{or(step.Do, "ring"), step.Queue, step.Menu, step.Prompt, step.Schedule, strings.Join(step.People, " ")}, " "))
			fmt.Fprintf(w, "%s %d %s: %s\n", name, i+1, plain(step.Name), strings.Join(strings.Fields(what), " "))
		}
	}
	flows("open", v.Open)
	flows("closed", v.Closed)
	for _, name := range slices.Sorted(maps.Keys(v.Flows)) {
		flows("flow "+plain(name), v.Flows[name])
	}
	for _, m := range v.Menus {
		var keys []string
		for k, does := range m.Keys {
			keys = append(keys, k+" "+does.Do)
		}
		slices.Sort(keys)
		fmt.Fprintf(w, "menu %s plays %s: %s\n", m.ID, m.Prompt, strings.Join(keys, ", "))
	}
	if v.Patch != nil {
		fmt.Fprintf(w, "patch: %d steps, %d times round\n", len(v.Patch.Ladder), max(v.Patch.Rounds, 1))
	}
	if v.Voicemail != nil {
		fmt.Fprintf(w, "voicemail: %s at most\n", or(v.Voicemail.Most, "3m"))
	}
	for _, text := range v.Warnings {
		fmt.Fprintln(w, "warning:", plain(text))
	}
}

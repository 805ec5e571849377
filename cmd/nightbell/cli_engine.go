package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"nightbell/console"
)

type traceCmd struct {
	Start startTraceCmd `cmd:"" help:"Keep the redacted signalling of new calls, in memory, for some minutes."`
	Stop  stopTraceCmd  `cmd:"" help:"Take no more; what was taken stays readable for an hour."`
	Show  showTraceCmd  `cmd:"" help:"A call's redacted signalling."`
}

func (traceCmd) Help() string {
	return `For one-way sound, calls that drop, phones that do not ring. Numbers, names, keys and credentials are never in a trace: it is
built out of known words and small numbers as it is taken. Needs an administrator's login with a second factor of the
last five minutes; audited.`
}

type startTraceCmd struct {
	Minutes int    `help:"1 to 60." default:"10"`
	Reason  string `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (startTraceCmd) Help() string {
	return "Example:\n  nightbell trace start --minutes 10 --reason \"one-way sound\""
}

func (c startTraceCmd) Run(ctx context.Context, s *session) error {
	return trace(ctx, s, c.Minutes, c.Reason)
}

type stopTraceCmd struct{}

func (stopTraceCmd) Help() string { return "Example:\n  nightbell trace stop" }

func (stopTraceCmd) Run(ctx context.Context, s *session) error { return trace(ctx, s, 0, "stopped") }

func trace(ctx context.Context, s *session, minutes int, reason string) error {
	var v struct {
		Until time.Time `json:"until"`
	}
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, "POST", "/api/v1/traces", map[string]any{"minutes": minutes, "reason": reason}, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { row(w, "until", v.Until) })
	})
}

type showTraceCmd struct {
	Call string `arg:"" help:"Call id."`
}

func (showTraceCmd) Help() string { return "Example:\n  nightbell trace show CALL" }

func (c showTraceCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/calls/"+url.PathEscape(c.Call)+"/trace", func(w io.Writer, list []console.TracedMessage) {
		for _, m := range list {
			direction := "received"
			if m.Sent {
				direction = "sent"
			}
			fmt.Fprintf(w, "--- %s %s, dialog %s\n%s\n", m.At.Format("15:04:05.000Z"), direction, m.Dialog, m.Text)
		}
	})
}

type pseudonymCmd struct {
	Resolve resolveCmd `cmd:"" help:"Which number it stands for; audited."`
}

type resolveCmd struct {
	Pseudonym string `arg:"" help:"caller-..., as lists show it."`
	Reason    string `required:"" help:"Why; kept in the audit, so no patient's name or number in it." placeholder:"TEXT"`
}

func (resolveCmd) Help() string {
	return "Example:\n  nightbell pseudonym resolve caller-k7m2... --reason \"calling back\""
}

func (c resolveCmd) Run(ctx context.Context, s *session) error {
	var v struct {
		Pseudonym string `json:"pseudonym"`
		Clinic    string `json:"clinic"`
		Number    string `json:"number"`
	}
	return s.with(ctx, func(api *client) error {
		body := map[string]string{"pseudonym": c.Pseudonym, "reason": c.Reason}
		if err := api.ask(ctx, "POST", "/api/v1/pseudonyms/resolve", body, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { row(w, v.Pseudonym, v.Clinic, v.Number) })
	})
}

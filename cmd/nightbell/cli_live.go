package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"nightbell/console"
)

type callsLiveCmd struct {
	Watch bool `help:"Go on telling what changes until interrupted."`
}

func (callsLiveCmd) Help() string {
	return `Nothing says who a caller is: nightbell calls show ID --reveal does, with a reason.

Examples:
  nightbell calls live
  nightbell calls live --watch --json`
}

func (c callsLiveCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		if c.Watch {
			return s.follow(ctx, api, "call")
		}
		var v console.Live
		if err := api.ask(ctx, "GET", "/api/v1/live", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printLive(w, v) })
	})
}

func printLive(w io.Writer, v console.Live) {
	row(w, "CALL", "STATE", "SINCE", "CLINIC", "TRUNK", "QUEUE", "PLACE", "AGENT", "LINE", "RECORDING")
	for _, k := range v.Calls {
		printCall(w, k)
	}
	for _, q := range v.Queues {
		fmt.Fprintf(w, "queue %s: %s, the first since %s\n", plain(q.ID), counted(q.Waiting, "caller waits", "callers wait"), cell(q.Oldest))
	}
	for _, a := range v.Alarms {
		fmt.Fprintln(w, "alarm", plain(a))
	}
}

func printCall(w io.Writer, k console.LiveCall) {
	place := ""
	if k.Position > 0 {
		place = fmt.Sprint(k.Position)
	}
	row(w, k.ID, string(k.State), k.Since, k.Clinic, k.Trunk, k.Queue, place, k.Agent, strings.TrimSpace(k.Line.What+" "+k.Line.State), k.Recorded.State)
}

// told is one server-sent event.
type told struct {
	ID    string          `json:"id,omitempty"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// errOver ends a watch that may not go on.
var errOver = errors.New("the server ended the stream: the login is over")

// follow prints what changes of one kind: a line each, or every event as JSON. Where the stream breaks off it goes on.
func (s *session) follow(ctx context.Context, api *client, kind string) error {
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	last := ""
	for {
		body, err := api.events(ctx, last)
		if err != nil {
			return err
		}
		err = eventsOf(body, func(e told) error {
			if e.ID != "" {
				last = e.ID
			}
			if e.Event == "over" {
				return errOver
			}
			if s.json {
				return json.NewEncoder(s.out).Encode(e)
			}
			printTold(w, e, kind)
			return w.Flush()
		})
		body.Close()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func printTold(w io.Writer, e told, kind string) {
	var live console.Live
	var k console.LiveCall
	var g console.Agent
	switch {
	case e.Event == "reset" && json.Unmarshal(e.Data, &live) == nil && kind == "call":
		printLive(w, live)
	case e.Event == "reset" && kind == "agent":
		printAgents(w, live.Agents)
	case e.Event == "call" && kind == "call" && json.Unmarshal(e.Data, &k) == nil:
		printCall(w, k)
	case e.Event == "agent" && kind == "agent" && json.Unmarshal(e.Data, &g) == nil:
		printAgent(w, g)
	}
}

// eventsOf reads a stream of server-sent events to its end.
func eventsOf(r io.Reader, each func(told) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	var e told
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case lines.Text() == "" && e.Event != "":
			if err := each(e); err != nil {
				return err
			}
			e = told{}
		case field == "id":
			e.ID = value
		case field == "event":
			e.Event = value
		case field == "data":
			e.Data = append(e.Data, value...)
		}
	}
	return lines.Err()
}

// orderFlags are what every command to a running call has.
type orderFlags struct {
	ID string `arg:"" help:"Call id."`
}

// order tells a running call what to do and says where it stands then.
func (s *session) order(ctx context.Context, id string, body map[string]any) error {
	for key, value := range body {
		if value == "" || value == 0 {
			delete(body, key)
		}
	}
	return s.with(ctx, func(api *client) error {
		var k console.LiveCall
		if err := api.ask(ctx, "POST", "/api/v1/calls/"+url.PathEscape(id)+"/commands", body, &k); err != nil {
			return err
		}
		return s.show(k, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", plain(k.ID), plain(string(k.State))) })
	})
}

type callsHoldCmd struct{ orderFlags }

func (callsHoldCmd) Help() string {
	return "The caller hears music.\n\nExample:\n  nightbell calls hold k3v9..."
}
func (c callsHoldCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "hold"})
}

type callsResumeCmd struct{ orderFlags }

func (callsResumeCmd) Help() string { return "Example:\n  nightbell calls resume k3v9..." }
func (c callsResumeCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "resume"})
}

// whom is somebody inside, or a number outside that stands in no command line.
type whom struct {
	Person string `help:"A person of the house." placeholder:"ID"`
	User   string `help:"One telephone." placeholder:"USER"`
	Number string `help:"An outside number; - reads it from standard input." placeholder:"NUMBER"`
}

func (t whom) body(s *session, do string) (map[string]any, error) {
	number, err := s.typed(t.Number)
	if err != nil {
		return nil, err
	}
	if t.Person == "" && t.User == "" && number == "" {
		return nil, errUsage("say whom: --person, --user or --number")
	}
	return map[string]any{"do": do, "person": t.Person, "user": t.User, "number": number}, nil
}

type callsTransferCmd struct {
	orderFlags
	whom
}

func (callsTransferCmd) Help() string {
	return `Blind: the agent leaves at once. nightbell calls consult asks first.

Examples:
  nightbell calls transfer k3v9... --person bo
  printf '+12125550123\n' | nightbell calls transfer k3v9... --number -`
}

func (c callsTransferCmd) Run(ctx context.Context, s *session) error {
	body, err := c.body(s, "transfer")
	if err != nil {
		return err
	}
	return s.order(ctx, c.ID, body)
}

type callsConsultCmd struct {
	orderFlags
	whom
}

func (callsConsultCmd) Help() string {
	return `The caller hears music while the agent speaks with somebody else; then complete, cancel or join.

Example:
  nightbell calls consult k3v9... --person lee`
}

func (c callsConsultCmd) Run(ctx context.Context, s *session) error {
	body, err := c.body(s, "consult")
	if err != nil {
		return err
	}
	return s.order(ctx, c.ID, body)
}

type callsJoinCmd struct{ orderFlags }

func (callsJoinCmd) Help() string {
	return "Caller, agent and the one consulted speak with each other.\n\nExample:\n  nightbell calls join k3v9..."
}
func (c callsJoinCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "three_way"})
}

type callsCompleteCmd struct{ orderFlags }

func (callsCompleteCmd) Help() string {
	return "The agent leaves; the caller and the one consulted go on.\n\nExample:\n  nightbell calls complete k3v9..."
}
func (c callsCompleteCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "complete"})
}

type callsCancelCmd struct{ orderFlags }

func (callsCancelCmd) Help() string {
	return "The one consulted is let go; the caller is back.\n\nExample:\n  nightbell calls cancel k3v9..."
}
func (c callsCancelCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "cancel"})
}

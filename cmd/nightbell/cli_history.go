package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"
)

// callJSON is a call as the API shows it.
type callJSON struct {
	ID        string    `json:"id"`
	Clinic    string    `json:"clinic"`
	Trunk     string    `json:"trunk"`
	Dialled   string    `json:"dialled"`
	From      string    `json:"from"`
	Caller    string    `json:"caller,omitempty"`
	Arrived   time.Time `json:"arrived"`
	Answered  time.Time `json:"answered,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Outcome   string    `json:"outcome"`
	By        string    `json:"by,omitempty"`
	Served    bool      `json:"served"`
	Recording string    `json:"recording,omitempty"`
}

type callsJSON struct {
	Items []callJSON `json:"items"`
	Next  string     `json:"next,omitempty"`
}

type callsCmd struct {
	List callsListCmd `cmd:"" help:"Calls, newest first."`
	Show callsShowCmd `cmd:"" help:"One call with legs, plan and events."`

	Live            callsLiveCmd            `cmd:"" help:"Calls that run now."`
	Call            callsCallCmd            `cmd:"" help:"Call somebody in a clinic's name, or call a caller back."`
	Hold            callsHoldCmd            `cmd:"" help:"The caller hears music."`
	Resume          callsResumeCmd          `cmd:"" help:"The caller is back from hold."`
	Consult         callsConsultCmd         `cmd:"" help:"Ask somebody while the caller waits."`
	Join            callsJoinCmd            `cmd:"" help:"Everybody speaks with everybody."`
	Complete        callsCompleteCmd        `cmd:"" help:"The agent leaves caller and third alone."`
	Cancel          callsCancelCmd          `cmd:"" help:"The one consulted is let go."`
	Transfer        callsTransferCmd        `cmd:"" help:"To somebody else, at once."`
	Park            callsParkCmd            `cmd:"" help:"Park the caller."`
	Retrieve        callsRetrieveCmd        `cmd:"" help:"A parked caller comes back."`
	Listen          callsListenCmd          `cmd:"" help:"Hear a call."`
	Whisper         callsWhisperCmd         `cmd:"" help:"Speak with its agent alone."`
	Barge           callsBargeCmd           `cmd:"" help:"Speak with everybody."`
	Leave           callsLeaveCmd           `cmd:"" help:"Hear it no more."`
	Pause           callsPauseCmd           `cmd:"" help:"Pause the recording."`
	ResumeRecording callsResumeRecordingCmd `cmd:"" name:"resume-recording" help:"Record again."`
	Decline         callsDeclineCmd         `cmd:"" help:"The caller is not to be recorded."`
	Patch           callsPatchCmd           `cmd:"" help:"Fetch the clinician on call."`
	Requeue         callsRequeueCmd         `cmd:"" help:"The caller waits again, first of all."`
	HangUp          callsHangUpCmd          `cmd:"" name:"hang-up" help:"End a call."`
}

type callsListCmd struct {
	paged
	revealing
	Clinic string `help:"Only this clinic." placeholder:"ID"`
	Number string `help:"Only calls of this caller's number; - reads it from standard input." placeholder:"NUMBER"`
	From   string `help:"Arrived at or after, RFC 3339." placeholder:"TIME"`
	To     string `help:"Arrived before, RFC 3339." placeholder:"TIME"`
}

func (callsListCmd) Help() string {
	return `Numbers stand as [phi:phone] unless they are revealed; CALLER is a pseudonym, the same for every call of one caller to one
clinic (nightbell pseudonym resolve). A search by number uses the blind index and is audited.

Examples:
  nightbell calls list --clinic harbor --limit 20
  printf '+12125550123\n' | nightbell calls list --number -
  nightbell calls list --reveal --reason "call-back after an outage" --json`
}

func (c callsListCmd) Run(ctx context.Context, s *session) error {
	if err := c.revealing.check(); err != nil {
		return err
	}
	number, err := s.typed(c.Number)
	if err != nil {
		return err
	}
	from, err := instant(c.From)
	if err != nil {
		return err
	}
	to, err := instant(c.To)
	if err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		v, err := c.fetch(ctx, api, number, from, to)
		if err != nil {
			return err
		}
		s.more(v.Next)
		open, _ := unserved(ctx, api, query("clinic", c.Clinic, "state", "open", "limit", "200")) // who may not see them is told of none
		return s.show(v, func(w io.Writer) {
			printCalls(w, v.Items)
			if n := len(open.Items); n > 0 {
				fmt.Fprintf(w, "%s not served: nightbell callers list\n", counted(n, "caller was", "callers were"))
			}
		})
	})
}

func (c callsListCmd) fetch(ctx context.Context, api *client, number, from, to string) (v callsJSON, err error) {
	if number == "" && !c.Reveal {
		q := query("clinic", c.Clinic, "from", from, "to", to, "cursor", c.Cursor, "limit", fmt.Sprint(c.Limit))
		return v, api.ask(ctx, "GET", "/api/v1/calls"+q, nil, &v)
	}
	body := map[string]any{"limit": c.Limit}
	for key, value := range map[string]string{"number": number, "clinic": c.Clinic, "from": from, "to": to, "cursor": c.Cursor, "reason": c.Reason} {
		if value != "" {
			body[key] = value
		}
	}
	path := "/api/v1/calls/search"
	if c.Reveal {
		path = "/api/v1/calls/reveal"
	}
	return v, api.ask(ctx, "POST", path, body, &v)
}

func printCalls(w io.Writer, calls []callJSON) {
	row(w, "CALL", "ARRIVED", "CLINIC", "TRUNK", "FROM", "CALLER", "OUTCOME", "SERVED", "RECORDING")
	for _, k := range calls {
		row(w, k.ID, k.Arrived, k.Clinic, k.Trunk, k.From, k.Caller, k.Outcome, k.Served, k.Recording)
	}
}

type callsShowCmd struct {
	revealing
	ID string `arg:"" help:"Call id."`
}

func (callsShowCmd) Help() string {
	return `Examples:
  nightbell calls show k3v9...
  nightbell calls show k3v9... --reveal --reason "patient asked for a call-back" --json`
}

func (c callsShowCmd) Run(ctx context.Context, s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		path := "/api/v1/calls/" + url.PathEscape(c.ID)
		var v map[string]any
		var err error
		if c.Reveal {
			err = api.ask(ctx, "POST", path+"/reveal", map[string]string{"reason": c.Reason}, &v)
		} else {
			err = api.ask(ctx, "GET", path, nil, &v)
		}
		if err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			for _, key := range []string{"id", "clinic", "trunk", "known_by", "protection", "dialled", "from", "arrived", "answered", "ended", "outcome", "by", "served", "recording"} {
				if v[key] != nil {
					row(w, key, v[key])
				}
			}
			fmt.Fprintln(w, "nightbell why", c.ID, "tells it in sentences; --json shows all")
		})
	})
}

type whyCmd struct {
	Call string `arg:"" help:"Call id."`
}

func (whyCmd) Help() string {
	return `Trunk, plan with its reasons, who rang and what became of it, sound in both directions, recording: one screen.

Example:
  nightbell why k3v9...`
}

func (c whyCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v struct {
			ID    string   `json:"id"`
			Lines []string `json:"lines"`
		}
		if err := api.ask(ctx, "GET", "/api/v1/calls/"+url.PathEscape(c.Call)+"/why", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			for _, line := range v.Lines {
				fmt.Fprintln(w, plain(line))
			}
		})
	})
}

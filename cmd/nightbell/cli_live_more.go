package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

type callsParkCmd struct {
	orderFlags
	Slot string `help:"Which; the first that is free if absent." placeholder:"SLOT"`
}

func (callsParkCmd) Help() string { return "Example:\n  nightbell calls park k3v9... --slot 2" }
func (c callsParkCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "park", "slot": c.Slot})
}

type callsRetrieveCmd struct {
	orderFlags
	User string `help:"Whose telephone rings; mine if absent." placeholder:"USER"`
}

func (callsRetrieveCmd) Help() string {
	return "A parked caller comes back.\n\nExample:\n  nightbell calls retrieve k3v9..."
}
func (c callsRetrieveCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "retrieve", "user": c.User})
}

// hearing is how a supervisor hears a call: remembered, with a reason, before a word is heard.
type hearing struct {
	orderFlags
	Reason string `help:"Why; kept in the audit, so no patient's name or number in it." required:"" placeholder:"TEXT"`
	User   string `help:"Which telephone of mine rings; any that is registered if absent." placeholder:"USER"`
}

func (h hearing) run(ctx context.Context, s *session, do string) error {
	return s.order(ctx, h.ID, map[string]any{"do": do, "because": h.Reason, "user": h.User})
}

type callsListenCmd struct{ hearing }

func (callsListenCmd) Help() string {
	return "Nobody hears you.\n\nExample:\n  nightbell calls listen k3v9... --reason \"quality of new agents\""
}
func (c callsListenCmd) Run(ctx context.Context, s *session) error { return c.run(ctx, s, "listen") }

type callsWhisperCmd struct{ hearing }

func (callsWhisperCmd) Help() string {
	return "The agent hears you, the caller does not.\n\nExample:\n  nightbell calls whisper k3v9... --reason \"agent asked for help\""
}
func (c callsWhisperCmd) Run(ctx context.Context, s *session) error { return c.run(ctx, s, "whisper") }

type callsBargeCmd struct{ hearing }

func (callsBargeCmd) Help() string {
	return "Everybody hears you.\n\nExample:\n  nightbell calls barge k3v9... --reason \"caller threatens\""
}
func (c callsBargeCmd) Run(ctx context.Context, s *session) error { return c.run(ctx, s, "barge") }

type callsLeaveCmd struct{ orderFlags }

func (callsLeaveCmd) Help() string {
	return "Hear the call no more.\n\nExample:\n  nightbell calls leave k3v9..."
}
func (c callsLeaveCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "leave"})
}

type callsHangUpCmd struct{ orderFlags }

func (callsHangUpCmd) Help() string {
	return "Ends the call for everybody. The operator of the machine may do this, and nothing else.\n\nExample:\n  nightbell calls hang-up k3v9..."
}
func (c callsHangUpCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "hang_up"})
}

type callsPauseCmd struct {
	orderFlags
	Reason  string `help:"A closed word: card, pin, other." default:"other"`
	Seconds int    `help:"It resumes by itself after them."`
}

func (callsPauseCmd) Help() string {
	return "Of the recording: silence of equal length, marked.\n\nExample:\n  nightbell calls pause k3v9... --reason card --seconds 60"
}
func (c callsPauseCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "pause_recording", "reason": c.Reason, "seconds": c.Seconds})
}

type callsResumeRecordingCmd struct{ orderFlags }

func (callsResumeRecordingCmd) Help() string {
	return "Example:\n  nightbell calls resume-recording k3v9..."
}
func (c callsResumeRecordingCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "resume_recording"})
}

type callsDeclineCmd struct{ orderFlags }

func (callsDeclineCmd) Help() string {
	return "The caller does not want to be recorded: what was recorded is destroyed unless a hold keeps it.\n\nExample:\n  nightbell calls decline k3v9..."
}
func (c callsDeclineCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "decline_recording"})
}

type callsPatchCmd struct {
	orderFlags
	Urgency string `help:"routine, urgent, emergency." default:"urgent" enum:"routine,urgent,emergency"`
}

func (callsPatchCmd) Help() string {
	return "The ladder of clinicians is climbed while agent and caller speak on.\n\nExample:\n  nightbell calls patch k3v9... --urgency emergency"
}
func (c callsPatchCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "patch", "urgency": c.Urgency})
}

type callsRequeueCmd struct{ orderFlags }

func (callsRequeueCmd) Help() string {
	return "The caller waits again, first of all.\n\nExample:\n  nightbell calls requeue k3v9..."
}
func (c callsRequeueCmd) Run(ctx context.Context, s *session) error {
	return s.order(ctx, c.ID, map[string]any{"do": "requeue"})
}

type callsCallCmd struct {
	Number string `arg:"" optional:"" help:"Whom to call; - reads it from standard input."`
	Clinic string `help:"In whose name: its number is seen." placeholder:"ID"`
	Of     string `help:"Call back the caller of this call instead." placeholder:"CALL"`
	User   string `help:"Which telephone of mine rings first; all that are registered if absent." placeholder:"USER"`
}

func (callsCallCmd) Help() string {
	return `My telephone rings first, then theirs.

Examples:
  printf '+12125550123\n' | nightbell calls call - --clinic harbor
  nightbell calls call --of k3v9...`
}

func (c callsCallCmd) Run(ctx context.Context, s *session) error {
	number, err := s.typed(c.Number)
	if err != nil {
		return err
	}
	if (number == "") == (c.Of == "") {
		return errUsage("either a number and --clinic, or --of CALL")
	}
	body := map[string]any{}
	for key, value := range map[string]string{"number": number, "clinic": c.Clinic, "of": c.Of, "user": c.User} {
		if value != "" {
			body[key] = value
		}
	}
	return s.with(ctx, func(api *client) error {
		var v struct {
			ID string `json:"id"`
		}
		if err := api.ask(ctx, "POST", "/api/v1/calls", body, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { fmt.Fprintln(w, "call", plain(v.ID)) })
	})
}

type agentsBreakCmd struct {
	Reason  string `arg:"" help:"break, meal, training, meeting, technical, other." enum:"break,meal,training,meeting,technical,other" default:"break" optional:""`
	Minutes int    `help:"It ends by itself after them."`
	Person  string `help:"Whom; me if absent." placeholder:"ID"`
}

func (agentsBreakCmd) Help() string {
	return `Calls that run go on.

Examples:
  nightbell agents break meal --minutes 30
  nightbell agents break training --person amy`
}

func (c agentsBreakCmd) Run(ctx context.Context, s *session) error {
	body := map[string]any{"reason": c.Reason}
	if c.Minutes > 0 {
		body["minutes"] = c.Minutes
	}
	return s.change(ctx, http.MethodPut, breakOf(c.Person), body, "on a break")
}

func breakOf(person string) string {
	if person == "" {
		return "/api/v1/me/break"
	}
	return "/api/v1/agents/" + url.PathEscape(person) + "/break"
}

type agentsBackCmd struct {
	Person string `help:"Whom; me if absent." placeholder:"ID"`
}

func (agentsBackCmd) Help() string { return "Ends a break.\n\nExample:\n  nightbell agents back" }
func (c agentsBackCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodDelete, breakOf(c.Person), nil, "back")
}

type agentsDoneCmd struct{}

func (agentsDoneCmd) Help() string {
	return "My notes of the last call are written: offer me the next one.\n\nExample:\n  nightbell agents done"
}
func (agentsDoneCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodPost, "/api/v1/me/wrap-up/end", nil, "done")
}

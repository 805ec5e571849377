package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"nightbell/console"
)

type callersCmd struct {
	List       callersListCmd     `cmd:"" default:"withargs" help:"Callers with whom nobody spoke, newest first."`
	Take       callersTakeCmd     `cmd:"" help:"I see to a caller."`
	CalledBack callersBackCmd     `cmd:"" name:"called-back" help:"The caller was called back."`
	Served     callersServedCmd   `cmd:"" help:"Somebody spoke with the caller in another call."`
	WriteOff   callersWriteOffCmd `cmd:"" name:"write-off" help:"Nobody will call back."`
}

type callersListCmd struct {
	paged
	Clinic string `help:"Only this clinic." placeholder:"ID"`
	All    bool   `help:"Settled ones too."`
}

func (callersListCmd) Help() string {
	return `Every inbound call ends served, called back, or written off by a named person. PROPOSED names a later call in which somebody
spoke with the same caller.

Examples:
  nightbell callers list
  nightbell callers list --clinic harbor --all --json`
}

func (c callersListCmd) Run(ctx context.Context, s *session) error {
	state := "open"
	if c.All {
		state = ""
	}
	return s.with(ctx, func(api *client) error {
		v, err := unserved(ctx, api, query("clinic", c.Clinic, "state", state, "cursor", c.Cursor, "limit", fmt.Sprint(c.Limit)))
		if err != nil {
			return err
		}
		s.more(v.Next)
		return s.show(v, func(w io.Writer) {
			row(w, "CALL", "ARRIVED", "CLINIC", "CALLER", "WAITED", "WHY", "STATE", "OWNER", "PROPOSED")
			for _, u := range v.Items {
				row(w, u.Call, u.Arrived, u.Clinic, u.Caller, fmt.Sprintf("%.0fs", u.Waited), u.Why, u.State, u.Owner, u.Proposed)
			}
		})
	})
}

type unservedJSON struct {
	Items []console.Unserved `json:"items"`
	Next  string             `json:"next,omitempty"`
}

func unserved(ctx context.Context, api *client, q string) (v unservedJSON, err error) {
	return v, api.ask(ctx, http.MethodGet, "/api/v1/unserved"+q, nil, &v)
}

// callerOfCall is the path of a caller, and of what becomes of her.
func callerOfCall(id, what string) string {
	return "/api/v1/unserved/" + url.PathEscape(id) + "/" + what
}

type callersTakeCmd struct {
	Call string `arg:"" help:"Call id."`
}

func (callersTakeCmd) Help() string { return "Example:\n  nightbell callers take k3v9..." }
func (c callersTakeCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodPost, callerOfCall(c.Call, "take"), nil, "you see to the caller of "+c.Call)
}

type callersBackCmd struct {
	Call   string `arg:"" help:"Call id."`
	Answer string `help:"The call in which that was." placeholder:"CALL"`
}

func (callersBackCmd) Help() string {
	return "nightbell calls call --of CALL calls back.\n\nExample:\n  nightbell callers called-back k3v9..."
}
func (c callersBackCmd) Run(ctx context.Context, s *session) error {
	body := map[string]any{}
	if c.Answer != "" {
		body["answer"] = c.Answer
	}
	return s.change(ctx, http.MethodPost, callerOfCall(c.Call, "called-back"), body, "called back "+c.Call)
}

type callersServedCmd struct {
	Call   string `arg:"" help:"Call id."`
	Answer string `arg:"" help:"The call in which somebody spoke with the caller: PROPOSED of the list."`
}

func (callersServedCmd) Help() string {
	return "Example:\n  nightbell callers served k3v9... m81x..."
}
func (c callersServedCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodPost, callerOfCall(c.Call, "served"), map[string]any{"answer": c.Answer}, "served "+c.Call)
}

type callersWriteOffCmd struct {
	Call   string `arg:"" help:"Call id."`
	Reason string `help:"Why; no patient's name or number." required:"" placeholder:"TEXT"`
}

func (callersWriteOffCmd) Help() string {
	return "Example:\n  nightbell callers write-off k3v9... --reason \"dialled the wrong clinic, said so\""
}
func (c callersWriteOffCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodPost, callerOfCall(c.Call, "write-off"), map[string]any{"reason": c.Reason}, "written off "+c.Call)
}

type voicemailCmd struct {
	List voicemailListCmd `cmd:"" default:"withargs" help:"What callers left, newest first."`
	Take voicemailTakeCmd `cmd:"" help:"I see to a message."`
}

type voicemailListCmd struct {
	paged
	Clinic string `help:"Only this clinic." placeholder:"ID"`
	All    bool   `help:"Those taken on, too."`
}

func (voicemailListCmd) Help() string {
	return "nightbell recordings export RECORDING --reason ... gives the sound.\n\nExample:\n  nightbell voicemail list --clinic harbor"
}

func (c voicemailListCmd) Run(ctx context.Context, s *session) error {
	open := "true"
	if c.All {
		open = ""
	}
	return s.with(ctx, func(api *client) error {
		var v struct {
			Items []console.VoiceMessage `json:"items"`
			Next  string                 `json:"next,omitempty"`
		}
		q := query("clinic", c.Clinic, "open", open, "cursor", c.Cursor, "limit", fmt.Sprint(c.Limit))
		if err := api.ask(ctx, http.MethodGet, "/api/v1/voice-messages"+q, nil, &v); err != nil {
			return err
		}
		s.more(v.Next)
		return s.show(v, func(w io.Writer) {
			row(w, "MESSAGE", "LEFT", "CLINIC", "URGENCY", "CALL", "RECORDING", "TAKEN", "BY")
			for _, m := range v.Items {
				row(w, m.ID, m.Made, m.Clinic, m.Urgency, m.Call, m.Recording, m.Taken, m.TakenBy)
			}
		})
	})
}

type voicemailTakeCmd struct {
	ID string `arg:"" help:"Message id."`
}

func (voicemailTakeCmd) Help() string { return "Example:\n  nightbell voicemail take k3v9..." }
func (c voicemailTakeCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodPost, "/api/v1/voice-messages/"+url.PathEscape(c.ID)+"/take", nil, "you see to "+c.ID)
}

type alarmsCmd struct {
	List        alarmsListCmd        `cmd:"" default:"withargs" help:"What stands wrong, what to do, who sees to it."`
	Acknowledge alarmsAcknowledgeCmd `cmd:"" aliases:"ack" help:"I see to an alarm."`
	Stale       alarmsStaleCmd       `cmd:"" help:"Alarms that nobody acted on for 30 days: proposed for deletion."`
}

type alarmsListCmd struct {
	Class string `help:"Only patient, tonight or morning." enum:",patient,tonight,morning" default:"" placeholder:"CLASS"`
}

func (alarmsListCmd) Help() string {
	return `A patient's alarm rings the telephones of [alarms] until somebody acknowledges it.

Examples:
  nightbell alarms list
  nightbell alarms --class morning`
}

func (c alarmsListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/alarms"+query("class", c.Class), func(w io.Writer, items []console.Alarm) {
		row(w, "CLASS", "ALARM", "SINCE", "ACKNOWLEDGED", "TELEPHONE", "WORDS")
		for _, a := range items {
			row(w, string(a.Class), a.Name, a.Since, a.AcknowledgedBy, a.Telephone, a.Words)
		}
		for _, a := range items {
			fmt.Fprintf(w, "%s: %s\n", plain(a.Name), plain(a.Action))
		}
	})
}

type alarmsAcknowledgeCmd struct {
	Name string `arg:"" help:"The alarm's name."`
}

func (alarmsAcknowledgeCmd) Help() string {
	return "It stands until it is over, and telephones nobody any more.\n\nExample:\n  nightbell alarms acknowledge nobody_eligible"
}
func (c alarmsAcknowledgeCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, http.MethodPost, "/api/v1/alarms/"+url.PathEscape(c.Name)+"/acknowledge", nil, "you see to "+c.Name)
}

type alarmsStaleCmd struct{}

func (alarmsStaleCmd) Help() string { return "Example:\n  nightbell alarms stale" }
func (alarmsStaleCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/alarms/stale", func(w io.Writer, items []console.StaleAlarm) {
		row(w, "ALARM", "CLASS", "RAISED", "SINCE")
		for _, a := range items {
			row(w, a.Name, string(a.Class), a.Raised, a.Since)
		}
	})
}

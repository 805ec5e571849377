package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"nightbell/console"
)

type trunksCmd struct {
	List   trunksListCmd   `cmd:"" help:"Trunks and how each is known."`
	Health trunksHealthCmd `cmd:"" help:"Whether the trunks that dial outward can, and what is wrong where not."`
	Test   trunksTestCmd   `cmd:"" help:"Check what a trunk needs."`
	Secret trunksSecretCmd `cmd:"" help:"Keep a trunk's digest secret, sealed; make one if none is given."`
}

type trunksListCmd struct{}

func (trunksListCmd) Help() string { return "Example:\n  nightbell trunks list" }

func (trunksListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/trunks", func(w io.Writer, items []console.TrunkView) {
		row(w, "TRUNK", "NAME", "KNOWN BY", "SECRET", "CALLS", "EXCEPTIONS")
		for _, t := range items {
			row(w, t.ID, t.Name, t.KnownBy, t.HasSecret, t.Calls, t.Exceptions)
		}
	})
}

type trunksTestCmd struct {
	ID string `arg:"" help:"Trunk id."`
}

func (trunksTestCmd) Help() string {
	return "Exit 1 when a check does not hold.\n\nExample:\n  nightbell trunks test clinic-pbx"
}

func (c trunksTestCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.TrunkTest
		if err := api.ask(ctx, "POST", "/api/v1/trunks/"+url.PathEscape(c.ID)+"/test", nil, &v); err != nil {
			return err
		}
		err := s.show(v, func(w io.Writer) {
			for _, check := range v.Checks {
				row(w, check.Name, map[bool]string{true: "ok", false: "WRONG"}[check.OK], check.Detail)
			}
		})
		if err != nil || v.OK {
			return err
		}
		return errTold
	})
}

type trunksSecretCmd struct {
	ID          string `arg:"" help:"Trunk id."`
	SecretStdin bool   `help:"Take the secret from standard input instead of making one."`
}

func (trunksSecretCmd) Help() string {
	return `Examples:
  nightbell trunks secret carrier
  nightbell trunks secret carrier --secret-stdin < secret.txt`
}

func (c trunksSecretCmd) Run(ctx context.Context, s *session) error {
	secret, shown := newSecret(), true
	if c.SecretStdin {
		text, err := s.line()
		if err != nil {
			return err
		}
		secret, shown = text, false
	}
	return s.with(ctx, func(api *client) error {
		path := "/api/v1/trunks/" + url.PathEscape(c.ID) + "/secret"
		if err := api.ask(ctx, "PUT", path, map[string]string{"secret": secret}, nil); err != nil {
			return err
		}
		v := map[string]string{"id": c.ID}
		if shown {
			v["secret"] = secret
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintln(w, "kept for", c.ID)
			if shown {
				fmt.Fprintln(w, "secret, shown once:", secret)
			}
		})
	})
}

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token; its secret is printed once."`
	List   tokenListCmd   `cmd:"" help:"Tokens without their secrets."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token."`
}

type tokenCreateCmd struct {
	Name   string   `arg:"" help:"What it is for; no person's name."`
	Scope  []string `required:"" help:"What it may do, comma-separated; all for every scope." placeholder:"SCOPE"`
	Clinic string   `help:"The only clinic it may see." placeholder:"ID"`
	Days   int      `help:"Lifetime, at most 400." default:"90"`
}

func (tokenCreateCmd) Help() string {
	text := "Scopes:\n"
	for _, scope := range console.Scopes() {
		text += "  " + string(scope) + "\n"
	}
	return text + `
Examples:
  nightbell token create scraper --scope metrics:read
  nightbell token create dashboard --scope calls:read,oncall:read --clinic harbor --json`
}

func (c tokenCreateCmd) Run(ctx context.Context, s *session) error {
	scopes := make([]console.Scope, len(c.Scope))
	for i, scope := range c.Scope {
		scopes[i] = console.Scope(scope)
	}
	if len(scopes) == 1 && scopes[0] == "all" {
		scopes = console.Scopes()
	}
	body := map[string]any{"name": c.Name, "scopes": scopes, "expires": time.Now().Add(time.Duration(c.Days) * 24 * time.Hour).UTC()}
	if c.Clinic != "" {
		body["clinic"] = c.Clinic
	}
	return s.with(ctx, func(api *client) error {
		var v struct {
			console.Token
			Secret string `json:"secret"`
		}
		if err := api.ask(ctx, "POST", "/api/v1/tokens", body, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "token %s, until %s\nsecret, shown once: %s\n", v.ID, cell(v.Expires), v.Secret)
		})
	})
}

type tokenListCmd struct{}

func (tokenListCmd) Help() string { return "Example:\n  nightbell token list" }

func (tokenListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/tokens", func(w io.Writer, items []console.Token) {
		row(w, "TOKEN", "NAME", "SCOPES", "CLINIC", "CREATED", "EXPIRES", "REVOKED")
		for _, t := range items {
			row(w, t.ID, t.Name, len(t.Scopes), t.Clinic, t.Created, t.Expires, t.Revoked)
		}
	})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"Token id (not its secret)."`
}

func (tokenRevokeCmd) Help() string { return "Example:\n  nightbell token revoke t5k1..." }

func (c tokenRevokeCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "DELETE", "/api/v1/tokens/"+url.PathEscape(c.ID), nil, "revoked "+c.ID)
}

type agentsCmd struct {
	List   agentsListCmd   `cmd:"" default:"withargs" help:"Agents and what they do now."`
	Break  agentsBreakCmd  `cmd:"" help:"A while without calls."`
	Back   agentsBackCmd   `cmd:"" help:"The end of a break."`
	Done   agentsDoneCmd   `cmd:"" help:"My notes are written."`
	Pause  agentsPauseCmd  `cmd:"" help:"Offer an agent no calls."`
	Resume agentsResumeCmd `cmd:"" help:"Offer calls again."`
}

type agentsListCmd struct {
	Watch bool `help:"Go on telling what changes until interrupted."`
}

func (agentsListCmd) Help() string {
	return "Examples:\n  nightbell agents list --json\n  nightbell agents --watch"
}

func (c agentsListCmd) Run(ctx context.Context, s *session) error {
	if c.Watch {
		return s.with(ctx, func(api *client) error { return s.follow(ctx, api, "agent") })
	}
	return table(ctx, s, "/api/v1/agents", printAgents)
}

func printAgents(w io.Writer, items []console.Agent) {
	row(w, "PERSON", "ROLE", "ACTIVE", "PAUSED", "STATE", "SINCE", "UNTIL", "CALL", "DEVICES", "REGISTERED")
	for _, a := range items {
		printAgent(w, a)
	}
}

func printAgent(w io.Writer, a console.Agent) {
	row(w, a.Person, a.Role, a.Active, a.Paused, a.State, a.Since, a.Until, a.Call, a.Devices, a.Registered)
}

type agentsPauseCmd struct {
	Person string `arg:"" help:"Person id."`
}

func (agentsPauseCmd) Help() string {
	return "Calls that run go on.\n\nExample:\n  nightbell agents pause amy"
}

func (c agentsPauseCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "POST", "/api/v1/agents/"+url.PathEscape(c.Person)+"/pause", nil, "paused "+c.Person)
}

type agentsResumeCmd struct {
	Person string `arg:"" help:"Person id."`
}

func (agentsResumeCmd) Help() string { return "Example:\n  nightbell agents resume amy" }

func (c agentsResumeCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "POST", "/api/v1/agents/"+url.PathEscape(c.Person)+"/resume", nil, "resumed "+c.Person)
}

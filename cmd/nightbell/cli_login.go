package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"nightbell/console"
)

// loginStep is the answer to a step of a login.
type loginStep struct {
	Person  string    `json:"person"`
	State   string    `json:"state"`
	Until   time.Time `json:"until"`
	Offered []string  `json:"offered"`
	Secret  string    `json:"secret"`
}

type loginCmd struct {
	Person   string `arg:"" help:"Person id."`
	Recovery bool   `help:"The second factor is a recovery code."`
	Ready    string `help:"Take calls on this telephone at once." placeholder:"DEVICE"`
}

func (loginCmd) Help() string {
	return `Asks for the password and for the authenticator's six digits (or a recovery code), line by line on standard input. The
login's secret stays on a memory filesystem, readable by you alone, until logout: idle 15 minutes, 12 hours at most.
With a passkey alone, log in by the console.

Examples:
  nightbell login sue
  nightbell login amy --ready amy`
}

func (c loginCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	password, err := s.secretLine("password: ")
	if err != nil {
		return err
	}
	var live loginStep
	err = s.as(ctx, cfg, "", func(api *client) error {
		live, err = c.prove(ctx, s, api, password)
		return err
	})
	if err != nil {
		return err
	}
	if err := keepLogin(cfg.Dir, live.Secret); err != nil {
		return err
	}
	if c.Ready != "" {
		if err := s.as(ctx, cfg, live.Secret, func(api *client) error { return makeReady(ctx, api, c.Ready) }); err != nil {
			return err
		}
	}
	live.Secret = ""
	return s.show(live, func(w io.Writer) {
		fmt.Fprintf(w, "%s is logged in, until %s at the latest\n", live.Person, cell(live.Until))
	})
}

// prove shows password and second factor.
func (c loginCmd) prove(ctx context.Context, s *session, api *client, password string) (loginStep, error) {
	prompt, kind := "six digits: ", "totp"
	if c.Recovery {
		prompt, kind = "recovery code: ", "recovery"
	}
	return api.logIn(ctx, c.Person, password, kind, func() (string, error) { return s.secretLine(prompt) })
}

// logIn shows password and second factor; the client's requests are the person's from then on.
func (c *client) logIn(ctx context.Context, person, password, kind string, code func() (string, error)) (live loginStep, err error) {
	var pending loginStep
	c.login = ""
	body := map[string]string{"person": person, "password": password}
	if err := c.ask(ctx, "POST", "/api/v1/login", body, &pending); err != nil {
		return live, err
	}
	if len(pending.Offered) == 0 {
		return live, errors.New("login: no second factor stands yet: ask an administrator for an invitation")
	}
	second, err := code()
	if err != nil {
		return live, err
	}
	c.login = pending.Secret
	if err := c.ask(ctx, "POST", "/api/v1/login/"+kind, map[string]string{"code": second}, &live); err != nil {
		return live, err
	}
	c.login = live.Secret
	return live, nil
}

// as runs a command as the holder of a login's secret; empty: as the operator.
func (s *session) as(ctx context.Context, cfg Config, login string, ask func(*client) error) (err error) {
	api, err := s.connectAs(ctx, cfg, login)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, api.close()) }()
	return ask(api)
}

// secretLine asks on the terminal without an echo; elsewhere it reads the next line.
func (s *session) secretLine(prompt string) (string, error) {
	f, ok := s.in.(*os.File)
	if !ok {
		return s.line()
	}
	fmt.Fprint(s.err, prompt)
	defer fmt.Fprintln(s.err)
	restore := silence(int(f.Fd()))
	defer restore()
	return s.line()
}

type logoutCmd struct{}

func (logoutCmd) Help() string { return "Example:\n  nightbell logout" }

func (logoutCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	login, err := readLogin(cfg.Dir)
	if err != nil || login == "" {
		return errors.Join(err, dropLogin(cfg.Dir))
	}
	err = s.as(ctx, cfg, login, func(api *client) error { return api.ask(ctx, "POST", "/api/v1/logout", nil, nil) })
	if over(err) {
		err = nil
	}
	return errors.Join(err, dropLogin(cfg.Dir))
}

// over reports whether the login had ended before.
func over(err error) bool {
	var p *console.Problem
	return errors.As(err, &p) && p.Status == 401
}

type meCmd struct{}

func (meCmd) Help() string { return "Example:\n  nightbell me" }

func (meCmd) Run(ctx context.Context, s *session) error {
	var v struct {
		console.Profile
		Mode  string    `json:"mode"`
		Fresh time.Time `json:"step_up_until"`
	}
	return s.with(ctx, func(api *client) error {
		if api.login == "" {
			return s.show(map[string]any{"operator": true}, func(w io.Writer) {
				fmt.Fprintln(w, "nobody is logged in here: commands act as the operator of this machine, who sees no patient's data")
			})
		}
		if err := api.ask(ctx, "GET", "/api/v1/me", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			row(w, "person", v.Person)
			row(w, "last login", fmt.Sprintf("%s from %s", cell(v.LastLogin), cell(v.LastFrom)))
			for _, g := range v.Grants {
				row(w, "role", g.Role, g.Clinics)
			}
			row(w, "mode", v.Mode)
			row(w, "recovery codes left", v.CodesLeft)
			if v.Ready != nil {
				row(w, "ready on", v.Ready.Device, "until "+cell(v.Ready.Until))
			}
			for _, why := range v.Gate {
				row(w, "in the way", why)
			}
		})
	})
}

type readyCmd struct {
	On   readyOnCmd   `cmd:"" help:"Offer me calls on this telephone."`
	Off  readyOffCmd  `cmd:"" help:"Offer me no more."`
	List readyListCmd `cmd:"" help:"Who takes calls now."`
	End  readyEndCmd  `cmd:"" help:"Offer this person no more calls, the last one of a clinic too."`
}

type readyOnCmd struct {
	Device string `arg:"" help:"User of the telephone."`
}

func (readyOnCmd) Help() string { return "Example:\n  nightbell ready on amy" }

func makeReady(ctx context.Context, api *client, device string) error {
	return api.ask(ctx, "PUT", "/api/v1/me/ready", map[string]string{"device": device}, nil)
}

func (c readyOnCmd) Run(ctx context.Context, s *session) error {
	err := s.with(ctx, func(api *client) error { return makeReady(ctx, api, c.Device) })
	if err != nil {
		return err
	}
	return s.show(map[string]string{"ready_on": c.Device}, func(w io.Writer) { fmt.Fprintln(w, "ready on", plain(c.Device)) })
}

type readyOffCmd struct{}

func (readyOffCmd) Help() string { return "Example:\n  nightbell ready off" }

func (readyOffCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "DELETE", "/api/v1/me/ready", nil, "not ready")
}

type readyListCmd struct{}

func (readyListCmd) Help() string { return "Example:\n  nightbell ready list" }

func (readyListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/ready", func(w io.Writer, list []console.ReadyView) {
		row(w, "PERSON", "DEVICE", "SINCE", "UNTIL", "MODE", "CLINICS")
		for _, r := range list {
			row(w, r.Person, r.Device, r.Since, r.Until, strings.TrimSpace(r.Mode+" "+r.Why), r.Clinics)
		}
	})
}

type readyEndCmd struct {
	Person string `arg:"" help:"Person id."`
	Reason string `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (readyEndCmd) Help() string {
	return "Example:\n  nightbell ready end amy --reason \"left for home, and forgot\""
}

func (c readyEndCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "DELETE", "/api/v1/ready/"+url.PathEscape(c.Person)+query("reason", c.Reason), nil, c.Person+" is offered no more calls")
}

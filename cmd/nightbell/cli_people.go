package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"nightbell/console"
)

type peopleCmd struct {
	List      accountsCmd     `cmd:"" help:"Accounts with roles and factors."`
	Invite    inviteCmd       `cmd:"" help:"Invite a person of the book; the secret is shown once."`
	Uninvite  uninviteCmd     `cmd:"" help:"The invitation opens nothing any more."`
	Suspend   suspendCmd      `cmd:"" help:"Nothing of hers opens anything until she is reinstated."`
	Reinstate reinstateCmd    `cmd:"" help:"She may log in again."`
	Terminate terminateCmd    `cmd:"" help:"She left: logins, roles, telephones, tokens, feeds and readiness end at once."`
	Train     trainCmd        `cmd:"" help:"Record that a person passed a course."`
	Training  listTrainingCmd `cmd:"" help:"Who passed which course."`
	Reset     resetFactorsCmd `cmd:"" help:"Propose that a person's second factors go and she is invited anew."`
}

type accountsCmd struct{}

func (accountsCmd) Help() string { return "Example:\n  nightbell people list" }

func (accountsCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/accounts", func(w io.Writer, list []console.AccountView) {
		row(w, "PERSON", "STATE", "ROLES", "FACTORS", "LAST LOGIN", "INVITED UNTIL")
		for _, a := range list {
			row(w, a.Person, a.State, a.Roles, a.Factors, a.LastLogin, a.Invited)
		}
	})
}

type inviteCmd struct {
	Person string `arg:"" help:"Person id."`
	Admin  bool   `help:"Make her the first administrator; only while there is none."`
	Hours  int    `help:"How long it is good." default:"72"`
	Reason string `help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (inviteCmd) Help() string {
	return `The secret opens the account once: hand it over in person or by telephone. It is taken up with "nightbell invitation take".

Examples:
  nightbell people invite ada --admin
  nightbell people invite amy`
}

func (c inviteCmd) Run(ctx context.Context, s *session) error {
	body := map[string]any{"hours": c.Hours}
	if c.Admin {
		body["role"] = "admin"
	}
	if c.Reason != "" {
		body["reason"] = c.Reason
	}
	var v console.InvitationView
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, "POST", "/api/v1/people/"+url.PathEscape(c.Person)+"/invitation", body, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			row(w, "for", v.Person)
			row(w, "good until", v.Expires)
			row(w, "secret", v.Secret)
		})
	})
}

// reasoned is somebody, and why.
type reasoned struct {
	Person string `arg:"" help:"Person id."`
	Reason string `required:"" help:"Why; kept in the audit, so no patient's name or number in it." placeholder:"TEXT"`
}

func (r reasoned) do(ctx context.Context, s *session, what, told string) error {
	return s.change(ctx, "POST", "/api/v1/people/"+url.PathEscape(r.Person)+"/"+what, map[string]string{"reason": r.Reason}, r.Person+" "+told)
}

type uninviteCmd struct {
	Person string `arg:"" help:"Person id."`
}

func (uninviteCmd) Help() string { return "Example:\n  nightbell people uninvite amy" }

func (c uninviteCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "DELETE", "/api/v1/people/"+url.PathEscape(c.Person)+"/invitation", nil, "the invitation opens nothing any more")
}

type suspendCmd struct{ reasoned }

func (suspendCmd) Help() string {
	return "Example:\n  nightbell people suspend amy --reason \"telephone lost\""
}

func (c suspendCmd) Run(ctx context.Context, s *session) error {
	return c.do(ctx, s, "suspend", "is suspended")
}

type reinstateCmd struct{ reasoned }

func (reinstateCmd) Help() string {
	return "Example:\n  nightbell people reinstate amy --reason \"telephone found\""
}

func (c reinstateCmd) Run(ctx context.Context, s *session) error {
	return c.do(ctx, s, "reinstate", "may log in again")
}

type terminateCmd struct{ reasoned }

func (terminateCmd) Help() string {
	return "Example:\n  nightbell people terminate amy --reason \"left the house\""
}

func (c terminateCmd) Run(ctx context.Context, s *session) error {
	if err := s.sure("end everything that " + plain(c.Person) + " holds, for good?"); err != nil {
		return err
	}
	return c.do(ctx, s, "terminate", "is out: logins, roles, telephones, tokens, feeds and readiness have ended")
}

type trainCmd struct {
	Person  string    `arg:"" help:"Person id."`
	Course  string    `arg:"" help:"Course, e.g. hipaa."`
	Expires time.Time `help:"Until when it counts; a year if absent (RFC 3339)." format:"2006-01-02T15:04:05Z07:00"`
}

func (trainCmd) Help() string { return "Example:\n  nightbell people train amy hipaa" }

func (c trainCmd) Run(ctx context.Context, s *session) error {
	body := map[string]any{"course": c.Course}
	if !c.Expires.IsZero() {
		body["expires"] = c.Expires
	}
	return s.change(ctx, "POST", "/api/v1/people/"+url.PathEscape(c.Person)+"/training", body, "recorded")
}

type listTrainingCmd struct {
	Person string `arg:"" optional:"" help:"Person id; everybody if absent."`
}

func (listTrainingCmd) Help() string { return "Example:\n  nightbell people training amy" }

func (c listTrainingCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/training"+query("person", c.Person), func(w io.Writer, list []console.TrainingView) {
		row(w, "PERSON", "COURSE", "PASSED", "EXPIRES", "RECORDED BY")
		for _, t := range list {
			row(w, t.Person, t.Course, t.Passed, t.Expires, t.By)
		}
	})
}

type resetFactorsCmd struct{ reasoned }

func (resetFactorsCmd) Help() string {
	return "Example:\n  nightbell people reset amy --reason \"authenticator lost\""
}

func (c resetFactorsCmd) Run(ctx context.Context, s *session) error {
	return s.propose(ctx, map[string]string{"kind": "factor_reset", "subject": c.Person, "reason": c.Reason})
}

type invitationCmd struct {
	Take takeCmd `cmd:"" help:"Set a password and enrol an authenticator."`
}

type takeCmd struct {
	Label string `help:"What you call the authenticator." default:"authenticator"`
}

func (takeCmd) Help() string {
	return `Asks for the invitation's secret and a new password (12 characters or more), shows a secret for an authenticator program, asks
for its six digits, and prints ten recovery codes. All of it is read line by line from standard input.

Example:
  nightbell invitation take`
}

func (c takeCmd) Run(ctx context.Context, s *session) error {
	secret, err := s.secretLine("invitation: ")
	if err != nil {
		return err
	}
	password, err := s.secretLine("new password: ")
	password, err = s.twice(password, err)
	if err != nil {
		return err
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	return s.as(ctx, cfg, "", func(api *client) error { return c.take(ctx, s, api, secret, password) })
}

func (c takeCmd) take(ctx context.Context, s *session, api *client, secret, password string) error {
	var pending loginStep
	if err := api.ask(ctx, "POST", "/api/v1/invitations/accept", map[string]string{"secret": secret, "password": password}, &pending); err != nil {
		return err
	}
	api.login = pending.Secret
	var totp console.TOTPView
	if err := api.ask(ctx, "POST", "/api/v1/me/totp", nil, &totp); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "for your authenticator: %s\n  %s\n", totp.Secret, totp.URI)
	code, err := s.secretLine("its six digits: ")
	if err != nil {
		return err
	}
	var done struct {
		Login *loginStep `json:"login"`
	}
	body := map[string]string{"id": totp.ID, "code": code, "label": c.Label}
	if err := api.ask(ctx, "POST", "/api/v1/me/totp/confirm", body, &done); err != nil {
		return err
	}
	if done.Login == nil {
		return errors.New("invitation: the login did not become live")
	}
	api.login = done.Login.Secret
	var codes struct {
		Codes []string `json:"codes"`
	}
	if err := api.ask(ctx, "POST", "/api/v1/me/recovery-codes", nil, &codes); err != nil {
		return err
	}
	v := map[string]any{"person": done.Login.Person, "totp": totp.Secret, "recovery_codes": codes.Codes}
	err = s.show(v, func(w io.Writer) {
		fmt.Fprintln(w, "print these; each opens the account once in the authenticator's place:")
		for _, code := range codes.Codes {
			fmt.Fprintln(w, " ", code)
		}
	})
	return errors.Join(err, api.ask(ctx, "POST", "/api/v1/logout", nil, nil))
}

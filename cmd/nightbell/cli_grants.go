package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"nightbell/console"
)

type grantsCmd struct {
	List    listGrantsCmd `cmd:"" help:"Who has which role where."`
	Propose grantCmd      `cmd:"" help:"Propose a role; somebody else approves it."`
	End     endGrantCmd   `cmd:"" help:"End a role at once."`
}

type listGrantsCmd struct {
	Person string `arg:"" optional:"" help:"Person id; everybody if absent."`
}

func (listGrantsCmd) Help() string { return "Example:\n  nightbell grants list amy" }

func (c listGrantsCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/grants"+query("person", c.Person), func(w io.Writer, list []console.GrantView) {
		row(w, "ID", "PERSON", "ROLE", "CLINICS", "FROM", "UNTIL", "PROPOSED BY", "APPROVED BY")
		for _, g := range list {
			row(w, g.ID, g.Person, g.Role, g.Clinics, g.From, g.Until, g.Proposed, g.Approved)
		}
	})
}

type grantCmd struct {
	Person string    `arg:"" help:"Person id."`
	Role   string    `arg:"" help:"admin, scheduler, agent, supervisor, clinician, office, compliance, auditor."`
	Clinic []string  `help:"Only for this clinic; may be repeated." placeholder:"ID"`
	Until  time.Time `help:"Until when (RFC 3339); open if absent." format:"2006-01-02T15:04:05Z07:00"`
	Reason string    `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (grantCmd) Help() string {
	return "Example:\n  nightbell grants propose amy supervisor --reason \"leads the night shift\""
}

func (c grantCmd) Run(ctx context.Context, s *session) error {
	body := map[string]any{"person": c.Person, "role": c.Role, "reason": c.Reason}
	if len(c.Clinic) > 0 {
		body["clinics"] = c.Clinic
	}
	if !c.Until.IsZero() {
		body["until"] = c.Until
	}
	return s.with(ctx, func(api *client) error {
		var v console.ProposalView
		if err := api.ask(ctx, "POST", "/api/v1/grants", body, &v); err != nil {
			return err
		}
		return s.showProposal(v)
	})
}

type endGrantCmd struct {
	ID     string `arg:"" help:"Grant id."`
	Reason string `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (endGrantCmd) Help() string {
	return "Example:\n  nightbell grants end GRANT --reason \"back to days\""
}

func (c endGrantCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "DELETE", "/api/v1/grants/"+url.PathEscape(c.ID)+query("reason", c.Reason), nil, "ended")
}

type proposalsCmd struct {
	List     listProposalsCmd `cmd:"" help:"What waits for a second person, or did."`
	Make     makeProposalCmd  `cmd:"" help:"Propose what has no command of its own."`
	Approve  approveCmd       `cmd:"" help:"Agree: it is carried out once."`
	Reject   rejectCmd        `cmd:"" help:"Do not agree."`
	Withdraw withdrawCmd      `cmd:"" help:"Take one's own back."`
}

type listProposalsCmd struct {
	State string `help:"open, approved, carried_out, rejected, withdrawn, expired; all if absent." placeholder:"STATE"`
}

func (listProposalsCmd) Help() string { return "Example:\n  nightbell proposals list" }

func (c listProposalsCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/proposals"+query("state", c.State), func(w io.Writer, list []console.ProposalView) {
		row(w, "ID", "KIND", "SUBJECT", "BY", "MADE", "STATE", "NOT BEFORE", "REASON")
		for _, p := range list {
			row(w, p.ID, p.Kind, p.Subject, p.By, p.Made, p.State, p.NotBefore, p.Reason)
		}
	})
}

type makeProposalCmd struct {
	Kind    string `arg:"" help:"factor_reset, clinic_departure, shred, hold_release, purge."`
	Subject string `arg:"" help:"Id of the person, clinic, recording or hold; purge: purge, or retention~ARTEFACT~DAYS[~CLINIC]."`
	Clinic  string `help:"That it concerns." placeholder:"ID"`
	Reason  string `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (makeProposalCmd) Help() string {
	return "Example:\n  nightbell proposals make hold_release HOLD --reason \"the matter is closed\""
}

func (c makeProposalCmd) Run(ctx context.Context, s *session) error {
	return s.propose(ctx, console.ProposalBody{Kind: c.Kind, Subject: c.Subject, Clinic: c.Clinic, Reason: c.Reason})
}

// deciding is a decision on one proposal.
type deciding struct {
	ID     string `arg:"" help:"Proposal id."`
	Reason string `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (d deciding) do(ctx context.Context, s *session, what string) error {
	return s.with(ctx, func(api *client) error {
		var v console.ProposalView
		body := map[string]string{"reason": d.Reason}
		if err := api.ask(ctx, "POST", "/api/v1/proposals/"+url.PathEscape(d.ID)+"/"+what, body, &v); err != nil {
			return err
		}
		return s.showProposal(v)
	})
}

type approveCmd struct{ deciding }

func (approveCmd) Help() string {
	return "Example:\n  nightbell proposals approve PROPOSAL --reason \"agreed\""
}

func (c approveCmd) Run(ctx context.Context, s *session) error { return c.do(ctx, s, "approve") }

type rejectCmd struct{ deciding }

func (rejectCmd) Help() string {
	return "Example:\n  nightbell proposals reject PROPOSAL --reason \"not discussed\""
}

func (c rejectCmd) Run(ctx context.Context, s *session) error { return c.do(ctx, s, "reject") }

type withdrawCmd struct{ deciding }

func (withdrawCmd) Help() string {
	return "Example:\n  nightbell proposals withdraw PROPOSAL --reason \"the wrong person\""
}

func (c withdrawCmd) Run(ctx context.Context, s *session) error { return c.do(ctx, s, "withdraw") }

// propose makes a proposal that has no command of its own.
func (s *session) propose(ctx context.Context, body any) error {
	return s.with(ctx, func(api *client) error {
		var v console.ProposalView
		if err := api.ask(ctx, "POST", "/api/v1/proposals", body, &v); err != nil {
			return err
		}
		return s.showProposal(v)
	})
}

func (s *session) showProposal(v console.ProposalView) error {
	return s.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s of %s is %s\n", v.ID, strings.ReplaceAll(v.Kind, "_", " "), plain(v.Subject), strings.ReplaceAll(v.State, "_", " "))
		switch {
		case v.Solo:
			fmt.Fprintf(w, "nobody else could approve it: it takes effect at %s; the log says so, and its witnesses see it\n", cell(v.NotBefore))
		case v.State == "open":
			fmt.Fprintln(w, "somebody else approves it: nightbell proposals approve", v.ID, "--reason TEXT")
		}
	})
}

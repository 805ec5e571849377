package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"nightbell/console"
)

type retentionCmd struct {
	List  retentionListCmd `cmd:"" help:"How long everything is kept, with the floors."`
	Set   retentionSetCmd  `cmd:"" help:"Carry out an approved change."`
	Due   retentionDueCmd  `cmd:"" help:"What a purge would destroy; nothing is."`
	Purge purgeCmd         `cmd:"" help:"Carry out an approved purge now."`
}

func (retentionCmd) Help() string {
	return `What two people have set is purged by itself each night; under the usual retentions, which nobody approved, nothing goes by
itself. A change: one person proposes it, another approves it, either carries it out.

Examples:
  nightbell retention due
  nightbell proposals make purge retention~recording~365 --reason "a year is enough"
  nightbell proposals approve ID --reason "agreed"
  nightbell retention set recording 365 --proposal ID`
}

type retentionListCmd struct{}

func (retentionListCmd) Help() string { return "Example:\n  nightbell retention list" }

func (retentionListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/retention", func(w io.Writer, list []console.RetentionView) {
		row(w, "ARTEFACT", "CLINIC", "DAYS", "FLOOR", "SET", "CARRIED OUT BY", "APPROVED BY", "BASIS OF THE FLOOR")
		for _, r := range list {
			row(w, r.Artefact, r.Clinic, r.Days, r.Floor, r.Set, r.By, r.Approved, r.Basis)
		}
	})
}

type retentionSetCmd struct {
	Artefact string `arg:"" help:"recording, call, audit, disclosure."`
	Days     int    `arg:"" help:"Kept so many days."`
	Clinic   string `help:"For this clinic alone." placeholder:"ID"`
	Proposal string `required:"" help:"Approved, of kind purge, about retention~ARTEFACT~DAYS[~CLINIC]." placeholder:"ID"`
}

func (retentionSetCmd) Help() string {
	return "Example:\n  nightbell retention set recording 2920 --proposal PROPOSAL"
}

func (c retentionSetCmd) Run(ctx context.Context, s *session) error {
	body := console.RetentionBody{Proposal: c.Proposal, Artefact: c.Artefact, Clinic: c.Clinic, Days: c.Days}
	return s.change(ctx, "PUT", "/api/v1/retention", body, fmt.Sprintf("%s: %d days", c.Artefact, c.Days))
}

type retentionDueCmd struct{}

func (retentionDueCmd) Help() string { return "Example:\n  nightbell retention due" }

func (retentionDueCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/purge", func(w io.Writer, list []console.DueView) {
		row(w, "CLINIC", "ARTEFACT", "ENDED BEFORE", "WOULD GO", "HELD", "OLDEST", "NEWEST", "BY ITSELF")
		for _, d := range list {
			row(w, d.Clinic, d.Artefact, d.Before, d.Count, d.Held, d.Oldest, d.Newest, d.Approved)
		}
	})
}

type purgeCmd struct {
	Proposal string `required:"" help:"Approved, of kind purge, about purge." placeholder:"ID"`
}

func (purgeCmd) Help() string { return "Example:\n  nightbell retention purge --proposal PROPOSAL" }

func (c purgeCmd) Run(ctx context.Context, s *session) error {
	if err := s.sure("destroy what retention due lists, for good?"); err != nil {
		return err
	}
	var v console.Attestation
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, "POST", "/api/v1/purge", map[string]string{"proposal": c.Proposal}, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { fmt.Fprintln(w, v.Text) })
	})
}

type holdsCmd struct {
	List    holdsListCmd   `cmd:"" help:"What must not be destroyed."`
	Place   holdPlaceCmd   `cmd:"" help:"From now on this is not destroyed."`
	Release holdReleaseCmd `cmd:"" help:"Carry out an approved release."`
}

type holdsListCmd struct {
	All bool `help:"Released ones too."`
}

func (holdsListCmd) Help() string { return "Example:\n  nightbell holds list" }

func (c holdsListCmd) Run(ctx context.Context, s *session) error {
	released := ""
	if c.All {
		released = "all"
	}
	return table(ctx, s, "/api/v1/holds"+query("released", released), func(w io.Writer, list []console.HoldView) {
		row(w, "ID", "KIND", "OF", "CLINIC", "PLACED", "BY", "RELEASED", "APPROVED BY")
		for _, h := range list {
			row(w, h.ID, h.Kind, h.Object, h.Clinic, h.Placed, h.PlacedBy, h.Released, h.ReleasedBy)
		}
	})
}

type holdPlaceCmd struct {
	Kind   string `arg:"" help:"clinic, call, recording."`
	Object string `arg:"" help:"Its id."`
	Reason string `required:"" help:"Why; kept sealed." placeholder:"TEXT"`
}

func (holdPlaceCmd) Help() string {
	return "Example:\n  nightbell holds place call CALL --reason \"asked for by counsel\""
}

func (c holdPlaceCmd) Run(ctx context.Context, s *session) error {
	var v console.HoldView
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, "POST", "/api/v1/holds", console.HoldBody{Kind: c.Kind, Object: c.Object, Reason: c.Reason}, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { fmt.Fprintln(w, "hold", v.ID) })
	})
}

type holdReleaseCmd struct {
	ID       string `arg:"" help:"Hold id."`
	Proposal string `required:"" help:"Approved, of kind hold_release, about this hold." placeholder:"ID"`
}

func (holdReleaseCmd) Help() string {
	return "Example:\n  nightbell holds release HOLD --proposal PROPOSAL"
}

func (c holdReleaseCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "POST", "/api/v1/holds/"+url.PathEscape(c.ID)+"/release", map[string]string{"proposal": c.Proposal}, "released")
}

type disclosuresCmd struct {
	List   disclosuresListCmd  `cmd:"" help:"Who got what (45 CFR 164.528)."`
	Record disclosureRecordCmd `cmd:"" help:"Record one that did not go through the program."`
}

type disclosuresListCmd struct {
	paged
	Call   string    `help:"Of this call." placeholder:"ID"`
	Clinic string    `help:"Of this clinic." placeholder:"ID"`
	From   time.Time `help:"Made at or after (RFC 3339)." format:"2006-01-02T15:04:05Z07:00"`
	To     time.Time `help:"Made before (RFC 3339)." format:"2006-01-02T15:04:05Z07:00"`
	Reason string    `required:"" help:"Why; kept in the audit." placeholder:"TEXT"`
}

func (disclosuresListCmd) Help() string {
	return "Example:\n  nightbell disclosures list --reason \"asked for by the patient\""
}

func (c disclosuresListCmd) Run(ctx context.Context, s *session) error {
	body := map[string]any{"reason": c.Reason, "limit": c.Limit, "cursor": c.Cursor, "call": c.Call, "clinic": c.Clinic}
	for name, at := range map[string]time.Time{"from": c.From, "to": c.To} {
		if !at.IsZero() {
			body[name] = at
		}
	}
	var v struct {
		Items []console.DisclosureView `json:"items"`
		Next  string                   `json:"next"`
	}
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, "POST", "/api/v1/disclosures/search", body, &v); err != nil {
			return err
		}
		s.more(v.Next)
		return s.show(v, func(w io.Writer) {
			row(w, "MADE", "CLINIC", "KIND", "WHAT", "CALL", "BY", "RECIPIENT", "PURPOSE")
			for _, d := range v.Items {
				row(w, d.Made, d.Clinic, d.Kind, d.Object, d.Call, d.By, d.Recipient, d.Purpose)
			}
		})
	})
}

type disclosureRecordCmd struct {
	Clinic    string `arg:"" help:"Clinic id."`
	Kind      string `arg:"" help:"patient_access, legal, public_health, message_delivery, other."`
	Object    string `arg:"" help:"What, e.g. recording:ID."`
	Recipient string `required:"" help:"Who got it; kept sealed." placeholder:"TEXT"`
	Purpose   string `required:"" help:"Why; kept sealed." placeholder:"TEXT"`
	Call      string `help:"Of this call." placeholder:"ID"`
}

func (disclosureRecordCmd) Help() string {
	return "Example:\n  nightbell disclosures record harbor patient_access recording:RECORDING --recipient \"the patient\" --purpose \"on request\""
}

func (c disclosureRecordCmd) Run(ctx context.Context, s *session) error {
	body := console.DisclosureBody{Clinic: c.Clinic, Kind: c.Kind, Object: c.Object, Call: c.Call, Recipient: c.Recipient, Purpose: c.Purpose}
	return s.change(ctx, "POST", "/api/v1/disclosures", body, "recorded")
}

type glassCmd struct {
	List   glassListCmd   `cmd:"" help:"Emergency accesses of the last 90 days."`
	Break  glassBreakCmd  `cmd:"" help:"Open one call or clinic for an hour at most; the officers are told."`
	Close  glassCloseCmd  `cmd:"" help:"End it before its time."`
	Review glassReviewCmd `cmd:"" help:"Somebody else's verdict, within 72 hours."`
}

type glassListCmd struct{}

func (glassListCmd) Help() string { return "Example:\n  nightbell glass list" }

func (glassListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/break-glass", func(w io.Writer, list []console.GlassView) {
		row(w, "ID", "PERSON", "KIND", "OF", "OPENED", "UNTIL", "REVIEWED BY", "VERDICT", "REASON")
		for _, g := range list {
			row(w, g.ID, g.Person, g.Kind, g.Object, g.Opened, g.Until, g.ReviewedBy, g.Verdict, g.Reason)
		}
	})
}

type glassBreakCmd struct {
	Kind    string `arg:"" help:"call or clinic."`
	Object  string `arg:"" help:"Its id."`
	Minutes int    `help:"1 to 60." default:"30"`
	Reason  string `required:"" help:"Why; kept sealed, and reviewed by somebody else." placeholder:"TEXT"`
}

func (glassBreakCmd) Help() string {
	return "Example:\n  nightbell glass break call CALL --reason \"caller in danger, line lost\""
}

func (c glassBreakCmd) Run(ctx context.Context, s *session) error {
	body := console.GlassBody{Kind: c.Kind, Object: c.Object, Minutes: c.Minutes, Reason: c.Reason}
	var v console.GlassView
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, "POST", "/api/v1/break-glass", body, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %s %s is open to you until %s; the officers were told\n", v.ID, v.Kind, v.Object, cell(v.Until))
		})
	})
}

type glassCloseCmd struct {
	ID string `arg:"" help:"Its id."`
}

func (glassCloseCmd) Help() string { return "Example:\n  nightbell glass close ACCESS" }

func (c glassCloseCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "POST", "/api/v1/break-glass/"+c.ID+"/close", nil, "closed")
}

type glassReviewCmd struct {
	ID      string `arg:"" help:"Its id."`
	Verdict string `arg:"" help:"justified or not_justified."`
}

func (glassReviewCmd) Help() string { return "Example:\n  nightbell glass review ACCESS justified" }

func (c glassReviewCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "POST", "/api/v1/break-glass/"+c.ID+"/review", map[string]string{"verdict": c.Verdict}, "reviewed")
}

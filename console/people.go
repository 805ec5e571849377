package console

import (
	"context"
	"slices"
	"time"

	"nightbell/access"
)

func listAccounts(c *Console, ctx context.Context, in *struct{ Bulk }) (*answer[list[AccountView]], error) {
	items, err := c.ports.Accounts.List(ctx)
	for i := range items {
		items[i] = items[i].tidy()
	}
	return say(paged(items, err, in.Bulk, func(v AccountView) string { return v.Person }))
}

func (v AccountView) tidy() AccountView {
	v.Roles, v.Factors = noNil(v.Roles), noNil(v.Factors)
	return v
}

type inviteIn struct {
	Named
	Body InvitationBody
}

func invite(c *Console, ctx context.Context, in *inviteIn) (*answer[InvitationView], error) {
	if err := plainText("body.reason", in.Body.Reason); err != nil {
		return nil, err
	}
	if in.Body.Role != "" && askingOf(ctx).who.Person != "" {
		return nil, Mistakes{{Field: "body.role", Text: "is for the first admin: propose a grant"}}
	}
	return say(c.ports.Accounts.Invite(ctx, in.ID, in.Body, byHer(ctx)))
}

func revokeInvitation(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Accounts.RevokeInvitation(ctx, in.ID, byHer(ctx))
}

type actAccountIn struct {
	Named
	Body Because
}

// actAccount is one step of an account's life; which one stands in the route. Nobody takes it about herself: an admin who
// suspends herself by mistake may be the last one.
func actAccount(do string) func(*Console, context.Context, *actAccountIn) (*answer[AccountView], error) {
	return func(c *Console, ctx context.Context, in *actAccountIn) (*answer[AccountView], error) {
		if err := plainText("body.reason", in.Body.Reason); err != nil {
			return nil, err
		}
		who := askingOf(ctx).who
		if in.ID == who.Person {
			return nil, &Refusal{"nobody does this to her own account"}
		}
		if do == "reinstate" && who.Person == "" {
			return nil, ErrNotAllowed // the operator shuts people out in an emergency; an admin lets them in
		}
		v, err := c.ports.Accounts.Act(ctx, in.ID, AccountAct{Do: do, Reason: in.Body.Reason}, byHer(ctx))
		return say(v.tidy(), err)
	}
}

type listGrantsIn struct {
	Bulk
	Person string `query:"person" maxLength:"64" doc:"person id; empty: everybody's"`
	Ended  string `query:"ended" enum:"all" doc:"all: those that are over too"`
}

func listGrants(c *Console, ctx context.Context, in *listGrantsIn) (*answer[list[GrantView]], error) {
	a := askingOf(ctx)
	items, err := c.ports.Grants.List(ctx, GrantQuery{Person: in.Person, Clinics: a.clinics(), Ended: Past(in.Ended)})
	items = slices.DeleteFunc(items, func(g GrantView) bool { return !a.unbound() && !slices.ContainsFunc(g.Clinics, a.sees) })
	for i := range items {
		items[i].Clinics = noNil(items[i].Clinics)
	}
	return say(paged(items, err, in.Bulk, func(v GrantView) string { return v.ID }))
}

// officeMayPropose are the roles that a clinic's own staff proposes for its own people.
var officeMayPropose = []access.Role{access.Office, access.Clinician, access.Scheduler}

// proposeGrant: whoever is bound to clinics proposes roles of a clinic, and only for clinics that are hers.
func proposeGrant(c *Console, ctx context.Context, in *struct{ Body GrantBody }) (*answer[ProposalView], error) {
	a, b := askingOf(ctx), in.Body
	if err := plainText("body.reason", b.Reason); err != nil {
		return nil, err
	}
	if !a.unbound() && (!slices.Contains(officeMayPropose, access.Role(b.Role)) || !a.seesAll(b.Clinics)) {
		return nil, ErrNotAllowed
	}
	g := access.Grant{Person: b.Person, Role: access.Role(b.Role), Clinics: b.Clinics, From: b.From, Until: b.Until}
	if g.From.IsZero() {
		g.From = c.now()
	}
	if err := g.Check(); err != nil {
		return nil, Mistakes{{Field: "body", Text: err.Error()}}
	}
	return tidied(c.ports.Grants.Propose(ctx, b, byHer(ctx)))
}

// seesAll reports whether every one of the clinics, and at least one, is hers.
func (a *asking) seesAll(clinics []string) bool {
	return len(clinics) > 0 && !slices.ContainsFunc(clinics, func(id string) bool { return !a.sees(id) })
}

func endGrant(c *Console, ctx context.Context, in *becauseIn) (*done, error) {
	if err := plainText("query.reason", in.Reason); err != nil {
		return nil, err
	}
	a := askingOf(ctx)
	g, err := c.ports.Grants.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !a.unbound() && !a.seesAll(g.Clinics) {
		return nil, ErrNotFound
	}
	return nil, c.ports.Grants.End(ctx, in.ID, in.Reason, a.who.Actor)
}

type listProposalsIn struct {
	Bulk
	State string `query:"state" enum:"open,approved,carried_out,rejected,withdrawn,expired" doc:"empty: all"`
}

func listProposals(c *Console, ctx context.Context, in *listProposalsIn) (*answer[list[ProposalView]], error) {
	a := askingOf(ctx)
	items, err := c.ports.Proposals.List(ctx, ProposalQuery{State: in.State, Clinics: a.clinics()})
	items = slices.DeleteFunc(items, func(p ProposalView) bool { return !a.concerns(p) })
	for i := range items {
		items[i].Decisions = noNil(items[i].Decisions)
	}
	return say(paged(items, err, in.Bulk, func(v ProposalView) string { return v.ID }))
}

// concerns reports whether a proposal is the caller's to see: of a clinic of hers, or her own.
func (a *asking) concerns(p ProposalView) bool {
	return a.unbound() || p.Clinic != "" && a.sees(p.Clinic) || a.proposed(p)
}

func (a *asking) proposed(p ProposalView) bool { return a.who.Person != "" && p.By == a.who.Person }

func (c *Console) proposal(ctx context.Context, id string) (ProposalView, error) {
	p, err := c.ports.Proposals.Find(ctx, id)
	if err == nil && !askingOf(ctx).concerns(p) {
		return ProposalView{}, ErrNotFound
	}
	return p, err
}

func showProposal(c *Console, ctx context.Context, in *Named) (*answer[ProposalView], error) {
	return tidied(c.proposal(ctx, in.ID))
}

func tidied(p ProposalView, err error) (*answer[ProposalView], error) {
	p.Decisions = noNil(p.Decisions)
	return say(p, err)
}

func makeProposal(c *Console, ctx context.Context, in *struct{ Body ProposalBody }) (*answer[ProposalView], error) {
	if err := plainText("body.reason", in.Body.Reason); err != nil {
		return nil, err
	}
	return tidied(c.ports.Proposals.Make(ctx, in.Body, byHer(ctx)))
}

type decideIn struct {
	Named
	Body Because
}

// decide is a decision about a proposal; which one stands in the route. Who proposed it withdraws it and does nothing else.
func decide(do string) func(*Console, context.Context, *decideIn) (*answer[ProposalView], error) {
	return func(c *Console, ctx context.Context, in *decideIn) (*answer[ProposalView], error) {
		if err := plainText("body.reason", in.Body.Reason); err != nil {
			return nil, err
		}
		a := askingOf(ctx)
		p, err := c.proposal(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if a.proposed(p) != (do == "withdraw") {
			return nil, &Refusal{"who proposed it withdraws it, somebody else approves or rejects it"}
		}
		by := Decider{Actor: a.who.Actor, Grants: a.visitor.Grants}
		return tidied(c.ports.Proposals.Decide(ctx, p.ID, ProposalAct{Do: do, Reason: in.Body.Reason}, by))
	}
}

type listTrainingIn struct {
	Bulk
	Person string `query:"person" maxLength:"64" doc:"person id; empty: everybody's"`
}

func listTraining(c *Console, ctx context.Context, in *listTrainingIn) (*answer[list[TrainingView]], error) {
	items, err := c.ports.Trainings.List(ctx, in.Person)
	return say(paged(items, err, in.Bulk, func(v TrainingView) string { return v.Person + "~" + v.Course }))
}

const longestTraining = 3 * 366 * 24 * time.Hour

// recordTraining fills in the dates. Nobody records her own.
func recordTraining(c *Console, ctx context.Context, in *struct {
	Named
	Body TrainingBody
}) (*answer[TrainingView], error) {
	b, now := in.Body, c.now()
	if b.Passed.IsZero() {
		b.Passed = now
	}
	if b.Expires.IsZero() {
		b.Expires = b.Passed.AddDate(1, 0, 0)
	}
	switch {
	case in.ID == askingOf(ctx).who.Person:
		return nil, &Refusal{"nobody records her own training"}
	case b.Passed.After(now) || now.Sub(b.Passed) > longestTraining:
		return nil, Mistakes{{Field: "body.passed", Text: "is ahead, or too long ago"}}
	case !b.Expires.After(b.Passed) || b.Expires.Sub(b.Passed) > longestTraining:
		return nil, Mistakes{{Field: "body.expires", Text: "not within three years after passed"}}
	}
	return say(c.ports.Trainings.Record(ctx, in.ID, b, byHer(ctx)))
}

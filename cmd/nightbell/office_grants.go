package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/policy"
	"nightbell/store"
)

// grants are who has which role where.
type grants struct {
	*office
	running running
}

// List gives those that stand, or all.
func (g grants) List(ctx context.Context, q console.GrantQuery) ([]console.GrantView, error) {
	list, err := g.Store.Grants(ctx)
	if err != nil {
		return nil, known(err)
	}
	var out []console.GrantView
	for _, one := range list {
		over := !one.Ended.IsZero() || !one.Until.IsZero() && !one.Until.After(g.clock())
		if q.Person != "" && one.Person != q.Person || over && q.Ended != console.AndEnded {
			continue
		}
		if q.Clinics != nil && !slices.ContainsFunc(one.Clinics, func(c string) bool { return slices.Contains(q.Clinics, c) }) {
			continue
		}
		out = append(out, grantView(one))
	}
	return out, nil
}

func grantView(g access.Grant) console.GrantView {
	return console.GrantView{
		ID: g.ID, Person: g.Person, Role: string(g.Role), Clinics: g.Clinics, From: g.From, Until: g.Until, Ended: g.Ended,
		Proposed: g.ProposedBy, Approved: g.ApprovedBy,
	}
}

// Find gives one that stands.
func (g grants) Find(ctx context.Context, id string) (console.GrantView, error) {
	list, err := g.List(ctx, console.GrantQuery{})
	if err != nil {
		return console.GrantView{}, err
	}
	at := slices.IndexFunc(list, func(v console.GrantView) bool { return v.ID == id })
	if at < 0 {
		return console.GrantView{}, console.ErrNotFound
	}
	return list[at], nil
}

// grantBody is what a proposal of this kind carries out.
type grantBody struct {
	Role    access.Role `json:"role"`
	Clinics []string    `json:"clinics,omitempty"`
	From    time.Time   `json:"from,omitzero"`
	Until   time.Time   `json:"until,omitzero"`
}

// Propose asks for a role. It is given when another person approved, or in solo mode after a day.
func (g grants) Propose(ctx context.Context, b console.GrantBody, by audit.Actor) (console.ProposalView, error) {
	want := access.Grant{Person: b.Person, Role: access.Role(b.Role), Clinics: b.Clinics, From: b.From, Until: b.Until}
	if err := g.possible(ctx, want); err != nil {
		return console.ProposalView{}, err
	}
	body, err := json.Marshal(grantBody{want.Role, want.Clinics, want.From, want.Until})
	if err != nil {
		return console.ProposalView{}, err
	}
	p := access.Proposal{Kind: access.ProposeGrant, Subject: b.Person, Body: body, Reason: b.Reason}
	if len(b.Clinics) == 1 {
		p.Clinic = b.Clinics[0]
	}
	return g.propose(ctx, p, by)
}

// possible refuses a grant that could not be given: of nobody's, to nobody's clinic, beside roles that exclude it.
func (g grants) possible(ctx context.Context, want access.Grant) error {
	if want.From.IsZero() {
		want.From = g.clock()
	}
	if err := want.Check(); err != nil {
		return console.Mistakes{{Field: "body", Text: err.Error()}}
	}
	a, err := g.Store.Account(ctx, want.Person)
	if errors.Is(err, store.ErrNotFound) || err == nil && a.State == access.Terminated {
		return &console.Refusal{Text: "the person has no account: invite her first"}
	}
	if err != nil {
		return known(err)
	}
	book, err := g.Store.Book(ctx)
	if err != nil {
		return known(err)
	}
	for _, id := range want.Clinics {
		if !slices.ContainsFunc(book.Clinics, func(c policy.Clinic) bool { return c.ID == id }) {
			return console.Mistakes{{Field: "body.clinics", Text: "names a clinic that is not there"}}
		}
	}
	held, err := g.Store.GrantsOf(ctx, want.Person)
	if err != nil {
		return known(err)
	}
	roles := []access.Role{want.Role}
	for _, h := range held {
		if h.Until.IsZero() || h.Until.After(want.From) {
			roles = append(roles, h.Role)
		}
	}
	if err := access.Exclusive(roles); err != nil {
		return &console.Refusal{Text: err.Error()}
	}
	return nil
}

// End takes a role away at once; that needs nobody else. Somebody on shift by it is taken off.
func (g grants) End(ctx context.Context, id, reason string, by audit.Actor) error {
	v, err := g.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := g.Store.EndGrant(ctx, by, id, reason); err != nil {
		return known(err)
	}
	err = g.settleReady(ctx, v.Person, by)
	g.running.AgentsChanged()
	return err
}

// proposals are what two people do together.
type proposals struct {
	*office
	running running
}

// List gives proposals, newest first.
func (p proposals) List(ctx context.Context, q console.ProposalQuery) ([]console.ProposalView, error) {
	var states []access.ProposalState
	if q.State != "" {
		states = append(states, access.ProposalState(q.State))
	}
	list, err := p.Store.Proposals(ctx, states...)
	if err != nil {
		return nil, known(err)
	}
	out := make([]console.ProposalView, len(list))
	for i, one := range list {
		out[i] = proposalView(one)
	}
	return out, nil
}

// Find gives one.
func (p proposals) Find(ctx context.Context, id string) (console.ProposalView, error) {
	one, err := p.Store.Proposal(ctx, id)
	return proposalView(one), known(err)
}

func proposalView(p access.Proposal) console.ProposalView {
	v := console.ProposalView{
		ID: p.ID, Kind: string(p.Kind), Subject: p.Subject, Clinic: p.Clinic, Body: p.Body, Reason: p.Reason, By: p.By, Made: p.Made,
		State: string(p.State), Solo: p.Solo, NotBefore: p.NotBefore, Expires: p.Expires,
	}
	for _, d := range p.Decisions {
		v.Decisions = append(v.Decisions, console.DecisionView{By: d.By, Role: string(d.Role), What: d.What, Reason: d.Reason, At: d.At})
	}
	return v
}

// Make proposes what has no route of its own.
func (p proposals) Make(ctx context.Context, b console.ProposalBody, by audit.Actor) (console.ProposalView, error) {
	one := access.Proposal{Kind: access.ProposalKind(b.Kind), Subject: b.Subject, Clinic: b.Clinic, Reason: b.Reason}
	if one.Kind == access.ProposeFactorReset {
		if _, err := p.Store.Account(ctx, b.Subject); err != nil {
			return console.ProposalView{}, known(err)
		}
	}
	return p.propose(ctx, one, by)
}

// propose files a proposal. The event says whether it is solo; it is in the next checkpoint that the witness signs, and in
// what goes to the syslog, a day before anything happens.
func (o *office) propose(ctx context.Context, p access.Proposal, by audit.Actor) (console.ProposalView, error) {
	people, err := o.voters(ctx)
	if err != nil {
		return console.ProposalView{}, known(err)
	}
	p, err = access.Propose(p, approver(by, people), people, o.clock())
	if err != nil {
		return console.ProposalView{}, asRefusal(err)
	}
	p, err = o.Store.Propose(ctx, by, p)
	return proposalView(p), known(err)
}

// approver is who acts, with what she holds now; the operator holds nothing.
func approver(by audit.Actor, people []access.Approver) access.Approver {
	if by.Type == "operator" {
		return access.Approver{Person: access.Operator}
	}
	for _, one := range people {
		if one.Person == by.ID {
			return one
		}
	}
	return access.Approver{Person: by.ID}
}

// asRefusal turns the room's errors into what the console says.
func asRefusal(err error) error {
	switch {
	case errors.Is(err, access.ErrMayNot):
		return console.ErrNotAllowed
	case errors.Is(err, access.ErrNotOpen), errors.Is(err, access.ErrTooEarly):
		return console.ErrConflict
	case errors.Is(err, access.ErrSamePerson), errors.Is(err, access.ErrOwnMatter), errors.Is(err, access.ErrProposal):
		return &console.Refusal{Text: err.Error()}
	}
	return known(err)
}

// Decide approves, rejects or withdraws. What is approved and needs nothing more is carried out at once.
func (p proposals) Decide(ctx context.Context, id string, d console.ProposalAct, by console.Decider) (console.ProposalView, error) {
	one, err := p.Store.Proposal(ctx, id)
	if err != nil {
		return console.ProposalView{}, known(err)
	}
	people, err := p.voters(ctx)
	if err != nil {
		return console.ProposalView{}, known(err)
	}
	was, who := one.State, approver(by.Actor, people)
	switch d.Do {
	case "approve":
		one, err = one.Approve(who, p.clock())
	case "reject":
		one, err = one.Reject(who, strings.TrimSpace(d.Reason), p.clock())
	case "withdraw":
		one, err = one.Withdraw(who, p.clock())
	default:
		err = access.ErrProposal
	}
	if err != nil {
		return console.ProposalView{}, asRefusal(err)
	}
	if err := p.Store.PutProposal(ctx, by.Actor, one, was); err != nil {
		return console.ProposalView{}, known(err)
	}
	if one.State == access.ProposalApproved {
		if done, err := p.carry(ctx, one, people, by.Actor); err == nil {
			one = done
		} else if !errors.Is(err, errElsewhere) {
			return proposalView(one), err
		}
		p.running.AgentsChanged()
	}
	return proposalView(one), nil
}

// errElsewhere: the room whose matter it is takes an approved proposal up by itself.
var errElsewhere = errors.New("proposal is carried out elsewhere")

// carry carries out what concerns people, once.
func (o *office) carry(ctx context.Context, p access.Proposal, people []access.Approver, by audit.Actor) (access.Proposal, error) {
	if p.Kind != access.ProposeGrant && p.Kind != access.ProposeFactorReset {
		return p, errElsewhere
	}
	done, err := p.Carry(people, o.clock())
	if err != nil {
		return p, asRefusal(err)
	}
	if p.Kind == access.ProposeFactorReset {
		return done, known(o.Store.CarryFactorReset(ctx, by, done))
	}
	g, err := o.granted(done)
	if err != nil {
		return p, err
	}
	if _, err := o.Store.CarryGrant(ctx, by, done, g); errors.Is(err, store.ErrConflict) {
		return p, &console.Refusal{Text: "the role cannot be given any more: " + access.ErrExclusive.Error() + ", or it was given"}
	} else if err != nil {
		return p, known(err)
	}
	return done, nil
}

// granted is the grant that a proposal is about; it begins when it is given, at the earliest.
func (o *office) granted(p access.Proposal) (access.Grant, error) {
	var b grantBody
	if err := json.Unmarshal(p.Body, &b); err != nil {
		return access.Grant{}, fmt.Errorf("proposal %s: %w", p.ID, err)
	}
	g := access.Grant{Person: p.Subject, Role: b.Role, Clinics: b.Clinics, From: b.From, Until: b.Until, ProposedBy: p.By}
	if now := o.clock(); g.From.Before(now) {
		g.From = now
	}
	for _, d := range p.Decisions {
		if d.What == "approved" {
			g.ApprovedBy = d.By
		}
	}
	return g, nil
}

package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// accounts are who can log in at all.
type accounts struct {
	*office
	running running
}

// List gives everybody of the book, and who was there before.
func (a accounts) List(ctx context.Context) ([]console.AccountView, error) {
	kept, err := a.Store.Accounts(ctx)
	if err != nil {
		return nil, known(err)
	}
	grants, err := a.Store.Grants(ctx)
	if err != nil {
		return nil, known(err)
	}
	invitations, err := a.Store.Invitations(ctx)
	if err != nil {
		return nil, known(err)
	}
	book, err := a.Store.Book(ctx)
	if err != nil {
		return nil, known(err)
	}
	for _, p := range book.People {
		if !slices.ContainsFunc(kept, func(k access.Account) bool { return k.Person == p.ID }) {
			kept = append(kept, access.Account{Person: p.ID, State: "none"})
		}
	}
	slices.SortFunc(kept, func(x, y access.Account) int { return cmp.Compare(x.Person, y.Person) })
	out := make([]console.AccountView, len(kept))
	for i, k := range kept {
		out[i] = a.view(k, grants, invitations)
		if out[i].Factors, err = a.factorKinds(ctx, k.Person); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a accounts) view(k access.Account, grants []access.Grant, invitations []access.Invitation) console.AccountView {
	v := console.AccountView{Person: k.Person, State: string(k.State), Made: k.Made, LastLogin: k.LastLogin, Terminated: k.Terminated}
	hers := slices.DeleteFunc(slices.Clone(grants), func(g access.Grant) bool { return g.Person != k.Person })
	for _, r := range access.RolesAt(hers, a.clock()) {
		v.Roles = append(v.Roles, string(r))
	}
	for _, in := range invitations {
		if in.Person == k.Person && in.Open(a.clock()) {
			v.Invited = in.Expires
		}
	}
	return v
}

func (a accounts) factorKinds(ctx context.Context, person string) ([]string, error) {
	factors, err := a.Store.Factors(ctx, person)
	var kinds []string
	for _, f := range factors {
		kinds = append(kinds, string(f.Kind))
	}
	return kinds, known(err)
}

// Invite gives the invitation's secret, once. The operator invites the first admin and nobody else.
func (a accounts) Invite(ctx context.Context, person string, b console.InvitationBody, by audit.Actor) (console.InvitationView, error) {
	if by.Type == "operator" {
		if err := a.firstAdmin(ctx, person, b); err != nil {
			return console.InvitationView{}, err
		}
	}
	secret, hash := access.NewSecret(access.InvitationSecret)
	life := access.InvitationLife
	if b.Hours > 0 {
		life = time.Duration(b.Hours) * time.Hour
	}
	in, err := a.Store.Invite(ctx, by, access.Invitation{Person: person, Hash: hash, Expires: a.clock().Add(life)})
	if errors.Is(err, store.ErrConflict) {
		return console.InvitationView{}, &console.Refusal{Text: "the account is suspended: reinstate it first"}
	}
	if err != nil {
		return console.InvitationView{}, known(err)
	}
	if by.Type == "operator" {
		if err := a.makeAdmin(ctx, person, by); err != nil {
			return console.InvitationView{}, err
		}
	}
	return console.InvitationView{ID: in.ID, Person: in.Person, Expires: in.Expires, Secret: secret}, nil
}

// firstAdmin refuses the operator as soon as there is an admin who can come in, or when the invitation is for less. An admin
// whose factors were all reset cannot: the only owner who lost hers is invited like the first one. One at a time is invited:
// the second invitation would make an admin whom nobody approved when the first one already stands.
func (a accounts) firstAdmin(ctx context.Context, person string, b console.InvitationBody) error {
	if access.Role(b.Role) != access.Admin {
		return console.ErrNotAllowed
	}
	people, err := a.voters(ctx)
	if err != nil {
		return known(err)
	}
	for _, one := range people {
		if !slices.Contains(access.RolesAt(one.Grants, a.clock()), access.Admin) {
			continue
		}
		factors, err := a.Store.Factors(ctx, one.Person)
		if err != nil {
			return known(err)
		}
		if len(factors) > 0 {
			return console.ErrNotAllowed
		}
	}
	if err := a.invitedAlone(ctx, person); err != nil {
		return err
	}
	hers, err := a.Store.GrantsOf(ctx, person)
	if err != nil {
		return known(err)
	}
	if err := access.Exclusive(append(access.RolesAt(hers, a.clock()), access.Admin)); err != nil {
		return &console.Refusal{Text: err.Error()}
	}
	return nil
}

// invitedAlone refuses to invite somebody beside an admin whose own invitation is still open.
func (a accounts) invitedAlone(ctx context.Context, person string) error {
	list, err := a.Store.Invitations(ctx)
	if err != nil {
		return known(err)
	}
	for _, in := range list {
		if in.Person == person || !in.Open(a.clock()) {
			continue
		}
		grants, err := a.Store.GrantsOf(ctx, in.Person)
		if err != nil {
			return known(err)
		}
		if slices.Contains(access.RolesAt(grants, a.clock()), access.Admin) {
			return &console.Refusal{Text: in.Person + " is invited as the first administrator: take that back first (people uninvite)"}
		}
	}
	return nil
}

// makeAdmin gives the role that nobody could propose yet.
func (a accounts) makeAdmin(ctx context.Context, person string, by audit.Actor) error {
	hers, err := a.Store.GrantsOf(ctx, person)
	if err != nil || slices.Contains(access.RolesAt(hers, a.clock()), access.Admin) {
		return known(err)
	}
	_, err = a.Store.GiveGrant(ctx, by, access.Grant{Person: person, Role: access.Admin, From: a.clock(), ProposedBy: access.Operator})
	return known(err)
}

// RevokeInvitation ends the open one.
func (a accounts) RevokeInvitation(ctx context.Context, person string, by audit.Actor) error {
	list, err := a.Store.Invitations(ctx)
	if err != nil {
		return known(err)
	}
	for _, in := range list {
		if in.Person == person && in.Open(a.clock()) {
			return known(a.Store.RevokeInvitation(ctx, by, in.ID))
		}
	}
	return console.ErrNotFound
}

// Act takes a step of an account's life. A termination is complete when it returns: what runs hears of it at once.
func (a accounts) Act(ctx context.Context, person string, act console.AccountAct, by audit.Actor) (console.AccountView, error) {
	var ended map[string]int
	var err error
	switch act.Do {
	case "suspend":
		err = a.Store.SuspendAccount(ctx, by, person, act.Reason)
	case "reinstate":
		err = a.Store.ReinstateAccount(ctx, by, person, act.Reason)
	case "terminate":
		ended, err = a.terminate(ctx, person, act.Reason, by)
	default:
		err = console.ErrNotFound
	}
	if err != nil {
		return console.AccountView{}, known(err)
	}
	a.running.AgentsChanged()
	k, err := a.Store.Account(ctx, person)
	if err != nil {
		return console.AccountView{}, known(err)
	}
	grants, err := a.Store.GrantsOf(ctx, person)
	if err != nil {
		return console.AccountView{}, known(err)
	}
	v := a.view(k, grants, nil)
	v.Ended = ended
	v.Factors, err = a.factorKinds(ctx, person)
	return v, err
}

func (a accounts) terminate(ctx context.Context, person, reason string, by audit.Actor) (map[string]int, error) {
	gone, err := a.Store.Terminate(ctx, by, person, reason)
	return map[string]int{
		"logins": gone.Logins, "grants": gone.Grants, "factors": gone.Factors, "devices": len(gone.Devices), "tokens": gone.Tokens,
		"feeds": gone.Feeds, "invitations": gone.Invitations, "proposals": gone.Proposals,
	}, err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// openLogins recognises who comes by the secret of a login.
type openLogins struct{ *office }

// Recognise gives the visitor of a secret. What it refuses it writes down as ended: then no clock brings it back.
func (o openLogins) Recognise(ctx context.Context, secret string) (console.Visitor, error) {
	l, err := o.ofSecret(ctx, secret)
	if err != nil {
		return console.Visitor{}, err
	}
	grants, err := o.Store.GrantsOf(ctx, l.Person)
	if err != nil {
		return console.Visitor{}, known(err)
	}
	now := o.clock()
	grants = slices.DeleteFunc(grants, func(g access.Grant) bool { return !g.Holds(now) })
	ready, err := o.readyOf(ctx, l.Person, grants)
	if err != nil {
		return console.Visitor{}, err
	}
	alive, why := l.Live(now, access.LimitsFor(access.RolesAt(grants, now)))
	locked := !alive && why == access.EndIdle && ready.Login == l.ID || alive && o.lobby.isLocked(l.ID)
	if !alive && !locked {
		o.end(ctx, l.ID, why)
		return console.Visitor{}, console.ErrLoginOver
	}
	v := console.Visitor{
		Login: l.ID, Person: l.Person, State: l.State, Grants: grants, SteppedUp: l.SteppedUp, Device: ready.Device,
	}
	if v.Openings, err = o.opened(ctx, l.Person); err != nil {
		return console.Visitor{}, err
	}
	if v.Mode, err = o.mode(ctx, l, v, ready); err != nil {
		return console.Visitor{}, err
	}
	if locked { // an idle page of somebody on shift: the call that rings, and nothing else
		o.lobby.lock(l.ID)
		v.Mode = console.Limited
	}
	return v, nil
}

// ofSecret finds the login; a pending login's secret opens no live one, nor the other way round.
func (o openLogins) ofSecret(ctx context.Context, secret string) (access.Login, error) {
	kind, state := access.LoginSecret, access.LoginLive
	hash, ok := access.HashSecret(kind, secret)
	if !ok {
		kind, state = access.PendingSecret, access.LoginPending
		hash, ok = access.HashSecret(kind, secret)
	}
	if !ok {
		return access.Login{}, console.ErrNotFound
	}
	l, err := o.Store.LoginByHash(ctx, hash)
	switch {
	case err != nil:
		return l, known(err)
	case l.State == access.LoginEnded:
		return l, console.ErrLoginOver
	case l.State != state:
		return l, console.ErrNotFound
	}
	return l, nil
}

// end writes down that a login is over. It may fail: what is over by its age stays over.
func (o *office) end(ctx context.Context, login, why string) {
	o.lobby.over(login)
	_ = o.Store.EndLogin(ctx, audit.Actor{Type: "system", ID: "access"}, login, why)
}

// mode says how much of her roles a login gives.
func (o openLogins) mode(ctx context.Context, l access.Login, v console.Visitor, ready access.Readiness) (console.LoginMode, error) {
	if l.State == access.LoginPending {
		return o.pendingMode(ctx, l)
	}
	inOrder, err := o.inOrder(ctx, l, v.Grants)
	switch {
	case err != nil:
		return "", err
	case !inOrder:
		return console.Paperwork, nil
	case ready.Mode == access.ReadyLimited:
		return console.Limited, nil
	}
	return console.Full, nil
}

// pendingMode: the first factor is enrolled by somebody who never was in, or by an invitation. Who knows no more than the
// password of a person whose factors were reset enrols nothing.
func (o openLogins) pendingMode(ctx context.Context, l access.Login) (console.LoginMode, error) {
	may, err := o.mayEnrolFirst(ctx, l)
	if may {
		return console.Enrolling, err
	}
	return console.Full, err
}

func (o *office) mayEnrolFirst(ctx context.Context, l access.Login) (bool, error) {
	factors, err := o.Store.Factors(ctx, l.Person)
	if err != nil || len(factors) > 0 {
		return false, known(err)
	}
	if o.lobby.isInvited(l.ID) {
		return true, nil
	}
	a, err := o.Store.Account(ctx, l.Person)
	return err == nil && a.LastLogin.IsZero(), known(err)
}

// inOrder reports whether training, policies and password were in order when the login began, or are now. Once they were,
// they are for as long as it lasts.
func (o openLogins) inOrder(ctx context.Context, l access.Login, grants []access.Grant) (bool, error) {
	if o.lobby.wasInOrder(l.ID) {
		return true, nil
	}
	f, err := o.facts(ctx, l.Person, access.Reading)
	if err != nil {
		return false, err
	}
	f.Login, f.Grants = l, grants
	for _, r := range access.Decide(f).Reasons {
		if slices.Contains([]access.ReasonCode{access.BecauseTraining, access.BecausePolicy, access.BecausePassword}, r.Code) {
			return false, nil
		}
	}
	o.lobby.inOrder(l.ID)
	return true, nil
}

// readyOf gives the readiness of somebody whose roles take calls.
func (o *office) readyOf(ctx context.Context, person string, grants []access.Grant) (access.Readiness, error) {
	if !slices.ContainsFunc(grants, func(g access.Grant) bool { return g.Role == access.Agent || g.Role == access.Supervisor }) {
		return access.Readiness{}, nil
	}
	list, err := o.Store.Readiness(ctx)
	if err != nil {
		return access.Readiness{}, known(err)
	}
	ready, _ := access.NewRoster(list).Of(person)
	return ready, nil
}

// Touch says that a login was used. A locked page is not used by being touched.
func (o openLogins) Touch(login, from string) {
	if !o.lobby.isLocked(login) {
		o.Store.TouchLogin(login, o.clock(), from)
	}
}

// Of lists a person's own open logins.
func (o openLogins) Of(ctx context.Context, person string) ([]console.LoginView, error) {
	list, err := o.Store.LoginsOf(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	factors, err := o.Store.Factors(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	kinds := map[string]string{"recovery": "recovery"}
	for _, f := range factors {
		kinds[f.ID] = string(f.Kind)
	}
	var out []console.LoginView
	for _, l := range list {
		if ok, _ := l.Live(o.clock(), access.LimitsFor(nil)); !ok && !o.lobby.isLocked(l.ID) {
			continue
		}
		out = append(out, console.LoginView{ID: l.ID, Made: l.Made, Seen: l.Seen, From: l.From, Agent: l.Agent, Factor: kinds[l.Factor]})
	}
	return out, nil
}

// End ends one login of the person, or all of them.
func (o openLogins) End(ctx context.Context, person, login string, by audit.Actor) error {
	if login == "" {
		_, err := o.Store.EndLogins(ctx, by, person, "")
		return known(err)
	}
	l, err := o.Store.Login(ctx, login)
	if err != nil || l.Person != person {
		return errors.Join(known(err), fmt.Errorf("%w: login", console.ErrNotFound))
	}
	why := access.EndRevoked
	if by.Login == login {
		why = access.EndLogout
	}
	o.lobby.over(login)
	if err := o.Store.EndLogin(ctx, by, login, why); err != nil && !errors.Is(err, store.ErrNotFound) {
		return known(err)
	}
	return nil
}

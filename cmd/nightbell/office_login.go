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
	"nightbell/store"
)

// entrance lets people in: password, second factor, step-up, invitation. What was wrong is never said.
type entrance struct{ *office }

// Password takes as long for a name that nobody has, for an account that opens nothing, and for a wrong password.
func (e entrance) Password(ctx context.Context, v console.Visit, person, password string) (console.Opened, error) {
	a, err := e.accountOf(ctx, person)
	if err != nil {
		return console.Opened{}, err
	}
	ok, stale, err := e.lobby.passwords.Check(ctx, a.PasswordHash, password)
	if err != nil {
		return console.Opened{}, busy(err)
	}
	if !ok || a.State != access.Active {
		e.lobby.wrong(a.Person)
		return console.Opened{}, wrongFor(a.Person)
	}
	if stale {
		e.rehash(ctx, a, password)
	}
	if err := e.mayEnter(ctx, a); err != nil {
		return console.Opened{}, err
	}
	return e.pending(ctx, v, a)
}

// wrongFor lets the log name an account that exists; the answer is the same.
func wrongFor(person string) error {
	if person == "" {
		return console.ErrWrong
	}
	return &console.WrongFor{Person: person}
}

// accountOf gives an account without a password where there is none: it is checked like one.
func (e entrance) accountOf(ctx context.Context, person string) (access.Account, error) {
	if !access.ValidName(person) {
		return access.Account{}, nil
	}
	a, err := e.Store.Account(ctx, person)
	if errors.Is(err, store.ErrNotFound) {
		return access.Account{}, nil
	}
	return a, known(err)
}

func busy(err error) error {
	if errors.Is(err, access.ErrBusy) {
		return &console.Wait{For: 5 * time.Second}
	}
	return err
}

// rehash keeps the password at today's cost; it may fail, the old hash is as right.
func (e entrance) rehash(ctx context.Context, a access.Account, password string) {
	if hash, err := e.lobby.passwords.Hash(ctx, password); err == nil {
		_ = e.Store.Rehash(ctx, a.Person, a.PasswordHash, hash)
	}
}

// mayEnter is the gate before a new login.
func (e entrance) mayEnter(ctx context.Context, a access.Account) error {
	grants, err := e.Store.GrantsOf(ctx, a.Person)
	if err != nil {
		return known(err)
	}
	v := access.Decide(access.Facts{Now: e.clock(), For: access.Entering, Account: a, Grants: grants})
	return e.closed(ctx, audit.Actor{Type: "person", ID: a.Person}, v)
}

// closed is the gate's refusal, with every reason, once it is remembered; nil: it is open.
func (o *office) closed(ctx context.Context, by audit.Actor, v access.Verdict) error {
	if v.Open {
		return nil
	}
	codes := make([]string, len(v.Reasons))
	for i, r := range v.Reasons {
		codes[i] = string(r.Code)
	}
	err := o.Store.Audit(ctx, audit.Event{Time: o.clock(), Actor: by, Action: audit.GateRefused, Object: "person:" + by.ID,
		Outcome: audit.Refused, Facts: map[string]string{"because": strings.Join(codes, " ")}})
	return errors.Join(&console.GateClosed{Reasons: texts(v.Reasons)}, err)
}

func texts(reasons []access.Reason) []string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = r.Text
	}
	return list
}

// clock is the moment, as everything that expires here sees it.
func (o *office) clock() time.Time { return o.now().UTC() }

// pending opens a login that knows the password only.
func (e entrance) pending(ctx context.Context, v console.Visit, a access.Account) (console.Opened, error) {
	secret, hash := access.NewSecret(access.PendingSecret)
	l, err := e.Store.CreateLogin(ctx, access.Login{Person: a.Person, Hash: hash, From: v.From, Agent: v.Agent})
	if errors.Is(err, store.ErrConflict) {
		return console.Opened{}, console.ErrWrong // suspended in between
	}
	if err != nil {
		return console.Opened{}, known(err)
	}
	out := console.Opened{Secret: secret, Login: l.ID, Person: l.Person, State: l.State, Until: l.Made.Add(access.LimitsFor(nil).Pending)}
	out.Offered, err = e.offered(ctx, a.Person)
	return out, err
}

// offered lists the kinds of second factors that a person can show.
func (e entrance) offered(ctx context.Context, person string) ([]string, error) {
	factors, err := e.Store.Factors(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	left, err := e.Store.RecoveryCodesLeft(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	has := func(k access.FactorKind) bool {
		return slices.ContainsFunc(factors, func(f access.Factor) bool { return f.Kind == k })
	}
	kinds := []string{}
	if has(access.Passkey) && e.lobby.passkeys != nil {
		kinds = append(kinds, string(console.ByPasskey))
	}
	if has(access.TOTP) {
		kinds = append(kinds, string(console.ByTOTP))
	}
	if left > 0 {
		kinds = append(kinds, string(console.ByRecovery))
	}
	return kinds, nil
}

// Challenge begins a passkey ceremony of a login.
func (e entrance) Challenge(ctx context.Context, login string) (json.RawMessage, error) {
	if e.lobby.passkeys == nil {
		return nil, &console.Refusal{Text: errNoPasskeys.Error()}
	}
	l, err := e.Store.Login(ctx, login)
	if err != nil {
		return nil, known(err)
	}
	h, err := e.holder(ctx, l.Person)
	if err != nil {
		return nil, err
	}
	options, bytes, err := e.lobby.passkeys.BeginLogin(h, e.clock())
	if errors.Is(err, access.ErrPasskey) {
		return nil, fmt.Errorf("%w: passkey", console.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	e.lobby.begin("show|"+login, bytes, e.clock())
	return options, nil
}

func (o *office) holder(ctx context.Context, person string) (access.Holder, error) {
	factors, err := o.Store.Factors(ctx, person)
	return access.Holder{Person: person, Factors: factors}, known(err)
}

// Prove makes a pending login live, under a new secret: whoever saw the pending one has nothing.
func (e entrance) Prove(ctx context.Context, v console.Visit, login string, p console.Proof) (console.Opened, error) {
	l, err := e.open(ctx, login, access.LoginPending)
	if err != nil {
		return console.Opened{}, err
	}
	factor, err := e.shown(ctx, l, p)
	if err != nil {
		return console.Opened{}, err
	}
	return e.promote(ctx, l, v.From, store.Promotion{Factor: factor, Kind: string(p.Kind)})
}

// open gives a login in the state that is asked for, if it still opens anything.
func (e entrance) open(ctx context.Context, login string, state access.LoginState) (access.Login, error) {
	l, err := e.Store.Login(ctx, login)
	if errors.Is(err, store.ErrNotFound) {
		return l, console.ErrLoginOver
	}
	if err != nil {
		return l, known(err)
	}
	ok, why := l.Live(e.clock(), access.LimitsFor(nil))
	if l.State != state || !ok && !(why == access.EndIdle && e.lobby.isLocked(login)) {
		return l, console.ErrLoginOver
	}
	return l, nil
}

// promote makes a pending login live.
func (e entrance) promote(ctx context.Context, l access.Login, from string, p store.Promotion) (console.Opened, error) {
	secret, hash := access.NewSecret(access.LoginSecret)
	p.Login, p.Hash, p.From = l.ID, hash, from
	by := audit.Actor{Type: "person", ID: l.Person, Login: l.ID, IP: from}
	live, before, err := e.Store.PromoteLogin(ctx, by, p)
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return console.Opened{}, console.ErrLoginOver
	}
	if err != nil {
		return console.Opened{}, known(err)
	}
	e.lobby.over(l.ID)
	e.lobby.entered(before)
	return console.Opened{
		Secret: secret, Login: live.ID, Person: live.Person, State: live.State, Until: live.Made.Add(access.LimitsFor(nil).Absolute),
	}, nil
}

// shown checks a second factor and uses it up: the id of the factor, or "recovery".
func (e entrance) shown(ctx context.Context, l access.Login, p console.Proof) (string, error) {
	var factor string
	var err error
	switch p.Kind {
	case console.ByTOTP:
		factor, err = e.shownTOTP(ctx, l.Person, p.Code)
	case console.ByPasskey:
		factor, err = e.shownPasskey(ctx, l, p.Passkey)
	case console.ByRecovery:
		factor, err = e.shownRecovery(ctx, l.Person, p.Code)
	default:
		err = console.ErrWrong
	}
	if errors.Is(err, console.ErrWrong) {
		e.lobby.wrong(l.Person)
	}
	return factor, err
}

// shownTOTP uses the step up in the store, on the condition that it is a later one than any before: of two who send the same
// code at once, one is wrong.
func (e entrance) shownTOTP(ctx context.Context, person, code string) (string, error) {
	factors, err := e.Store.Factors(ctx, person)
	if err != nil {
		return "", known(err)
	}
	for _, f := range factors {
		if f.Kind != access.TOTP {
			continue
		}
		step, ok := access.CheckTOTP(f.Secret, code, e.clock(), f.LastStep)
		if !ok {
			continue
		}
		f.LastStep = step
		return f.ID, used(e.Store.TouchFactor(ctx, f))
	}
	return "", console.ErrWrong
}

func (e entrance) shownPasskey(ctx context.Context, l access.Login, answer json.RawMessage) (string, error) {
	bytes := e.lobby.finish("show|" + l.ID)
	if e.lobby.passkeys == nil || len(bytes) == 0 {
		return "", console.ErrWrong
	}
	h, err := e.holder(ctx, l.Person)
	if err != nil {
		return "", err
	}
	f, err := e.lobby.passkeys.FinishLogin(h, bytes, answer, e.clock())
	if err != nil {
		return "", console.ErrWrong
	}
	return f.ID, used(e.Store.TouchFactor(ctx, f))
}

func (e entrance) shownRecovery(ctx context.Context, person, code string) (string, error) {
	hash, ok := access.HashRecoveryCode(code)
	if !ok {
		return "", console.ErrWrong
	}
	return "recovery", used(e.Store.UseRecoveryCode(ctx, person, hash))
}

// used says that what somebody else used first, or what was removed meanwhile, is wrong.
func used(err error) error {
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return console.ErrWrong
	}
	return known(err)
}

// StepUp shows a second factor again; a code of an authenticator comes with the password, which is looked at first, so that a
// wrong one uses no step up. Recovery codes are for coming in.
func (e entrance) StepUp(ctx context.Context, v console.Visit, login string, p console.Proof) (console.Opened, error) {
	l, err := e.open(ctx, login, access.LoginLive)
	if err != nil {
		return console.Opened{}, err
	}
	if p.Kind == console.ByRecovery {
		return console.Opened{}, console.ErrWrong
	}
	if p.Kind == console.ByTOTP {
		if err := e.knows(ctx, l.Person, p.Password); err != nil {
			return console.Opened{}, err
		}
	}
	if _, err := e.shown(ctx, l, p); err != nil {
		return console.Opened{}, err
	}
	by := audit.Actor{Type: "person", ID: l.Person, Login: l.ID, IP: v.From}
	if err := e.Store.StepUpLogin(ctx, by, login, string(p.Kind)); err != nil {
		return console.Opened{}, known(err)
	}
	e.lobby.unlock(login)
	e.Store.TouchLogin(login, e.clock(), v.From)
	return console.Opened{Login: l.ID, Person: l.Person, State: l.State, Until: l.Made.Add(access.LimitsFor(nil).Absolute)}, nil
}

// knows checks a person's password.
func (e entrance) knows(ctx context.Context, person, password string) error {
	a, err := e.accountOf(ctx, person)
	if err != nil {
		return err
	}
	ok, _, err := e.lobby.passwords.Check(ctx, a.PasswordHash, password)
	if err != nil {
		return busy(err)
	}
	if !ok {
		e.lobby.wrong(person)
		return console.ErrWrong
	}
	return nil
}

// Accept takes up an invitation: the password is set and a pending login opened, good for enrolling the first factor where
// none stands.
func (e entrance) Accept(ctx context.Context, v console.Visit, secret, password string) (console.Opened, error) {
	hash, ok := access.HashSecret(access.InvitationSecret, secret)
	if !ok {
		return console.Opened{}, console.ErrWrong
	}
	in, err := e.Store.InvitationByHash(ctx, hash)
	if errors.Is(err, store.ErrNotFound) || err == nil && !in.Open(e.clock()) {
		return console.Opened{}, console.ErrWrong
	}
	if err != nil {
		return console.Opened{}, known(err)
	}
	kept, err := e.hashed(ctx, in.Person, password)
	if err != nil {
		return console.Opened{}, err
	}
	by := audit.Actor{Type: "person", ID: in.Person, IP: v.From}
	if in, err = e.Store.UseInvitation(ctx, by, hash, kept); err != nil {
		return console.Opened{}, used(err)
	}
	out, err := e.pending(ctx, v, access.Account{Person: in.Person})
	if err == nil {
		e.lobby.invited(out.Login, e.clock())
	}
	return out, err
}

// hashed gives what is kept of a new password, if it is one that may be taken.
func (o *office) hashed(ctx context.Context, person, password string) (string, error) {
	if err := access.CheckPassword(password, person); err != nil {
		return "", console.Mistakes{{Field: "body.password", Text: err.Error()}}
	}
	hash, err := o.lobby.passwords.Hash(ctx, password)
	return hash, busy(err)
}

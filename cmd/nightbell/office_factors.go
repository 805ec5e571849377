package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// ownFactors are a person's second factors, changed by herself.
type ownFactors struct{ *office }

// mostFactors is how many a person holds.
const mostFactors = 10

// NewTOTP makes a secret that counts once an authenticator has shown its code.
func (f ownFactors) NewTOTP(ctx context.Context, by audit.Actor) (console.TOTPView, error) {
	if err := f.hasRoom(ctx, by); err != nil {
		return console.TOTPView{}, err
	}
	secret, uri, err := access.NewTOTP("Nightbell", by.ID)
	if err != nil {
		return console.TOTPView{}, err
	}
	picture, err := access.QR(uri)
	if err != nil {
		return console.TOTPView{}, err
	}
	id := strings.ToLower(rand.Text())
	f.lobby.offer(id, freshTOTP{person: by.ID, login: by.Login, secret: secret, made: f.clock()})
	return console.TOTPView{ID: id, Secret: access.TOTPText(secret), URI: uri, QR: picture}, nil
}

// hasRoom refuses an eleventh factor, and one whose login may not enrol.
func (f ownFactors) hasRoom(ctx context.Context, by audit.Actor) error {
	have, err := f.Store.Factors(ctx, by.ID)
	if err != nil {
		return known(err)
	}
	if len(have) >= mostFactors {
		return &console.Refusal{Text: "ten second factors stand already: remove one first"}
	}
	l, err := f.Store.Login(ctx, by.Login)
	if err != nil || l.Person != by.ID {
		return errors.Join(console.ErrLoginOver, known(err))
	}
	if l.State == access.LoginPending {
		may, err := f.mayEnrolFirst(ctx, l)
		if !may {
			return errors.Join(console.ErrNotAllowed, err)
		}
	}
	return nil
}

// ConfirmTOTP enrols the secret; the step that confirmed it is used up.
func (f ownFactors) ConfirmTOTP(ctx context.Context, c console.TOTPBody, by audit.Actor) (console.FactorView, console.Opened, error) {
	secret, ok := f.lobby.offered(c.ID, by.ID, by.Login, f.clock())
	if !ok {
		return console.FactorView{}, console.Opened{}, console.ErrNotFound
	}
	step, ok := access.CheckTOTP(secret, c.Code, f.clock(), 0)
	if !ok {
		return console.FactorView{}, console.Opened{}, console.ErrWrong
	}
	made := access.Factor{Person: by.ID, Kind: access.TOTP, Label: c.Label, Secret: secret, LastStep: step}
	view, opened, err := f.enrol(ctx, made, by)
	if err == nil {
		f.lobby.confirmed(c.ID)
	}
	return view, opened, err
}

// enrol files a factor, and makes live the pending login that it is the first factor of.
func (f ownFactors) enrol(ctx context.Context, made access.Factor, by audit.Actor) (console.FactorView, console.Opened, error) {
	if err := f.hasRoom(ctx, by); err != nil {
		return console.FactorView{}, console.Opened{}, err
	}
	l, err := f.Store.Login(ctx, by.Login)
	if err != nil {
		return console.FactorView{}, console.Opened{}, known(err)
	}
	made, err = f.Store.AddFactor(ctx, by, made)
	if err != nil {
		return console.FactorView{}, console.Opened{}, known(err)
	}
	if l.State != access.LoginPending {
		return factorView(made), console.Opened{}, nil
	}
	opened, err := entrance(f).promote(ctx, l, by.IP, store.Promotion{Factor: made.ID, Kind: string(made.Kind)})
	return factorView(made), opened, err
}

func factorView(f access.Factor) console.FactorView {
	return console.FactorView{ID: f.ID, Kind: string(f.Kind), Label: f.Label, Made: f.Made, LastUsed: f.LastUsed}
}

// NewPasskey begins the registration of a passkey.
func (f ownFactors) NewPasskey(ctx context.Context, by audit.Actor) (json.RawMessage, error) {
	if f.lobby.passkeys == nil {
		return nil, &console.Refusal{Text: errNoPasskeys.Error()}
	}
	if err := f.hasRoom(ctx, by); err != nil {
		return nil, err
	}
	h, err := f.holder(ctx, by.ID)
	if err != nil {
		return nil, err
	}
	options, bytes, err := f.lobby.passkeys.BeginRegistration(h, f.clock())
	if err != nil {
		return nil, err
	}
	f.lobby.begin("new|"+by.Login, bytes, f.clock())
	return options, nil
}

// FinishPasskey enrols it.
func (f ownFactors) FinishPasskey(ctx context.Context, p console.PasskeyBody, by audit.Actor) (console.FactorView, console.Opened, error) {
	bytes := f.lobby.finish("new|" + by.Login)
	if f.lobby.passkeys == nil || len(bytes) == 0 {
		return console.FactorView{}, console.Opened{}, console.ErrNotFound
	}
	h, err := f.holder(ctx, by.ID)
	if err != nil {
		return console.FactorView{}, console.Opened{}, err
	}
	record, err := f.lobby.passkeys.FinishRegistration(h, bytes, p.Credential, f.clock())
	if errors.Is(err, access.ErrPasskey) {
		return console.FactorView{}, console.Opened{}, console.Mistakes{{Field: "body.credential", Text: "is no answer to what was asked"}}
	}
	if err != nil {
		return console.FactorView{}, console.Opened{}, err
	}
	return f.enrol(ctx, access.Factor{Person: by.ID, Kind: access.Passkey, Label: p.Label, Passkey: record}, by)
}

// Remove takes a factor away; the last one stays, or its person would be out.
func (f ownFactors) Remove(ctx context.Context, factor string, by audit.Actor) error {
	have, err := f.Store.Factors(ctx, by.ID)
	if err != nil {
		return known(err)
	}
	if len(have) == 1 && slices.ContainsFunc(have, func(h access.Factor) bool { return h.ID == factor }) {
		return &console.Refusal{Text: "the last second factor stays: enrol another one first"}
	}
	return known(f.Store.RemoveFactor(ctx, by, by.ID, factor))
}

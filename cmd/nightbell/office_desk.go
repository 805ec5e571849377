package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// deskKeys checks what was typed at the desk. The PIN is something she knows, the authenticator something she has: a login
// of two factors comes of them, whose secret nobody gets, so that it opens nothing but her readiness.
type deskKeys struct {
	*office
	running   running
	passwords hashing
	throttle  *access.Throttle // its failures slow the desk down, never the console
	admit     func(ctx context.Context, device string, by audit.Actor) error
}

func newDeskKeys(o *office, r running, admit func(context.Context, string, audit.Actor) error) *deskKeys {
	return &deskKeys{office: o, running: r, passwords: o.lobby.passwords, throttle: access.NewThrottle(), admit: admit}
}

// Ready makes her ready on the phone she typed on, if the gate lets her.
func (k *deskKeys) Ready(ctx context.Context, who deskCaller, typed deskSecrets) error {
	factor, err := k.prove(ctx, who, typed)
	if err != nil {
		return err
	}
	by := who.actor()
	_, pending := access.NewSecret(access.PendingSecret)
	login, err := k.Store.CreateLogin(ctx, access.Login{Person: who.Person, Hash: pending, From: "telephone " + who.Device, Agent: "telephone"})
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	_, hash := access.NewSecret(access.LoginSecret)
	live, _, err := k.Store.PromoteLogin(ctx, by, store.Promotion{
		Login: login.ID, Hash: hash, Factor: factor.ID, From: login.From, Kind: string(factor.Kind),
	})
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	by.Login = live.ID
	if err := k.admit(ctx, who.Device, by); err != nil {
		return errors.Join(err, k.Store.EndLogin(ctx, by, live.ID, access.EndLogout))
	}
	return nil
}

// NotReady is her own wish: it goes below a clinic's last one too.
func (k *deskKeys) NotReady(ctx context.Context, who deskCaller, typed deskSecrets) error {
	if _, err := k.prove(ctx, who, typed); err != nil {
		return err
	}
	err := k.Store.EndReadiness(ctx, who.actor(), who.Person, "by her own wish")
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("desk: %w", err)
	}
	k.running.AgentsChanged()
	return nil
}

func (w deskCaller) actor() audit.Actor {
	return audit.Actor{Type: "person", ID: w.Person, Device: w.Device}
}

// place stands for an address in the throttle: every device is one of its own, so that guesses on one phone slow down no
// other.
func (w deskCaller) place() string {
	sum := sha256.Sum256([]byte(w.Device))
	return netip.AddrFrom16([16]byte(sum[:16])).String()
}

// prove checks both before it says anything. The same answer, and the same time, for a person without a PIN.
func (k *deskKeys) prove(ctx context.Context, who deskCaller, typed deskSecrets) (access.Factor, error) {
	if k.throttle.Wait(who.Person, who.place(), k.now()) > 0 {
		return access.Factor{}, errDeskWrong
	}
	pin, err := k.pin(ctx, who.Person, typed.PIN)
	if err != nil {
		return access.Factor{}, err
	}
	factor, code, err := k.code(ctx, who.Person, typed.Code)
	if err != nil {
		return access.Factor{}, err
	}
	if pin && code {
		err = k.Store.TouchFactor(ctx, factor) // one use per step
		if err == nil {
			k.throttle.Passed(who.Person)
			return factor, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return access.Factor{}, err
		}
	}
	k.throttle.Failed(who.Person, who.place(), k.now())
	return access.Factor{}, errors.Join(errDeskWrong, k.Store.Audit(ctx, audit.Event{
		Time: k.now().UTC(), Action: audit.LoginFailed, Object: "person:" + who.Person, Outcome: audit.Refused, Actor: who.actor(),
		Reason: "PIN or code at the telephone",
	}))
}

func (k *deskKeys) pin(ctx context.Context, person, typed string) (bool, error) {
	hash, err := k.Store.PIN(ctx, person)
	if isNotFound(err) {
		return false, k.passwords.Nobody(ctx, typed)
	}
	if err != nil {
		return false, err
	}
	ok, _, err := k.passwords.Check(ctx, hash, typed)
	return ok, err
}

// code finds the authenticator that shows this code now; LastStep is the step to be used up.
func (k *deskKeys) code(ctx context.Context, person, typed string) (access.Factor, bool, error) {
	all, err := k.Store.Factors(ctx, person)
	if err != nil {
		return access.Factor{}, false, err
	}
	for _, f := range all {
		if f.Kind != access.TOTP {
			continue
		}
		if step, ok := access.CheckTOTP(f.Secret, typed, k.now(), f.LastStep); ok {
			f.LastStep = step
			return f, true, nil
		}
	}
	return access.Factor{}, false, nil
}

// pins are the PINs that people set for themselves in the console.
type pins struct{ *office }

// pinTime bounds the hashing of one PIN.
const pinTime = 10 * time.Second

// Set takes a new PIN; empty removes it.
func (p pins) Set(ctx context.Context, pin string, by audit.Actor) error {
	if pin == "" {
		return known(p.Store.SetPIN(ctx, by, by.ID, ""))
	}
	if err := access.CheckPIN(pin); err != nil {
		return console.Mistakes{{Field: "body.pin", Text: err.Error()}}
	}
	ctx, stop := context.WithTimeout(ctx, pinTime)
	defer stop()
	hash, err := p.lobby.passwords.Hash(ctx, pin)
	if err != nil {
		return err
	}
	return known(p.Store.SetPIN(ctx, by, by.ID, hash))
}

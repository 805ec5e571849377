package main

import (
	"context"
	"errors"
	"slices"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// facts is what the gate looks at for a person; whoever asks adds login, clinic and roles.
func (o *office) facts(ctx context.Context, person string, purpose access.Purpose) (access.Facts, error) {
	f := access.Facts{Now: o.clock(), For: purpose, Courses: o.courses(), Policies: o.policies()}
	var err error
	if f.Account, err = o.Store.Account(ctx, person); err != nil {
		return f, known(err)
	}
	f.Account.PasswordHash = ""
	if f.Grants, err = o.Store.GrantsOf(ctx, person); err != nil {
		return f, known(err)
	}
	f.Limits = access.LimitsFor(access.RolesAt(f.Grants, f.Now))
	if f.Trainings, err = o.Store.Trainings(ctx, person); err != nil {
		return f, known(err)
	}
	if f.Acknowledged, err = o.Store.Acknowledgements(ctx, person); err != nil {
		return f, known(err)
	}
	if f.Devices, err = o.enrolledOf(ctx, person); err != nil {
		return f, err
	}
	f.Ready, err = o.readyOf(ctx, person, f.Grants)
	return f, err
}

// enrolledOf lists a person's devices that have a credential.
func (o *office) enrolledOf(ctx context.Context, person string) ([]access.Enrolled, error) {
	rows, err := o.Store.Devices(ctx)
	if err != nil {
		return nil, known(err)
	}
	var mine []access.Enrolled
	for _, d := range rows {
		if d.Person == person {
			mine = append(mine, access.Enrolled{User: d.User, Revoked: !d.HasSecret || !d.Revoked.IsZero()})
		}
	}
	return mine, nil
}

// readiness is who takes calls, by her own word.
type readiness struct {
	*office
	running running
}

// callTakers are the roles that take calls.
var callTakers = []access.Role{access.Agent, access.Supervisor}

// Make begins a shift, through the gate.
func (r readiness) Make(ctx context.Context, device string, by audit.Actor) (console.ReadyView, error) {
	f, err := r.facts(ctx, by.ID, access.MakingReady)
	if err != nil {
		return console.ReadyView{}, err
	}
	if f.Login, err = r.Store.Login(ctx, by.Login); err != nil {
		return console.ReadyView{}, errors.Join(console.ErrLoginOver, known(err))
	}
	f.May = callTakers
	if err := r.closed(ctx, by, access.Decide(f)); err != nil {
		return console.ReadyView{}, err
	}
	if !slices.ContainsFunc(f.Devices, func(d access.Enrolled) bool { return d.User == device && !d.Revoked }) {
		return console.ReadyView{}, &console.GateClosed{Reasons: []string{"This device is not enrolled for you."}}
	}
	ready := access.ReadyFor(f, device)
	err = r.Store.PutReadiness(ctx, by, ready)
	if errors.Is(err, store.ErrConflict) {
		return console.ReadyView{}, console.ErrLoginOver // terminated or logged out in between
	}
	if err != nil {
		return console.ReadyView{}, known(err)
	}
	r.running.AgentsChanged()
	return readyView(ready), nil
}

func readyView(r access.Readiness) console.ReadyView {
	return console.ReadyView{
		Person: r.Person, Device: r.Device, Since: r.Since, Until: r.Until, Mode: string(r.Mode), Why: r.Why, Clinics: r.Clinics,
	}
}

// List gives everybody who is ready.
func (r readiness) List(ctx context.Context) ([]console.ReadyView, error) {
	list, err := r.Store.Readiness(ctx)
	if err != nil {
		return nil, known(err)
	}
	var out []console.ReadyView
	for _, one := range access.NewRoster(list).All() {
		out = append(out, readyView(one))
	}
	return out, nil
}

// End is her own wish; who is not ready has it already.
func (r readiness) End(ctx context.Context, by audit.Actor) error {
	err := r.end(ctx, by.ID, access.EndLogout, by)
	if errors.Is(err, console.ErrNotFound) {
		return nil
	}
	return err
}

// Revoke takes somebody off, a clinic's last one too.
func (r readiness) Revoke(ctx context.Context, person, reason string, by audit.Actor) error {
	return r.end(ctx, person, reason, by)
}

func (r readiness) end(ctx context.Context, person, why string, by audit.Actor) error {
	if err := r.Store.EndReadiness(ctx, by, person, why); err != nil {
		return known(err)
	}
	r.running.AgentsChanged()
	return nil
}

// settleReady brings somebody's readiness in line with grants that were taken away: that is a revocation.
func (o *office) settleReady(ctx context.Context, person string, by audit.Actor) error {
	grants, err := o.Store.GrantsOf(ctx, person)
	if err != nil {
		return known(err)
	}
	list, err := o.Store.Readiness(ctx)
	if err != nil {
		return known(err)
	}
	ready, ok := access.NewRoster(list).Of(person)
	if !ok {
		return nil
	}
	clinics, all := access.ClinicsOf(grants, o.clock(), callTakers...)
	if !all && len(clinics) == 0 {
		return known(o.Store.EndReadiness(ctx, by, person, access.EndRevoked))
	}
	if slices.Equal(ready.Clinics, clinics) {
		return nil
	}
	ready.Clinics = clinics
	return known(o.Store.PutReadiness(ctx, by, ready))
}

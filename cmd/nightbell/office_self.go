package main

import (
	"context"
	"slices"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
)

// oneself is what a person knows and changes of herself.
type oneself struct{ *office }

// Show says how it stands with her, and whether calls can come.
func (o oneself) Show(ctx context.Context, person string) (console.Profile, error) {
	f, err := o.facts(ctx, person, access.MakingReady)
	if err != nil {
		return console.Profile{}, err
	}
	p := console.Profile{
		Person: person, State: string(f.Account.State), LastLogin: f.Account.LastLogin, LastFrom: f.Account.LastLoginFrom,
		Change: f.Account.MustChange,
	}
	if last, ok := o.lobby.lastTime(person); ok {
		p.LastLogin, p.LastFrom, p.Failed = last.account.LastLogin, last.account.LastLoginFrom, last.failed
	}
	for _, g := range f.Grants {
		p.Grants = append(p.Grants, grantView(g))
	}
	factors, err := o.Store.Factors(ctx, person)
	if err != nil {
		return p, known(err)
	}
	for _, one := range factors {
		p.Factors = append(p.Factors, factorView(one))
	}
	if p.CodesLeft, err = o.Store.RecoveryCodesLeft(ctx, person); err != nil {
		return p, known(err)
	}
	if f.Ready.Person != "" {
		v := readyView(f.Ready)
		p.Ready = &v
	}
	p.Gate, err = o.reasons(ctx, f)
	return p, err
}

// reasons says why no call can be offered to her now: what the telephone's gate says, and what would keep her from making
// herself ready.
func (o oneself) reasons(ctx context.Context, f access.Facts) ([]string, error) {
	f.May, f.For = callTakers, access.Answering
	list := texts(access.Decide(f).Reasons)
	if f.Ready.Person != "" {
		return list, nil
	}
	logins, err := o.Store.LoginsOf(ctx, f.Account.Person)
	if err != nil {
		return list, known(err)
	}
	if at := slices.IndexFunc(logins, access.Login.TwoFactors); at >= 0 {
		f.Login = logins[at]
	}
	f.For = access.MakingReady
	for _, text := range texts(access.Decide(f).Reasons) {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list, nil
}

// Password sets another one; every other login of hers ends.
func (o oneself) Password(ctx context.Context, password string, by audit.Actor) error {
	hash, err := o.hashed(ctx, by.ID, password)
	if err != nil {
		return err
	}
	return known(o.Store.SetPassword(ctx, by, by.ID, hash))
}

// RecoveryCodes makes ten new ones.
func (o oneself) RecoveryCodes(ctx context.Context, by audit.Actor) ([]string, error) {
	codes, hashes := access.NewRecoveryCodes()
	if err := o.Store.PutRecoveryCodes(ctx, by, by.ID, hashes); err != nil {
		return nil, known(err)
	}
	return codes, nil
}

// Policies lists those in force, and which version she acknowledged.
func (o oneself) Policies(ctx context.Context, person string) ([]console.PolicyView, error) {
	said, err := o.Store.Acknowledgements(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	var out []console.PolicyView
	for _, p := range o.policies() {
		v := console.PolicyView{ID: p.ID, Version: p.Version}
		for _, a := range said {
			if a.Policy == p.ID && a.Version == p.Version {
				v.At = a.At
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// Acknowledge files that she read a version that is in force.
func (o oneself) Acknowledge(ctx context.Context, body console.AcknowledgementBody, by audit.Actor) (console.PolicyView, error) {
	inForce := func(p access.Policy) bool { return p.ID == body.Policy && p.Version == body.Version }
	if !slices.ContainsFunc(o.policies(), inForce) {
		return console.PolicyView{}, console.ErrNotFound
	}
	a := access.Acknowledgement{Person: by.ID, Policy: body.Policy, Version: body.Version, At: o.clock()}
	if err := o.Store.Acknowledge(ctx, by, a); err != nil {
		return console.PolicyView{}, known(err)
	}
	return console.PolicyView{ID: a.Policy, Version: a.Version, At: a.At}, nil
}

// trainings are the dated records that somebody passed a course.
type trainings struct{ *office }

// List gives a person's, or everybody's.
func (t trainings) List(ctx context.Context, person string) ([]console.TrainingView, error) {
	list, err := t.Store.Trainings(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	out := make([]console.TrainingView, len(list))
	for i, one := range list {
		out[i] = console.TrainingView(one)
	}
	return out, nil
}

// Record files a course; one that was passed tomorrow is a mistake.
func (t trainings) Record(ctx context.Context, person string, b console.TrainingBody, by audit.Actor) (console.TrainingView, error) {
	one := access.Training{Person: person, Course: b.Course, Passed: b.Passed, Expires: b.Expires, By: by.ID}
	if one.Passed.IsZero() {
		one.Passed = t.clock()
	}
	if one.Expires.IsZero() {
		one.Expires = one.Passed.AddDate(1, 0, 0)
	}
	switch {
	case one.Passed.After(t.clock()):
		return console.TrainingView{}, console.Mistakes{{Field: "body.passed", Text: "lies ahead"}}
	case !one.Expires.After(one.Passed):
		return console.TrainingView{}, console.Mistakes{{Field: "body.expires", Text: "is not after passed"}}
	}
	if err := t.mayEnrol(ctx, one); err != nil {
		return console.TrainingView{}, err
	}
	if err := t.Store.RecordTraining(ctx, by, one); err != nil {
		return console.TrainingView{}, known(err)
	}
	return console.TrainingView(one), nil
}

package main

import (
	"cmp"
	"context"
	"crypto/rand"
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

// A fixture gives people of the book what tests, load runs and the demo need to come in like anybody else: an account with
// password, a second factor, recovery codes, a role, current training, acknowledged policies, a telephone's credential.
// It makes nobody ready and opens no door: the server has no bypass, and whoever uses the fixture logs in with both
// factors. It works in development mode alone, on the data folder itself.

// fixture is what one person got. The secrets are shown once.
type fixture struct {
	Person   string             `json:"person"`
	Roles    []string           `json:"roles"`
	Password string             `json:"password"`
	TOTP     string             `json:"totp" doc:"secret, base32"`
	Recovery []string           `json:"recovery_codes"`
	Devices  []console.Enrolled `json:"devices"`
}

// fixtureWish is what somebody should get.
type fixtureWish struct {
	Person  string
	Roles   []access.Role
	Clinics []string // empty: all
	Devices int
}

var errNoFixture = fmt.Errorf("fixture: development mode only: %w", console.ErrNotAllowed)

// roleOfBook is the grant of somebody whose role in the book says it.
var roleOfBook = map[string]access.Role{"": access.Agent, "agent": access.Agent, "clinician": access.Clinician, "supervisor": access.Supervisor,
	"scheduler": access.Scheduler, "admin": access.Admin, "office": access.Office, "compliance": access.Compliance, "auditor": access.Auditor}

// wishes are those of everybody in the book; an agent and a supervisor get a telephone each where phones are asked for.
func wishes(b *policy.Book, phones int) []fixtureWish {
	var all []fixtureWish
	for _, p := range b.People {
		role, ok := roleOfBook[p.Role]
		if !ok || !p.Active {
			continue
		}
		w := fixtureWish{Person: p.ID, Roles: []access.Role{role}}
		if role == access.Office && len(b.Clinics) > 0 {
			w.Clinics = []string{b.Clinics[0].ID}
		}
		if role == access.Agent || role == access.Supervisor {
			w.Devices = phones
		}
		all = append(all, w)
	}
	return all
}

// fix carries wishes out, one person after the other; those who have an account get a new way in.
func (o *office) fix(ctx context.Context, list []fixtureWish) ([]fixture, error) {
	if o.Config.Mode != Development {
		return nil, errNoFixture
	}
	password := strings.ToLower(rand.Text()) // one for all of them: hashing is slow on purpose
	hash, err := o.lobby.passwords.Hash(ctx, password)
	if err != nil {
		return nil, fmt.Errorf("fixture: %w", err)
	}
	made := make([]fixture, 0, len(list))
	for _, w := range list {
		f, err := o.fixOne(ctx, w, hash)
		if err != nil {
			return made, fmt.Errorf("fixture: %s: %w", w.Person, err)
		}
		f.Password = password
		made = append(made, f)
	}
	return made, nil
}

var fixer = audit.Actor{Type: "operator", ID: "fixture"}

func (o *office) fixOne(ctx context.Context, w fixtureWish, hash string) (fixture, error) {
	f := fixture{Person: w.Person, Devices: []console.Enrolled{}}
	if err := o.fixAccount(ctx, w, hash); err != nil {
		return f, err
	}
	secret, _, err := access.NewTOTP("Nightbell", w.Person)
	if err != nil {
		return f, err
	}
	f.TOTP = access.TOTPText(secret)
	factor := access.Factor{Person: w.Person, Kind: access.TOTP, Label: "fixture", Secret: secret}
	codes, hashes := access.NewRecoveryCodes()
	f.Recovery = codes
	_, factorErr := o.Store.AddFactor(ctx, fixer, factor)
	if err := errors.Join(factorErr, o.Store.PutRecoveryCodes(ctx, fixer, w.Person, hashes), o.fixPapers(ctx, w.Person)); err != nil {
		return f, err
	}
	for _, role := range w.Roles {
		f.Roles = append(f.Roles, string(role))
		if err := o.fixGrant(ctx, w, role); err != nil {
			return f, err
		}
	}
	if w.Devices > 0 {
		f.Devices, err = devices{o, stopped{}}.Enrol(ctx, console.Enrolment{Person: w.Person, Count: w.Devices}, fixer)
	}
	return f, err
}

// fixAccount invites and takes the invitation up, as a person would.
func (o *office) fixAccount(ctx context.Context, w fixtureWish, hash string) error {
	_, secret := access.NewSecret(access.InvitationSecret)
	in := access.Invitation{Person: w.Person, Hash: secret, Expires: o.now().Add(time.Hour)}
	if _, err := o.Store.Invite(ctx, fixer, in); err != nil {
		return err
	}
	_, err := o.Store.UseInvitation(ctx, fixer, secret, hash)
	return err
}

func (o *office) fixGrant(ctx context.Context, w fixtureWish, role access.Role) error {
	have, err := o.Store.GrantsOf(ctx, w.Person)
	if err != nil || slices.ContainsFunc(have, func(g access.Grant) bool { return g.Role == role && g.Holds(o.now()) }) {
		return err
	}
	_, err = o.Store.GiveGrant(ctx, fixer, access.Grant{Person: w.Person, Role: role, Clinics: w.Clinics, From: o.now().Add(-time.Minute)})
	return err
}

// fixPapers records the courses and acknowledges the policies that the house asks for.
func (o *office) fixPapers(ctx context.Context, person string) error {
	now := o.now()
	for _, course := range o.courses() {
		t := access.Training{Person: person, Course: course, Passed: now.Add(-time.Hour), Expires: now.AddDate(1, 0, 0), By: fixer.ID}
		if err := o.Store.RecordTraining(ctx, fixer, t); err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	for _, p := range o.policies() {
		a := access.Acknowledgement{Person: person, Policy: p.ID, Version: p.Version, At: now}
		if err := o.Store.Acknowledge(ctx, fixer, a); err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return nil
}

// wish reads "PERSON=ROLE[+ROLE][@CLINIC[+CLINIC]]".
func wish(text string) (fixtureWish, error) {
	person, rest, ok := strings.Cut(text, "=")
	roles, clinics, _ := strings.Cut(rest, "@")
	if !ok || person == "" || roles == "" {
		return fixtureWish{}, errUsage("not PERSON=ROLE[+ROLE][@CLINIC[+CLINIC]]")
	}
	w := fixtureWish{Person: person}
	for _, r := range strings.Split(roles, "+") {
		if !access.Role(r).Known() {
			return w, errUsage("no such role: " + cmp.Or(r, "(empty)"))
		}
		w.Roles = append(w.Roles, access.Role(r))
	}
	if clinics != "" {
		w.Clinics = strings.Split(clinics, "+")
	}
	return w, nil
}

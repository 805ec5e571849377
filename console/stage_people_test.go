package console

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

// The people of the stage: amy is whoever the test wants her to be; bo works beside her. Her password is the one word of
// rightPassword, her authenticator shows rightCode.
const (
	rightPassword = "a quiet night in november"
	rightCode     = "123456"
)

// doors are the logins of the stage.
type doors struct {
	visitors map[string]Visitor
	tried    []string // names at whom a password was tried
	ended    []string
	hold     chan struct{} // nil: a password is checked at once
	touched  int
	made     int
}

// secret makes one that looks like a real one.
func (d *doors) secret(kind access.SecretKind) string {
	d.made++
	return fmt.Sprintf("%s%043d", kind, d.made)
}

func (d *doors) admit(kind access.SecretKind, v Visitor) string {
	if d.visitors == nil {
		d.visitors = map[string]Visitor{}
	}
	secret := d.secret(kind)
	v.Login = fmt.Sprintf("l%d", d.made)
	d.visitors[secret] = v
	return secret
}

// login gives the secret of a live login of amy, her second factor just shown.
func (s *stage) login(grants ...access.Grant) string {
	return s.doors.admit(access.LoginSecret, Visitor{
		Person: "amy", State: access.LoginLive, Mode: Full, Grants: grants, SteppedUp: s.now(), Device: "amy-desk",
	})
}

// as is a login with one role in the whole house; in gives it clinics.
func (s *stage) as(r access.Role) string { return s.login(access.Grant{Person: "amy", Role: r}) }

func (s *stage) in(r access.Role, clinics ...string) string {
	return s.login(access.Grant{Person: "amy", Role: r, Clinics: clinics})
}

// mode changes how much of their roles all logins give.
func (s *stage) mode(m LoginMode) {
	for secret, v := range s.doors.visitors {
		v.Mode = m
		s.doors.visitors[secret] = v
	}
}

// everything is a login that has every role at once, which no grant would allow: for tests of what lies behind the gate.
func (s *stage) everything(clinics ...string) string {
	var grants []access.Grant
	for _, r := range access.Roles() {
		grants = append(grants, access.Grant{Person: "amy", Role: r, Clinics: clinics})
	}
	return s.login(grants...)
}

// opener is a secret that opens the route, if one does.
func (s *stage) opener(r Route) string {
	switch r.Scope {
	case Open:
		return ""
	case SecondFactor:
		return s.pending(Full)
	}
	return s.everything()
}

func (s *stage) pending(m LoginMode) string {
	return s.doors.admit(access.PendingSecret, Visitor{Person: "amy", State: access.LoginPending, Mode: m})
}

type stageEntrance struct{ *stage }

func (e stageEntrance) Password(_ context.Context, _ Visit, person, password string) (Opened, error) {
	e.mu.Lock()
	e.doors.tried = append(e.doors.tried, person)
	e.mu.Unlock()
	if e.doors.hold != nil {
		<-e.doors.hold
	}
	switch {
	case person != "amy":
		return Opened{}, ErrWrong
	case password != rightPassword:
		return Opened{}, &WrongFor{person}
	}
	return e.opened(access.PendingSecret, Visitor{Person: person, State: access.LoginPending, Mode: Full}), nil
}

func (e stageEntrance) opened(kind access.SecretKind, v Visitor) Opened {
	secret := e.doors.admit(kind, v)
	return Opened{
		Secret: secret, Login: e.doors.visitors[secret].Login, Person: v.Person, State: v.State, Until: e.now().Add(time.Hour),
		Offered: []string{"totp"},
	}
}

func (stageEntrance) Challenge(context.Context, string) (json.RawMessage, error) {
	return json.RawMessage(`{"publicKey":{"challenge":"AAAA"}}`), nil
}

func (e stageEntrance) Prove(_ context.Context, _ Visit, login string, p Proof) (Opened, error) {
	if p.Kind == ByTOTP && p.Code != rightCode {
		return Opened{}, ErrWrong
	}
	for secret, v := range e.doors.visitors {
		if v.Login == login {
			delete(e.doors.visitors, secret)
		}
	}
	return e.opened(access.LoginSecret, Visitor{Person: "amy", State: access.LoginLive, Mode: Full, SteppedUp: e.now()}), e.change(audit.Actor{})
}

func (e stageEntrance) StepUp(_ context.Context, _ Visit, login string, p Proof) (Opened, error) {
	if p.Kind == ByTOTP && (p.Code != rightCode || p.Password != rightPassword) {
		return Opened{}, ErrWrong
	}
	if err := e.change(audit.Actor{}); err != nil {
		return Opened{}, err
	}
	for secret, v := range e.doors.visitors {
		if v.Login == login {
			v.SteppedUp = e.now()
			e.doors.visitors[secret] = v
		}
	}
	return Opened{Login: login, Person: "amy", State: access.LoginLive}, nil
}

func (e stageEntrance) Accept(_ context.Context, _ Visit, secret, password string) (Opened, error) {
	if secret != "nbi_right" {
		return Opened{}, ErrWrong
	}
	if len(password) < 12 {
		return Opened{}, Mistakes{{Field: "body.password", Text: "is too short"}}
	}
	return e.opened(access.PendingSecret, Visitor{Person: "amy", State: access.LoginPending, Mode: Enrolling}), e.change(audit.Actor{})
}

type stageLogins struct{ *stage }

// Recognise ends logins by a clock of its own: 15 minutes after the second factor was shown.
func (l stageLogins) Recognise(_ context.Context, secret string) (Visitor, error) {
	l.mu.Lock()
	v, ok := l.doors.visitors[secret]
	l.mu.Unlock()
	switch {
	case !ok:
		return Visitor{}, ErrNotFound
	case slices.Contains(l.doors.ended, v.Login):
		return Visitor{}, ErrLoginOver
	}
	return v, nil
}
func (l stageLogins) Touch(_, _ string) { l.doors.touched++ }
func (l stageLogins) Of(context.Context, string) ([]LoginView, error) {
	return []LoginView{{ID: "l1"}, {ID: "l2"}}, nil
}
func (l stageLogins) End(_ context.Context, _, login string, by audit.Actor) error {
	l.doors.ended = append(l.doors.ended, login)
	return l.change(by)
}

type stagePins struct{ *stage }

func (p stagePins) Set(_ context.Context, _ string, by audit.Actor) error { return p.change(by) }

type stageOneself struct{ *stage }

func (stageOneself) Show(_ context.Context, person string) (Profile, error) {
	return Profile{Person: person, State: "active"}, nil
}
func (o stageOneself) Password(_ context.Context, _ string, by audit.Actor) error {
	return o.change(by)
}
func (o stageOneself) RecoveryCodes(_ context.Context, by audit.Actor) ([]string, error) {
	return []string{"abcd-efgh-ijkl-mnop"}, o.change(by)
}
func (stageOneself) Policies(context.Context, string) ([]PolicyView, error) { return nil, nil }
func (o stageOneself) Acknowledge(_ context.Context, a AcknowledgementBody, by audit.Actor) (PolicyView, error) {
	return PolicyView{ID: a.Policy, Version: a.Version}, o.change(by)
}

type stageFactors struct{ *stage }

func (stageFactors) NewTOTP(context.Context, audit.Actor) (TOTPView, error) {
	return TOTPView{ID: "f1", Secret: "GEZDGNBVGY3TQOJQ"}, nil
}
func (f stageFactors) ConfirmTOTP(_ context.Context, c TOTPBody, by audit.Actor) (FactorView, Opened, error) {
	if c.Code != rightCode {
		return FactorView{}, Opened{}, ErrWrong
	}
	return FactorView{ID: c.ID, Kind: "totp"}, f.raised(by), f.change(by)
}

// raised makes a login that knew the password alone live.
func (f stageFactors) raised(by audit.Actor) Opened {
	for secret, v := range f.doors.visitors {
		if v.Login == by.Login && v.State == access.LoginPending {
			delete(f.doors.visitors, secret)
			return stageEntrance(f).opened(access.LoginSecret, Visitor{Person: v.Person, State: access.LoginLive, Mode: Paperwork, SteppedUp: f.now()})
		}
	}
	return Opened{}
}
func (stageFactors) NewPasskey(context.Context, audit.Actor) (json.RawMessage, error) {
	return json.RawMessage(`{"publicKey":{}}`), nil
}
func (f stageFactors) FinishPasskey(_ context.Context, _ PasskeyBody, by audit.Actor) (FactorView, Opened, error) {
	return FactorView{ID: "f2", Kind: "passkey"}, f.raised(by), f.change(by)
}
func (f stageFactors) Remove(_ context.Context, _ string, by audit.Actor) error { return f.change(by) }

type stageOwnDevices struct{ *stage }

func (d stageOwnDevices) Enrol(_ context.Context, _ DeviceBody, by audit.Actor) (DeviceKit, error) {
	return DeviceKit{Enrolled: Enrolled{User: "amy-desk", Person: by.ID}}, d.change(by)
}
func (stageOwnDevices) List(context.Context, string) ([]Device, error) { return nil, nil }
func (d stageOwnDevices) Revoke(_ context.Context, _ string, by audit.Actor) error {
	return d.change(by)
}

type stageAccounts struct{ *stage }

func (stageAccounts) List(context.Context) ([]AccountView, error) {
	return []AccountView{{Person: "amy", State: "active"}, {Person: "bo", State: "active"}}, nil
}
func (a stageAccounts) Invite(_ context.Context, person string, _ InvitationBody, by audit.Actor) (InvitationView, error) {
	return InvitationView{ID: "i1", Person: person, Secret: "nbi_right"}, a.change(by)
}
func (a stageAccounts) RevokeInvitation(_ context.Context, _ string, by audit.Actor) error {
	return a.change(by)
}
func (a stageAccounts) Act(_ context.Context, person string, act AccountAct, by audit.Actor) (AccountView, error) {
	return AccountView{Person: person, State: act.Do}, a.change(by)
}

type stageGrants struct{ *stage }

var harborGrant = GrantView{ID: "c1", Person: "bo", Role: "clinician", Clinics: []string{"harbor"}}

func (stageGrants) List(context.Context, GrantQuery) ([]GrantView, error) {
	return []GrantView{harborGrant, {ID: "g2", Person: "cy", Role: "agent", Clinics: []string{"bay"}}, {ID: "g3", Person: "di", Role: "admin"}}, nil
}
func (g stageGrants) Propose(_ context.Context, b GrantBody, by audit.Actor) (ProposalView, error) {
	return ProposalView{ID: "p1", Kind: "grant", Subject: b.Person, State: "open"}, g.change(by)
}
func (g stageGrants) End(_ context.Context, _, _ string, by audit.Actor) error { return g.change(by) }
func (stageGrants) Find(_ context.Context, id string) (GrantView, error) {
	if id != "c1" {
		return GrantView{ID: id}, nil // of the whole house
	}
	return harborGrant, nil
}

type stageProposals struct{ *stage }

// of gives bo's proposal for harbor, or, by the name of hers, amy's.
func (stageProposals) of(id string) ProposalView {
	p := ProposalView{ID: id, Kind: "grant", Subject: "cy", Clinic: "harbor", By: "bo", State: "open"}
	if id == "hers" {
		p.By = "amy"
	}
	return p
}
func (p stageProposals) List(context.Context, ProposalQuery) ([]ProposalView, error) {
	bay := p.of("p2")
	bay.Clinic = "bay"
	return []ProposalView{p.of("c1"), bay}, nil
}
func (p stageProposals) Find(_ context.Context, id string) (ProposalView, error) {
	return p.of(id), nil
}
func (p stageProposals) Make(_ context.Context, b ProposalBody, by audit.Actor) (ProposalView, error) {
	return ProposalView{ID: "p1", Kind: b.Kind}, p.change(by)
}
func (p stageProposals) Decide(_ context.Context, id string, _ ProposalAct, by Decider) (ProposalView, error) {
	return p.of(id), p.change(by.Actor)
}

type stageTrainings struct{ *stage }

func (stageTrainings) List(context.Context, string) ([]TrainingView, error) { return nil, nil }
func (r stageTrainings) Record(_ context.Context, person string, b TrainingBody, by audit.Actor) (TrainingView, error) {
	return TrainingView{Person: person, Course: b.Course, Passed: b.Passed, Expires: b.Expires}, r.change(by)
}

type stageReadiness struct{ *stage }

func (r stageReadiness) Make(_ context.Context, device string, by audit.Actor) (ReadyView, error) {
	if len(r.gate) > 0 {
		return ReadyView{}, &GateClosed{r.gate}
	}
	return ReadyView{Person: by.ID, Device: device}, r.change(by)
}
func (stageReadiness) List(context.Context) ([]ReadyView, error) {
	return []ReadyView{{Person: "c1", Clinics: []string{"harbor"}}, {Person: "cy", Clinics: []string{"bay"}}, {Person: "di"}}, nil
}
func (r stageReadiness) End(_ context.Context, by audit.Actor) error { return r.change(by) }
func (r stageReadiness) Revoke(_ context.Context, _, _ string, by audit.Actor) error {
	return r.change(by)
}

func (s *stage) people(p *Ports) {
	p.Pins = stagePins{s}
	p.Entrance, p.Logins, p.Oneself, p.Factors = stageEntrance{s}, stageLogins{s}, stageOneself{s}, stageFactors{s}
	p.OwnDevices, p.Accounts, p.Grants, p.Proposals = stageOwnDevices{s}, stageAccounts{s}, stageGrants{s}, stageProposals{s}
	p.Trainings, p.Readiness = stageTrainings{s}, stageReadiness{s}
}

func init() {
	because := `{"reason":"as agreed"}`
	for id, body := range map[string]string{
		"log-in":            `{"person":"amy","password":"` + rightPassword + `"}`,
		"prove-totp":        `{"code":"` + rightCode + `"}`,
		"prove-recovery":    `{"code":"abcd-efgh-ijkl-mnop"}`,
		"prove-passkey":     `{"credential":{"id":"AAAA"}}`,
		"step-up":           `{"kind":"totp","code":"` + rightCode + `","password":"` + rightPassword + `"}`,
		"accept-invitation": `{"secret":"nbi_right","password":"` + rightPassword + `"}`,
		"set-password":      `{"password":"` + rightPassword + `"}`,
		"set-pin":           `{"pin":"471158"}`,
		"confirm-totp":      `{"id":"f1","code":"` + rightCode + `"}`,
		"finish-passkey":    `{"credential":{"id":"AAAA"}}`,
		"acknowledge":       `{"policy":"privacy","version":"2026-1"}`,
		"enrol-own-device":  `{"kind":"secret"}`,
		"invite":            `{}`,
		"suspend":           because,
		"reinstate":         because,
		"terminate":         because,
		"propose-grant":     `{"person":"cy","role":"clinician","clinics":["harbor"],"reason":"joins us"}`,
		"make-proposal":     `{"kind":"factor_reset","subject":"bo","reason":"lost telephone"}`,
		"approve-proposal":  because,
		"reject-proposal":   because,
		"withdraw-proposal": because,
		"record-training":   `{"course":"privacy"}`,
		"make-ready":        `{"device":"amy-desk"}`,
	} {
		example[id] = body
	}
	exampleQuery["end-grant"] = "?reason=she+moved"
	exampleQuery["revoke-ready"] = "?reason=she+left"
	exampleQuery["play-recording"] = "?reason=quality"
	exampleID["withdraw-proposal"] = "hers"
}

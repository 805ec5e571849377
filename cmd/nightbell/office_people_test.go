package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// front is a house with a clock of its own, before whose door people stand.
type front struct {
	*office
	t    testing.TB
	mu   sync.Mutex
	at   time.Time
	desk *stoppedCounting
}

// stoppedCounting is a floor that counts how often it was told to look again.
type stoppedCounting struct {
	stopped
	looked int
}

func (s *stoppedCounting) AgentsChanged() { s.looked++ }

func openFront(t testing.TB) *front {
	t.Helper()
	dir := developed(t)
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Console.URL = "https://bell.example:8443"
	f := &front{t: t, at: time.Now().UTC().Truncate(time.Microsecond), desk: &stoppedCounting{}}
	f.office, err = openOfficeWith(t.Context(), cfg, nil, store.Options{Clock: f.clockNow})
	if err != nil || f.Sealed != nil {
		t.Fatal(err, f.Sealed)
	}
	f.office.now = f.clockNow
	f.lobby.passwords = quick{}
	t.Cleanup(func() { _ = f.office.Close() })
	return f
}

// quick hashes at once: what a guess costs is tested in access, and by every login of the stories.
type quick struct{}

func (quick) Hash(_ context.Context, password string) (string, error) {
	return fmt.Sprintf("quick:%x", sha256.Sum256([]byte(password))), nil
}

func (q quick) Check(ctx context.Context, hash, password string) (ok, stale bool, err error) {
	same, err := q.Hash(ctx, password)
	return same == hash, false, err
}

func (quick) Nobody(context.Context, string) error { return nil }

func (f *front) clockNow() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func (f *front) wait(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

// known makes people who have everything, as the fixture does.
func (f *front) known(wants ...string) map[string]fixture {
	f.t.Helper()
	var all []fixtureWish
	for _, text := range wants {
		w, err := wish(text)
		if err != nil {
			f.t.Fatal(err)
		}
		if slices.Contains(w.Roles, access.Agent) {
			w.Devices = 1
		}
		all = append(all, w)
	}
	list, err := f.fix(f.t.Context(), all)
	if err != nil {
		f.t.Fatal(err)
	}
	made := map[string]fixture{}
	for _, p := range list {
		made[p.Person] = p
	}
	f.wait(time.Minute)
	return made
}

var doorstep = console.Visit{From: "192.0.2.7", Agent: "test"}

// code is what her authenticator shows.
func (f *front) code(p fixture) string {
	f.t.Helper()
	raw, err := totpAt(p.TOTP, f.clockNow())
	if err != nil {
		f.t.Fatal(err)
	}
	return raw
}

// in logs somebody in with both factors; time passes, so that her next code is another one.
func (f *front) in(p fixture) (console.Opened, audit.Actor) {
	f.t.Helper()
	f.wait(time.Minute)
	half, err := entrance{f.office}.Password(f.t.Context(), doorstep, p.Person, p.Password)
	if err != nil {
		f.t.Fatal(err)
	}
	whole, err := entrance{f.office}.Prove(f.t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByTOTP, Code: f.code(p)})
	if err != nil {
		f.t.Fatal(err)
	}
	return whole, audit.Actor{Type: "person", ID: p.Person, Login: whole.Login, IP: doorstep.From}
}

func (f *front) visitor(secret string) (console.Visitor, error) {
	return openLogins{f.office}.Recognise(f.t.Context(), secret)
}

// Password, then code; the pending secret is dead from then on, and a live one opens no pending door.
func TestTwoFactorsOpenTheHouse(t *testing.T) {
	f := openFront(t)
	amy := f.known("amy=agent")["amy"]
	f.wait(time.Minute)
	e := entrance{f.office}
	half, err := e.Password(t.Context(), doorstep, "amy", amy.Password)
	if err != nil || !strings.HasPrefix(half.Secret, "nbp_") || !slices.Equal(half.Offered, []string{"totp", "recovery"}) {
		t.Fatalf("%+v %v", half, err)
	}
	if v, err := f.visitor(half.Secret); err != nil || v.State != access.LoginPending || v.Mode != console.Full {
		t.Errorf("pending: %+v %v", v, err)
	}
	whole, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByTOTP, Code: f.code(amy)})
	if err != nil || !strings.HasPrefix(whole.Secret, "nbl_") || whole.State != access.LoginLive {
		t.Fatalf("%+v %v", whole, err)
	}
	v, err := f.visitor(whole.Secret)
	if err != nil || v.Person != "amy" || v.Mode != console.Full || len(v.Grants) != 1 || !v.SteppedUp.Equal(f.clockNow()) {
		t.Errorf("live: %+v %v", v, err)
	}
	if _, err := f.visitor(half.Secret); !errors.Is(err, console.ErrNotFound) {
		t.Errorf("the pending secret afterwards: %v", err)
	}
	swapped := "nbp_" + strings.TrimPrefix(whole.Secret, "nbl_")
	if _, err := f.visitor(swapped); !errors.Is(err, console.ErrNotFound) {
		t.Errorf("a live secret as a pending one: %v", err)
	}
	if _, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByTOTP, Code: f.code(amy)}); !errors.Is(err, console.ErrLoginOver) {
		t.Errorf("a second promotion: %v", err)
	}
}

// Everything that is wrong has one answer.
func TestOneAnswerForEverythingWrong(t *testing.T) {
	f := openFront(t)
	people := f.known("amy=agent", "bo=agent")
	if err := f.Store.SuspendAccount(t.Context(), fixer, "bo", "away"); err != nil {
		t.Fatal(err)
	}
	e := entrance{f.office}
	right := people["amy"].Password
	for name, try := range map[string][2]string{
		"wrong password": {"amy", "not her password at all"}, "nobody": {"eve", right}, "capitals": {"Amy", right},
		"look-alike": {"\u0430my", right}, "suspended": {"bo", people["bo"].Password}, "no account": {"carol", right},
		"a megabyte": {"amy", strings.Repeat("x", 1<<20)}, "operator": {access.Operator, right}, "empty": {"", ""},
	} {
		if _, err := e.Password(t.Context(), doorstep, try[0], try[1]); !errors.Is(err, console.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	half, err := e.Password(t.Context(), doorstep, "amy", right)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]console.Proof{
		"wrong code": {Kind: console.ByTOTP, Code: "000000"}, "no ceremony": {Kind: console.ByPasskey, Passkey: json.RawMessage(`{}`)},
		"no recovery code": {Kind: console.ByRecovery, Code: "abcd-efgh-ijkl-mnop"}, "unknown kind": {Kind: "sms"},
		"bo's code": {Kind: console.ByRecovery, Code: people["bo"].Recovery[0]},
	} {
		if _, err := e.Prove(t.Context(), doorstep, half.Login, p); !errors.Is(err, console.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A code is good once: not for a second login at the same time, not with the clock set back a day. Ten who send it at once
// are one.
func TestCodeIsGoodOnce(t *testing.T) {
	f := openFront(t)
	amy := f.known("amy=agent")["amy"]
	f.wait(time.Minute)
	e, code := entrance{f.office}, f.code(amy)
	var done sync.WaitGroup
	var mu sync.Mutex
	won, wrong := 0, 0
	for range 10 {
		half, err := e.Password(t.Context(), doorstep, "amy", amy.Password)
		if err != nil {
			t.Fatal(err)
		}
		done.Go(func() {
			_, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByTOTP, Code: code})
			mu.Lock()
			defer mu.Unlock()
			switch err {
			case nil:
				won++
			case console.ErrWrong:
				wrong++
			}
		})
	}
	done.Wait()
	if won != 1 || wrong != 9 {
		t.Errorf("%d came in with one code, %d did not", won, wrong)
	}
	f.wait(-24 * time.Hour)
	half, err := e.Password(t.Context(), doorstep, "amy", amy.Password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByTOTP, Code: f.code(amy)}); !errors.Is(err, console.ErrWrong) {
		t.Errorf("yesterday's code on yesterday's clock: %v", err)
	}
	if _, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByRecovery, Code: amy.Recovery[0]}); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	half, _ = e.Password(t.Context(), doorstep, "amy", amy.Password)
	if _, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByRecovery, Code: amy.Recovery[0]}); !errors.Is(err, console.ErrWrong) {
		t.Errorf("the recovery code again: %v", err)
	}
}

// Idle, absolute, clock set back: over, written down, and no clock brings it back.
func TestLoginsEndAndStayEnded(t *testing.T) {
	f := openFront(t)
	people := f.known("sid=scheduler", "ada=admin", "sue=supervisor")
	logins := openLogins{f.office}
	sid, _ := f.in(people["sid"])
	for range 49 { // used every 14 minutes: lives until twelve hours are over
		f.wait(14 * time.Minute)
		if _, err := f.visitor(sid.Secret); err != nil {
			t.Fatalf("used all the time: %v", err)
		}
		logins.Touch(sid.Login, doorstep.From)
	}
	f.wait(40 * time.Minute)
	over := map[string]console.Opened{"absolute": sid}
	over["admin idle"], _ = f.in(people["ada"])
	f.wait(10 * time.Minute)
	over["clock back"], _ = f.in(people["sue"])
	for name, o := range over {
		if name == "clock back" {
			continue
		}
		if _, err := f.visitor(o.Secret); !errors.Is(err, console.ErrLoginOver) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.wait(-24 * time.Hour)
	for name, o := range over {
		if _, err := f.visitor(o.Secret); !errors.Is(err, console.ErrLoginOver) {
			t.Errorf("%s, a day earlier: %v", name, err)
		}
	}
	f.wait(24 * time.Hour)
	if _, err := f.visitor(over["clock back"].Secret); !errors.Is(err, console.ErrLoginOver) {
		t.Errorf("the clock is right again: %v", err)
	}
}

// The doorkeeper ends what nobody asks for any more.
func TestDoorkeeperWritesEndsDown(t *testing.T) {
	f := openFront(t)
	sid := f.known("sid=scheduler")["sid"]
	o, _ := f.in(sid)
	f.wait(16 * time.Minute)
	keeper := &doorkeeper{f.office, func() {}, func(error) {}}
	if err := keeper.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := f.Store.Login(t.Context(), o.Login)
	if err != nil || l.State != access.LoginEnded || l.Why != access.EndIdle {
		t.Errorf("%+v %v", l, err)
	}
}

// A quiet night: the page of somebody on shift is not touched for three hours. It shows the call that rings and nothing
// else, however often it is touched, until a second factor is shown; her readiness goes on throughout.
func TestIdlePageOnShiftIsLocked(t *testing.T) {
	f := openFront(t)
	amy := f.known("amy=agent")["amy"]
	o, by := f.in(amy)
	if _, err := (readiness{f.office, f.desk}).Make(t.Context(), amy.Devices[0].User, by); err != nil {
		t.Fatal(err)
	}
	f.wait(3 * time.Hour)
	keeper := &doorkeeper{f.office, func() {}, func(error) {}}
	if err := keeper.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		v, err := f.visitor(o.Secret)
		if err != nil || v.Mode != console.Limited || v.Device == "" {
			t.Fatalf("%+v %v", v, err)
		}
		openLogins{f.office}.Touch(o.Login, doorstep.From)
		f.wait(time.Second)
	}
	p := console.Proof{Kind: console.ByTOTP, Code: f.code(amy), Password: amy.Password}
	if _, err := (entrance{f.office}).StepUp(t.Context(), doorstep, o.Login, p); err != nil {
		t.Fatal(err)
	}
	if v, err := f.visitor(o.Secret); err != nil || v.Mode != console.Full {
		t.Errorf("unlocked: %+v %v", v, err)
	}
	if list, err := (readiness{f.office, f.desk}).List(t.Context()); err != nil || len(list) != 1 || list[0].Mode != "full" {
		t.Errorf("ready: %+v %v", list, err)
	}
	f.wait(9*time.Hour + time.Minute)
	if _, err := f.visitor(o.Secret); !errors.Is(err, console.ErrLoginOver) {
		t.Errorf("after twelve hours: %v", err)
	}
}

func TestStepUpWantsBoth(t *testing.T) {
	f := openFront(t)
	amy := f.known("amy=agent")["amy"]
	o, _ := f.in(amy)
	f.wait(time.Minute)
	e, code := entrance{f.office}, f.code(amy)
	for name, p := range map[string]console.Proof{
		"no password":     {Kind: console.ByTOTP, Code: code},
		"wrong password":  {Kind: console.ByTOTP, Code: code, Password: "not her password at all"},
		"a recovery code": {Kind: console.ByRecovery, Code: amy.Recovery[3], Password: amy.Password},
	} {
		if _, err := e.StepUp(t.Context(), doorstep, o.Login, p); !errors.Is(err, console.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.StepUp(t.Context(), doorstep, o.Login, console.Proof{Kind: console.ByTOTP, Code: code, Password: amy.Password}); err != nil {
		t.Errorf("a wrong password used the code up: %v", err)
	}
	if v, err := f.visitor(o.Secret); err != nil || !v.SteppedUp.Equal(f.clockNow()) {
		t.Errorf("%+v %v", v, err)
	}
}

func totpAt(secret string, now time.Time) (string, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", err
	}
	return access.TOTPCode(raw, now)
}

func operatorHere() audit.Actor { return audit.Actor{Type: "operator", ID: "uid:0"} }

// The operator invites the first admin and nobody else; she sets a password, enrols an authenticator, and is in. Then the
// operator invites nobody any more.
func TestFirstAdminComesIn(t *testing.T) {
	f := openFront(t)
	a := accounts{f.office, f.desk}
	if _, err := a.Invite(t.Context(), "ada", console.InvitationBody{}, operatorHere()); !errors.Is(err, console.ErrNotAllowed) {
		t.Errorf("an invitation for less: %v", err)
	}
	in, err := a.Invite(t.Context(), "ada", console.InvitationBody{Role: "admin"}, operatorHere())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Invite(t.Context(), "sid", console.InvitationBody{Role: "admin"}, operatorHere()); !errors.As(err, new(*console.Refusal)) {
		t.Errorf("a second first admin while the first one's invitation is open: %v", err)
	}
	e := entrance{f.office}
	if _, err := e.Accept(t.Context(), doorstep, in.Secret, "password1234"); !errors.As(err, new(console.Mistakes)) {
		t.Errorf("a common password: %v", err)
	}
	half, err := e.Accept(t.Context(), doorstep, in.Secret, "a quiet night in november")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.visitor(half.Secret); err != nil || v.Mode != console.Enrolling {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := e.Accept(t.Context(), doorstep, in.Secret, "a quiet night in november"); !errors.Is(err, console.ErrWrong) {
		t.Errorf("the invitation again: %v", err)
	}
	by := audit.Actor{Type: "person", ID: "ada", Login: half.Login, IP: doorstep.From}
	own := ownFactors{f.office}
	fresh, err := own.NewTOTP(t.Context(), by)
	if err != nil || len(fresh.QR) == 0 {
		t.Fatal(err)
	}
	if _, _, err := own.ConfirmTOTP(t.Context(), console.TOTPBody{ID: fresh.ID, Code: "000000"}, by); !errors.Is(err, console.ErrWrong) {
		t.Errorf("a wrong code: %v", err)
	}
	code, err := totpAt(fresh.Secret, f.clockNow())
	if err != nil {
		t.Fatal(err)
	}
	view, whole, err := own.ConfirmTOTP(t.Context(), console.TOTPBody{ID: fresh.ID, Code: code, Label: "telephone"}, by)
	if err != nil || view.Label != "telephone" || whole.State != access.LoginLive {
		t.Fatalf("%+v %+v %v", view, whole, err)
	}
	v, err := f.visitor(whole.Secret)
	if err != nil || len(v.Grants) != 1 || v.Grants[0].Role != access.Admin || v.Mode != console.Paperwork {
		t.Errorf("%+v %v", v, err)
	}
	by.Login = whole.Login
	if err := own.Remove(t.Context(), view.ID, by); !errors.As(err, new(*console.Refusal)) {
		t.Errorf("the last factor: %v", err)
	}
	if _, err := a.Invite(t.Context(), "sid", console.InvitationBody{Role: "admin"}, operatorHere()); !errors.Is(err, console.ErrNotAllowed) {
		t.Errorf("a second admin by the operator: %v", err)
	}
	if _, err := a.Invite(t.Context(), "sid", console.InvitationBody{}, by); err != nil {
		t.Errorf("by the admin: %v", err)
	}
}

// Who knows the password of somebody whose factors were reset enrols nothing: it takes an invitation.
func TestResetNeedsAnInvitation(t *testing.T) {
	f := openFront(t)
	people := f.known("amy=agent", "ada=admin", "cora=compliance")
	f.in(people["amy"])
	_, ada := f.in(people["ada"])
	_, cora := f.in(people["cora"])
	ps := proposals{f.office, f.desk}
	p, err := ps.Make(t.Context(), console.ProposalBody{Kind: "factor_reset", Subject: "amy", Reason: "lost telephone"}, ada)
	if err != nil || p.Solo {
		t.Fatalf("%+v %v", p, err)
	}
	if p, err = ps.Decide(t.Context(), p.ID, console.ProposalAct{Do: "approve"}, console.Decider{Actor: cora}); err != nil || p.State != "carried_out" {
		t.Fatalf("%+v %v", p, err)
	}
	half, err := entrance{f.office}.Password(t.Context(), doorstep, "amy", people["amy"].Password)
	if err != nil || len(half.Offered) != 0 {
		t.Fatalf("%+v %v", half, err)
	}
	if v, err := f.visitor(half.Secret); err != nil || v.Mode == console.Enrolling {
		t.Errorf("%+v %v", v, err)
	}
	thief := audit.Actor{Type: "person", ID: "amy", Login: half.Login}
	if _, err := (ownFactors{f.office}).NewTOTP(t.Context(), thief); !errors.Is(err, console.ErrNotAllowed) {
		t.Errorf("a factor for the password alone: %v", err)
	}
	in, err := accounts{f.office, f.desk}.Invite(t.Context(), "amy", console.InvitationBody{}, ada)
	if err != nil {
		t.Fatal(err)
	}
	half, err = entrance{f.office}.Accept(t.Context(), doorstep, in.Secret, "another quiet night in may")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.visitor(half.Secret); err != nil || v.Mode != console.Enrolling {
		t.Errorf("%+v %v", v, err)
	}
}

// The only owner lost her telephone and her codes: at the machine her factors are reset, a day later and not before; then she
// is invited like the first admin. While she has a factor the operator invites nobody.
func TestOnlyOwnerComesBack(t *testing.T) {
	f := openFront(t)
	ada := f.known("ada=admin")["ada"]
	f.in(ada)
	a := accounts{f.office, f.desk}
	keeper := &doorkeeper{f.office, func() {}, func(error) {}}
	p, err := (proposals{f.office, f.desk}).Make(t.Context(), console.ProposalBody{Kind: "factor_reset", Subject: "ada", Reason: "lost all"}, operatorHere())
	if err != nil || !p.Solo || p.By != access.Operator {
		t.Fatalf("%+v %v", p, err)
	}
	for _, wait := range []time.Duration{0, access.SoloDelay - time.Second} {
		f.wait(wait)
		if err := keeper.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Invite(t.Context(), "ada", console.InvitationBody{Role: "admin"}, operatorHere()); !errors.Is(err, console.ErrNotAllowed) {
			t.Errorf("invited too early: %v", err)
		}
	}
	f.wait(time.Second)
	if err := keeper.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	in, err := a.Invite(t.Context(), "ada", console.InvitationBody{Role: "admin"}, operatorHere())
	if err != nil {
		t.Fatal(err)
	}
	half, err := entrance{f.office}.Accept(t.Context(), doorstep, in.Secret, "another quiet night in may")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.visitor(half.Secret); err != nil || v.Mode != console.Enrolling {
		t.Errorf("%+v %v", v, err)
	}
}

// A role takes two people. One person in two capacities is one; so is one about herself.
func TestRoleTakesTwoPeople(t *testing.T) {
	f := openFront(t)
	people := f.known("ada=admin+compliance", "cora=compliance", "bo=clinician")
	_, ada := f.in(people["ada"])
	_, cora := f.in(people["cora"])
	gs, ps := grants{f.office, f.desk}, proposals{f.office, f.desk}
	p, err := gs.Propose(t.Context(), console.GrantBody{Person: "bo", Role: "agent", Clinics: []string{"harbor"}, Reason: "joins the desk"}, ada)
	if err != nil || p.Solo || p.Clinic != "harbor" {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := ps.Decide(t.Context(), p.ID, console.ProposalAct{Do: "approve"}, console.Decider{Actor: ada}); !errors.As(err, new(*console.Refusal)) {
		t.Errorf("by herself: %v", err)
	}
	done, err := ps.Decide(t.Context(), p.ID, console.ProposalAct{Do: "approve"}, console.Decider{Actor: cora})
	if err != nil || done.State != "carried_out" {
		t.Fatalf("%+v %v", done, err)
	}
	held, err := gs.List(t.Context(), console.GrantQuery{Person: "bo"})
	if err != nil || len(held) != 2 || held[1].Proposed != "ada" || held[1].Approved != "cora" {
		t.Errorf("%+v %v", held, err)
	}
	if _, err := ps.Decide(t.Context(), p.ID, console.ProposalAct{Do: "approve"}, console.Decider{Actor: cora}); !errors.Is(err, console.ErrConflict) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := gs.Propose(t.Context(), console.GrantBody{Person: "bo", Role: "admin", Reason: "wants to"}, ada); !errors.As(err, new(*console.Refusal)) {
		t.Errorf("admin and agent: %v", err)
	}
	own, err := gs.Propose(t.Context(), console.GrantBody{Person: "cora", Role: "auditor", Reason: "reads"}, ada)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ps.Decide(t.Context(), own.ID, console.ProposalAct{Do: "approve"}, console.Decider{Actor: cora}); !errors.As(err, new(*console.Refusal)) {
		t.Errorf("her own role: %v", err)
	}
}

// One owner alone: what she proposes takes effect after a day, said in the log when she proposed it; with an officer in the
// house it takes the officer.
func TestOwnerAloneWaitsADay(t *testing.T) {
	f := openFront(t)
	people := f.known("ada=admin", "amy=clinician")
	_, ada := f.in(people["ada"])
	keeper := &doorkeeper{f.office, func() {}, func(error) {}}
	gs := grants{f.office, f.desk}
	p, err := gs.Propose(t.Context(), console.GrantBody{Person: "amy", Role: "agent", Reason: "joins the desk"}, ada)
	if err != nil || !p.Solo {
		t.Fatalf("%+v %v", p, err)
	}
	page, err := memory{f.office}.List(t.Context(), console.AuditQuery{Action: string(audit.ProposalMade)})
	if err != nil || len(page.Items) != 1 || page.Items[0].Facts["solo"] != "true" {
		t.Errorf("the log: %+v %v", page.Items, err)
	}
	state := func() string {
		t.Helper()
		if err := keeper.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := (proposals{f.office, f.desk}).Find(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v.State
	}
	f.wait(access.SoloDelay - time.Second)
	if got := state(); got != "open" {
		t.Errorf("a second early: %s", got)
	}
	f.known("cora=compliance") // a minute passes
	if got := state(); got != "open" {
		t.Errorf("with an officer in the house: %s", got)
	}
	if err := f.Store.SuspendAccount(t.Context(), fixer, "cora", "gone again"); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "carried_out" {
		t.Errorf("alone again: %s", got)
	}
	if held, err := gs.List(t.Context(), console.GrantQuery{Person: "amy"}); err != nil || len(held) != 2 {
		t.Errorf("%+v %v", held, err)
	}
}

// The gate says every reason at once; a shift is for the grants' clinics, and ends with them.
func TestReadyThroughTheGate(t *testing.T) {
	f := openFront(t)
	people := f.known("amy=agent@harbor", "bo=clinician", "ada=admin")
	r := readiness{f.office, f.desk}
	_, bo := f.in(people["bo"])
	var shut *console.GateClosed
	if _, err := r.Make(t.Context(), "bo", bo); !errors.As(err, &shut) || len(shut.Reasons) != 2 {
		t.Fatalf("%v", err)
	}
	_, amy := f.in(people["amy"])
	if _, err := r.Make(t.Context(), "bo", amy); !errors.As(err, &shut) {
		t.Errorf("another's device: %v", err)
	}
	v, err := r.Make(t.Context(), people["amy"].Devices[0].User, amy)
	if err != nil || !slices.Equal(v.Clinics, []string{"harbor"}) || v.Until.Sub(v.Since) != access.ShiftMost {
		t.Fatalf("%+v %v", v, err)
	}
	p, err := oneself{f.office}.Show(t.Context(), "amy")
	if err != nil || p.Ready == nil || len(p.Gate) != 0 || len(p.Grants) != 1 || p.CodesLeft != 10 {
		t.Errorf("%+v %v", p, err)
	}
	looked := f.desk.looked
	if err := (grants{f.office, f.desk}).End(t.Context(), p.Grants[0].ID, "moves on", amy); err != nil {
		t.Fatal(err)
	}
	if list, err := r.List(t.Context()); err != nil || len(list) != 0 || f.desk.looked == looked {
		t.Errorf("after her role ended: %+v %v", list, err)
	}
	if p, err := (oneself{f.office}).Show(t.Context(), "amy"); err != nil || len(p.Gate) == 0 {
		t.Errorf("%+v %v", p.Gate, err)
	}
	if err := r.End(t.Context(), amy); err != nil {
		t.Errorf("not ready twice: %v", err)
	}
}

// A training that lapses inside a login takes nothing from it; the next login has its own pages only, and no shift begins.
func TestLapseBitesAtTheNextLogin(t *testing.T) {
	f := openFront(t)
	amy := f.known("amy=agent")["amy"]
	end := f.clockNow().Add(time.Hour)
	for _, course := range f.courses() {
		tr := access.Training{Person: "amy", Course: course, Passed: end.Add(-400 * 24 * time.Hour), Expires: end, By: "ada"}
		list, err := f.Store.Trainings(t.Context(), "amy")
		if err != nil {
			t.Fatal(err)
		}
		tr.Passed = list[0].Passed // takes the place of the fixture's
		if err := f.Store.RecordTraining(t.Context(), fixer, tr); err != nil {
			t.Fatal(err)
		}
	}
	o, by := f.in(amy)
	if _, err := f.visitor(o.Secret); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		f.wait(12 * time.Minute)
		openLogins{f.office}.Touch(o.Login, doorstep.From)
	}
	if v, err := f.visitor(o.Secret); err != nil || v.Mode != console.Full {
		t.Errorf("inside the login: %+v %v", v, err)
	}
	var shut *console.GateClosed
	if _, err := (readiness{f.office, f.desk}).Make(t.Context(), amy.Devices[0].User, by); !errors.As(err, &shut) {
		t.Errorf("a new shift: %v", err)
	}
	o, _ = f.in(amy)
	if v, err := f.visitor(o.Secret); err != nil || v.Mode != console.Paperwork {
		t.Errorf("the next login: %+v %v", v, err)
	}
	_, err := trainings{f.office}.Record(t.Context(), "amy", console.TrainingBody{Course: f.courses()[0]}, fixer)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.visitor(o.Secret); err != nil || v.Mode != console.Full {
		t.Errorf("put in order: %+v %v", v, err)
	}
	if _, err := (trainings{f.office}).Record(t.Context(), "amy", console.TrainingBody{Course: "x", Passed: f.clockNow().Add(time.Hour)}, fixer); !errors.As(err, new(console.Mistakes)) {
		t.Errorf("passed tomorrow: %v", err)
	}
}

// A termination ends everything, and says how much of it there was.
func TestTerminationIsComplete(t *testing.T) {
	f := openFront(t)
	people := f.known("amy=agent", "ada=admin")
	o, amy := f.in(people["amy"])
	_, ada := f.in(people["ada"])
	if _, err := (readiness{f.office, f.desk}).Make(t.Context(), people["amy"].Devices[0].User, amy); err != nil {
		t.Fatal(err)
	}
	v, err := accounts{f.office, f.desk}.Act(t.Context(), "amy", console.AccountAct{Do: "terminate", Reason: "left"}, ada)
	if err != nil || v.State != "terminated" || v.Ended["logins"] != 1 || v.Ended["devices"] != 1 || v.Ended["grants"] != 1 {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := f.visitor(o.Secret); !errors.Is(err, console.ErrLoginOver) {
		t.Errorf("her login: %v", err)
	}
	if _, err := (entrance{f.office}).Password(t.Context(), doorstep, "amy", people["amy"].Password); !errors.Is(err, console.ErrWrong) {
		t.Errorf("her password: %v", err)
	}
	if _, err := (readiness{f.office, f.desk}).Make(t.Context(), people["amy"].Devices[0].User, amy); err == nil {
		t.Error("ready behind her termination")
	}
	if list, err := (readiness{f.office, f.desk}).List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("ready: %+v %v", list, err)
	}
}

// A passkey from enrolment to login and step-up, by the house's own ceremonies.
func TestPasskeyOpensTheHouse(t *testing.T) {
	f := openFront(t)
	amy := f.known("amy=agent")["amy"]
	o, by := f.in(amy)
	party := virtualwebauthn.RelyingParty{ID: "bell.example", Name: "Nightbell", Origin: "https://bell.example:8443"}
	auth, cred := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	own, e := ownFactors{f.office}, entrance{f.office}
	options, err := own.NewPasskey(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	made := console.PasskeyBody{Credential: json.RawMessage(virtualwebauthn.CreateAttestationResponse(party, auth, cred, *ask)), Label: "key"}
	if _, _, err := own.FinishPasskey(t.Context(), made, by); err != nil {
		t.Fatal(err)
	}
	if _, _, err := own.FinishPasskey(t.Context(), made, by); !errors.Is(err, console.ErrNotFound) {
		t.Errorf("a ceremony twice: %v", err)
	}
	show := func(login string) json.RawMessage {
		t.Helper()
		options, err := e.Challenge(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		ask, err := virtualwebauthn.ParseAssertionOptions(string(options))
		if err != nil {
			t.Fatal(err)
		}
		cred.Counter++
		return json.RawMessage(virtualwebauthn.CreateAssertionResponse(party, auth, cred, *ask))
	}
	f.wait(6 * time.Minute)
	answer := show(o.Login)
	if _, err := e.StepUp(t.Context(), doorstep, o.Login, console.Proof{Kind: console.ByPasskey, Passkey: answer}); err != nil {
		t.Errorf("step-up: %v", err)
	}
	if _, err := e.StepUp(t.Context(), doorstep, o.Login, console.Proof{Kind: console.ByPasskey, Passkey: answer}); !errors.Is(err, console.ErrWrong) {
		t.Errorf("the same answer again: %v", err)
	}
	half, err := e.Password(t.Context(), doorstep, "amy", amy.Password)
	if err != nil || half.Offered[0] != "passkey" {
		t.Fatalf("%+v %v", half, err)
	}
	if _, err := e.Prove(t.Context(), doorstep, half.Login, console.Proof{Kind: console.ByPasskey, Passkey: show(half.Login)}); err != nil {
		t.Errorf("login: %v", err)
	}
	if list, err := (openLogins{f.office}).Of(t.Context(), "amy"); err != nil || len(list) != 2 || list[0].Factor != "passkey" {
		t.Errorf("%+v %v", list, err)
	}
}

// Her own logins, last time, password.
func TestOnesOwnMatters(t *testing.T) {
	f := openFront(t)
	people := f.known("amy=agent", "bo=agent")
	amy := people["amy"]
	first, _ := f.in(amy)
	firstAt := f.clockNow()
	if _, err := (entrance{f.office}).Password(t.Context(), doorstep, "amy", "not her password at all"); !errors.Is(err, console.ErrWrong) {
		t.Fatal(err)
	}
	second, by := f.in(amy)
	p, err := oneself{f.office}.Show(t.Context(), "amy")
	if err != nil || !p.LastLogin.Equal(firstAt) || p.LastFrom != doorstep.From || p.Failed != 1 {
		t.Errorf("%+v %v", p, err)
	}
	logins := openLogins{f.office}
	bo, boActor := f.in(people["bo"])
	if err := logins.End(t.Context(), "bo", second.Login, boActor); !errors.Is(err, console.ErrNotFound) {
		t.Errorf("another's login: %v", err)
	}
	if err := (oneself{f.office}).Password(t.Context(), "password1234", by); !errors.As(err, new(console.Mistakes)) {
		t.Errorf("a common password: %v", err)
	}
	if err := (oneself{f.office}).Password(t.Context(), "another quiet night in may", by); err != nil {
		t.Fatal(err)
	}
	if _, err := f.visitor(first.Secret); !errors.Is(err, console.ErrLoginOver) {
		t.Errorf("the other login after a new password: %v", err)
	}
	if _, err := f.visitor(second.Secret); err != nil {
		t.Errorf("this login after a new password: %v", err)
	}
	if err := logins.End(t.Context(), "amy", second.Login, by); err != nil {
		t.Fatal(err)
	}
	if _, err := f.visitor(second.Secret); !errors.Is(err, console.ErrLoginOver) {
		t.Errorf("after the logout: %v", err)
	}
	if _, err := f.visitor(bo.Secret); err != nil {
		t.Errorf("bo: %v", err)
	}
}

// BenchmarkRecognise is what every request of a person costs before anything of hers is looked at.
func BenchmarkRecognise(b *testing.B) {
	f := openFront(b)
	o, _ := f.in(f.known("amy=agent")["amy"])
	for b.Loop() {
		if _, err := f.visitor(o.Secret); err != nil {
			b.Fatal(err)
		}
	}
}

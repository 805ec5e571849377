package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/policy"
)

var root = audit.Actor{Type: "operator", ID: "root"}

func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// staffed is a store whose book has amy, wu and the people given, with a clock that the test may move.
func staffed(t testing.TB, more ...string) (*Store, *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	opt := made(t)
	opt.Clock = func() time.Time { return now }
	s := opened(t, opt)
	b := demoBook()
	for _, id := range more {
		b.People = append(b.People, policy.Person{ID: id, Role: "agent", Active: true})
	}
	apply(t, s, b)
	return s, &now
}

// joined makes the account of a person active by an invitation.
func joined(t testing.TB, s *Store, person string) {
	t.Helper()
	ctx := context.Background()
	in := access.Invitation{Person: person, Hash: hashOf("come " + person), Expires: s.now().Add(access.InvitationLife)}
	if _, err := s.Invite(ctx, root, in); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UseInvitation(ctx, audit.Actor{Type: "person", ID: person}, in.Hash, "$argon2id$canary-hash-"+person); err != nil {
		t.Fatal(err)
	}
}

// agent is somebody who joined, with the role and a device.
func agent(t testing.TB, s *Store, person string) {
	t.Helper()
	joined(t, s, person)
	err := errors.Join(
		second(s.GiveGrant(ctx, root, access.Grant{Person: person, Role: access.Agent, Clinics: []string{"elm"}})),
		s.EnrolDevice(ctx, root, Enrolment{User: person + "-desk", Person: person, Secret: []byte("canary device")}),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// loggedIn makes a live login of a person.
func loggedIn(t testing.TB, s *Store, person string) access.Login {
	t.Helper()
	ctx := context.Background()
	secret := newID()
	l, err := s.CreateLogin(ctx, access.Login{Person: person, Hash: hashOf("pending " + secret), From: "192.0.2.1", Agent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	l, _, err = s.PromoteLogin(ctx, audit.Actor{Type: "person", ID: person}, Promotion{
		Login: l.ID, Hash: hashOf(secret), Factor: "f1", Kind: "totp", From: "192.0.2.1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func ready(l access.Login) access.Readiness {
	return access.Readiness{
		Person: l.Person, Login: l.ID, Device: l.Person + "-desk", Since: l.Made, Until: l.Made.Add(access.ShiftMost),
		Mode: access.ReadyFull, Clinics: []string{"elm"},
	}
}

func TestAccountFromInvitationToPassword(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	in := access.Invitation{Person: "amy", Hash: hashOf("first"), Expires: now.Add(time.Hour)}
	first, err := s.Invite(ctx, root, in)
	if err != nil || first.By != "root" || first.ID == "" {
		t.Fatal(first, err)
	}
	in.Hash = hashOf("second")
	if _, err := s.Invite(ctx, root, in); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UseInvitation(ctx, amy, hashOf("first"), "$h"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the earlier invitation: %v", err)
	}
	if _, err := s.UseInvitation(ctx, amy, hashOf("second"), "$argon2id$canary"); err != nil {
		t.Fatal(err)
	}
	a, err := s.Account(ctx, "amy")
	if err != nil || a.State != access.Active || a.PasswordHash != "$argon2id$canary" {
		t.Errorf("%+v %v", a, err)
	}
	noTrace(t, s, "argon2id$canary")
	for what, err := range map[string]error{
		"used twice":    second(s.UseInvitation(ctx, amy, hashOf("second"), "$h")),
		"never made":    second(s.UseInvitation(ctx, amy, hashOf("third"), "$h")),
		"of nobody":     second(s.Invite(ctx, root, access.Invitation{Person: "zoe", Hash: hashOf("z"), Expires: now.Add(time.Hour)})),
		"no account":    second(s.Account(ctx, "wu")),
		"not revocable": s.RevokeInvitation(ctx, root, first.ID),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	look := access.Invitation{Person: "\u0430my", Hash: hashOf("x"), Expires: now.Add(time.Hour)} // a Cyrillic a
	if _, err := s.Invite(ctx, root, look); !errors.Is(err, ErrInvalid) {
		t.Errorf("a look-alike: %v", err)
	}
	in = access.Invitation{Person: "wu", Hash: hashOf("wu"), Expires: now.Add(time.Hour)}
	if _, err := s.Invite(ctx, root, in); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(time.Hour)
	if _, err := s.UseInvitation(ctx, amy, in.Hash, "$h"); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	holds(t, s)
}

func second[T any](_ T, err error) error { return err }

func TestAnotherPasswordEndsOtherLogins(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	mine, other := loggedIn(t, s, "amy"), loggedIn(t, s, "amy")
	if err := s.SetPassword(ctx, audit.Actor{Type: "person", ID: "amy", Login: mine.ID}, "amy", "$new"); err != nil {
		t.Fatal(err)
	}
	list, err := s.LoginsOf(ctx, "amy")
	if err != nil || len(list) != 1 || list[0].ID != mine.ID {
		t.Errorf("%+v %v", list, err)
	}
	if l, err := s.LoginByHash(ctx, other.Hash); err != nil || l.State != access.LoginEnded || l.Why != access.EndRevoked {
		t.Errorf("%+v %v", l, err)
	}
	if err := s.Rehash(ctx, "amy", "$new", "$stronger"); err != nil {
		t.Fatal(err)
	}
	if err := s.Rehash(ctx, "amy", "$new", "$stale"); !errors.Is(err, ErrConflict) {
		t.Errorf("a stale rehash: %v", err)
	}
	if a, _ := s.Account(ctx, "amy"); a.PasswordHash != "$stronger" {
		t.Error("the hash did not change")
	}
}

func TestSuspendedAccountOpensNothing(t *testing.T) {
	opt := made(t)
	changed := make(chan struct{}, 100)
	opt.Changed = func() { changed <- struct{}{} }
	s := opened(t, opt)
	ctx := context.Background()
	apply(t, s, demoBook())
	agent(t, s, "amy")
	l := loggedIn(t, s, "amy")
	if err := s.PutReadiness(ctx, amy, ready(l)); err != nil {
		t.Fatal(err)
	}
	for len(changed) > 0 {
		<-changed
	}
	if err := s.SuspendAccount(ctx, root, "amy", "on leave"); err != nil {
		t.Fatal(err)
	}
	<-changed // the call path hears of it
	if l, _ := s.LoginByHash(ctx, l.Hash); l.State != access.LoginEnded {
		t.Error("the login goes on")
	}
	if list, _ := s.Readiness(ctx); len(list) != 0 {
		t.Error("she is still ready")
	}
	for what, err := range map[string]error{
		"login":     second(s.CreateLogin(ctx, access.Login{Person: "amy", Hash: hashOf("p")})),
		"factor":    second(s.AddFactor(ctx, amy, access.Factor{Person: "amy", Kind: access.TOTP, Secret: []byte("s")})),
		"readiness": s.PutReadiness(ctx, amy, ready(l)),
		"password":  s.SetPassword(ctx, amy, "amy", "$h"),
		"twice":     s.SuspendAccount(ctx, root, "amy", ""),
	} {
		if !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.ReinstateAccount(ctx, root, "amy", "back"); err != nil {
		t.Fatal(err)
	}
	loggedIn(t, s, "amy")
	holds(t, s)
}

// Who is not in the book, or is inactive there, opens nothing, whatever her account says.
func TestBookClosesAnAccountToo(t *testing.T) {
	s, _ := staffed(t, "bo")
	ctx := context.Background()
	agent(t, s, "bo")
	l := loggedIn(t, s, "bo")
	if err := s.PutReadiness(ctx, amy, ready(l)); err != nil {
		t.Fatal(err)
	}
	gone := demoBook()
	gone.Devices = bookOf(t, s).Devices
	inactive := gone
	inactive.People = append(inactive.People, policy.Person{ID: "bo", Role: "agent"})
	for what, b := range map[string]policy.Book{"gone": gone, "inactive": inactive} {
		apply(t, s, b)
		if l, err := s.LoginByHash(ctx, l.Hash); err != nil || l.State != access.LoginEnded {
			t.Errorf("%s: %+v %v", what, l, err)
		}
		if list, err := s.Readiness(ctx); err != nil || len(list) != 0 {
			t.Errorf("%s: %+v %v", what, list, err)
		}
		if a, err := s.Account(ctx, "bo"); err != nil || a.State != access.Suspended {
			t.Errorf("%s: %+v %v", what, a, err)
		}
	}
	inactive.People[2].Active = true
	apply(t, s, inactive)
	if l, err := s.LoginByHash(ctx, l.Hash); err != nil || l.State != access.LoginLive {
		t.Errorf("back in the book: %+v %v", l, err)
	}
}

func TestFactorsAreKeptSealedAndGoWhole(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	totp, err := s.AddFactor(ctx, amy, access.Factor{Person: "amy", Kind: access.TOTP, Label: "phone", Secret: []byte("canary totp secret")})
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.AddFactor(ctx, amy, access.Factor{Person: "amy", Kind: access.Passkey, Label: "key", Passkey: []byte(`{"canary":"passkey"}`)})
	if err != nil {
		t.Fatal(err)
	}
	noTrace(t, s, "canary totp")
	noTrace(t, s, `"canary"`)
	totp.LastStep = 7
	key.Passkey = []byte(`{"count":2}`)
	if err := errors.Join(s.TouchFactor(ctx, totp), s.TouchFactor(ctx, key)); err != nil {
		t.Fatal(err)
	}
	list, err := s.Factors(ctx, "amy")
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	at := slices.IndexFunc(list, func(f access.Factor) bool { return f.Kind == access.TOTP })
	if f := list[at]; string(f.Secret) != "canary totp secret" || f.LastStep != 7 || f.LastUsed.IsZero() || f.Passkey != nil {
		t.Errorf("%+v", f)
	}
	if f := list[1-at]; string(f.Passkey) != `{"count":2}` {
		t.Errorf("%+v", f)
	}
	for _, step := range []int64{7, 6} {
		totp.LastStep = step
		if err := s.TouchFactor(ctx, totp); !errors.Is(err, ErrConflict) {
			t.Errorf("step %d again: %v", step, err)
		}
	}
	if err := s.RemoveFactor(ctx, amy, "wu", totp.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another person's: %v", err)
	}
	if err := s.RemoveFactor(ctx, amy, "amy", totp.ID); err != nil {
		t.Fatal(err)
	}
	totp.LastStep = 9
	if err := s.TouchFactor(ctx, totp); !errors.Is(err, ErrConflict) {
		t.Errorf("a removed factor: %v", err)
	}
	if left, _ := s.Factors(ctx, "amy"); len(left) != 1 {
		t.Errorf("%+v", left)
	}
}

func TestRecoveryCodesWorkOnceEach(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	if err := s.PutRecoveryCodes(ctx, amy, "amy", [][]byte{hashOf("1"), hashOf("2")}); err != nil {
		t.Fatal(err)
	}
	if err := s.UseRecoveryCode(ctx, "amy", hashOf("1")); err != nil {
		t.Fatal(err)
	}
	if err := s.UseRecoveryCode(ctx, "amy", hashOf("1")); !errors.Is(err, ErrConflict) {
		t.Errorf("again: %v", err)
	}
	if err := s.UseRecoveryCode(ctx, "wu", hashOf("2")); !errors.Is(err, ErrNotFound) {
		t.Errorf("another person: %v", err)
	}
	if n, err := s.RecoveryCodesLeft(ctx, "amy"); err != nil || n != 1 {
		t.Errorf("%d %v", n, err)
	}
	if err := s.PutRecoveryCodes(ctx, amy, "amy", [][]byte{hashOf("3")}); err != nil {
		t.Fatal(err)
	}
	if err := s.UseRecoveryCode(ctx, "amy", hashOf("2")); !errors.Is(err, ErrNotFound) {
		t.Errorf("replaced: %v", err)
	}
}

func TestTrainingAndAcknowledgementsAreDated(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	tr := access.Training{Person: "amy", Course: "hipaa", Passed: *now, Expires: now.AddDate(1, 0, 0), By: "root"}
	if err := errors.Join(s.RecordTraining(ctx, root, tr), s.RecordTraining(ctx, root, tr)); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Trainings(ctx, "amy"); err != nil || len(list) != 1 || list[0] != tr {
		t.Errorf("%+v %v", list, err)
	}
	a := access.Acknowledgement{Person: "amy", Policy: "phi", Version: "2"}
	if err := errors.Join(s.Acknowledge(ctx, amy, a), s.Acknowledge(ctx, amy, a)); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Acknowledgements(ctx, ""); err != nil || len(list) != 1 || !list[0].At.Equal(*now) {
		t.Errorf("%+v %v", list, err)
	}
	tr.Person, a.Person = "zoe", "zoe"
	if err := s.RecordTraining(ctx, root, tr); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
	if err := s.Acknowledge(ctx, amy, a); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestGrantsKeepExclusiveRolesApart(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	g, err := s.GiveGrant(ctx, root, access.Grant{Person: "amy", Role: access.Agent, Clinics: []string{"elm"}, ProposedBy: "bo", ApprovedBy: "cy"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.GiveGrant(ctx, root, access.Grant{Person: "amy", Role: access.Admin}); !errors.Is(err, ErrConflict) {
		t.Errorf("admin beside agent: %v", err)
	}
	if _, err := s.GiveGrant(ctx, root, access.Grant{Person: "amy", Role: access.Office}); !errors.Is(err, ErrInvalid) {
		t.Errorf("office of no clinic: %v", err)
	}
	if _, err := s.GiveGrant(ctx, root, access.Grant{Person: "wu", Role: access.Clinician}); !errors.Is(err, ErrNotFound) {
		t.Errorf("without an account: %v", err)
	}
	got, err := s.GrantsOf(ctx, "amy")
	if err != nil || len(got) != 1 || !got[0].Covers("elm", *now) || got[0].Covers("oak", *now) || got[0].ApprovedBy != "cy" {
		t.Errorf("%+v %v", got, err)
	}
	if err := s.EnrolDevice(ctx, root, Enrolment{User: "amy-desk", Person: "amy", Secret: []byte("s")}); err != nil {
		t.Fatal(err)
	}
	l := loggedIn(t, s, "amy")
	if err := s.PutReadiness(ctx, amy, ready(l)); err != nil {
		t.Fatal(err)
	}
	if err := s.EndGrant(ctx, root, g.ID, "moved"); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Readiness(ctx); err != nil || len(list) != 0 {
		t.Errorf("ready without a role: %+v %v", list, err)
	}
	if err := s.PutReadiness(ctx, amy, ready(l)); !errors.Is(err, ErrConflict) {
		t.Errorf("made ready without a role: %v", err)
	}
	if err := s.EndGrant(ctx, root, g.ID, "moved"); !errors.Is(err, ErrNotFound) {
		t.Errorf("ended twice: %v", err)
	}
	if _, err := s.GiveGrant(ctx, root, access.Grant{Person: "amy", Role: access.Admin}); err != nil {
		t.Errorf("admin after agent: %v", err)
	}
	all, err := s.Grants(ctx)
	if err != nil || len(all) != 2 {
		t.Errorf("%+v %v", all, err)
	}
	holds(t, s)
}

func proposal(id string) access.Proposal {
	return access.Proposal{
		ID: id, Kind: access.ProposeGrant, Subject: "amy", By: "bo", Reason: "canary reason", State: access.ProposalOpen,
		Body: []byte(`{"role":"agent"}`),
	}
}

func approved(p access.Proposal, by string) access.Proposal {
	p.State, p.Decisions = access.ProposalApproved, []access.Decision{{By: by, What: "approved"}}
	return p
}

func TestProposalIsDecidedAndCarriedOutOnce(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	p, err := s.Propose(ctx, root, proposal(""))
	if err != nil {
		t.Fatal(err)
	}
	noTrace(t, s, "canary reason")
	yes := approved(p, "cy")
	if err := s.PutProposal(ctx, root, yes, access.ProposalOpen); err != nil {
		t.Fatal(err)
	}
	if err := s.PutProposal(ctx, root, approved(p, "dee"), access.ProposalOpen); !errors.Is(err, ErrConflict) {
		t.Errorf("approved twice: %v", err)
	}
	carried := yes
	carried.State = access.ProposalCarried
	g := access.Grant{Person: "amy", Role: access.Agent, ProposedBy: "bo", ApprovedBy: "cy"}
	bad := g
	bad.Role = "king"
	if _, err := s.CarryGrant(ctx, root, carried, bad); !errors.Is(err, ErrInvalid) {
		t.Errorf("a grant that cannot be: %v", err)
	}
	if now, err := s.Proposal(ctx, p.ID); err != nil || now.State != access.ProposalApproved {
		t.Errorf("half carried out: %+v %v", now, err)
	}
	if _, err := s.CarryGrant(ctx, root, carried, g); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CarryGrant(ctx, root, carried, g); !errors.Is(err, ErrConflict) {
		t.Errorf("carried out twice: %v", err)
	}
	if list, err := s.GrantsOf(ctx, "amy"); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
	list, err := s.Proposals(ctx, access.ProposalCarried)
	if err != nil || len(list) != 1 || list[0].Reason != "canary reason" || !bytes.Equal(list[0].Body, proposal("").Body) {
		t.Errorf("%+v %v", list, err)
	}
	if open, _ := s.Proposals(ctx, access.ProposalOpen); len(open) != 0 {
		t.Errorf("%+v", open)
	}
	words := actions(t, s)
	for _, w := range []audit.Action{audit.ProposalMade, audit.ProposalDecided, audit.ProposalCarried, audit.GrantGiven} {
		if !slices.Contains(words, w) {
			t.Errorf("%s is not in the log", w)
		}
	}
}

// Solo: from open, when its delay is over, without an approval.
func TestSoloResetTakesFactorsAndLoginsAway(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	if _, err := s.AddFactor(ctx, amy, access.Factor{Person: "amy", Kind: access.TOTP, Secret: []byte("s")}); err != nil {
		t.Fatal(err)
	}
	l := loggedIn(t, s, "amy")
	p := access.Proposal{Kind: access.ProposeFactorReset, Subject: "amy", By: access.Operator, Reason: "lost", State: access.ProposalOpen, Solo: true}
	p, err := s.Propose(ctx, root, p)
	if err != nil {
		t.Fatal(err)
	}
	p.State = access.ProposalCarried
	if err := s.CarryFactorReset(ctx, root, p); err != nil {
		t.Fatal(err)
	}
	if f, _ := s.Factors(ctx, "amy"); len(f) != 0 {
		t.Errorf("%+v", f)
	}
	if l, _ := s.LoginByHash(ctx, l.Hash); l.State != access.LoginEnded {
		t.Error("the login goes on")
	}
	if err := s.CarryFactorReset(ctx, root, p); !errors.Is(err, ErrConflict) {
		t.Errorf("twice: %v", err)
	}
}

// The file of the fourth schema holds one of everything that came with it.
func TestFourthSchemaKeepsItsPeople(t *testing.T) {
	s := opened(t, restored(t, "../testdata/schema/00004.sql"))
	a, err := s.Account(ctx, "amy")
	if err != nil || a.State != access.Active || a.PasswordHash != "$argon2id$canary-hash-amy" || a.LastLoginFrom != "192.0.2.1" {
		t.Errorf("%+v %v", a, err)
	}
	f, err := s.Factors(ctx, "amy")
	if err != nil || len(f) != 2 || string(f[0].Secret)+string(f[1].Secret) != "old totp" || f[0].LastStep+f[1].LastStep != 7 {
		t.Errorf("%+v %v", f, err)
	}
	if n, err := s.RecoveryCodesLeft(ctx, "amy"); err != nil || n != 1 {
		t.Error(n, err)
	}
	for secret, state := range map[string]access.LoginState{"old live secret": access.LoginLive, "old pending": access.LoginPending} {
		if l, err := s.LoginByHash(ctx, hashOf(secret)); err != nil || l.State != state || l.Person != "amy" {
			t.Errorf("%s: %+v %v", secret, l, err)
		}
	}
	if g, err := s.GrantsOf(ctx, "amy"); err != nil || len(g) != 1 || g[0].Role != access.Agent || g[0].Clinics[0] != "elm" || g[0].ApprovedBy != "cy" {
		t.Errorf("%+v %v", g, err)
	}
	if in, err := s.InvitationByHash(ctx, hashOf("come wu")); err != nil || in.Person != "wu" || !in.Used.IsZero() {
		t.Errorf("%+v %v", in, err)
	}
	if p, err := s.Proposal(ctx, "proposal1"); err != nil || p.State != access.ProposalApproved || p.Reason != "canary reason" {
		t.Errorf("%+v %v", p, err)
	}
	if r, err := s.Readiness(ctx); err != nil || len(r) != 1 || r[0].Device != "amy-desk" {
		t.Errorf("%+v %v", r, err)
	}
	if list, err := s.Trainings(ctx, "amy"); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if list, err := s.Acknowledgements(ctx, "amy"); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if list, err := s.Tokens(ctx); err != nil || !slices.ContainsFunc(list, func(t Token) bool { return t.Person == "amy" }) {
		t.Errorf("%+v %v", list, err)
	}
	if keys, err := s.SigningKeys(ctx); err != nil || len(keys) != 1 {
		t.Error(keys, err)
	}
	holds(t, s)
}

// Details of before are counted by the migration from what stands in the leaves.
func TestMigrationFindsTheKeysOfOldDetails(t *testing.T) {
	opt := restored(t, "../testdata/schema/00003.sql")
	bend(t, opt.Path, "DELETE FROM audit_leaves")
	for seq, d := range map[int]string{0: "AQAAAAEAcGxhaW4=", 1: "AQAAAQIAcGxhaW4=", 2: "Af////8AcGxhaW4="} {
		bend(t, opt.Path, fmt.Sprintf(`INSERT INTO audit_leaves VALUES (%d, %d, 'x', '', 'elm', '', '', '{"action":"x","detail":"%s","seq":1}')`, seq, seq+1, d))
	}
	bend(t, opt.Path, `INSERT INTO audit_leaves VALUES (3, 4, 'x', '', 'elm', '', '', '{"action":"x","seq":1}')`)
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.DetailKeys(ctx)
	if err != nil || len(list) != 3 || list[0].Version != 1 || list[1].Version != 258 || list[2].Version != 1<<32-1 {
		t.Errorf("%+v %v", list, err)
	}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/policy"
)

// everything gives a person one of everything that a person can hold, and says what of it is alive.
func everything(t testing.TB, s *Store, person string) (alive func() []string) {
	t.Helper()
	ctx := context.Background()
	by := audit.Actor{Type: "person", ID: person}
	joined(t, s, person)
	l := loggedIn(t, s, person)
	_, token, err := s.CreateToken(ctx, by, Token{Name: "hers", Scopes: []string{"calls"}})
	if err != nil {
		t.Fatal(err)
	}
	_, own, err := s.CreateFeed(ctx, root, Feed{Kind: PersonFeed, Subject: person})
	if err != nil {
		t.Fatal(err)
	}
	_, clinics, err := s.CreateFeed(ctx, by, Feed{Kind: ClinicFeed, Subject: "elm"})
	if err != nil {
		t.Fatal(err)
	}
	p := proposal("")
	p.By, p.Subject = person, "wu"
	mine, err := s.Propose(ctx, by, p)
	if err != nil {
		t.Fatal(err)
	}
	about := proposal("")
	about.Kind, about.Subject = access.ProposeFactorReset, person
	reset, err := s.Propose(ctx, root, about)
	if err != nil {
		t.Fatal(err)
	}
	in := access.Invitation{Person: person, Hash: hashOf("open " + person), Expires: s.now().Add(access.InvitationLife)}
	err = errors.Join(
		second(s.AddFactor(ctx, by, access.Factor{Person: person, Kind: access.TOTP, Secret: []byte("canary factor")})),
		s.PutRecoveryCodes(ctx, by, person, [][]byte{hashOf("code " + person)}),
		second(s.GiveGrant(ctx, root, access.Grant{Person: person, Role: access.Agent})),
		s.EnrolDevice(ctx, root, Enrolment{User: person + "-desk", Person: person, Secret: []byte("canary device")}),
		s.EnrolDevice(ctx, root, Enrolment{User: person + "-home", Person: person, Secret: []byte("canary device")}),
		second(s.Invite(ctx, root, in)), s.PutReadiness(ctx, by, ready(l)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return func() (list []string) {
		add := func(what string, is bool) {
			if is {
				list = append(list, what)
			}
		}
		now, _ := s.LoginByHash(ctx, l.Hash)
		add("login", now.State != access.LoginEnded)
		a, _ := s.Account(ctx, person)
		add("account", a.State != access.Terminated)
		add("password", a.PasswordHash != "")
		add("token", second(s.TokenOf(ctx, token)) == nil)
		add("own feed", second(s.FeedOf(ctx, own)) == nil)
		add("clinic's feed", second(s.FeedOf(ctx, clinics)) == nil)
		factors, _ := s.Factors(ctx, person)
		add("factor", len(factors) > 0)
		codes, _ := s.RecoveryCodesLeft(ctx, person)
		add("recovery code", codes > 0)
		grants, _ := s.GrantsOf(ctx, person)
		add("grant", len(grants) > 0)
		for _, user := range []string{person + "-desk", person + "-home"} {
			add("device", second(s.DeviceSecret(ctx, user)) == nil)
		}
		open, _ := s.InvitationByHash(ctx, in.Hash)
		add("invitation", open.Open(s.now()))
		readiness, _ := s.Readiness(ctx)
		add("readiness", slices.ContainsFunc(readiness, func(r access.Readiness) bool { return r.Person == person }))
		stands, _ := s.Proposal(ctx, mine.ID)
		add("proposal", stands.State != access.ProposalWithdrawn)
		stands, _ = s.Proposal(ctx, reset.ID)
		add("reset of hers", stands.State != access.ProposalWithdrawn)
		return list
	}
}

func TestTerminationLeavesNothingOfHers(t *testing.T) {
	s, now := staffed(t, "bo")
	ctx := context.Background()
	hers, others := everything(t, s, "amy"), everything(t, s, "bo")
	all := others()
	if got := hers(); !slices.Equal(got, all) || len(all) < 14 {
		t.Fatalf("before: %v", got)
	}
	before := holds(t, s)
	gone, err := s.Terminate(ctx, root, "amy", "left")
	if err != nil {
		t.Fatal(err)
	}
	if got := hers(); len(got) != 0 {
		t.Errorf("still alive: %v", got)
	}
	if got := others(); !slices.Equal(got, all) {
		t.Errorf("of bo: %v", got)
	}
	want := Leaving{Logins: 1, Grants: 1, Factors: 1, Tokens: 1, Feeds: 2, Invitations: 1, Proposals: 2, Devices: []string{"amy-desk", "amy-home"}, WasReady: true}
	if !slices.Equal(gone.Devices, want.Devices) || gone.facts()["logins"] != "1" || gone.Feeds != 2 || !gone.WasReady || gone.Proposals != 2 {
		t.Errorf("%+v", gone)
	}
	if after := holds(t, s); after <= before {
		t.Error("no leaf")
	}
	if _, err := s.Terminate(ctx, root, "amy", "again"); err != nil {
		t.Errorf("once more: %v", err)
	}
	if _, err := s.Terminate(ctx, root, "zoe", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	// Who comes back begins anew.
	in := access.Invitation{Person: "amy", Hash: hashOf("back"), Expires: now.Add(access.InvitationLife)}
	if _, err := s.Invite(ctx, root, in); err != nil {
		t.Fatal(err)
	}
	if got := hers(); !slices.Equal(got, []string{"account"}) {
		t.Errorf("came back with her: %v", got)
	}
}

// Whatever somebody begins at the moment of her termination is refused, or ends with it.
func TestNothingSlipsThroughATermination(t *testing.T) {
	rounds := 4
	if soak() {
		rounds = 200
	}
	for range rounds {
		s, now := staffed(t)
		ctx := context.Background()
		alive := everything(t, s, "amy")
		by := audit.Actor{Type: "person", ID: "amy"}
		pending, err := s.CreateLogin(ctx, access.Login{Person: "amy", Hash: hashOf("late pending")})
		if err != nil {
			t.Fatal(err)
		}
		list, _ := s.LoginsOf(ctx, "amy")
		live := list[slices.IndexFunc(list, func(l access.Login) bool { return l.State == access.LoginLive })]
		token, feed := "", ""
		begin := []func(){
			func() { _, _ = s.Terminate(ctx, root, "amy", "left") },
			func() {
				_, _, _ = s.PromoteLogin(ctx, by, Promotion{Login: pending.ID, Hash: hashOf("late"), Factor: "f", Kind: "totp"})
			},
			func() { _, _ = s.CreateLogin(ctx, access.Login{Person: "amy", Hash: hashOf("later")}) },
			func() { _ = s.PutReadiness(ctx, by, ready(live)) },
			func() { _ = s.SetPassword(ctx, by, "amy", "$late") },
			func() { _, _ = s.UseInvitation(ctx, by, hashOf("open amy"), "$late") },
			func() {
				_, _ = s.AddFactor(ctx, by, access.Factor{Person: "amy", Kind: access.TOTP, Secret: []byte("late")})
			},
			func() { _ = s.PutRecoveryCodes(ctx, by, "amy", [][]byte{hashOf("late")}) },
			func() { _, _ = s.GiveGrant(ctx, root, access.Grant{Person: "amy", Role: access.Supervisor}) },
			func() {
				_ = s.EnrolDevice(ctx, root, Enrolment{User: "amy-home", Person: "amy", Secret: []byte("late")})
			},
			func() { _, token, _ = s.CreateToken(ctx, by, Token{Name: "late", Scopes: []string{"calls"}}) },
			func() { _, feed, _ = s.CreateFeed(ctx, by, Feed{Kind: ClinicFeed, Subject: "oak"}) },
			func() { _ = s.ReinstateAccount(ctx, root, "amy", "") },
		}
		var wg sync.WaitGroup
		start := make(chan struct{})
		for _, f := range begin {
			wg.Go(func() { <-start; f() })
		}
		close(start)
		wg.Wait()
		if got := alive(); len(got) != 0 {
			t.Errorf("alive: %v", got)
		}
		if second(s.TokenOf(ctx, token)) == nil || second(s.FeedOf(ctx, feed)) == nil {
			t.Error("a late token or feed opens")
		}
		if open, _ := s.LoginsOf(ctx, "amy"); len(open) != 0 {
			t.Errorf("%+v", open)
		}
		_ = now
		holds(t, s)
	}
}

// BenchmarkTerminate ends somebody who holds one of everything, in a house of 300.
func BenchmarkTerminate(b *testing.B) {
	s, _ := crowd(b, 300)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		book := bookOf(b, s)
		id := fmt.Sprintf("leaver%d", i)
		book.People = append(book.People, policy.Person{ID: id, Role: "agent", Active: true})
		apply(b, s, book)
		everything(b, s, id)
		b.StartTimer()
		if gone, err := s.Terminate(ctx, root, id, "left"); err != nil || len(gone.Devices) != 2 {
			b.Fatal(gone, err)
		}
	}
}

package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/policy"
)

func TestPendingSecretOpensNothingOnceItIsLive(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	first := loggedIn(t, s, "amy")
	*now = now.Add(time.Hour)
	p, err := s.CreateLogin(ctx, access.Login{Person: "amy", Hash: hashOf("pending"), From: "192.0.2.7", Agent: "browser"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.LoginByHash(ctx, p.Hash)
	if err != nil || got.State != access.LoginPending || got.TwoFactors() {
		t.Fatalf("%+v %v", got, err)
	}
	with := Promotion{Login: p.ID, Hash: hashOf("live"), Factor: "f1", Kind: "totp", From: "192.0.2.8"}
	l, before, err := s.PromoteLogin(ctx, amy, with)
	if err != nil || !before.LastLogin.Equal(first.Made) || before.LastLoginFrom != "192.0.2.1" {
		t.Fatal(before, err)
	}
	if _, err := s.LoginByHash(ctx, p.Hash); !errors.Is(err, ErrNotFound) {
		t.Errorf("the pending secret: %v", err)
	}
	got, err = s.LoginByHash(ctx, hashOf("live"))
	if err != nil || !got.TwoFactors() || !got.SteppedUpAt(*now) || got.ID != l.ID || got.From != "192.0.2.8" {
		t.Errorf("%+v %v", got, err)
	}
	if _, _, err := s.PromoteLogin(ctx, amy, with); !errors.Is(err, ErrConflict) {
		t.Errorf("promoted twice: %v", err)
	}
	if err := s.EndLogin(ctx, amy, l.ID, access.EndIdle); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"ended twice":  s.EndLogin(ctx, amy, l.ID, access.EndLogout),
		"stepped up":   s.StepUpLogin(ctx, amy, l.ID, "totp"),
		"of no secret": second(s.LoginByHash(ctx, hashOf("no"))),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, _ := s.LoginByHash(ctx, hashOf("live")); got.State != access.LoginEnded || got.Why != access.EndIdle {
		t.Errorf("%+v", got)
	}
	if n, err := s.ForgetLogins(ctx, now.Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("%d %v", n, err)
	}
	holds(t, s)
}

func TestStepUpIsFiled(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	l := loggedIn(t, s, "amy")
	*now = now.Add(10 * time.Minute)
	if got, _ := s.LoginByHash(ctx, l.Hash); got.SteppedUpAt(*now) {
		t.Error("still stepped up after ten minutes")
	}
	if err := s.StepUpLogin(ctx, amy, l.ID, "passkey"); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.LoginByHash(ctx, l.Hash); !got.SteppedUpAt(*now) {
		t.Errorf("%+v", got)
	}
}

// What was seen counts at once, and is on the disk after the store was closed.
func TestTouchesCountAtOnceAndReachTheDisk(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	opt := made(t)
	opt.Clock = func() time.Time { return now }
	s := opened(t, opt)
	ctx := context.Background()
	apply(t, s, demoBook())
	joined(t, s, "amy")
	l := loggedIn(t, s, "amy")
	for i := range 100 {
		s.TouchLogin(l.ID, now.Add(time.Duration(i)*time.Second), fmt.Sprintf("192.0.2.%d", i))
	}
	last := now.Add(99 * time.Second)
	if got, _ := s.LoginByHash(ctx, l.Hash); !got.Seen.Equal(last) || got.From != "192.0.2.99" {
		t.Errorf("%v %v", got.Seen, got.From)
	}
	s.TouchLogin(l.ID, now, "192.0.2.1") // an older one does not take it back
	if list, _ := s.LoginsOf(ctx, "amy"); len(list) != 1 || !list[0].Seen.Equal(last) {
		t.Errorf("%+v", list)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, opt)
	if got, err := s.LoginByHash(ctx, l.Hash); err != nil || !got.Seen.Equal(last) || got.From != "192.0.2.99" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestTouchNeverWakesALoginThatEnded(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	l := loggedIn(t, s, "amy")
	if err := s.EndLogin(ctx, amy, l.ID, access.EndLogout); err != nil {
		t.Fatal(err)
	}
	s.TouchLogin(l.ID, now.Add(time.Minute), "192.0.2.66")
	if err := s.Audit(ctx, ping("behind the touch")); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.LoginByHash(ctx, l.Hash); got.State != access.LoginEnded || !got.Seen.Equal(l.Seen) {
		t.Errorf("%+v", got)
	}
}

func TestReadinessEndsWithItsLoginWhereThatWasMeant(t *testing.T) {
	for why, stays := range map[string]int{access.EndLogout: 0, access.EndRevoked: 0, access.EndIdle: 1, access.EndAbsolute: 1} {
		s, _ := staffed(t)
		ctx := context.Background()
		agent(t, s, "amy")
		l, other := loggedIn(t, s, "amy"), loggedIn(t, s, "amy")
		if err := s.PutReadiness(ctx, amy, ready(l)); err != nil {
			t.Fatal(err)
		}
		if err := s.EndLogin(ctx, amy, other.ID, access.EndLogout); err != nil {
			t.Fatal(err)
		}
		if list, _ := s.Readiness(ctx); len(list) != 1 {
			t.Error("the end of another login took it")
		}
		if err := s.EndLogin(ctx, amy, l.ID, why); err != nil {
			t.Fatal(err)
		}
		if list, _ := s.Readiness(ctx); len(list) != stays {
			t.Errorf("%s: %+v", why, list)
		}
	}
}

func TestReadinessGoesWithItsDevice(t *testing.T) {
	s, _ := staffed(t)
	agent(t, s, "amy")
	r := ready(loggedIn(t, s, "amy"))
	if err := s.PutReadiness(ctx, amy, r); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeDevice(ctx, root, "amy-desk", "lost"); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Readiness(ctx); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if err := s.PutReadiness(ctx, amy, r); !errors.Is(err, ErrConflict) {
		t.Errorf("ready again: %v", err)
	}
}

func TestReadinessSurvivesARestart(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	ctx := context.Background()
	apply(t, s, demoBook())
	agent(t, s, "amy")
	r := ready(loggedIn(t, s, "amy"))
	if err := s.PutReadiness(ctx, amy, r); err != nil {
		t.Fatal(err)
	}
	r.Mode, r.Why = access.ReadyLimited, "flow lost"
	if err := s.PutReadiness(ctx, amy, r); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, opt)
	list, err := s.Readiness(ctx)
	if err != nil || len(list) != 1 || list[0].Mode != access.ReadyLimited || list[0].Why != "flow lost" || !list[0].Since.Equal(r.Since) || list[0].Clinics[0] != "elm" {
		t.Errorf("%+v %v", list, err)
	}
	again := ready(loggedIn(t, s, "amy"))
	again.Device = "amy-home"
	if err := s.PutReadiness(ctx, amy, again); !errors.Is(err, ErrConflict) {
		t.Errorf("with a device that is not hers: %v", err)
	}
	if err := s.EnrolDevice(ctx, root, Enrolment{User: "amy-home", Person: "amy", Secret: []byte("s")}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutReadiness(ctx, amy, again); err != nil {
		t.Fatal(err)
	}
	if list, _ := s.Readiness(ctx); len(list) != 1 || list[0].Device != "amy-home" {
		t.Errorf("%+v", list)
	}
	if err := s.EndReadiness(ctx, amy, "amy", "logout"); err != nil {
		t.Fatal(err)
	}
	if err := s.EndReadiness(ctx, amy, "amy", "logout"); !errors.Is(err, ErrNotFound) {
		t.Errorf("ended twice: %v", err)
	}
	var stretches int
	if err := s.read.QueryRow("SELECT count(*) FROM readiness WHERE person = 'amy' AND ended IS NOT NULL").Scan(&stretches); err != nil || stretches != 2 {
		t.Errorf("%d %v", stretches, err)
	}
	for _, bad := range []access.Readiness{{}, {Person: "amy", Login: "none", Since: r.Since, Until: r.Until}} {
		if err := s.PutReadiness(ctx, amy, bad); !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrConflict) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// crowd is a house of n people, each with a live login and a grant.
func crowd(b *testing.B, n int) (*Store, []access.Login) {
	b.Helper()
	s := opened(b, Options{Path: made(b).Path, Busy: time.Minute})
	book := demoBook()
	for i := range n {
		book.People = append(book.People, policy.Person{ID: fmt.Sprintf("p%d", i), Role: "agent", Active: true})
	}
	apply(b, s, book)
	logins := make([]access.Login, n)
	for i := range n {
		id := fmt.Sprintf("p%d", i)
		joined(b, s, id)
		if _, err := s.GiveGrant(context.Background(), audit.Actor{Type: "operator"}, access.Grant{Person: id, Role: access.Agent}); err != nil {
			b.Fatal(err)
		}
		logins[i] = loggedIn(b, s, id)
	}
	return s, logins
}

// BenchmarkLoginByHash is what every request asks, among 300 people: which login, and what she may.
func BenchmarkLoginByHash(b *testing.B) {
	s, logins := crowd(b, 300)
	ctx := context.Background()
	b.Run("login", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if l, err := s.LoginByHash(ctx, logins[i%len(logins)].Hash); err != nil || l.State != access.LoginLive {
				b.Fatal(l, err)
			}
		}
	})
	b.Run("login+grants", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			l, err := s.LoginByHash(ctx, logins[i%len(logins)].Hash)
			if err != nil {
				b.Fatal(err)
			}
			if g, err := s.GrantsOf(ctx, l.Person); err != nil || len(g) != 1 {
				b.Fatal(g, err)
			}
		}
	})
	b.Run("unknown", func(b *testing.B) {
		hash := make([]byte, 32)
		_, _ = rand.Read(hash)
		for b.Loop() {
			if _, err := s.LoginByHash(ctx, hash); !errors.Is(err, ErrNotFound) {
				b.Fatal(err)
			}
		}
	})
	b.Run("touch", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s.TouchLogin(logins[i%len(logins)].ID, time.Now(), "192.0.2.1")
		}
	})
}

// While another process holds the database, who is logged in is still known, and nobody waits for what was seen.
func TestLockedDatabaseKeepsNobodyLoggedOut(t *testing.T) {
	s, now := staffed(t)
	joined(t, s, "amy")
	l := loggedIn(t, s, "amy")
	if _, err := s.GiveGrant(ctx, root, access.Grant{Person: "amy", Role: access.Agent}); err != nil {
		t.Fatal(err)
	}
	release := lock(t, s.opt.Path)
	defer release()
	for i := range 2000 { // one that waited for the lock each time would not come to an end

		s.TouchLogin(l.ID, now.Add(time.Duration(i)*access.TouchEvery), "192.0.2.3")
		got, err := s.LoginByHash(ctx, l.Hash)
		if err != nil || got.State != access.LoginLive {
			t.Fatal(got, err)
		}
		if g, err := s.GrantsOf(ctx, "amy"); err != nil || len(g) != 1 {
			t.Fatal(g, err)
		}
	}
}

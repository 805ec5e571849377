package access

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func liveLogin() Login {
	return Login{ID: "l1", Person: "amy", State: LoginLive, Made: noon, Seen: noon, SteppedUp: noon, Factor: "f1"}
}

func TestLoginLengths(t *testing.T) {
	agent, admin := LimitsFor([]Role{Agent}), LimitsFor([]Role{Scheduler, Admin})
	pending := Login{ID: "l2", Person: "amy", State: LoginPending, Made: noon, Seen: noon}
	busy := liveLogin()
	busy.Seen = noon.Add(12*time.Hour - time.Second)
	cases := []struct {
		name  string
		login Login
		at    time.Duration
		lim   Limits
		why   string
	}{
		{"agent at 14:59", liveLogin(), 15*time.Minute - time.Second, agent, ""},
		{"agent at 15:00", liveLogin(), 15 * time.Minute, agent, EndIdle},
		{"admin at 9:59", liveLogin(), 10*time.Minute - time.Second, admin, ""},
		{"admin at 10:00", liveLogin(), 10 * time.Minute, admin, EndIdle},
		{"busy before twelve hours", busy, 12*time.Hour - time.Second, agent, ""},
		{"busy at twelve hours", busy, 12 * time.Hour, agent, EndAbsolute},
		{"pending at 4:59", pending, 5*time.Minute - time.Second, agent, ""},
		{"pending at 5:00", pending, 5 * time.Minute, agent, EndPending},
		{"clock back a minute", liveLogin(), -time.Minute, agent, ""},
		{"clock back a day", liveLogin(), -24 * time.Hour, agent, EndClock},
	}
	for _, c := range cases {
		ok, why := c.login.Live(noon.Add(c.at), c.lim)
		if ok != (c.why == "") || why != c.why {
			t.Errorf("%s: %v %q, want %q", c.name, ok, why, c.why)
		}
	}
}

func TestStepUpIsFiveMinutes(t *testing.T) {
	for at, want := range map[time.Duration]bool{0: true, 5 * time.Minute: true, 5*time.Minute + 1: false, -time.Second: false} {
		if liveLogin().SteppedUpAt(noon.Add(at)) != want {
			t.Errorf("%v after: want %v", at, want)
		}
	}
	l := liveLogin()
	l.State, l.Factor = LoginPending, ""
	if l.SteppedUpAt(noon) {
		t.Error("a pending login is stepped up")
	}
}

// A clock that jumps about: a login whose end was written down never opens again, and none is open for longer than twelve hours
// and the slack, by its own clock and by the true one.
func TestNoClockRevivesALogin(t *testing.T) {
	lim := LimitsFor(nil)
	rapid.Check(t, func(t *rapid.T) {
		l, now := liveLogin(), noon
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			jump := time.Duration(rapid.SampledFrom([]int{1, 5, 14, 16, 60, -1, -30, -60 * 24}).Draw(t, "minutes")) * time.Minute
			now = now.Add(jump)
			ok, why := l.Live(now, lim)
			if ok && !l.Ended.IsZero() {
				t.Fatal("an ended login opened")
			}
			if ok && (now.Sub(l.Made) >= lim.Absolute || now.Before(l.Made.Add(-ClockSlack))) {
				t.Fatalf("open at %v", now.Sub(l.Made))
			}
			if !ok {
				l.State, l.Ended, l.Why = LoginEnded, now, why // whoever hears no writes it down
			} else {
				l.Seen = now
			}
		}
		if !l.Ended.IsZero() && l.Why == "" {
			t.Fatal("ended without a word")
		}
	})
}

func TestSecretsOpenOnlyTheirOwnDoor(t *testing.T) {
	kinds := []SecretKind{LoginSecret, PendingSecret, InvitationSecret}
	for _, made := range kinds {
		secret, hash := NewSecret(made)
		if len(secret) != 47 {
			t.Errorf("%s: %d characters", made, len(secret))
		}
		for _, asked := range kinds {
			got, ok := HashSecret(asked, secret)
			if ok != (asked == made) || (ok && !SameHash(got, hash)) {
				t.Errorf("%s taken for %s: %v", made, asked, ok)
			}
		}
		for _, bad := range []string{"", string(made), secret[:46], secret + "A", secret[:46] + "=", secret[:46] + "\n", secret[:46] + "ａ"} {
			if _, ok := HashSecret(made, bad); ok {
				t.Errorf("%q taken", bad)
			}
		}
	}
}

func TestInvitationIsOpenOnceAndForAWhile(t *testing.T) {
	i := Invitation{Made: noon, Expires: noon.Add(InvitationLife)}
	used, revoked := i, i
	used.Used, revoked.Revoked = noon, noon
	for at, want := range map[time.Duration]bool{0: true, InvitationLife - 1: true, InvitationLife: false, -24 * time.Hour: false} {
		if i.Open(noon.Add(at)) != want || used.Open(noon.Add(at)) || revoked.Open(noon.Add(at)) {
			t.Errorf("%v after", at)
		}
	}
}

func TestNamesHaveNoLookAlikes(t *testing.T) {
	for _, good := range []string{"amy", "bo.lee-2_x", "a"} {
		if !ValidName(good) {
			t.Errorf("%q refused", good)
		}
	}
	long := make([]byte, 65)
	for i := range long {
		long[i] = 'a'
	}
	bad := []string{
		"", "Amy", "\u0430my" /* Cyrillic a */, "am\u0443", "ａmy", "amy\u200b", "amy ", " amy", "a\u0301my", "amy\x00", "ämy",
		"\u202eamy", "amy\n", "amy/..", string(long), Operator, "\xff",
	}
	for _, name := range bad {
		if ValidName(name) {
			t.Errorf("%q is a name", name)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("amy")
	f.Add("\u0430my")
	f.Fuzz(func(t *testing.T, name string) {
		if !ValidName(name) {
			return
		}
		for _, r := range name {
			if r > 0x7e || r <= ' ' || (r >= 'A' && r <= 'Z') {
				t.Fatalf("%q is a name", name)
			}
		}
	})
}

func FuzzSecrets(f *testing.F) {
	secret, _ := NewSecret(LoginSecret)
	f.Add(secret)
	f.Add("nbl_")
	f.Fuzz(func(t *testing.T, text string) {
		if hash, ok := HashSecret(LoginSecret, text); ok && (len(text) != 47 || len(hash) != 32) {
			t.Fatalf("%q taken", text)
		}
		if hash, ok := HashRecoveryCode(text); ok && len(hash) != 32 {
			t.Fatalf("%q taken", text)
		}
	})
}

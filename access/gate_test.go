package access

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// amyOnShift is an agent of two clinics for whom everything is in order.
func amyOnShift(purpose Purpose) Facts {
	made := noon.Add(-time.Hour)
	f := Facts{
		Now: noon, For: purpose,
		Account: Account{Person: "amy", State: Active},
		Grants:  []Grant{{ID: "g1", Person: "amy", Role: Agent, Clinics: []string{"heart", "skin"}, From: made.AddDate(-1, 0, 0)}},
		Login:   Login{ID: "l1", Person: "amy", State: LoginLive, Made: made, Seen: noon.Add(-time.Minute), SteppedUp: made, Factor: "f1"},
		Limits:  LimitsFor([]Role{Agent}),
		Courses: []string{"privacy"},
		Trainings: []Training{
			{Person: "amy", Course: "privacy", Passed: made.AddDate(0, -6, 0), Expires: made.AddDate(0, 6, 0)},
		},
		Policies:     []Policy{{ID: "sanctions", Version: "2", From: made.AddDate(0, -1, 0)}},
		Acknowledged: []Acknowledgement{{Person: "amy", Policy: "sanctions", Version: "2", At: made}},
		Devices:      []Enrolled{{User: "amy-desk"}},
		Clinic:       "heart",
	}
	f.Ready = ReadyFor(f, "amy-desk")
	return f
}

var everyPurpose = []Purpose{Entering, MakingReady, Answering, Serving, Reading, Exporting}

func codes(reasons []Reason) []ReasonCode {
	var c []ReasonCode
	for _, r := range reasons {
		c = append(c, r.Code)
	}
	return c
}

func TestEverythingInOrderIsLetThrough(t *testing.T) {
	for _, p := range everyPurpose {
		if v := Decide(amyOnShift(p)); !v.Open || len(v.Warnings) != 0 || v.Limited {
			t.Errorf("purpose %d: %v %v", p, v, v.Warnings)
		}
	}
}

// Whoever comes with nothing hears everything at once, each with what to do.
func TestEveryReasonAtOnce(t *testing.T) {
	f := amyOnShift(Exporting)
	f.Account.MustChange, f.Grants, f.Login.Factor = true, nil, ""
	f.Trainings, f.Acknowledged, f.Papers = nil, nil, []string{"The agreement with this clinic"}
	got := codes(Decide(f).Reasons)
	want := []ReasonCode{BecausePassword, BecauseRole, BecauseFactor, BecauseTraining, BecausePolicy, BecausePaper}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	f = Facts{Now: noon, For: MakingReady, Courses: []string{"privacy"}, Policies: []Policy{{ID: "sanctions", Version: "2"}}}
	got = codes(Decide(f).Reasons)
	want = []ReasonCode{BecauseAccount, BecauseRole, BecauseLogin, BecauseTraining, BecausePolicy, BecauseDevice}
	if !slices.Equal(got, want) {
		t.Errorf("nobody: got %v, want %v", got, want)
	}
	for _, r := range Decide(f).Reasons {
		if len(strings.Fields(r.Text)) < 4 || !strings.HasSuffix(r.Text, ".") {
			t.Errorf("%s: %q says too little", r.Code, r.Text)
		}
	}
}

// Take away one thing: exactly the purposes that need it close.
func TestOneThingMissing(t *testing.T) {
	cases := map[string]struct {
		bend   func(*Facts)
		closes []Purpose
		code   ReasonCode
	}{
		"suspended":       {func(f *Facts) { f.Account.State = Suspended }, everyPurpose, BecauseAccount},
		"terminated":      {func(f *Facts) { f.Account.State = Terminated }, everyPurpose, BecauseAccount},
		"grant ended":     {func(f *Facts) { f.Grants[0].Ended = noon }, everyPurpose[1:], BecauseRole},
		"somebody else's": {func(f *Facts) { f.Grants[0].Person = "bo" }, everyPurpose[1:], BecauseRole},
		"other clinic":    {func(f *Facts) { f.Clinic = "bones" }, everyPurpose[1:], BecauseClinic},
		"pending login":   {func(f *Facts) { f.Login.State, f.Login.Factor = LoginPending, "" }, []Purpose{MakingReady, Serving, Reading, Exporting}, BecauseLogin},
		"bo's login":      {func(f *Facts) { f.Login.Person = "bo" }, []Purpose{MakingReady, Serving, Reading, Exporting}, BecauseLogin},
		"revoked login":   {func(f *Facts) { f.Login.Ended, f.Login.Why = noon, EndRevoked }, []Purpose{MakingReady, Serving, Reading, Exporting}, BecauseLogin},
		"no training":     {func(f *Facts) { f.Trainings = nil }, []Purpose{MakingReady, Reading, Exporting}, BecauseTraining},
		"bo's training":   {func(f *Facts) { f.Trainings[0].Person = "bo" }, []Purpose{MakingReady, Reading, Exporting}, BecauseTraining},
		"old policy":      {func(f *Facts) { f.Policies[0].Version = "3" }, []Purpose{MakingReady, Reading, Exporting}, BecausePolicy},
		"device revoked":  {func(f *Facts) { f.Devices[0].Revoked = true }, everyPurpose[1:], BecauseDevice},
		"device expired":  {func(f *Facts) { f.Devices[0].Expires = noon }, everyPurpose[1:], BecauseDevice},
		"not on shift":    {func(f *Facts) { f.Ready = Readiness{} }, []Purpose{Answering, Serving, Reading, Exporting}, BecauseShift},
		"limited":         {func(f *Facts) { f.Ready.Mode = ReadyLimited }, []Purpose{Reading, Exporting}, BecauseLimited},
		"paper":           {func(f *Facts) { f.Papers = []string{"The agreement"} }, []Purpose{Entering, Exporting}, BecausePaper},
	}
	for name, c := range cases {
		for _, p := range everyPurpose {
			f := amyOnShift(p)
			c.bend(&f)
			v := Decide(f)
			if v.Open == slices.Contains(c.closes, p) {
				t.Errorf("%s: purpose %d: open=%v (%v)", name, p, v.Open, v)
			}
			if !v.Open && !slices.Contains(codes(v.Reasons), c.code) {
				t.Errorf("%s: purpose %d: %v, want %s", name, p, codes(v.Reasons), c.code)
			}
		}
	}
}

// Amy's training expires in the middle of her shift: calls go on, so does what this login may read; the next shift waits.
func TestLapseBitesAtTheNextShift(t *testing.T) {
	f := amyOnShift(Reading)
	f.Trainings[0].Expires = noon.Add(-10 * time.Minute) // the login is an hour old
	v := Decide(f)
	if !v.Open || len(v.Warnings) != 1 || v.Warnings[0].Code != BecauseTraining {
		t.Errorf("inside the login: %v %v", v, v.Warnings)
	}
	f.For = Answering
	if v := Decide(f); !v.Open {
		t.Errorf("inside the shift: %v", v)
	}
	f.For = MakingReady
	if v := Decide(f); v.Open {
		t.Error("a new shift began on a lapsed training")
	}
	f.For, f.Login.Made = Reading, noon.Add(-5*time.Minute)
	if v := Decide(f); v.Open {
		t.Error("a new login read patients' data on a lapsed training")
	}
	f.Trainings = append(f.Trainings, Training{Person: "amy", Course: "privacy", Passed: noon})
	if v := Decide(f); !v.Open {
		t.Errorf("put right since: %v", v)
	}
}

func TestWarningsComeBefore(t *testing.T) {
	f := amyOnShift(Entering)
	f.Trainings[0].Expires = noon.AddDate(0, 0, 10)
	f.Policies[0] = Policy{ID: "sanctions", Version: "3", From: noon.AddDate(0, 0, 7)}
	v := Decide(f)
	if !v.Open || !slices.Equal(codes(v.Warnings), []ReasonCode{BecauseTraining, BecausePolicy}) {
		t.Errorf("%v %v", v, v.Warnings)
	}
}

// A quiet night: the page was not touched for three hours. The telephone rings, the call's card opens; history does not.
func TestIdleLocksButDoesNotEndReadiness(t *testing.T) {
	f := amyOnShift(Answering)
	f.Login.Seen = noon.Add(-3 * time.Hour)
	f.Login.Made = noon.Add(-4 * time.Hour)
	for p, open := range map[Purpose]bool{Answering: true, Serving: true, Reading: false} {
		f.For = p
		if v := Decide(f); v.Open != open {
			t.Errorf("purpose %d: open=%v (%v)", p, v.Open, v)
		}
	}
	f.For, f.Ready.Login = Serving, "another"
	if Decide(f).Open {
		t.Error("an idle login that is not the shift's serves a call")
	}
}

// A supervisor reads without telephone and shift; to answer she needs both like anybody.
func TestSupervisorReadsWithoutShift(t *testing.T) {
	f := amyOnShift(Reading)
	f.Grants[0].Role, f.Ready, f.Devices = Supervisor, Readiness{}, nil
	if v := Decide(f); !v.Open {
		t.Errorf("reading: %v", v)
	}
	f.For = MakingReady
	if got := codes(Decide(f).Reasons); !slices.Equal(got, []ReasonCode{BecauseDevice}) {
		t.Errorf("making ready: %v", got)
	}
}

func TestExclusiveRolesCloseTheGate(t *testing.T) {
	f := amyOnShift(Reading)
	f.Grants = append(f.Grants, Grant{Person: "amy", Role: Admin, From: noon.AddDate(-1, 0, 0)})
	if v := Decide(f); v.Open || !slices.Contains(codes(v.Reasons), BecauseRole) {
		t.Errorf("admin and agent: %v", v)
	}
}

// Missing papers never stop whoever can put them right.
func TestPapersSpareWhoPutsThemRight(t *testing.T) {
	f := amyOnShift(Entering)
	f.Papers = []string{"The agreement"}
	if Decide(f).Open {
		t.Error("a new login without papers")
	}
	f.Grants[0].Role = Compliance
	if v := Decide(f); !v.Open {
		t.Errorf("the officer: %v", v)
	}
}

// Whatever is bent, and however much: a closed gate says why, an open one has every condition, and taking something away never
// opens it.
func TestGateProperties(t *testing.T) {
	bends := []func(*Facts){
		func(f *Facts) { f.Account.State = Suspended },
		func(f *Facts) { f.Account.MustChange = true },
		func(f *Facts) { f.Grants = nil },
		func(f *Facts) { f.Grants[0].Until = f.Now },
		func(f *Facts) { f.Login = Login{} },
		func(f *Facts) { f.Login.Factor = "" },
		func(f *Facts) { f.Login.Seen = f.Now.Add(-time.Hour) },
		func(f *Facts) { f.Login.Made = f.Now.Add(-13 * time.Hour) },
		func(f *Facts) { f.Login.Made = f.Now.Add(24 * time.Hour) },
		func(f *Facts) { f.Trainings = nil },
		func(f *Facts) { f.Acknowledged = nil },
		func(f *Facts) { f.Devices = nil },
		func(f *Facts) { f.Ready = Readiness{} },
		func(f *Facts) { f.Ready.Mode = ReadyLimited },
		func(f *Facts) { f.Clinic = "bones" },
		func(f *Facts) { f.Papers = []string{"x"} },
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(everyPurpose).Draw(t, "purpose")
		f := amyOnShift(p)
		chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(bends)-1), 0, 6, rapid.ID).Draw(t, "bends")
		was := Decide(f)
		for _, i := range chosen {
			if i == 3 && len(f.Grants) == 0 {
				continue
			}
			bends[i](&f)
			v := Decide(f)
			if v.Open != (len(v.Reasons) == 0) {
				t.Fatalf("open=%v with %v", v.Open, v.Reasons)
			}
			if v.Open && !was.Open {
				t.Fatalf("taking away %d opened purpose %d", i, p)
			}
			was = v
		}
		if again := Decide(f); again.String() != was.String() {
			t.Fatalf("two answers: %v, %v", was, again)
		}
	})
}

// BenchmarkGate prints how many times the bar of 50 µs fits: with thirty grants, as many trainings and policies, and everything
// refused.
func BenchmarkGate(b *testing.B) {
	f := amyOnShift(Exporting)
	for i := range 30 {
		course := string(rune('a'+i%26)) + "-course"
		f.Grants = append(f.Grants, Grant{Person: "amy", Role: Agent, Clinics: []string{course}, From: noon.AddDate(-1, 0, 0)})
		f.Courses = append(f.Courses, course)
		f.Trainings = append(f.Trainings, Training{Person: "amy", Course: course, Passed: noon.AddDate(-2, 0, 0), Expires: noon.AddDate(-1, 0, 0)})
		f.Policies = append(f.Policies, Policy{ID: course, Version: "1", From: noon.AddDate(-1, 0, 0)})
	}
	for _, c := range []struct {
		name  string
		facts Facts
	}{{"in order", amyOnShift(Exporting)}, {"everything refused", f}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Decide(c.facts)
			}
			us := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / 1000
			b.ReportMetric(us, "µs/decision")
			b.ReportMetric(us/50, "of-50µs-bar")
		})
	}
}

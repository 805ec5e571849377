package access

import (
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMain fixes the seed of the drawn properties; make soak, or -rapid.seed, tries others.
func TestMain(m *testing.M) {
	if os.Getenv("NIGHTBELL_SOAK") == "" {
		if err := flag.Set("rapid.seed", "2026"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func ready(person string, clinics ...string) Readiness {
	return Readiness{Person: person, Login: "l-" + person, Device: person + "-desk", Since: noon, Until: noon.Add(ShiftMost), Mode: ReadyFull, Clinics: clinics}
}

func idle(string) bool { return false }

// Amy and Bo are ready; Bo's flow is lost and he goes; Amy's is lost too and she goes on, limited; Carol comes and Amy may go.
func TestLastAgentGoesOnLimited(t *testing.T) {
	live := []string{"heart"}
	r := NewRoster([]Readiness{ready("amy"), ready("bo", "heart")})
	r, e := r.End("bo", FlowLost, live)
	if _, there := r.Of("bo"); there || e.Limited || !e.Changed {
		t.Fatalf("bo: %+v", e)
	}
	r, e = r.End("amy", NoAnswer, live)
	amy, there := r.Present("amy", "heart")
	if !there || !e.Limited || amy.Mode != ReadyLimited || amy.Why != string(NoAnswer) || !slices.Equal(e.For, live) {
		t.Fatalf("amy: %+v", e)
	}
	if _, again := r.End("amy", FlowLost, live); again.Changed || !again.Limited {
		t.Errorf("a second cause changed her again: %+v", again)
	}
	if got := r.Relieved(live, idle); len(got) != 0 {
		t.Errorf("relieved %v with nobody else there", got)
	}
	r = r.With(ready("carol", "heart"))
	if got := r.For("heart"); len(got) != 2 || got[0].Person != "carol" {
		t.Errorf("those in full come first: %v", got)
	}
	if got := r.Relieved(live, func(p string) bool { return p == "amy" }); len(got) != 0 {
		t.Errorf("relieved %v inside a call", got)
	}
	if got := r.Relieved(live, idle); !slices.Equal(got, []string{"amy"}) {
		t.Fatalf("relieved %v, want amy", got)
	}
	r, _ = r.End("amy", MadeRoom, live)
	if _, there := r.Of("amy"); there || len(r.Uncovered(live)) != 0 {
		t.Error("amy did not go, or took the clinic with her")
	}
}

// Only what is deliberate goes below the last one.
func TestRevocationGoesBelowTheLast(t *testing.T) {
	r := NewRoster([]Readiness{ready("amy")})
	after := r.Without("amy")
	if got := after.Uncovered([]string{"heart", "skin"}); !slices.Equal(got, []string{"heart", "skin"}) {
		t.Errorf("uncovered %v", got)
	}
	if _, there := r.Present("amy", "heart"); !there {
		t.Error("the roster before changed under its reader")
	}
}

// Twelve hours: due, unless she is on a call. A clock set back a day makes the shift due instead of endless.
func TestShiftEndsButNotInsideACall(t *testing.T) {
	r := NewRoster([]Readiness{ready("amy")})
	end := noon.Add(ShiftMost)
	if got := r.Due(end.Add(-time.Second), idle); len(got) != 0 {
		t.Errorf("due early: %v", got)
	}
	if got := r.Due(end, func(string) bool { return true }); len(got) != 0 {
		t.Errorf("due inside a call: %v", got)
	}
	if got := r.Due(end, idle); !slices.Equal(got, []string{"amy"}) {
		t.Errorf("due %v", got)
	}
	if got := r.Due(noon.AddDate(0, 0, -1), idle); !slices.Equal(got, []string{"amy"}) {
		t.Errorf("clock set back: due %v", got)
	}
	stretched := ready("bo")
	stretched.Until = noon.AddDate(1, 0, 0)
	if got := NewRoster([]Readiness{stretched}).Due(end, idle); !slices.Equal(got, []string{"bo"}) {
		t.Errorf("a shift longer than twelve hours: due %v", got)
	}
}

func TestReadinessIsForTheGrantsClinics(t *testing.T) {
	f := amyOnShift(MakingReady)
	f.Grants = append(f.Grants,
		Grant{Person: "amy", Role: Supervisor, Clinics: []string{"bones"}, From: noon.AddDate(-1, 0, 0), Until: noon.Add(time.Hour)},
		Grant{Person: "amy", Role: Scheduler, From: noon.AddDate(-1, 0, 0)})
	r := ReadyFor(f, "amy-desk")
	if !slices.Equal(r.Clinics, []string{"bones", "heart", "skin"}) || !r.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("%v until %v", r.Clinics, r.Until)
	}
	f.Grants[0].Clinics = nil
	if r := ReadyFor(f, "amy-desk"); r.Clinics != nil {
		t.Errorf("a grant for all clinics: %v", r.Clinics)
	}
}

// Whatever automatic ends come in whatever order: a live clinic that had somebody keeps somebody, nobody else's readiness
// changes, and a roster in a reader's hand stays as it was.
func TestAutomaticEndsNeverEmptyAClinic(t *testing.T) {
	clinics := []string{"heart", "skin", "bones"}
	rapid.Check(t, func(t *rapid.T) {
		r := NewRoster(nil)
		for _, person := range []string{"amy", "bo", "carol", "dan"} {
			if rapid.Bool().Draw(t, person) {
				of := rapid.SliceOfDistinct(rapid.SampledFrom(clinics), rapid.ID).Draw(t, person+" clinics")
				r = r.With(ready(person, of...))
			}
		}
		live := rapid.SliceOfDistinct(rapid.SampledFrom(clinics), rapid.ID).Draw(t, "live")
		for range rapid.IntRange(1, 12).Draw(t, "ends") {
			person := rapid.SampledFrom([]string{"amy", "bo", "carol", "dan", "nobody"}).Draw(t, "who")
			before, bare := r.All(), r.Uncovered(live)
			if rapid.IntRange(0, 4).Draw(t, "again") == 0 {
				r = r.With(ready(person, rapid.SampledFrom(clinics).Draw(t, "for")))
				continue
			}
			next, e := r.End(person, FlowLost, live)
			if got := next.Uncovered(live); !slices.Equal(got, bare) {
				t.Fatalf("%s took %v (bare before: %v)", person, got, bare)
			}
			if !slices.EqualFunc(r.All(), before, func(a, b Readiness) bool { return a.Person == b.Person && a.Mode == b.Mode }) {
				t.Fatal("a roster changed under its reader")
			}
			for _, one := range before {
				if now, there := next.Of(one.Person); one.Person != person && (!there || now.Mode != one.Mode) {
					t.Fatalf("%s's end changed %s", person, one.Person)
				}
			}
			if e.Limited != (len(e.For) > 0) {
				t.Fatalf("%+v", e)
			}
			r = next
		}
		for _, free := range r.Relieved(live, idle) {
			bare := r.Uncovered(live)
			var e Ending
			if r, e = r.End(free, MadeRoom, live); !e.Limited && !slices.Equal(r.Uncovered(live), bare) {
				t.Fatalf("relieving %s emptied a clinic", free)
			}
		}
	})
}

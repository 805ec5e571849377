package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/phi"
)

// harbor is a small practice: three agents on a daily rota, a clinician with a telephone only, hours 08-17 on weekdays.
func harbor() *Book {
	agent := func(id string) Person {
		return Person{ID: id, Name: phi.NewName("Invented " + id), Role: "agent", Active: true}
	}
	lee := Person{ID: "dr-lee", Name: phi.NewName("Dr. Lee"), Role: "clinician", Phone: phi.NewPhone("+12125550142"), Active: true}
	return &Book{
		Version: "v1", CatchAll: "harbor",
		Clinics: []Clinic{
			{
				ID: "harbor", Name: "Harbor Family Practice", Zone: "America/New_York", Greeting: "greeting",
				Announce: "announcement", LastResort: "last_resort", Record: true,
				Hours: []Hours{{Days: []int{1, 2, 3, 4, 5}, Start: 8 * 60, End: 17 * 60}},
				Open:  Flow{[]StepRule{{Name: "day", Schedule: "agents", For: 20 * time.Second}}},
				Closed: Flow{[]StepRule{
					{Name: "on duty", Schedule: "agents", For: 20 * time.Second},
					{Name: "all", People: []string{"amy", "bo", "carol"}, Mode: InOrder, For: 15 * time.Second},
				}},
			},
			{ID: "north", Name: "North Street Clinic", Zone: "America/Chicago"},
		},
		Numbers: []Number{
			{Number: "+12125550100", Clinic: "harbor", Answer: AtOnce},
			{Number: "204", Trunk: "pbx", Clinic: "north", Answer: WhenAgentAnswers},
		},
		Trunks:  []Trunk{{ID: "carrier"}, {ID: "pbx"}},
		People:  []Person{agent("amy"), agent("bo"), agent("carol"), lee},
		Devices: []Device{{User: "amy", Person: "amy"}, {User: "amy-desk", Person: "amy"}, {User: "bo", Person: "bo"}, {User: "carol", Person: "carol"}},
		Schedules: []Schedule{{ID: "agents", Clinic: "harbor", Layers: []Layer{
			{ID: "daily", Tier: 1, Rotation: Rotation{Anchor: "2026-11-02T08:00:00", Every: 1, Unit: Day, Members: []string{"amy", "bo", "carol"}}},
			{ID: "backup", Tier: 2, Rotation: Rotation{Anchor: "2026-11-02T08:00:00", Every: 1, Unit: Week, Members: []string{"carol"}}},
		}}},
	}
}

// Monday evening in New York: 2026-11-23 18:30 EST, period 21, Amy's.
var evening = time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC)

func ask(b *Book, number string) Plan {
	return Index(b, nil).Decide(Inquiry{Trunk: "carrier", Number: number, At: evening})
}

func people(s Step) (ids []string) {
	for _, t := range s.Targets {
		ids = append(ids, t.Person)
	}
	return ids
}

func says(t *testing.T, lines []string, want string) {
	t.Helper()
	if !strings.Contains(strings.Join(lines, "\n"), want) {
		t.Errorf("nothing says %q:\n%s", want, strings.Join(lines, "\n"))
	}
}

func TestPlanOfAnEveningCall(t *testing.T) {
	p := ask(harbor(), "+12125550100")
	if p.Clinic != "harbor" || p.Open || p.Answer != AtOnce || !p.Record || p.Number != "+12125550100" || p.LastResort != "last_resort" {
		t.Errorf("plan = %+v", p)
	}
	if len(p.Steps) != 2 || !slices.Equal(people(p.Steps[0]), []string{"amy"}) {
		t.Fatalf("steps = %+v", p.Steps)
	}
	if got := p.Steps[0].Targets[0].Users; !slices.Equal(got, []string{"amy", "amy-desk"}) {
		t.Errorf("Amy rings at %v", got)
	}
	if got := people(p.Steps[1]); !slices.Equal(got, []string{"amy", "bo", "carol"}) || p.Steps[1].Mode != InOrder {
		t.Errorf("second step = %+v", p.Steps[1])
	}
	says(t, p.Because, "+12125550100 is Harbor Family Practice's number")
	says(t, p.Because, "closed since 2026-11-23 17:00 America/New_York (EST)")
	says(t, p.Because, "zone data "+EmbeddedZones().Version)
	says(t, p.Steps[0].Because, "amy: layer daily, period 21 until 2026-11-24 08:00 America/New_York (EST)")
}

func TestNumberIsFoundHoweverItIsWritten(t *testing.T) {
	for _, number := range []string{"+12125550100", "12125550100", "2125550100", "(212) 555-0100"} {
		if p := ask(harbor(), number); p.Number != "+12125550100" {
			t.Errorf("%s matched %q", number, p.Number)
		}
	}
}

func TestExtensionCountsOnItsTrunkOnly(t *testing.T) {
	s := Index(harbor(), nil)
	if p := s.Decide(Inquiry{Trunk: "pbx", Number: "204", At: evening}); p.Clinic != "north" || p.Answer != WhenAgentAnswers {
		t.Errorf("on its trunk: %+v", p)
	}
	if p := s.Decide(Inquiry{Trunk: "carrier", Number: "204", At: evening}); p.Clinic != "harbor" || p.Number != "" {
		t.Errorf("on another trunk: %+v", p)
	}
}

func TestUnknownNumberReachesTheCatchAll(t *testing.T) {
	p := ask(harbor(), "+13125550199")
	if p.Clinic != "harbor" || p.Number != "" || len(p.Steps) == 0 {
		t.Errorf("plan = %+v", p)
	}
	says(t, p.Because, "catch-all")
}

func TestThereIsAlwaysALastResort(t *testing.T) {
	empty := ask(&Book{}, "+12125550100")
	if empty.LastResort == "" || len(empty.Steps) != 0 {
		t.Errorf("an empty book gives %+v", empty)
	}
	b := harbor()
	b.Clinics[0].LastResort, b.Clinics[0].Zone = "", "Nowhere/Land"
	if p := ask(b, "+12125550100"); p.LastResort != DefaultLastResort || len(p.Steps) != 2 {
		t.Errorf("a broken clinic gives %+v", p)
	}
	b.Clinics[0].Suspended = true
	if p := ask(b, "+12125550100"); len(p.Steps) != 0 || p.LastResort == "" {
		t.Errorf("a suspended clinic gives %+v", p)
	}
}

func TestInactivePersonIsPassedOverAndTheNextTierRings(t *testing.T) {
	b := harbor()
	b.People[0].Active = false
	p := ask(b, "+12125550100")
	if got := people(p.Steps[0]); !slices.Equal(got, []string{"carol"}) {
		t.Errorf("first step rings %v", got)
	}
	says(t, p.Steps[0].Because, "amy is passed over: deactivated")
	says(t, p.Steps[0].Because, "nobody on call in tier 1")
	if got := people(p.Steps[1]); !slices.Equal(got, []string{"bo", "carol"}) {
		t.Errorf("second step rings %v", got)
	}
}

func TestEmptyStepTakesNoTime(t *testing.T) {
	b := harbor()
	b.Clinics[0].Closed.Steps[0] = StepRule{Name: "clinician", People: []string{"dr-lee", "stranger"}}
	p := ask(b, "+12125550100")
	if len(p.Steps[0].Targets) != 0 || len(p.Steps) != 2 {
		t.Errorf("steps = %+v", p.Steps)
	}
	says(t, p.Steps[0].Because, "stranger is passed over: unknown")
	says(t, p.Steps[0].Because, "the next step follows at once")
}

func TestOverrideIsTheReason(t *testing.T) {
	b := harbor()
	b.Schedules[0].Overrides = []Override{{
		ID: "ov-1", Kind: "assign", Person: "bo", Tier: 1, Start: evening.Add(-time.Hour), End: evening.Add(time.Hour),
		Created: evening.Add(-24 * time.Hour),
	}}
	p := ask(b, "+12125550100")
	if got := people(p.Steps[0]); !slices.Equal(got, []string{"bo"}) {
		t.Errorf("first step rings %v", got)
	}
	says(t, p.Steps[0].Because, "bo: override ov-1 (assign) until 2026-11-23 19:30 America/New_York (EST)")
}

func TestPlanHoldsNoNameAndNoNumberOfAPerson(t *testing.T) {
	b := harbor()
	p := Index(b, nil).Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", From: phi.NewPhone("+12125550199"), At: evening})
	for _, secret := range []string{"Invented", "+12125550142", "+12125550199", "Lee"} {
		if all := fmt.Sprintf("%+v", p); strings.Contains(all, secret) {
			t.Errorf("the plan shows %q: %s", secret, all)
		}
	}
}

func TestUnknownNumberDialledIsNotRepeated(t *testing.T) {
	// What somebody dialled by mistake may be a patient's own number.
	if all := fmt.Sprintf("%+v", ask(harbor(), "+12125550199")); strings.Contains(all, "0199") {
		t.Errorf("the plan repeats the number: %s", all)
	}
}

func TestExplainSpeaksInSentences(t *testing.T) {
	s := Index(harbor(), nil)
	got := strings.Join(s.Explain("agents", evening), "\n")
	want := strings.Join([]string{
		"tier 1: amy: layer daily, period 21 until 2026-11-24 08:00 America/New_York (EST)",
		"tier 2: carol: layer backup, period 3 until 2026-11-30 08:00 America/New_York (EST)",
		"zone America/New_York, zone data " + EmbeddedZones().Version,
		"version v1 of the rules",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

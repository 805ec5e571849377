package policy

import (
	"sync"
	"testing"
	"time"
)

func TestTwoHalvesOfTheDayAreOnePersonAtEveryMinuteOfTheYear(t *testing.T) {
	all := []int{1, 2, 3, 4, 5, 6, 7}
	rota := func(who string) Rotation {
		return Rotation{Anchor: "2026-01-01T00:00:00", Every: 1, Unit: Week, Members: []string{who}}
	}
	ny := zone(t, "America/New_York")
	r, err := Compile(Schedule{Layers: []Layer{
		{ID: "day", Tier: 1, Windows: []Hours{{Days: all, Start: 8 * 60, End: 17 * 60}}, Rotation: rota("D")},
		{ID: "night", Tier: 1, Mode: Add, Windows: []Hours{{Days: all, Start: 17 * 60, End: 8 * 60}}, Rotation: rota("N")},
	}}, Rules{Zone: ny})
	if err != nil {
		t.Fatal(err)
	}
	var now OnCall
	minutes := 0
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, ny); at.In(ny).Year() == 2026; at = at.Add(time.Minute) {
		r.Resolve(at, &now)
		want := "D"
		if h := at.In(ny).Hour(); h < 8 || h >= 17 {
			want = "N"
		}
		if people := now.Tiers[0].People; len(people) != 1 || people[0].Person != want {
			t.Fatalf("%s: %+v", at, people)
		}
		minutes++
	}
	if minutes != 525600 {
		t.Errorf("%d minutes", minutes)
	}
}

func TestCoverEndsWithTheShiftItCovers(t *testing.T) {
	ny := zone(t, "America/New_York")
	at := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	r, err := Compile(Schedule{
		Layers: []Layer{{ID: "l", Tier: 1, Rotation: Rotation{Anchor: "2026-11-23T08:00:00", Every: 1, Unit: Week, Members: []string{"A", "B"}}}},
		Edits:  []Edit{{ID: "c", At: at.AddDate(0, 0, -7), Do: DoCover, From: "A", Person: "Y", Start: at, End: at.AddDate(0, 0, 7)}},
	}, Rules{Zone: ny})
	if err != nil {
		t.Fatal(err)
	}
	var now OnCall
	r.Resolve(at, &now)
	p := now.Tiers[0].People[0]
	if p.Person != "Y" || !p.Until.Equal(time.Date(2026, 11, 30, 13, 0, 0, 0, time.UTC)) || !p.Since.Equal(at) || p.Source.For != "A" {
		t.Errorf("stands %+v", p)
	}
}

func TestOneSnapshotAnswersManyAtOnce(t *testing.T) {
	s := Index(harbor(), nil)
	want := len(s.Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", At: evening}).Steps)
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			var now OnCall
			for j := range 200 {
				at := evening.Add(time.Duration(i*200+j) * time.Hour)
				s.Resolve("agents", at, &now)
				if got := s.Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", At: evening}); len(got.Steps) != want {
					t.Errorf("%d steps", len(got.Steps))
				}
			}
		})
	}
	callers.Wait()
}

func TestFederalHolidaysOf2027(t *testing.T) {
	want := map[string]string{
		"New Year's Day": "2027-01-01", "Martin Luther King Day": "2027-01-18", "Washington's Birthday": "2027-02-15",
		"Memorial Day": "2027-05-31", "Juneteenth": "2027-06-18", "Independence Day": "2027-07-05", "Labor Day": "2027-09-06",
		"Columbus Day": "2027-10-11", "Veterans Day": "2027-11-11", "Thanksgiving": "2027-11-25", "Christmas Day": "2027-12-24",
	}
	for _, h := range FederalHolidays() {
		date, ok := h.date(2027)
		if !ok || dateText(date) != want[h.Name] {
			t.Errorf("%s is observed on %s", h.Name, dateText(date))
		}
		if !newCalendar([]string{h.Name}, FederalHolidays()).holds(date) {
			t.Errorf("%s does not hold on its date", h.Name)
		}
	}
	// New Year's Day 2028 is a Saturday: observed in 2027.
	if c := newCalendar([]string{"New Year's Day"}, FederalHolidays()); !c.holds(dateOf(2027, time.December, 31)) {
		t.Error("New Year's Day 2028 is not observed on 2027-12-31")
	}
}

func TestLeaveInTheBookActsOnItsSchedulesAndOnceKnown(t *testing.T) {
	b := harbor()
	b.Edits = []Edit{{
		ID: "leave", At: evening.Add(-time.Hour), Do: DoAbsence, Person: "amy", Cover: "bo",
		Start: evening.Add(-time.Minute), End: evening.Add(time.Hour),
	}}
	s := Index(b, nil)
	p := s.Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", At: evening})
	if got := people(p.Steps[0]); len(got) != 1 || got[0] != "bo" {
		t.Errorf("rings %v", got)
	}
	says(t, p.Steps[0].Because, "bo: stands in for amy who is absent (layer daily, period 21)")
	before, err := s.AsKnownAt("agents", evening.Add(-2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var now OnCall
	before.Resolve(evening, &now)
	if got := now.Tiers[0].People[0].Person; got != "amy" {
		t.Errorf("as known two hours before: %s", got)
	}
}

func TestScheduleThatCannotBeReadIsNamedAndTheNextStepRings(t *testing.T) {
	b := harbor()
	b.Schedules[0].Layers[0].Rotation.Members = nil
	s := Index(b, nil)
	if m := s.Mistakes(); len(m) != 1 || m[0].Error() != "schedule agents: layer daily: rotation without members" {
		t.Errorf("mistakes = %v", m)
	}
	p := s.Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", At: evening})
	if len(p.Steps[0].Targets) != 0 || len(p.Steps[1].Targets) != 3 {
		t.Errorf("steps = %+v", p.Steps)
	}
	says(t, p.Steps[0].Because, "schedule agents cannot be read")
}

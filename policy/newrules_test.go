package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// who lists a tier's people at an instant as the book says it.
func who(t *testing.T, b *Book, tier int, at time.Time) (ids []string) {
	t.Helper()
	s := Index(b, nil)
	if m := s.Mistakes(); len(m) > 0 {
		t.Fatal(m)
	}
	var now OnCall
	s.Resolve("agents", at, &now)
	for _, p := range now.Tiers[tier-1].People {
		ids = append(ids, p.Person)
	}
	return ids
}

func with(t *testing.T, b *Book, edits ...Edit) *Book {
	t.Helper()
	for _, e := range edits {
		next, err := AmendEdit(b, "agents", e)
		if err != nil {
			t.Fatal(err)
		}
		b = next
	}
	return b
}

func TestDoNotDisturbBringsTheCoverAndOnlyWhileItHolds(t *testing.T) {
	b := with(t, harbor(), Edit{ID: "q", At: tonight, Do: DoDND, Person: "amy", Cover: "bo", Start: tonight, End: tonight.Add(time.Hour)})
	for at, want := range map[time.Duration]string{-1: "amy", 0: "bo", time.Hour - 1: "bo", time.Hour: "amy"} {
		if got := who(t, b, 1, tonight.Add(at)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", at, got)
		}
	}
	s := Index(b, nil)
	says(t, s.Explain("agents", tonight), "tier 1: bo: stands in for amy who is not to be disturbed (layer daily, period 21) until 2026-11-23 19:30 America/New_York (EST)")
}

func TestDoNotDisturbNeverMakesAGap(t *testing.T) {
	quiet := func(id, who, cover string) Edit {
		return Edit{ID: id, At: tonight, Do: DoDND, Person: who, Cover: cover, Start: tonight, End: tonight.Add(time.Hour)}
	}
	gone := AmendPerson(harbor(), Person{ID: "bo"})
	left := AmendPeople(harbor(), Edit{ID: "d", At: tonight, Do: DoDeactivate, Person: "bo", Effective: tonight})
	away := AmendPeople(harbor(), Edit{ID: "a", At: tonight, Do: DoAbsence, Person: "bo", Start: tonight, End: tonight.Add(time.Hour)})
	for name, c := range map[string]struct {
		book *Book
		want string
	}{
		"cover inactive":    {with(t, gone, quiet("q", "amy", "bo")), "amy"},
		"cover deactivated": {with(t, left, quiet("q", "amy", "bo")), "amy"},
		"cover away":        {with(t, away, quiet("q", "amy", "bo")), "amy"},
		"cover missing":     {with(t, harbor(), quiet("q", "amy", "")), "amy"},
		"a circle":          {with(t, harbor(), quiet("q", "amy", "bo"), quiet("r", "bo", "amy")), "bo"},
		"a chain":           {with(t, harbor(), quiet("q", "amy", "bo"), quiet("r", "bo", "carol")), "carol"},
		"a chain that ends": {with(t, away, quiet("q", "amy", "carol"), quiet("r", "carol", "bo")), "carol"},
	} {
		if got := who(t, c.book, 1, tonight); len(got) != 1 || got[0] != c.want && name != "a circle" {
			t.Errorf("%s: %v", name, got)
		}
	}
	onLeave := AmendPeople(with(t, gone, quiet("q", "amy", "bo")), Edit{ID: "a", At: tonight, Do: DoAbsence, Person: "amy", Start: tonight, End: tonight.Add(time.Hour)})
	if got := who(t, onLeave, 1, tonight); slices.Contains(got, "amy") {
		t.Errorf("who is on leave is rung: %v", got)
	}
}

func TestShiftIsTakenOverNowUntilItWouldHaveEnded(t *testing.T) {
	s := Index(harbor(), nil)
	e, err := s.TakeOver("agents", 1, "carol", tonight)
	if err != nil || e.From != "amy" || !e.End.Equal(time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v, %v", e, err)
	}
	e.ID = "t"
	if m := CheckEdit(harbor().Schedules[0], e, harbor(), nil, tonight); len(m) > 0 {
		t.Fatal(m)
	}
	b := with(t, harbor(), e)
	for at, want := range map[time.Time]string{tonight.Add(-1): "amy", tonight: "carol", e.End.Add(-1): "carol", e.End: "bo"} {
		if got := who(t, b, 1, at); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", at, got)
		}
	}
	says(t, Index(b, nil).Explain("agents", tonight), "tier 1: carol: took over from amy by override t until 2026-11-24 08:00 America/New_York (EST)")
	for name, bad := range map[string]struct {
		schedule, person string
		tier             int
	}{"no schedule": {"x", "bo", 1}, "no tier": {"agents", "bo", 7}, "herself": {"agents", "amy", 1}} {
		if e, err := s.TakeOver(bad.schedule, bad.tier, bad.person, tonight); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestTakingOverAnEmptyTierLastsAsLongAsItWouldBeEmpty(t *testing.T) {
	b := with(t, harbor(), Edit{ID: "n", At: tonight, Do: DoNobody, Start: tonight.Add(-time.Hour), End: tonight.Add(time.Hour), Reason: "r"})
	e, err := Index(b, nil).TakeOver("agents", 0, "bo", tonight)
	if err != nil || e.From != "" || !e.End.Equal(tonight.Add(time.Hour)) {
		t.Fatalf("%+v, %v", e, err)
	}
	e.ID = "t"
	if got := who(t, with(t, b, e), 1, tonight); !slices.Equal(got, []string{"bo"}) {
		t.Error(got)
	}
}

func TestNoteShowsOnItsShiftUntilItExpires(t *testing.T) {
	day2 := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC) // Bo's shift, period 22
	b := with(t, harbor(),
		Edit{ID: "a", At: tonight, Do: DoNote, Note: "the lift is out", Start: tonight, End: tonight.Add(time.Hour)},
		Edit{ID: "b", At: tonight, Do: DoNote, Note: "bring the key", Layer: "daily", A: Shift{Period: 22}, Start: tonight, End: day2.Add(2 * time.Hour)},
	)
	s := Index(b, nil)
	notes := func(at time.Time) []string {
		var now OnCall
		s.Resolve("agents", at, &now)
		if len(now.Tiers[1].People[0].Notes) != 0 {
			t.Errorf("the backup is noted too: %v", now.Tiers[1].People[0].Notes)
		}
		return now.Tiers[0].People[0].Notes
	}
	for at, want := range map[time.Time][]string{
		tonight.Add(-1): nil, tonight: {"the lift is out"}, tonight.Add(time.Hour): nil,
		day2.Add(-1): nil, day2: {"bring the key"}, day2.Add(2 * time.Hour): nil,
	} {
		if got := notes(at); !slices.Equal(got, want) {
			t.Errorf("%s: %v", at, got)
		}
	}
	// A note cuts no shift in two, and neither hides nor names anybody in the reasons of a call.
	stretches, _ := s.Expand("agents", tonight.Add(-time.Minute), day2.Add(day24))
	if len(stretches) != 3 || !slices.Equal(stretches[0].People[0].Notes, []string{"the lift is out"}) || len(stretches[1].People[0].Notes) != 1 {
		t.Errorf("%+v", stretches)
	}
	if text := strings.Join(s.Explain("agents", tonight), "\n"); strings.Contains(text, "lift") {
		t.Error(text)
	}
}

func TestNoteFollowsASwappedShift(t *testing.T) {
	b := with(t, harbor(),
		Edit{ID: "s", At: tonight, Do: DoSwap, Layer: "daily", A: Shift{Period: 22}, B: Shift{Period: 23}},
		Edit{ID: "n", At: tonight, Do: DoNote, Note: "key", Layer: "daily", A: Shift{Period: 22}, Start: tonight, End: tonight.AddDate(0, 0, 3)},
	)
	var now OnCall
	Index(b, nil).Resolve("agents", time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC), &now)
	if p := now.Tiers[0].People[0]; p.Person != "carol" || !slices.Equal(p.Notes, []string{"key"}) {
		t.Errorf("%+v", p)
	}
}

func TestResolveStaysWithoutAllocation(t *testing.T) {
	s := Index(harbor(), nil)
	var now OnCall
	s.Resolve("agents", tonight, &now)
	if n := testing.AllocsPerRun(100, func() { s.Resolve("agents", tonight, &now) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestExplainNamesTheVersionOfTheLayers(t *testing.T) {
	layers := harbor().Schedules[0].Layers
	b := with(t, harbor(), Edit{ID: "v", At: tonight, Do: DoLayers, Layers: layers, Effective: tonight})
	says(t, Index(b, nil).Explain("agents", tonight), "tier 1: amy: layer daily, period 21, version 1 of the layers until 2026-11-24 08:00 America/New_York (EST)")
}

// A call is replayed a year later to the same answer: the rules as they were known, the same zone data, whatever was edited
// since.
func TestAnswerIsTheSameAYearLater(t *testing.T) {
	b := harbor()
	then := Index(b, nil)
	for i := range 30 {
		at := tonight.AddDate(0, 0, 12*i+1)
		e := Edit{ID: "e" + dateText(int64(i)), At: at, Do: DoAssign, Person: "carol", Start: at, End: at.AddDate(0, 0, 3)}
		if i%3 == 0 {
			e = Edit{ID: e.ID, At: at, Do: DoMembers, Layer: "daily", Members: []string{"carol", "bo"}, Effective: at}
		}
		if m := CheckEdit(b.Schedules[0], e, b, nil, at); len(m) > 0 {
			t.Fatal(m)
		}
		b = with(t, b, e)
	}
	now := Index(b, nil)
	known, err := now.AsKnownAt("agents", tonight)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		at := tonight.Add(time.Duration(i-200) * 5 * time.Hour)
		if got, want := standsAt(known, at), standsAt(then.Roster("agents"), at); !equalTiers(got, want) {
			t.Errorf("as known on that evening, %s: %v, it was %v", at, got, want)
		}
		if at.After(tonight) {
			continue
		}
		if got, want := standsAt(now.Roster("agents"), at), standsAt(then.Roster("agents"), at); !equalTiers(got, want) {
			t.Errorf("the past has changed, %s: %v, it was %v", at, got, want)
		}
	}
}

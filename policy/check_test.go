package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/phi"
)

// tonight is the instant at which the tests of edits are made: the evening of harbor.
var tonight = evening

// fields lists where mistakes are.
func fields(m Mistakes) (all []string) {
	for _, one := range m {
		all = append(all, one.Field)
	}
	return all
}

// wants checks that a mistake stands in a field and says something.
func wants(t *testing.T, m Mistakes, field, text string) {
	t.Helper()
	for _, one := range m {
		if one.Field == field && strings.Contains(one.Text, text) {
			return
		}
	}
	t.Errorf("no mistake in %q that says %q: %v", field, text, m)
}

// edit is an override that is right: Bo instead of whoever stands tomorrow morning.
func edit(change func(*Edit)) Edit {
	e := Edit{
		ID: "e1", At: tonight, Do: DoAssign, Person: "bo", Tier: 1, Start: tonight.Add(12 * time.Hour), End: tonight.Add(20 * time.Hour),
	}
	change(&e)
	return e
}

func TestEditsThatAreRightAreTaken(t *testing.T) {
	b := harbor()
	for name, e := range map[string]Edit{
		"assign":    edit(func(e *Edit) {}),
		"add":       edit(func(e *Edit) { e.Do = DoAdd }),
		"cover":     edit(func(e *Edit) { e.Do, e.From = DoCover, "amy" }),
		"nobody":    edit(func(e *Edit) { e.Do, e.Person, e.Reason = DoNobody, "", "the clinic is closed" }),
		"take-over": edit(func(e *Edit) { e.Do, e.From, e.Start = DoTakeOver, "amy", tonight }),
		"note":      edit(func(e *Edit) { e.Do, e.Person, e.Note = DoNote, "", "the pager is at the desk" }),
		"absence":   edit(func(e *Edit) { e.Do, e.Person, e.Cover = DoAbsence, "amy", "bo" }),
		"dnd":       edit(func(e *Edit) { e.Do, e.Person, e.Cover = DoDND, "amy", "bo" }),
		"give":      edit(func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "daily", Shift{Period: 30} }),
		"swap":      edit(func(e *Edit) { e.Do, e.Layer, e.A, e.B = DoSwap, "daily", Shift{Period: 30}, Shift{Period: 31} }),
		"members": edit(func(e *Edit) {
			e.Do, e.Layer, e.Effective, e.Members = DoMembers, "daily", tonight, []string{"bo", Nobody}
		}),
		"every": edit(func(e *Edit) { e.Do, e.Layer, e.Effective, e.Every, e.Unit = DoEvery, "daily", tonight, 2, Day }),
		"anchor": edit(func(e *Edit) {
			e.Do, e.Layer, e.Effective, e.Anchor = DoAnchor, "daily", tonight, "2026-11-24T07:00:00"
		}),
		"layers":          edit(func(e *Edit) { e.Do, e.Effective, e.Layers = DoLayers, tonight, b.Schedules[0].Layers[:1] }),
		"plan":            edit(func(e *Edit) { e.Do, e.Shifts = DoPlan, []Duty{{"bo", e.Start, e.End}} }),
		"running minute":  edit(func(e *Edit) { e.Start = tonight.Truncate(time.Minute) }),
		"deactivate amy":  edit(func(e *Edit) { e.Do, e.Person, e.Effective = DoDeactivate, "amy", tonight }),
		"to another tier": edit(func(e *Edit) { e.Tier = 3 }),
	} {
		if m := CheckEdit(b.Schedules[0], e, b, nil, tonight); len(m) > 0 {
			t.Errorf("%s: %v", name, m)
		}
	}
}

func TestEveryBadEditIsRefusedWithItsField(t *testing.T) {
	b := harbor()
	b.People = append(b.People, Person{ID: "gone", Role: "agent"})
	b.Edits = []Edit{{ID: "leave", At: tonight.Add(-time.Hour), Do: DoAbsence, Person: "carol", Start: tonight, End: tonight.AddDate(0, 0, 30)}}
	s := b.Schedules[0]
	s.Edits = []Edit{
		{ID: "plan", At: tonight.Add(-time.Hour), Do: DoPlan, Tier: 1, Start: tonight.Add(100 * time.Hour), End: tonight.Add(200 * time.Hour)},
		{ID: "past", At: tonight.Add(-time.Hour), Do: DoAssign, Person: "bo", Tier: 1, Start: tonight.Add(-50 * time.Hour), End: tonight.Add(-40 * time.Hour)},
		{ID: "running", At: tonight.Add(-time.Hour), Do: DoAssign, Person: "bo", Tier: 1, Start: tonight.Add(-50 * time.Hour), End: tonight.Add(4 * time.Hour)},
		{ID: "cover", At: tonight.Add(-time.Hour), Do: DoCover, From: "bo", Person: "amy", Tier: 1, Start: tonight.Add(10 * time.Hour), End: tonight.Add(14 * time.Hour)},
	}
	for _, c := range []struct {
		field, text string
		change      func(*Edit)
	}{
		{"end", "lies in the past", func(e *Edit) { e.Start, e.End = tonight.Add(-2*time.Hour), tonight.Add(-time.Hour) }},
		{"start", "lies in the past", func(e *Edit) { e.Start = tonight.Add(-time.Hour) }},
		{"end", "is not after the start", func(e *Edit) { e.End = e.Start }},
		{"end", "is not after the start", func(e *Edit) { e.End = e.Start.Add(-time.Second) }},
		{"start", "is missing", func(e *Edit) { e.Start = time.Time{} }},
		{"end", "year 9999 is out of range", func(e *Edit) { e.End = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"start", "year 1 is out of range", func(e *Edit) { e.Start = time.Date(1, 2, 1, 0, 0, 0, 0, time.UTC) }},
		{"person", "unknown person", func(e *Edit) { e.Person = "dr-who" }},
		{"person", "is missing", func(e *Edit) { e.Person = "" }},
		{"person", "is not active", func(e *Edit) { e.Person = "gone" }},
		{"person", "is on leave then", func(e *Edit) { e.Person = "carol" }},
		{"from", "unknown person", func(e *Edit) { e.Do, e.From = DoCover, "dr-who" }},
		{"reason", "needs a reason", func(e *Edit) { e.Do, e.Reason = DoNobody, "  " }},
		{"reason", "control characters", func(e *Edit) { e.Reason = "bell\a" }},
		{"note", "is empty", func(e *Edit) { e.Do = DoNote }},
		{"note", "control characters", func(e *Edit) { e.Do, e.Note = DoNote, "turned \u202e round" }},
		{"do", "unknown kind", func(e *Edit) { e.Do = "explode" }},
		{"id", "is missing", func(e *Edit) { e.ID = "" }},
		{"id", "stands already", func(e *Edit) { e.ID = "plan" }},
		{"at", "is missing", func(e *Edit) { e.At = time.Time{} }},
		{"at", "before the last edit", func(e *Edit) { e.At = tonight.Add(-2 * time.Hour) }},
		{"tier", "between 1 and", func(e *Edit) { e.Tier = 1 << 40 }},
		{"start", "overlaps the plan", func(e *Edit) { e.Do, e.Start, e.End = DoPlan, tonight.Add(150*time.Hour), tonight.Add(300*time.Hour) }},
		{"shifts[1]", "overlaps another shift", func(e *Edit) {
			e.Do, e.Shifts = DoPlan, []Duty{{"bo", e.Start, e.End}, {"bo", e.Start.Add(time.Hour), e.End}}
		}},
		{"shifts[0]", "outside the plan", func(e *Edit) { e.Do, e.Shifts = DoPlan, []Duty{{"bo", e.Start.Add(-1), e.End}} }},
		{"shifts[0].person", "unknown", func(e *Edit) { e.Do, e.Shifts = DoPlan, []Duty{{"x", e.Start, e.End}} }},
		{"shifts[0].end", "not after", func(e *Edit) { e.Do, e.Shifts = DoPlan, []Duty{{"bo", e.End, e.Start}} }},
		{"filler", "neither", func(e *Edit) { e.Do, e.Filler = DoPlan, "sand" }},
		{"cover", "needs somebody", func(e *Edit) { e.Do = DoDND }},
		{"cover", "is the same person", func(e *Edit) { e.Do, e.Cover = DoDND, "bo" }},
		{"cover", "a circle", func(e *Edit) { e.Do, e.Person, e.Cover = DoDND, "amy", "bo" }},
		{"cover", "a circle", func(e *Edit) { e.Do, e.Person, e.Cover = DoAbsence, "amy", "bo" }},
		{"person", "a circle", func(e *Edit) { e.Do, e.From, e.Person = DoCover, "amy", "bo" }},
		{"person", "stands in for herself", func(e *Edit) { e.Do, e.From = DoCover, "bo" }},
		{"cover", "is on leave then", func(e *Edit) { e.Do, e.Person, e.Cover = DoDND, "amy", "carol" }},
		{"person", "is on leave then", func(e *Edit) { e.Do, e.Layer, e.A, e.Person = DoGive, "daily", Shift{Period: 30}, "carol" }},
		{"b", "is on leave then", func(e *Edit) { e.Do, e.Layer, e.A, e.B = DoSwap, "daily", Shift{Period: 29}, Shift{Period: 30} }},
		{"a", "has begun", func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "daily", Shift{Period: 21} }},
		{"a", "no such shift", func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "daily", Shift{Period: 30, Day: "2026-12-02"} }},
		{"a.day", "not a date", func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "daily", Shift{Period: 30, Day: "2026-13-02"} }},
		{"a.period", "out of range", func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "daily", Shift{Period: 1 << 60} }},
		{"b", "same shift", func(e *Edit) { e.Do, e.Layer, e.A, e.B = DoSwap, "daily", Shift{Period: 30}, Shift{Period: 30} }},
		{"", "unknown layer", func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "weekly", Shift{Period: 30} }},
		{"effective", "lies in the past", func(e *Edit) {
			e.Do, e.Layer, e.Members, e.Effective = DoMembers, "daily", []string{"bo"}, tonight.Add(-time.Hour)
		}},
		{"effective", "is missing", func(e *Edit) { e.Do, e.Layer, e.Members = DoMembers, "daily", []string{"bo"} }},
		{"members", "rotation without members", func(e *Edit) { e.Do, e.Layer, e.Effective = DoMembers, "daily", tonight }},
		{"members[1]", "unknown person", func(e *Edit) {
			e.Do, e.Layer, e.Effective, e.Members = DoMembers, "daily", tonight, []string{"bo", "x"}
		}},
		{"layer", "unknown layer", func(e *Edit) { e.Do, e.Layer, e.Effective, e.Members = DoMembers, "x", tonight, []string{"bo"} }},
		{"anchor", "not a local time", func(e *Edit) {
			e.Do, e.Layer, e.Effective, e.Anchor = DoAnchor, "daily", tonight, "2026-13-01T08:00:00"
		}},
		{"anchor", "year 9999", func(e *Edit) {
			e.Do, e.Layer, e.Effective, e.Anchor = DoAnchor, "daily", tonight, "9999-12-01T08:00:00"
		}},
		{"every", "out of range", func(e *Edit) { e.Do, e.Layer, e.Effective, e.Unit = DoEvery, "daily", tonight, Day }},
		{"unit", "neither h", func(e *Edit) { e.Do, e.Layer, e.Effective, e.Every = DoEvery, "daily", tonight, 1 }},
		{"layers", "10000 layers are more than 64", func(e *Edit) { e.Do, e.Effective, e.Layers = DoLayers, tonight, make([]Layer, 10000) }},
		{"of", "unknown edit", func(e *Edit) { e.Do, e.Of = DoUndo, "x" }},
		{"of", "has begun", func(e *Edit) { e.Do, e.Of = DoUndo, "running" }},
		{"of", "has begun", func(e *Edit) { e.Do, e.Of = DoUndo, "past" }},
		{"of", "is over", func(e *Edit) { e.Do, e.Of = DoChange, "past" }},
		{"start", "has begun", func(e *Edit) { e.Do, e.Of, e.End = DoChange, "running", time.Time{} }},
		{"end", "lies in the past", func(e *Edit) {
			e.Do, e.Of, e.Start, e.End = DoChange, "running", time.Time{}, tonight.Add(-time.Hour)
		}},
	} {
		e := edit(c.change)
		m := CheckEdit(s, e, b, nil, tonight)
		wants(t, m, c.field, c.text)
		for _, one := range m {
			if strings.ContainsFunc(one.Error(), hidden) {
				t.Errorf("%q repeats control characters", one)
			}
		}
	}
}

func TestEditOfAPersonForEverySchedule(t *testing.T) {
	b := harbor()
	leave := edit(func(e *Edit) { e.Do, e.Person, e.Cover = DoAbsence, "amy", "bo" })
	if m := CheckEdit(Schedule{}, leave, b, nil, tonight); len(m) > 0 {
		t.Error(m)
	}
	wants(t, CheckEdit(Schedule{}, edit(func(*Edit) {}), b, nil, tonight), "do", "not an edit of a person")
	b = AmendPeople(b, leave)
	back := edit(func(e *Edit) { e.ID, e.Do, e.Person, e.Cover = "e2", DoAbsence, "bo", "amy" })
	wants(t, CheckEdit(Schedule{}, back, b, nil, tonight), "cover", "a circle")
	back.Start, back.End = leave.End, leave.End.Add(time.Hour)
	if m := CheckEdit(Schedule{}, back, b, nil, tonight); len(m) > 0 {
		t.Errorf("one after the other is no circle: %v", m)
	}
	undo := Edit{ID: "e3", At: tonight, Do: DoUndo, Of: "e1"}
	if m := CheckEdit(Schedule{}, undo, b, nil, tonight); len(m) > 0 {
		t.Error(m)
	}
	wants(t, CheckEdit(Schedule{}, Edit{ID: "e5", At: tonight, Do: DoUndo, Of: "e1"}, AmendPeople(b, undo), nil, tonight), "of", "undone already")
}

func TestScheduleThatIsRightIsTaken(t *testing.T) {
	b := harbor()
	if m := CheckSchedule(b.Schedules[0], b, nil, tonight); len(m) > 0 {
		t.Error(m)
	}
	fresh := fourLayers(1, "America/New_York")
	fresh.ID, fresh.Clinic = "fresh", "north"
	for i := range fresh.Layers {
		fresh.Layers[i].Rotation.Members = []string{"amy", "bo"}
	}
	if m := CheckSchedule(fresh, b, nil, tonight); len(m) > 0 {
		t.Error(m)
	}
}

func TestEveryBadScheduleIsRefusedWithItsField(t *testing.T) {
	b := harbor()
	for _, c := range []struct {
		field, text string
		change      func(*Schedule)
	}{
		{"id", "is missing", func(s *Schedule) { s.ID = "" }},
		{"id", "blanks", func(s *Schedule) { s.ID = "a b" }},
		{"name", "control characters", func(s *Schedule) { s.Name = "Night\x00" }},
		{"name", "longer than", func(s *Schedule) { s.Name = strings.Repeat("é", 201) }},
		{"name", "UTF-8", func(s *Schedule) { s.Name = "\xff" }},
		{"line", "control characters", func(s *Schedule) { s.Line = "\n" }},
		{"clinic", "unknown clinic", func(s *Schedule) { s.Clinic = "x" }},
		{"zone", "unknown zone", func(s *Schedule) { s.Zone = "Mars/Olympus" }},
		{"layers", "more than 64", func(s *Schedule) { s.Layers = make([]Layer, 10000) }},
		{"layers[1].id", "stands twice", func(s *Schedule) { s.Layers[1].ID = "daily" }},
		{"layers[0].tier", "between", func(s *Schedule) { s.Layers[0].Tier = 99 }},
		{"layers[0].mode", "neither", func(s *Schedule) { s.Layers[0].Mode = "maybe" }},
		{"layers[0].rotation.members", "without members", func(s *Schedule) { s.Layers[0].Rotation.Members = nil }},
		{"layers[0].rotation.members[0]", "unknown person", func(s *Schedule) { s.Layers[0].Rotation.Members = []string{"x"} }},
		{"layers[0].rotation.anchor", "year 1 is", func(s *Schedule) { s.Layers[0].Rotation.Anchor = "0001-01-01T08:00:00" }},
		{"layers[0].rotation.anchor", "year 9999", func(s *Schedule) { s.Layers[0].Rotation.Anchor = "9999-01-01T08:00:00" }},
		{"layers[0].rotation.anchor", "not a local", func(s *Schedule) { s.Layers[0].Rotation.Anchor = "2026-13-01T08:00:00" }},
		{"layers[0].rotation.every", "out of range", func(s *Schedule) { s.Layers[0].Rotation.Every = 0 }},
		{"layers[0].rotation.unit", "neither", func(s *Schedule) { s.Layers[0].Rotation.Unit = "y" }},
		{"layers[0].rotation.advance", "neither", func(s *Schedule) { s.Layers[0].Rotation.Advance = "back" }},
		{"layers[0].rotation.terms[0].member", "is no member", func(s *Schedule) { s.Layers[0].Rotation.Terms = []Term{{Member: "x"}} }},
		{"layers[0].rotation.terms[0].to", "not after", func(s *Schedule) {
			s.Layers[0].Rotation.Terms = []Term{{"amy", tonight, tonight}}
		}},
		{"layers[0].windows[0].days", "no weekday", func(s *Schedule) { s.Layers[0].Windows = []Hours{{}} }},
		{"layers[0].windows[0].days[0]", "not an ISO weekday", func(s *Schedule) { s.Layers[0].Windows = []Hours{{Days: []int{8}}} }},
		{"layers[0].windows[0].start", "not a time", func(s *Schedule) { s.Layers[0].Windows = []Hours{{Days: []int{1}, Start: 1440}} }},
		{"layers[0].holidays[0]", "no holiday", func(s *Schedule) { s.Layers[0].Holidays = []string{"Yule"} }},
		{"layers[0].as", "no layer", func(s *Schedule) { s.Layers[0].As = "x" }},
	} {
		s := harbor().Schedules[0]
		s.ID = "fresh"
		c.change(&s)
		wants(t, CheckSchedule(s, b, nil, tonight), c.field, c.text)
	}
}

func TestThePastIsNotRewritten(t *testing.T) {
	b := harbor()
	b.Schedules[0].Edits = []Edit{edit(func(*Edit) {})}
	b.Schedules[0].Overrides = []Override{{ID: "o", Person: "bo", Start: tonight.Add(-time.Hour), End: tonight.Add(time.Hour)}}
	kept := b.Schedules[0].With(edit(func(e *Edit) { e.ID = "e2" }))
	if m := CheckSchedule(kept, b, nil, tonight); len(m) > 0 {
		t.Error(m)
	}
	kept.Overrides = nil
	wants(t, CheckSchedule(kept, b, nil, tonight), "overrides[0]", "has begun")
	kept = b.Schedules[0]
	kept.Edits = nil
	wants(t, CheckSchedule(kept, b, nil, tonight), "edits", "only appended")
	kept = b.Schedules[0]
	kept.Zone = "America/Chicago"
	wants(t, CheckSchedule(kept, b, nil, tonight), "zone", "the past does not change")
	kept = b.Schedules[0]
	kept.Layers = kept.Layers[:1]
	wants(t, CheckSchedule(kept, b, nil, tonight), "layers", "the past does not change")
}

func TestLayersAtAnInstantAreWhatAnEditorShows(t *testing.T) {
	s := harbor().Schedules[0]
	next := s.With(Edit{ID: "1", At: tonight, Do: DoMembers, Layer: "daily", Members: []string{"bo"}, Effective: tonight}).
		With(Edit{ID: "2", At: tonight, Do: DoLayers, Layers: s.Layers[1:], Effective: tonight.Add(time.Hour)}).
		With(Edit{ID: "3", At: tonight, Do: DoUndo, Of: "2"})
	if got := next.LayersAt(tonight.Add(-1)); !alikeJSON(got, s.Layers) {
		t.Errorf("before: %v", got)
	}
	if got := next.LayersAt(tonight.Add(2 * time.Hour)); len(got) != 2 || !slices.Equal(got[0].Rotation.Members, []string{"bo"}) {
		t.Errorf("after: %v", got)
	}
	if !slices.Equal(s.Layers[0].Rotation.Members, []string{"amy", "bo", "carol"}) {
		t.Error("the old schedule has changed")
	}
}

func TestUndoEndsWhatRunsAndRemovesWhatIsToCome(t *testing.T) {
	s := harbor().Schedules[0]
	s.Edits = []Edit{
		edit(func(e *Edit) { e.ID, e.Start = "running", tonight.Add(-time.Hour) }),
		edit(func(e *Edit) { e.ID = "coming" }),
		edit(func(e *Edit) { e.ID, e.Start, e.End = "over", tonight.Add(-2*time.Hour), tonight.Add(-time.Hour) }),
	}
	b := harbor()
	b.Schedules[0] = s
	running, ok := s.Undo("running", tonight)
	if !ok || running.Do != DoChange || !running.End.Equal(tonight) {
		t.Errorf("%+v", running)
	}
	running.ID = "u1"
	if m := CheckEdit(s, running, b, nil, tonight); len(m) > 0 {
		t.Error(m)
	}
	coming, ok := s.Undo("coming", tonight)
	if coming.ID = "u2"; !ok || coming.Do != DoUndo || len(CheckEdit(s, coming, b, nil, tonight)) > 0 {
		t.Errorf("%+v", coming)
	}
	if _, ok := s.Undo("over", tonight); ok {
		t.Error("what is over is undone")
	}
	if _, ok := s.Undo("x", tonight); ok {
		t.Error("what is not there is undone")
	}
}

func TestClinicsHolidaysAndPeopleAreChecked(t *testing.T) {
	good := harbor().Clinics[0]
	good.Holidays = FederalHolidays()
	if m := CheckClinic(good, nil); len(m) > 0 {
		t.Error(m)
	}
	bad := good
	bad.Name, bad.Zone, bad.Holidays = "Bell\a", "Mars/Olympus", []Holiday{
		{Name: "a", Month: 13, Day: 1}, {Name: "b", Month: 2, Day: 30}, {Name: "c", Month: 2, Nth: 6, Weekday: 9}, {Name: "c", Month: 2, Day: 29},
	}
	m := CheckClinic(bad, nil)
	wants(t, m, "name", "control")
	wants(t, m, "zone", "unknown zone")
	wants(t, m, "holidays[0].month", "no month 13")
	wants(t, m, "holidays[1].day", "February has no day 30")
	wants(t, m, "holidays[2].nth", "between")
	wants(t, m, "holidays[2].weekday", "ISO")
	wants(t, m, "holidays[3].name", "twice")
	if len(m) != 7 {
		t.Error(m)
	}
	who := Person{ID: "nobody", Name: phi.NewName("Zoë\tBell"), Phone: phi.NewPhone("12")}
	m = CheckPerson(who)
	wants(t, m, "id", "empty slot")
	wants(t, m, "name", "control")
	wants(t, m, "phone", "not a telephone")
	if text := fmt.Sprint(m.Err()); strings.Contains(text, "Zo") || strings.Contains(text, "12 ") {
		t.Errorf("%s repeats who it is about", text)
	}
}

func TestFixedZoneIsAWarningAndAnEmptyScheduleToo(t *testing.T) {
	b := harbor()
	if w := Warnings(b.Schedules[0], b, nil); len(w) > 0 {
		t.Error(w)
	}
	s := Schedule{ID: "x", Clinic: "harbor", Zone: "EST"}
	if w := Warnings(s, b, nil); len(w) != 2 || !strings.Contains(w[0], "never changes") || !strings.Contains(w[1], "no layers") {
		t.Error(w)
	}
	if m := CheckSchedule(s, b, nil, tonight); len(m) > 0 {
		t.Errorf("a fixed zone is no mistake: %v", m)
	}
}

func TestMistakesAreJSONAndAnError(t *testing.T) {
	m := Mistakes{{"layers[2].rotation.members", "rotation without members"}, {"", "too much"}}
	if got := m.Error(); got != "layers[2].rotation.members: rotation without members; too much" {
		t.Error(got)
	}
	if kept, _ := json.Marshal(m); string(kept) != `[{"field":"layers[2].rotation.members","text":"rotation without members"},{"field":"","text":"too much"}]` {
		t.Error(string(kept))
	}
	if (Mistakes{}).Err() != nil {
		t.Error("an empty list is an error")
	}
}

func TestAmendedBookLeavesTheOldOneAlone(t *testing.T) {
	b := harbor()
	kept, _ := json.Marshal(b.Schedules)
	next, err := AmendEdit(b, "agents", edit(func(*Edit) {}))
	if err != nil || len(next.Schedules[0].Edits) != 1 {
		t.Fatal(err)
	}
	next = AmendClinic(AmendPerson(next, Person{ID: "new"}), Clinic{ID: "harbor", Name: "Other"})
	next, err = AmendHolidays(next, "harbor", FederalHolidays())
	if err != nil || len(next.Clinics) != 2 || next.Clinics[0].Name != "Other" || len(next.Clinics[0].Holidays) != 11 || len(next.People) != 5 {
		t.Errorf("%+v", next.Clinics)
	}
	if now, _ := json.Marshal(b.Schedules); string(now) != string(kept) || b.Clinics[0].Name == "Other" || len(b.People) != 4 {
		t.Error("the old book has changed")
	}
	if _, err := AmendEdit(b, "x", Edit{}); err == nil {
		t.Error("an unknown schedule is amended")
	}
	if _, err := AmendHolidays(b, "x", nil); err == nil {
		t.Error("an unknown clinic is amended")
	}
	if got := fields(CheckRungs([]Rung{{}}, 0, b)); !slices.Equal(got, []string{"rungs[0]"}) {
		t.Error(got)
	}
}

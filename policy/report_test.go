package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const day24 = 24 * time.Hour

// The first thing a save must show: a schedule in which nobody is ever on call.
func TestAnEmptyScheduleIsAGapThroughout(t *testing.T) {
	b := harbor()
	after := Index(AmendSchedule(b, Schedule{ID: "empty", Clinic: "harbor"}), nil)
	r := Report(Index(b, nil), after, "empty", tonight, Horizon)
	whole := Gap{
		Schedule: "empty", Clinic: "harbor", Start: tonight, End: tonight.Add(Horizon),
		Severity: NobodyAtAll, Because: "the schedule is empty",
	}
	if !slices.Equal(r.Gaps, []Gap{whole}) || !slices.Equal(r.NewGaps, []Gap{whole}) {
		t.Errorf("%+v", r)
	}
	if r := Report(nil, after, "empty", tonight, Horizon); !slices.Equal(r.NewGaps, []Gap{whole}) {
		t.Errorf("without a book before: %+v", r)
	}
	if r := Report(after, after, "empty", tonight, Horizon); len(r.NewGaps) != 0 || len(r.Gaps) != 1 {
		t.Errorf("the second save makes nothing worse: %+v", r.NewGaps)
	}
	gaps := after.Gaps(tonight, Horizon)
	if len(gaps) != 1 || gaps[0] != whole {
		t.Errorf("scan: %+v", gaps)
	}
}

func TestScheduleThatCannotBeReadIsAGapThroughout(t *testing.T) {
	b := harbor()
	b.Schedules[0].Layers[0].Rotation.Members = nil
	r := Report(nil, Index(b, nil), "agents", tonight, day24)
	if len(r.NewGaps) != 1 || r.NewGaps[0].Because != "the schedule cannot be read" || r.NewGaps[0].End.Sub(r.NewGaps[0].Start) != day24 {
		t.Errorf("%+v", r.NewGaps)
	}
	if len(r.Mistakes) != 1 || !strings.Contains(r.Mistakes[0], "rotation without members") {
		t.Errorf("%v", r.Mistakes)
	}
}

// amended is harbor with an edit, and both ready.
func amended(t *testing.T, e Edit) (before, after *Snapshot) {
	t.Helper()
	b := harbor()
	next, err := AmendEdit(b, "agents", e)
	if err != nil {
		t.Fatal(err)
	}
	return Index(b, nil), Index(next, nil)
}

func TestSaveShowsWhoseHoursChangeAndTheGapItMakes(t *testing.T) {
	// Amy's shift of Monday, 08:00 to 08:00, is cut by "nobody" from 20:00 to 22:00; tier 2 has Carol.
	start := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	before, after := amended(t, Edit{ID: "n", At: tonight, Do: DoNobody, Start: start, End: start.Add(2 * time.Hour), Reason: "quiet"})
	r := Report(before, after, "agents", tonight, Horizon)
	if len(r.Affected) != 1 || r.Affected[0].Person != "amy" || r.Affected[0].Lost != 2 || r.Affected[0].Gained != 0 ||
		r.Affected[0].Before-r.Affected[0].After != 2 {
		t.Errorf("affected: %+v", r.Affected)
	}
	want := Gap{"agents", "harbor", start, start.Add(2 * time.Hour), NextTier, "override n (nobody)"}
	if !slices.Equal(r.NewGaps, []Gap{want}) || !slices.Equal(r.Gaps, []Gap{want}) {
		t.Errorf("gaps: %+v", r.NewGaps)
	}
	if again := Report(after, after, "agents", tonight, Horizon); len(again.NewGaps) != 0 || len(again.Affected) != 0 {
		t.Errorf("%+v", again)
	}
}

func TestGapThatGetsWorseIsNewWhereItDoes(t *testing.T) {
	b := harbor()
	at := tonight.Add(time.Hour)
	nobody := func(id string, tier int, from, to time.Duration) Edit {
		return Edit{ID: id, At: tonight, Do: DoNobody, Tier: tier, Start: at.Add(from), End: at.Add(to), Reason: "r"}
	}
	b, _ = AmendEdit(b, "agents", nobody("first", 1, 0, 8*time.Hour))
	worse, _ := AmendEdit(b, "agents", nobody("second", 2, 2*time.Hour, 4*time.Hour))
	r := Report(Index(b, nil), Index(worse, nil), "agents", tonight, day24)
	if len(r.Gaps) != 3 || len(r.NewGaps) != 1 || r.NewGaps[0].Severity != NobodyAtAll || !r.NewGaps[0].Start.Equal(at.Add(2*time.Hour)) {
		t.Errorf("%+v", r.NewGaps)
	}
	if better := Report(Index(worse, nil), Index(b, nil), "agents", tonight, day24); len(better.NewGaps) != 0 {
		t.Errorf("what gets better is new: %+v", better.NewGaps)
	}
}

func TestGapsAreInvisibleInASuspendedClinic(t *testing.T) {
	b := AmendSchedule(harbor(), Schedule{ID: "empty", Clinic: "north"})
	if got := Index(b, nil).Gaps(tonight, day24); len(got) != 1 {
		t.Error(got)
	}
	b.Clinics[1].Suspended = true
	if got := Index(b, nil).Gaps(tonight, day24); len(got) != 0 {
		t.Error(got)
	}
	if got := Index(b, nil).GapsOf("x", tonight, day24); got != nil {
		t.Error(got)
	}
}

func TestGapSaysWhy(t *testing.T) {
	window := []Hours{{Days: []int{1, 2, 3, 4, 5}, Start: 8 * 60, End: 17 * 60}}
	rota := func(who ...string) Rotation {
		return Rotation{Anchor: "2026-11-02T08:00:00", Every: 1, Unit: Day, Members: who}
	}
	for why, layers := range map[string][]Layer{
		"no layer holds":                     {{ID: "l", Tier: 1, Windows: window, Rotation: rota("amy")}},
		"the turn in layer l is nobody's":    {{ID: "l", Tier: 1, Rotation: rota(Nobody)}},
		"ghost is passed over: unknown":      {{ID: "l", Tier: 1, Rotation: rota("ghost")}},
		"silent is passed over: unreachable": {{ID: "l", Tier: 1, Rotation: rota("silent")}},
	} {
		b := harbor()
		b.People = append(b.People, Person{ID: "silent", Active: true})
		b = AmendSchedule(b, Schedule{ID: "s", Clinic: "harbor", Layers: layers})
		gaps := Index(b, nil).GapsOf("s", tonight, time.Hour)
		if len(gaps) != 1 || gaps[0].Because != why {
			t.Errorf("%s: %+v", why, gaps)
		}
	}
}

func TestDoubleBookingAcrossClinics(t *testing.T) {
	b := harbor()
	north := Schedule{ID: "north", Clinic: "north", Layers: []Layer{{ID: "l", Tier: 1, Rotation: Rotation{
		Anchor: "2026-11-23T08:00:00", Every: 1, Unit: Day, Members: []string{"amy", "dr-lee"},
	}}}}
	r := Report(Index(b, nil), Index(AmendSchedule(b, north), nil), "north", tonight, day24)
	// Amy: Monday 08:00 to Tuesday 08:00 in Chicago, and until 08:00 in New York.
	want := Double{Person: "amy", Here: "north", There: "agents", Clinic: "harbor", Start: tonight, End: time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)}
	if !slices.Equal(r.DoubleBookings, []Double{want}) {
		t.Errorf("%+v", r.DoubleBookings)
	}
}

func TestStarvedFridaysAreNamed(t *testing.T) {
	var fourteen []string
	b := harbor()
	for i := range 14 {
		id := fmt.Sprintf("m%02d", i)
		fourteen = append(fourteen, id)
		b.People = append(b.People, Person{ID: id, Active: true})
		b.Devices = append(b.Devices, Device{User: id, Person: id})
	}
	s := Schedule{ID: "s", Clinic: "harbor", Layers: []Layer{{
		ID: "weekdays", Tier: 1, Windows: []Hours{{Days: []int{1, 2, 3, 4, 5}, Start: 8 * 60, End: 17 * 60}},
		Rotation: Rotation{Anchor: "2026-11-23T00:00:00", Every: 1, Unit: Day, Members: fourteen},
	}}}
	r := Report(nil, Index(AmendSchedule(b, s), nil), "s", tonight, Horizon)
	want := []Starved{{"weekdays", "m05"}, {"weekdays", "m06"}, {"weekdays", "m12"}, {"weekdays", "m13"}}
	if !slices.Equal(r.Starved, want) {
		t.Errorf("%+v", r.Starved)
	}
	s.Layers[0].Rotation.Advance = Covered
	if r := Report(nil, Index(AmendSchedule(b, s), nil), "s", tonight, Horizon); len(r.Starved) != 0 {
		t.Errorf("covered: %+v", r.Starved)
	}
}

func TestUnreachableUselessAndIdle(t *testing.T) {
	b := harbor()
	b.People = append(b.People, Person{ID: "silent", Active: true})
	s := b.Schedules[0]
	s.Layers = append(slices.Clone(s.Layers), Layer{ID: "below", Tier: 1, Rotation: Rotation{
		Anchor: "2026-11-02T08:00:00", Every: 1, Unit: Day, Members: []string{"silent"},
	}})
	at := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC) // Bo's Tuesday
	for _, e := range []Edit{
		{ID: "no-one-there", Do: DoCover, From: "amy", Person: "carol"},
		{ID: "same", Do: DoAssign, Person: "bo"},
		{ID: "hidden", Do: DoAssign, Person: "amy"},
		{ID: "wins", Do: DoAssign, Person: "carol"},
	} {
		e.At, e.Start, e.End = tonight, at, at.Add(time.Hour)
		s = s.With(e)
	}
	s = s.With(Edit{ID: "same-again", At: tonight, Do: DoGive, Layer: "daily", A: Shift{Period: 30}, Person: "amy"}) // 2026-12-02 is Amy's
	r := Report(nil, Index(AmendSchedule(b, s), nil), "agents", tonight, Horizon)
	if !slices.Equal(r.Unreachable, []string{"silent"}) {
		t.Errorf("unreachable: %v", r.Unreachable)
	}
	if !slices.Equal(r.Useless, []string{"no-one-there", "same", "hidden", "same-again"}) {
		t.Errorf("useless: %v", r.Useless)
	}
	if !slices.Equal(r.IdleLayers, []string{"below"}) {
		t.Errorf("idle: %v", r.IdleLayers)
	}
}

func TestReportIsPlainJSONWithoutNulls(t *testing.T) {
	s := Index(harbor(), nil)
	kept, err := json.Marshal(Report(s, s, "agents", tonight, Horizon))
	want := `{"affected":[],"gaps":[],"new_gaps":[],"double_bookings":[],"starved":[],"unreachable":[],"useless":[],"idle_layers":[],"mistakes":[]}`
	if err != nil || string(kept) != want {
		t.Errorf("%s, %v", kept, err)
	}
}

func TestReplayOfLastMonthAgainstAnEdit(t *testing.T) {
	b := harbor()
	var calls []PastCall
	for i := range 20 { // one call each evening at 18:30 in New York
		calls = append(calls, PastCall{Number: "+12125550100", Trunk: "carrier", At: time.Date(2026, 11, 3+i, 23, 30, 0, 0, time.UTC)})
	}
	before := Index(b, nil)
	if r := ReplayCalls(before, before, calls); r.Total != 20 || r.Others != 0 || r.Nobody != 0 || len(r.Differences) != 0 {
		t.Errorf("nothing changed: %+v", r)
	}
	// As if Bo had never been there: his seven evenings go to somebody else.
	s := b.Schedules[0]
	s.Layers = slices.Clone(s.Layers)
	s.Layers[0].Rotation.Members = []string{"amy", "amy", "carol"}
	r := ReplayCalls(before, Index(AmendSchedule(b, s), nil), calls)
	if r.Others != 7 || r.Nobody != 0 || len(r.Differences) != 7 || !slices.Equal(r.Differences[0].Before, []string{"bo"}) ||
		!slices.Equal(r.Differences[0].After, []string{"amy"}) || r.Differences[0].Clinic != "harbor" {
		t.Errorf("%+v", r)
	}
	s.Layers = nil
	empty := AmendClinic(AmendSchedule(b, s), Clinic{ID: "harbor", Name: "Harbor", Zone: "America/New_York", Closed: Flow{[]StepRule{{Schedule: "agents"}}}})
	if r := ReplayCalls(before, Index(empty, nil), calls); r.Nobody != 20 || r.Others != 0 {
		t.Errorf("nobody is left: %+v", r)
	}
}

func TestReplayOfAVendorsLog(t *testing.T) {
	at := tonight // Amy's
	after := Index(harbor(), nil)
	r := ReplayCalls(nil, after, []PastCall{
		{Number: "(212) 555-0100", Trunk: "carrier", At: at, Reached: []string{"amy"}},
		{Number: "+12125550100", Trunk: "carrier", At: at, Reached: []string{"bo"}},
		{Number: "+12125550100", Trunk: "carrier", At: at}, // the log does not say
		{Number: "+12125550199", Trunk: "carrier", At: at, Reached: []string{"amy"}},
		{Number: "204", Trunk: "pbx", At: at, Reached: []string{"dr-lee"}}, // a clinic without rules
	})
	if r.Total != 5 || r.Others != 1 || r.Nobody != 1 || len(r.Differences) != 2 || r.Differences[1].Clinic != "north" {
		t.Errorf("%+v", r)
	}
}

func TestReplayFollowsAClinicianWhomTheFlowDoesNotRing(t *testing.T) {
	b := AmendSchedule(harbor(), Schedule{ID: "doctors", Clinic: "harbor", Layers: []Layer{{ID: "l", Tier: 1, Rotation: Rotation{
		Anchor: "2026-11-02T08:00:00", Every: 1, Unit: Week, Members: []string{"dr-lee"},
	}}}})
	calls := []PastCall{{Number: "+12125550100", Trunk: "carrier", At: tonight}}
	off, _ := AmendEdit(b, "doctors", Edit{ID: "n", Do: DoNobody, Start: tonight, End: tonight.Add(time.Hour), Reason: "r"})
	if r := ReplayCalls(Index(b, nil), Index(off, nil), calls); r.Nobody != 1 {
		t.Errorf("%+v", r)
	}
	on, _ := AmendEdit(b, "doctors", Edit{ID: "a", Do: DoAssign, Person: "carol", Start: tonight, End: tonight.Add(time.Hour)})
	if r := ReplayCalls(Index(b, nil), Index(on, nil), calls); r.Others != 1 || r.Nobody != 0 {
		t.Errorf("%+v", r)
	}
}

func TestFairnessCountsRealHours(t *testing.T) {
	b := harbor()
	b.Clinics[0].Holidays = FederalHolidays()
	s := Schedule{ID: "s", Clinic: "harbor", Layers: []Layer{
		{ID: "w", Tier: 1, Rotation: Rotation{Anchor: "2026-10-26T08:00:00", Every: 1, Unit: Week, Members: []string{"amy", "bo"}}},
		{ID: "b", Tier: 2, Rotation: Rotation{Anchor: "2026-10-26T08:00:00", Every: 1, Unit: Week, Members: []string{"bo"}}},
	}}
	snap := Index(AmendSchedule(b, s), nil)
	ny := zone(t, "America/New_York")
	from, to := time.Date(2026, 10, 26, 8, 0, 0, 0, ny), time.Date(2026, 11, 16, 8, 0, 0, 0, ny)
	want := []Share{
		// Two weeks, one of 169 h (the clocks go back), one of 168 h with Veterans Day in it.
		{Person: "amy", Hours: 337, Primary: 337, Nights: 14*8 + 1, Weekends: 4*24 + 1, Holidays: 24, Shifts: 2},
		{Person: "bo", Hours: 505, Primary: 168, Nights: 21*8 + 1, Weekends: 6*24 + 1, Holidays: 24, Shifts: 4},
	}
	if got := snap.Fairness("s", from, to); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	quarters := snap.FairnessByQuarter("s", time.Date(2026, 12, 31, 0, 0, 0, 0, ny), time.Date(2027, 1, 2, 0, 0, 0, 0, ny))
	if len(quarters) != 2 || quarters[0].Quarter != "2026-Q4" || quarters[1].Quarter != "2027-Q1" ||
		!quarters[0].To.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, ny)) || quarters[1].Shares[0].Holidays != 24 {
		t.Errorf("%+v", quarters)
	}
	if snap.Fairness("x", from, to) != nil || snap.FairnessByQuarter("x", from, to) != nil {
		t.Error("a schedule that is not there has shares")
	}
}

func TestNewZoneDataListTheShiftsTheyMove(t *testing.T) {
	b := harbor()
	now := EmbeddedZones()
	if moved := ShiftsMoved(b, now, now, tonight, Horizon); len(moved) != 0 {
		t.Errorf("%+v", moved)
	}
	// As if New York's law had changed to Chicago's: every hand-off of the agents moves by an hour, north's zone stays.
	other := *now
	other.byName = map[string]*time.Location{"America/New_York": zone(t, "America/Chicago"), "America/Chicago": zone(t, "America/Chicago")}
	moved := ShiftsMoved(b, now, &other, tonight, 2*day24)
	if len(moved) == 0 {
		t.Fatal("nothing moved")
	}
	// Amy's shift ends at 13:00 UTC and would end at 14:00.
	m := moved[0]
	if m.Schedule != "agents" || m.Person != "amy" || m.Period != 21 || !m.NewEnd.Equal(m.OldEnd.Add(time.Hour)) || !m.OldStart.Equal(m.NewStart) {
		t.Errorf("%+v", m)
	}
}

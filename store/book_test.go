package store

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

var equal = []cmp.Option{cmp.Comparer(func(a, b phi.Name) bool { return a == b }), cmp.Comparer(func(a, b phi.Phone) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty()}

// demoBook is a small book with something of everything in it.
func demoBook() policy.Book {
	day := []int{1, 2, 3, 4, 5}
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	return policy.Book{
		CatchAll: "elm",
		Clinics: []policy.Clinic{{
			ID: "elm", Name: "Elm Street Paediatrics", Zone: "America/New_York", LastResort: "last_resort", Record: true,
			Hours: []policy.Hours{{Days: day, Start: 480, End: 1020}},
			Open:  policy.Flow{Steps: []policy.StepRule{{Name: "desk", People: []string{"amy"}, Mode: policy.Together, For: 20 * time.Second}}},
		}, {ID: "oak", Name: "Oak Avenue", Zone: "America/Chicago", LastResort: "last_resort"}},
		Numbers: []policy.Number{
			{Number: "+12125550100", Clinic: "elm", Answer: policy.AtOnce},
			{Number: "200", Trunk: "carrier", Clinic: "oak", Answer: policy.WhenAgentAnswers},
		},
		Trunks: []policy.Trunk{{ID: "carrier", Name: "Carrier", Identity: policy.TrunkIdentity{
			CertNames: []string{"trunk.example"}, Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		}}},
		People: []policy.Person{
			{ID: "amy", Name: phi.NewName("Amy Canary-Adams"), Role: "agent", Active: true},
			{ID: "wu", Name: phi.NewName("Wu Canary-Wells"), Role: "clinician", Phone: phi.NewPhone("+12125550177"), Active: true},
		},
		Devices: []policy.Device{{User: "amy-desk", Person: "amy", MD5Until: until}},
		Schedules: []policy.Schedule{{
			ID: "agents", Clinic: "elm", Name: "Agents",
			Layers: []policy.Layer{{ID: "day", Tier: 1, Mode: policy.Replace, Rotation: policy.Rotation{
				Anchor: "2026-11-02T08:00:00", Every: 1, Unit: policy.Day, Members: []string{"amy", "nobody"},
			}}},
			Overrides: []policy.Override{{ID: "o1", Kind: "assign", Person: "wu", Tier: 1, Start: until, End: until.Add(time.Hour), Created: until}},
		}},
	}
}

func apply(t testing.TB, s *Store, b policy.Book) string {
	t.Helper()
	v, err := s.ApplyBook(context.Background(), amy, b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func bookOf(t testing.TB, s *Store) policy.Book {
	t.Helper()
	b, err := s.Book(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return *b
}

func TestBookComesBackAsItWent(t *testing.T) {
	s := fresh(t)
	want := demoBook()
	want.Version = apply(t, s, want)
	if want.Version != "b1" {
		t.Errorf("first version is %s", want.Version)
	}
	if d := cmp.Diff(want, bookOf(t, s), equal...); d != "" {
		t.Fatal(d)
	}
	got := actions(t, s)
	for _, a := range []audit.Action{
		audit.ClinicChanged, audit.NumberChanged, audit.TrunkChanged, audit.PersonChanged, audit.DeviceChanged,
		audit.ScheduleChanged, audit.CatchAllChanged, audit.BookApplied,
	} {
		if !slices.Contains(got, a) {
			t.Errorf("no %s in the audit log", a)
		}
	}
	holds(t, s)
}

func TestSameBookChangesNothing(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	size := holds(t, s)
	if v := apply(t, s, demoBook()); v != "b1" || holds(t, s) != size {
		t.Errorf("version %s, %d leaves were %d", v, holds(t, s), size)
	}
}

func TestChangedBookIsAuditedWithSealedBeforeAndAfter(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	b := demoBook()
	b.People[0].Name = phi.NewName("Amy Canary-Brown")
	b.Clinics = b.Clinics[:1]
	b.Numbers = b.Numbers[:1]
	b.Schedules[0].Overrides = nil
	if v := apply(t, s, b); v != "b2" {
		t.Errorf("version %s", v)
	}
	b.Version = "b2"
	if d := cmp.Diff(b, bookOf(t, s), equal...); d != "" {
		t.Fatal(d)
	}
	page, err := s.AuditList(context.Background(), AuditQuery{Object: "person:amy", Limit: 1})
	if err != nil || len(page.Rows) != 1 {
		t.Fatal(page, err)
	}
	detail, err := s.AuditDetailOf(page.Rows[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `"Name":"Amy Canary-Adams"`
	if got := detail.Reveal(); !contains(got, want) || !contains(got, "Amy Canary-Brown") {
		t.Errorf("detail lacks before or after")
	}
	holds(t, s)
}

func TestTwoEditorsOfOneVersion(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	first, second := bookOf(t, s), bookOf(t, s)
	first.Clinics[0].Name = "Elm A"
	apply(t, s, first)
	second.Clinics[0].Name = "Elm B"
	if _, err := s.ApplyBook(context.Background(), amy, second); !errors.Is(err, ErrConflict) {
		t.Errorf("second editor: %v", err)
	}
	if bookOf(t, s).Clinics[0].Name != "Elm A" {
		t.Error("the second editor won")
	}
}

func TestBrokenBookChangesNothingAtAll(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	was, size := bookOf(t, s), holds(t, s)
	for name, bend := range map[string]func(*policy.Book){
		"number of no clinic":   func(b *policy.Book) { b.Numbers[1].Clinic = "ash" },
		"device of no person":   func(b *policy.Book) { b.Devices[0].Person = "zoe" },
		"the same clinic twice": func(b *policy.Book) { b.Clinics[1].ID = "elm" },
		"clinic without an id":  func(b *policy.Book) { b.Clinics[1].ID = "" },
	} {
		b := demoBook()
		b.Clinics[0].Name = "changed before the mistake"
		bend(&b)
		if _, err := s.ApplyBook(context.Background(), amy, b); err == nil || contains(err.Error(), "Canary") || contains(err.Error(), "5550177") {
			t.Errorf("%s: taken, or told too much: %v", name, err)
		}
		if d := cmp.Diff(was, bookOf(t, s), equal...); d != "" || holds(t, s) != size {
			t.Errorf("%s: something stayed: %s", name, d)
		}
	}
}

func TestBookWithoutDevicesKeepsThem(t *testing.T) {
	s := fresh(t)
	b := demoBook()
	apply(t, s, b)
	b.Devices = nil
	b.Clinics[0].Name = "Elm"
	apply(t, s, b)
	if got := bookOf(t, s).Devices; len(got) != 1 {
		t.Errorf("devices: %v", got)
	}
	b.Devices = []policy.Device{}
	apply(t, s, b)
	if got := bookOf(t, s).Devices; len(got) != 0 {
		t.Errorf("devices: %v", got)
	}
}

func TestOldSchedulesStay(t *testing.T) {
	s := fresh(t)
	b := demoBook()
	apply(t, s, b)
	b.Schedules[0].Layers[0].Rotation.Every = 2
	apply(t, s, b)
	b.Schedules[0].Overrides = nil
	apply(t, s, b)
	var versions, taken int
	if err := s.read.QueryRow("SELECT count(*) FROM schedule_versions").Scan(&versions); err != nil {
		t.Fatal(err)
	}
	if err := s.read.QueryRow("SELECT count(*) FROM overrides WHERE removed IS NOT NULL").Scan(&taken); err != nil {
		t.Fatal(err)
	}
	if versions != 3 || taken != 1 {
		t.Errorf("%d versions, %d overrides taken back", versions, taken)
	}
}

func TestPastBookCanBeRead(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	first := demoBook()
	first.Version = apply(t, s, first)
	if err := s.EnrolDevice(ctx, amy, Enrolment{User: "amy-home", Person: "amy", Secret: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	b := bookOf(t, s)
	b.Clinics[0].Name = "Elm"
	apply(t, s, b)
	for _, version := range []string{"b1", "b2"} {
		first.Version = version
		got, err := s.BookAt(ctx, version)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(first, *got, equal...); d != "" {
			t.Error(d)
		}
	}
	if got, err := s.BookAt(ctx, "b3"); err != nil || got.Clinics[0].Name != "Elm" || len(got.Devices) != 2 {
		t.Errorf("%+v %v", got, err)
	}
	list, err := s.BookHistory(ctx, 10)
	if err != nil || len(list) != 3 || list[0].Version != "b3" || list[1].Changed["device"] != 1 || list[0].Author != "amy" {
		t.Errorf("%+v %v", list, err)
	}
	for version, want := range map[string]error{"b4": ErrNotFound, "b0": ErrNotFound, "b": ErrInvalid, "17": ErrInvalid, "b-1": ErrInvalid} {
		if _, err := s.BookAt(ctx, version); !errors.Is(err, want) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

package book

import (
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"nightbell/policy"
)

var now = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

func reading() Reading { return Reading{File: "book.toml", Now: now} }

func demo(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../configs/demo.toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parseDemo(t testing.TB) *policy.Book {
	t.Helper()
	res, err := Parse(demo(t), reading())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range res.Warnings {
		t.Errorf("the demo is warned about: %v", w)
	}
	return res.Book
}

func TestDemoBookIsRead(t *testing.T) {
	b := parseDemo(t)
	snapshot := policy.Index(b, nil)
	if m := snapshot.Mistakes(); len(m) > 0 {
		t.Fatal(m)
	}
	at := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC) // a Monday, 10:00 in New York
	plan := snapshot.Decide(policy.Inquiry{Trunk: "carrier", Number: "+12125550100", At: at})
	if plan.Clinic != "harbor" || !plan.Open || len(plan.Steps) != 2 || !plan.Record {
		t.Fatalf("plan = %+v", plan)
	}
	// Period 21 from 2026-11-02: 21 mod 3 is Amy's turn again.
	if got := plan.Steps[0].Targets; len(got) != 1 || got[0].Person != "amy" || got[0].Users[0] != "amy" {
		t.Errorf("first step rings %+v", got)
	}
	if got := len(plan.Steps[1].Targets); got != 3 {
		t.Errorf("second step rings %d", got)
	}
}

// mistakes parses a broken book and returns its mistakes, one a line.
func mistakes(t *testing.T, text string) string {
	t.Helper()
	res, err := Parse([]byte(text), reading())
	if err == nil {
		t.Fatalf("a broken book was read:\n%s", text)
	}
	if res.Book != nil {
		t.Error("a mistake left a book behind")
	}
	var all Mistakes
	if !errors.As(err, &all) {
		t.Fatalf("error is %T", err)
	}
	return err.Error()
}

func TestEveryMistakeIsNamedWithItsPlace(t *testing.T) {
	text := strings.NewReplacer(
		`zone = "America/New_York"`, `zone = "America/New_Yrok"`,
		`people = ["amy", "bo", "carol"]`, `people = ["amy", "bob"]`,
		`number = "+12125550100"`, `number = 2125550100`,
		`country = "US"`, `contry = "US"`,
		`every = "1d"`, `every = "1y"`,
	).Replace(string(demo(t)))
	got := mistakes(t, text)
	for _, want := range []string{
		`clinics[0].zone: unknown zone "America/New_Yrok"`,
		`clinics[0].open[1].people[1]: unknown person "bob"`,
		`clinics[0].closed[1].people[1]: unknown person "bob"`,
		`numbers[0].number: is a whole number, must be a text`,
		`trunks[0].contry: unknown field`,
		`schedules[0].layers[0].rotation.every: is not a length`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not named: %s\nin:\n%s", want, got)
		}
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "zone = ") && !strings.Contains(got, "book.toml:"+strconv.Itoa(i+1)+":1: clinics[0].zone") {
			t.Errorf("the zone's line is not %d:\n%s", i+1, got)
		}
	}
}

// The example of an answering service is a book, warned about nothing, and its caller comes from the queue to the clinician.
func TestAnsweringBookIsRead(t *testing.T) {
	text, err := os.ReadFile("../configs/answering.toml")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Parse(text, reading())
	if err != nil || len(res.Warnings) > 0 {
		t.Fatal(err, res.Warnings)
	}
	night := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	p := policy.Index(res.Book, nil).Decide(policy.Inquiry{Trunk: "carrier", Number: "+12125550100", At: night})
	if len(p.Steps) != 3 || len(p.Steps[0].Queue.Members) != 2 || p.Steps[1].Do != policy.Patching || p.Steps[2].Do != policy.Voicemail {
		t.Errorf("%+v", p.Steps)
	}
	if p.Patch == nil || len(p.Patch.Steps) != 2 || p.Patch.Steps[0].People[0].Person != "dr-kim" || p.Patch.Steps[1].People[0].Person != "dr-lee" ||
		p.Outbound.Shown != "+12125550100" || p.Outbound.Trunks[0] != "carrier" {
		t.Errorf("%+v %+v", p.Patch, p.Outbound)
	}
}

// Every field that a book may hold stands in the demo's file, in force or as a comment.
func TestDemoBookNamesEveryFieldOfACall(t *testing.T) {
	text := string(demo(t))
	for _, of := range []reflect.Type{
		reflect.TypeFor[policy.Features](), reflect.TypeFor[policy.Menu](), reflect.TypeFor[policy.Patch](), reflect.TypeFor[policy.VoicemailRule](),
		reflect.TypeFor[policy.Queue](), reflect.TypeFor[policy.Carrier](), reflect.TypeFor[policy.NumberRules](), reflect.TypeFor[policy.EmergencyLine](),
		reflect.TypeFor[policy.Location](), reflect.TypeFor[policy.ConsentLaw](), reflect.TypeFor[policy.Language](),
	} {
		for i := range of.NumField() {
			key := keyOf(of, of.Field(i))
			if !strings.Contains(text, key+" =") && !strings.Contains(text, "clinics."+key+"]") && !strings.Contains(text, "."+key+".") &&
				!strings.Contains(text, "clinics.menus."+key+"]") {
				t.Errorf("%s.%s stands nowhere in configs/demo.toml", of.Name(), key)
			}
		}
	}
}

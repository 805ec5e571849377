package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

func zoneNamed(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := policy.EmbeddedZones().Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Wednesday, 2026-10-28, 15:30 in New York; the clocks go back on Sunday.
var halfPastThree = time.Date(2026, 10, 28, 19, 30, 0, 0, time.UTC)

func TestTimesAsPeopleWriteThem(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	for text, want := range map[string]string{
		"now":                       "2026-10-28T19:30:00Z",
		"17:00":                     "2026-10-28T21:00:00Z",
		"today 08:00":               "2026-10-28T12:00:00Z",
		"tomorrow 08:00":            "2026-10-29T12:00:00Z",
		"wed 16:00":                 "2026-10-28T20:00:00Z", // later today
		"wed 15:00":                 "2026-11-04T20:00:00Z", // passed today: next week, after the change
		"Sun 08:00":                 "2026-11-01T13:00:00Z",
		"+90m":                      "2026-10-28T21:00:00Z",
		"2026-11-01":                "2026-11-01T04:00:00Z",
		"2026-11-01 01:30":          "2026-11-01T05:30:00Z", // comes twice: the first
		"2026-11-01T01:30 second":   "2026-11-01T06:30:00Z",
		"2026-11-01T01:30:00-05:00": "2026-11-01T06:30:00Z",
		"2027-03-14 02:30":          "2027-03-14T07:00:00Z", // does not exist: the first instant after it
		"2027-03-14 02:30 second":   "2027-03-14T07:00:00Z",
	} {
		got, err := readTime(text, zone, halfPastThree)
		if err != nil || at(got) != want {
			t.Errorf("%q: %s %v, want %s", text, at(got), err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "25:00", "2026-13-01", "fri", "+", "+-3h", "someday 08:00", "10/11/2026 08:00"} {
		if got, err := readTime(text, zone, halfPastThree); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func FuzzTime(f *testing.F) {
	for _, text := range []string{"fri 17:00", "2026-11-01 01:30 second", "+8h", "9999-12-31", "0001-01-01"} {
		f.Add(text)
	}
	zone, err := policy.EmbeddedZones().Zone("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := readTime(text, zone, halfPastThree); err == nil && got.IsZero() && !strings.HasPrefix(strings.TrimSpace(text), "0001") {
			t.Fatalf("%q is no time", text)
		}
	})
}

func drawn(zone *time.Location, from, to time.Time, shifts ...console.Shift) string {
	var out bytes.Buffer
	timeline{zone: zone, name: zone.String(), from: from, to: to, width: 60}.draw(&out, shifts)
	return out.String()
}

func stands(person string, from, to time.Time) console.Shift {
	return console.Shift{Tier: 1, Person: person, Start: from, End: to}
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != strings.TrimPrefix(want, "\n") {
		t.Errorf("drawn\n%s\nwant%s", got, want)
	}
}

func TestTheLongDayIsDrawnLonger(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, zone) }
	same(t, drawn(zone, day(1), day(3), stands("ana", day(1), day(1).Add(9*time.Hour)), stands("ben", day(1).Add(9*time.Hour), day(2)),
		stands("", day(2), day(2).Add(150*time.Minute)), stands("ana", day(2).Add(150*time.Minute), day(3))), `
, America/New_York, one column is 1 h
              │Sun 01 Nov              │Mon 02 Nov
              00     06    12    18    00    06    12    18
tier 1
ana           █████████··················▐█████████████████████ 30 h 30
ben           ·········████████████████························ 16 h
** NOBODY **  ·························░░░····················· 2 h 30
              clocks go back 1 h: Sun 2026-11-01 02:00 EDT -> 01:00 EST, this day lasts 25 h
`)
}

// Half an hour of daylight saving, a skipped midnight and a skipped day are days like any other.
func TestStrangeDaysAreDrawnTrue(t *testing.T) {
	for _, c := range []struct{ zone, from, to, want string }{
		{"Australia/Lord_Howe", "2026-10-04", "2026-10-05", "clocks go forward 0 h 30: Sun 2026-10-04 02:00 +1030 -> 02:30 +11, this day lasts 23 h 30"},
		{"Africa/Cairo", "2026-04-24", "2026-04-25", "clocks go forward 1 h: Fri 2026-04-24 00:00 EET -> 01:00 EEST, this day lasts 23 h"},
		{"America/Havana", "2026-03-08", "2026-03-09", "│Sun 08 Mar"},
		{"Pacific/Apia", "2011-12-29", "2012-01-01", "│Sat 31 Dec"},
		{"Asia/Kathmandu", "2026-05-01", "2026-05-03", "│Sat 02 May"},
	} {
		zone := zoneNamed(t, c.zone)
		from, err := readTime(c.from, zone, halfPastThree)
		if err != nil {
			t.Fatal(err)
		}
		to, err := readTime(c.to, zone, halfPastThree)
		if err != nil {
			t.Fatal(err)
		}
		got := drawn(zone, from, to, stands("ana", from, to))
		if !strings.Contains(got, c.want) || !strings.Contains(got, " "+lasting(to.Sub(from))+"\n") {
			t.Errorf("%s: no %q\n%s", c.zone, c.want, got)
		}
	}
}

func TestAMonthFitsTheScreen(t *testing.T) {
	zone := zoneNamed(t, "America/New_York")
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, zone)
	got := drawn(zone, from, from.AddDate(0, 1, 0), stands("ana", from, from.AddDate(0, 1, 0)))
	for _, line := range strings.Split(got, "\n") {
		if n := len([]rune(line)); n > 90 {
			t.Errorf("%d wide: %s", n, line)
		}
	}
	if !strings.Contains(got, "one column is 24 h") || !strings.Contains(got, "│01 Nov│08 Nov│15 Nov") {
		t.Error(got)
	}
}

func TestHolidaysAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]console.HolidayBody{
		"Founders Day=11-03":              {Name: "Founders Day", Month: 11, Day: 3},
		"Day after Thanksgiving=fri:4:11": {Name: "Day after Thanksgiving", Month: 11, Weekday: 5, Nth: 4},
		"Memorial Day=mon:-1:5":           {Name: "Memorial Day", Month: 5, Weekday: 1, Nth: -1},
	} {
		if got, err := holidayFrom(text); err != nil || got != want {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Day", "=11-03", "Day=xyz", "Day=xyz:1:2", "Day=mon:1"} {
		if got, err := holidayFrom(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// What commands change is in the book as a file, whole: show and apply are each other's inverse.
func TestWhatIsShownCanBeApplied(t *testing.T) {
	dir := developed(t)
	for _, args := range [][]string{
		{"oncall", "take-over", "agents", "dr-lee", "--reason", "in theatre"},
		{"oncall", "assign", "agents", "carol", "--tonight", "--reason", "a wedding"},
		{"oncall", "cover", "agents", "amy", "bo", "--to", "+72h"},
		{"oncall", "add", "agents", "dr-lee", "--to", "+5h"},
		{"oncall", "note", "agents", "the lift is out", "--to", "+5h"},
		{"oncall", "nobody", "agents", "--tier", "2", "--to", "+5h", "--reason", "a test", "--acknowledge-gap", "a test"},
		{"oncall", "absence", "amy", "--from", "+200h", "--to", "+240h", "--cover", "bo", "--acknowledge-gap", "a test"},
		{"oncall", "dnd", "bo", "--from", "+300h", "--to", "+310h", "--cover", "carol"},
		{"oncall", "holidays", "harbor", "--set", "Tree Day=04-30"},
	} {
		got := says(append(args, "--dir", dir, "--json"), "")
		if got.code != exitDone {
			t.Errorf("%v: exit %d: %s%s", args, got.code, got.out, got.err)
		}
	}
	absent := says([]string{"oncall", "absence", "carol", "--from", "+400h", "--to", "+410h", "--acknowledge-gap", "a test", "--dir", dir}, "")
	_, edit, _ := strings.Cut(absent.out, "edit ")
	if got := says([]string{"oncall", "undo", "carol", strings.Fields(edit + " none")[0], "--person", "--dir", dir}, ""); got.code != exitDone {
		t.Errorf("undo: %s%s", got.out, got.err)
	}
	shown := says([]string{"book", "show", "--reveal", "--reason", "round trip", "--dir", dir}, "")
	if got := says([]string{"book", "check", "-", "--dir", dir}, shown.out); got.code != exitDone || !strings.HasPrefix(got.out, "nothing changes") {
		t.Errorf("exit %d: %s%s\n%s", got.code, got.out, got.err, shown.out)
	}
}

func TestTooLargeARotaIsNotEvenSent(t *testing.T) {
	got := says([]string{"oncall", "import", "agents", "-", "--format", "ical", "--dry-run", "--dir", t.TempDir()}, strings.Repeat("x", 50_000_000))
	if got.code != exitWrong || !strings.Contains(got.err, "is larger than 4 MB") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
}

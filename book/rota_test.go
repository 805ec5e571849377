package book

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/policy"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "book", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newYork reads as a schedule there does, from 2026 to the end of 2027.
func newYork(t testing.TB, file string) RotaReading {
	t.Helper()
	z, err := policy.EmbeddedZones().Zone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return RotaReading{File: file, Zone: z, From: time.Date(2026, 1, 1, 0, 0, 0, 0, z), To: time.Date(2028, 1, 1, 0, 0, 0, 0, z)}
}

func told(r Rota, zone *time.Location) (lines []string) {
	for _, t := range r.Turns {
		lines = append(lines, fmt.Sprintf("%s %s %s", t.Start.In(zone).Format("01-02 15:04"), t.End.Sub(t.Start), t.Who))
	}
	return lines
}

func TestRotaComesInAsICal(t *testing.T) {
	with := newYork(t, "rota.ics")
	r, err := ReadICal(sample(t, "rota.ics"), with)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"03-12 17:00 15h0m0s On call: Ana",
		"03-13 17:00 14h0m0s On call: Ana", // the clocks go forward: 08:00 stays 08:00
		"03-14 17:00 15h0m0s Benjamin",
		"03-15 17:00 15h0m0s On call: Ana", // COUNT counts the one that EXDATE takes out
		"03-20 00:00 48h0m0s cleo",
		"03-29 08:00 9h0m0s Ana", "03-31 08:00 9h0m0s Ana", "04-12 08:00 9h0m0s Ana", "04-14 08:00 9h0m0s Ana",
	}
	if got := told(r, with.Zone); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	known := func(id string) bool { return id == "ana" || id == "ben" || id == "cleo" }
	if _, unknown := r.Plan(Names{Known: known}, 1, "layers"); !slices.Equal(unknown, []string{"Benjamin"}) {
		t.Errorf("unknown: %q", unknown)
	}
	e, unknown := r.Plan(Names{Known: known, People: map[string]string{"benjamin": "ben"}}, 1, "layers")
	if len(unknown) > 0 || len(e.Shifts) != 9 || e.Shifts[2].Person != "ben" || !e.Start.Equal(r.Turns[0].Start) || e.Do != policy.DoPlan {
		t.Errorf("%v %+v", unknown, e)
	}
}

func TestRotaComesInAsATable(t *testing.T) {
	with := newYork(t, "rota.csv")
	r, err := ReadRotaCSV(sample(t, "rota.csv"), with)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"03-13 17:00 14h0m0s Dr. Ana", "03-13 17:00 158h0m0s cleo", "03-14 08:00 9h0m0s ben", "03-14 17:00 15h0m0s nobody"}
	if got := told(r, with.Zone); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if tiers := r.Tiers(); !slices.Equal(tiers, []int{1, 2}) {
		t.Errorf("tiers %v", tiers)
	}
}

func TestDifferenceOfARota(t *testing.T) {
	at := func(h int) time.Time { return monday.Add(time.Duration(h) * time.Hour) }
	st := func(who string, a, b int) policy.Stretch {
		return policy.Stretch{Tier: 1, Start: at(a), End: at(b), People: []policy.Standing{{Person: who}}}
	}
	d := Differ([]policy.Stretch{st("ana", 0, 10), st("ben", 10, 20)}, []policy.Stretch{st("ana", 0, 4), st("cleo", 4, 6), st("ana", 6, 10), st("ben", 10, 22)})
	show := func(list []policy.Stretch) (s string) {
		for _, x := range list {
			s += fmt.Sprintf("%s %g-%g;", x.People[0].Person, x.Start.Sub(monday).Hours(), x.End.Sub(monday).Hours())
		}
		return s
	}
	if show(d.Added) != "cleo 4-6;ben 20-22;" || show(d.Removed) != "ana 4-6;" {
		t.Errorf("added %s removed %s", show(d.Added), show(d.Removed))
	}
}

func TestBadRotaIsRefusedWithItsLine(t *testing.T) {
	event := func(lines ...string) string {
		return "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:ana\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
	}
	start, end := "DTSTART:20270101T080000", "DTEND:20270101T170000"
	for _, c := range []struct{ file, want string }{
		{event("DTSTART:20271301T080000", end), "x:4:1: start: is not a date"},
		{event("DTSTART:00010101T080000", end), "x:4:1: start: is out of range"},
		{event("DTSTART:99990101T080000", end), "x:4:1: start: is out of range"},
		{event(end), "x:2:1: start: is missing"},
		{event(start), "x:2:1: end: is missing"},
		{event(start, "DTEND:20270101T080000"), "x:2:1: end: is not after the start"},
		{event("DTSTART;TZID=America/Nowhere:20270101T080000", end), "x:4:1: start: unknown zone"},
		{event(start, end, "RRULE:FREQ=MONTHLY"), "x:6:1: rrule: FREQ=MONTHLY is not read"},
		{event(start, end, "RRULE:FREQ=DAILY;INTERVAL=0"), "x:6:1: rrule: INTERVAL=0 is not read"},
		{event(start, end, "DURATION:PT1H"), "x:2:1: end: stands twice"},
		{event(start, "DURATION:-PT1H"), "x:5:1: end: is not a duration"},
		{"BEGIN:VCALENDAR\n", "rota: ends inside VCALENDAR"},
		{"hello", "rota: is no iCalendar"},
		{"", "rota: is no iCalendar"},
		{"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "rota: holds no shift"},
		{"person,start\nana,2027-01-01", "x:1:1: end: is missing"},
		{"person,start,end\nana,2027-01-02,2027-01-01", "x:2:1: end: is not after the start"},
		{"person,start,end\nana,2027-13-01,2027-01-02", "x:2:1: start: is not a time"},
		{"person,start,end\n,2027-01-01,2027-01-02", "x:2:1: person: is missing"},
		{"person,start,end\na\x1bb,2027-01-01,2027-01-02", "x:2:1: person: holds a control character"},
		{"person,start,end\n\"ana,2027-01-01,2027-01-02", "is not a table"},
		{"person,start,end,tier\nana,2027-01-01,2027-01-02,99", "x:2:1: tier: must be 1 to 9"},
		{"person,start,end\nana,2027-01-01,2027-12-02", "x:2:1: end: is more than 62 days"},
	} {
		read := ReadICal
		if strings.HasPrefix(c.file, "person") {
			read = ReadRotaCSV
		}
		with := newYork(t, "x")
		r, err := read([]byte(c.file), with)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(r.Turns) > 0 {
			t.Errorf("%q: %v, want %s", c.file, err, c.want)
		}
	}
}

func TestFiftyMegabytesAreRefusedUnread(t *testing.T) {
	big := bytes.Repeat([]byte("BEGIN:VEVENT\n"), 4<<20)
	for name, read := range map[string]func([]byte, RotaReading) (Rota, error){"ical": ReadICal, "csv": ReadRotaCSV} {
		var m Mistakes
		if _, err := read(big, RotaReading{File: "big"}); !errors.As(err, &m) || len(m) != 1 || m[0].Text != "is larger than 4 MiB" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRepetitionEndsSomewhere(t *testing.T) {
	file := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:ana\nDTSTART:20270101T080000Z\nDTEND:20270101T090000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n"
	if _, err := ReadICal([]byte(file), RotaReading{File: "x"}); err == nil || !strings.Contains(err.Error(), "has no end") {
		t.Errorf("%v", err)
	}
	r, err := ReadICal([]byte(file), newYork(t, "x"))
	if err != nil || len(r.Turns) != 365 {
		t.Errorf("%d turns, %v", len(r.Turns), err)
	}
}

func TestCallLogOfAnotherVendor(t *testing.T) {
	names := Names{Known: func(id string) bool { return id == "ana" || id == "ben" || id == "cleo" }}
	log, err := ReadCallLog(sample(t, "calls.csv"), newYork(t, "calls.csv"), names)
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Calls) != 3 || !slices.Equal(log.Calls[1].Reached, []string{"ben", "cleo"}) || log.Calls[0].Number != "+12125550140" {
		t.Errorf("%+v", log.Calls)
	}
	if at := log.Calls[0].At; !at.Equal(time.Date(2026, 11, 1, 3, 10, 0, 0, time.UTC)) {
		t.Errorf("read at %s", at)
	}
	if len(log.Refused) != 2 || log.Refused[0].Line != 4 || log.Refused[1].Line != 5 || !slices.Equal(log.Unknown, []string{"Dr. Unknown"}) {
		t.Errorf("%v %v", log.Refused, log.Unknown)
	}
	if _, err := ReadCallLog([]byte("a,b\n1,2\n"), RotaReading{File: "x"}, names); err == nil {
		t.Error("a table without its columns passed")
	}
}

// A rota holds what it says it holds, whatever comes in.
func holdsTogether(t *testing.T, r Rota, err error) {
	if (err == nil) == (len(r.Turns) == 0) {
		t.Fatalf("%d turns and %v", len(r.Turns), err)
	}
	for _, one := range r.Turns {
		if !one.End.After(one.Start) || one.Who == "" || strings.ContainsFunc(one.Who, invisible) || one.Tier < 0 || one.Tier > maxTier {
			t.Fatalf("%+v", one)
		}
	}
}

func FuzzICal(f *testing.F) {
	f.Add(sample(f, "rota.ics"))
	f.Add([]byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;X=\"a:b\":20270101\r\nSUMMARY:a\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\nEND:VEVENT\r\nEND:VCALENDAR"))
	with := newYork(f, "x")
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadICal(text, with)
		holdsTogether(t, r, err)
	})
}

func FuzzRotaCSV(f *testing.F) {
	f.Add(sample(f, "rota.csv"))
	with := newYork(f, "x")
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadRotaCSV(text, with)
		holdsTogether(t, r, err)
	})
}

func FuzzCallLog(f *testing.F) {
	f.Add(sample(f, "calls.csv"))
	with := newYork(f, "x")
	f.Fuzz(func(t *testing.T, text []byte) {
		log, err := ReadCallLog(text, with, Names{Known: func(string) bool { return false }})
		if err != nil && len(log.Calls) > 0 {
			t.Fatal("refused, and half read")
		}
		for _, c := range log.Calls {
			if c.Number == "" || c.At.IsZero() {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// Whatever a feed says, its lines are lines.
func FuzzCalendar(f *testing.F) {
	f.Add("On call: Elm, tier 1", int64(1_800_000_000))
	f.Add("a\r\nEND:VCALENDAR\r\nü,;\\", int64(-1))
	f.Fuzz(func(t *testing.T, summary string, at int64) {
		if !strings.Contains(strings.ToValidUTF8(summary, "?"), summary) {
			return
		}
		start := time.Unix(at%(1<<33), 0)
		text := Calendar(Feed{Name: summary, Entries: []Entry{{UID: "u", Start: start, End: start.Add(time.Hour), Summary: summary, Changed: start}}})
		for _, line := range bytes.Split(text, []byte("\r\n")) {
			if len(line) > 75 || bytes.ContainsAny(line, "\r\n") {
				t.Fatalf("%q", line)
			}
		}
		if bytes.Count(unfolded(text), []byte("\r\nEND:VCALENDAR\r\n")) != 1 {
			t.Fatalf("%q", text)
		}
	})
}

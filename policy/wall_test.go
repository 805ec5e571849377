package policy

import (
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := EmbeddedZones().Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestLocalTimeBecomesItsFirstInstant(t *testing.T) {
	for _, c := range []struct{ zone, wall, want string }{
		{"America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:00:00Z"}, // gap: the transition; time.Date says 01:30 EST
		{"America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"}, // overlap: the first
		{"America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00Z"}, // the end of an overlap comes once
		{"America/Havana", "2026-03-08T00:00:00", "2026-03-08T05:00:00Z"},   // midnight does not exist; time.Date says 23:00
		{"America/Havana", "2026-11-01T00:30:00", "2026-11-01T04:30:00Z"},
		{"Africa/Cairo", "2026-04-24T00:00:00", "2026-04-23T22:00:00Z"},
		{"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"}, // the day does not exist: the next day's first instant
		{"Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"},
		{"Pacific/Kwajalein", "1993-08-21T12:00:00", "1993-08-21T12:00:00Z"}, // skipped as well
		{"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"},
		{"Asia/Kathmandu", "2026-01-01T00:00:00", "2025-12-31T18:15:00Z"},
		{"America/St_Johns", "2010-11-06T23:30:00", "2010-11-07T02:00:00Z"},
		{"America/Juneau", "1867-10-18T12:00:00", "1867-10-17T20:57:41Z"}, // a day that came twice: the first
		{"America/New_York", "2096-12-31T12:00:00", "2096-12-31T17:00:00Z"},
		{"America/New_York", "0001-01-01T00:00:00", "0001-01-01T04:56:02Z"},
		{"America/New_York", "9999-12-31T23:59:59", "+10000-01-01"},
	} {
		w, err := ParseWall(c.wall)
		if err != nil {
			t.Fatal(err)
		}
		got := w.Instant(zone(t, c.zone))
		if c.want[0] == '+' {
			if got.Year() != 10000 || got.Unix() != int64(w)+5*3600 {
				t.Errorf("%s in %s = %s", c.wall, c.zone, got)
			}
			continue
		}
		if got.Format(time.RFC3339) != c.want {
			t.Errorf("%s in %s = %s, want %s", c.wall, c.zone, got.Format(time.RFC3339), c.want)
		}
	}
}

func TestOccurrencesOfALocalTime(t *testing.T) {
	ny := zone(t, "America/New_York")
	for wall, want := range map[string]int{"2026-03-08T02:30:00": 0, "2026-11-01T01:30:00": 2, "2026-11-01T02:00:00": 1, "2026-06-01T00:00:00": 1} {
		w, err := ParseWall(wall)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Occurrences(ny); len(got) != want {
			t.Errorf("%s comes %v", wall, got)
		}
	}
}

func TestWallTimesOutsideTheCalendarAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "0000-01-01T00:00:00", "10000-01-01T00:00:00", "2026-13-01T00:00:00", "2026-02-29T00:00:00", "2026-01-01T24:00:00",
		"2026-01-01T08:00:60", "2026-01-01T08:00:00Z", "2026-01-01T08:00:00.5", "2026-1-1", "tomorrow",
	} {
		if w, err := ParseWall(s); err == nil {
			t.Errorf("%q is read as %s", s, w)
		}
	}
}

// What is read as a wall time is written back and read again as the same.
func FuzzParseWall(f *testing.F) {
	for _, s := range []string{"2026-03-08T02:30:00", "0001-01-01", "9999-12-31T23:59:59", "2026-03-08T02:30", "2026-13-01", "x"} {
		f.Add(s)
	}
	ny := zone(f, "America/New_York")
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWall(s)
		if err != nil {
			return
		}
		again, err := ParseWall(w.String())
		if err != nil || again != w {
			t.Errorf("%q -> %s -> %v, %v", s, w, again, err)
		}
		c := newClock(ny)
		if at := c.resolve(w); c.wall(at) < w {
			t.Errorf("%s resolves too early", w)
		}
	})
}

// No case file, however broken, does more than be refused or counted.
func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"cases":[{"id":"x","kind":"rotation","zone":"America/New_York","anchor_local":"2026-01-01T00:00:00","every":"1d","users":["A"],"T":"2026-01-01T00:00:00Z","expect":"A"}]}`))
	f.Add([]byte(`{"cases":[{"kind":"window","zone":"UTC","start_days":[1],"start":"00:00","end":"00:00","T":"9999-12-31T23:59:59Z"}]}`))
	f.Add([]byte(`{"cases":[{"kind":"schedule","zone":"UTC","layers":[{"id":"a","rotation":{"anchor_local":"2026-01-01T00:00:00","every":"3m","members":["A",null]}}],"edits":[{"do":"every","layer":"a","every":"1h","effective":"2026-02-01T00:00:00Z"},{"do":"undo","edit":0}],"T":"2026-03-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"cases":[{"kind":"schedule","zone":"UTC","layers":[{"id":"a","windows":[{"days":[5],"start":"02:15","end":"02:45"}],"rotation":{"anchor_local":"0001-01-01T00:00:00","every":"1h","members":["A"],"advance":"covered"}}],"T":"0003-03-01T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<14 {
			return
		}
		if v, err := Verify(file); err == nil && v.Total != len(v.Cases) {
			t.Errorf("%d of %d cases", len(v.Cases), v.Total)
		}
	})
}

package policy

import (
	"fmt"
	"testing"
	"time"
)

// fourLayers is the schedule of oncall.md's bar: nights, weekends, days and a backup tier.
func fourLayers(i int, zone string) Schedule {
	rota := func(anchor, every string, members ...string) Rotation {
		n, unit, err := ParseEvery(every)
		if err != nil {
			panic(err)
		}
		return Rotation{Anchor: anchor, Every: n, Unit: unit, Members: members}
	}
	a, b, c := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i), fmt.Sprintf("c%d", i)
	return Schedule{ID: fmt.Sprintf("s%d", i), Clinic: fmt.Sprintf("c%d", i), Zone: zone, Layers: []Layer{
		{ID: "nights", Tier: 1, Windows: []Hours{{Days: []int{1, 2, 3, 4, 5}, Start: 17 * 60, End: 8 * 60}},
			Rotation: rota("2026-01-05T17:00:00", "1d", a, b, c)},
		{ID: "weekend", Tier: 1, Windows: []Hours{{Days: []int{6, 7}, Start: 8 * 60, End: 8 * 60}},
			Rotation: rota("2026-01-03T08:00:00", "1w", b, c)},
		{ID: "days", Tier: 1, Rotation: rota("2026-01-05T08:00:00", "1w", c, a)},
		{ID: "backup", Tier: 2, Rotation: rota("2026-01-31T08:00:00", "1m", a, b)},
	}}
}

var benchZones = []string{"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"}

func manyClinics(b *testing.B, n int) *Snapshot {
	b.Helper()
	book := &Book{Version: "bench"}
	for i := range n {
		zone := benchZones[i%len(benchZones)]
		book.Clinics = append(book.Clinics, Clinic{ID: fmt.Sprintf("c%d", i), Name: "Clinic", Zone: zone})
		book.Schedules = append(book.Schedules, fourLayers(i, zone))
		book.Numbers = append(book.Numbers, Number{Number: fmt.Sprintf("+1212555%04d", i), Clinic: fmt.Sprintf("c%d", i)})
		for _, p := range []string{"a", "b", "c"} {
			id := fmt.Sprintf("%s%d", p, i)
			book.People = append(book.People, Person{ID: id, Active: true})
			book.Devices = append(book.Devices, Device{User: id, Person: id})
		}
	}
	s := Index(book, nil)
	if m := s.Mistakes(); len(m) > 0 {
		b.Fatal(m[0])
	}
	return s
}

// naive finds the holder of a daily rotation as a plain program would: add days with AddDate until the instant is reached.
func naive(anchor time.Time, members []string, at time.Time) string {
	k := 0
	for next := anchor; ; k++ {
		if next = anchor.AddDate(0, 0, k+1); next.After(at) {
			return members[k%len(members)]
		}
	}
}

// BenchmarkResolve asks 10,000 clinics of four layers each, at another instant every time. Bar: 10 µs a clinic, no
// allocation. x_naive: how many times longer one layer alone takes a program that walks the hand-offs.
func BenchmarkResolve(b *testing.B) {
	s := manyClinics(b, 10000)
	ids := make([]string, 10000)
	for i := range ids {
		ids[i] = fmt.Sprintf("s%d", i)
	}
	loc, _ := s.Zones.Zone("America/New_York")
	from := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	var now OnCall
	s.Resolve(ids[0], from, &now)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Resolve(ids[i%10000], from.Add(time.Duration(i%8760)*time.Hour), &now)
		i++
	}
	perClinic := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	anchor := time.Date(2026, 1, 5, 8, 0, 0, 0, loc)
	began := time.Now()
	const rounds = 200
	for i := range rounds {
		naive(anchor, []string{"a", "b", "c"}, from.Add(time.Duration(i)*time.Hour))
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())/rounds/perClinic, "x_naive")
}

func BenchmarkDecide(b *testing.B) {
	s := manyClinics(b, 10000)
	for i := range s.Book.Clinics {
		c := &s.Book.Clinics[i]
		c.Closed.Steps = []StepRule{{Name: "on call", Schedule: fmt.Sprintf("s%d", i)}}
	}
	from := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		s.Decide(Inquiry{Number: s.Book.Numbers[i%10000].Number, At: from.Add(time.Duration(i%8760) * time.Hour)})
		i++
	}
}

// BenchmarkExpandYear lists a year of a clinic of four layers. Bar: 5 ms. x_minutes: how many times longer it takes to ask at
// every minute of the year (measured on two days).
func BenchmarkExpandYear(b *testing.B) {
	loc, _ := EmbeddedZones().Zone("America/New_York")
	r, err := Compile(fourLayers(0, "America/New_York"), Rules{Zone: loc, ZoneName: "America/New_York"})
	if err != nil {
		b.Fatal(err)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		r.Expand(from, from.AddDate(1, 0, 0))
	}
	year := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	began := time.Now()
	var now OnCall
	for i := range 2 * 1440 {
		r.Resolve(from.Add(time.Duration(i)*time.Minute), &now)
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())*365/2/year, "x_minutes")
	b.ReportMetric(year/5e6, "of_bar")
}

// BenchmarkCovered asks a rotation whose turn passes only on covered periods, a year and more from its anchor.
func BenchmarkCovered(b *testing.B) {
	sched := fourLayers(0, "America/New_York")
	sched.Layers[0].Rotation.Advance = Covered
	loc, _ := EmbeddedZones().Zone("America/New_York")
	r, err := Compile(sched, Rules{Zone: loc, ZoneName: "America/New_York"})
	if err != nil {
		b.Fatal(err)
	}
	var now OnCall
	from := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r.Resolve(from.Add(time.Duration(i%8760)*time.Hour), &now)
		i++
	}
}

package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// clockChanges lists when a zone's clocks change from 1990 to 2035.
func clockChanges(zone *time.Location) (all []time.Time) {
	at := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	for {
		_, end := at.In(zone).ZoneBounds()
		if end.IsZero() || end.Year() > 2035 || !end.After(at) {
			return all
		}
		at = end
		all = append(all, at.UTC())
	}
}

// sweep visits the clock changes of every zone of the data: all of them in a soak, one each else. A zone whose clocks never
// change is visited at any instant.
func sweep(t *testing.T, visit func(zone *time.Location, at time.Time, rng *rand.Rand)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(2026, 3))
	visited := 0
	for _, name := range EmbeddedZones().Names() {
		zone, err := EmbeddedZones().Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		all := clockChanges(zone)
		somewhere := time.Date(1990+rng.IntN(46), 1, 1+rng.IntN(365), rng.IntN(24), rng.IntN(60), 0, 0, time.UTC)
		if rounds(1, 2) == 1 && len(all) > 0 {
			all = []time.Time{all[rng.IntN(len(all))]}
		}
		if len(all) == 0 || rounds(1, 2) == 2 {
			all = append(all, somewhere)
		}
		for _, at := range all {
			visit(zone, at.Truncate(time.Minute), rng)
			visited++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d clock changes in %d zones", visited, len(EmbeddedZones().Names()))
}

// S2 against a clock that is merely watched: at every local minute within a day of a change, the first instant at which it
// reads that time or later.
func TestEveryLocalMinuteNearEveryChangeIsItsFirstInstant(t *testing.T) {
	sweep(t, func(zone *time.Location, mid time.Time, _ *rand.Rand) {
		from := mid.Add(-52 * time.Hour).Unix()
		o := newOracle(zone, from, mid.Add(52*time.Hour).Unix())
		c := newClock(zone)
		first, last := c.wall(mid.Add(-24*time.Hour).Unix()), c.wall(mid.Add(24*time.Hour).Unix())
		i := 0
		for w := first - first%60; w <= last; w += 60 {
			for o.reached[i] < int64(w) {
				i++
			}
			if got, want := c.resolve(w), from+int64(i)*60; got != want {
				t.Errorf("%s: %s resolves to %s, the clock first reads it at %s", zone, w, time.Unix(got, 0).UTC(), time.Unix(want, 0).UTC())
				return
			}
		}
	})
}

// nightAndDay is a schedule whose hand-offs and windows lie where the clocks change: a rotation at the very hour, nights and
// days that meet, a short window inside, a backup by the week and one by hours, an override and a leave across the change.
func nightAndDay(zone *time.Location, mid time.Time, rng *rand.Rand) Schedule {
	l := mid.In(zone)
	before := l.AddDate(0, 0, -3-rng.IntN(4))
	at := func(minutes int) string {
		m := (minutes%1440 + 1440) % 1440
		return fmt.Sprintf("%sT%02d:%02d:00", before.Format(time.DateOnly), m/60, m%60)
	}
	hourOf := l.Hour()*60 + l.Minute()
	quarter := func(n int) WallClock { return WallClock(((hourOf+n*15)%1440 + 1440) % 1440) }
	all := []int{1, 2, 3, 4, 5, 6, 7}
	return Schedule{ID: "s", Layers: []Layer{
		{ID: "short", Tier: 1, Mode: Add, Windows: []Hours{{all, quarter(-5), quarter(-1)}, {all, quarter(-2), quarter(1)}},
			Rotation: Rotation{Anchor: at(0), Every: 1, Unit: Day, Members: []string{"S", "T"}}},
		{ID: "night", Tier: 1, Mode: Replace, Windows: []Hours{{all, 22 * 60, 6 * 60}},
			Rotation: Rotation{Anchor: at(hourOf), Every: 1, Unit: Day, Members: []string{"A", "B", "C"}}},
		{ID: "day", Tier: 1, Mode: Replace, Rotation: Rotation{Anchor: at(hourOf - 30), Every: 1, Unit: Day, Members: []string{"D", Nobody, "E"}}},
		{ID: "week", Tier: 2, Mode: Replace, Windows: []Hours{{all, 0, 0}},
			Rotation: Rotation{Anchor: at(0), Every: 1, Unit: Week, Members: []string{"W", "X"}}},
		{ID: "hours", Tier: 2, Mode: Add, Rotation: Rotation{Anchor: l.Format(wallLayout), Every: 8, Unit: Hour, Members: []string{"H", "I"}}},
	}, Edits: []Edit{
		{ID: "0", At: mid, Do: DoCover, Tier: 1, From: "A", Person: "Y", Start: mid.Add(-5 * time.Hour), End: mid.Add(7 * time.Hour)},
		{ID: "1", At: mid, Do: DoAbsence, Person: "D", Cover: "Z", Start: mid.Add(-9 * time.Hour), End: mid.Add(time.Minute)},
		{ID: "2", At: mid, Do: DoAdd, Tier: 2, Person: "V", Start: mid.Add(-time.Minute), End: mid.Add(time.Hour)},
	}}
}

func TestEveryMinuteNearEveryChangeAgreesWithTheMinuteWalk(t *testing.T) {
	asked := 0
	around := time.Duration(rounds(4, 24)) * time.Hour
	sweep(t, func(zone *time.Location, mid time.Time, rng *rand.Rand) {
		s := nightAndDay(zone, mid, rng)
		r, err := Compile(s, Rules{Zone: zone, ZoneName: zone.String()})
		if err != nil {
			t.Fatal(err)
		}
		from := mid.Add(-around).Unix()
		o := newOracle(zone, from, mid.Add(around).Unix())
		var now OnCall
		var got []string
		for i, want := range o.walk(s, Rules{}, 2) {
			at := time.Unix(from+int64(i)*60+int64(rng.IntN(60)), 0)
			r.Resolve(at, &now)
			for j, tier := range now.Tiers {
				got = got[:0]
				for _, p := range tier.People {
					got = append(got, p.Person)
				}
				if asked++; !slices.Equal(got, want[j]) {
					t.Errorf("%s at %s (%s), tier %d: got %v, the walk says %v", zone, at.UTC(), at.In(zone), j+1, got, want[j])
					return
				}
			}
		}
	})
	t.Logf("%d answers", asked)
}

// A tier with a round-the-clock layer is never empty and never has two, at any second around any change.
func TestExactlyOnePersonAtEverySecondAroundAChange(t *testing.T) {
	sweep(t, func(zone *time.Location, mid time.Time, rng *rand.Rand) {
		l := mid.In(zone)
		s := Schedule{ID: "s", Layers: []Layer{{ID: "l", Tier: 1, Rotation: Rotation{
			Anchor: l.AddDate(0, 0, -2).Format(wallLayout), Every: 1, Unit: Day, Members: []string{"A", "B", "C"},
		}}}}
		r, err := Compile(s, Rules{Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		var now OnCall
		last := int64(-1 << 62)
		for at := mid.Add(-90 * time.Second).Unix(); at < mid.Add(90*time.Second).Unix(); at++ {
			r.Resolve(time.Unix(at, 0), &now)
			if n := len(now.Tiers[0].People); n != 1 {
				t.Errorf("%s: %d people at %d", zone, n, at)
				return
			}
			p := now.Tiers[0].People[0]
			if p.Source.Period < last || p.Since.Unix() > at || p.Until.Unix() <= at {
				t.Errorf("%s at %d: period %d after %d, [%s, %s)", zone, at, p.Source.Period, last, p.Since, p.Until)
				return
			}
			last = p.Source.Period
		}
	})
}

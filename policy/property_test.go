package policy

import (
	"flag"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMain fixes the seed of the drawn properties; make soak, or -rapid.seed, tries others.
func TestMain(m *testing.M) {
	if os.Getenv("NIGHTBELL_SOAK") == "" {
		if err := flag.Set("rapid.seed", "2026"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// anyZone draws one of every shipped zone.
func anyZone(t *rapid.T) *time.Location {
	z, err := EmbeddedZones().Zone(rapid.SampledFrom(EmbeddedZones().Names()).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// anyWall draws a local time of the years 1 to 9999, mostly of our own time.
func anyWall(t *rapid.T, name string) Wall {
	if rapid.IntRange(0, 3).Draw(t, name+" era") == 0 {
		return Wall(rapid.Int64Range(-62135596800, 253402300799).Draw(t, name))
	}
	return Wall(rapid.Int64Range(-2208988800, 4102444800).Draw(t, name))
}

func TestResolverFindsTheFirstInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock(anyZone(t))
		w := anyWall(t, "wall")
		at := c.resolve(w)
		if got := c.wall(at); got < w {
			t.Fatalf("%s resolves to %d, where the clock reads %s", w, at, got)
		}
		for _, before := range []int64{1, 60, 1800, 3600, 86400} {
			if got := c.wall(at - before); got >= w {
				t.Fatalf("%s: %d s before it the clock reads %s already", w, before, got)
			}
		}
		if later := c.resolve(w + Wall(rapid.Int64Range(0, 200000).Draw(t, "step"))); later < at {
			t.Fatalf("%s: a later local time comes earlier", w)
		}
	})
}

func TestOneLayerStandsAtEveryInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := anyZone(t)
		s := Schedule{Layers: []Layer{{ID: "l", Tier: 1, Rotation: Rotation{
			Anchor: anyWall(t, "anchor").String(), Every: rapid.IntRange(1, 5).Draw(t, "every"),
			Unit:    rapid.SampledFrom([]Unit{Hour, Day, Week, Month}).Draw(t, "unit"),
			Members: []string{"A", "B", "C"}[:rapid.IntRange(1, 3).Draw(t, "members")],
		}}}}
		r, err := Compile(s, Rules{Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		var now, before, after OnCall
		at := int64(anyWall(t, "at"))
		r.Resolve(time.Unix(at, 0), &now)
		if len(now.Tiers[0].People) != 1 {
			t.Fatalf("%d people", len(now.Tiers[0].People))
		}
		p := now.Tiers[0].People[0]
		if at < p.Since.Unix() || at >= p.Until.Unix() {
			t.Fatalf("%d is not in [%s, %s)", at, p.Since, p.Until)
		}
		r.Resolve(p.Until.Add(-time.Second), &before)
		r.Resolve(p.Until, &after)
		if before.Tiers[0].People[0].Source != p.Source {
			t.Fatal("the shift ends before its end")
		}
		if next := after.Tiers[0].People[0]; next.Source.Period <= p.Source.Period || !next.Since.Equal(p.Until) {
			t.Fatalf("period %d ends at %s, period %d begins at %s", p.Source.Period, p.Until, next.Source.Period, next.Since)
		}
	})
}

func TestDaily0800NeverMisbehavesInAnyZone(t *testing.T) {
	for _, name := range EmbeddedZones().Names() {
		zone, _ := EmbeddedZones().Zone(name)
		r, err := Compile(Schedule{Layers: []Layer{{ID: "l", Tier: 1, Rotation: Rotation{
			Anchor: "2015-01-01T08:00:00", Every: 1, Unit: Day, Members: []string{"A", "B", "C"},
		}}}}, Rules{Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		c := newClock(zone)
		beat := &r.versions[0].layers[0].rota.eras[0].beat
		days := int64(5844) // 2015 to 2030
		for k := range days {
			at := time.Unix(beat.handoff(k, &c), 0).In(zone)
			if at.Hour() != 8 || at.Minute() != 0 || at.YearDay() != time.Date(2015, 1, 1+int(k), 0, 0, 0, 0, time.UTC).YearDay() {
				t.Errorf("%s: hand-off %d is at %s", name, k, at)
				break
			}
		}
	}
}

func TestExpandIsResolveAtEveryBoundary(t *testing.T) {
	for seed := range uint64(rounds(15, 1000)) {
		m := newMaker(seed + 3e6)
		s := m.schedule()
		for i := range m.IntN(5) {
			s.Edits = append(s.Edits, m.override(i))
		}
		r, err := Compile(s, Rules{Zone: m.zone})
		if err != nil {
			t.Fatal(err)
		}
		from, to := m.mid.AddDate(0, 0, -10), m.mid.AddDate(0, 0, 10)
		sums := map[int]time.Duration{}
		for _, st := range r.Expand(from, to) {
			sums[st.Tier] += st.End.Sub(st.Start)
			for _, at := range []time.Time{st.Start, st.Start.Add(time.Second), st.End.Add(-time.Second)} {
				var now OnCall
				if r.Resolve(at, &now); !st.same(&now.Tiers[st.Tier-1]) {
					t.Fatalf("seed %d: at %s Expand has %+v, Resolve %+v", seed, at, st, now.Tiers[st.Tier-1])
				}
			}
		}
		for tier, sum := range sums {
			if sum != to.Sub(from) {
				t.Errorf("seed %d: tier %d sums up to %s", seed, tier, sum)
			}
		}
	}
}

// standsAt lists every tier's people.
func standsAt(r *Roster, at time.Time) (all [][]string) {
	var now OnCall
	r.Resolve(at, &now)
	for _, tier := range now.Tiers {
		ids := []string{}
		for _, p := range tier.People {
			ids = append(ids, p.Person)
		}
		all = append(all, ids)
	}
	return level(all, 0)
}

func TestOverrideChangesNothingOutsideItselfAndUndoIsTheIdentity(t *testing.T) {
	for seed := range uint64(rounds(20, 2000)) {
		m := newMaker(seed + 4e6)
		plain := m.schedule()
		e := []Edit{m.override(0), m.leave(0), m.takeOver(0)}[m.IntN(3)]
		over, undone := plain, plain
		over.Edits = []Edit{e}
		undone.Edits = []Edit{e, {ID: "1", At: e.At.Add(time.Hour), Do: DoUndo, Of: e.ID}}
		rosters := compiled(t, m, plain, over, undone)
		for range 200 {
			at := m.near(9).Add(time.Duration(m.IntN(3)-1) * time.Second)
			want := standsAt(rosters[0], at)
			inside := !at.Before(e.Start) && at.Before(e.End)
			if got := standsAt(rosters[1], at); !inside && !equalTiers(got, want) {
				t.Fatalf("seed %d: outside the override %v became %v", seed, want, got)
			}
			if got := standsAt(rosters[2], at); !equalTiers(got, want) {
				t.Fatalf("seed %d: undone, %v is %v", seed, want, got)
			}
		}
	}
}

func TestEditChangesNothingBeforeItTakesEffect(t *testing.T) {
	for seed := range uint64(rounds(20, 2000)) {
		m := newMaker(seed + 5e6)
		plain := m.schedule()
		l := plain.Layers[m.IntN(len(plain.Layers))]
		e := Edit{
			ID: "0", At: m.mid.AddDate(0, 0, -30), Effective: m.near(8), Layer: l.ID, Members: m.members("p"), Anchor: m.wall(9),
			Every: 1 + m.IntN(4), Unit: []Unit{Hour, Day, Week, Month}[m.IntN(4)], Person: "p0", Layers: m.schedule().Layers,
			Do: []Do{DoMembers, DoAnchor, DoEvery, DoLayers, DoDeactivate}[m.IntN(5)],
		}
		edited := plain
		edited.Edits = []Edit{e}
		rosters := compiled(t, m, plain, edited)
		for range 200 {
			at := e.Effective.Add(-time.Duration(1+m.IntN(20*86400)) * time.Second)
			if got, want := standsAt(rosters[1], at), standsAt(rosters[0], at); !equalTiers(got, want) {
				t.Fatalf("seed %d: %s effective %s changed %s: %v became %v", seed, e.Do, e.Effective, at, want, got)
			}
		}
	}
}

func compiled(t *testing.T, m *maker, all ...Schedule) (rosters []*Roster) {
	t.Helper()
	for _, s := range all {
		r, err := Compile(s, Rules{Zone: m.zone})
		if err != nil {
			t.Fatal(err)
		}
		rosters = append(rosters, r)
	}
	return rosters
}

func equalTiers(a, b [][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for j := range a[i] {
			if a[i][j] != b[i][j] {
				return false
			}
		}
	}
	return true
}

package policy

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

// rounds is how many random schedules a test walks: few in make test, many under make soak.
func rounds(few, many int) int {
	if os.Getenv("NIGHTBELL_SOAK") != "" {
		return many
	}
	return few
}

// nasty zones change their clocks at, just after or across midnight, by half an hour, by a day, or against the season.
var nasty = []string{
	"America/Havana", "America/St_Johns", "America/Moncton", "America/Sao_Paulo", "America/Asuncion", "Africa/Cairo",
	"Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Asia/Amman", "Atlantic/Azores", "America/Scoresbysund", "Europe/Dublin",
	"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Chatham", "Antarctica/Troll", "America/New_York",
}

// maker makes random schedules around one change of the clocks.
type maker struct {
	*rand.Rand
	zone *time.Location
	mid  time.Time // the change of the clocks, or any instant where a zone has none
}

func newMaker(seed uint64) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 7))}
	names := nasty
	if m.IntN(2) == 0 {
		names = EmbeddedZones().Names()
	}
	m.zone, _ = EmbeddedZones().Zone(names[m.IntN(len(names))])
	m.mid = time.Date(1990+m.IntN(46), 1, 1+m.IntN(366), 0, 0, 0, 0, time.UTC)
	if _, end := m.mid.In(m.zone).ZoneBounds(); !end.IsZero() && end.After(m.mid) && end.Year() < 2036 {
		m.mid = end.UTC()
	}
	m.mid = m.mid.Truncate(time.Minute)
	return m
}

// near is a whole minute within some days of the change, often one at which something else happens too.
func (m *maker) near(days int) time.Time {
	if m.IntN(2) == 0 {
		w, _ := ParseWall(m.wall(days))
		return w.Instant(m.zone)
	}
	return m.mid.Add(time.Duration(m.IntN(2*days*1440)-days*1440) * time.Minute)
}

// wall is a local time near the change, often at the very hours that clocks skip or repeat.
func (m *maker) wall(days int) string {
	t := m.mid.Add(time.Duration(m.IntN(2*days)-days) * 24 * time.Hour).In(m.zone)
	if m.IntN(3) == 0 {
		t = m.mid.In(m.zone)
	}
	h, min := m.IntN(24), m.IntN(4)*15
	if m.IntN(2) == 0 {
		h = m.IntN(4)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), h, min, 0, 0, time.UTC).Format(wallLayout)
}

func (m *maker) members(prefix string) (list []string) {
	for i := range 1 + m.IntN(4) {
		list = append(list, fmt.Sprintf("%s%d", prefix, i))
	}
	if m.IntN(6) == 0 {
		list = append(list, Nobody)
	}
	m.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (m *maker) rotation(prefix string) Rotation {
	unit := []Unit{Hour, Day, Day, Week, Month}[m.IntN(5)]
	every := 1 + m.IntN(3)
	if unit == Hour {
		every = []int{1, 8, 12, 24}[m.IntN(4)]
	}
	return Rotation{Anchor: m.wall(9), Every: every, Unit: unit, Members: m.members(prefix)}
}

func (m *maker) windows() (ws []Hours) {
	for range m.IntN(3) {
		w := Hours{Start: WallClock(m.IntN(96) * 15), End: WallClock(m.IntN(96) * 15)}
		if m.IntN(3) == 0 {
			w.Start, w.End = WallClock(m.IntN(12)*15), WallClock(m.IntN(12)*15)
		}
		for d := 1; d <= 7; d++ {
			if m.IntN(3) > 0 {
				w.Days = append(w.Days, d)
			}
		}
		if len(w.Days) > 0 {
			ws = append(ws, w)
		}
	}
	return ws
}

func (m *maker) schedule() Schedule {
	s := Schedule{ID: "s"}
	for i := range 1 + m.IntN(4) {
		id := fmt.Sprintf("l%d", i)
		l := Layer{ID: id, Tier: 1 + m.IntN(2), Mode: Replace, Windows: m.windows(), Rotation: m.rotation("p")}
		if m.IntN(4) == 0 {
			l.Mode = Add
		}
		s.Layers = append(s.Layers, l)
	}
	return s
}

// override is one random entry; its bounds lie on whole minutes.
func (m *maker) override(i int) Edit {
	start := m.near(8)
	e := Edit{
		ID: fmt.Sprint(i), At: m.mid.AddDate(0, 0, -30).Add(time.Duration(i) * time.Minute), Tier: 1 + m.IntN(2), Start: start,
		End: start.Add(time.Duration(1+m.IntN(4000)) * time.Minute), Person: fmt.Sprintf("p%d", m.IntN(5)),
		From: fmt.Sprintf("p%d", m.IntN(5)), Do: []Do{DoAssign, DoCover, DoAdd, DoNobody, DoPlan}[m.IntN(5)],
	}
	if e.Do == DoPlan {
		middle := start.Add(e.End.Sub(start) / 2).Truncate(time.Minute)
		e.Shifts = []Duty{{e.Person, start, middle}}
		e.Filler = []string{"", "layers"}[m.IntN(2)]
	}
	return e
}

// differ compares engine and oracle at every minute of 20 days, and a second before each.
func differ(t *testing.T, name string, m *maker, s Schedule) (asked int) {
	t.Helper()
	return differBy(t, name, m, s, Rules{})
}

// differBy is differ with a clinic's holidays and edits of people.
func differBy(t *testing.T, name string, m *maker, s Schedule, rules Rules) (asked int) {
	t.Helper()
	rules.Zone, rules.ZoneName = m.zone, m.zone.String()
	r, err := Compile(s, rules)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	from := m.mid.AddDate(0, 0, -10).Unix()
	o := newOracle(m.zone, from, from+20*86400)
	var now OnCall
	for i, want := range o.walk(s, rules, r.Tiers()) {
		at := time.Unix(from+int64(i)*60+int64(i%60), 0) // some second of that minute
		r.Resolve(at, &now)
		asked++
		for j, tier := range now.Tiers {
			var got []string
			for _, p := range tier.People {
				got = append(got, p.Person)
			}
			if !slices.Equal(got, want[j]) {
				t.Errorf("%s: %s at %s (%s), tier %d: got %v, the walk says %v\n%+v\n%+v",
					name, m.zone, at.UTC(), at.In(m.zone), j+1, got, want[j], s, rules)
				return asked
			}
		}
	}
	return asked
}

func TestEngineAgreesWithTheMinuteWalk(t *testing.T) {
	asked := 0
	for seed := range uint64(rounds(5, 1500)) {
		m := newMaker(seed)
		asked += differ(t, fmt.Sprintf("seed %d", seed), m, m.schedule())
	}
	t.Logf("%d schedule-instants", asked)
	if least := rounds(1e5, 1e6); asked < least {
		t.Errorf("fewer than %d", least)
	}
}

func TestOverridesAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(5, 1500)) {
		m := newMaker(seed + 1e6)
		s := m.schedule()
		for i := range 1 + m.IntN(6) {
			s.Edits = append(s.Edits, m.override(i))
		}
		differ(t, fmt.Sprintf("seed %d", seed), m, s)
	}
}

func TestRotationEditsAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(6, 2000)) {
		m := newMaker(seed + 2e6)
		s := m.schedule()
		at := m.near(8)
		for i := range 1 + m.IntN(3) {
			e := Edit{
				ID: fmt.Sprint(i), At: m.mid.AddDate(0, 0, -30), Effective: at,
				Layer: s.Layers[m.IntN(len(s.Layers))].ID, Do: []Do{DoMembers, DoDeactivate, DoEvery, DoAnchor}[m.IntN(4)],
			}
			l := s.Layers[slices.IndexFunc(s.Layers, func(l Layer) bool { return l.ID == e.Layer })]
			if l.Rotation.Unit == Hour || l.Rotation.Unit == Month {
				e.Do = []Do{DoMembers, DoDeactivate}[m.IntN(2)]
			}
			switch e.Do {
			case DoMembers:
				e.Members = m.members("p")
			case DoDeactivate:
				e.Person, e.Layer = fmt.Sprintf("p%d", m.IntN(4)), ""
			case DoEvery:
				e.Every, e.Unit = 1+m.IntN(3), l.Rotation.Unit
			case DoAnchor:
				e.Anchor = m.wall(9)
			}
			if w, err := ParseWall(l.Rotation.Anchor); err == nil && m.IntN(2) == 0 {
				day := Wall(at.In(m.zone).Unix()).date() // takes effect at the very hand-off
				e.Effective = (Wall(day)*86400 + w - Wall(w.date())*86400).Instant(m.zone)
			}
			s.Edits = append(s.Edits, e)
			if m.IntN(3) > 0 {
				at = at.Add(time.Duration(1+m.IntN(3*1440)) * time.Minute)
			}
		}
		differ(t, fmt.Sprintf("seed %d", seed), m, s)
	}
}

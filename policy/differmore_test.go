package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// created is when entry i of a random history was made.
func (m *maker) created(i int) time.Time {
	return m.mid.AddDate(0, 0, -30).Add(time.Duration(i) * time.Minute)
}

func (m *maker) person() string { return fmt.Sprintf("p%d", m.IntN(5)) }

// leave is an absence or a do-not-disturb, with or without cover.
func (m *maker) leave(i int) Edit {
	e := m.override(i)
	e.Tier, e.From, e.Shifts, e.Filler = 0, "", nil, ""
	e.Do, e.Cover = []Do{DoAbsence, DoDND}[m.IntN(2)], m.person()
	if m.IntN(4) == 0 {
		e.Cover = ""
	}
	return e
}

// takeOver is one of a certain person, or of whoever stands.
func (m *maker) takeOver(i int) Edit {
	e := m.override(i)
	e.Do, e.Shifts, e.Filler = DoTakeOver, nil, ""
	e.From = []string{"", m.person()}[m.IntN(2)]
	return e
}

// history is a list of overrides, leave, take-overs, and changes and undoes of those before.
func (m *maker) history(n int) (edits []Edit) {
	for i := range n {
		e := m.override(i)
		switch m.IntN(8) {
		case 0, 1:
			e = m.leave(i)
		case 2:
			e = m.takeOver(i)
		case 3:
			if i > 0 {
				e = Edit{ID: fmt.Sprint(i), Do: DoUndo, Of: fmt.Sprint(m.IntN(i))}
			}
		case 4:
			if i > 0 && edits[i-1].Do != DoUndo && edits[i-1].Do != DoChange && edits[i-1].Do != DoPlan {
				old := edits[i-1]
				e = Edit{ID: fmt.Sprint(i), Do: DoChange, Of: old.ID, End: old.Start.Add(time.Duration(1+m.IntN(3000)) * time.Minute)}
			}
		}
		e.At = m.created(i)
		edits = append(edits, e)
	}
	return edits
}

func TestLeaveTakeOversChangesAndUndoesAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(4, 300)) {
		m := newMaker(seed + 6e6)
		s := m.schedule()
		all := m.history(1 + m.IntN(8))
		rules := Rules{}
		for _, e := range all {
			if (e.Do == DoAbsence || e.Do == DoDND) && m.IntN(2) == 0 && !slices.ContainsFunc(all, func(o Edit) bool { return o.Of == e.ID }) {
				rules.People = append(rules.People, e)
				continue
			}
			s.Edits = append(s.Edits, e)
		}
		if m.IntN(2) == 0 {
			s.Edits = append(s.Edits, Edit{ID: "d", At: m.created(20), Do: DoDeactivate, Person: m.person(), Effective: m.near(8)})
		}
		// The walk applies a book's edits after the schedule's; creation order must say the same.
		for i := range rules.People {
			rules.People[i].At = m.created(100 + i)
		}
		differBy(t, fmt.Sprintf("seed %d", seed), m, s, rules)
	}
}

// swapping gives a schedule whose rotations are of days, weeks or months, each with at most one window.
func (m *maker) swapping() Schedule {
	s := m.schedule()
	for i := range s.Layers {
		l := &s.Layers[i]
		for l.Rotation.Unit == Hour {
			l.Rotation = m.rotation("p")
		}
		l.Windows = l.Windows[:min(1, len(l.Windows))]
	}
	return s
}

// anyShift names a shift of a layer near the change of the clocks, mostly one that exists.
func (m *maker) anyShift(l Layer) Shift {
	at := m.near(8)
	c := newClock(m.zone)
	wall, _ := ParseWall(l.Rotation.Anchor)
	b := newBeat(l.Rotation, wall, 0, &c)
	k, _, _ := b.period(at.Unix(), &c)
	sh := Shift{Period: k}
	if len(l.Windows) > 0 {
		sh.Day = dateText(c.wall(at.Unix()).date() - int64(m.IntN(2)))
	}
	return sh
}

func TestSwapsAndGiftsAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(4, 300)) {
		m := newMaker(seed + 7e6)
		s := m.swapping()
		for i := range 1 + m.IntN(6) {
			l := s.Layers[m.IntN(len(s.Layers))]
			e := Edit{ID: fmt.Sprint(i), At: m.created(i), Do: DoSwap, Layer: l.ID, A: m.anyShift(l), B: m.anyShift(l)}
			if m.IntN(3) == 0 {
				e.Do, e.B, e.Person = DoGive, Shift{}, m.person()
			}
			if e.A == e.B {
				continue
			}
			s.Edits = append(s.Edits, e)
		}
		for i := range m.IntN(3) {
			s.Edits = append(s.Edits, m.override(10+i))
		}
		differ(t, fmt.Sprintf("seed %d", seed), m, s)
	}
}

func TestVersionsAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(4, 300)) {
		m := newMaker(seed + 8e6)
		s := m.schedule()
		layers, at := s.Layers, m.near(8)
		for i := range 1 + m.IntN(3) {
			layers = slices.Clone(layers)
			for j := range layers {
				l := &layers[j]
				switch m.IntN(5) {
				case 0:
					l.Windows = m.windows()
				case 1:
					l.Tier = 1 + m.IntN(2)
				case 2:
					l.Rotation.Members = m.members("p")
				case 3:
					l.Mode = []LayerMode{Replace, Add}[m.IntN(2)]
				}
			}
			m.Shuffle(len(layers), func(a, b int) { layers[a], layers[b] = layers[b], layers[a] })
			if m.IntN(3) == 0 && len(layers) > 1 {
				layers = layers[1:]
			}
			if m.IntN(3) == 0 {
				id := fmt.Sprintf("n%d", i)
				layers = append(layers, Layer{ID: id, Tier: 1, Mode: Replace, Windows: m.windows(), Rotation: m.rotation("p")})
			}
			s.Edits = append(s.Edits, Edit{ID: fmt.Sprint(i), At: m.created(i), Do: DoLayers, Layers: layers, Effective: at})
			at = at.Add(time.Duration(m.IntN(3*1440)) * time.Minute)
		}
		for i := range m.IntN(3) {
			s.Edits = append(s.Edits, m.override(10+i))
		}
		differ(t, fmt.Sprintf("seed %d", seed), m, s)
	}
}

func TestHolidaysAndBorrowedRotationsAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(4, 300)) {
		m := newMaker(seed + 9e6)
		s := m.schedule()
		feast := m.mid.AddDate(0, 0, m.IntN(9)-4)
		rules := Rules{Holidays: append(FederalHolidays(), Holiday{
			Name: "ours", Month: feast.Month(), Day: feast.Day(), Observed: []Observed{AsIs, NearestWeekday, NextMonday}[m.IntN(3)],
		}, Holiday{Name: "nth", Month: feast.Month(), Weekday: 1 + m.IntN(7), Nth: []int{-1, 1, 2, 3, 4, 5}[m.IntN(6)]})}
		l := Layer{ID: "feast", Tier: 1, Mode: Replace, Windows: m.windows(), Holidays: []string{"ours", "nth", "Thanksgiving"}, Rotation: m.rotation("h")}
		if m.IntN(2) == 0 {
			l.As, l.Rotation = s.Layers[m.IntN(len(s.Layers))].ID, Rotation{}
		}
		s.Layers = append(s.Layers, l)
		differBy(t, fmt.Sprintf("seed %d", seed), m, s, rules)
	}
}

func TestCoveredTurnsAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(4, 300)) {
		m := newMaker(seed + 10e6)
		r := m.rotation("p")
		for r.Unit == Hour || r.Unit == Month {
			r = m.rotation("p")
		}
		ws := m.windows()
		for len(ws) == 0 {
			ws = m.windows()
		}
		r.Advance = Covered
		r.Anchor = Wall(m.mid.AddDate(0, 0, -12).In(m.zone).Unix()).String()[:11] + fmt.Sprintf("%02d:%02d:00", m.IntN(24), 15*m.IntN(4))
		s := Schedule{ID: "s", Layers: []Layer{{ID: "l", Tier: 1, Mode: Replace, Windows: ws, Rotation: r}}}
		roster := compiled(t, m, s)[0]
		from := m.mid.AddDate(0, 0, -14).Unix()
		o := newOracle(m.zone, from, from+28*86400)
		var now OnCall
		for i, want := range o.tiers(s, 1) {
			at := from + int64(i)*60
			if at < m.mid.AddDate(0, 0, -10).Unix() {
				continue // before the anchor
			}
			roster.Resolve(time.Unix(at, 0), &now)
			var got []string
			for _, p := range now.Tiers[0].People {
				got = append(got, p.Person)
			}
			if !slices.Equal(got, want[0]) {
				t.Fatalf("seed %d: %s at %s: got %v, the walk says %v\n%+v", seed, m.zone, time.Unix(at, 0).In(m.zone), got, want[0], s)
			}
		}
	}
}

func TestDatedMembersAgreeWithTheMinuteWalk(t *testing.T) {
	for seed := range uint64(rounds(4, 300)) {
		m := newMaker(seed + 11e6)
		s := m.schedule()
		for i := range s.Layers {
			l := &s.Layers[i]
			for _, p := range l.Rotation.Members {
				if p == Nobody || m.IntN(3) > 0 {
					continue
				}
				term := Term{Member: p}
				if m.IntN(2) == 0 {
					term.From = m.near(8)
				}
				if m.IntN(2) == 0 {
					term.To = m.near(8)
				}
				if term.From.IsZero() || term.To.IsZero() || term.To.After(term.From) {
					l.Rotation.Terms = append(l.Rotation.Terms, term)
				}
			}
		}
		differ(t, fmt.Sprintf("seed %d", seed), m, s)
	}
}

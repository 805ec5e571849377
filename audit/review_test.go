package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// day is a log in the making: a shift of one agent, and what happens beside it.
type day struct {
	at     time.Time
	events []Event
}

func (d *day) add(e Event) {
	e.Time = d.at
	if e.Actor.Type == "" {
		e.Actor = Actor{Type: "person", ID: "amy", Role: "agent"}
	}
	d.events = append(d.events, e)
}

func (d *day) later(by time.Duration) { d.at = d.at.Add(by) }

func ownerOf(device string) string { return strings.TrimSuffix(device, "-desk") }

func (d *day) review(kin func(person, object string) Kin) []Rule {
	r := NewReview(d.events[0].Time, Thresholds{}, Eyes{kin, ownerOf})
	for i, e := range d.events {
		r.See(int64(i), e)
	}
	var rules []Rule
	for _, f := range r.Findings(d.at) {
		rules = append(rules, f.Rule)
	}
	return rules
}

func numbered(a Action, object string) Event {
	return Event{Action: a, Object: object, Clinic: "elm", Outcome: Done, Classes: []string{"number"}}
}

// call is one call of an ordinary shift: answered, recorded, its card read, sometimes played again, sometimes searched for.
func (d *day) call(n int, chance *rand.Rand) {
	call, rec := fmt.Sprintf("call:c%d", n), fmt.Sprintf("recording:r%d", n)
	d.add(Event{Action: CallArrived, Object: call, Actor: Actor{Type: "trunk", ID: "carrier"}, Outcome: Done})
	d.add(Event{Action: CallAnswered, Object: call, Actor: Actor{Type: "device", ID: "amy-desk"}, Outcome: Done})
	d.add(Event{Action: RecordingOpened, Object: rec, Correlation: call[len("call:"):], Actor: Actor{Type: "system"}, Outcome: Done})
	d.add(numbered(Revealed, call))
	if chance.IntN(4) == 0 {
		e := numbered(RecordingPlayed, rec)
		e.Classes = []string{"audio"}
		d.add(e)
	}
	if chance.IntN(10) == 0 {
		d.add(numbered(Searched, "calls"))
	}
	if chance.IntN(100) == 0 { // a number misread: the neighbour's call is opened once
		d.add(numbered(Revealed, call+"x"))
	}
	d.later(time.Duration(200+chance.IntN(200)) * time.Second)
}

// shift is an ordinary shift of a hundred calls, with a supervisor who listens to some, saying why.
func shift(seed uint64) *day {
	d, chance := &day{at: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)}, rand.New(rand.NewPCG(seed, 4))
	d.add(Event{Action: AgentReady, Object: "person:amy", Outcome: Done, Facts: map[string]string{"until": d.at.Add(12 * time.Hour).Format(time.RFC3339)}})
	for n := range 100 {
		d.call(n, chance)
		if n%20 == 19 {
			e := numbered(RecordingPlayed, fmt.Sprintf("recording:r%d", n))
			e.Actor, e.Reason, e.Classes = Actor{Type: "person", ID: "sue", Role: "supervisor"}, "quality", []string{"audio"}
			d.add(e)
		}
	}
	return d
}

func (d *day) ends() *day {
	d.add(Event{Action: AgentNotReady, Object: "person:amy", Outcome: Done})
	return d
}

func TestOrdinaryShiftGivesNothing(t *testing.T) {
	for seed := range uint64(50) {
		if got := shift(seed).ends().review(nil); len(got) != 0 {
			t.Fatalf("seed %d: %v", seed, got)
		}
	}
}

// Each planted misbehaviour gives one item, and no other.
func TestEachMisbehaviourGivesOneItem(t *testing.T) {
	times := func(n int, e Event) func(*day) {
		return func(d *day) {
			for i := range n {
				one := e
				one.Object = fmt.Sprintf("%s-%d", e.Object, i)
				d.add(one)
				d.later(time.Second)
			}
		}
	}
	audio := func(a Action, reason string) Event {
		return Event{Action: a, Object: "recording:other", Outcome: Done, Classes: []string{"audio"}, Reason: reason}
	}
	kin := map[string]Kin{"call:namesake": SameSurname, "call:own": Herself}
	for name, c := range map[string]struct {
		plant func(*day)
		want  Rule
	}{
		"reads others' calls":       {times(6, numbered(Revealed, "call:other")), ReadUnlinked},
		"reads a namesake":          {func(d *day) { d.add(numbered(Revealed, "call:namesake")) }, ReadSurname},
		"a namesake, with a reason": {func(d *day) { e := numbered(Revealed, "call:namesake"); e.Reason = "call back"; d.add(e) }, ReadSurname},
		"reads her own":             {func(d *day) { d.add(numbered(Revealed, "call:own")) }, ReadOwn},
		"plays everything":          {times(31, audio(RecordingPlayed, "bored")), BulkPlay},
		"copies everything":         {times(6, audio(RecordingExported, "work")), BulkExport},
		"asks for keys":             {times(6, audio(RecordingKeyGiven, "check")), BulkExport},
		"searches everybody":        {times(60, numbered(Searched, "calls")), ManySearches},
		"at home":                   {func(d *day) { d.ends(); d.later(3 * time.Hour); d.add(numbered(Revealed, "call:c7")) }, ReadAfterHours},
		"long after her shift":      {func(d *day) { d.later(13 * time.Hour); d.add(numbered(Revealed, "call:c7")) }, ReadAfterHours},
		"tries doors":               {times(25, Event{Action: LoginRefused, Object: "route", Outcome: Refused}), RefusedOften},
		"a machine reads":           {func(d *day) { e := numbered(Revealed, "call:c1"); e.Actor = Actor{Type: "token", ID: "t1"}; d.add(e) }, OutsidersRead},
		"emergency access, forgotten": {func(d *day) {
			d.add(Event{Action: BreakGlassOpened, Object: "break_glass:b1", Outcome: Done})
			d.later(73 * time.Hour)
		}, GlassUnseen},
	} {
		d := shift(7)
		c.plant(d)
		got := d.review(func(_, object string) Kin { return kin[object] })
		if !slices.Equal(got, []Rule{c.want}) {
			t.Errorf("%s: %v, want one %s", name, got, c.want)
		}
	}
}

func TestReviewedEmergencyAccessIsNoItem(t *testing.T) {
	d := shift(7)
	d.add(Event{Action: BreakGlassOpened, Object: "break_glass:b1", Outcome: Done})
	d.add(Event{Action: BreakGlassReviewed, Object: "break_glass:b1", Outcome: Done, Actor: Actor{Type: "person", ID: "olga"}})
	d.later(80 * time.Hour)
	if got := d.review(nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// Looking again finds the same questions under the same ids, and nothing of before its beginning.
func TestReviewIsTheSameHoweverOftenOneLooks(t *testing.T) {
	d := shift(7)
	d.add(numbered(Revealed, "call:own"))
	ids := func(from time.Time) (list []string) {
		r := NewReview(from, Thresholds{}, Eyes{func(_, object string) Kin { return map[string]Kin{"call:own": Herself}[object] }, ownerOf})
		for i, e := range d.events {
			r.See(int64(i), e)
		}
		for _, f := range r.Findings(d.at) {
			list = append(list, f.ID)
		}
		return list
	}
	first := ids(d.events[0].Time)
	if !slices.Equal(first, ids(d.events[50].Time)) || !slices.Equal(first, []string{"own_record.20261123.person-amy"}) {
		t.Errorf("%v", first)
	}
	if got := ids(d.at.Add(time.Second)); len(got) != 0 {
		t.Errorf("from tomorrow on: %v", got)
	}
}

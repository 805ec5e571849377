package policy

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// A length and a time of day that are read are written and read again as the same.
func FuzzParseLengthAndClock(f *testing.F) {
	for _, s := range []string{"1d", "2w", "12h", "3m", "0d", "-1d", "99999999999d", "08:00", "24:00", "7:5", "23:59", "", "d", "１d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, unit, err := ParseEvery(s); err == nil && (n < 1 || n > maxEvery || unit == "") {
			t.Errorf("%q is %d %s", s, n, unit)
		}
		w, err := ParseClock(s)
		if err != nil {
			return
		}
		if again, err := ParseClock(w.String()); err != nil || again != w || w < 0 || w >= 1440 {
			t.Errorf("%q is %s", s, w)
		}
	})
}

// Whatever edit is taken can be compiled, asked, reported and undone; whatever is refused is refused with a reason.
func FuzzCheckEdit(f *testing.F) {
	for _, change := range []func(*Edit){
		func(e *Edit) {},
		func(e *Edit) { e.Do, e.From = DoCover, "amy" },
		func(e *Edit) { e.Do, e.Person, e.Cover = DoDND, "amy", "bo" },
		func(e *Edit) { e.Do, e.Shifts = DoPlan, []Duty{{"bo", e.Start, e.End}} },
		func(e *Edit) { e.Do, e.Layer, e.A, e.B = DoSwap, "daily", Shift{Period: 30}, Shift{Period: 31} },
		func(e *Edit) { e.Do, e.Layer, e.A = DoGive, "daily", Shift{Period: 30, Day: "2026-12-02"} },
		func(e *Edit) {
			e.Do, e.Layer, e.Effective, e.Members = DoMembers, "daily", tonight, []string{"bo", Nobody}
		},
		func(e *Edit) { e.Do, e.Layer, e.Effective, e.Every, e.Unit = DoEvery, "daily", tonight, 7, Hour },
		func(e *Edit) { e.Do, e.Layer, e.Effective, e.Anchor = DoAnchor, "daily", tonight, "2026-11-24T02:30" },
		func(e *Edit) { e.Do, e.Effective, e.Layers = DoLayers, tonight, harbor().Schedules[0].Layers },
		func(e *Edit) { e.Do, e.Note, e.Layer, e.A = DoNote, "key", "daily", Shift{Period: 22} },
	} {
		kept, err := json.Marshal(edit(change))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kept)
	}
	b := harbor()
	before := Index(b, nil)
	f.Fuzz(func(t *testing.T, kept []byte) {
		var e Edit
		if len(kept) > 1<<13 || json.Unmarshal(kept, &e) != nil {
			return
		}
		m := CheckEdit(b.Schedules[0], e, b, nil, tonight)
		for _, one := range m {
			if one.Text == "" {
				t.Errorf("a mistake without a reason: %+v", one)
			}
		}
		if len(m) > 0 {
			return
		}
		next, _ := AmendEdit(b, "agents", e)
		after := Index(next, nil)
		if broken := after.Mistakes(); len(broken) > 0 {
			t.Fatalf("taken, and cannot be read: %v", broken[0])
		}
		Report(before, after, "agents", tonight, 7*day24)
		if m := CheckSchedule(next.Schedules[0], b, nil, tonight); len(m) > 0 {
			t.Errorf("the edit is taken, the schedule is not: %v", m)
		}
		var then, now OnCall
		for _, back := range []time.Duration{time.Minute, time.Hour, 100 * time.Hour} {
			at := tonight.Add(-back)
			before.Resolve("agents", at, &then)
			after.Resolve("agents", at, &now)
			for i := range then.Tiers {
				if len(then.Tiers[i].People) != len(now.Tiers[i].People) || then.Tiers[i].People[0].Person != now.Tiers[i].People[0].Person {
					t.Errorf("%s ago has changed: %+v, %+v", back, then.Tiers[i], now.Tiers[i])
				}
			}
		}
	})
}

// A schedule that is taken can be read, whatever it says.
func FuzzCheckSchedule(f *testing.F) {
	s := harbor().Schedules[0]
	s.ID = "fresh"
	kept, err := json.Marshal(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kept)
	f.Add([]byte(`{"ID":"x","Clinic":"harbor","Layers":[{"ID":"l","Windows":[{"Days":[5],"Start":135,"End":165}],"Rotation":{"Anchor":"2026-03-08T02:30","Every":1,"Unit":"h","Members":["amy","nobody"],"Advance":"covered"}}]}`))
	b := harbor()
	f.Fuzz(func(t *testing.T, kept []byte) {
		var s Schedule
		if len(kept) > 1<<13 || json.Unmarshal(kept, &s) != nil || len(CheckSchedule(s, b, nil, tonight)) > 0 {
			return
		}
		after := Index(AmendSchedule(b, s), nil)
		if after.Roster(s.ID) == nil {
			t.Fatalf("taken, and cannot be read: %v", after.Mistakes())
		}
		Report(nil, after, s.ID, tonight, 2*day24)
		Warnings(s, b, nil)
	})
}

// A ladder that was kept, in whatever shape, never goes on for ever and never asks anybody after it is taken.
func FuzzLadder(f *testing.F) {
	kept, err := json.Marshal(page())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kept, []byte{0, 0, 2, 0, 3, 4, 1})
	f.Add([]byte(`{"state":"climbing","rung":-3,"round":-1,"repeats":2,"rungs":[{"people":["amy"],"mode":"in_order"}],"due":"2026-11-01T05:50:00Z"}`), []byte{0, 0})
	kinds := []LadderEventKind{Ticked, Accepted, Declined, Escalated, Jumped, Raised, Withdrawn}
	f.Fuzz(func(t *testing.T, kept, moves []byte) {
		var l Ladder
		if len(kept) > 1<<12 || len(moves) > 64 || json.Unmarshal(kept, &l) != nil || len(l.Rungs) > maxRungs || l.Repeats > maxRepeats || l.Round < -maxRepeats {
			return
		}
		at := fallBack
		for _, move := range moves {
			at = at.Add(time.Minute)
			e := LadderEvent{Kind: kinds[int(move)%len(kinds)], At: at, Person: "amy", Rung: int(move) / 7, Urgency: Urgent}
			before := l.State
			var actions []Action
			l, actions = l.On(e)
			if (before == Taken || before == Cancelled) && len(actions) > 0 {
				t.Fatalf("%s after the end: %+v", e.Kind, actions)
			}
		}
		for range (maxRepeats*2 + 2) * (maxRungs + 1) * 64 {
			if l.State != Climbing || l.Due.IsZero() || l.Due.Year() > 9000 {
				return
			}
			l, _ = l.On(tick(l.Due))
		}
		t.Fatalf("it goes on for ever: %+v", l)
	})
}

// An offer that was kept, in whatever shape, gives an edit at most once, and none after it is over.
func FuzzOffer(f *testing.F) {
	kept, err := json.Marshal(offered(func(o *Offer) { o.Kind, o.B = OfferSwap, &Shift{Period: 33} }))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(kept, []byte{0, 1, 2, 3, 4})
	f.Add([]byte(`{"kind":"swap","state":"taken","from":"bo","closes":"2027-01-01T00:00:00Z"}`), []byte{1})
	people := []string{"amy", "bo", "carol", ""}
	f.Fuzz(func(t *testing.T, kept, moves []byte) {
		var o Offer
		if len(kept) > 1<<12 || len(moves) > 64 || json.Unmarshal(kept, &o) != nil {
			return
		}
		edits := 0
		for _, move := range moves {
			m := Move{By: people[int(move)/5%4], At: tonight, Edit: "e"}
			over := o.Over()
			next, e, err := []func(Move) (Offer, *Edit, error){o.Take, o.Approve, o.Decline, o.Withdraw, o.Expire}[int(move)%5](m)
			if over && !errors.Is(err, ErrOfferOver) {
				t.Fatalf("after the end: %+v", next)
			}
			if e != nil {
				edits++
			}
			if err == nil {
				o = next
			}
		}
		if edits > 1 {
			t.Fatalf("%d edits", edits)
		}
	})
}

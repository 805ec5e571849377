package policy

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// offered is Bo's shift of Wednesday 2026-12-03 (period 31 is Bo's), 08:00 in New York, made on the evening of harbor.
func offered(change func(*Offer)) Offer {
	o := Offer{ID: "o1", Schedule: "agents", Layer: "daily", Kind: OfferGive, From: "bo", A: Shift{Period: 31}, To: []string{"amy"}}
	o.Closes = time.Date(2026, 12, 3, 13, 0, 0, 0, time.UTC)
	change(&o)
	return NewOffer(o, tonight)
}

func move(by string, after time.Duration) Move {
	return Move{By: by, At: tonight.Add(after), Edit: "e9"}
}

// holderOf asks who has a shift once an edit is in force.
func holderOf(t *testing.T, e *Edit, period int64) string {
	t.Helper()
	b := harbor()
	if e != nil {
		if m := CheckEdit(b.Schedules[0], *e, b, nil, tonight.Add(time.Hour)); len(m) > 0 {
			t.Fatal(m)
		}
		b, _ = AmendEdit(b, "agents", *e)
	}
	d, ok := Index(b, nil).Roster("agents").ShiftOf("daily", Shift{Period: period})
	if !ok {
		t.Fatal("no such shift")
	}
	return d.Person
}

func TestShiftIsGivenAway(t *testing.T) {
	o := offered(func(*Offer) {})
	if m := Index(harbor(), nil).CheckOffer(o, tonight); len(m) > 0 {
		t.Fatal(m)
	}
	taken, e, err := o.Take(move("amy", time.Hour))
	if err != nil || e == nil || taken.State != OfferApproved || taken.TakenBy != "amy" || e.ID != "e9" {
		t.Fatalf("%+v, %+v, %v", taken, e, err)
	}
	if holderOf(t, nil, 31) != "bo" || holderOf(t, e, 31) != "amy" || holderOf(t, e, 34) != "bo" {
		t.Error("the wrong shift changed hands")
	}
	if o.State != OfferOpen || len(o.Events) != 1 || len(taken.Events) != 2 {
		t.Error("the offer before has changed")
	}
}

func TestSwapIsBoundToBothShifts(t *testing.T) {
	o := offered(func(o *Offer) { o.Kind, o.B = OfferSwap, &Shift{Period: 33} })
	if m := Index(harbor(), nil).CheckOffer(o, tonight); len(m) > 0 {
		t.Fatal(m)
	}
	_, e, err := o.Take(move("amy", time.Hour))
	if err != nil || holderOf(t, e, 31) != "amy" || holderOf(t, e, 33) != "bo" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestPoolGoesToTheFirstWhoTakesIt(t *testing.T) {
	for _, to := range [][]string{nil, {"amy", "carol"}} {
		o := offered(func(o *Offer) { o.Kind, o.To = OfferPool, to })
		o, e, err := o.Take(move("carol", time.Hour))
		if err != nil || holderOf(t, e, 31) != "carol" {
			t.Errorf("%+v, %v", e, err)
		}
		if _, e, err := o.Take(move("amy", time.Hour)); e != nil || !errors.Is(err, ErrOfferOver) {
			t.Errorf("the second takes it too: %v", err)
		}
	}
	open := offered(func(o *Offer) { o.Kind, o.To = OfferSwap, nil })
	if _, _, err := open.Take(move("amy", 0)); !errors.Is(err, ErrNoShift) {
		t.Error(err)
	}
	m := move("amy", time.Hour)
	m.B = &Shift{Period: 33}
	if found := Index(harbor(), nil).CheckTake(open, m); len(found) > 0 {
		t.Error(found)
	}
	taken, e, err := open.Take(m)
	if err != nil || holderOf(t, e, 33) != "bo" || open.B != nil || taken.B.Period != 33 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestApprovalStandsBetweenTakingAndForce(t *testing.T) {
	o := offered(func(o *Offer) { o.NeedsApproval = true })
	if _, _, err := o.Approve(move("chief", 0)); !errors.Is(err, ErrNotTaken) {
		t.Error(err)
	}
	o, e, err := o.Take(move("amy", time.Hour))
	if err != nil || e != nil || o.State != OfferTaken {
		t.Fatalf("%+v, %v", e, err)
	}
	for _, own := range []string{"amy", "bo"} {
		if _, _, err := o.Approve(move(own, 2*time.Hour)); !errors.Is(err, ErrOwnOffer) {
			t.Errorf("%s approves: %v", own, err)
		}
	}
	refused, e, err := o.Decline(move("chief", 2*time.Hour))
	if err != nil || e != nil || refused.State != OfferDeclined {
		t.Errorf("%+v, %v", refused, err)
	}
	approved, e, err := o.Approve(move("chief", 2*time.Hour))
	if err != nil || approved.State != OfferApproved || holderOf(t, e, 31) != "amy" {
		t.Errorf("%+v, %v", approved, err)
	}
	if _, _, err := o.Approve(move("chief", 30*day24)); !errors.Is(err, ErrOfferClosed) {
		t.Error(err)
	}
}

func TestOfferEndsWithTheShiftsStart(t *testing.T) {
	o := offered(func(*Offer) {})
	start := Move{At: o.Closes}
	if _, _, err := o.Expire(Move{At: o.Closes.Add(-1)}); !errors.Is(err, ErrOfferEarly) {
		t.Error(err)
	}
	if _, e, err := o.Take(Move{By: "amy", At: o.Closes}); e != nil || !errors.Is(err, ErrOfferClosed) {
		t.Errorf("taken as the shift begins: %v", err)
	}
	gone, e, err := o.Expire(start)
	if err != nil || e != nil || gone.State != OfferExpired || !gone.Over() {
		t.Errorf("%+v, %v", gone, err)
	}
	if _, _, err := gone.Take(move("amy", 0)); !errors.Is(err, ErrOfferOver) {
		t.Error(err)
	}
	waiting := offered(func(o *Offer) { o.NeedsApproval = true })
	waiting, _, _ = waiting.Take(move("amy", time.Hour))
	if gone, e, err := waiting.Expire(start); err != nil || e != nil || gone.State != OfferExpired {
		t.Errorf("what nobody approved: %+v, %v", gone, err)
	}
}

func TestDecliningAndWithdrawing(t *testing.T) {
	direct, _, err := offered(func(*Offer) {}).Decline(move("amy", 0))
	if err != nil || direct.State != OfferDeclined {
		t.Errorf("%+v, %v", direct, err)
	}
	two := offered(func(o *Offer) { o.Kind, o.To = OfferPool, []string{"amy", "carol"} })
	two, _, err = two.Decline(move("amy", 0))
	if err != nil || two.State != OfferOpen {
		t.Errorf("one of two: %+v, %v", two, err)
	}
	if two, _, err = two.Decline(move("carol", 0)); err != nil || two.State != OfferDeclined {
		t.Errorf("both: %+v, %v", two, err)
	}
	if _, _, err := offered(func(*Offer) {}).Decline(move("carol", 0)); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
	if _, _, err := offered(func(*Offer) {}).Take(move("carol", 0)); !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
	if _, _, err := offered(func(*Offer) {}).Take(move("bo", 0)); !errors.Is(err, ErrOwnOffer) {
		t.Error(err)
	}
	if _, _, err := offered(func(*Offer) {}).Withdraw(move("amy", 0)); !errors.Is(err, ErrNotTheirs) {
		t.Error(err)
	}
	back, _, err := offered(func(*Offer) {}).Withdraw(move("bo", 0))
	if err != nil || back.State != OfferWithdrawn {
		t.Errorf("%+v, %v", back, err)
	}
	for _, again := range []func(Move) (Offer, *Edit, error){back.Take, back.Approve, back.Decline, back.Withdraw, back.Expire} {
		if o, e, err := again(move("amy", 0)); !errors.Is(err, ErrOfferOver) || e != nil || o.State != OfferWithdrawn {
			t.Errorf("%+v, %v", o, err)
		}
	}
}

func TestBadOffersAreRefusedWithTheirField(t *testing.T) {
	b := harbor()
	b.Edits = []Edit{{ID: "leave", At: tonight, Do: DoAbsence, Person: "carol", Start: tonight, End: tonight.AddDate(0, 1, 0)}}
	s := Index(b, nil)
	for _, c := range []struct {
		field, text string
		change      func(*Offer)
	}{
		{"schedule", "unknown", func(o *Offer) { o.Schedule = "x" }},
		{"kind", "neither", func(o *Offer) { o.Kind = "loan" }},
		{"to", "to one person", func(o *Offer) { o.To = nil }},
		{"to[0]", "same person", func(o *Offer) { o.To = []string{"bo"} }},
		{"to[0]", "unknown", func(o *Offer) { o.To = []string{"x"} }},
		{"to[0]", "on leave then", func(o *Offer) { o.To = []string{"carol"} }},
		{"a", "not amy's", func(o *Offer) { o.From = "amy" }},
		{"a", "has begun", func(o *Offer) { o.A, o.From = Shift{Period: 20}, "carol" }},
		{"a", "no such shift", func(o *Offer) { o.Layer = "x" }},
		{"b", "not amy's", func(o *Offer) { o.Kind, o.B = OfferSwap, &Shift{Period: 34} }},
		{"to", "who has it", func(o *Offer) { o.Kind, o.To, o.B = OfferSwap, []string{"amy", "carol"}, &Shift{Period: 33} }},
		{"closes", "not after the shift begins", func(o *Offer) { o.Closes = o.Closes.Add(time.Second) }},
		{"closes", "after now", func(o *Offer) { o.Closes = tonight }},
	} {
		wants(t, s.CheckOffer(offered(c.change), tonight), c.field, c.text)
	}
	wants(t, s.CheckTake(offered(func(o *Offer) { o.To = nil }), move("carol", 0)), "by", "on leave then")
	if at, ok := s.Closing(offered(func(o *Offer) { o.Kind, o.B = OfferSwap, &Shift{Period: 30} })); !ok || !at.Equal(time.Date(2026, 12, 2, 13, 0, 0, 0, time.UTC)) {
		t.Errorf("closes %s", at)
	}
}

func TestOfferFollowsAMovedHandOff(t *testing.T) {
	o := offered(func(*Offer) {})
	_, e, _ := o.Take(move("amy", time.Hour))
	b, _ := AmendEdit(harbor(), "agents", *e)
	b, _ = AmendEdit(b, "agents", Edit{ID: "m", At: tonight.Add(2 * time.Hour), Do: DoAnchor, Layer: "daily", Anchor: "2026-11-02T07:00:00", Effective: tonight.Add(2 * time.Hour)})
	s := Index(b, nil)
	d, _ := s.Roster("agents").ShiftOf("daily", Shift{Period: 31})
	if d.Person != "amy" || !d.Start.Equal(time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)) || d.End.Sub(d.Start) != day24 {
		t.Errorf("%+v", d)
	}
	layer, sh, ok := s.ShiftAt("agents", "amy", d.Start)
	if !ok || layer != "daily" || sh != (Shift{Period: 31}) {
		t.Errorf("%s %+v", layer, sh)
	}
}

func TestShiftHasTheWindowsOfItsOwnTime(t *testing.T) {
	night := func(start WallClock) []Layer {
		return []Layer{{ID: "n", Tier: 1, Windows: []Hours{{Days: []int{1, 2, 3, 4, 5, 6, 7}, Start: start, End: 8 * 60}}, Rotation: Rotation{
			Anchor: "2026-11-02T08:00:00", Every: 1, Unit: Day, Members: []string{"amy", "bo"},
		}}}
	}
	s := Schedule{ID: "s", Clinic: "harbor", Layers: night(17 * 60), Edits: []Edit{
		{ID: "v", At: tonight, Do: DoLayers, Layers: night(19 * 60), Effective: tonight.AddDate(0, 0, 10)},
		{ID: "w", At: tonight, Do: DoLayers, Layers: []Layer{}, Effective: tonight.AddDate(0, 0, 20)},
	}}
	r := Index(AmendSchedule(harbor(), s), nil).Roster("s")
	for sh, want := range map[Shift]string{
		{Period: 22, Day: "2026-11-24"}: "amy 22:00 13:00", {Period: 35, Day: "2026-12-07"}: "bo 00:00 13:00",
		{Period: 23, Day: "2026-11-24"}: "", {Period: 22, Day: "2026-11-23"}: "",
	} {
		d, ok := r.ShiftOf("n", sh)
		got := ""
		if ok {
			got = d.Person + " " + d.Start.Format("15:04") + " " + d.End.Format("15:04")
		}
		if got != want {
			t.Errorf("%+v: %q, want %q", sh, got, want)
		}
	}
}

func TestOfferIsKeptAsJSON(t *testing.T) {
	o := offered(func(o *Offer) { o.Kind, o.B = OfferSwap, &Shift{Period: 33, Day: "2026-12-05"} })
	kept, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var back Offer
	if err := json.Unmarshal(kept, &back); err != nil || *back.B != *o.B || back.State != o.State || !back.Closes.Equal(o.Closes) || len(back.Events) != 1 {
		t.Errorf("%s", kept)
	}
}

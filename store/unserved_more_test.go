package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
)

// fileAt files the record of a call as the journal does.
func fileAt(t *testing.T, s *Store, r call.Record) {
	t.Helper()
	k, err := s.sealer()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(context.Background(), func(t *tx) error { return t.file(k, entry{N: time.Now().UnixMicro(), Record: &r}) }); err != nil {
		t.Fatal(err)
	}
}

// rings is a call of the elm clinic that ended after a while.
func rings(id, from string, after, lasted time.Duration) call.Record {
	at := arrived.Add(after)
	return call.Record{ID: id, Trunk: call.TrunkFacts{ID: "carrier"}, From: phi.NewPhone(from), Dialled: "+12125550100",
		Plan: policy.Plan{Clinic: "elm", Version: "b1"}, Arrived: at, Ended: at.Add(lasted), Outcome: call.CallerGone, By: "caller"}
}

// A caller who hung up at 40 s is an item that somebody owns; who was served, whom we called, and whom nobody owns is none.
func TestEveryCallerWithWhomNobodySpokeStandsInTheLedger(t *testing.T) {
	s, _, _ := aging(t)
	ctx := context.Background()
	fileAt(t, s, rings("gone", "+12125550188", 0, 40*time.Second))
	served := rings("served", "+12125550177", 0, time.Minute)
	served.Served = true
	fileAt(t, s, served)
	out := rings("out", "+12125550188", time.Hour, time.Minute)
	out.Direction, out.Why = "out", call.CallOut
	fileAt(t, s, out)
	begun := rings("begun", "+12125550188", 0, 0)
	begun.Ended = time.Time{}
	fileAt(t, s, begun)
	fileAt(t, s, rings("gone", "+12125550188", 0, 40*time.Second)) // a second time changes nothing

	page, err := s.UnservedCallers(ctx, UnservedQuery{State: UnservedOpen})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Call != "gone" || page.Rows[0].Why != "caller_gone" {
		t.Fatalf("%+v %v", page.Rows, err)
	}
	more, err := s.UnservedMore(ctx, page.Rows)
	if err != nil || more["gone"].Answer != "" || more["gone"].Pseudonym == "" || more["gone"].Ended.Sub(page.Rows[0].Arrived) != 40*time.Second {
		t.Errorf("%+v %v", more, err)
	}
	if oldest, err := s.OldestUnserved(ctx); err != nil || !oldest.Equal(arrived) {
		t.Errorf("%v %v", oldest, err)
	}
	if u, err := s.UnservedCaller(ctx, "gone"); err != nil || u.Clinic != "elm" {
		t.Errorf("%+v %v", u, err)
	}
	if _, err := s.UnservedCaller(ctx, "served"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// The same caller served later, by whichever of her calls or by ours to her, proposes to close the line.
func TestALaterConversationProposesToCloseALine(t *testing.T) {
	for name, make := range map[string]func() call.Record{
		"she called again": func() call.Record { return rings("later", "+12125550188", time.Hour, time.Minute) },
		"we called back": func() call.Record {
			r := rings("later", "+12125550100", time.Hour, time.Minute)
			r.Direction, r.Why, r.Of = "out", call.CallBack, "gone"
			return r
		},
	} {
		s, _, _ := aging(t)
		ctx := context.Background()
		fileAt(t, s, rings("gone", "+12125550188", 0, 40*time.Second))
		fileAt(t, s, rings("other", "+12125550177", time.Hour, time.Minute))
		later := make()
		later.Served = true
		fileAt(t, s, later)
		page, err := s.UnservedCallers(ctx, UnservedQuery{State: UnservedOpen})
		if err != nil {
			t.Fatal(err)
		}
		more, err := s.UnservedMore(ctx, page.Rows)
		if err != nil || more["gone"].Answer != "later" || more["other"].Answer != "" {
			t.Errorf("%s: %+v %v", name, more, err)
		}
	}
}

// Who keeps her place and hangs up is owed a call: the line is open until somebody has spoken with her in it.
func TestAPromisedCallIsOwedUntilSheWasSpokenWith(t *testing.T) {
	s, _, _ := aging(t)
	ctx := context.Background()
	promised := rings("promised", "+12125550188", 0, time.Minute)
	promised.Outcome = call.ToBeCalled
	fileAt(t, s, promised)
	back := func(id string, after time.Duration) call.Record {
		r := rings(id, "+12125550100", after, time.Minute)
		r.Direction, r.Why, r.Of = "out", call.CallBack, "promised"
		r.Legs = []call.LegRecord{{Place: "outside", Answered: r.Arrived}, {User: "wu-desk", Person: "wu", Answered: r.Arrived}}
		return r
	}
	fileAt(t, s, back("missed", time.Hour))
	if u, err := s.UnservedCaller(ctx, "promised"); err != nil || u.State != UnservedOpen || u.Why != "to_be_called" {
		t.Errorf("nobody spoke with her, and the line is closed: %+v %v", u, err)
	}
	spoke := back("spoke", 2*time.Hour)
	spoke.Served = true
	fileAt(t, s, spoke)
	u, err := s.UnservedCaller(ctx, "promised")
	if err != nil || u.State != CalledBack || u.SettledBy != "wu" || u.Answer != "spoke" || !u.Settled.Equal(spoke.Ended) {
		t.Errorf("%+v %v", u, err)
	}
	holds(t, s)
}

// A patch that was taken and came to nothing leaves a caller with whom nobody spoke.
func TestATakenPatchAloneServesNobody(t *testing.T) {
	s, _, _ := aging(t)
	taken := rings("taken", "+12125550177", 0, time.Minute)
	taken.Taken = &call.Acceptance{Person: "wu"}
	fileAt(t, s, taken)
	if u, err := s.UnservedCaller(context.Background(), "taken"); err != nil || u.State != UnservedOpen {
		t.Errorf("%+v %v", u, err)
	}
}

// A crash in the middle of a call does not lose its caller; a record that comes after it says better.
func TestACallerCutOffByACrashStandsInTheLedger(t *testing.T) {
	s, _, _ := aging(t)
	ctx := context.Background()
	before := arrived.Add(time.Hour)
	live := rings("cut", "+12125550188", 0, 0)
	live.Ended = time.Time{}
	fileAt(t, s, live)
	if n, err := s.RecoverCalls(ctx, before); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if u, err := s.UnservedCaller(ctx, "cut"); err != nil || u.Why != "cut_off" {
		t.Errorf("%+v %v", u, err)
	}
	whole := rings("cut", "+12125550188", 0, time.Minute)
	whole.Served, whole.Outcome = true, call.Completed
	fileAt(t, s, whole)
	if _, err := s.UnservedCaller(ctx, "cut"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// Taken on, settled once, by name; a second answer is refused.
func TestALineIsSettledOnceByName(t *testing.T) {
	s, _, _ := aging(t)
	ctx := context.Background()
	fileAt(t, s, rings("gone", "+12125550188", 0, 40*time.Second))
	bo := audit.Actor{Type: "person", ID: "bo"}
	if err := s.OwnUnserved(ctx, bo, "gone", "bo"); err != nil {
		t.Fatal(err)
	}
	if oldest, err := s.OldestUnserved(ctx); err != nil || !oldest.IsZero() {
		t.Errorf("somebody sees to her: %v %v", oldest, err)
	}
	done := Unserved{Call: "gone", State: WrittenOff}
	if err := s.SettleUnserved(ctx, bo, done); !errors.Is(err, ErrInvalid) {
		t.Errorf("written off without a reason: %v", err)
	}
	done.Reason = phi.NewText("dialled the wrong clinic")
	if err := s.SettleUnserved(ctx, bo, done); err != nil {
		t.Error(err)
	}
	if err := s.SettleUnserved(ctx, bo, Unserved{Call: "gone", State: CalledBack}); !errors.Is(err, ErrConflict) {
		t.Errorf("settled twice: %v", err)
	}
	u, err := s.UnservedCaller(ctx, "gone")
	if err != nil || u.SettledBy != "bo" || u.Owner != "bo" || u.State != WrittenOff || u.Reason.Reveal() != "dialled the wrong clinic" {
		t.Errorf("%+v %v", u, err)
	}
}

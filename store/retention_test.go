package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// aging is a store with two calls of a clinic, each with a closed recording; the clock stands where now says.
func aging(t *testing.T) (s *Store, now *time.Time, recordings []string) {
	t.Helper()
	opt := made(t)
	at := arrived
	opt.Clock = func() time.Time { return at }
	s = opened(t, opt)
	apply(t, s, demoBook())
	j := s.Journal(nil)
	for i, id := range []string{"c1", "c2"} {
		tell(j, id, "+12125550123")
		r, err := s.OpenRecording(context.Background(), openRow(id, i+1))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EndRecording(context.Background(), r, Ending{State: Final}); err != nil {
			t.Fatal(err)
		}
		recordings = append(recordings, r)
	}
	j.Close()
	return s, &at, recordings
}

func TestHeldThingsAreDestroyedByNobody(t *testing.T) {
	for _, h := range []Hold{{Kind: HoldClinic, Object: "elm"}, {Kind: HoldCall, Object: "c1"}, {Kind: HoldRecording}} {
		s, now, recordings := aging(t)
		ctx := context.Background()
		if h.Kind == HoldRecording {
			h.Object = recordings[0]
		}
		h.Reason = phi.NewText("Canary v. Elm Street")
		placed, err := s.PlaceHold(ctx, amy, h)
		if err != nil || placed.Clinic != "elm" {
			t.Fatalf("%+v %v", placed, err)
		}
		noTrace(t, s, "Canary v.")
		*now = now.Add(24 * time.Hour)
		if err := s.ShredRecording(ctx, amy, recordings[0], "retention"); !errors.Is(err, ErrHeld) {
			t.Errorf("%s: shredded: %v", h.Kind, err)
		}
		due, err := s.DueBefore(ctx, "elm", policy.KeptRecordings, *now)
		if err != nil || due.Held == 0 || due.Held+due.Count != 2 {
			t.Errorf("%s: %+v %v", h.Kind, due, err)
		}
		list, err := s.DueRecordings(ctx, "elm", *now, 10)
		if err != nil || len(list) != due.Count {
			t.Errorf("%s: %d due, %v", h.Kind, len(list), err)
		}
		if err := s.ReleaseHold(ctx, amy, placed.ID, "bo"); err != nil {
			t.Fatal(err)
		}
		if err := s.ReleaseHold(ctx, amy, placed.ID, "bo"); !errors.Is(err, ErrNotFound) {
			t.Errorf("released twice: %v", err)
		}
		if err := s.ShredRecording(ctx, amy, recordings[0], "retention"); err != nil {
			t.Errorf("%s released: %v", h.Kind, err)
		}
		all, err := s.Holds(ctx, EveryHold)
		if err != nil || len(all) != 1 || all[0].ReleasedBy != "bo" || all[0].Reason.Reveal() != "Canary v. Elm Street" {
			t.Errorf("%+v %v", all, err)
		}
		if standing, err := s.Holds(ctx, StandingHolds); err != nil || len(standing) != 0 {
			t.Errorf("%+v %v", standing, err)
		}
		holds(t, s)
	}
}

func TestHoldOfNothingIsRefused(t *testing.T) {
	s, _, _ := aging(t)
	for _, h := range []Hold{{Kind: HoldClinic, Object: "nowhere"}, {Kind: HoldCall, Object: "c9"}, {Kind: HoldRecording, Object: "x"}} {
		if _, err := s.PlaceHold(context.Background(), amy, h); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", h.Kind, err)
		}
	}
	if _, err := s.PlaceHold(context.Background(), amy, Hold{Kind: "person", Object: "amy"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func TestPurgeTakesWhatIsDueAndNothingElse(t *testing.T) {
	s, now, recordings := aging(t)
	ctx := context.Background()
	early := Due{Clinic: "elm", Before: arrived}
	if n, err := s.PurgeCalls(ctx, system, early, 10); err != nil || n != 0 {
		t.Errorf("%d calls went before their time, %v", n, err)
	}
	*now = now.Add(500 * 24 * time.Hour)
	due := Due{Clinic: "elm", Before: *now}
	if n, err := s.PurgeCalls(ctx, system, due, 10); err != nil || n != 0 {
		t.Errorf("%d calls went while their sound stands, %v", n, err)
	}
	for _, id := range recordings {
		if err := s.ShredRecording(ctx, system, id, "retention"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.PlaceHold(ctx, amy, Hold{Kind: HoldCall, Object: "c2", Reason: phi.NewText("dispute")}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.PurgeCalls(ctx, system, Due{Clinic: "oak", Before: *now}, 10); err != nil || n != 0 {
		t.Errorf("another clinic: %d, %v", n, err)
	}
	if n, err := s.PurgeCalls(ctx, system, due, 10); err != nil || n != 1 {
		t.Errorf("%d calls went, %v", n, err)
	}
	if _, err := s.Call(ctx, "c1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("c1: %v", err)
	}
	if c, err := s.Call(ctx, "c2"); err != nil || len(c.Legs) != 2 {
		t.Errorf("c2: %+v %v", c, err)
	}
	page, err := s.AuditList(ctx, AuditQuery{Actions: []audit.Action{audit.Purged}})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Event.Facts["count"] != "1" {
		t.Errorf("%+v %v", page, err)
	}
	holds(t, s)
}

func TestRetentionIsSetInVersions(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	for _, k := range []policy.Keep{{Artefact: policy.KeptRecordings, Days: 365}, {Clinic: "elm", Artefact: policy.KeptRecordings, Days: 90}, {Artefact: policy.KeptRecordings, Days: 180}} {
		if err := s.SetRetention(ctx, amy, k, "bo"); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Retention(ctx)
	if err != nil || len(list) != 2 || list[0].Days != 180 || list[0].Version != 2 || list[1].Clinic != "elm" || list[1].ApprovedBy != "bo" {
		t.Errorf("%+v %v", list, err)
	}
	if err := s.SetRetention(ctx, amy, policy.Keep{Artefact: policy.KeptAudit, Days: 10}, "bo"); !errors.Is(err, ErrInvalid) {
		t.Errorf("below the floor: %v", err)
	}
	if _, err := s.DueBefore(ctx, "elm", policy.KeptAudit, arrived); !errors.Is(err, ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func TestDisclosuresAreAccountedFor(t *testing.T) {
	s, _, recordings := aging(t)
	ctx := context.Background()
	d := Disclosure{Clinic: "elm", Kind: "recording_export", Object: "recording:" + recordings[0], Call: "c1",
		Recipient: phi.NewText("Canary & Canary LLP"), Purpose: phi.NewText("subpoena 12")}
	if _, err := s.Disclose(ctx, amy, d); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Disclose(ctx, amy, Disclosure{Kind: "recording_export", Object: "recording:x"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("to nobody: %v", err)
	}
	noTrace(t, s, "Canary &")
	page, err := s.Disclosures(ctx, DisclosureQuery{Calls: []string{"c1"}})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Recipient.Reveal() != "Canary & Canary LLP" || page.Rows[0].Author != "amy" {
		t.Errorf("%+v %v", page, err)
	}
	if page, err := s.Disclosures(ctx, DisclosureQuery{Clinics: []string{"oak"}}); err != nil || len(page.Rows) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	holds(t, s)
}

func TestBreakGlassIsShortAndReviewedBySomebodyElse(t *testing.T) {
	s, now, _ := aging(t)
	ctx := context.Background()
	bo := audit.Actor{Type: "person", ID: "bo", Role: "compliance"}
	ask := BreakGlass{Person: "amy", Kind: HoldCall, Object: "c1", Reason: phi.NewText("Canary complaint"), Until: now.Add(30 * time.Minute)}
	long := ask
	long.Until = now.Add(61 * time.Minute)
	if _, err := s.OpenBreakGlass(ctx, amy, long); !errors.Is(err, ErrInvalid) {
		t.Errorf("61 minutes: %v", err)
	}
	got, err := s.OpenBreakGlass(ctx, amy, ask)
	if err != nil || got.Clinic != "elm" {
		t.Fatalf("%+v %v", got, err)
	}
	noTrace(t, s, "Canary complaint")
	if list, err := s.OpenBreakGlasses(ctx, "amy"); err != nil || len(list) != 1 || !list[0].Open(*now) {
		t.Errorf("%+v %v", list, err)
	}
	*now = now.Add(31 * time.Minute)
	if list, err := s.OpenBreakGlasses(ctx, "amy"); err != nil || len(list) != 0 {
		t.Errorf("after its time: %+v %v", list, err)
	}
	if err := s.ReviewBreakGlass(ctx, amy, got.ID, "justified"); !errors.Is(err, ErrConflict) {
		t.Errorf("her own review: %v", err)
	}
	if err := s.ReviewBreakGlass(ctx, bo, got.ID, "justified"); err != nil {
		t.Fatal(err)
	}
	if err := s.ReviewBreakGlass(ctx, bo, got.ID, "not_justified"); !errors.Is(err, ErrConflict) {
		t.Errorf("reviewed twice: %v", err)
	}
	if list, err := s.UnreviewedBreakGlasses(ctx); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := s.BreakGlasses(ctx, arrived); err != nil || len(list) != 1 || list[0].ReviewedBy != "bo" || list[0].Closed.IsZero() {
		t.Errorf("%+v %v", list, err)
	}
	holds(t, s)
}

package main

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// keepers are a house with an admin, two officers and one recording; every day that passes is the clock's.
func keepers(t *testing.T) (f *front, people map[string]audit.Actor, r store.Recording) {
	t.Helper()
	f = openFront(t)
	known := f.known("ada=admin", "cora=compliance", "otto=compliance")
	people = map[string]audit.Actor{}
	for name, p := range known {
		_, people[name] = f.in(p)
	}
	return f, people, recordOne(t, f.office, "harbor")
}

// agreed is a proposal of one person that another has approved.
func (f *front) agreed(b console.ProposalBody, by, approver audit.Actor) string {
	f.t.Helper()
	p, err := proposals{f.office, f.desk}.Make(f.t.Context(), b, by)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := (proposals{f.office, f.desk}).Decide(f.t.Context(), p.ID, console.ProposalAct{Do: "approve"}, console.Decider{Actor: approver}); err != nil {
		f.t.Fatal(err)
	}
	return p.ID
}

func refused(err error) bool { return errors.As(err, new(*console.Refusal)) }

// Nothing goes by itself until two people set a retention; then what has passed it goes, and nothing else.
func TestNightlyPurgeTakesWhatTwoPeopleSet(t *testing.T) {
	f, who, r := keepers(t)
	k := keeping{f.office}
	f.wait(800 * 24 * time.Hour) // past the usual two years
	var alarms alarms
	night := purger{k, &alarms, slog.New(slog.DiscardHandler)}
	night.once(t.Context())
	if now, err := f.Store.Recording(t.Context(), r.ID); err != nil || now.State != store.Final {
		t.Fatalf("nobody approved the usual retention, and it went: %s %v", now.State, err)
	}
	due, err := k.Due(t.Context())
	if err != nil || len(due) != 1 || due[0].Count != 1 || due[0].Approved {
		t.Fatalf("%+v %v", due, err)
	}

	body := console.RetentionBody{Artefact: "recording", Days: 365}
	alone, err := proposals{f.office, f.desk}.Make(t.Context(), console.ProposalBody{Kind: "purge", Subject: "retention~recording~365", Reason: "a year"}, who["cora"])
	if err != nil {
		t.Fatal(err)
	}
	body.Proposal = alone.ID
	if _, err := k.Set(t.Context(), body, who["cora"]); !refused(err) {
		t.Errorf("set by one person: %v", err)
	}
	body.Proposal = f.agreed(console.ProposalBody{Kind: "purge", Subject: "retention~recording~90", Reason: "shorter"}, who["cora"], who["ada"])
	if _, err := k.Set(t.Context(), body, who["cora"]); !refused(err) {
		t.Errorf("set by an approval of something else: %v", err)
	}
	body.Proposal = f.agreed(console.ProposalBody{Kind: "purge", Subject: "retention~recording~365", Reason: "a year"}, who["cora"], who["ada"])
	set, err := k.Set(t.Context(), body, who["cora"])
	if err != nil || set.Days != 365 || set.Approved != "ada" {
		t.Fatalf("%+v %v", set, err)
	}
	if _, err := k.Set(t.Context(), console.RetentionBody{Artefact: "audit", Days: 30, Proposal: "x"}, who["cora"]); !errors.As(err, new(console.Mistakes)) {
		t.Errorf("below the floor: %v", err)
	}

	night.once(t.Context())
	if now, err := f.Store.Recording(t.Context(), r.ID); err != nil || now.State != store.Shredded {
		t.Errorf("%s %v", now.State, err)
	}
	if _, err := f.Folder.Open(r.FileName); err == nil {
		t.Error("its file is still there")
	}
	if len(alarms.list()) != 0 {
		t.Errorf("alarms %v", alarms.list())
	}
}

// A hold keeps what two people have agreed to destroy, by either way, until two people release it.
func TestHoldStandsAgainstAPurge(t *testing.T) {
	f, who, r := keepers(t)
	k, h := keeping{f.office}, holding{f.office}
	placed, err := h.Place(t.Context(), console.HoldBody{Kind: "recording", Object: r.ID, Reason: "a dispute"}, who["otto"])
	if err != nil {
		t.Fatal(err)
	}
	f.wait(800 * 24 * time.Hour)
	proof, err := k.Purge(t.Context(), f.agreed(console.ProposalBody{Kind: "purge", Subject: "purge", Reason: "spring"}, who["cora"], who["ada"]), who["cora"])
	if err != nil || proof.Signed == "" {
		t.Fatalf("%+v %v", proof, err)
	}
	if now, err := f.Store.Recording(t.Context(), r.ID); err != nil || now.State != store.Final {
		t.Fatalf("a held recording: %s %v", now.State, err)
	}
	lone, err := proposals{f.office, f.desk}.Make(t.Context(), console.ProposalBody{Kind: "hold_release", Subject: placed.ID, Reason: "settled"}, who["otto"])
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Release(t.Context(), placed.ID, lone.ID, who["otto"]); !refused(err) {
		t.Errorf("released by one person: %v", err)
	}
	approved := f.agreed(console.ProposalBody{Kind: "hold_release", Subject: placed.ID, Reason: "settled"}, who["otto"], who["ada"])
	if err := h.Release(t.Context(), placed.ID, approved, who["otto"]); err != nil {
		t.Fatal(err)
	}
	again := f.agreed(console.ProposalBody{Kind: "purge", Subject: "purge", Reason: "summer"}, who["cora"], who["ada"])
	if _, err := k.Purge(t.Context(), again, who["cora"]); err != nil {
		t.Fatal(err)
	}
	if now, err := f.Store.Recording(t.Context(), r.ID); err != nil || now.State != store.Shredded {
		t.Errorf("released: %s %v", now.State, err)
	}
	if _, err := k.Purge(t.Context(), again, who["cora"]); !refused(err) {
		t.Errorf("one approval, two purges: %v", err)
	}
}

// Emergency access is for who is enrolled; it ends with its hour, and the alarm with somebody else's review.
func TestEmergencyAccessEndsAndIsReviewed(t *testing.T) {
	f, who, _ := keepers(t)
	g := glass{f.office, f.desk}
	ask := console.GlassBody{Kind: "clinic", Object: "harbor", Minutes: 30, Reason: "a patient cannot be reached"}
	if _, err := g.Break(t.Context(), ask, who["cora"]); !errors.As(err, new(*console.GateClosed)) {
		t.Errorf("not enrolled: %v", err)
	}
	course := console.TrainingBody{Course: glassCourse}
	if _, err := (trainings{f.office}).Record(t.Context(), "cora", course, who["cora"]); !refused(err) {
		t.Errorf("she enrolled herself: %v", err)
	}
	if _, err := (trainings{f.office}).Record(t.Context(), "cora", course, operatorHere()); !refused(err) {
		t.Errorf("the operator enrolled her: %v", err)
	}
	if _, err := (trainings{f.office}).Record(t.Context(), "cora", course, who["otto"]); err != nil {
		t.Fatal(err)
	}
	opened, err := g.Break(t.Context(), ask, who["cora"])
	if err != nil {
		t.Fatal(err)
	}
	var alarms alarms
	watch := newGlassWatch(f.office, &alarms, slog.New(slog.DiscardHandler))
	watch.once(t.Context())
	if len(alarms.list()) != 1 {
		t.Errorf("the officers were not told: %v", alarms.list())
	}
	if open, err := f.opened(t.Context(), "cora"); err != nil || len(open) != 1 || open[0].Object != "harbor" {
		t.Errorf("%+v %v", open, err)
	}
	f.wait(31 * time.Minute)
	if open, err := f.opened(t.Context(), "cora"); err != nil || len(open) != 0 {
		t.Errorf("after its time: %+v %v", open, err)
	}
	f.wait(72 * time.Hour)
	watch.once(t.Context())
	if len(alarms.list()) != 2 {
		t.Errorf("nobody reviewed it, and it is quiet: %v", alarms.list())
	}
	if err := g.Review(t.Context(), opened.ID, "justified", who["cora"]); err == nil {
		t.Error("she reviewed herself")
	}
	if err := g.Review(t.Context(), opened.ID, "justified", who["otto"]); err != nil {
		t.Fatal(err)
	}
	watch.once(t.Context())
	if len(alarms.list()) != 0 {
		t.Errorf("after the review: %v", alarms.list())
	}
}

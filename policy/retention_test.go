package policy

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRetentionNeverGoesBelowItsFloor(t *testing.T) {
	for _, r := range Retentions() {
		if (Keep{Artefact: r.Artefact, Days: r.Floor - 1}).Check() == nil || (Keep{Artefact: r.Artefact, Days: mostDays + 1}).Check() == nil {
			t.Errorf("%s: a setting outside its bounds was taken", r.Artefact)
		}
		if err := (Keep{Artefact: r.Artefact, Days: r.Floor}).Check(); err != nil {
			t.Errorf("%s: %v", r.Artefact, err)
		}
		if r.Usual < r.Floor || r.Basis == "" {
			t.Errorf("%s: %+v", r.Artefact, r)
		}
	}
	if (Keep{Artefact: "lunch", Days: 5000}).Check() == nil || (Keep{Clinic: "elm", Artefact: KeptAudit, Days: 5000}).Check() == nil {
		t.Error("a setting of nothing was taken")
	}
	rapid.Check(t, func(t *rapid.T) {
		var list []Keep
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			list = append(list, Keep{
				rapid.SampledFrom([]string{"", "elm", "oak"}).Draw(t, "clinic"),
				rapid.SampledFrom([]Artefact{KeptRecordings, KeptCalls, KeptAudit}).Draw(t, "artefact"),
				rapid.IntRange(-9, 9000).Draw(t, "days"),
			})
		}
		for _, r := range Retentions() {
			if got := KeptFor(list, "elm", r.Artefact); got < r.Floor {
				t.Fatalf("%s kept for %d days", r.Artefact, got)
			}
		}
	})
}

func TestAClinicsOwnRetentionGoesBeforeTheHouses(t *testing.T) {
	list := []Keep{{"elm", KeptRecordings, 90}, {"", KeptRecordings, 365}}
	for clinic, want := range map[string]int{"elm": 90, "oak": 365, "": 365} {
		if got := KeptFor(list, clinic, KeptRecordings); got != want {
			t.Errorf("%q: %d days, want %d", clinic, got, want)
		}
	}
	if got := KeptFor(list, "elm", KeptCalls); got != sixYears {
		t.Errorf("calls: %d", got)
	}
	if got := KeptFor(nil, "elm", "lunch"); got != mostDays {
		t.Errorf("unknown: %d", got)
	}
}

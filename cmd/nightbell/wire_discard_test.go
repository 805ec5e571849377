package main

import (
	"log/slog"
	"slices"
	"testing"

	"nightbell/call"
	"nightbell/store"
)

// What a caller declined is destroyed as soon as its file is closed; what the law holds is kept, and somebody is told.
func TestDeclinedRecordingIsDestroyedUnlessHeld(t *testing.T) {
	o := openHouse(t, developed(t))
	var told []string
	rec := func() *recording {
		return &recording{of: &recorder{office: o, ctx: t.Context(), log: slog.New(slog.DiscardHandler)}, spec: call.RecordingSpec{Call: "call-1"},
			trouble: func(why string) { told = append(told, why) }, meter: newMeter()}
	}
	wanted, unwanted, held := recordOne(t, o, "harbor"), recordOne(t, o, "harbor"), recordOne(t, o, "harbor")
	if _, err := o.Store.PlaceHold(t.Context(), keysActor, store.Hold{Kind: store.HoldRecording, Object: held.ID}); err != nil {
		t.Fatal(err)
	}
	rec().destroy([]string{wanted.ID})
	for _, r := range []store.Recording{unwanted, held} {
		w := rec()
		w.unwanted = &discard{"caller", "declined"}
		w.destroy([]string{r.ID})
	}
	for id, gone := range map[string]bool{wanted.ID: false, unwanted.ID: true, held.ID: false} {
		row, err := o.Store.Recording(t.Context(), id)
		if err != nil || (row.State == store.Shredded) != gone || (row.WrappedKey == nil) != gone {
			t.Errorf("recording is %s, want gone %v: %v", row.State, gone, err)
		}
	}
	if !slices.Equal(told, []string{"kept"}) {
		t.Errorf("told %v", told)
	}
}

package main

import (
	"slices"
	"testing"
	"time"
)

func TestAnAlarmEndsWhenAllIsWellAgain(t *testing.T) {
	var a alarms
	a.raise("recordings", "recordings cannot be synced")
	a.settled("recordings", time.Now().Add(-time.Minute))
	if got := a.list(); !slices.Equal(got, []string{"recordings: recordings cannot be synced"}) {
		t.Errorf("alarms %v: it was well only before", got)
	}
	a.settled("recordings", time.Now().Add(time.Minute))
	a.settled("never raised", time.Now())
	if got := a.list(); len(got) != 0 {
		t.Errorf("alarms %v stand", got)
	}
}

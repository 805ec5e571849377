package main

import (
	"errors"
	"testing"

	"nightbell/call"
	"nightbell/seal"
	"nightbell/sip"
)

func TestReserveIsATwentiethOfTheDiskAtMost(t *testing.T) {
	for _, c := range []struct {
		mode  Mode
		mib   int64
		total uint64
		want  int64
	}{
		{Production, 0, 1 << 40, 1 << 30},
		{Production, 64, 1 << 40, 64 << 20},
		{Production, 0, 10 << 30, 512 << 20},
		{Development, 0, 1 << 40, 16 << 20},
		{Development, 0, 40 << 20, 2 << 20},
	} {
		cfg := Config{Mode: c.mode, Recordings: RecordingsConfig{Reserve: c.mib}}
		if got := cfg.reserve(seal.Space{Total: c.total}); got != c.want {
			t.Errorf("%s, %d MiB on %d bytes: %d, want %d", c.mode, c.mib, c.total, got, c.want)
		}
	}
}

func TestBarredRecorderSaysWhy(t *testing.T) {
	r := &recorder{office: &office{Ring: &seal.Ring{}}, live: map[*recording]struct{}{}}
	r.bar("disk_low")
	_, err := r.Start(call.RecordingSpec{}, nil, nil)
	var why call.Unwilling
	if !errors.As(err, &why) || why != "disk_low" {
		t.Errorf("barred: %v", err)
	}
}

func TestRegistrationsBeyondTheirRoomAreSaid(t *testing.T) {
	b := make(bindings, 2)
	for n, want := range []bool{true, true, false} {
		if got := b.tell(sip.BindingEvent{}); got != want {
			t.Errorf("event %d taken: %v", n, got)
		}
	}
}

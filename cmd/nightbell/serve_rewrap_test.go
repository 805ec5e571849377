package main

import (
	"context"
	"testing"
	"time"

	"nightbell/console"
	"nightbell/seal"
)

// The running server brings everything over by itself; ended in the middle, the next one goes on; what its database says is
// left is all it needs.
func TestRewrappingGoesOnInTheBackground(t *testing.T) {
	dir := developed(t)
	o := openHouse(t, dir)
	for range 3 {
		recordOne(t, o, "harbor")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop() // ended before it began
	if err := o.rewrap.Run(ctx); err != nil {
		t.Fatal(err)
	}
	want := console.KeyRotation{Purpose: "recordings", Clinic: "harbor"}
	if _, err := (keyring{o}).Rotate(t.Context(), want, keysActor); err != nil {
		t.Fatal(err)
	}
	if n := usesOf(t, o, 1); n != 3 {
		t.Errorf("%d recordings are left, of 3", n)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}

	o = openHouse(t, dir)
	ctx, stop = context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.rewrap.Run(ctx) }()
	deadline := time.Now().Add(20 * time.Second)
	for usesOf(t, o, 1) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("nothing is brought over")
		}
	}
	if _, err := (keyring{o}).Rotate(t.Context(), want, keysActor); err != nil { // wakes it
		t.Fatal(err)
	}
	for usesOf(t, o, 2) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("a rotation does not wake it")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left := o.rewrap.Progress(); len(left) > 0 {
		t.Errorf("%+v", left)
	}
}

func usesOf(t *testing.T, o *office, version uint32) int64 {
	t.Helper()
	n, err := keyUsage{t.Context(), o}.InUse(seal.Recordings, "harbor", version)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

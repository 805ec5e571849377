package seal

import (
	"bytes"
	"errors"
	"testing"
)

// A clinic leaves: its list and its recordings are sealed to a key that it takes along; our own keys are destroyed.
func TestWhatAClinicTakesAlongOpensForItAlone(t *testing.T) {
	ours, err := NewRecoveryKey().Public()
	if err != nil {
		t.Fatal(err)
	}
	theirs := NewRecoveryKey()
	public, err := theirs.Public()
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := theirs.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := public.Recipient().Enclose("calls", []byte("+12125550123"))
	if err != nil || !IsEnvelope(envelope) || bytes.Contains(envelope, []byte("5550123")) {
		t.Fatalf("envelope: %v", err)
	}
	if text, err := keeper.Disclose("calls", envelope); err != nil || string(text) != "+12125550123" {
		t.Errorf("disclosed: %v", err)
	}
	if _, err := keeper.Disclose("recordings", envelope); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("under another label: %v", err)
	}
	stranger, err := NewRecoveryKey().Keeper()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Disclose("calls", envelope); !errors.Is(err, ErrOtherEscrow) {
		t.Errorf("by a stranger: %v", err)
	}
	if _, err := keeper.Disclose("calls", envelope[:20]); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("cut: %v", err)
	}
	file, key, sum := escrowed(t, ours.Recipient())
	if err := public.Recipient().Address(file, NewDataKey()); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("with another key: %v", err)
	}
	if err := public.Recipient().Address(file, key); err != nil {
		t.Fatal(err)
	}
	got, err := keeper.Rescue(file)
	if err != nil || got != key {
		t.Fatalf("rescued: %v", err)
	}
	if rep := Verify(bytes.NewReader(file), int64(len(file)), got); rep.Verdict != OK || rep.SHA256 != sum.SHA256 {
		t.Errorf("the copy is not the file on record: %+v", rep)
	}
}

func TestADestroyedClinicStaysDestroyed(t *testing.T) {
	ring, root, vault := newRing(t)
	at := Cell{"calls", "caller", "call-1", "clinic-1"}
	cell, err := ring.SealCell(at, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Rotate(Fields, "clinic-1"); err != nil {
		t.Fatal(err)
	}
	if ring.Destroyed("clinic-1") || ring.Destroyed("nobody") {
		t.Error("destroyed before its time")
	}
	n, err := ring.Destroy("clinic-1")
	if err != nil || n != 5 {
		t.Fatalf("%d keys: %v", n, err)
	}
	if n, err := ring.Destroy("clinic-1"); err != nil || n != 0 {
		t.Errorf("again: %d keys: %v", n, err)
	}
	later := openRing(t, root, vault)
	for _, r := range []*Ring{ring, later} {
		if _, err := r.OpenCell(at, cell); !errors.Is(err, ErrDestroyed) {
			t.Errorf("opened: %v", err)
		}
		if _, err := r.Indexes("clinic-1", "+12125550123"); !errors.Is(err, ErrDestroyed) {
			t.Errorf("indexes: %v", err)
		}
		if !r.Destroyed("clinic-1") || r.Destroyed("clinic-2") {
			t.Error("what was destroyed is not what it says")
		}
	}
	for _, k := range vault.keys {
		if k.Clinic == "clinic-1" && len(k.Sealed) > 0 {
			t.Error("a wrapped key is still there")
		}
	}
	if _, err := ring.Destroy(""); !errors.Is(err, ErrName) {
		t.Errorf("the house's own: %v", err)
	}
}

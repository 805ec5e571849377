package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// faultyVault loses its power after so many keys.
type faultyVault struct {
	*memoryVault
	left int
}

var errPower = errors.New("power cut")

func (v *faultyVault) Put(k WrappedKey) error {
	if v.left == 0 {
		return errPower
	}
	v.left--
	return v.memoryVault.Put(k)
}

func sameSlots(phrases ...string) func(Slot) (Unsealer, error) {
	return func(s Slot) (Unsealer, error) {
		if s.Kind != ByPassphrase {
			return nil, nil
		}
		next := phrase(phrases[0])
		phrases = phrases[1:]
		return next, nil
	}
}

// ROOT is replaced while the house is open; the old one, and a copy of the old slots file, open nothing of what is stored.
func TestANewRootTakesOverEveryKey(t *testing.T) {
	dir, slots, root := house(t)
	before, err := os.ReadFile(SlotsPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	vault := &memoryVault{}
	ring := openRing(t, root, vault)
	if err := errors.Join(ring.EnsureHouse(), ring.EnsureClinic("clinic-1")); err != nil {
		t.Fatal(err)
	}
	at := Cell{"calls", "caller", "call-1", "clinic-1"}
	cell, err := ring.SealCell(at, []byte("+12125550123"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := slots.Reroot(root, sameSlots("a passphrase of this spring"))
	if err != nil {
		t.Fatal(err)
	}
	if !slots.Rerooting() || next.ID() == root.ID() {
		t.Error("the slots file does not say that a rotation is under way")
	}
	n, err := ring.Reroot(next)
	if err != nil || n != len(vault.keys) {
		t.Fatalf("%d of %d keys: %v", n, len(vault.keys), err)
	}
	if err := slots.Settle(next); err != nil {
		t.Fatal(err)
	}
	if plain, err := ring.OpenCell(at, cell); err != nil || string(plain) != "+12125550123" {
		t.Errorf("while it runs: %v", err)
	}
	again, err := reload(t, dir).Unseal(phrase("a passphrase of this spring"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := openRing(t, again, vault).OpenCell(at, cell); err != nil || string(plain) != "+12125550123" {
		t.Errorf("after a restart: %v", err)
	}
	if _, err := reload(t, dir).Unseal(phrase(horse)); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("the old passphrase: %v", err)
	}
	kept := t.TempDir()
	old := filepath.Join(kept, "keys", "root.json")
	if err := errors.Join(os.Mkdir(filepath.Dir(old), 0o700), os.WriteFile(old, before, 0o600)); err != nil {
		t.Fatal(err)
	}
	was, err := reload(t, kept).Unseal(phrase(horse))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRing(was, vault); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("the old ROOT opens the ring: %v", err)
	}
}

// The power fails after every possible number of keys: the next start opens all of them and goes on.
func TestARootRotationMayStopAnywhere(t *testing.T) {
	for stop := range 11 {
		dir, slots, root := house(t)
		vault := &memoryVault{}
		ring := openRing(t, root, &faultyVault{vault, 100})
		if err := errors.Join(ring.EnsureHouse(), ring.EnsureClinic("clinic-1")); err != nil {
			t.Fatal(err)
		}
		ring.vault = &faultyVault{vault, stop}
		next, err := slots.Reroot(root, sameSlots(horse))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring.Reroot(next); (err == nil) != (stop >= len(vault.keys)) {
			t.Fatalf("after %d keys: %v", stop, err)
		}
		reopened := reload(t, dir)
		again, err := reopened.Unseal(phrase(horse))
		if err != nil {
			t.Fatalf("after %d keys: %v", stop, err)
		}
		later := openRing(t, again, vault)
		n, err := later.Reroot(again)
		if err != nil || n != max(0, len(vault.keys)-stop) {
			t.Fatalf("after %d keys: %d were left: %v", stop, n, err)
		}
		if err := reopened.Settle(again); err != nil {
			t.Fatal(err)
		}
		last, err := reload(t, dir).Unseal(phrase(horse))
		if err != nil {
			t.Fatal(err)
		}
		openRing(t, last, vault)
		if b, err := os.ReadFile(SlotsPath(dir)); err != nil || bytes.Contains(b, []byte(root.ID())) {
			t.Errorf("the old ROOT is still mentioned: %v", err)
		}
	}
}

func TestARootRotationKeepsTheRecoveryKey(t *testing.T) {
	dir, slots, root := house(t)
	key, shares := split(t, 3, 5)
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Add(root, RecoverySlot{Public: public}); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Reroot(root, func(Slot) (Unsealer, error) { return nil, nil }); !errors.Is(err, ErrLastSlot) {
		t.Errorf("with no slot left: %v", err)
	}
	next, err := slots.Reroot(root, func(s Slot) (Unsealer, error) {
		if s.Kind == ByRecovery {
			p, _ := slots.RecoveryPublic()
			return RecoverySlot{Public: p}, nil
		}
		return phrase(horse), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Reroot(next, sameSlots(horse)); !errors.Is(err, ErrInUse) {
		t.Errorf("a second rotation at once: %v", err)
	}
	together, err := CombineShares(shares[:3]...)
	if err != nil {
		t.Fatal(err)
	}
	again, err := reload(t, dir).Unseal(RecoverySlot{Key: &together})
	if err != nil || *again.key != *next.key {
		t.Errorf("the shares of before: %v", err)
	}
	_, _, stranger := house(t)
	if _, err := slots.Reroot(stranger, sameSlots(horse)); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another house's ROOT: %v", err)
	}
	if err := slots.Settle(stranger); !errors.Is(err, ErrWrongKey) {
		t.Errorf("settled by another house's ROOT: %v", err)
	}
}

// The lists that documentation and rotation go by are the ones that are made.
func TestPurposesAreWhatARingHas(t *testing.T) {
	ring, _, _ := newRing(t)
	var house, clinic []Purpose
	for _, s := range ring.Status() {
		switch s.Clinic {
		case "":
			house = append(house, s.Purpose)
		case "clinic-1":
			clinic = append(clinic, s.Purpose)
		}
	}
	sorted := func(p []Purpose) []Purpose { slices.Sort(p); return p }
	if !slices.Equal(house, sorted(HousePurposes())) || !slices.Equal(clinic, sorted(ClinicPurposes())) {
		t.Errorf("house %v, clinic %v", house, clinic)
	}
}

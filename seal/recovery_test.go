package seal

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// A machine is lost with everything that opened it. The paper opens the copy of its folder; a new passphrase is added.
func TestSharesOpenALostHouse(t *testing.T) {
	dir, slots, root := house(t)
	key, shares := split(t, 3, 5)
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	made, err := slots.Add(root, RecoverySlot{Public: public})
	if err != nil || made.Kind != ByRecovery || made.Place != public.Set().String() {
		t.Fatalf("%+v %v", made, err)
	}
	lost := reload(t, dir)
	if _, err := lost.Unseal(RecoverySlot{}); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("without shares: %v", err)
	}
	together, err := CombineShares(shares[4], shares[1], shares[3])
	if err != nil {
		t.Fatal(err)
	}
	again, err := lost.Unseal(RecoverySlot{Key: &together})
	if err != nil || *again.key != *root.key {
		t.Fatalf("by shares: %v", err)
	}
	if _, err := lost.Add(again, phrase("a passphrase of the new machine")); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(t, dir).Unseal(phrase("a passphrase of the new machine")); err != nil {
		t.Error(err)
	}
	stranger := NewRecoveryKey()
	if _, err := lost.Unseal(RecoverySlot{Key: &stranger}); !errors.Is(err, ErrOtherRecoveryKey) {
		t.Errorf("by another house's shares: %v", err)
	}
	if kept, ok := reload(t, dir).RecoveryPublic(); !ok || kept.Set() != public.Set() {
		t.Error("the public half is not on the machine")
	}
	b, err := os.ReadFile(SlotsPath(dir))
	if err != nil || strings.Contains(string(b), encode32(key.seed[:])) {
		t.Errorf("the private half is: %v", err)
	}
}

// The recovery key is for the day when every other way is gone: it does not count as one that is left.
func TestTheLastDailySlotStays(t *testing.T) {
	dir, slots, root := house(t)
	public, err := NewRecoveryKey().Public()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Add(root, RecoverySlot{Public: public}); err != nil {
		t.Fatal(err)
	}
	if err := slots.Remove(slots.List()[0].ID); !errors.Is(err, ErrLastSlot) {
		t.Errorf("removed: %v", err)
	}
	if c := reload(t, dir).Custody(dir); c.Grade != Strong || c.Unattended {
		t.Errorf("custody: %s", c)
	}
	if _, err := ParseRecoveryPublic([]byte("short")); !errors.Is(err, ErrRecoveryKey) {
		t.Errorf("no key: %v", err)
	}
}

func TestAPassphraseIsChangedInOneStep(t *testing.T) {
	dir, slots, root := house(t)
	first := slots.List()[0]
	if _, err := slots.Replace(root, first.ID, phrase("short")); !errors.Is(err, ErrShortPassphrase) {
		t.Errorf("short: %v", err)
	}
	if _, err := reload(t, dir).Unseal(phrase(horse)); err != nil {
		t.Errorf("a refused change changed something: %v", err)
	}
	if _, err := slots.Replace(root, first.ID, phrase("a passphrase of this spring")); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(t, dir).Unseal(phrase(horse)); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("the old one: %v", err)
	}
	if _, err := reload(t, dir).Unseal(phrase("a passphrase of this spring")); err != nil {
		t.Errorf("the new one: %v", err)
	}
	if _, err := slots.Replace(root, "nobody", phrase(horse)); !errors.Is(err, ErrNoSlot) {
		t.Errorf("no slot: %v", err)
	}
}

package seal

import (
	"bytes"
	"errors"
	"sync"
	"testing"
)

var number = Cell{Table: "calls", Column: "caller", Row: "call-1", Clinic: "clinic-1"}

func sealCell(t testing.TB, r *Ring, c Cell, clear string) []byte {
	t.Helper()
	b, err := r.SealCell(c, []byte(clear))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestACellOpensInItsPlaceAlone(t *testing.T) {
	ring, _, _ := newRing(t)
	sealed := sealCell(t, ring, number, "+12125550123")
	if sealed[0] != 1 || !bytes.Equal(sealed[1:5], []byte{0, 0, 0, 1}) || len(sealed) != 1+4+12+12+16 {
		t.Errorf("not laid out as written: % x", sealed[:5])
	}
	if got, err := ring.OpenCell(number, sealed); err != nil || string(got) != "+12125550123" {
		t.Errorf("%q %v", got, err)
	}
	moved := map[string]Cell{
		"table":  {"messages", "caller", "call-1", "clinic-1"},
		"row":    {"calls", "caller", "call-2", "clinic-1"},
		"column": {"calls", "name", "call-1", "clinic-1"},
		"clinic": {"calls", "caller", "call-1", "clinic-2"},
		"house":  {"calls", "caller", "call-1", ""},
	}
	for what, c := range moved {
		if got, err := ring.OpenCell(c, sealed); !errors.Is(err, ErrNotGenuine) || got != nil {
			t.Errorf("moved to another %s: %v", what, err)
		}
	}
	if _, err := ring.Rotate(Fields, "clinic-1"); err != nil {
		t.Fatal(err)
	}
	relabelled := bytes.Clone(sealed)
	relabelled[4] = 2
	if _, err := ring.OpenCell(number, relabelled); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("moved to another version: %v", err)
	}
}

func TestATamperedCellDoesNotOpen(t *testing.T) {
	ring, _, _ := newRing(t)
	sealed := sealCell(t, ring, number, "+12125550123")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if got, err := ring.OpenCell(number, bad); err == nil || got != nil {
			t.Errorf("byte %d: opened", i)
		}
	}
	for n := range sealed {
		if _, err := ring.OpenCell(number, sealed[:n]); err == nil {
			t.Errorf("cut at %d: opened", n)
		}
	}
	if _, err := ring.OpenCell(number, append([]byte{1, 0, 0, 0, 0}, sealed[5:]...)); !errors.Is(err, ErrNoKey) {
		t.Errorf("version 0: %v", err)
	}
}

func TestNamesCannotBeShifted(t *testing.T) {
	ring, _, _ := newRing(t)
	if _, err := ring.SealCell(Cell{"calls|caller", "x", "1", "clinic-1"}, nil); !errors.Is(err, ErrName) {
		t.Errorf("a bar in a name: %v", err)
	}
	if err := ring.EnsureClinic("a|b"); !errors.Is(err, ErrName) {
		t.Errorf("a bar in a clinic: %v", err)
	}
	if _, err := ring.SealCell(Cell{"calls", "caller", "1", "clinic-9"}, nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("a clinic without keys: %v", err)
	}
}

func TestIndexIsBlindAndPerClinic(t *testing.T) {
	ring, _, _ := newRing(t)
	index := func(clinic, e164 string) [16]byte {
		x, err := ring.Index(clinic, e164)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	one := index("clinic-1", "+12125550123")
	if one != index("clinic-1", "+12125550123") || one == index("clinic-1", "+12125550124") || one == index("clinic-2", "+12125550123") {
		t.Error("equal numbers of one clinic, and they alone, have equal indexes")
	}
	if _, err := ring.Rotate(Index, "clinic-1"); err != nil {
		t.Fatal(err)
	}
	both, err := ring.Indexes("clinic-1", "+12125550123")
	if err != nil || len(both) != 2 || both[0] != index("clinic-1", "+12125550123") || both[1] != one {
		t.Errorf("during a rotation: %d indexes, %v", len(both), err)
	}
}

func TestADataKeyIsBoundToItsFile(t *testing.T) {
	ring, _, _ := newRing(t)
	h, _ := NewHeader(PCMU, 2, 8000)
	key, b := NewDataKey(), h.Binding("clinic-1")
	w, err := ring.Wrap(b, key)
	if err != nil || len(w.Sealed) != 60 || w.Version != 1 {
		t.Fatalf("%d bytes, version %d, %v", len(w.Sealed), w.Version, err)
	}
	if got, err := ring.Unwrap(b, w); err != nil || got != key {
		t.Errorf("%v", err)
	}
	other, _ := NewHeader(PCMU, 2, 8000)
	sameID := other.Binding("clinic-1")
	sameID.FileID = h.FileID
	for what, wrong := range map[string]Binding{"clinic": h.Binding("clinic-2"), "file": other.Binding("clinic-1"), "header": sameID} {
		if _, err := ring.Unwrap(wrong, w); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("another %s: %v", what, err)
		}
	}
	if aad := b.aad(7); len(aad) != len("nb.wrap.v1")+len("clinic-1")+4+16+32 || !bytes.HasPrefix(aad, []byte("nb.wrap.v1clinic-1\x00\x00\x00\x07")) {
		t.Errorf("not the bytes of the format: %q", aad)
	}
}

// counted is store's answer to what is still in use.
type counted map[uint32]int64

func (c counted) InUse(_ Purpose, _ string, version uint32) (int64, error) { return c[version], nil }

// Start with the old key; with both; bring everything over; retire; start with the new alone.
func TestRotationSurvivesRestarts(t *testing.T) {
	ring, root, vault := newRing(t)
	h, _ := NewHeader(PCMU, 1, 8000)
	key, b := NewDataKey(), h.Binding("clinic-1")
	cell := sealCell(t, ring, number, "+12125550123")
	wrapped, err := ring.Wrap(b, key)
	if err != nil {
		t.Fatal(err)
	}

	ring = openRing(t, root, vault) // the old key
	opens := func(when string) {
		t.Helper()
		if got, err := ring.OpenCell(number, cell); err != nil || string(got) != "+12125550123" {
			t.Errorf("%s: cell: %v", when, err)
		}
		if got, err := ring.Unwrap(b, wrapped); err != nil || got != key {
			t.Errorf("%s: data key: %v", when, err)
		}
	}
	opens("old key")
	for _, p := range []Purpose{Fields, Recordings} {
		if v, err := ring.Rotate(p, "clinic-1"); err != nil || v != 2 {
			t.Fatalf("version %d, %v", v, err)
		}
	}

	ring = openRing(t, root, vault) // both
	opens("both keys")
	if err := ring.Retire(Fields, "clinic-1", 1, counted{1: 1}); !errors.Is(err, ErrInUse) {
		t.Errorf("retired while in use: %v", err)
	}
	if err := ring.Retire(Fields, "clinic-1", 2, counted{}); !errors.Is(err, ErrCurrent) {
		t.Errorf("retired the current: %v", err)
	}
	old := cell
	if cell, err = ring.RewrapCell(number, cell); err != nil {
		t.Fatal(err)
	}
	if wrapped, err = ring.Rewrap(b, wrapped); err != nil || wrapped.Version != 2 {
		t.Fatalf("%d %v", wrapped.Version, err)
	}
	if same, err := ring.RewrapCell(number, cell); err != nil || !bytes.Equal(same, cell) {
		t.Errorf("brought over twice: %v", err)
	}
	for _, p := range []Purpose{Fields, Recordings} {
		if err := ring.Retire(p, "clinic-1", 1, counted{}); err != nil {
			t.Fatal(err)
		}
	}

	ring = openRing(t, root, vault) // the new alone
	opens("new key alone")
	if _, err := ring.OpenCell(number, old); !errors.Is(err, ErrNoKey) {
		t.Errorf("a cell under the retired key: %v", err)
	}
	for _, k := range vault.keys {
		if !k.Retired.IsZero() && len(k.Sealed) > 0 {
			t.Error("a retired key is still in the vault")
		}
	}
	if v, err := ring.Rotate(Fields, "clinic-1"); err != nil || v != 3 {
		t.Errorf("a version's number was used again: %d %v", v, err)
	}
}

func TestWrappedKeysCannotChangePlaces(t *testing.T) {
	_, root, vault := newRing(t)
	for i := range vault.keys {
		for j := range vault.keys {
			if i == j {
				continue
			}
			moved := &memoryVault{keys: append([]WrappedKey(nil), vault.keys...)}
			moved.keys[i].Sealed = vault.keys[j].Sealed
			if _, err := OpenRing(root, moved); !errors.Is(err, ErrNotGenuine) {
				t.Fatalf("%s in the place of %s: %v", vault.keys[j].Purpose, vault.keys[i].Purpose, err)
			}
		}
	}
}

func TestSecretsStayAndDiffer(t *testing.T) {
	ring, root, vault := newRing(t)
	audit, err := ring.Secret(Audit)
	if err != nil || len(audit) != 32 {
		t.Fatal(err)
	}
	again, err := openRing(t, root, vault).Secret(Audit)
	if err != nil || !bytes.Equal(audit, again) {
		t.Error("another seed after a restart")
	}
	if auth, _ := ring.Secret(Auth); bytes.Equal(audit, auth) {
		t.Error("one key for two purposes")
	}
	puts := vault.puts
	if err := errors.Join(ring.EnsureHouse(), ring.EnsureClinic("clinic-1")); err != nil || vault.puts != puts {
		t.Errorf("keys were made again: %v", err)
	}
	if n := len(ring.Status()); n != len(ofHouse)+2*len(ofClinic) {
		t.Errorf("%d keys in the status", n)
	}
}

func TestAClosedRingRefuses(t *testing.T) {
	ring, _, _ := newRing(t)
	k, err := ring.key(Fields, "clinic-1", 0)
	if err != nil {
		t.Fatal(err)
	}
	ring.Close()
	if *k.raw != [32]byte{} {
		t.Error("a key was not wiped")
	}
	_, sealing := ring.SealCell(number, nil)
	_, secret := ring.Secret(Audit)
	_, rotating := ring.Rotate(Fields, "clinic-1")
	for _, err := range []error{sealing, secret, rotating, ring.EnsureClinic("clinic-3")} {
		if !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

func TestManySealWhileKeysRotate(t *testing.T) {
	ring, _, _ := newRing(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				b, err := ring.SealCell(number, []byte("x"))
				if err == nil {
					_, err = ring.OpenCell(number, b)
				}
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := ring.Index("clinic-1", "+12125550123"); err != nil {
					t.Error(err)
				}
				ring.Status()
			}
		})
	}
	for range 20 {
		if _, err := ring.Rotate(Fields, "clinic-1"); err != nil {
			t.Fatal(err)
		}
		if _, err := ring.Rotate(Index, "clinic-1"); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
}

func FuzzCell(f *testing.F) {
	ring, _, _ := newRing(f)
	good := sealCell(f, ring, number, "+12125550123")
	f.Add(good)
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ring.OpenCell(number, b); err == nil && !bytes.Equal(b, good) {
			t.Error("a cell that nobody sealed opened")
		}
	})
}

package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var cheap = Cost{Time: 1, Memory: 64, Threads: 1}

func phrase(s string) Passphrase { return Passphrase{Phrase: []byte(s), Cost: cheap} }

const horse = "correct horse battery staple"

// elsewhere is a folder on another filesystem than the tests' own.
func elsewhere(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "nightbell-seal-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func house(t *testing.T) (dir string, slots *Slots, root *Root) {
	t.Helper()
	dir = t.TempDir()
	slots, root, err := CreateSlots(SlotsPath(dir), phrase(horse))
	if err != nil {
		t.Fatal(err)
	}
	return dir, slots, root
}

func reload(t *testing.T, dir string) *Slots {
	t.Helper()
	s, err := LoadSlots(SlotsPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPassphraseOpensTheSameRoot(t *testing.T) {
	dir, _, root := house(t)
	again, err := reload(t, dir).Unseal(phrase(horse))
	if err != nil {
		t.Fatal(err)
	}
	if *again.key != *root.key || again.ID() != root.ID() {
		t.Error("another ROOT")
	}
	again.Close()
	if *again.key != [32]byte{} {
		t.Error("not wiped")
	}
	info, err := os.Stat(SlotsPath(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestEachWayToFailSaysWhich(t *testing.T) {
	dir, _, root := house(t)
	far := elsewhere(t)
	key := KeyFile{Path: filepath.Join(far, "root.key"), Data: dir, Mode: Production}
	cases := []struct {
		what string
		by   Unsealer
		want error
	}{
		{"wrong passphrase", phrase("wrong horse battery staple"), ErrWrongPassphrase},
		{"no key-file slot", key, ErrNoSlot},
		{"no credential slot", Credential{Name: "root", Dir: far}, ErrNoSlot},
	}
	for _, c := range cases {
		if _, err := reload(t, dir).Unseal(c.by); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	slots := reload(t, dir)
	if _, err := slots.Add(root, key); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("a slot for a key that is not there: %v", err)
	}
	if err := key.Make(); err != nil {
		t.Fatal(err)
	}
	if err := key.Make(); !errors.Is(err, os.ErrExist) {
		t.Errorf("made twice: %v", err)
	}
	if _, err := slots.Add(root, key); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(t, dir).Unseal(key); err != nil {
		t.Errorf("key file: %v", err)
	}
	if err := os.Chmod(key.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Unseal(key); !errors.Is(err, ErrOpenToOthers) {
		t.Errorf("open to others: %v", err)
	}
	if err := os.Remove(key.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Unseal(key); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("key gone: %v", err)
	}
	if err := key.Make(); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Unseal(key); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key in its place: %v", err)
	}
}

func TestKeyBesideItsDataIsRefused(t *testing.T) {
	dir, slots, root := house(t)
	key := KeyFile{Path: filepath.Join(dir, "root.key"), Data: dir, Mode: Production}
	if err := key.Make(); !errors.Is(err, ErrBesideData) {
		t.Errorf("made: %v", err)
	}
	key.Mode = Development
	if err := key.Make(); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Add(root, key); err != nil {
		t.Fatal(err)
	}
	if c := slots.Custody(dir); c.Grade != Weak || !c.Unattended {
		t.Errorf("custody: %s", c)
	}
	key.Mode = Production
	if _, err := slots.Unseal(key); !errors.Is(err, ErrBesideData) {
		t.Errorf("used: %v", err)
	}
}

func TestCustodyIsTheWeakestSlots(t *testing.T) {
	dir, slots, root := house(t)
	if c := slots.Custody(dir); c.Grade != Strong || c.Unattended {
		t.Errorf("passphrase: %s", c)
	}
	key := KeyFile{Path: filepath.Join(elsewhere(t), "root.key"), Data: dir, Mode: Production}
	if err := key.Make(); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Add(root, key); err != nil {
		t.Fatal(err)
	}
	if c := slots.Custody(dir); c.Grade != Fair || !c.Unattended {
		t.Errorf("key file elsewhere: %s", c)
	}
	if err := os.Remove(key.Path); err != nil {
		t.Fatal(err)
	}
	if c := slots.Custody(dir); !strings.Contains(c.String(), "not there now") {
		t.Errorf("a key file that was taken away: %s", c)
	}
}

func TestCredentialComesFromSystemd(t *testing.T) {
	dir, slots, root := house(t)
	passed := elsewhere(t)
	if err := os.WriteFile(filepath.Join(passed, "nightbell.root"), bytes.Repeat([]byte("k"), 48), 0o400); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", passed)
	if _, err := slots.Add(root, SystemdCredential("nightbell.root")); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(t, dir).Unseal(SystemdCredential("nightbell.root")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"other", "../nightbell.root", ""} {
		if _, err := reload(t, dir).Unseal(SystemdCredential(name)); !errors.Is(err, ErrKeyMissing) {
			t.Errorf("%q: %v", name, err)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := reload(t, dir).Unseal(SystemdCredential("nightbell.root")); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("without systemd: %v", err)
	}
}

func TestSlotsComeAndGoButNeverTheLast(t *testing.T) {
	dir, slots, root := house(t)
	first := slots.List()[0]
	second, err := slots.Add(root, phrase("another good passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reload(t, dir).Unseal(phrase("another good passphrase")); err != nil {
		t.Error(err)
	}
	if err := slots.Remove(first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(t, dir).Unseal(phrase(horse)); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("a slot that was removed: %v", err)
	}
	if err := slots.Remove(second.ID); !errors.Is(err, ErrLastSlot) {
		t.Errorf("the last: %v", err)
	}
	if err := slots.Remove("nobody"); !errors.Is(err, ErrNoSlot) {
		t.Errorf("unknown: %v", err)
	}
	if _, err := slots.Add(root, phrase("short")); !errors.Is(err, ErrShortPassphrase) {
		t.Errorf("short: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "keys", ".root-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRootIsNeverOverwritten(t *testing.T) {
	dir, _, root := house(t)
	if _, _, err := CreateSlots(SlotsPath(dir), phrase(horse)); !errors.Is(err, ErrSlotsExist) {
		t.Errorf("a second set-up: %v", err)
	}
	_, _, other := house(t)
	if _, err := reload(t, dir).Add(other, phrase(horse)); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another house's ROOT: %v", err)
	}
	root.Close()
}

func TestDamagedSlotsAreNotAWrongPassphrase(t *testing.T) {
	dir, _, _ := house(t)
	path := SlotsPath(dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"cut":        good[:len(good)/2],
		"empty":      nil,
		"other salt": bytes.Replace(good, []byte(`"salt": "`), []byte(`"salt": "AAAA`), 1),
		"other cost": bytes.Replace(good, []byte(`"time": 1`), []byte(`"time": 2`), 1),
		"no slots":   []byte(`{"format":"nightbell.root.v1"}`),
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSlots(path); !errors.Is(err, ErrSlotsDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSlots(path); !errors.Is(err, ErrSlotsMissing) {
		t.Errorf("gone: %v", err)
	}
}

func FuzzSlots(f *testing.F) {
	dir := f.TempDir()
	_, _, err := CreateSlots(SlotsPath(dir), phrase(horse))
	if err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(SlotsPath(dir))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"nightbell.root.v1","slots":[{"kind":"passphrase","kdf":"argon2id"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "root.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := LoadSlots(path); err == nil {
			s.List()
			_ = s.Custody(t.TempDir())
		}
	})
}

// memoryVault is the table that store keeps.
type memoryVault struct {
	keys []WrappedKey
	puts int
}

func (v *memoryVault) Keys() ([]WrappedKey, error) { return slices.Clone(v.keys), nil }

func (v *memoryVault) Put(k WrappedKey) error {
	v.puts++
	for i, old := range v.keys {
		if old.Purpose == k.Purpose && old.Clinic == k.Clinic && old.Version == k.Version {
			v.keys[i] = k
			return nil
		}
	}
	v.keys = append(v.keys, k)
	return nil
}

func openRing(t testing.TB, root *Root, vault Vault) *Ring {
	t.Helper()
	r, err := OpenRing(root, vault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func newRing(t testing.TB) (*Ring, *Root, *memoryVault) {
	t.Helper()
	root, err := freshRoot()
	if err != nil {
		t.Fatal(err)
	}
	vault := &memoryVault{}
	r := openRing(t, root, vault)
	if err := errors.Join(r.EnsureHouse(), r.EnsureClinic("clinic-1"), r.EnsureClinic("clinic-2")); err != nil {
		t.Fatal(err)
	}
	return r, root, vault
}

// Somebody copies the data folder, everything in it, and has no passphrase and no key file.
func TestACopiedFolderWithoutItsKeyIsUseless(t *testing.T) {
	dir, slots, root := house(t)
	key := KeyFile{Path: filepath.Join(elsewhere(t), "root.key"), Data: dir, Mode: Production}
	if err := key.Make(); err != nil {
		t.Fatal(err)
	}
	if _, err := slots.Add(root, key); err != nil {
		t.Fatal(err)
	}
	vault := &memoryVault{}
	ring := openRing(t, root, vault)
	if err := ring.EnsureClinic("clinic-1"); err != nil {
		t.Fatal(err)
	}
	cell, err := ring.SealCell(Cell{"calls", "caller", "call-1", "clinic-1"}, []byte("+12125550123"))
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	thief := reload(t, copied)
	if _, err := thief.Unseal(phrase("guessed passphrase")); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("by guessing: %v", err)
	}
	own := KeyFile{Path: filepath.Join(elsewhere(t), "root.key"), Data: copied, Mode: Production}
	if err := own.Make(); err != nil {
		t.Fatal(err)
	}
	if _, err := thief.Unseal(own); !errors.Is(err, ErrWrongKey) {
		t.Errorf("by a key of one's own: %v", err)
	}
	stranger, err := freshRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRing(stranger, vault); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("by another ROOT: %v", err)
	}
	for _, k := range vault.keys {
		if bytes.Contains(k.Sealed, root.key[:]) || bytes.Contains(cell, []byte("5550123")) {
			t.Error("something lies in clear")
		}
	}
	if s := sprint("%v %+v %#v %s", root, root, root, root); strings.Count(s, redacted) != 4 {
		t.Errorf("ROOT prints as %q", s)
	}
}

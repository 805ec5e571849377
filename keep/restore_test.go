package keep

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/seal"
)

// scene is a house with a repository of two snapshots.
type scene struct {
	base, repo string
	house      House
	r          *Repository
	c          *clock
	first      Made
	second     Made
}

func staged(t testing.TB) *scene {
	base := t.TempDir()
	s := &scene{base: base, repo: filepath.Join(base, "repo"), house: built(t, filepath.Join(base, "house")), c: day(0)}
	recorded(t, s.house, 3)
	s.r = repositoryAt(t, s.house, s.repo, s.c)
	s.first = backed(t, s.r, s.house)
	s.c.now = s.c.now.Add(24 * time.Hour)
	recorded(t, s.house, 3)
	s.second = backed(t, s.r, s.house)
	return s
}

// fails restores the newest snapshot and wants a refusal that leaves nothing.
func (s *scene) fails(t *testing.T, want ...error) {
	t.Helper()
	s.failsBy(t, byPassphrase, want...)
}

func (s *scene) failsBy(t *testing.T, by func(*seal.Slots) (*seal.Root, error), want ...error) {
	t.Helper()
	into := filepath.Join(s.base, "new")
	place := must(ExistingFolder(s.repo))(t)
	defer place.Close()
	r, err := OpenRepository(context.Background(), place, s.c.read)
	if err == nil {
		_, err = r.Restore(context.Background(), Restoring{Into: into, Unseal: by})
	}
	if err == nil {
		t.Error("restored")
	}
	if !slices.ContainsFunc(want, func(w error) bool { return errors.Is(err, w) }) {
		t.Errorf("refused by %v", err)
	}
	for _, left := range []string{into, into + ".restoring"} {
		if _, err := os.Lstat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was left", left)
			check(t, os.RemoveAll(left))
		}
	}
}

// Every object of the newest snapshot: altered, cut, taken away, put in another's place.
func TestADamagedBackupIsRefused(t *testing.T) {
	patience = nil
	s := staged(t)
	all := everyFile(t, s.repo)
	used := map[string]bool{}
	check(t, s.r.named(context.Background(), s.second.ID, Keys{s.house.Root, s.house.Ring}, used))
	damages := []error{ErrDamaged, seal.ErrSlotsDamaged, seal.ErrWrongPassphrase}
	for name := range used {
		path := filepath.Join(s.repo, name)
		whole := all[name]
		for what, b := range map[string][]byte{"altered": flipped(whole), "cut": whole[:len(whole)*2/3], "longer": append(slices.Clone(whole), 'x')} {
			if what == "longer" && strings.HasSuffix(name, ".note") {
				continue // a line behind a note's signatures is no part of it
			}
			check(t, os.WriteFile(path, b, 0o600))
			t.Run(what+" "+filepath.Base(name), func(t *testing.T) { s.fails(t, damages...) })
		}
		if !strings.HasSuffix(name, noteObject) {
			check(t, os.Remove(path))
			t.Run("missing "+filepath.Base(name), func(t *testing.T) { s.fails(t, ErrDamaged) })
		}
		check(t, os.WriteFile(path, whole, 0o600))
	}
	restored(t, s.r, filepath.Join(s.base, "sound"), "")
}

func flipped(b []byte) []byte {
	c := slices.Clone(b)
	c[len(c)/2] ^= 1
	return c
}

func TestObjectsInEachOthersPlaceAreRefused(t *testing.T) {
	patience = nil
	s := staged(t)
	swap := func(a, b string) {
		one, two := filepath.Join(s.repo, a), filepath.Join(s.repo, b)
		x, y := must(os.ReadFile(one))(t), must(os.ReadFile(two))(t)
		check(t, os.WriteFile(one, y, 0o600))
		check(t, os.WriteFile(two, x, 0o600))
	}
	for _, name := range []string{manifestObject, noteObject} {
		swap(s.first.object(name), s.second.object(name))
		s.fails(t, ErrDamaged, ErrNone)
		swap(s.first.object(name), s.second.object(name))
	}
	var parts []string
	check(t, s.r.eachLine(s.second.ID, Keys{Root: s.house.Root}, func(l line) {
		if l.File != nil {
			parts = append(parts, l.File.Object)
		}
	}))
	swap(parts[0], parts[1])
	s.fails(t, ErrDamaged)
}

func (r *Repository) eachLine(id string, by Keys, take func(line)) error {
	o, err := r.Open(context.Background(), id, by)
	if err != nil {
		return err
	}
	defer o.Close()
	return o.walk(context.Background(), func(l line) error { take(l); return nil })
}

func TestAnothersBackupIsRefused(t *testing.T) {
	s := staged(t)
	other := built(t, filepath.Join(s.base, "other"))
	place := must(ExistingFolder(s.repo))(t)
	defer place.Close()
	if _, err := EnsureRepository(context.Background(), place, other.Store.Instance(), s.c.read); !errors.Is(err, ErrForeign) {
		t.Errorf("backed up into another's repository: %v", err)
	}
	if _, err := s.r.Back(context.Background(), other, nil); !errors.Is(err, ErrForeign) {
		t.Errorf("backed up into another's repository: %v", err)
	}
	s.failsBy(t, func(*seal.Slots) (*seal.Root, error) { return freshRootOf(t, other) }, ErrForeign)
	s.failsBy(t, func(l *seal.Slots) (*seal.Root, error) {
		return l.Unseal(seal.Passphrase{Phrase: []byte("another passphrase")})
	}, seal.ErrWrongPassphrase)
	empty := filepath.Join(s.base, "empty")
	check(t, os.Mkdir(empty, 0o700))
	nothing := must(ExistingFolder(empty))(t)
	defer nothing.Close()
	if _, err := OpenRepository(context.Background(), nothing, s.c.read); !errors.Is(err, ErrNotBackup) {
		t.Errorf("an empty folder: %v", err)
	}
	check(t, os.WriteFile(filepath.Join(empty, "holiday.jpg"), nil, 0o600))
	if _, err := EnsureRepository(context.Background(), nothing, "i", s.c.read); !errors.Is(err, ErrNotBackup) {
		t.Errorf("a folder of something else: %v", err)
	}
}

func freshRootOf(t *testing.T, h House) (*seal.Root, error) {
	return must(seal.LoadSlots(seal.SlotsPath(h.Dir)))(t).Unseal(unsealer())
}

func TestANewerBackupIsRefused(t *testing.T) {
	s := staged(t)
	name := filepath.Join(s.repo, identityName)
	whole := must(os.ReadFile(name))(t)
	check(t, os.WriteFile(name, []byte(strings.Replace(string(whole), formatName+"1", formatName+"2", 1)), 0o600))
	s.fails(t, ErrNewer)
	check(t, os.WriteFile(name, whole, 0o600))
	for _, change := range []func(*Snapshot){
		func(n *Snapshot) { n.Format = 2 },
		func(n *Snapshot) { n.Schema = 9999 },
	} {
		newer := s.second.Snapshot
		change(&newer)
		text := must(json.Marshal(newer))(t)
		signer := must(signerOf(s.house.Ring, newer.Instance))(t)
		signed := must(signer.SignText(string(text) + "\n"))(t)
		path := filepath.Join(s.repo, newer.object(noteObject))
		before := must(os.ReadFile(path))(t)
		check(t, os.WriteFile(path, signed, 0o600))
		into := filepath.Join(s.base, "new")
		if _, err := s.r.Restore(context.Background(), Restoring{Into: into, Snapshot: newer.ID, Unseal: byPassphrase}); !errors.Is(err, ErrNewer) {
			t.Errorf("%v", err)
		}
		check(t, os.WriteFile(path, before, 0o600))
	}
}

func TestANoteOfAnotherSignerIsRefused(t *testing.T) {
	s := staged(t)
	forged := s.second.Snapshot
	forged.Head = audit.Head{}
	text := must(json.Marshal(forged))(t)
	stranger := must(audit.NewSigner(signatureOrigin(forged.Instance), make([]byte, 32)))(t)
	signed := must(stranger.SignText(string(text) + "\n"))(t)
	check(t, os.WriteFile(filepath.Join(s.repo, forged.object(noteObject)), signed, 0o600))
	s.fails(t, ErrDamaged)
}

func TestDamagedRecordingsMayBeLeftOut(t *testing.T) {
	patience = nil
	s := staged(t)
	sounds, _ := filepath.Glob(filepath.Join(s.repo, "recordings", "*", "*.nbr"))
	check(t, os.WriteFile(sounds[0], flipped(must(os.ReadFile(sounds[0]))(t)), 0o600))
	s.fails(t, ErrDamaged)
	back, err := s.r.Restore(context.Background(), Restoring{Into: filepath.Join(s.base, "tonight"), Unseal: byPassphrase, Damage: WithoutThose})
	if err != nil || len(back.Left) != 1 {
		t.Fatalf("%+v %v", back, err)
	}
	back.Root.Close()
}

func TestNothingIsRestoredOverSomething(t *testing.T) {
	s := staged(t)
	into := filepath.Join(s.base, "occupied")
	check(t, os.Mkdir(into, 0o700))
	restored(t, s.r, into, "") // an empty folder is fine
	before := everyFile(t, into)
	if _, err := s.r.Restore(context.Background(), Restoring{Into: into, Unseal: byPassphrase}); !errors.Is(err, ErrOccupied) {
		t.Errorf("%v", err)
	}
	if len(everyFile(t, into)) != len(before) {
		t.Error("something changed")
	}
}

// What goes wrong while the folder is made into this machine's leaves nothing either.
func TestASettlingThatFailsLeavesNothing(t *testing.T) {
	s := staged(t)
	into := filepath.Join(s.base, "new")
	no := errors.New("no unsealer")
	_, err := s.r.Restore(context.Background(), Restoring{Into: into, Unseal: byPassphrase, Settle: func(context.Context, string, Restored) error { return no }})
	if !errors.Is(err, no) {
		t.Error(err)
	}
	if left, _ := filepath.Glob(into + "*"); len(left) > 0 {
		t.Error(left)
	}
}

func TestADrillProvesWhatWouldComeBack(t *testing.T) {
	s := staged(t)
	want := Drilling{
		Restoring: Restoring{Into: filepath.Join(s.base, "drill"), Unseal: byPassphrase},
		Inspect: func(_ context.Context, dir string, r Restored) (Inspected, error) {
			h := opened(t, dir)
			rep, err := h.Store.VerifyAudit(context.Background(), nil)
			return Inspected{AuditSize: rep.Size, AuditRoot: rep.Root, Recordings: 2}, err
		},
	}
	d, err := s.r.Drill(context.Background(), want)
	if err != nil || len(d.Differ) > 0 || d.Tables < 10 || d.Rows == 0 || d.Copy.Bytes < d.Restore.Bytes/2 || d.Restore.MBs() <= 0 {
		t.Fatalf("%+v %v", d, err)
	}
	if left, _ := filepath.Glob(want.Into + "*"); len(left) > 0 {
		t.Error(left)
	}
	check(t, os.Mkdir(want.Into, 0o700))
	check(t, os.WriteFile(filepath.Join(want.Into, "mine"), nil, 0o600))
	if _, err := s.r.Drill(context.Background(), want); !errors.Is(err, ErrOccupied) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(want.Into, "mine")); err != nil {
		t.Error("a drill has removed somebody's folder")
	}
}

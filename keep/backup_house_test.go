package keep

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/store"
)

// The house that is backed up: a database with sealed cells, recordings, the files of a data folder.

const passphrase = "four words on a slip"

// Canaries that must not be readable in a repository.
var canaries = []string{"Canary-Adams", "+12125550123", "canary-secret-in-the-configuration"}

type vaultOf struct{ *store.Store }

func (v vaultOf) Keys() ([]seal.WrappedKey, error) {
	rows, err := v.Store.Keys()
	keys := make([]seal.WrappedKey, len(rows))
	for i, r := range rows {
		keys[i] = seal.WrappedKey{Purpose: seal.Purpose(r.Purpose), Clinic: r.Clinic, Version: r.Version, Created: r.Created, Retired: r.Retired, Sealed: r.Sealed}
	}
	return keys, err
}

func (v vaultOf) Put(k seal.WrappedKey) error {
	return v.Store.Put(store.WrappedKey{Purpose: string(k.Purpose), Clinic: k.Clinic, Version: k.Version, Created: k.Created, Retired: k.Retired, Sealed: k.Sealed})
}

type cellsOf struct{ *seal.Ring }

func (c cellsOf) SealCell(at store.Cell, b []byte) ([]byte, error) {
	return c.Ring.SealCell(seal.Cell(at), b)
}
func (c cellsOf) OpenCell(at store.Cell, b []byte) ([]byte, error) {
	return c.Ring.OpenCell(seal.Cell(at), b)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func unsealer() seal.Unsealer {
	return seal.Passphrase{Phrase: []byte(passphrase), Cost: seal.Cost{Time: 1, Memory: 64, Threads: 1}}
}

// built makes a house in dir.
func built(t testing.TB, dir string) House {
	t.Helper()
	check(t, os.MkdirAll(filepath.Join(dir, "keys"), 0o700))
	_, root, err := seal.CreateSlots(seal.SlotsPath(dir), unsealer())
	check(t, err)
	root.Close()
	must(store.Create(store.Options{Path: filepath.Join(dir, databaseName)}, store.Production))(t)
	for name, text := range map[string]string{
		configurationName: "# " + canaries[2] + "\n", "ca.pem": "certificate", "tls/server.key": "private " + canaries[2],
		"emergency.bundle": "sealed", "keys/unseal.key": "must stay", "control.sock.old": "x",
	} {
		check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	h := opened(t, dir)
	b := policy.Book{
		Clinics: []policy.Clinic{{ID: "harbor", Name: "Harbor"}},
		People:  []policy.Person{{ID: "amy", Name: phi.NewName("Amy " + canaries[0]), Phone: phi.NewPhone(canaries[1]), Role: "agent", Active: true}},
	}
	if _, err := h.Store.ApplyBook(context.Background(), amy, b); err != nil {
		t.Fatal(err)
	}
	check(t, h.Ring.EnsureClinic("harbor"))
	return h
}

var amy = audit.Actor{Type: "operator", ID: "amy"}

func opened(t testing.TB, dir string) House {
	t.Helper()
	slots := must(seal.LoadSlots(seal.SlotsPath(dir)))(t)
	root := must(slots.Unseal(unsealer()))(t)
	s := must(store.Open(store.Options{Path: filepath.Join(dir, databaseName)}))(t)
	ring := must(seal.OpenRing(root, vaultOf{s}))(t)
	check(t, ring.EnsureHouse())
	seed := must(ring.Secret(seal.Audit))(t)
	signer := must(audit.NewSigner(audit.Origin(s.Instance()), seed))(t)
	check(t, s.Unseal(cellsOf{ring}, signer))
	folder := must(seal.OpenFolder(filepath.Join(dir, "recordings")))(t)
	t.Cleanup(func() { _ = s.Close(); _ = folder.Close(); ring.Close(); root.Close() })
	return House{
		Dir: dir, Config: filepath.Join(dir, configurationName), Skip: []string{filepath.Join(dir, "keys", "unseal.key")},
		Program: "test", Store: s, Ring: ring, Root: root, Recordings: folder,
	}
}

// recorded adds a finished recording of so many records of a second.
func recorded(t testing.TB, h House, records int) store.Recording {
	t.Helper()
	ctx := context.Background()
	key, header := seal.NewDataKey(), must(seal.NewHeader(seal.PCMU, 1, 8000))(t)
	wrapped := must(h.Ring.Wrap(header.Binding("harbor"), key))(t)
	name, digest := seal.NewName(), header.Digest()
	id := must(h.Store.OpenRecording(ctx, store.Recording{
		Call: "c-" + name[3:9], Clinic: "harbor", Part: 1, FileID: header.FileID[:], FileName: name, HeaderHash: digest[:],
		WrappedKey: wrapped.Sealed, KeyVersion: wrapped.Version,
	}))(t)
	f := must(h.Recordings.Create(name))(t)
	defer f.Close()
	w := must(seal.Create(f, key, header, seal.Meta{CallID: "c1", ClinicID: "harbor"}))(t)
	sound := make([]byte, 8000)
	_, _ = rand.Read(sound)
	for i := range records {
		check(t, w.Audio(uint64(i)*8000, sound))
	}
	check(t, w.Finish(seal.Complete, uint64(records)*8000))
	check(t, h.Store.RecordingLive(ctx, id))
	s := w.Summary()
	check(t, h.Store.EndRecording(ctx, id, store.Ending{State: store.Final, Records: s.Records, Samples: s.Samples, SHA256: s.SHA256[:], Transcript: s.Transcript[:]}))
	return must(h.Store.Recording(ctx, id))(t)
}

// clock is set by hand.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func day(n int) *clock {
	return &clock{time.Date(2026, 3, 1, 3, 10, 0, 0, time.UTC).AddDate(0, 0, n)}
}

// repositoryAt is the house's repository in a folder.
func repositoryAt(t testing.TB, h House, dir string, c *clock) *Repository {
	t.Helper()
	place := must(OpenFolder(dir))(t)
	t.Cleanup(func() { _ = place.Close() })
	return must(EnsureRepository(context.Background(), place, h.Store.Instance(), c.read))(t)
}

func backed(t testing.TB, r *Repository, h House) Made {
	t.Helper()
	made, err := r.Back(context.Background(), h, nil)
	check(t, err)
	return made
}

func byPassphrase(s *seal.Slots) (*seal.Root, error) { return s.Unseal(unsealer()) }

func restored(t testing.TB, r *Repository, into, snapshot string) Restored {
	t.Helper()
	back, err := r.Restore(context.Background(), Restoring{Into: into, Snapshot: snapshot, Unseal: byPassphrase})
	check(t, err)
	t.Cleanup(back.Root.Close)
	return back
}

func everyFile(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	check(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		all[name], err = os.ReadFile(path)
		return err
	}))
	return all
}

func same(a, b []byte) bool { return bytes.Equal(a, b) }

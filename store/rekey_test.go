package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/seal"
)

// ringVault and ringCells join seal's ring to the store, as cmd/nightbell does.
type ringVault struct{ *Store }

func (v ringVault) Keys() ([]seal.WrappedKey, error) {
	rows, err := v.Store.Keys()
	keys := make([]seal.WrappedKey, len(rows))
	for i, r := range rows {
		keys[i] = seal.WrappedKey{
			Purpose: seal.Purpose(r.Purpose), Clinic: r.Clinic, Version: r.Version, Created: r.Created, Retired: r.Retired, Sealed: r.Sealed,
		}
	}
	return keys, err
}

func (v ringVault) Put(k seal.WrappedKey) error {
	return v.Store.Put(WrappedKey{
		Purpose: string(k.Purpose), Clinic: k.Clinic, Version: k.Version, Created: k.Created, Retired: k.Retired, Sealed: k.Sealed,
	})
}

type ringCells struct{ *seal.Ring }

func (c ringCells) SealCell(at Cell, b []byte) ([]byte, error) {
	return c.Ring.SealCell(seal.Cell(at), b)
}
func (c ringCells) OpenCell(at Cell, b []byte) ([]byte, error) {
	return c.Ring.OpenCell(seal.Cell(at), b)
}

func (c ringCells) RewrapCell(at Cell, b []byte) ([]byte, error) {
	return c.Ring.RewrapCell(seal.Cell(at), b)
}

func (c ringCells) RewrapKey(r Recording) ([]byte, uint32, error) {
	w, err := c.Ring.Rewrap(bindingOf(r), seal.Wrapped{Version: r.KeyVersion, Sealed: r.WrappedKey})
	return w.Sealed, w.Version, err
}

func bindingOf(r Recording) seal.Binding {
	return seal.Binding{Clinic: r.Clinic, FileID: seal.FileID(r.FileID), Digest: [32]byte(r.HeaderHash)}
}

func (c ringCells) CurrentVersion(purpose, clinic string) (uint32, error) {
	return c.Ring.CurrentVersion(seal.Purpose(purpose), clinic)
}

// usage is seal's question to the store.
type usage struct{ *Store }

func (u usage) InUse(p seal.Purpose, clinic string, version uint32) (int64, error) {
	n, err := u.KeyUsage(context.Background(), string(p), clinic, version)
	return int64(n), err
}

// house is an installation with real keys: its folder can be opened again and again.
type house struct {
	t    testing.TB
	opt  Options
	key  seal.KeyFile
	s    *Store
	ring *seal.Ring
	root *seal.Root
	done func()
}

func newHouse(t testing.TB) *house {
	t.Helper()
	opt := made(t)
	dir := filepath.Dir(opt.Path)
	h := &house{t: t, opt: opt, key: seal.KeyFile{Path: filepath.Join(dir, "key"), Data: dir, Mode: seal.Development}}
	if err := h.key.Make(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := seal.CreateSlots(filepath.Join(dir, "root.json"), h.key); err != nil {
		t.Fatal(err)
	}
	h.open()
	return h
}

// open starts as the server does: database, ROOT, ring, signer with every seed that still stands.
func (h *house) open() {
	h.t.Helper()
	slots, err := seal.LoadSlots(filepath.Join(filepath.Dir(h.opt.Path), "root.json"))
	if err != nil {
		h.t.Fatal(err)
	}
	if h.root, err = slots.Unseal(h.key); err != nil {
		h.t.Fatal(err)
	}
	if h.s, err = Open(h.opt); err != nil {
		h.t.Fatal(err)
	}
	if h.ring, err = seal.OpenRing(h.root, ringVault{h.s}); err != nil {
		h.t.Fatal(err)
	}
	if err := h.ring.EnsureHouse(); err != nil {
		h.t.Fatal(err)
	}
	if err := h.s.Unseal(ringCells{h.ring}, h.signer()); err != nil {
		h.t.Fatal(err)
	}
	closed := false
	h.done = func() {
		if !closed {
			closed = true
			if err := h.s.Close(); err != nil {
				h.t.Error(err)
			}
			h.ring.Close()
			h.root.Close()
		}
	}
	h.t.Cleanup(h.done)
}

func (h *house) restart() {
	h.done()
	h.open()
}

// signer is of the current audit key, and knows those that stand beside it.
func (h *house) signer() *audit.Signer {
	h.t.Helper()
	var seeds [][]byte
	for _, k := range h.ring.Status() {
		if k.Purpose == seal.Audit && k.State != seal.Retired {
			seed, err := h.ring.SecretOf(seal.Audit, k.Version)
			if err != nil {
				h.t.Fatal(err)
			}
			seeds = append(seeds, seed)
		}
	}
	slices.Reverse(seeds)
	signer, err := audit.NewSigner(audit.Origin(h.s.Instance()), seeds[0], seeds[1:]...)
	if err != nil {
		h.t.Fatal(err)
	}
	return signer
}

// rewrap brings everything of a key over, in steps of n.
func (h *house) rewrap(p seal.Purpose, clinic string, n int) (total int) {
	h.t.Helper()
	for range 10_000 {
		done, left, err := h.s.RewrapStep(context.Background(), string(p), clinic, n)
		if err != nil {
			h.t.Fatal(err)
		}
		if done > n {
			h.t.Fatalf("%d done in a step of %d", done, n)
		}
		if total += done; left == 0 {
			return total
		}
	}
	h.t.Fatal("never done")
	return 0
}

func (h *house) uses(p seal.Purpose, clinic string, version uint32) int {
	h.t.Helper()
	n, err := h.s.KeyUsage(context.Background(), string(p), clinic, version)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

const dataKeyHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// furnish puts something under every key.
func (h *house) furnish(calls int) {
	h.t.Helper()
	ctx := context.Background()
	s := h.s
	populate(h.t, s)
	j := s.Journal(nil)
	for i := range calls {
		tell(j, fmt.Sprintf("call%d", i), "+12125550123")
	}
	j.Close()
	key, err := seal.ParseDataKey(dataKeyHex)
	if err != nil {
		h.t.Fatal(err)
	}
	for part := range 3 {
		r := openRow("call1", part)
		w, err := h.ring.Wrap(bindingOf(r), key)
		if err != nil {
			h.t.Fatal(err)
		}
		r.WrappedKey, r.KeyVersion = w.Sealed, w.Version
		id, err := s.OpenRecording(ctx, r)
		if err == nil {
			err = s.EndRecording(ctx, id, Ending{State: Final})
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// reads fails unless everything that furnish put there is read as it was.
func (h *house) reads(calls int) {
	h.t.Helper()
	ctx := context.Background()
	b := bookOf(h.t, h.s)
	if b.People[0].Name.Reveal() != "Amy Canary-Adams" || b.People[1].Phone.Reveal() != "+12125550177" {
		h.t.Error("people")
	}
	page, err := h.s.Calls(ctx, CallQuery{Caller: phi.NewPhone("+12125550123"), Limit: 1000})
	if err != nil || len(page.Rows) != calls {
		h.t.Errorf("%d of %d calls are found by their number: %v", len(page.Rows), calls, err)
	}
	if page, err = h.s.Calls(ctx, CallQuery{Caller: phi.NewPhone("+12125550199")}); err != nil || len(page.Rows) != 0 {
		h.t.Errorf("another number: %d %v", len(page.Rows), err)
	}
	for _, c := range cellReaders {
		if err := c.read(h.s); err != nil {
			h.t.Errorf("%s.%s: %v", c.table, c.column, err)
		}
	}
	recordings, err := h.s.Recordings(ctx, RecordingQuery{Call: "call1"})
	if err != nil || len(recordings.Rows) != 3 {
		h.t.Error(recordings, err)
	}
	for _, r := range recordings.Rows {
		key, err := h.ring.Unwrap(bindingOf(r), seal.Wrapped{Version: r.KeyVersion, Sealed: r.WrappedKey})
		if err != nil || key.Hex() != dataKeyHex {
			h.t.Errorf("data key of %s: %v", r.ID, err)
		}
	}
	list, err := h.s.AuditList(ctx, AuditQuery{Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, row := range list.Rows {
		if _, err := h.s.AuditDetailOf(row); err != nil {
			h.t.Errorf("detail of %d: %v", row.Seq, err)
		}
	}
	holds(h.t, h.s)
}

// P8: start with the old key; start with both; re-encrypt; start with the new alone.
func TestANewKeyAloneStartsTheHouse(t *testing.T) {
	const calls = 40
	h := newHouse(t)
	h.furnish(calls)
	h.restart() // the old key
	h.reads(calls)
	kinds := []struct {
		purpose seal.Purpose
		clinic  string
	}{{seal.Fields, "elm"}, {seal.Index, "elm"}, {seal.Recordings, "elm"}, {seal.Index, ""}}
	for _, k := range kinds {
		if v, err := h.ring.Rotate(k.purpose, k.clinic); err != nil || v != 2 {
			t.Fatal(v, err)
		}
	}
	h.restart() // both
	h.reads(calls)
	for _, k := range kinds[:3] {
		if err := h.ring.Retire(k.purpose, k.clinic, 1, usage{h.s}); !errors.Is(err, seal.ErrInUse) {
			t.Errorf("%s retired while in use: %v", k.purpose, err)
		}
	}
	if n := h.rewrap(seal.Fields, "elm", 7); n != 2*(calls+2)+6 { // and two prompts with their words, two reasons in the ledger of callers
		t.Errorf("%d cells brought over, want %d", n, 2*(calls+2)+6)
	}
	if n := h.rewrap(seal.Index, "elm", 7); n != calls+2 {
		t.Errorf("%d indexes brought over, want %d", n, calls+2)
	}
	if n := h.rewrap(seal.Recordings, "elm", 2); n != 3 {
		t.Errorf("%d recordings brought over", n)
	}
	h.reads(calls)
	for _, k := range kinds {
		if err := h.ring.Retire(k.purpose, k.clinic, 1, usage{h.s}); err != nil {
			t.Errorf("retire %s: %v", k.purpose, err)
		}
	}
	h.restart() // the new alone
	h.reads(calls)
	for _, k := range h.ring.Status() {
		if k.Clinic == "elm" && k.Purpose != seal.Details && k.Version == 1 && k.State != seal.Retired {
			t.Errorf("%s of elm still stands", k.Purpose)
		}
	}
}

// The house's own cells come over too, in every column; the details of its audit leaves hold their own key, no other.
func TestAuditDetailsHoldTheirKeyAlone(t *testing.T) {
	h := newHouse(t)
	h.furnish(2)
	for _, p := range []seal.Purpose{seal.Fields, seal.Details} {
		if _, err := h.ring.Rotate(p, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.rewrap(seal.Fields, "", 500); n == 0 {
		t.Fatal("nothing brought over")
	}
	for _, c := range sealedColumns {
		var n int
		query := "SELECT count(*)" + c.of() + " AND " + c.version() + " <> ?"
		if err := h.s.read.QueryRow(query, "", versionBytes(2)).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s.%s: %d left, %v", c.table, c.column, n, err)
		}
	}
	if err := h.ring.Retire(seal.Fields, "", 1, usage{h.s}); err != nil {
		t.Errorf("retire: %v", err)
	}
	if h.uses(seal.Details, "", 1) == 0 {
		t.Error("no detail lies under its key")
	}
	if err := h.ring.Retire(seal.Details, "", 1, usage{h.s}); !errors.Is(err, seal.ErrInUse) {
		t.Errorf("retired while details need it: %v", err)
	}
	list, err := h.s.DetailKeys(context.Background())
	if err != nil || len(list) == 0 || list[0].Purpose != "details" || !list[0].Until.After(h.s.now().AddDate(5, 11, 0)) {
		t.Errorf("%+v %v", list, err)
	}
	h.restart()
	h.reads(2)
}

// Six years later the details of the old key are in no log any more.
func TestDetailsLetGoAfterSixYears(t *testing.T) {
	now := arrived
	opt := made(t)
	opt.Clock = func() time.Time { return now }
	s := opened(t, opt)
	ctx := context.Background()
	if err := s.AuditDetail(ctx, ping("x"), phi.NewText("detail")); err != nil {
		t.Fatal(err)
	}
	list, err := s.DetailKeys(ctx)
	if err != nil || len(list) != 1 || list[0].Details != 1 {
		t.Fatal(list, err)
	}
	for years, want := range map[int]int{0: 1, 5: 1, 7: 0} {
		now = arrived.AddDate(years, 0, 0)
		if n, err := s.KeyUsage(ctx, "details", "", list[0].Version); err != nil || n != want {
			t.Errorf("after %d years: %d %v", years, n, err)
		}
	}
}

func TestWhatIsWrittenDuringARewrapIsNotLost(t *testing.T) {
	h := newHouse(t)
	h.furnish(30)
	if _, err := h.ring.Rotate(seal.Fields, "elm"); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	j := h.s.Journal(nil)
	for i := range 10 {
		if _, _, err := h.s.RewrapStep(ctx, "fields", "elm", 5); err != nil {
			t.Fatal(err)
		}
		tell(j, fmt.Sprintf("late%d", i), "+12125550123")
	}
	j.Close()
	h.rewrap(seal.Fields, "elm", 5)
	if n := h.uses(seal.Fields, "elm", 1); n != 0 {
		t.Errorf("%d left", n)
	}
	h.reads(40)
}

// A cell that was bent stops nothing but its own key's end.
func TestABentCellIsLeftAndNamed(t *testing.T) {
	h := newHouse(t)
	h.furnish(10)
	h.done()
	bend(t, h.opt.Path, `UPDATE calls SET from_cell = (SELECT from_cell FROM calls WHERE id = 'call4') WHERE id = 'call3'`)
	h.open()
	if _, err := h.ring.Rotate(seal.Fields, "elm"); err != nil {
		t.Fatal(err)
	}
	done, left, err := h.s.RewrapStep(context.Background(), "fields", "elm", 500)
	if !errors.Is(err, ErrDamaged) || done != 29 || left != 1 || !contains(err.Error(), "calls.from_cell of call3") {
		t.Errorf("%d %d %v", done, left, err)
	}
	if err := h.ring.Retire(seal.Fields, "elm", 1, usage{h.s}); !errors.Is(err, seal.ErrInUse) {
		t.Errorf("%v", err)
	}
	for range 3 { // and again, one at a time, without hanging at it
		if done, left, err := h.s.RewrapStep(ctx, "fields", "elm", 1); done != 0 || left != 1 || !errors.Is(err, ErrDamaged) {
			t.Errorf("%d %d %v", done, left, err)
		}
	}
}

func TestSpoolBeginsAnewUnderTheNewKey(t *testing.T) {
	h := newHouse(t)
	apply(t, h.s, demoBook())
	path := filepath.Join(t.TempDir(), "spool")
	spool, err := seal.OpenSpool(path, h.ring, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.s.KeyUsage(context.Background(), "spool", "", 1); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a spool: %v", err)
	}
	j := h.s.Journal(spool)
	tell(j, "c1", "+12125550123")
	if _, err := h.ring.Rotate(seal.Spooling, ""); err != nil {
		t.Fatal(err)
	}
	if n := h.uses(seal.Spooling, "", 1); n != 1 {
		t.Errorf("usage %d: its head is under the old key", n)
	}
	h.rewrap(seal.Spooling, "", 1)
	if err := h.ring.Retire(seal.Spooling, "", 1, usage{h.s}); err != nil {
		t.Error(err)
	}
	j.Close()
	if err := spool.Close(); err != nil {
		t.Error(err)
	}
	spool, err = seal.OpenSpool(path, h.ring, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	if err := spool.Close(); err != nil {
		t.Error(err)
	}
}

func TestPurposesOfOthersAreNotAnswered(t *testing.T) {
	h := newHouse(t)
	for _, p := range []string{"auth", "", "no"} {
		if _, err := h.s.KeyUsage(context.Background(), p, "", 1); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, _, err := fresh(t).RewrapStep(context.Background(), "fields", "", 1); !errors.Is(err, ErrInvalid) {
		t.Errorf("a sealer without rotation: %v", err)
	}
}

// BenchmarkRewrap brings cells over, 500 at a step, while somebody audits one event after the other.
func BenchmarkRewrap(b *testing.B) {
	h := newHouse(b)
	const calls = 5000
	h.furnish(calls)
	cells, worst := 0, time.Duration(0)
	b.ResetTimer()
	for b.Loop() {
		if _, err := h.ring.Rotate(seal.Fields, "elm"); err != nil {
			b.Fatal(err)
		}
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				default:
				}
				began := time.Now()
				if err := h.s.Audit(ctx, ping("meanwhile")); err != nil {
					b.Error(err)
				}
				worst = max(worst, time.Since(began))
			}
		}()
		cells += h.rewrap(seal.Fields, "elm", 500)
		close(stop)
		<-stopped
	}
	b.ReportMetric(float64(cells)/b.Elapsed().Seconds(), "cells/s")
	b.ReportMetric(float64(worst.Milliseconds()), "worst_wait_ms")
}

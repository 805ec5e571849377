package seal

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func folder(t *testing.T) *Folder {
	t.Helper()
	f, err := OpenFolder(filepath.Join(t.TempDir(), "recordings"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestRecordingGoesToAPrivateFileOfItsOwn(t *testing.T) {
	f := folder(t)
	file, err := f.Create(NewName())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, key, h := create(t, file, PCMU, 2, 8000)
	if err := file.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := w.Audio(0, tone(h, 0, 8000)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Finish(Complete, 8000), file.Settle()); err != nil {
		t.Fatal(err)
	}
	path, err := f.Path(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	open, err := f.Open(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := Verify(open, info.Size(), key).Matches(w.Summary()); err != nil {
		t.Error(err)
	}
	if err := f.ZeroEscrow(file.Name()); err != nil {
		t.Fatal(err)
	}
	if err := Verify(open, info.Size(), key).Matches(w.Summary()); err != nil {
		t.Errorf("after the slot was zeroed: %v", err)
	}
	if err := errors.Join(f.Remove(file.Name()), f.Remove(file.Name())); err != nil {
		t.Error(err)
	}
	if _, err := f.Open(file.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	f := folder(t)
	id := strings.Repeat("ab", 16)
	for _, name := range []string{"", "../keys/root.json", "ab/../../x.nbr", "ac/" + id + ".nbr", "ab/" + id, id + ".nbr", "/etc/passwd", "ab/" + strings.ToUpper(id) + ".nbr"} {
		if _, err := f.Open(name); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Twenty recordings write in the same second: one sync; a quiet second: none; a sync that failed is made up for.
func TestFolderSyncsInGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &Folder{}
		var syncs atomic.Int64
		var broken atomic.Bool
		f.sync = func() error {
			if broken.Load() {
				return io.ErrClosedPipe
			}
			syncs.Add(1)
			return nil
		}
		var troubles []error
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.Run(ctx, func(err error) { troubles = append(troubles, err) })
		}()
		write := func() { f.dirty.Store(true) }
		second := func() { time.Sleep(time.Second); synctest.Wait() }
		for range 20 {
			write()
		}
		second()
		second()
		if syncs.Load() != 1 || f.Synced().IsZero() {
			t.Errorf("%d syncs for one busy and one quiet second", syncs.Load())
		}
		write()
		broken.Store(true)
		second()
		broken.Store(false)
		second()
		if len(troubles) != 1 || syncs.Load() != 2 {
			t.Errorf("%v, %d syncs after the failed one was made up for", troubles, syncs.Load())
		}
		write()
		stop()
		<-done
		if syncs.Load() != 3 {
			t.Error("what was written last was not synced at the end")
		}
	})
}

func TestReserveHoldsRoomAndGivesItBack(t *testing.T) {
	r := NewReserve(filepath.Join(t.TempDir(), "reserve"), 1<<20)
	if r.Held() {
		t.Error("held before it was taken")
	}
	if err := errors.Join(r.Take(), r.Take()); err != nil || !r.Held() {
		t.Errorf("taken: %v", err)
	}
	if err := errors.Join(r.Release(), r.Release()); err != nil || r.Held() {
		t.Errorf("released: %v", err)
	}
	huge := NewReserve(filepath.Join(t.TempDir(), "reserve"), 1<<60)
	if err := huge.Take(); err == nil || huge.Held() {
		t.Errorf("more than the disk has: %v", err)
	}
}

func TestSpaceIsMeasured(t *testing.T) {
	s, err := SpaceAt(t.TempDir())
	if err != nil || s.Total == 0 || s.Share() <= 0 || s.Share() > 1 {
		t.Errorf("%+v %v", s, err)
	}
}

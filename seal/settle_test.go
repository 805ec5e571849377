package seal

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
)

// Four hundred recordings that begin in the same moment are safe after a few syncs, and none returns before its own.
func TestManyFilesShareASync(t *testing.T) {
	folder, err := OpenFolder(filepath.Join(t.TempDir(), "recordings"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	const files = 400
	syncs := 0
	first, open := make(chan struct{}), make(chan struct{})
	folder.settling.together = func() error { syncs++; return folder.sync() }
	held, err := folder.Create(NewName())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	slow := settling{together: func() error { close(first); <-open; return nil }}
	for range fewSettle + 1 {
		slow.waiting = append(slow.waiting, settler{held, make(chan error, 1)})
	}
	all.Go(func() { slow.busy = true; slow.lead() })
	<-first // somebody syncs: whoever comes now waits for the next one
	late := make(chan error, 1)
	all.Go(func() { late <- slow.settle(held) })
	select {
	case err := <-late:
		t.Errorf("settled during a sync that began before: %v", err)
	default:
	}
	close(open)
	if err := <-late; err != nil {
		t.Error(err)
	}
	for range files {
		file, err := folder.Create(NewName())
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer file.Close()
			if err := file.Settle(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	t.Logf("%d files, %d shared syncs", files, syncs)
	if syncs > files/2 {
		t.Errorf("%d syncs for %d files", syncs, files)
	}
}

func TestASyncThatFailsIsToldToEachFile(t *testing.T) {
	broken := errors.New("input/output error")
	s := settling{together: func() error { return broken }}
	file := &File{}
	for range fewSettle + 1 {
		s.waiting = append(s.waiting, settler{file, make(chan error, 1)})
	}
	batch := s.waiting
	s.lead()
	for _, w := range batch {
		if err := <-w.done; !errors.Is(err, broken) {
			t.Errorf("error %v, want the disk's", err)
		}
	}
}

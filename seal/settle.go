package seal

import "sync"

// A disk takes a few syncs a second, however many files ask: serial ones take seconds at 400 files. settling lets files
// that want to be safe at the same moment share one sync; alone, or few, each is synced by itself, which does not
// wait for what other programs have written to the filesystem.
type settling struct {
	together func() error // syncs the whole filesystem

	mu      sync.Mutex
	waiting []settler
	busy    bool // somebody syncs, and will look again
}

type settler struct {
	file *File
	done chan error
}

// fewSettle is how many are synced one by one.
const fewSettle = 3

// settle returns when the file is on the disk. The first to come does the work, for those too who come meanwhile.
func (s *settling) settle(f *File) error {
	me := settler{f, make(chan error, 1)}
	s.mu.Lock()
	s.waiting = append(s.waiting, me)
	lead := !s.busy
	s.busy = true
	s.mu.Unlock()
	if lead {
		s.lead()
	}
	return <-me.done
}

func (s *settling) lead() {
	for {
		s.mu.Lock()
		batch := s.waiting
		s.waiting = nil
		s.busy = len(batch) > 0
		s.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		s.sync(batch)
	}
}

func (s *settling) sync(batch []settler) {
	if len(batch) <= fewSettle {
		for _, w := range batch {
			w.done <- w.file.settleAlone()
		}
		return
	}
	err := s.together()
	for _, w := range batch {
		w.done <- err
	}
}

package sip

import "sync"

// lane runs functions one at a time, in the order they were posted, on a goroutine that exists only while there is
// something to run: an idle connection or an established call costs none. wait group and panic guard are the wire's.
type lane struct {
	w *Wire

	mu      sync.Mutex
	queue   []func()
	running bool
	room    chan struct{} // closed when a crowded queue has emptied
}

// crowded is where a reader stops feeding a lane until it has run dry.
const crowded = 64

// post never blocks.
func (l *lane) post(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, fn)
	if l.running {
		return
	}
	l.running = true
	l.w.work.Go(l.run)
}

// wait holds a reader back while the lane is crowded or until done is closed.
func (l *lane) wait(done <-chan struct{}) {
	l.mu.Lock()
	if len(l.queue) < crowded {
		l.mu.Unlock()
		return
	}
	if l.room == nil {
		l.room = make(chan struct{})
	}
	room := l.room
	l.mu.Unlock()
	select {
	case <-room:
	case <-done:
	}
}

func (l *lane) run() {
	var batch []func()
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.running = false
			l.mu.Unlock()
			return
		}
		batch, l.queue = l.queue, batch[:0]
		if l.room != nil {
			close(l.room)
			l.room = nil
		}
		l.mu.Unlock()
		for i, fn := range batch {
			batch[i] = nil
			l.w.guard(fn)
		}
	}
}

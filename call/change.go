package call

import (
	"context"
	"sync"
)

// Change says what looks different now. Whoever watches fetches the rest itself: an agent's or a queue's view.
type Change struct {
	Kind ChangeKind
	ID   string // of the call, the person or the queue
	Call *View  // of CallChanged
}

// ChangeKind is a closed list.
type ChangeKind string

const (
	CallChanged  ChangeKind = "call"
	AgentChanged ChangeKind = "agent"
	QueueChanged ChangeKind = "queue"
	AllChanged   ChangeKind = "all" // so much at once that everything is to be fetched anew
)

// watches are those who look on.
type watches struct {
	watching sync.Mutex
	watchers map[*watcher]struct{}
}

// watcher holds what one who looks on has not seen yet: of each thing its newest state only, so she may be slow.
type watcher struct {
	mu    sync.Mutex
	order []string
	news  map[string]Change
	bell  chan struct{} // capacity 1
}

const mostNews = 4096

// Watch tells every change of a call, an agent or a queue until ctx ends; then the channel closes. A slow reader misses
// states in between, never the last one, and no call ever waits for her.
func (b *Switchboard) Watch(ctx context.Context) <-chan Change {
	w := &watcher{news: map[string]Change{}, bell: make(chan struct{}, 1)}
	b.watching.Lock()
	if b.watchers == nil {
		b.watchers = map[*watcher]struct{}{}
	}
	b.watchers[w] = struct{}{}
	b.watching.Unlock()
	out := make(chan Change)
	go func() {
		defer close(out)
		defer b.unwatch(w)
		w.run(ctx, out)
	}()
	return out
}

func (b *Switchboard) unwatch(w *watcher) {
	b.watching.Lock()
	delete(b.watchers, w)
	b.watching.Unlock()
}

// changed tells whoever watches; it never blocks.
func (b *Switchboard) changed(ch Change) {
	b.watching.Lock()
	defer b.watching.Unlock()
	for w := range b.watchers {
		w.post(ch)
	}
}

func (w *watcher) post(ch Change) {
	w.mu.Lock()
	key := string(ch.Kind) + " " + ch.ID
	if len(w.order) >= mostNews {
		w.order, w.news = nil, map[string]Change{}
		key, ch = string(AllChanged), Change{Kind: AllChanged}
	}
	if _, waits := w.news[key]; !waits {
		w.order = append(w.order, key)
	}
	w.news[key] = ch
	w.mu.Unlock()
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

func (w *watcher) take() (Change, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.order) == 0 {
		return Change{}, false
	}
	key := w.order[0]
	w.order = w.order[1:]
	ch := w.news[key]
	delete(w.news, key)
	return ch, true
}

func (w *watcher) run(ctx context.Context, out chan<- Change) {
	for {
		ch, ok := w.take()
		if !ok {
			select {
			case <-w.bell:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case out <- ch:
		case <-ctx.Done():
			return
		}
	}
}

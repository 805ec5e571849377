package media

import (
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// loop owns the sockets, keys and timers of its streams: one goroutine, so that a packet takes no lock. Everybody
// else posts functions.
type loop struct {
	wire  wire
	clock func() int64 // monotonic ns on the engine's clock
	epoch time.Time    // its zero
	log   *slog.Logger
	wheel *wheel
	now   int64 // of this turn

	streams map[*stream]struct{}
	past    Totals // of streams that are closed
	load    atomic.Int64

	batch   outBatch
	scratch [batchSize][bufferSize]byte // packets of our own making, until the batch is flushed
	used    int
	sound   soundPacket // the one on its way to a tap
	trial   [bufferSize]byte
	epochs  uint64

	recorder *recorder // drains the taps of these streams

	mu     sync.Mutex
	posted []func()
	taken  []func() // the loop's own half of the pair of slices
	dead   bool
	done   chan struct{}
}

// outBatch gathers what one socket is to send.
type outBatch struct {
	packets [batchSize]outgoing
	n       int
	sock    socket
	stream  *stream
}

// idleWait is how long a loop without timers sleeps; a post wakes it.
const idleWait = time.Second

func newLoop(w wire, clock func() int64, log *slog.Logger) *loop {
	l := &loop{wire: w, clock: clock, log: log, streams: map[*stream]struct{}{}, done: make(chan struct{})}
	l.now = clock()
	l.wheel = newWheel(l.now)
	return l
}

// post has the loop run f soon, in the order of posts; false: the loop has ended and f will not run.
func (l *loop) post(f func()) bool {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return false
	}
	l.posted = append(l.posted, f)
	first := len(l.posted) == 1
	l.mu.Unlock()
	if first {
		l.wire.wake()
	}
	return true
}

// ask is post and wait for f to have run.
func (l *loop) ask(f func()) bool {
	ran := make(chan struct{})
	if !l.post(func() { f(); close(ran) }) {
		return false
	}
	<-ran
	return true
}

// run turns until stop is posted.
func (l *loop) run() error {
	defer close(l.done)
	for {
		l.mu.Lock()
		dead := l.dead && len(l.posted) == 0
		l.mu.Unlock()
		if dead {
			l.wire.close()
			return nil
		}
		if err := l.wire.wait(l.wheel.wait(l.now, idleWait), l); err != nil {
			l.stop()
			l.woke()
			l.wire.close()
			return err
		}
	}
}

// woke runs what was posted and what is due. It comes before the packets of the same wake-up: one that was sent after a
// command finds the command obeyed. The clock is read once a wake-up, not once a packet.
func (l *loop) woke() {
	l.now = l.clock()
	l.mu.Lock()
	l.taken, l.posted = l.posted, l.taken[:0]
	l.mu.Unlock()
	for i, f := range l.taken {
		f()
		l.taken[i] = nil
	}
	l.wheel.advance(l.now)
	l.flush()
}

// stop closes every stream and lets run end; what is posted later is refused.
func (l *loop) stop() {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return
	}
	l.posted = append(l.posted, func() {
		for s := range l.streams {
			s.close()
		}
	})
	l.dead = true
	l.mu.Unlock()
	l.wire.wake()
}

// deliver is the beginning of every packet's path.
func (l *loop) deliver(e *endpoint, packet []byte, from netip.AddrPort) {
	if e.stream != nil {
		e.stream.receive(packet, from, e)
	}
}

// settled follows a batch of one socket: its buffers are about to be used again.
func (l *loop) settled() { l.flush() }

// send queues a packet of s; it leaves with the batch. The buffer must stand until then.
func (l *loop) send(s *stream, sock socket, o outgoing) {
	b := &l.batch
	if b.n == batchSize || b.n > 0 && b.sock != sock {
		l.flush()
	}
	b.packets[b.n] = o
	b.sock, b.stream = sock, s
	b.n++
}

// flush sends what is queued.
func (l *loop) flush() {
	b := &l.batch
	if b.n == 0 {
		return
	}
	if unsent := b.sock.write(b.packets[:b.n]); unsent > 0 {
		b.stream.stats.SendErrors += uint64(unsent)
	}
	b.n = 0
}

// buffer gives a scratch buffer. It is sent, or given up, before the next one is asked for.
func (l *loop) buffer() []byte {
	if l.used == len(l.scratch) {
		l.flush()
	}
	if l.batch.n == 0 {
		l.used = 0
	}
	l.used++
	return l.scratch[l.used-1][:]
}

// nextEpoch numbers the sources of sound, so that a stream that is fed sees when its source changes. Never zero.
func (l *loop) nextEpoch() uint64 {
	l.epochs++
	return l.epochs
}

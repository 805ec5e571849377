package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Config is what an Engine needs from outside.
type Config struct {
	Ports PortRange        // zero: 10000-32767
	Loops int              // zero: GOMAXPROCS
	Log   *slog.Logger     // nil: silent. Never told of keys, addresses of callers, or sound
	Clock func() time.Time // nil: time.Now; it must carry Go's monotonic reading
	Wire  Wire             // zero: the best the system has
	Marks string           // folder on a memory filesystem where sessions leave how far they are; empty: none can be kept
}

// PortRange is the UDP ports that legs may use, both ends included.
type PortRange struct{ First, Last uint16 }

// Wire chooses how sockets are driven.
type Wire byte

const (
	BestWire  Wire = iota // epoll on Linux, else PlainWire
	PlainWire             // one net.UDPConn and one reading goroutine a socket
)

// Profile is where and how one party's sound travels.
type Profile struct {
	Bind       netip.Addr // local address of the sockets; its family is the leg's
	Advertised netip.Addr // what the SDP says; zero: Bind
	Suites     []Suite    // by preference; none: DefaultSuites
	Plain      bool       // RTP/AVP is taken and offered too: a live exception names media
	Exposed    bool       // the peer's signalling is in clear: no keys are taken from it or told to it (SDES over TLS only)
	Codecs     []Codec    // by preference; none: PCMU, PCMA, G722
}

// ErrClosed is what a closed engine, call or session answers.
var ErrClosed = errors.New("media closed")

// Engine owns the loops and the ports of every call.
type Engine struct {
	ports *portPool
	marks *marks
	loops []*loop
	clock func() int64
	owned sync.WaitGroup // taps' goroutines

	mu      sync.Mutex
	running bool
	stopped bool
	ended   chan struct{} // Run has returned
}

// Open prepares the engine; nothing is bound yet. An overlap of the port range with the kernel's ephemeral ports is
// warned of.
func Open(c Config) (*Engine, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Ports == (PortRange{}) {
		c.Ports = defaultPorts
	}
	epoch := c.Clock()
	e := &Engine{ended: make(chan struct{})}
	e.clock = func() int64 { return int64(c.Clock().Sub(epoch)) }
	var err error
	if e.ports, err = newPortPool(c.Ports, e.clock); err != nil {
		return nil, err
	}
	warnOfOverlap(c.Ports, c.Log)
	if e.marks, err = openMarks(c.Marks); err != nil {
		return nil, err
	}
	if c.Loops <= 0 {
		c.Loops = runtime.GOMAXPROCS(0)
	}
	for range c.Loops {
		w, err := openWire(c.Wire)
		if err != nil {
			e.closeWires()
			return nil, fmt.Errorf("media loop: %w", err)
		}
		l := newLoop(w, e.clock, c.Log)
		l.epoch = epoch
		l.recorder = newRecorder(e.clock, &e.owned)
		e.loops = append(e.loops, l)
	}
	return e, nil
}

func openWire(kind Wire) (wire, error) {
	if kind == PlainWire {
		return newPlainWire(), nil
	}
	return newBestWire()
}

func (e *Engine) closeWires() {
	for _, l := range e.loops {
		l.wire.close()
	}
}

// Run drives the loops until ctx ends or Close is called, then closes what is left and waits for every goroutine.
// It runs once.
func (e *Engine) Run(ctx context.Context) error {
	e.mu.Lock()
	if e.running || e.stopped {
		e.mu.Unlock()
		return ErrClosed
	}
	e.running = true
	e.mu.Unlock()
	defer close(e.ended)

	var loops sync.WaitGroup
	errs := make([]error, len(e.loops))
	for i, l := range e.loops {
		loops.Go(func() {
			errs[i] = l.run()
			e.stop() // one loop's end is the engine's
		})
	}
	unhook := context.AfterFunc(ctx, e.stop)
	loops.Wait()
	unhook()
	e.owned.Wait()
	e.marks.close()
	return errors.Join(errs...)
}

func (e *Engine) stop() {
	for _, l := range e.loops {
		l.stop()
	}
}

// Close ends Run and waits for it.
func (e *Engine) Close() error {
	e.mu.Lock()
	started, first := e.running, !e.stopped
	e.stopped = true
	e.mu.Unlock()
	if started {
		e.stop()
		<-e.ended
		return nil
	}
	if first {
		e.abandon()
	}
	return nil
}

// abandon ends loops that never ran.
func (e *Engine) abandon() {
	for _, l := range e.loops {
		l.stop()
		_ = l.run()
	}
	e.owned.Wait()
	e.marks.close()
}

// Totals are the counters since Open.
func (e *Engine) Totals() Totals {
	t := Totals{Loops: len(e.loops)}
	for _, l := range e.loops {
		var share Totals
		if !l.ask(func() { share = l.totals() }) {
			<-l.done
			share = l.past
		}
		t.merge(share)
	}
	t.PortsFree = e.ports.left()
	return t
}

// Marks is the name of the file in Config.Marks where sessions leave how far they are; empty: none.
func (e *Engine) Marks() string { return e.marks.name }

// NewCall chooses the loop with the fewest sessions.
func (e *Engine) NewCall() *Call {
	least := e.loops[0]
	for _, l := range e.loops[1:] {
		if l.load.Load() < least.load.Load() {
			least = l
		}
	}
	return &Call{engine: e, loop: least, floor: newFloor(least)}
}

// bind finds a port of which both halves are free.
func (e *Engine) bind(l *loop, at netip.Addr) (port uint16, rtp, control *endpoint, err error) {
	for range bindTries {
		if port, err = e.ports.take(); err != nil {
			return 0, nil, nil, err
		}
		rtp, control, err = l.bindPair(at, port)
		if err == nil {
			return port, rtp, control, nil
		}
		e.ports.give(port)
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return 0, nil, nil, fmt.Errorf("media port: %w", err)
}

func (l *loop) bindPair(at netip.Addr, port uint16) (rtp, control *endpoint, err error) {
	first, err := l.wire.listen(netip.AddrPortFrom(at, port))
	if err != nil {
		return nil, nil, err
	}
	second, err := l.wire.listen(netip.AddrPortFrom(at, port+1))
	if err != nil {
		first.close()
		return nil, nil, err
	}
	return &endpoint{sock: first}, &endpoint{sock: second, control: true}, nil
}

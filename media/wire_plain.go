package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// plainWire is the portable form: a net.UDPConn and a reading goroutine a socket. It carries tests and development;
// the packets of a clinic run on epollWire.
type plainWire struct {
	in      chan plainPacket
	spare   chan []byte
	wakeup  chan struct{}
	closed  chan struct{}
	readers sync.WaitGroup
	clock   *time.Timer
}

type plainPacket struct {
	e    *endpoint
	buf  []byte
	n    int
	from netip.AddrPort
}

// plainQueue is how many packets may wait for the loop; more are dropped, as a kernel would.
const plainQueue = 256

func newPlainWire() *plainWire {
	w := &plainWire{
		in:     make(chan plainPacket, plainQueue),
		spare:  make(chan []byte, plainQueue),
		wakeup: make(chan struct{}, 1),
		closed: make(chan struct{}),
		clock:  time.NewTimer(time.Hour),
	}
	for range plainQueue {
		w.spare <- make([]byte, bufferSize)
	}
	return w
}

func (w *plainWire) listen(at netip.AddrPort) (socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	return &plainSocket{conn}, nil
}

func (w *plainWire) attach(e *endpoint) error {
	w.readers.Go(func() { w.read(e, e.sock.(*plainSocket).conn) })
	return nil
}

// detach leaves the reader to end with its socket; what it still brings is dropped.
func (w *plainWire) detach(e *endpoint) { e.stream = nil }

// read ends when the socket is closed.
func (w *plainWire) read(e *endpoint, conn *net.UDPConn) {
	drop := make([]byte, bufferSize)
	for {
		buf := drop
		select {
		case buf = <-w.spare:
		default:
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf[:maxPacket])
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil || &buf[0] == &drop[0]:
			w.giveBack(buf, drop)
			continue
		}
		select {
		case w.in <- plainPacket{e, buf, n, from}:
		case <-w.closed:
			return
		}
	}
}

func (w *plainWire) giveBack(buf, drop []byte) {
	if &buf[0] != &drop[0] {
		w.spare <- buf
	}
}

func (w *plainWire) wait(d time.Duration, to receiver) error {
	w.clock.Reset(d)
	select {
	case p := <-w.in:
		to.woke()
		w.pass(p, to)
		for more := len(w.in); more > 0; more-- {
			w.pass(<-w.in, to)
		}
	case <-w.wakeup:
		to.woke()
	case <-w.clock.C:
		to.woke()
	}
	return nil
}

func (w *plainWire) pass(p plainPacket, to receiver) {
	if p.e.stream != nil {
		to.deliver(p.e, p.buf[:p.n], netip.AddrPortFrom(p.from.Addr().Unmap(), p.from.Port()))
		to.settled()
	}
	w.spare <- p.buf
}

func (w *plainWire) wake() {
	select {
	case w.wakeup <- struct{}{}:
	default:
	}
}

// close waits for the readers; their sockets are closed by then.
func (w *plainWire) close() {
	close(w.closed)
	w.readers.Wait()
	w.clock.Stop()
}

type plainSocket struct{ conn *net.UDPConn }

func (s *plainSocket) write(batch []outgoing) (unsent int) {
	for i := range batch {
		if _, err := s.conn.WriteToUDPAddrPort(batch[i].packet, batch[i].to); err != nil {
			unsent++
		}
	}
	return unsent
}

func (s *plainSocket) close() { _ = s.conn.Close() }

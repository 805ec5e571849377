package media

import (
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readySize is how many sockets one look at epoll tells of.
const readySize = 256

// crowd is how many sockets a loop must have before it takes a breath before each look at epoll: their packets then
// come by the handful instead of each paying for a wake-up of its own. The breath is the latency that this adds at
// most, small beside the 20 ms of a packet.
const (
	crowd  = 64
	breath = 250 * time.Microsecond
)

// epollWire owns its sockets' descriptors itself: taken out of a net.UDPConn they would be closed by the collector.
// Reads and writes never block, so they go past the scheduler (RawSyscall): it would only be told of a wait that
// does not happen.
type epollWire struct {
	epoll, event int
	sockets      int
	pause        unix.Timespec // breath; here, so that it is not made anew each time
	byFD         []*endpoint   // by descriptor
	ready        [readySize]unix.EpollEvent

	buffers [batchSize][bufferSize]byte
	names   [batchSize]unix.RawSockaddrInet6 // large enough for either family
	vectors [batchSize]unix.Iovec
	heads   [batchSize]messageHead

	outNames   [batchSize]unix.RawSockaddrInet6
	outVectors [batchSize]unix.Iovec
	outHeads   [batchSize]messageHead
}

// messageHead is struct mmsghdr; the compiler pads it as the kernel does.
type messageHead struct {
	head unix.Msghdr
	n    uint32
}

func newBestWire() (wire, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	w := &epollWire{epoll: epoll, event: event, pause: unix.NsecToTimespec(int64(breath))}
	for i := range w.heads {
		w.vectors[i].Base = &w.buffers[i][0]
		w.vectors[i].SetLen(maxPacket)
		w.heads[i].head.Iov = &w.vectors[i]
		w.heads[i].head.SetIovlen(1)
		w.heads[i].head.Name = (*byte)(unsafe.Pointer(&w.names[i]))
	}
	if err := w.watch(event); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *epollWire) watch(fd int) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

func (w *epollWire) listen(at netip.AddrPort) (socket, error) {
	family, local := localAddress(at)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, local)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind: %w", err)
	}
	return &epollSocket{fd: fd, wire: w, six: family == unix.AF_INET6}, nil
}

func localAddress(at netip.AddrPort) (family int, local unix.Sockaddr) {
	if at.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
}

func (w *epollWire) attach(e *endpoint) error {
	fd := e.sock.(*epollSocket).fd
	for fd >= len(w.byFD) {
		w.byFD = append(w.byFD, make([]*endpoint, fd+64-len(w.byFD))...)
	}
	w.byFD[fd] = e
	w.sockets++
	return w.watch(fd)
}

// detach comes before the close: the kernel may give the descriptor to another loop's socket at once.
func (w *epollWire) detach(e *endpoint) {
	if fd := e.sock.(*epollSocket).fd; fd < len(w.byFD) {
		w.byFD[fd] = nil
		w.sockets--
	}
}

func (w *epollWire) wait(d time.Duration, to receiver) error {
	if w.sockets >= crowd {
		_ = unix.Nanosleep(&w.pause, nil)
	}
	n, err := unix.EpollWait(w.epoll, w.ready[:], int((d+time.Millisecond-1)/time.Millisecond))
	if err == unix.EINTR {
		n, err = 0, nil
	}
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	to.woke()
	for _, ready := range w.ready[:n] {
		if int(ready.Fd) == w.event {
			w.settle()
			continue
		}
		w.drain(w.byFD[ready.Fd], to)
	}
	return nil
}

// settle takes the wake-up out of the eventfd.
func (w *epollWire) settle() {
	var count [8]byte
	_, _ = unix.Read(w.event, count[:])
}

// drain reads one batch; what is left over is still ready at the next look.
func (w *epollWire) drain(e *endpoint, to receiver) {
	if e == nil {
		return
	}
	for i := range w.heads {
		w.heads[i].head.Namelen = unix.SizeofSockaddrInet6
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(e.sock.(*epollSocket).fd),
		uintptr(unsafe.Pointer(&w.heads[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return // nothing there, or an ICMP error of an earlier packet: not ours to act on
	}
	for i := range int(n) {
		to.deliver(e, w.buffers[i][:w.heads[i].n], sender(&w.names[i]))
	}
	to.settled()
}

// sender reads a socket address of either family.
func sender(name *unix.RawSockaddrInet6) netip.AddrPort {
	if name.Family == unix.AF_INET {
		four := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), swap(four.Port))
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr), swap(name.Port))
}

// swap turns a port to or from network order: every Linux that Go runs a call server on is little-endian.
func swap(port uint16) uint16 { return port<<8 | port>>8 }

func (w *epollWire) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(w.event, one[:])
}

func (w *epollWire) close() {
	_ = unix.Close(w.event)
	_ = unix.Close(w.epoll)
}

package media

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epollSocket is one descriptor of an epollWire. It keeps no buffers of its own: thousands of them stand idle.
type epollSocket struct {
	fd   int
	six  bool
	wire *epollWire
}

// write sends a single packet by sendto and several by sendmmsg. A full socket buffer drops, as the network would.
func (s *epollSocket) write(batch []outgoing) (unsent int) {
	if len(batch) == 1 {
		return s.writeOne(&batch[0])
	}
	for len(batch) > 0 {
		n := min(len(batch), batchSize)
		unsent += s.writeSome(batch[:n])
		batch = batch[n:]
	}
	return unsent
}

func (s *epollSocket) writeOne(o *outgoing) (unsent int) {
	var name unix.RawSockaddrInet6
	size := s.address(&name, o.to)
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&o.packet[0])),
		uintptr(len(o.packet)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&name)), uintptr(size))
	if errno != 0 {
		return 1
	}
	return 0
}

func (s *epollSocket) writeSome(batch []outgoing) (unsent int) {
	w := s.wire
	for i := range batch {
		w.outVectors[i].Base = &batch[i].packet[0]
		w.outVectors[i].SetLen(len(batch[i].packet))
		w.outHeads[i].head.Iov = &w.outVectors[i]
		w.outHeads[i].head.SetIovlen(1)
		w.outHeads[i].head.Name = (*byte)(unsafe.Pointer(&w.outNames[i]))
		w.outHeads[i].head.Namelen = s.address(&w.outNames[i], batch[i].to)
	}
	for sent := 0; sent < len(batch); {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&w.outHeads[sent])),
			uintptr(len(batch)-sent), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno != 0 {
			unsent++ // this one: the rest may still go
			n = 1
		}
		sent += int(n)
	}
	return unsent
}

// address writes to's socket address and returns its size.
func (s *epollSocket) address(name *unix.RawSockaddrInet6, to netip.AddrPort) uint32 {
	if s.six {
		*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: swap(to.Port()), Addr: to.Addr().As16()}
		return unix.SizeofSockaddrInet6
	}
	four := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
	*four = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swap(to.Port())}
	if to.Addr().Is4() {
		four.Addr = to.Addr().As4()
	}
	return unix.SizeofSockaddrInet4
}

func (s *epollSocket) close() { _ = unix.Close(s.fd) }

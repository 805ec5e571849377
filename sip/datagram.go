package sip

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// datagrams is a UDP socket. A remote address is a flow; there are at most maxSources of them, all let in by the read
// filter, and the one longest silent makes room.
type datagrams struct {
	l     *listener
	conn  *net.UDPConn
	lanes []*lane // by Call-ID: one slow call does not hold up the next

	mu      sync.Mutex
	sources map[netip.AddrPort]*source
}

type source struct {
	f    *Flow
	rate bucket
	last time.Time
}

const (
	maxSources = 1024
	udpLanes   = 32
)

func listenDatagrams(ctx context.Context, l *listener) (*datagrams, error) {
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(ctx, "udp", l.Bind.String())
	if err != nil {
		return nil, err
	}
	conn := pc.(*net.UDPConn)
	_ = conn.SetReadBuffer(1 << 20) // a burst of calls; the kernel may grant less
	u := &datagrams{l: l, conn: conn, sources: map[netip.AddrPort]*source{}}
	for range udpLanes {
		u.lanes = append(u.lanes, &lane{w: l.w})
	}
	l.bound = addrPort(conn.LocalAddr())
	return u, nil
}

// read takes datagrams until the socket closes.
func (u *datagrams) read() {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := u.conn.ReadFromUDPAddrPort(buf)
		if err != nil && u.l.w.ctx.Err() != nil {
			return
		}
		if err != nil {
			continue // ICMP errors of earlier sends surface here
		}
		from = unmapped(from)
		if u.l.Allow == nil || !u.l.Allow(from.Addr()) {
			u.l.w.count.addressesRefused.Add(1)
			continue
		}
		u.take(from, buf[:n])
	}
}

func (u *datagrams) take(from netip.AddrPort, b []byte) {
	s := u.source(from)
	if s == nil {
		return
	}
	now := time.Now()
	if s.last = now; s.rate.take(u.l.w.limits.MessagesPerSecond, now) > 0 {
		u.l.w.count.rateDropped.Add(1)
		return
	}
	if len(bytes.Trim(b, "\r\n\x00")) == 0 {
		if bytes.Equal(b, []byte("\r\n\r\n")) {
			s.f.Post("", s.f.pong)
		}
		return
	}
	d, no := frameDatagram(b, u.l.w.limits)
	if no == errGarbage {
		u.l.w.count.unframed.Add(1)
		return
	}
	s.f.receive(d, no)
}

// frameDatagram cuts one datagram: Content-Length may be missing or short of it, never beyond (RFC 3261 §18.3).
func frameDatagram(b []byte, limits Limits) (*draft, *refusal) {
	b = bytes.TrimLeft(b, "\r\n")
	if !plausible(b) {
		return nil, errGarbage
	}
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		head = bytes.TrimSuffix(b, crlf)
	}
	d, no := cut(append(bytes.Clone(head), crlf...), limits)
	if no != nil || !ok {
		return d, firstRefusal(no, refuse(400, "Header Section Without End"))
	}
	size := len(body)
	if v, has := d.first("Content-Length"); has {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return d, refuse(400, "Malformed Content-Length")
		}
		d.cut = max(0, int(n)-size)
		size = min(size, int(n))
	}
	d.body = bytes.Clone(body[:size])
	return d, nil
}

func firstRefusal(a, b *refusal) *refusal {
	if a != nil {
		return a
	}
	return b
}

// source finds or makes the flow of an address; nil: the wire is closing.
func (u *datagrams) source(from netip.AddrPort) *source {
	u.mu.Lock()
	s := u.sources[from]
	u.mu.Unlock()
	if s != nil && s.f.Err() == nil {
		return s
	}
	u.makeRoom()
	f := u.l.w.newFlow(u.l, from, u.l.bound)
	f.out = &datagramOutlet{u, from}
	f.lanes = u.lanes
	if !u.l.w.remember(f) {
		return nil
	}
	s = &source{f: f}
	u.mu.Lock()
	u.sources[from] = s
	u.mu.Unlock()
	f.Post("", f.open)
	f.limitNameless(u.l.w.limits.Nameless)
	return s
}

// makeRoom ends the flow that was silent longest when there are too many. Only the reader calls it.
func (u *datagrams) makeRoom() {
	u.mu.Lock()
	var oldest *source
	if len(u.sources) >= maxSources {
		for _, s := range u.sources {
			if oldest == nil || s.last.Before(oldest.last) {
				oldest = s
			}
		}
	}
	u.mu.Unlock()
	if oldest != nil {
		oldest.f.Close()
	}
}

func (u *datagrams) forget(from netip.AddrPort, f *Flow) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s := u.sources[from]; s != nil && s.f == f {
		delete(u.sources, from)
	}
}

// datagramOutlet sends to one address. A full socket buffer loses the message, as UDP may; it is retransmitted.
type datagramOutlet struct {
	u  *datagrams
	to netip.AddrPort
}

func (o *datagramOutlet) queue(b []byte) error {
	_, err := o.u.conn.WriteToUDPAddrPort(b, o.to)
	if errors.Is(err, net.ErrClosed) {
		return ErrFlowClosed
	}
	return nil
}

func (o *datagramOutlet) shut() {}
func (o *datagramOutlet) cut()  {}

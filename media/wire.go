package media

import (
	"net/netip"
	"time"
)

// maxPacket is the largest datagram that is read; RTP of a call never comes near it.
const maxPacket = 1500

// bufferSize leaves room behind the largest packet for an authentication tag, sealed in place.
const bufferSize = 2048

// batchSize is how many packets of one socket are read by one system call. A leg brings one every 20 ms; more are
// there after a stall, and then one call drains them.
const batchSize = 8

// wire drives the sockets of one loop. listen and wake may be called from anywhere, the rest from the loop alone.
type wire interface {
	listen(at netip.AddrPort) (socket, error)
	// attach begins to deliver what e's socket receives.
	attach(e *endpoint) error
	// detach ends that; the socket is closed next.
	detach(e *endpoint)
	// wait blocks for packets, wake or d, calls woke once, and delivers what has come. Buffers are valid during
	// deliver; settled follows each batch of one socket.
	wait(d time.Duration, to receiver) error
	wake()
	close()
}

// receiver is the loop's side of a wire.
type receiver interface {
	woke()
	deliver(e *endpoint, packet []byte, from netip.AddrPort)
	settled()
}

// socket is one bound UDP port.
type socket interface {
	// write sends one batch; it never waits. It returns how many could not be sent.
	write(batch []outgoing) (unsent int)
	close()
}

// outgoing is one datagram.
type outgoing struct {
	packet []byte
	to     netip.AddrPort
}

// endpoint ties a socket to the stream that it serves.
type endpoint struct {
	sock    socket
	stream  *stream
	control bool // RTCP alone arrives here
}

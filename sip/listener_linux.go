package sip

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unanswered bounds how long bytes of ours stay unacknowledged before the connection is lost (tcp(7), TCP_USER_TIMEOUT):
// keepalive alone does not look while something is under way. Accepted connections inherit it.
func unanswered(_, _ string, c syscall.RawConn) error {
	var refused error
	err := c.Control(func(fd uintptr) {
		refused = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadPeer.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return refused
}

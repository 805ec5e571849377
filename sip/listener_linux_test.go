package sip

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// A phone that lost its power says nothing: its connection is given up in half a minute, not in a quarter of an hour.
func TestADeadPeerIsFoundInHalfAMinute(t *testing.T) {
	l, err := testWire(t, newCoreLog(), Limits{}).bind(t.Context(), Listen{Network: TCP, Bind: netip.AddrPortFrom(loopback, 0)})
	ok(t, err)
	defer l.socket.Close()
	phone, err := net.Dial("tcp", l.socket.Addr().String())
	ok(t, err)
	defer phone.Close()
	conn, err := l.socket.Accept()
	ok(t, err)
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	ok(t, err)
	for name, option := range map[string]struct{ number, want int }{
		"TCP_USER_TIMEOUT": {unix.TCP_USER_TIMEOUT, 30000},
		"TCP_KEEPIDLE":     {unix.TCP_KEEPIDLE, 15},
		"TCP_KEEPINTVL":    {unix.TCP_KEEPINTVL, 5},
		"TCP_KEEPCNT":      {unix.TCP_KEEPCNT, 3},
	} {
		ok(t, raw.Control(func(fd uintptr) {
			if got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option.number); err != nil || got != option.want {
				t.Errorf("%s is %d (%v), want %d", name, got, err, option.want)
			}
		}))
	}
}

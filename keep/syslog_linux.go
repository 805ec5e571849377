package keep

import (
	"crypto/tls"
	"net"

	"golang.org/x/sys/unix"
)

// unsent is how many bytes the receiver's kernel has not acknowledged, tcp(7) SIOCOUTQ.
func unsent(conn net.Conn) int {
	if c, ok := conn.(*tls.Conn); ok {
		conn = c.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n
}

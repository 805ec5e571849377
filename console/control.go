package console

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ControlName is the socket's name in the data folder.
const ControlName = "control.sock"

// ListenControl makes the socket, 0600. The caller holds the data folder's lock, so a socket that is already there was
// left behind by a server that is gone.
func ListenControl(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	old := unix.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return &controlListener{l, os.Geteuid()}, nil
}

// ServeControl answers the local operator until the context ends.
func (c *Console) ServeControl(ctx context.Context, l net.Listener) error {
	return c.run(ctx, l, c.unsealing(c.whileSealed(c.fromPeer())))
}

// fromPeer gives each connection the identity of the uid that the kernel vouches for.
func (c *Console) fromPeer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Operator(r.RemoteAddr).ServeHTTP(w, r)
	})
}

// controlListener lets root and the server's own uid in; everybody else is closed without a byte.
type controlListener struct {
	*net.UnixListener
	own int
}

func (l *controlListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(conn)
		if err == nil && (uid == 0 || uid == l.own) {
			return peerConn{conn, peerAddr("uid:" + strconv.Itoa(uid))}, nil
		}
		_ = conn.Close()
	}
}

// Close may be called by whoever made the socket and by whoever serves it.
func (l *controlListener) Close() error {
	if err := l.UnixListener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// peerUID asks the kernel (SO_PEERCRED) who connected.
func peerUID(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) {
		cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, asked); err != nil {
		return 0, err
	}
	return int(cred.Uid), nil
}

// peerConn carries the uid where net/http looks for an address.
type peerConn struct {
	*net.UnixConn
	peer peerAddr
}

func (p peerConn) RemoteAddr() net.Addr { return p.peer }

type peerAddr string

func (peerAddr) Network() string  { return "unix" }
func (p peerAddr) String() string { return string(p) }

// ControlAnswers reports whether a server listens on the socket of this data folder.
func ControlAnswers(path string) bool {
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

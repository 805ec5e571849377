package console

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 30 * time.Second // sound sets its own
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
	maxConns      = 512
	closeTimeout  = 5 * time.Second
)

// Certificate gives the configuration for one handshake; it is asked each time, so that a reload needs no restart.
type Certificate func(*tls.ClientHelloInfo) (*tls.Config, error)

// Serve answers on a listener until the context ends, over TLS 1.2 or newer. It waits for the requests that run.
func (c *Console) Serve(ctx context.Context, l net.Listener, cert Certificate) error {
	base := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetConfigForClient: cert}
	return c.run(ctx, tls.NewListener(bounded(l, maxConns), base), c.Handler())
}

func (c *Console) run(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(quiet{}, "", 0),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("console: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if srv.Shutdown(closing) != nil {
		_ = srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("console: %w", err)
	}
	return nil
}

// quiet drops net/http's own lines: they repeat what strangers send.
type quiet struct{}

func (quiet) Write(b []byte) (int, error) { return len(b), nil }

// boundedListener holds back accepting while the limit of connections is open.
type boundedListener struct {
	net.Listener
	slots chan struct{}
}

func bounded(l net.Listener, limit int) net.Listener {
	return &boundedListener{l, make(chan struct{}, limit)}
}

func (b *boundedListener) Accept() (net.Conn, error) {
	b.slots <- struct{}{}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.slots
		return nil, err
	}
	return &slotConn{Conn: conn, slots: b.slots, held: make(chan struct{}, 1)}, nil
}

// slotConn gives its slot back at the first Close.
type slotConn struct {
	net.Conn
	slots chan struct{}
	held  chan struct{}
}

func (s *slotConn) Close() error {
	select {
	case s.held <- struct{}{}:
		<-s.slots
	default:
	}
	return s.Conn.Close()
}

// isLocal reports whether the request comes from this machine: a loopback address or the control socket.
func isLocal(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err != nil || addr.Addr().Unmap().IsLoopback()
}

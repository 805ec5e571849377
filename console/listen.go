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
	"sync"
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

// Certificate loads the pair that the listener shows. It is asked again while the server runs, so that a renewed one needs
// no restart; one that cannot be loaded leaves the old one standing.
type Certificate func() (*tls.Certificate, error)

// Serve answers on a listener until the context ends, over TLS 1.2 or newer. It waits for the requests that run.
func (c *Console) Serve(ctx context.Context, l net.Listener, cert Certificate) error {
	shown := &shown{load: cert, now: c.now}
	if _, err := shown.certificate(nil); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: shown.certificate}
	return c.run(ctx, tls.NewListener(bounded(l, maxConns), cfg), c.whileSealed(c.Handler()))
}

// shown keeps the pair between loads.
type shown struct {
	load Certificate
	now  func() time.Time

	mu   sync.Mutex
	pair *tls.Certificate
	at   time.Time
}

// freshness bounds how long a replaced certificate is still shown.
const freshness = 10 * time.Second

func (s *shown) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pair != nil && s.now().Sub(s.at) < freshness {
		return s.pair, nil
	}
	pair, err := s.load()
	if err != nil && s.pair == nil {
		return nil, err
	}
	if err == nil {
		s.pair = pair
	}
	s.at = s.now()
	return s.pair, nil
}

func (c *Console) run(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), endingKey{}, ctx.Done())
		},
		ErrorLog: log.New(quiet{}, "", 0),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("console: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if srv.Shutdown(end) != nil {
		_ = srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("console: %w", err)
	}
	return nil
}

type endingKey struct{}

// closing closes when the listener that a request came by is about to end: who would answer for ever ends then.
func closing(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(endingKey{}).(<-chan struct{})
	return done
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

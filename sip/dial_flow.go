package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pingEvery = time.Minute     // well within what a translation on the way remembers
	routeIdle = 3 * time.Minute // a connection without a call is closed after it
)

// routes are the connections that we made, one to each carrier and credential.
type routes struct {
	core *core
	wire *Wire
	mu   sync.Mutex
	ways map[wayKey]*way
}

// wayKey is what two calls must share to share a connection.
type wayKey struct{ addr, user string }

// way is the connection of one route. Whoever holds the turn may make it.
type way struct {
	turn chan struct{} // capacity 1
	flow atomic.Pointer[Flow]
}

// standing is the connection, where there is one.
func (w *way) standing() *Flow {
	if f := w.flow.Load(); f != nil && f.Err() == nil {
		return f
	}
	return nil
}

func (w *way) stands(f *Flow) { w.flow.Store(f) }

func (rs *routes) way(r Route) *way {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.ways == nil {
		rs.ways = make(map[wayKey]*way)
	}
	key := wayKey{r.addr(), r.User}
	w := rs.ways[key]
	if w == nil {
		w = &way{turn: make(chan struct{}, 1)}
		rs.ways[key] = w
	}
	return w
}

// flow gives the connection that stands, or makes one. Calls that come while it is being made wait for it together.
func (rs *routes) flow(ctx context.Context, r Route) (*Flow, error) {
	w := rs.way(r)
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if f := w.standing(); f != nil {
		return f, nil
	}
	f, err := rs.wire.connect(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	w.stands(f)
	rs.wire.work.Go(func() { rs.tend(f) })
	return f, nil
}

// connect opens a flow to a carrier and begins to read it.
func (w *Wire) connect(ctx context.Context, r Route) (*Flow, error) {
	ctx, stop := context.WithTimeout(ctx, w.limits.Handshake)
	defer stop()
	defer context.AfterFunc(w.ctx, stop)()
	conn, err := (&net.Dialer{KeepAliveConfig: alive}).DialContext(ctx, "tcp", r.addr())
	if err != nil {
		return nil, err
	}
	secured, err := secure(ctx, conn, r)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	state := secured.ConnectionState()
	f := w.attach(&listener{Listen: Listen{Name: "route " + r.addr(), Network: TLS}, w: w, out: true}, secured, &state)
	if f == nil {
		return nil, ErrFlowClosed
	}
	w.work.Go(func() { f.read(secured) })
	return f, nil
}

// secure is the client's side of TLS: name and chain are checked, ours is shown where it is asked for.
func secure(ctx context.Context, conn net.Conn, r Route) (*tls.Conn, error) {
	cfg := &tls.Config{ServerName: r.Host, RootCAs: r.Roots, MinVersion: tls.VersionTLS12}
	if r.Certificate != nil {
		own, err := r.Certificate()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errOwnCertificate, err)
		}
		cfg.Certificates = []tls.Certificate{*own}
	}
	secured := tls.Client(conn, cfg)
	return secured, secured.HandshakeContext(ctx)
}

var errOwnCertificate = errors.New("our certificate")

// tend keeps a connection of ours open while calls are on it (RFC 5626 §3.5.1), and closes it when none has been for a
// while.
func (rs *routes) tend(f *Flow) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	used := time.Now()
	for {
		select {
		case <-f.Done():
			return
		case <-tick.C:
		}
		if rs.core.legsOn(f) > 0 {
			used = time.Now()
		}
		if time.Since(used) >= routeIdle {
			f.Close()
			return
		}
		_ = f.out.queue(keepalive)
	}
}

var keepalive = []byte("\r\n\r\n")

func (c *core) legsOn(f *Flow) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.onFlow[f])
}

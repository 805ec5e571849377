package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// listener is a Listen that was bound.
type listener struct {
	Listen
	w       *Wire
	bound   netip.AddrPort
	socket  net.Listener // TLS, TCP
	packets *datagrams   // UDP
	cert    atomic.Pointer[tls.Certificate]
	config  *tls.Config
	out     bool   // no listener: its one connection was made by us
	carrier string // to which carrier; empty: a route's
}

// deadPeer is when a peer that says nothing at all is given up: a phone without power, a cable cut. Until then its agent
// counts as reachable, and a caller who talks with her hears nothing.
const deadPeer = 30 * time.Second

// alive asks an idle peer whether it is there; deadPeer is up after the last question.
var alive = net.KeepAliveConfig{Enable: true, Idle: deadPeer / 2, Interval: deadPeer / 6, Count: 3}

func (w *Wire) bind(ctx context.Context, cfg Listen) (*listener, error) {
	l := &listener{Listen: cfg, w: w}
	if l.Name == "" {
		l.Name = fmt.Sprintf("%s %s", cfg.Network, cfg.Bind)
	}
	lc := net.ListenConfig{KeepAliveConfig: alive, Control: unanswered}
	var err error
	switch cfg.Network {
	case TLS:
		if err = l.prepareTLS(); err != nil {
			return nil, err
		}
		l.socket, err = lc.Listen(ctx, "tcp", cfg.Bind.String())
	case TCP:
		l.socket, err = lc.Listen(ctx, "tcp", cfg.Bind.String())
	case UDP:
		l.packets, err = listenDatagrams(ctx, l)
	default:
		err = fmt.Errorf("unknown network %q", cfg.Network)
	}
	if err != nil {
		return nil, fmt.Errorf("listener %s: %w", l.Name, err)
	}
	if l.socket != nil {
		l.bound = addrPort(l.socket.Addr())
	}
	return l, nil
}

// prepareTLS loads the certificate and lays our terms over whatever configuration there is: TLS 1.2 or newer, a client
// certificate asked for, Verify at each handshake. Tickets are off: connections live long, and a resumed one would be
// judged by what its first handshake showed.
func (l *listener) prepareTLS() error {
	if l.TLS == nil && l.Certificate == nil {
		return fmt.Errorf("listener %s: no certificate", l.Name)
	}
	l.config = l.terms(&tls.Config{})
	if l.TLS != nil {
		l.config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			c, err := l.TLS(hello)
			if err != nil || c == nil {
				return nil, errors.Join(err, errNoConfig)
			}
			return l.terms(c.Clone()), nil
		}
		return nil
	}
	l.config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return l.cert.Load(), nil }
	return l.reload().Err
}

var errNoConfig = errors.New("no TLS configuration for this handshake")

func (l *listener) terms(c *tls.Config) *tls.Config {
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.ClientAuth = tls.RequestClientCert
	c.SessionTicketsDisabled = true
	inner := c.VerifyConnection
	c.VerifyConnection = func(cs tls.ConnectionState) error {
		if inner != nil {
			if err := inner(cs); err != nil {
				return err
			}
		}
		if l.w.cfg.Verify == nil {
			return nil
		}
		return l.w.cfg.Verify(&l.Listen, cs)
	}
	return c
}

// reload loads the certificate anew; a failure keeps the old one. Connections that stand are not touched.
func (l *listener) reload() Reload {
	r := Reload{Listen: l.Name}
	c, err := l.Certificate()
	switch {
	case err != nil:
		r.Err = fmt.Errorf("listener %s: load certificate: %w", l.Name, err)
	case c == nil || len(c.Certificate) == 0:
		r.Err = fmt.Errorf("listener %s: empty certificate", l.Name)
	default:
		l.cert.Store(c)
	}
	if now := l.cert.Load(); now != nil && now.Leaf != nil {
		r.NotAfter = now.Leaf.NotAfter
	}
	return r
}

// ReloadTLS loads every TLS listener's certificate anew. A failed load keeps the old one. Listeners configured by TLS
// functions ask them at each handshake and have nothing to load.
func (w *Wire) ReloadTLS() []Reload {
	var out []Reload
	for _, l := range w.listeners {
		if l.Network != TLS || l.TLS != nil {
			continue
		}
		r := l.reload()
		if r.Err != nil {
			w.trouble(Trouble{Kind: ReloadRefused, Listen: l.Name, Err: r.Err})
		}
		out = append(out, r)
	}
	return out
}

// accept takes connections until the listener closes. A connection never waits for another one's handshake.
func (l *listener) accept() {
	for {
		conn, err := l.socket.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors and the like
			l.w.log.Warn("accept", "listener", l.Name, "error", err)
			l.w.pause(100 * time.Millisecond)
			continue
		}
		remote := unmapped(addrPort(conn.RemoteAddr()))
		if err := l.mayEnter(remote.Addr()); err != nil {
			l.w.count.addressesRefused.Add(1)
			l.w.trouble(Trouble{Kind: AddressRefused, Listen: l.Name, Remote: remote, Err: err})
			_ = conn.Close()
			continue
		}
		l.w.work.Go(func() { l.serve(conn, remote) })
	}
}

func (l *listener) mayEnter(a netip.Addr) error {
	if l.Allow != nil && !l.Allow(a) || l.Allow == nil && l.Network != TLS {
		return errNotAllowed
	}
	return l.w.door.enter(a, time.Now())
}

// serve is one connection from its handshake to its end.
func (l *listener) serve(conn net.Conn, remote netip.AddrPort) {
	defer l.w.door.leave(remote.Addr())
	var state *tls.ConnectionState
	if l.Network == TLS {
		secured, err := l.handshake(conn)
		if err != nil {
			l.w.count.handshakesRefused.Add(1)
			l.w.trouble(Trouble{Kind: HandshakeRefused, Listen: l.Name, Remote: remote, Err: err})
			_ = conn.Close()
			return
		}
		l.w.count.handshakes.Add(1)
		cs := secured.ConnectionState()
		conn, state = secured, &cs
	}
	if f := l.w.attach(l, conn, state); f != nil {
		f.read(conn)
	}
}

func (l *listener) handshake(conn net.Conn) (*tls.Conn, error) {
	ctx, stop := context.WithTimeout(l.w.ctx, l.w.limits.Handshake)
	defer stop()
	secured := tls.Server(conn, l.config)
	return secured, secured.HandshakeContext(ctx)
}

// attach makes a flow of a connection and tells the core; nil: the wire is closing.
func (w *Wire) attach(l *listener, conn net.Conn, state *tls.ConnectionState) *Flow {
	f := w.newFlow(l, addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr()))
	f.tls = state
	f.out = &stream{f: f, conn: conn}
	f.lanes = []*lane{{w: w}}
	if !w.remember(f) {
		_ = conn.Close()
		return nil
	}
	f.Post("", f.open)
	f.limitNameless(w.limits.Nameless)
	return f
}

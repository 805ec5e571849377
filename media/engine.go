package media

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"
)

// Config is what an Engine needs from outside.
type Config struct {
	Ports PortRange        // zero: 10000-32767
	Loops int              // zero: GOMAXPROCS
	Log   *slog.Logger     // nil: silent. Never told of keys, addresses of callers, or sound
	Clock func() time.Time // nil: time.Now
	Wire  Wire             // zero: the best the system has
}

// PortRange is the UDP ports that legs may use, both ends included.
type PortRange struct{ First, Last uint16 }

// Wire chooses how sockets are driven.
type Wire byte

const (
	BestWire  Wire = iota // epoll on Linux, else PlainWire
	PlainWire             // one net.UDPConn and one reading goroutine a socket
)

// Profile is where and how one party's sound travels.
type Profile struct {
	Bind       netip.Addr // local address of the sockets; its family is the leg's
	Advertised netip.Addr // what the SDP says; zero: Bind
	Suites     []Suite    // by preference; none: DefaultSuites
	Plain      bool       // RTP/AVP is taken and offered too: a live exception names media
	Codecs     []Codec    // by preference; none: PCMU, PCMA, G722
}

// ErrClosed is what a closed engine, call or session answers.
var ErrClosed = errors.New("media closed")

// Engine owns the loops and the ports of every call.
type Engine struct{}

// Open prepares the engine; nothing is bound yet. An overlap of the port range with the kernel's ephemeral ports is
// warned of.
func Open(c Config) (*Engine, error) { return &Engine{}, nil }

// Run drives the loops until ctx ends or Close is called, then closes what is left and waits for every goroutine.
func (e *Engine) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Close ends Run and waits for it.
func (e *Engine) Close() error { return nil }

// Totals are the counters since Open.
func (e *Engine) Totals() Totals { return Totals{} }

// NewCall chooses the loop with the fewest sessions.
func (e *Engine) NewCall() *Call { return &Call{} }

// Call joins the sessions of one call; all of them live on one loop.
type Call struct{}

// NewSession takes a port (two without rtcp-mux) and waits for a description. No sound passes before Answer, or
// Offer and Accept, have agreed on keys.
func (c *Call) NewSession(p Profile) (*Session, error) { return &Session{}, nil }

// Bridge joins two sessions of this call: each hears the other, until Split, another Bridge, or one closes.
func (c *Call) Bridge(a, b *Session) {}

// Split parts what Bridge joined.
func (c *Call) Split() {}

// Close closes every session of the call.
func (c *Call) Close() {}

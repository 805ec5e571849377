package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Wire holds the listeners, the flows and their transactions. Make it with OpenWire, Run it, Close it.
type Wire struct {
	cfg       WireConfig
	limits    Limits
	rules     rules
	allow     string
	log       *slog.Logger
	door      *door
	listeners []*listener
	draining  atomic.Bool
	count     counters
	trace     tracing

	ctx  context.Context // ends when the wire closes
	stop context.CancelFunc
	work sync.WaitGroup // every goroutine of ours

	mu     sync.Mutex
	flows  map[string]*Flow
	closed bool
}

// rfc3261 are the methods answered where the configuration names none.
var rfc3261 = []sipmsg.RequestMethod{sipmsg.INVITE, sipmsg.ACK, sipmsg.CANCEL, sipmsg.BYE, sipmsg.OPTIONS, sipmsg.REGISTER}

// OpenWire binds the listeners and loads their certificates; nothing is accepted before Run.
func OpenWire(cfg WireConfig) (*Wire, error) {
	if cfg.Core == nil {
		return nil, errors.New("no core")
	}
	w := &Wire{cfg: cfg, limits: cfg.Limits.withDefaults(), log: cfg.Log, flows: map[string]*Flow{}}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if len(w.cfg.Methods) == 0 {
		w.cfg.Methods = rfc3261
	}
	for _, m := range w.cfg.Methods {
		w.allow += ", " + string(m)
	}
	w.allow = strings.TrimPrefix(w.allow, ", ")
	for _, tag := range cfg.Extensions {
		w.rules.extensions = append(w.rules.extensions, strings.ToLower(tag))
	}
	w.door = newDoor(w.limits)
	w.ctx, w.stop = context.WithCancel(context.Background())
	for _, l := range cfg.Listeners {
		bound, err := w.bind(w.ctx, l)
		if err != nil {
			w.shutListeners()
			w.stop()
			return nil, fmt.Errorf("open wire: %w", err)
		}
		w.listeners = append(w.listeners, bound)
	}
	return w, nil
}

// Run serves until ctx ends or Close; it returns when every goroutine of the wire has ended.
func (w *Wire) Run(ctx context.Context) error {
	for _, l := range w.listeners {
		if l.packets != nil {
			w.work.Go(l.packets.read)
			continue
		}
		w.work.Go(l.accept)
	}
	select {
	case <-ctx.Done():
	case <-w.ctx.Done():
	}
	w.shut()
	w.work.Wait()
	w.shutListeners() // UDP sockets: the last answers have left
	return nil
}

// Close ends Run and, where Run was never called, gives the sockets back.
func (w *Wire) Close() error {
	w.shut()
	w.shutListeners()
	return nil
}

// shut ends every flow, after what is queued to it was written.
func (w *Wire) shut() {
	w.stop()
	w.mu.Lock()
	w.closed = true
	flows := make([]*Flow, 0, len(w.flows))
	for _, f := range w.flows {
		flows = append(flows, f)
	}
	w.mu.Unlock()
	for _, l := range w.listeners {
		if l.socket != nil {
			_ = l.socket.Close()
		}
	}
	for _, f := range flows {
		f.Close()
	}
	for _, l := range w.listeners {
		if l.packets != nil {
			_ = l.packets.conn.SetReadDeadline(time.Now())
		}
	}
}

func (w *Wire) shutListeners() {
	for _, l := range w.listeners {
		if l.socket != nil {
			_ = l.socket.Close()
		}
		if l.packets != nil {
			_ = l.packets.conn.Close()
		}
	}
}

// Drain answers new INVITEs with 503 and Retry-After from now on.
func (w *Wire) Drain() { w.draining.Store(true) }

// Draining reports whether Drain was called.
func (w *Wire) Draining() bool { return w.draining.Load() }

// Addrs are the bound addresses, in the order of the listeners.
func (w *Wire) Addrs() []netip.AddrPort {
	out := make([]netip.AddrPort, len(w.listeners))
	for i, l := range w.listeners {
		out[i] = l.bound
	}
	return out
}

// Flow finds a live flow by its id.
func (w *Wire) Flow(id string) *Flow {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flows[id]
}

func (w *Wire) remember(f *Flow) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.flows[f.id] = f
	w.count.opened.Add(1)
	w.count.flows.Add(1)
	return true
}

func (w *Wire) forget(f *Flow) {
	if o, ok := f.out.(*datagramOutlet); ok {
		o.u.forget(o.to, f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.flows, f.id)
	w.count.closed.Add(1)
	w.count.flows.Add(-1)
}

func (w *Wire) allows(m sipmsg.RequestMethod) bool { return slices.Contains(w.cfg.Methods, m) }

func (w *Wire) trouble(t Trouble) {
	if w.cfg.OnTrouble != nil {
		w.cfg.OnTrouble(t)
	}
}

// guard keeps a panic in a callback from ending the process. The value is not logged: it may quote a message.
func (w *Wire) guard(fn func()) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		w.count.panics.Add(1)
		w.log.Error("panic in a callback", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		w.trouble(Trouble{Kind: Panicked})
	}()
	fn()
}

// pause waits, but not past the wire's end.
func (w *Wire) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.ctx.Done():
	}
}

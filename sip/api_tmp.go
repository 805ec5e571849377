package sip

import (
	"context"
	"crypto/tls"
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Wire holds the listeners, the flows and their transactions.
type Wire struct{ cfg WireConfig }

// OpenWire binds the listeners and loads their certificates; nothing is accepted before Run.
func OpenWire(cfg WireConfig) (*Wire, error) { return &Wire{cfg: cfg}, nil }

// Run serves until ctx ends or Close; it returns when every goroutine of the wire has ended.
func (w *Wire) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Close ends Run.
func (w *Wire) Close() error { return nil }

// ReloadTLS loads every TLS listener's certificate anew. A failed load keeps the old one.
func (w *Wire) ReloadTLS() []Reload { return nil }

// Drain answers new INVITEs with 503 and Retry-After from now on.
func (w *Wire) Drain() {}

// Draining reports whether Drain was called.
func (w *Wire) Draining() bool { return false }

// Counters is a snapshot for metrics.
func (w *Wire) Counters() Counters { return Counters{} }

// Addrs are the bound addresses, in the order of the listeners.
func (w *Wire) Addrs() []netip.AddrPort { return nil }

// Flow finds a live flow by its id.
func (w *Wire) Flow(id string) *Flow { return nil }

// Counters count since the start, but for Flows.
type Counters struct{ Flows int }

// Flow is one connection (TLS, TCP) or one remote address (UDP): ordered messages in, bytes out, closed.
type Flow struct{ id string }

// ID is unique for the life of the process and random.
func (f *Flow) ID() string { return f.id }

// Remote is the peer's address as the kernel says it.
func (f *Flow) Remote() netip.AddrPort { return netip.AddrPort{} }

// Local is our end of the connection.
func (f *Flow) Local() netip.AddrPort { return netip.AddrPort{} }

// Advertised is what Via and Contact say on this flow.
func (f *Flow) Advertised() netip.AddrPort { return netip.AddrPort{} }

// Listen is the listener it came in by.
func (f *Flow) Listen() *Listen { return nil }

// TLS is nil on TCP and UDP.
func (f *Flow) TLS() *tls.ConnectionState { return nil }

// Admit says that the core knows who is there: the wire may answer by itself now and the flow lives on.
func (f *Flow) Admit() {}

// Admitted reports whether Admit was called.
func (f *Flow) Admitted() bool { return false }

// SetOwner keeps one value of the core with the flow; Owner gives it back. Call both on the flow's lane or guard it.
func (f *Flow) SetOwner(v any) {}

// Owner is what SetOwner kept, or nil.
func (f *Flow) Owner() any { return nil }

// Post runs fn on the lane of the Call-ID (on streams: of the flow), after everything that came before it. It never
// blocks. False: the flow has closed and fn will not run.
func (f *Flow) Post(callID string, fn func()) bool { return false }

// Contact is our URI on this flow: advertised address, transport, sips never.
func (f *Flow) Contact(user string) sipmsg.Uri { return sipmsg.Uri{} }

// Send queues a message that belongs to no transaction: the ACK to a 2xx. A request without Via gets one.
func (f *Flow) Send(msg sipmsg.Message) error { return nil }

// Request starts a client transaction (INVITE or not; never ACK, never CANCEL). Via with a new branch is put on top,
// Max-Forwards added where missing. response is called on the lane for every provisional, the final answer, and each
// further 2xx to an INVITE within 64*T1 (retransmissions and forks, RFC 6026); fail once, instead of a final answer.
func (f *Flow) Request(req *sipmsg.Request, response func(*sipmsg.Response), fail func(error)) (*ClientTx, error) {
	return &ClientTx{}, nil
}

// Done is closed when the flow has ended; Err says why.
func (f *Flow) Done() <-chan struct{} { return nil }

// Err is nil while the flow lives.
func (f *Flow) Err() error { return nil }

// Close ends the flow after what is queued was written.
func (f *Flow) Close() {}

// ServerTx is a request that waits for its answer.
type ServerTx struct{ req *sipmsg.Request }

// Request is the message as it was validated. Read only.
func (tx *ServerTx) Request() *sipmsg.Request { return tx.req }

// Flow is where it came from and where the answers go.
func (tx *ServerTx) Flow() *Flow { return nil }

// Tag is our To tag, the same in every answer: the request's own where it has one.
func (tx *ServerTx) Tag() string { return "" }

// Response makes an answer: Via, From, To with our tag, Call-ID, CSeq, Record-Route where RFC 3261 asks for it.
func (tx *ServerTx) Response(code int, reason string) *sipmsg.Response { return nil }

// Respond sends an answer. After a final one only further 2xx to the same INVITE are taken (the leg retransmits its
// 2xx by itself, RFC 3261 §13.3.1.4); everything else is ErrTxState.
func (tx *ServerTx) Respond(*sipmsg.Response) error { return nil }

// OnCancel is called on the lane when a CANCEL matches the unanswered INVITE, after the CANCEL got its 200. The core
// answers the INVITE with 487. Set it within Core.Request.
func (tx *ServerTx) OnCancel(func(cancel *sipmsg.Request)) {}

// OnEnd is called once on the lane when the transaction is over: nil, ErrNoAck or ErrFlowClosed.
func (tx *ServerTx) OnEnd(func(error)) {}

// Done is closed when the transaction is over.
func (tx *ServerTx) Done() <-chan struct{} { return nil }

// ClientTx is a request of ours.
type ClientTx struct{ req *sipmsg.Request }

// Request is what was sent, Via included. Read only.
func (tx *ClientTx) Request() *sipmsg.Request { return tx.req }

// Cancel sends CANCEL for an INVITE, at once or with the first provisional answer (RFC 3261 §9.1); extra headers
// (Reason) go with it. After a final answer it does nothing. Without a final answer in 64*T1 fail gets ErrTimeout.
func (tx *ClientTx) Cancel(extra ...sipmsg.Header) {}

// Done is closed when the transaction is over.
func (tx *ClientTx) Done() <-chan struct{} { return nil }

package sip

import (
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Flow is one connection (TLS, TCP) or one remote address (UDP): ordered messages in, bytes out, closed. Transactions
// belong to their flow, so nobody can answer, cancel or acknowledge what came by another's.
type Flow struct {
	w             *Wire
	id            string
	listen        *listener
	remote, local netip.AddrPort
	tls           *tls.ConnectionState
	out           outlet
	lanes         []*lane // one on streams; UDP: chosen by Call-ID
	reliable      bool
	advertised    atomic.Pointer[netip.AddrPort]

	admitted   atomic.Bool
	unanswered atomic.Int64 // server transactions that wait for their final answer
	nameless   *time.Timer
	opened     sync.Once
	done       chan struct{}

	mu     sync.Mutex
	err    error
	owner  any
	server map[string]*ServerTx // by serverKey
	merges map[string]*ServerTx // by mergeKey
	client map[string]*ClientTx // by clientKey
}

// outlet is the way out: queue never blocks, shut lets what is queued leave first, cut does not.
type outlet interface {
	queue([]byte) error
	shut()
	cut()
}

func (w *Wire) newFlow(l *listener, remote, local netip.AddrPort) *Flow {
	f := &Flow{
		w: w, id: rand.Text(), listen: l, done: make(chan struct{}),
		remote: unmapped(remote), local: unmapped(local), reliable: l.Network != UDP,
		server: map[string]*ServerTx{}, merges: map[string]*ServerTx{}, client: map[string]*ClientTx{},
	}
	at := f.local
	if a := l.Advertised; a.Addr().IsValid() && !a.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(a.Addr(), f.local.Port())
	}
	if p := l.Advertised.Port(); p != 0 {
		at = netip.AddrPortFrom(at.Addr(), p)
	}
	f.advertised.Store(&at)
	return f
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// ID is unique for the life of the process and random.
func (f *Flow) ID() string { return f.id }

// Remote is the peer's address as the kernel says it.
func (f *Flow) Remote() netip.AddrPort { return f.remote }

// Local is our end of the connection.
func (f *Flow) Local() netip.AddrPort { return f.local }

// Advertised is what Via and Contact say on this flow.
func (f *Flow) Advertised() netip.AddrPort { return *f.advertised.Load() }

// advertise shows this peer another address of ours from now on: its trunk sees us behind a translation of its own.
func (f *Flow) advertise(a netip.Addr) {
	if a.IsValid() && a != f.Advertised().Addr() {
		at := netip.AddrPortFrom(a, f.Advertised().Port())
		f.advertised.Store(&at)
	}
}

// Listen is the listener it came in by.
func (f *Flow) Listen() *Listen { return &f.listen.Listen }

// TLS is nil on TCP and UDP.
func (f *Flow) TLS() *tls.ConnectionState { return f.tls }

// Reliable reports whether the transport retransmits by itself.
func (f *Flow) Reliable() bool { return f.reliable }

// Admit says that the core knows who is there: the wire may answer by itself now and the flow lives on.
func (f *Flow) Admit() {
	if f.admitted.Swap(true) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nameless != nil {
		f.nameless.Stop()
	}
}

// Admitted reports whether Admit was called.
func (f *Flow) Admitted() bool { return f.admitted.Load() }

// SetOwner keeps one value of the core with the flow; Owner gives it back.
func (f *Flow) SetOwner(v any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owner = v
}

// Owner is what SetOwner kept, or nil.
func (f *Flow) Owner() any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.owner
}

// Done is closed when the flow has ended; Err says why.
func (f *Flow) Done() <-chan struct{} { return f.done }

// Err is nil while the flow lives.
func (f *Flow) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Close ends the flow after what is queued was written.
func (f *Flow) Close() { f.end(ErrFlowClosed) }

// Post runs fn on the lane of the Call-ID (on streams: of the flow), after everything that came before it. It never
// blocks. False: the flow has closed and fn will not run.
func (f *Flow) Post(callID string, fn func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return false
	}
	f.lane(callID).post(fn)
	return true
}

func (f *Flow) lane(callID string) *lane {
	if len(f.lanes) == 1 {
		return f.lanes[0]
	}
	h := uint32(2166136261) // FNV-1a
	for i := range len(callID) {
		h = (h ^ uint32(callID[i])) * 16777619
	}
	return f.lanes[h%uint32(len(f.lanes))]
}

// Contact is our URI on this flow: advertised address and transport.
func (f *Flow) Contact(user string) sipmsg.Uri {
	at := f.Advertised()
	host := at.Addr().String()
	if at.Addr().Is6() {
		host = "[" + host + "]" // the parser's URIs keep the brackets, its Vias do not
	}
	return sipmsg.Uri{
		Scheme: "sip", User: user, Host: host, Port: int(at.Port()),
		UriParams: sipmsg.HeaderParams{{K: "transport", V: string(f.listen.Network)}},
	}
}

// Send queues a message that belongs to no transaction: the ACK to a 2xx. A request without Via gets one.
func (f *Flow) Send(msg sipmsg.Message) error {
	if req, ok := msg.(*sipmsg.Request); ok && req.Via() == nil {
		f.prepare(req)
	}
	return f.write(encode(msg))
}

// prepare puts our Via on top, with a new branch, and Max-Forwards where it is missing (RFC 3261 §8.1.1).
func (f *Flow) prepare(req *sipmsg.Request) {
	req.PrependHeader(&sipmsg.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(string(f.listen.Network)),
		Host: f.Advertised().Addr().String(), Port: int(f.Advertised().Port()),
		Params: sipmsg.HeaderParams{{K: "branch", V: newBranch()}, {K: "rport"}},
	})
	if req.MaxForwards() == nil {
		hops := sipmsg.MaxForwardsHeader(70)
		req.AppendHeader(&hops)
	}
}

func (f *Flow) write(b []byte) error {
	f.w.traceOut(b)
	f.captureOut(b)
	if err := f.out.queue(b); err != nil {
		return err
	}
	f.w.count.sent.Add(1)
	return nil
}

// end closes the flow once: transactions learn it first, then the core. An orderly end lets what is queued leave; any
// other reason cuts.
func (f *Flow) end(why error) {
	f.mu.Lock()
	if f.err != nil {
		f.mu.Unlock()
		return
	}
	f.err = why
	if f.nameless != nil {
		f.nameless.Stop()
	}
	// Posted under the lock: Post, which takes it too, can never come after the last callback.
	for _, tx := range f.server {
		f.lane(tx.callID).post(func() { tx.terminate(ErrFlowClosed) })
	}
	for _, tx := range f.client {
		f.lane(tx.callID).post(func() { tx.terminate(ErrFlowClosed) })
	}
	f.lane("").post(func() {
		f.open()
		f.w.cfg.Core.FlowClosed(f)
	})
	close(f.done)
	f.mu.Unlock()

	f.w.forget(f)
	if why == ErrFlowClosed || why == io.EOF {
		f.out.shut()
		return
	}
	f.out.cut()
}

// open tells the core of the flow, once and before anything else.
func (f *Flow) open() { f.opened.Do(func() { f.w.cfg.Core.FlowOpened(f) }) }

// limitNameless gives the core so long to find out who is there.
func (f *Flow) limitNameless(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.admitted.Load() || f.err != nil {
		return
	}
	f.nameless = time.AfterFunc(d, func() {
		if f.admitted.Load() {
			return
		}
		f.w.count.unidentified.Add(1)
		f.w.trouble(Trouble{Kind: Unidentified, Listen: f.listen.Name, Remote: f.remote})
		f.end(errUnidentified)
	})
}

// receive judges one message on the reader's goroutine and posts what comes of it to its lane.
func (f *Flow) receive(d *draft, no *refusal) {
	if no == nil {
		no = f.w.rules.validate(d)
	}
	var msg sipmsg.Message
	if no == nil {
		msg, no = parse(d)
	}
	if no != nil {
		f.refuse(d, no)
		return
	}
	f.w.traceIn(d)
	f.captureIn(d)
	switch m := msg.(type) {
	case *sipmsg.Request:
		f.stampVia(m)
		f.Post(string(*m.CallID()), func() { f.open(); f.takeRequest(m) })
	case *sipmsg.Response:
		f.Post(string(*m.CallID()), func() { f.open(); f.takeResponse(m) })
	}
}

// refuse answers what validation turned away, in the order of the wire; a stranger gets no byte.
func (f *Flow) refuse(d *draft, no *refusal) {
	f.w.count.invalid.Add(1)
	f.w.trouble(Trouble{Kind: Invalid, Listen: f.listen.Name, Remote: f.remote, Detail: strconv.Itoa(no.code) + " " + no.reason})
	callID, _ := d.first("Call-ID")
	f.Post(callID, func() {
		f.open()
		if b := answerTo(d, no); b != nil && f.Admitted() {
			_ = f.write(b)
		}
		if no.fatal {
			f.Close()
		}
	})
}

// stampVia notes where the request really came from (RFC 3261 §18.2.1, RFC 3581 §4).
func (f *Flow) stampVia(req *sipmsg.Request) {
	via, source := req.Via(), f.remote.Addr().String()
	rport, asked := via.Params.Get("rport")
	if via.Host != source || asked {
		via.Params.Add("received", source)
	}
	if asked && rport == "" {
		via.Params.Add("rport", strconv.Itoa(int(f.remote.Port())))
	}
	req.SetTransport(strings.ToUpper(string(f.listen.Network)))
	req.SetSource(f.remote.String())
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}

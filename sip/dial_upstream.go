package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// carriers are all upstreams: one for each carrier of the configuration.
type carriers struct {
	core   *core
	wire   *Wire
	finder *finder
	reach  func(context.Context, *Carrier, hop) (*Flow, error) // opens a connection

	mu   sync.Mutex
	of   map[string]*upstream
	ctx  context.Context // while running
	work sync.WaitGroup
	over bool // drained: nobody registers any more
}

// upstream is one carrier as it stands: its connections, its registration, its health.
type upstream struct {
	all  *carriers
	ctx  context.Context // ends with the carrier, or the house
	stop context.CancelFunc
	quit context.CancelFunc // ends the registration alone
	lost chan struct{}      // capacity 1: a connection with calls has gone

	mu      sync.Mutex
	cfg     Carrier
	ways    map[netip.AddrPort]*way
	resting map[netip.AddrPort]time.Time // until when a server is tried last
	home    hop                          // where we are registered, or were heard last
	faults  map[respect]fault            // what is wrong now; none: it is up
	tried   bool
	state   CarrierState
}

// respect is in what a carrier may fail; it is up when it does in none.
type respect uint8

const (
	inRegistration respect = iota
	inHealth
	inCalls
)

type fault struct {
	trouble CarrierTrouble
	code    int
}

func (cs *carriers) find(id string) *upstream {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.of[id]
}

// run keeps the carriers until ctx ends, and waits for all that it began.
func (cs *carriers) run(ctx context.Context) {
	cs.mu.Lock()
	cs.ctx = ctx
	cs.mu.Unlock()
	cs.changed()
	<-ctx.Done()
	cs.mu.Lock()
	cs.ctx = nil
	for id, u := range cs.of {
		u.stop()
		delete(cs.of, id)
	}
	cs.mu.Unlock()
	cs.work.Wait()
}

// changed makes what runs equal to what is configured.
func (cs *carriers) changed() {
	if cs.core.cfg.Carriers == nil {
		return
	}
	now := cs.core.cfg.Carriers()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.ctx == nil {
		return
	}
	for id, u := range cs.of {
		i := slices.IndexFunc(now, func(c Carrier) bool { return c.ID == id })
		if i >= 0 && u.keeps(now[i]) {
			continue
		}
		u.stop()
		delete(cs.of, id)
	}
	for _, c := range now {
		if cs.of[c.ID] == nil {
			cs.of[c.ID] = cs.begin(c)
		}
	}
}

// keeps takes new limits and functions; false: its terms are others, and it has to be approached anew.
func (u *upstream) keeps(c Carrier) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	was := &u.cfg
	same := was.Mark == c.Mark && was.Host == c.Host && was.Port == c.Port && was.network() == c.network() && was.User == c.User &&
		was.domain() == c.domain() && was.Register == c.Register && was.Expires == c.Expires && was.OptionsEvery == c.OptionsEvery
	if same {
		u.cfg = c
	}
	return same
}

func (cs *carriers) begin(c Carrier) *upstream {
	u := &upstream{
		all: cs, cfg: c, lost: make(chan struct{}, 1), ways: map[netip.AddrPort]*way{}, resting: map[netip.AddrPort]time.Time{},
		faults: map[respect]fault{}, state: CarrierState{ID: c.ID, Name: c.Name, Since: time.Now(), Trouble: Untried},
	}
	u.ctx, u.stop = context.WithCancel(cs.ctx)
	signed, quit := context.WithCancel(u.ctx)
	u.quit = quit
	if c.Register && !cs.over {
		cs.work.Go(func() { u.keepRegistered(signed) })
	}
	if c.OptionsEvery >= 0 {
		cs.work.Go(u.keepAsking)
	}
	cs.work.Go(u.keepCalls)
	return u
}

// drain un-registers everywhere; connections and calls stay.
func (cs *carriers) drain() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.over = true
	for _, u := range cs.of {
		u.quit()
	}
}

func (cs *carriers) states() []CarrierState {
	cs.mu.Lock()
	all := make([]*upstream, 0, len(cs.of))
	for _, u := range cs.of {
		all = append(all, u)
	}
	cs.mu.Unlock()
	out := make([]CarrierState, 0, len(all))
	for _, u := range all {
		out = append(out, u.report())
	}
	slices.SortFunc(out, func(a, b CarrierState) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// report is the state as it is now.
func (u *upstream) report() CarrierState {
	calls := u.all.core.callsOf(u.cfgNow().ID)
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.state
	s.Calls = calls
	if s.Registered.Before(time.Now()) {
		s.Registered = time.Time{}
	}
	if w := u.ways[u.home.addr]; w != nil && w.standing() != nil {
		s.Address, s.Target = u.home.addr, u.home.name
	}
	return s
}

func (u *upstream) cfgNow() Carrier {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cfg
}

// works says that nothing is wrong in this respect (any more); fails says what is.
func (u *upstream) works(in respect) { u.judge(in, fault{}) }

func (u *upstream) fails(in respect, f fault) { u.judge(in, f) }

func (u *upstream) judge(in respect, f fault) {
	u.mu.Lock()
	if f.trouble == "" {
		delete(u.faults, in)
	} else {
		u.faults[in] = f
	}
	was, knew := u.state, u.tried
	u.tried = true
	u.state.Up, u.state.Trouble, u.state.Code = len(u.faults) == 0, "", 0
	for _, r := range []respect{inCalls, inHealth, inRegistration} { // the last one says most
		if f, ok := u.faults[r]; ok {
			u.state.Trouble, u.state.Code = f.trouble, f.code
		}
	}
	if u.state.Up != was.Up || !knew {
		u.state.Since = time.Now()
	}
	now := u.state
	u.mu.Unlock()
	news := now.Up != was.Up || now.Trouble != was.Trouble || !knew
	if tell := u.all.core.cfg.OnCarrier; news && tell != nil && u.ctx.Err() == nil {
		tell(now)
	}
}

// restUsual is how long a server that failed is tried last; restMost bounds a Retry-After.
const (
	restUsual = 30 * time.Second
	restMost  = 10 * time.Minute
)

func (u *upstream) rest(h hop, d time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.resting[h.addr] = time.Now().Add(min(cmp.Or(d, restUsual), restMost))
}

// hops are the servers in the order to try them: the one that we are registered at first, those that rest last.
func (u *upstream) hops(ctx context.Context) ([]hop, error) {
	cfg := u.cfgNow()
	if cfg.network() != TLS && !time.Now().Before(cfg.ClearUntil) {
		return nil, errNoException
	}
	all, err := u.all.finder.hops(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	place := func(h hop) int {
		switch {
		case now.Before(u.resting[h.addr]):
			return 2
		case cfg.Register && h == u.home:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b hop) int { return cmp.Compare(place(a), place(b)) })
	return all, nil
}

var errNoException = errors.New("in clear, without an exception")

// flow gives the connection to a server that stands, or makes one; whoever comes meanwhile waits for it together.
func (u *upstream) flow(ctx context.Context, h hop) (*Flow, error) {
	u.mu.Lock()
	w, cfg := u.ways[h.addr], u.cfg
	if w == nil {
		w = &way{turn: make(chan struct{}, 1)}
		u.ways[h.addr] = w
	}
	u.mu.Unlock()
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if f := w.standing(); f != nil {
		return f, nil
	}
	f, err := u.all.reach(ctx, &cfg, h)
	if err != nil {
		return nil, err
	}
	w.stands(f)
	u.all.wire.work.Go(func() { u.tend(f) })
	u.all.core.rejoin(cfg.ID, f)
	return f, nil
}

// tend keeps a connection open for as long as the carrier is ours, and after it for the calls on it (RFC 5626 §3.5.1).
func (u *upstream) tend(f *Flow) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	ended := u.ctx.Done()
	used := time.Now()
	for {
		select {
		case <-f.Done():
			return
		case <-ended:
			ended = nil
		case <-tick.C:
			_ = f.out.queue(keepalive)
		}
		cfg := u.cfgNow()
		busy := u.all.core.legsOn(f) > 0
		if busy || u.ctx.Err() == nil && (cfg.Register || cfg.OptionsEvery >= 0) {
			used = time.Now()
		}
		if !busy && u.ctx.Err() != nil && ended == nil || time.Since(used) >= routeIdle {
			f.Close()
			return
		}
	}
}

// keepCalls makes a connection anew when one with calls on it has gone: whoever talks by this carrier can then be reached
// and hung up again.
func (u *upstream) keepCalls() {
	for {
		select {
		case <-u.ctx.Done():
			return
		case <-u.lost:
		}
		for try := 0; try < 5 && u.all.core.driftsFrom(u.cfgNow().ID); try++ {
			if _, _, err := u.anyFlow(u.ctx); err == nil {
				break
			}
			select {
			case <-u.ctx.Done():
				return
			case <-time.After(time.Second << try):
			}
		}
	}
}

// anyFlow is a connection to the first server that can be had.
func (u *upstream) anyFlow(ctx context.Context) (*Flow, hop, error) {
	hops, err := u.hops(ctx)
	if err != nil {
		return nil, hop{}, err
	}
	for _, h := range hops {
		var f *Flow
		if f, err = u.flow(ctx, h); err == nil {
			return f, h, nil
		}
		u.rest(h, 0)
	}
	return nil, hop{}, err
}

// reach opens a flow to a carrier's server and begins to read it.
func (w *Wire) reach(ctx context.Context, cfg *Carrier, h hop) (*Flow, error) {
	ctx, stop := context.WithTimeout(ctx, w.limits.Handshake)
	defer stop()
	defer context.AfterFunc(w.ctx, stop)()
	conn, err := (&net.Dialer{KeepAliveConfig: alive}).DialContext(ctx, "tcp", h.addr.String())
	if err != nil {
		return nil, err
	}
	l := &listener{Listen: Listen{Name: "carrier " + cfg.ID, Network: cfg.network()}, w: w, out: true, carrier: cfg.ID}
	var state *tls.ConnectionState
	if cfg.network() == TLS {
		secured, err := secure(ctx, conn, Route{Host: cmp.Or(cfg.CertName, strings.Trim(cfg.Host, "[]")), Roots: cfg.Roots, Certificate: cfg.Certificate})
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		cs := secured.ConnectionState()
		conn, state = secured, &cs
	}
	f := w.attach(l, conn, state)
	if f == nil {
		return nil, ErrFlowClosed
	}
	w.work.Go(func() { f.read(conn) })
	return f, nil
}

// troubleOf names what stood in the way of a connection.
func troubleOf(err error) CarrierTrouble {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var strange x509.UnknownAuthorityError
	var dns *net.DNSError
	var answer *CarrierError
	switch {
	case errors.As(err, &answer):
		return answer.Trouble
	case errors.Is(err, errNoException):
		return NoException
	case errors.As(err, &dns), errors.Is(err, errNoServer):
		return NoName
	case errors.Is(err, errOwnCertificate):
		return OwnCertificate
	case errors.As(err, &name):
		return CertificateName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CertificateExpired
	case errors.As(err, &strange), errors.As(err, &invalid):
		return CertificateStrange
	case errors.Is(err, syscall.ECONNREFUSED):
		return ConnectionRefused
	case errors.Is(err, ErrFlowClosed):
		return ConnectionLost
	case errors.Is(err, ErrTimeout):
		return NoResponse
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" || errors.Is(err, context.DeadlineExceeded) {
		return NoConnection
	}
	return TLSFailed
}

// identity is whose connection of ours it is: the trunk of the carrier's id, known because we made the connection.
func (cs *carriers) identity(id string) (identity, bool) {
	if id == "" {
		return identity{}, false
	}
	var cfg Carrier
	if u := cs.find(id); u != nil {
		cfg = u.cfgNow()
	} else {
		return identity{}, false
	}
	known := "connection " + cfg.domain()
	for _, t := range cs.core.ids.trunks() {
		if t.ID == id {
			return identity{t, known}, true
		}
	}
	return identity{Trunk{ID: id, Name: cfg.Name, MaxCalls: cfg.MaxCalls, MaxRate: cfg.MaxRate}, known}, true
}

// cut is told when a connection with calls on it has gone.
func (cs *carriers) cut(id string) {
	if u := cs.find(id); u != nil {
		select {
		case u.lost <- struct{}{}:
		default:
		}
	}
}

// rejoin takes the dialogs that lost their connection to a carrier to the one that was made now (RFC 5626 §5.3).
func (c *core) rejoin(carrier string, f *Flow) {
	for _, l := range c.waiting(func(l *Leg) bool { return l.carrier == carrier }) {
		_ = l.verb(happening{event: flowBack, flow: f})
	}
}

func (c *core) driftsFrom(carrier string) bool {
	return len(c.waiting(func(l *Leg) bool { return l.carrier == carrier })) > 0
}

// callsOf is how many calls a trunk has now.
func (c *core) callsOf(trunk string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.load[trunk]; w != nil {
		return w.calls
	}
	return 0
}

// lend counts a further leg of a call that was let in.
func (c *core) lend(trunk string) {
	c.mu.Lock()
	c.load[trunk].calls++
	c.mu.Unlock()
}

// lastWord is the final answer to our INVITE that was no 2xx; nil: there was none.
func (l *Leg) lastWord() *sipmsg.Response {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.final
}

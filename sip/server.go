package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Config is all a Server needs from outside.
type Config struct {
	Listeners []Listen
	Trunks    func() []Trunk // the trunks as they stand now; asked at each arrival
	Devices   Devices
	OnInvite  func(*Leg) // a caller on a known trunk; must not block
	OnPhone   func(*Leg) // a registered phone dialled something: Facts has Device and Number; must not block; nil: 403
	// OnReplaces is an INVITE of a phone or a trunk that is to take the place of another dialog: Facts has Replaces; must
	// not block; nil: declined.
	OnReplaces func(*Leg)
	// MayRefer says whether a leg's peer may transfer; it is asked under the leg's lock and looks at ID, Facts and User
	// alone. nil: phones may, trunks may not.
	MayRefer  func(*Leg) bool
	OnBinding func(BindingEvent) // may be nil; must not block
	OnTrouble func(Trouble)      // may be nil; must not block
	Log       *slog.Logger       // nil: silent. No name, number or SIP text is ever written to it
	Limits    Limits
	Realm     string // of digest challenges, and of the names in device certificates
	// Urgent says of what a phone dialled that no limit and no draining may hold it up. May be nil.
	Urgent func(number string) bool
	// Closed is how long phones are asked to wait before they try to register again; zero: they may now. May be nil.
	Closed func() time.Duration

	// Carriers are the trunks' outbound sides as they stand now; asked at the start and after CarriersChanged. May be nil.
	Carriers  func() []Carrier
	OnCarrier func(CarrierState) // a carrier came up or went down, or for another reason; must not block; may be nil
	Resolver  Resolver           // nil: the system's
	Instance  string             // of this installation: it makes the +sip.instance by which carriers know us again

	// Stir judges the Identity headers of trunks' INVITEs; nil: they are not read.
	Stir *Stir
	// Capture sends redacted signalling to a capture server; nil: nothing leaves.
	Capture *Capture

	// DeviceRoots is the CA of device certificates, in PEM; nil: phones are known by their digest alone.
	DeviceRoots func() string
}

// Server is signalling as a whole: the wire and the dialogs on it. Make it with New, Run it, Close it.
type Server struct {
	wire *Wire
	core *core
}

// methods and extensions are what the dialogs understand.
var (
	methods3261 = []sipmsg.RequestMethod{sipmsg.INVITE, sipmsg.ACK, sipmsg.CANCEL, sipmsg.BYE, sipmsg.OPTIONS,
		sipmsg.REGISTER, sipmsg.INFO, sipmsg.PRACK, sipmsg.UPDATE, sipmsg.REFER, sipmsg.NOTIFY}
	extensions = []string{"timer", "100rel", "path", "outbound", "replaces", "norefersub"}
)

// New binds the listeners and loads their certificates; nobody is answered before Run.
func New(cfg Config) (*Server, error) {
	if cfg.Capture != nil {
		cfg.Capture.open()
	}
	c := newCore(cfg)
	w, err := OpenWire(WireConfig{
		Listeners: cfg.Listeners, Core: c, Methods: methods3261, Extensions: extensions, Passes: c.passes,
		OnTrouble: cfg.OnTrouble, Log: cfg.Log, Limits: cfg.Limits, Capture: cfg.Capture,
	})
	if err != nil {
		return nil, err
	}
	c.routes.core, c.routes.wire, c.carriers.wire, c.carriers.reach = c, w, w, w.reach
	return &Server{wire: w, core: c}, nil
}

// Run serves until ctx ends or Close, and returns when every goroutine has ended.
func (s *Server) Run(ctx context.Context) error {
	defer s.core.registrar.close()
	outward, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { s.core.carriers.run(outward) })
	if capture := s.core.cfg.Capture; capture != nil {
		work.Go(func() { capture.run(outward) })
	}
	defer work.Wait()
	defer stop()
	return s.wire.Run(ctx)
}

// Close ends Run.
func (s *Server) Close() error { return s.wire.Close() }

// ReloadTLS loads each TLS listener's certificate anew. A failed load keeps the old one; no call notices either.
func (s *Server) ReloadTLS() []Reload { return s.wire.ReloadTLS() }

// Drain answers new INVITEs with 503 and Retry-After, and takes back our registrations at carriers; calls that stand go on.
func (s *Server) Drain() {
	s.wire.Drain()
	s.core.carriers.drain()
}

// DevicesChanged ends the registrations of devices that are known no more or have another credential, and closes their
// connections; their conversations go on.
func (s *Server) DevicesChanged() { s.core.registrar.unbindUnknown() }

// Counters is a snapshot of the wire's counters.
func (s *Server) Counters() Counters { return s.wire.Counters() }

// Addrs are the bound addresses, in the order of the listeners.
func (s *Server) Addrs() []netip.AddrPort { return s.wire.Addrs() }

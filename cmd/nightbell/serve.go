package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"nightbell/call"
	"nightbell/console"
	"nightbell/media"
	"nightbell/policy"
	"nightbell/sip"
	"nightbell/store"
)

// server is the whole house while it takes calls. Make it with openServer, Run it; everything it started has ended when
// Run returns.
type server struct {
	office    *office
	log       *slog.Logger
	since     time.Time
	rules     *rules
	journal   *store.Journal
	media     *media.Engine
	prompts   map[string]*media.Prompt
	recorder  *recorder
	recovery  *recovery
	bindings  bindings
	rare      *rare         // what strangers and exceptions have to say to the audit log
	merged    chan struct{} // capacity 1: the spool is in the database
	disk      *disk
	rests     *restShelf
	board     *call.Switchboard
	sip       *sip.Server
	console   *console.Console
	http      net.Listener
	control   net.Listener
	alarms    alarms
	notices   notices
	zones     reloads
	gaps      *gapWatch
	offers    *offerWatch
	gate      *gateWatch
	desk      *phoneDesk
	keeper    *keeper
	outward   *outward
	urgent    *urgentDesk
	ladders   *ladders
	alarmDesk *alarmDesk
	callers   *callerWatch
	sentinel  *sentinel
	glass     *glassWatch
	proof     *proof
	late      *late                      // what happened while the keys were sealed, on its way into the journal
	sealed    atomic.Pointer[sealedDesk] // who answers while the keys are sealed; nil: they are open
	bundle    *bundleKeeper
	unsealing sync.Mutex
	emergency *sealedDesk // the desk of a sealed start, after the unsealing too: its calls go on
	parts     *parts
	figures   *prometheus.Registry
	draining  atomic.Bool
	owned     []func() error // closed in reverse when opening breaks off or Run ends
}

// openServer opens the data folder, recovers from a crash, and binds every listener; nobody is answered before Run.
func openServer(ctx context.Context, cfg Config, ask asking, log *slog.Logger) (_ *server, err error) {
	s := &server{log: log, since: time.Now().UTC(), prompts: media.Prompts(), bindings: newBindings(), rare: newRare(time.Now), merged: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	opt := store.Options{Changed: s.rulesChanged, Trouble: s.storeTrouble}
	if s.office, err = openOfficeWith(ctx, cfg, ask, opt); err != nil {
		return nil, err
	}
	s.owns(s.office.Close)
	s.rules = newRules(s.office, s.rulesReplaced)
	s.bundle = newBundleKeeper(s.office, func() *policy.Book { return s.rules.now.Load().policy.Book }, s.trouble("bundle"))
	s.openWatches()
	s.openAlarms()
	s.openSentinel()
	s.keeper = newKeeper(s.office, func() *sip.Server { return s.sip }, log)
	s.owns(s.keeper.close)
	s.outward = &outward{rules: s.rules, sip: func() *sip.Server { return s.sip }, log: log}
	s.owns(func() error { s.outward.dials.Wait(); return nil })
	s.glass = newGlassWatch(s.office, &s.alarms, log)
	inside := s.openHouse
	if s.office.Sealed != nil {
		inside = s.openSealed
	}
	for _, step := range []func(context.Context) error{inside, s.openMedia, s.openSIP, s.openConsole} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// openHouse is what needs the keys: the memory and the switchboard.
func (s *server) openHouse(ctx context.Context) error {
	if err := s.openLate(); err != nil {
		return err
	}
	if s.journal == nil { // an unsealing that broke off behind it is tried again
		if err := s.openMemory(ctx); err != nil {
			return err
		}
	}
	if err := s.openProof(ctx); err != nil {
		return err
	}
	if err := s.rules.load(ctx); err != nil {
		return err
	}
	s.openBoard()
	return nil
}

func (s *server) owns(close func() error) { s.owned = append(s.owned, close) }

func (s *server) close() error {
	var all []error
	for i := len(s.owned) - 1; i >= 0; i-- {
		all = append(all, s.owned[i]())
	}
	s.owned = nil
	return errors.Join(all...)
}

// openMemory is the journal with its spool, and what a crash left.
func (s *server) openMemory(ctx context.Context) error {
	spool, err := s.office.spool()
	if err != nil {
		return err
	}
	s.owns(spool.Close)
	s.recovery = &recovery{office: s.office, log: s.log, before: s.since}
	s.recovery.spares(s.keeper.left())
	if err := s.recovery.Run(ctx); err != nil && !canWait(err) {
		return fmt.Errorf("recovery: %w", err)
	}
	s.journal = s.office.Store.Journal(spool)
	s.owns(func() error { s.journal.Close(); return nil })
	return nil
}

func (s *server) openMedia(context.Context) error {
	c := s.office.Config.Media
	engine, err := media.Open(media.Config{Ports: media.PortRange(c.Ports), Loops: c.Loops, Log: s.log, Marks: s.keeper.folder})
	if err != nil {
		return err
	}
	s.media = engine
	s.owns(engine.Close)
	return nil
}

// openBoard makes the switchboard that takes what the listeners bring.
func (s *server) openBoard() {
	s.recorder = &recorder{office: s.office, log: s.log, alarms: &s.alarms, quit: make(chan struct{}), live: map[*recording]struct{}{}}
	s.disk = newDisk(s.office, s.recorder, &s.alarms)
	s.rests = newRestShelf(s.office.Store, s.trouble("agent states"))
	s.board = call.NewSwitchboard(call.Ports{
		Decide:   s.rules.Decide,
		Sound:    func() call.Sound { return sound{s.media.NewCall()} },
		Prompt:   s.office.shelf.prompt,
		Phones:   phones{s.rules, func() *sip.Server { return s.sip }},
		Trunks:   s.outward,
		PINs:     newCallPINs(s.office, s.rules),
		Numbers:  numbers{s.rules},
		Patch:    s.rules.patch,
		Known:    s.rules.known,
		Outward:  s.rules.outwardPlan,
		Keeper:   s.keeper.port(),
		Agents:   team{s},
		Shelf:    s.rests,
		Recorder: s.recorder,
		Journal:  gateJournal{s.journal, s.gate},
		Now:      func() time.Time { return time.Now().UTC() },
		Fault:    s.fault,
	})
}

// openSIP binds the listeners. They outlive an unsealing: what they bring goes to whoever sits at the desk.
func (s *server) openSIP(context.Context) error {
	cfg := s.office.Config
	s.openDesk()
	s.openUrgent()
	var listeners []sip.Listen
	for _, l := range cfg.Listen {
		listeners = append(listeners, s.listener(l))
	}
	capture, err := cfg.capture()
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	s.sip, err = sip.New(sip.Config{
		Listeners: listeners, Trunks: s.rules.Trunks, Devices: s.rules, OnInvite: s.invited, OnBinding: s.bound,
		OnPhone: s.phoned, OnReplaces: s.replaces, Stir: cfg.stir(), Capture: capture, Urgent: urgentNumber, DeviceRoots: sync.OnceValue(s.office.houseRoots),
		Carriers: s.rules.Carriers, OnCarrier: s.carrierChanged, Instance: s.office.Store.Instance(),
		OnTrouble: s.sipTrouble, Log: s.log, Realm: cfg.Realm, Limits: cfg.Limits.sip(), Closed: s.closed,
	})
	if err != nil {
		return err
	}
	s.owns(s.sip.Close)
	return nil
}

func (s *server) listener(l ListenConfig) sip.Listen {
	return sip.Listen{
		Name: l.Network + " " + l.Bind.String(), Network: sip.Network(l.Network), Bind: l.Bind, Advertised: l.Advertised.AddrPort,
		Certificate: s.certificate, Allow: s.allowed(l.Network),
	}
}

// invited is a caller on a known trunk.
func (s *server) invited(l *sip.Leg) {
	if s.comesBack(l) {
		return
	}
	if s.urgent.calledBack(l, s.taken) {
		return
	}
	s.taken(l)
}

// taken goes to whoever sits at the desk.
func (s *server) taken(l *sip.Leg) {
	if d := s.sealed.Load(); d != nil {
		d.board.Take(s.arrival(l))
		return
	}
	limit := s.office.Config.Limits.Calls
	if limit > 0 && s.board.Running() >= limit {
		_ = l.Refuse(sip.Refusal{Reason: sip.Overload})
		return
	}
	s.board.Take(s.arrival(l))
}

func (s *server) openConsole(context.Context) error {
	s.figures = prometheus.NewRegistry()
	s.registerSealed(s.figures)
	if s.sealed.Load() == nil {
		s.register(s.figures)
	}
	ports := s.office.ports(s)
	ports.Unsealing, ports.Carriers = s, s
	s.console = console.New(console.Config{Ports: ports, Metrics: s.figures, Log: s.log})
	var err error
	if s.http, err = net.Listen("tcp", s.office.Config.Console.Bind.String()); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	s.owns(func() error { return unlessClosed(s.http.Close()) })
	if s.control, err = console.ListenControl(filepath.Join(s.office.Config.Dir, console.ControlName)); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	s.owns(func() error { return unlessClosed(s.control.Close()) })
	return nil
}

// unlessClosed forgives a second Close: who serves a listener closes it.
func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Run serves until ctx ends, then drains: no new calls, the running ones end by themselves within limits.drain. Where a
// part of the house breaks, the running calls are ended in order and at once: whoever watches us starts us anew.
func (s *server) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.parts = &parts{ctx: work, broken: make(chan error, 1)}
	s.parts.run(s.lineParts())
	if d := s.sealed.Load(); d != nil {
		s.readySealed(d)
	} else {
		s.parts.run(s.houseParts())
		s.takeUp()
		s.ready()
	}
	var err error
	select {
	case <-ctx.Done():
		s.drain(s.office.Config.Limits.Drain.Duration)
	case err = <-s.parts.broken:
		s.log.Error("a part of the server is broken", "err", err)
		s.drain(0)
	}
	if s.recorder != nil {
		s.recorder.wait()
	}
	stop()
	s.parts.running.Wait()
	err = errors.Join(err, s.stopped())
	s.proof.Last()
	return errors.Join(err, s.close())
}

// part is something that runs as long as the server does.
type part = func(context.Context) error

// lineParts run from the start on, the keys sealed or open.
func (s *server) lineParts() map[string]part {
	return map[string]part{
		"sip":   s.sip.Run,
		"media": s.media.Run,
		"console": func(c context.Context) error {
			return s.console.Serve(c, s.http, certificate(s.office.Config.consoleCertificate()))
		},
		"control": func(c context.Context) error { return s.console.ServeControl(c, s.control) },
		"watch":   s.watch,
		"alarms":  s.alarmDesk.Run,
	}
}

// houseParts run while the keys are open.
func (s *server) houseParts() map[string]part {
	s.recorder.ctx = s.parts.ctx
	return map[string]part{
		"rules":    func(c context.Context) error { s.rules.Run(c, s.rulesTrouble); return nil },
		"keeper":   s.keeper.Run,
		"rests":    s.rests.Run,
		"folder":   func(c context.Context) error { s.office.Folder.Run(c, s.folderTrouble); return nil },
		"recovery": s.mend,
		"disk":     s.disk.Run,
		"bindings": func(c context.Context) error { s.bindings.Run(c, s.office.Store, s.log); return nil },
		"rare":     func(c context.Context) error { s.rare.Run(c, s.office.Store, s.log); return nil },
		"gaps":     func(c context.Context) error { s.gaps.Run(c); return nil },
		"gate":     func(c context.Context) error { s.runGate(c); return nil },
		"offers":   func(c context.Context) error { s.offers.Run(c); return nil },
		"ladders":  func(c context.Context) error { s.ladders.Run(c); return nil },
		"callers":  s.callers.Run,
		"sentinel": s.sentinel.Run,
		"live":     s.followLive,
		"glass":    func(c context.Context) error { s.glass.Run(c); return nil },
		"purge":    func(c context.Context) error { s.purger().Run(c); return nil },
		"zones":    s.followZones,
		"proof":    func(c context.Context) error { return s.proof.Run(c) },
		"people":   (&doorkeeper{s.office, s.AgentsChanged, s.trouble("people")}).Run,
		"backups":  (&backupWatch{office: s.office, alarms: &s.alarms}).Run,
		"bundle":   s.bundle.Run,
		"rewrap":   s.office.rewrap.Run,
	}
}

// parts owns the goroutines of a running server; an unsealing adds to them.
type parts struct {
	ctx     context.Context
	running sync.WaitGroup
	broken  chan error // capacity 1
}

func (p *parts) run(all map[string]part) {
	for name, run := range all {
		p.running.Go(func() {
			err := run(p.ctx)
			if p.ctx.Err() != nil {
				return
			}
			select {
			case p.broken <- fmt.Errorf("%s ended: %w", name, cmp.Or(err, errEarly)):
			default: // one is enough
			}
		})
	}
}

// errEarly is a part that ended without being told to, and without saying why.
var errEarly = errors.New("without a reason")

// drain lets the running calls end, and ends those that are left after d; systemd, the console and the log are told.
func (s *server) drain(d time.Duration) {
	s.draining.Store(true)
	notify("STOPPING=1")
	s.sip.Drain()
	s.unsealing.Lock() // one that is under way first
	boards := s.boards()
	s.unsealing.Unlock()
	s.log.Info("draining", "calls", callsOn(boards), "at_most", d)
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var all sync.WaitGroup
	for _, b := range boards {
		all.Go(func() { b.Drain(ctx) })
	}
	all.Go(func() { s.urgent.Wait(ctx) })
	all.Wait()
}

// notify tells systemd, where it listens (sd_notify(3)).
func notify(state string) {
	addr := os.Getenv("NOTIFY_SOCKET")
	if addr == "" {
		return
	}
	conn, err := net.Dial("unixgram", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}

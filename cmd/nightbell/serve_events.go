package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/sip"
	"nightbell/store"
)

// This file is what the rooms tell the server, and what it does about it: a log line without PHI, an alarm, an audit
// event, another look at the rules.

// rulesChanged is called by the store after a commit that changed the book.
func (s *server) rulesChanged() {
	if s.rules != nil {
		s.rules.Changed()
	}
}

// rulesReplaced follows every replacement of the rules: registrations of revoked devices end, waiting calls look again.
func (s *server) rulesReplaced() {
	if s.sip != nil {
		s.sip.DevicesChanged()
	}
	s.gaps.Changed()
	s.nudge()
}

// nudge lets waiting calls look again whom they can reach.
func (s *server) nudge() {
	if s.board != nil {
		s.board.Nudge()
	}
}

func (s *server) rulesTrouble(err error) {
	s.alarms.raise("rules", "rules cannot be loaded: the last ones stand")
	s.log.Error("rules", "err", err)
}
func (s *server) folderTrouble(err error) {
	s.alarms.raise("recordings", "recordings cannot be synced")
	s.log.Error("recordings", "err", err)
}

func (s *server) storeTrouble(t store.Trouble) {
	s.log.Error("store", "trouble", string(t.Kind), "detail", t.Detail)
	if t.Kind == store.JournalMerged {
		s.alarms.clear(string(store.JournalSpools))
		s.alarms.clear(string(store.JournalHolds))
		return
	}
	s.alarms.raise(string(t.Kind), t.Detail)
}

func (s *server) sipTrouble(t sip.Trouble) {
	s.log.Info("sip", "trouble", string(t.Kind), "listener", t.Listen, "source", t.Remote.Addr(), "detail", t.Detail)
	if t.Kind == sip.ReloadRefused {
		s.alarms.raise("certificate", "a certificate could not be loaded: the old one stays")
	}
}

// fault is a defect of ours in a call; what panicked may hold a number and is not printed.
func (s *server) fault(id string, _ any) {
	s.log.Error("fault in a call", "call", id)
	s.alarms.raise("fault", "a call ended by a defect: see the log")
}

// bound keeps the memory of who registered from where, and lets waiting calls look again.
func (s *server) bound(e sip.BindingEvent) {
	s.nudge()
	go s.rememberBinding(e)
}

var bindingActions = map[sip.BindingKind]audit.Action{
	sip.BindingMade: audit.DeviceRegistered, sip.BindingMoved: audit.DeviceRegistered,
	sip.BindingGone: audit.DeviceUnregistered, sip.BindingFailed: audit.DeviceRefused,
}

func (s *server) rememberBinding(e sip.BindingEvent) {
	action, ok := bindingActions[e.Kind]
	if !ok {
		return
	}
	event := audit.Event{Time: time.Now().UTC(), Action: action, Object: "device:" + e.User, Outcome: audit.Done, Reason: e.Reason,
		Actor: audit.Actor{Type: "device", ID: e.User, IP: e.Remote.Addr().String()}}
	if e.Kind == sip.BindingFailed {
		event.Outcome = audit.Refused
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.office.Store.Audit(ctx, event); err != nil {
		s.log.Error("audit of a binding", "err", err)
	}
	if e.Kind == sip.BindingMade {
		_ = s.office.Store.SawDevice(ctx, e.User, time.Now().UTC())
	}
}

// allowed is the read filter of a listener in clear: the addresses of trunks whose signalling exception lives.
func (s *server) allowed(network string) func(netip.Addr) bool {
	if network == "tls" {
		return nil
	}
	return func(a netip.Addr) bool {
		now := time.Now()
		for _, t := range s.rules.Trunks() {
			if now.Before(t.ClearUntil) && slices.ContainsFunc(t.Prefixes, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) }) {
				return true
			}
		}
		return false
	}
}

// certificate loads a pair from its files each time it is asked.
func certificate(cert, key string) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		return &pair, nil
	}
}

// watch reloads on SIGHUP and looks after what no room looks after by itself.
func (s *server) watch(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			s.reload()
		case <-tick.C:
			s.look()
		}
	}
}

// reload takes certificates, zone data and rules anew; calls do not notice. A failed load keeps the old one and alarms.
func (s *server) reload() {
	notify("RELOADING=1")
	for _, r := range s.sip.ReloadTLS() {
		if r.Err != nil {
			s.log.Error("certificate reload", "listener", r.Listen, "err", r.Err)
			continue
		}
		s.alarms.clear("certificate")
		s.log.Info("certificate reloaded", "listener", r.Listen, "not_after", r.NotAfter)
	}
	s.zones.ask()
	s.rules.Changed()
	notify("READY=1")
}

// look is the operator's eye: room on the disk, the journal's health.
func (s *server) look() {
	space, err := s.office.Folder.Space()
	switch {
	case err != nil:
		s.alarms.raise("disk", "free space cannot be read")
	case space.Share() < 0.05:
		s.alarms.raise("disk", "less than 5 % of the recordings' disk is free")
	case space.Share() < 0.20:
		s.alarms.raise("disk", "less than 20 % of the recordings' disk is free")
	default:
		s.alarms.clear("disk")
	}
	notify("WATCHDOG=1")
}

// ready says where calls are taken.
func (s *server) ready() {
	cfg := s.office.Config
	s.remember(audit.ServerStarted)
	for _, a := range s.sip.Addrs() {
		s.log.Info("taking calls", "listener", a)
	}
	s.log.Info("console", "url", cfg.consoleURL())
	if cfg.Mode == Development {
		s.log.Warn("DEVELOPMENT MODE: the key lies with the data; not for patients")
	}
	notify("READY=1")
}

// stopped remembers an orderly end.
func (s *server) stopped() error {
	s.remember(audit.ServerStopped)
	s.log.Info("stopped")
	return nil
}

func (s *server) remember(a audit.Action) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.office.Store.Audit(ctx, audit.Event{Time: time.Now().UTC(), Action: a, Object: "server:" + s.office.Store.Instance(),
		Outcome: audit.Done, Actor: audit.Actor{Type: "system"}})
	if err != nil {
		s.log.Error("audit", "err", err)
	}
}

// The floor: what only the running server knows.

func (s *server) State() console.State {
	if s.draining.Load() {
		return console.Draining
	}
	return console.Ready
}

func (s *server) Registered() map[string]int {
	n := map[string]int{}
	for _, b := range s.sip.Bindings() {
		n[b.User]++
	}
	return n
}

func (s *server) TrunkCalls() map[string]int {
	n := map[string]int{}
	for _, v := range s.board.Live() {
		n[v.Trunk]++
	}
	return n
}

// AgentsChanged is told after a pause, a resume, an enrolment or a revocation: it holds for the next call.
func (s *server) AgentsChanged() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := s.rules.load(ctx); err != nil {
		s.rulesTrouble(err)
		s.rules.Changed()
	}
}

func (s *server) Live(context.Context) (console.Live, error) {
	live := console.Live{State: s.State(), Mode: string(s.office.Config.Mode), Version: programVersion(), Since: s.since,
		Registered: len(s.sip.Bindings()), Alarms: s.alarms.list()}
	for _, v := range s.board.Live() {
		live.Calls = append(live.Calls, console.LiveCall{ID: v.ID, Clinic: v.Clinic, Trunk: v.Trunk, State: string(v.State),
			Arrived: v.Arrived, Agent: v.Agent})
	}
	slices.SortFunc(live.Calls, func(a, b console.LiveCall) int { return a.Arrived.Compare(b.Arrived) })
	return live, nil
}

var _ running = (*server)(nil)
var _ call.Recorder = (*recorder)(nil)

// alarms are what stands until it is over; the newest words for each.
type alarms struct {
	mu  sync.Mutex
	now map[string]string
}

func (a *alarms) raise(name, words string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		a.now = map[string]string{}
	}
	a.now[name] = words
}

func (a *alarms) clear(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.now, name)
}

func (a *alarms) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]string, 0, len(a.now))
	for name, words := range a.now {
		all = append(all, name+": "+words)
	}
	slices.Sort(all)
	return all
}

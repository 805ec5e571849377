package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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
	s.alarms.clear("rules")
	if s.sip != nil {
		s.sip.DevicesChanged()
		s.sip.CarriersChanged()
		s.lookAtCarriers()
	}
	s.bundle.Changed()
	s.gaps.Changed()
	s.gate.Changed()
	if s.board != nil {
		s.board.Withdraw(s.rules.withdrawn)
	}
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
	if t.Kind == store.JournalMerged {
		s.log.Warn("store", "over", string(t.Kind), "detail", t.Detail)
		s.alarms.clear(string(store.JournalSpools))
		s.alarms.clear(string(store.JournalHolds))
		s.lookAtLate()
		select {
		case s.merged <- struct{}{}:
		default:
		}
		return
	}
	if t.Kind == store.JournalSpools && s.sealed.Load() != nil {
		s.log.Info("what happens waits in the emergency spool until the keys are open")
		return
	}
	s.log.Error("store", "trouble", string(t.Kind), "detail", t.Detail)
	s.alarms.raise(string(t.Kind), t.Detail)
}

func (s *server) sipTrouble(t sip.Trouble) {
	s.log.Info("sip", "trouble", string(t.Kind), "listener", t.Listen, "source", t.Remote.Addr(), "detail", t.Detail)
	s.trunkRefused(t)
	if t.Kind == sip.ReloadRefused {
		s.alarms.raise("certificate", "a certificate could not be loaded: the old one stays")
	}
}

// fault is a defect of ours in a call; what panicked may hold a number and is not printed, only where.
func (s *server) fault(id string, _ any) {
	s.log.Error("fault in a call", "call", id, "at", trail())
	s.alarms.raise("fault", "a call ended by a defect: see the log")
}

// trail names the functions that a panic came through, innermost first, without a value of theirs. For a deferred func.
func trail() string {
	const deepest = 12
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var names []string
	for panicked := false; len(names) < deepest; {
		f, more := frames.Next()
		if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			names = append(names, fmt.Sprintf("%s %s:%d", f.Function, filepath.Base(f.File), f.Line))
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			break
		}
	}
	return strings.Join(names, " < ")
}

// bound keeps the memory of who registered from where, and lets waiting calls look again.
func (s *server) bound(e sip.BindingEvent) {
	s.nudge()
	s.gate.Changed()
	if e.Kind == sip.BindingFailed && s.sealed.Load() == nil {
		s.deviceRefused(e)
		return
	}
	if s.sealed.Load() != nil {
		return // remembered at the next REGISTER after the unsealing
	}
	s.deviceExcepted(e)
	if !s.bindings.tell(e) {
		s.alarms.raise("bindings", "registrations come faster than they can be remembered: some are not in the audit log")
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

// lookEvery is well within the unit's WatchdogSec.
const lookEvery = 15 * time.Second

// watch reloads on SIGHUP and tells systemd that we live (sd_watchdog_enabled(3)).
func (s *server) watch(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			s.reload()
		case <-tick.C:
			notify("WATCHDOG=1")
		}
	}
}

// reload takes certificates, zone data and rules anew; calls do not notice. A failed load keeps the old one and alarms.
func (s *server) reload() {
	notify("RELOADING=1")
	defer notify("READY=1")
	for _, r := range s.sip.ReloadTLS() {
		if r.Err != nil {
			s.log.Error("certificate reload", "listener", r.Listen, "err", r.Err)
			continue
		}
		s.alarms.clear("certificate")
		s.log.Info("certificate reloaded", "listener", r.Listen, "not_after", r.NotAfter)
	}
	if s.sealed.Load() == nil {
		s.zones.ask()
		s.rules.Changed()
		s.bundle.Changed()
	}
}

// mend tries again, until ctx ends, to close what a crash left and the start could not. It stands by itself, so that a
// locked database never holds up a reload or systemd's watchdog.
func (s *server) mend(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.merged: // the beginning of a call that a crash cut off may have been among it
		}
		if err := s.recovery.Run(ctx); err != nil {
			s.alarms.raise("recovery", "what a crash left open cannot be closed yet")
			s.log.Warn("recovery", "err", err)
			continue
		}
		s.alarms.clear("recovery")
	}
}

// ready says where calls are taken.
func (s *server) ready() {
	cfg := s.office.Config
	s.remember(audit.Unsealed, map[string]string{"unsealer": string(cfg.Keys.Unseal)})
	s.remember(audit.ServerStarted, nil)
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
	if s.sealed.Load() != nil {
		s.log.Info("stopped, sealed")
		return nil
	}
	s.remember(audit.ServerStopped, nil)
	s.log.Info("stopped")
	return nil
}

func (s *server) remember(a audit.Action, facts map[string]string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.office.Store.Audit(ctx, audit.Event{Time: time.Now().UTC(), Action: a, Object: "server:" + s.office.Store.Instance(),
		Outcome: audit.Done, Actor: audit.Actor{Type: "system"}, Facts: facts})
	if err != nil {
		s.log.Error("audit", "err", err)
	}
}

// The floor: what only the running server knows.

func (s *server) State() console.State {
	if s.draining.Load() {
		return console.Draining
	}
	if s.sealed.Load() != nil {
		return console.Sealed
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
		live.Calls = append(live.Calls, console.LiveOf(v))
	}
	slices.SortFunc(live.Calls, func(a, b console.LiveCall) int { return a.Arrived.Compare(b.Arrived) })
	return live, nil
}

var _ running = (*server)(nil)
var _ call.Recorder = (*recorder)(nil)

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"nightbell/seal"
	"nightbell/sip"
)

// serveCmd takes calls until it is told to stop.
type serveCmd struct{}

func (serveCmd) Help() string {
	return `Opens the data folder, unseals it by the configured unsealer, recovers what a crash left open, and takes calls.
SIGTERM or Ctrl-C drains: no new calls, the running ones end by themselves (limits.drain), then it stops.
SIGHUP loads certificates and rules anew; no call notices.

Examples:
  nightbell serve --dir /var/lib/nightbell
  nightbell serve --config /etc/nightbell/nightbell.toml --dir /var/lib/nightbell`
}

func (serveCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	thrifty()
	if err := guard(); err != nil {
		fmt.Fprintln(s.err, "nightbell: memory is not guarded:", err)
	}
	srv, err := openServer(ctx, cfg, s.unsealing(), logger(cfg.Log, s.err))
	if err != nil {
		return err
	}
	if lost := srv.office.ZonesLost(); lost != nil {
		srv.log.Warn("zone data: the copy inside the program stands in", "release", srv.office.Zones().Name(), "err", lost)
	}
	return srv.Run(ctx)
}

// thrifty halves what the collector leaves lying: the packet path allocates nothing, so collecting more often costs
// little, and memory is what a call costs most of. GOGC overrules it.
func thrifty() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// logger writes for engineers. Times are left to the journal where it reads us; no PHI at any level: values that
// identify a person redact themselves.
func logger(c LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // the configuration was checked
	opt := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// spool is where call events wait, sealed, while the database cannot take them.
func (o *office) spool() (*seal.Spool, error) {
	return seal.OpenSpool(filepath.Join(o.Config.Dir, "journal.spool"), o.Ring, seal.DefaultSpool)
}

// sip is the part of the limits that signalling watches; zero fields are its defaults.
func (l LimitsConfig) sip() sip.Limits {
	return sip.Limits{Connections: l.Connections, PerAddress: l.PerAddress, OpensPerSecond: l.OpensPerSecond, Drain: l.Drain.Duration}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nightbell/console"
)

type doctorCmd struct{}

func (doctorCmd) Help() string {
	return `Clock, zone data, keys' place, certificates, ports, disk, database, last call, kernel settings. Exit 1 when something is
wrong; a warning alone is exit 0.

Examples:
  nightbell doctor
  nightbell doctor --json`
}

func (doctorCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	findings := machine(cfg)
	findings = append(findings, s.folder(ctx)...)
	wrong := 0
	for _, f := range findings {
		if f.Grade == console.Wrong {
			wrong++
		}
	}
	if cfg.Mode == Development && !s.json {
		fmt.Fprint(s.err, banner)
	}
	v := map[string]any{"ok": wrong == 0, "wrong": wrong, "findings": findings}
	err = s.show(v, func(w io.Writer) {
		for _, f := range findings {
			grade := strings.ToUpper(string(f.Grade))
			if f.Grade == console.Fine {
				grade = string(f.Grade)
			}
			row(w, grade, f.Name, f.Detail)
		}
	})
	if err != nil || wrong == 0 {
		return err
	}
	return errTold
}

// folder asks whoever holds the data folder.
func (s *session) folder(ctx context.Context) []console.Finding {
	var v struct {
		Items []console.Finding `json:"items"`
	}
	err := s.with(ctx, func(api *client) error { return api.ask(ctx, "GET", "/api/v1/health", nil, &v) })
	if err != nil {
		return append(v.Items, found("data folder", console.Wrong, "%v", err))
	}
	return v.Items
}

// machine looks at what lies outside the data folder.
func machine(cfg Config) []console.Finding {
	now := time.Now()
	out := []console.Finding{mode(cfg), clockFinding(now), permissions(cfg), swapFinding("/proc/swaps")}
	cert, _ := cfg.serverCertificate()
	out = append(out, expiry("server certificate", cert, now))
	if cfg.Console.Certificate != "" {
		own, _ := cfg.consoleCertificate()
		out = append(out, expiry("console certificate", own, now))
	}
	ca, _ := caPaths(cfg.Dir)
	if _, err := os.Stat(ca); err == nil {
		out = append(out, expiry("private CA", ca, now))
	}
	ours := console.ControlAnswers(cfg.path(console.ControlName))
	for _, l := range cfg.Listen {
		out = append(out, port("sip "+l.Network, l.Network, l.Bind, ours))
	}
	out = append(out, port("console", "tls", cfg.Console.Bind, ours))
	return append(out, ephemeral(cfg.Media.Ports, "/proc/sys/net/ipv4/ip_local_port_range"))
}

func mode(cfg Config) console.Finding {
	if cfg.Mode == Development {
		return found("mode", console.Warn, "development: no patient's call belongs here")
	}
	return found("mode", console.Fine, "production")
}

// earliest is a moment before which no machine can be right.
var earliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// clockFinding asks the kernel whether something keeps the clock.
func clockFinding(now time.Time) console.Finding {
	if now.Before(earliest) {
		return found("clock", console.Wrong, "%s: not set", now.UTC().Format(time.RFC3339))
	}
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil:
		return found("clock", console.Warn, "kernel does not say whether it is kept")
	case state == unix.TIME_ERROR:
		return found("clock", console.Warn, "%s, not synchronised (chrony, systemd-timesyncd)", now.UTC().Format(time.RFC3339))
	}
	return found("clock", console.Fine, "%s, synchronised", now.UTC().Format(time.RFC3339))
}

func permissions(cfg Config) console.Finding {
	info, err := os.Stat(cfg.Dir)
	if err != nil {
		return found("data folder's mode", console.Wrong, "%v", err)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return found("data folder's mode", console.Wrong, "%#o: open to others, want 0700", perm)
	}
	return found("data folder's mode", console.Fine, "0700")
}

func expiry(name, path string, now time.Time) console.Finding {
	cert, err := readCertificate(path)
	if err != nil {
		return found(name, console.Wrong, "%v", err)
	}
	left := cert.NotAfter.Sub(now)
	until := cert.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case left <= 0 || now.Before(cert.NotBefore):
		return found(name, console.Wrong, "not valid now; until %s", until)
	case left < soon:
		return found(name, console.Warn, "only until %s", until)
	}
	return found(name, console.Fine, "until %s", until)
}

// port says whether a listener could be bound, or is held by our own server.
func port(name, network string, at netip.AddrPort, ours bool) console.Finding {
	err := bindable(network, at)
	switch {
	case err == nil && ours:
		return found(name, console.Wrong, "%s: our server runs and does not hold it", at)
	case err == nil:
		return found(name, console.Fine, "%s is free", at)
	case errors.Is(err, unix.EADDRINUSE) && ours:
		return found(name, console.Fine, "%s, held by our server", at)
	case errors.Is(err, unix.EADDRINUSE):
		return found(name, console.Wrong, "%s is taken by another program", at)
	}
	return found(name, console.Wrong, "%s: %v", at, errors.Unwrap(err))
}

// ephemeral compares our media ports with those that the kernel hands out to anybody.
func ephemeral(ports Ports, path string) console.Finding {
	b, err := os.ReadFile(path)
	if err != nil {
		return found("media ports", console.Warn, "kernel's ephemeral range is not known")
	}
	fields := strings.Fields(string(b))
	if len(fields) != 2 {
		return found("media ports", console.Warn, "kernel's ephemeral range is not known")
	}
	low, err1 := strconv.Atoi(fields[0])
	high, err2 := strconv.Atoi(fields[1])
	detail := fmt.Sprintf("%d-%d, kernel's ephemeral range %s-%s", ports.First, ports.Last, fields[0], fields[1])
	if err1 == nil && err2 == nil && int(ports.First) <= high && low <= int(ports.Last) {
		return found("media ports", console.Warn, "%s: they overlap", detail)
	}
	return found("media ports", console.Fine, "%s", detail)
}

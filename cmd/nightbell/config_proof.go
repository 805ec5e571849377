package main

import (
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/keep"
)

// WitnessConfig is a witness that signs our checkpoints.
type WitnessConfig struct {
	URL string `toml:"url"`
	Key string `toml:"key"` // as nightbell witness prints it
	Pin string `toml:"pin"` // of its certificate, as nightbell witness prints it; empty: ca
	CA  string `toml:"ca"`
}

// SyslogConfig is the receiver of RFC 5425 syslog that gets every leaf; no address: none.
type SyslogConfig struct {
	Address     string `toml:"address"`
	Name        string `toml:"name"` // in its certificate; empty: the address's host
	Pin         string `toml:"pin"`
	CA          string `toml:"ca"`
	Certificate string `toml:"certificate"` // of ours; empty: the server's
	Key         string `toml:"key"`
	Waiting     int64  `toml:"waiting"` // leaves that may wait before there is an alarm
}

// AuditConfig is how the log is kept.
type AuditConfig struct {
	WitnessLate  Duration `toml:"witness_late"`  // alarm when no witness signed for so long
	ArchiveAfter Duration `toml:"archive_after"` // older leaves go into sealed segments; 0: never
	Keep         Duration `toml:"keep"`          // sealed segments; never below six years
}

// auditFloor is 45 CFR 164.316(b)(2)(i): six years. No configuration goes below it.
const auditFloor = (6*365 + 2) * 24 * time.Hour

func defaultAudit() AuditConfig {
	return AuditConfig{WitnessLate: Duration{15 * time.Minute}, ArchiveAfter: Duration{400 * 24 * time.Hour}, Keep: Duration{auditFloor}}
}

func (c *Config) checkProof(wrong func(field, text string)) {
	for i, w := range c.Witness {
		field := fmt.Sprintf("witness[%d]", i)
		if _, err := audit.ParseWitnessKey(w.Key); err != nil {
			wrong(field+".key", "not a witness's key")
		}
		if w.Pin != "" && !keep.ValidPin(w.Pin) {
			wrong(field+".pin", "not sha256:HEX")
		}
		if _, err := keep.RemoteWitness(w.URL, keep.Trust{}); err != nil {
			wrong(field+".url", "not https://HOST[:PORT]")
		}
	}
	if s := c.Syslog; s.Pin != "" && !keep.ValidPin(s.Pin) {
		wrong("syslog.pin", "not sha256:HEX")
	}
	if (c.Syslog.Certificate == "") != (c.Syslog.Key == "") {
		wrong("syslog", "certificate and key belong together")
	}
	if c.Audit.Keep.Duration < auditFloor {
		wrong("audit.keep", "below six years (52608h)")
	}
	if after := c.Audit.ArchiveAfter.Duration; after > 0 && after < 24*time.Hour {
		wrong("audit.archive_after", "below a day")
	}
}

// pathIf is path for what may be empty.
func (c *Config) pathIf(p string) string {
	if p == "" {
		return ""
	}
	return c.path(p)
}

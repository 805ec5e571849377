package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"nightbell/seal"
)

// Config is the process's settings: ports, paths, TLS, limits. Rules live in the database, secrets in neither.
// configs/nightbell.toml explains every key. Relative paths are taken from the data folder.
type Config struct {
	Mode       Mode             `toml:"mode"`
	Realm      string           `toml:"realm"`
	Listen     []ListenConfig   `toml:"listen"`
	Console    ConsoleConfig    `toml:"console"`
	TLS        TLSConfig        `toml:"tls"`
	Media      MediaConfig      `toml:"media"`
	Recordings RecordingsConfig `toml:"recordings"`
	Keys       KeysConfig       `toml:"keys"`
	ZoneData   ZoneConfig       `toml:"zone_data"`
	Limits     LimitsConfig     `toml:"limits"`
	Survival   SurvivalConfig   `toml:"survival"`
	Witness    []WitnessConfig  `toml:"witness"`
	Syslog     SyslogConfig     `toml:"syslog"`
	Audit      AuditConfig      `toml:"audit"`
	Access     AccessConfig     `toml:"access"`
	Backup     BackupConfig     `toml:"backup"`
	Log        LogConfig        `toml:"log"`
	Alarms     AlarmsConfig     `toml:"alarms"`
	Stir       StirConfig       `toml:"stir"`
	Capture    CaptureConfig    `toml:"capture"`

	Path string `toml:"-"` // the file it came from
	Dir  string `toml:"-"` // the data folder
}

// Mode is production unless setup --development or demo made the folder.
type Mode string

const (
	Production  Mode = "production"
	Development Mode = "development"
)

// ListenConfig is one SIP listener.
type ListenConfig struct {
	Network    string         `toml:"network"`
	Bind       netip.AddrPort `toml:"bind"`
	Advertised Advertised     `toml:"advertised"`
}

// ConsoleConfig is the HTTP listener.
type ConsoleConfig struct {
	Bind        netip.AddrPort `toml:"bind"`
	URL         string         `toml:"url"`
	Certificate string         `toml:"certificate"` // empty: as [tls]
	Key         string         `toml:"key"`
}

// TLSConfig is the server's certificate; empty: the one of the private CA.
type TLSConfig struct {
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`
}

// SurvivalConfig is how calls outlive the process. Folder must lie on a memory filesystem; empty: the service's runtime
// directory or shared memory; "off": calls end with the process.
type SurvivalConfig struct {
	Folder string `toml:"folder"`
}

// MediaConfig is where sound travels.
type MediaConfig struct {
	Ports   Ports          `toml:"ports"`
	Loops   int            `toml:"loops"`
	Address []MediaAddress `toml:"address"`
}

// MediaAddress is one address per family.
type MediaAddress struct {
	Bind       netip.Addr `toml:"bind"`
	Advertised netip.Addr `toml:"advertised"`
}

// RecordingsConfig is where sealed files lie.
type RecordingsConfig struct {
	Dir     string `toml:"dir"`
	Reserve int64  `toml:"reserve_mib"` // room kept back for database and audit; 0: 1 GiB, in development 16 MiB
}

// reserve is the room that is kept back, in bytes: never more than a twentieth of its disk.
func (c *Config) reserve(disk seal.Space) int64 {
	size := c.Recordings.Reserve << 20
	switch {
	case size == 0 && c.Mode == Development:
		size = 16 << 20
	case size == 0:
		size = seal.DefaultReserve
	}
	return min(size, int64(disk.Total/20))
}

// KeysConfig says what opens the root key at start.
type KeysConfig struct {
	Unseal     Unseal `toml:"unseal"`
	KeyFile    string `toml:"key_file"`
	Credential string `toml:"credential"`
	TPM        string `toml:"tpm"` // device or socket; empty: /dev/tpmrm0
}

// Unseal names an unsealer.
type Unseal string

const (
	UnsealKeyFile    Unseal = "key-file"
	UnsealPassphrase Unseal = "passphrase"
	UnsealCredential Unseal = "systemd-credential"
	UnsealTPM        Unseal = "tpm"
)

// ZoneConfig is where zone data comes from; empty: the copy inside the program.
type ZoneConfig struct {
	Path   string   `toml:"path"`
	MaxAge Duration `toml:"max_age"`
}

// LimitsConfig bounds what strangers and calls may take; zero: the built-in value.
type LimitsConfig struct {
	Calls          int      `toml:"calls"`
	Connections    int      `toml:"connections"`
	PerAddress     int      `toml:"connections_per_address"`
	OpensPerSecond int      `toml:"opens_per_second"`
	Drain          Duration `toml:"drain"`
}

// LogConfig is for engineers; logs hold no PHI at any level.
type LogConfig struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Duration is written "30s", "10m", "48h".
type Duration struct{ time.Duration }

// UnmarshalText reads a duration with its unit.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return errors.New("not a duration such as 30s or 10m")
	}
	d.Duration = v
	return nil
}

// Advertised is an address, with or without a port; zero: what the connection shows.
type Advertised struct{ netip.AddrPort }

// UnmarshalText takes "203.0.113.7", "203.0.113.7:5061", "[2001:db8::7]:5061".
func (a *Advertised) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" {
		return nil
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		a.AddrPort = netip.AddrPortFrom(addr, 0)
		return nil
	}
	v, err := netip.ParseAddrPort(s)
	if err != nil {
		return errors.New("not an address such as 203.0.113.7 or 203.0.113.7:5061")
	}
	a.AddrPort = v
	return nil
}

// Ports is a range of UDP ports, both ends in it.
type Ports struct{ First, Last uint16 }

// UnmarshalText takes "10000-32767".
func (p *Ports) UnmarshalText(text []byte) error {
	first, last, ok := strings.Cut(string(text), "-")
	a, err1 := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	b, err2 := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if !ok || err1 != nil || err2 != nil || a < 1024 || a >= b {
		return errors.New("not a range of ports such as 10000-32767")
	}
	p.First, p.Last = uint16(a), uint16(b)
	return nil
}

// configName is the configuration's name in a data folder.
const configName = "nightbell.toml"

// LoadConfig reads a file strictly: an unknown key is an error that names its line. The data folder is dir, or the
// file's own folder where dir is empty.
func LoadConfig(path, dir string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if dir == "" {
		dir = filepath.Dir(path)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return Config{}, fmt.Errorf("data folder: %w", err)
	}
	c, err := parseConfig(filepath.Base(path), b)
	if err != nil {
		return Config{}, err
	}
	c.Path, c.Dir = path, dir
	return c, nil
}

func parseConfig(name string, b []byte) (Config, error) {
	c := defaultConfig()
	dec := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Config{}, positioned(name, err)
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

func defaultConfig() Config {
	return Config{
		Mode:       Production,
		Realm:      "nightbell",
		Console:    ConsoleConfig{Bind: netip.MustParseAddrPort("127.0.0.1:8443")},
		Media:      MediaConfig{Ports: Ports{10000, 32767}},
		Recordings: RecordingsConfig{Dir: "recordings"},
		ZoneData:   ZoneConfig{MaxAge: Duration{180 * 24 * time.Hour}},
		Limits:     LimitsConfig{Drain: Duration{30 * time.Minute}},
		Audit:      defaultAudit(),
		Access:     defaultAccess(),
		Backup:     defaultBackup(),
		Log:        LogConfig{Level: "info", Format: "text"},
	}
}

// positioned turns the reader's errors into file:line:column: key: what.
func positioned(name string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var all []error
		for i := range strict.Errors {
			e := &strict.Errors[i]
			row, col := e.Position()
			all = append(all, fmt.Errorf("%s:%d:%d: %s: unknown key", name, row, col, strings.Join(e.Key(), ".")))
		}
		return errors.Join(all...)
	}
	var one *toml.DecodeError
	if errors.As(err, &one) {
		row, col := one.Position()
		text := strings.TrimPrefix(one.Error(), "toml: ")
		if key := strings.Join(one.Key(), "."); key != "" {
			text = key + ": " + text
		}
		return fmt.Errorf("%s:%d:%d: %s", name, row, col, text)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// check says everything that is wrong at once.
func (c *Config) check() error {
	var all []error
	wrong := func(field, text string) { all = append(all, fmt.Errorf("%s: %s", field, text)) }
	if c.Mode != Production && c.Mode != Development {
		wrong("mode", "neither production nor development")
	}
	if len(c.Listen) == 0 {
		wrong("listen", "no SIP listener")
	}
	for i, l := range c.Listen {
		if l.Network != "tls" && l.Network != "tcp" && l.Network != "udp" {
			wrong(fmt.Sprintf("listen[%d].network", i), "none of tls, tcp, udp")
		}
		if !l.Bind.IsValid() {
			wrong(fmt.Sprintf("listen[%d].bind", i), "missing")
		}
	}
	if len(c.Media.Address) == 0 {
		wrong("media.address", "no address")
	}
	for i, a := range c.Media.Address {
		if !a.Bind.IsValid() {
			wrong(fmt.Sprintf("media.address[%d].bind", i), "missing")
		}
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		wrong("tls", "certificate and key belong together")
	}
	if (c.Console.Certificate == "") != (c.Console.Key == "") {
		wrong("console", "certificate and key belong together")
	}
	if c.Recordings.Reserve < 0 {
		wrong("recordings.reserve_mib", "negative")
	}
	c.checkProof(wrong)
	c.checkSignalling(wrong)
	c.checkAlarms(wrong)
	c.checkAccess(wrong)
	c.checkProof(wrong)
	c.checkAlarms(wrong)
	c.Backup.check(wrong)
	all = append(all, c.Keys.check()...)
	if !strings.Contains(" debug info warn error ", " "+c.Log.Level+" ") {
		wrong("log.level", "none of debug, info, warn, error")
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		wrong("log.format", "neither text nor json")
	}
	return errors.Join(all...)
}

func (k KeysConfig) check() []error {
	switch {
	case k.Unseal == UnsealPassphrase, k.Unseal == UnsealTPM:
		return nil
	case k.Unseal == UnsealKeyFile && k.KeyFile == "":
		return []error{errors.New("keys.key_file: missing")}
	case k.Unseal == UnsealCredential && k.Credential == "":
		return []error{errors.New("keys.credential: missing")}
	case k.Unseal == UnsealKeyFile || k.Unseal == UnsealCredential:
		return nil
	}
	return []error{errors.New("keys.unseal: none of tpm, systemd-credential, key-file, passphrase")}
}

// path is a path of the configuration, taken from the data folder where it is relative.
func (c *Config) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}

// serverCertificate is where the certificate of SIP and, unless it has its own, of the console lies.
func (c *Config) serverCertificate() (cert, key string) {
	if c.TLS.Certificate == "" {
		return c.path("tls/server.crt"), c.path("tls/server.key")
	}
	return c.path(c.TLS.Certificate), c.path(c.TLS.Key)
}

// consoleCertificate is the console's own pair, or the server's.
func (c *Config) consoleCertificate() (cert, key string) {
	if c.Console.Certificate == "" {
		return c.serverCertificate()
	}
	return c.path(c.Console.Certificate), c.path(c.Console.Key)
}

// consoleURL is what a person types.
func (c *Config) consoleURL() string {
	if c.Console.URL != "" {
		return c.Console.URL
	}
	return fmt.Sprintf("https://localhost:%d", c.Console.Bind.Port())
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nightbell/seal"
	"nightbell/store"
)

type setupCmd struct {
	Development    bool     `help:"For trying out: the key lies beside the data, and everything says so."`
	Unseal         Unseal   `help:"What will open the keys at start; auto: a TPM, else a systemd credential, else a key file." enum:"auto,tpm,systemd-credential,key-file,passphrase" default:"auto"`
	KeyFile        string   `help:"Key file to make, on another filesystem than the data." placeholder:"FILE"`
	CredentialFile string   `help:"Where to put the secret for systemd-creds encrypt; remove it afterwards." placeholder:"FILE"`
	TPM            string   `name:"tpm" help:"The TPM 2.0: its device." default:"/dev/tpmrm0" placeholder:"PATH"`
	Host           []string `help:"Further names or addresses of this server, for its certificate." placeholder:"NAME"`
	Trunk          []string `help:"Make a client certificate for a trunk, known by DNS name." placeholder:"ID=NAME"`
	Bind           string   `help:"Address to bind SIP and media to." default:"127.0.0.1"`
	Advertised     string   `help:"Address that peers see; the bound one if absent." placeholder:"ADDRESS"`
}

func (setupCmd) Help() string {
	return `Makes what is missing and overwrites nothing: run it again to add a trunk's certificate. It says at its end how well the
way to the keys is kept from whoever takes the disk: strong, fair or weak, and why.

Examples:
  nightbell setup --dir /var/lib/nightbell
  nightbell setup --dir /var/lib/nightbell --unseal passphrase
  nightbell setup --unseal key-file --key-file /mnt/keys/nightbell.key --bind 0.0.0.0 --advertised 203.0.113.7
  nightbell setup --unseal systemd-credential --credential-file /dev/shm/unseal
  nightbell setup --trunk harbor-pbx=pbx.harbor.example
  nightbell setup --development --dir ./try`
}

func (c setupCmd) Run(ctx context.Context, s *session) error {
	plan, err := c.plan(s)
	if err != nil {
		return err
	}
	made, err := setUp(ctx, plan)
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if plan.Mode == Development {
		fmt.Fprint(s.err, banner)
	}
	custody, err := plan.custody()
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	v := map[string]any{"dir": plan.Dir, "mode": plan.Mode, "made": made, "custody": custody}
	return s.show(v, func(w io.Writer) { c.tell(w, plan, made); tellCustody(w, custody) })
}

const banner = `
  ***********************************************************************
  *  DEVELOPMENT MODE: the key lies beside the data. Whoever copies the *
  *  folder can read everything. No patient's call belongs here.        *
  ***********************************************************************

`

func (c setupCmd) tell(w io.Writer, plan setupPlan, made []string) {
	if len(made) == 0 {
		fmt.Fprintln(w, "everything was there already:", plan.Dir)
		return
	}
	for _, what := range made {
		fmt.Fprintln(w, "made", what)
	}
	if plan.Unseal == UnsealCredential && c.CredentialFile != "" {
		fmt.Fprintf(w, "now: systemd-creds encrypt --name=nightbell-unseal %s /etc/nightbell/unseal.cred && shred -u %s\n", c.CredentialFile, c.CredentialFile)
	}
	fmt.Fprintln(w, "next: nightbell book apply FILE, then nightbell serve")
}

// setupPlan is everything a data folder is made of. demo fills one in as well.
type setupPlan struct {
	Dir        string
	Mode       Mode
	Unseal     Unseal
	KeyFile    string        // of UnsealKeyFile
	First      seal.Unsealer // of the others
	TPM        string
	Hosts      []string
	Trunks     map[string][]string // id -> DNS names of its client certificate
	Bind       netip.Addr
	Advertised netip.Addr
	Now        time.Time
	Ask        asking // opens the keys of a folder that has some, to sign with its CA
}

func (c setupCmd) plan(s *session) (setupPlan, error) {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return setupPlan{}, fmt.Errorf("data folder: %w", err)
	}
	p := setupPlan{Dir: dir, Mode: Production, Unseal: c.Unseal, KeyFile: c.KeyFile, TPM: c.TPM, Hosts: c.Host, Trunks: map[string][]string{}, Now: time.Now(), Ask: s.unsealing()}
	if c.Development {
		p.Mode, p.Unseal, p.KeyFile = Development, UnsealKeyFile, "keys/unseal.key"
	}
	if p.Bind, err = netip.ParseAddr(c.Bind); err != nil {
		return p, errUsage("--bind: not an address")
	}
	if c.Advertised != "" {
		if p.Advertised, err = netip.ParseAddr(c.Advertised); err != nil {
			return p, errUsage("--advertised: not an address")
		}
	}
	for _, t := range c.Trunk {
		id, name, ok := strings.Cut(t, "=")
		if !ok || id == "" || name == "" || strings.ContainsAny(id, "/\\") {
			return p, errUsage("--trunk: not ID=NAME")
		}
		p.Trunks[id] = append(p.Trunks[id], name)
	}
	if _, err := os.Stat(seal.SlotsPath(dir)); err == nil {
		return p, nil // the keys are there: nothing is asked
	}
	return c.choose(s, p)
}

// setUp makes what is missing in a data folder, names it, and overwrites nothing.
func setUp(ctx context.Context, p setupPlan) (made []string, err error) {
	if made, err = p.makeFolder(); err != nil {
		return made, err
	}
	trunks, err := p.makeTrunks(ctx)
	return append(made, trunks...), errors.Join(err, ctx.Err())
}

// makeFolder makes everything but the trunks' certificates, while nobody else has the folder.
func (p setupPlan) makeFolder() (made []string, err error) {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := takeLock(filepath.Join(p.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	steps := []struct {
		what string
		path string
		make func() error
	}{
		{"keys/root.json", seal.SlotsPath(p.Dir), p.makeKeys},
		{"private CA ca.pem", filepath.Join(p.Dir, "ca.pem"), p.makeAuthority},
		{"server certificate tls/server.crt", filepath.Join(p.Dir, "tls", "server.crt"), p.makeServer},
		{"configuration " + configName, filepath.Join(p.Dir, configName), p.makeConfig},
		{"database nightbell.db", databasePath(p.Dir), p.makeDatabase},
		{"recordings/", filepath.Join(p.Dir, "recordings"), p.makeRecordings},
	}
	for _, step := range steps {
		if _, err := os.Lstat(step.path); err == nil {
			continue
		}
		if err := step.make(); err != nil {
			return made, fmt.Errorf("%s: %w", step.what, err)
		}
		made = append(made, step.what)
	}
	return made, nil
}

func (p setupPlan) makeKeys() error {
	if err := os.MkdirAll(filepath.Join(p.Dir, "keys"), 0o700); err != nil {
		return err
	}
	first := p.First
	if p.Unseal == UnsealKeyFile {
		path := p.KeyFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.Dir, path)
		}
		file := seal.KeyFile{Path: path, Data: p.Dir, Mode: seal.Mode(p.Mode)}
		if err := makeKeyFile(file); err != nil {
			return err
		}
		first = file
	}
	_, root, err := seal.CreateSlots(seal.SlotsPath(p.Dir), first)
	if err != nil {
		return err
	}
	root.Close()
	return nil
}

// makeKeyFile makes a key file where there is none yet.
func makeKeyFile(file seal.KeyFile) error {
	if err := file.Make(); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

func (p setupPlan) makeAuthority() error {
	_, err := openAuthority(p.Dir, p.Now)
	return err
}

// makeServer issues for the names every machine has and those that were given.
func (p setupPlan) makeServer() error {
	ca, err := openAuthority(p.Dir, p.Now)
	if err != nil {
		return err
	}
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, h := range append(p.Hosts, p.Bind.String(), p.Advertised.String()) {
		addr, err := netip.ParseAddr(h)
		if h == "invalid IP" || (err == nil && addr.IsUnspecified()) || slices.Contains(hosts, h) {
			continue
		}
		hosts = append(hosts, h)
	}
	return ca.server(filepath.Join(p.Dir, "tls", "server.crt"), filepath.Join(p.Dir, "tls", "server.key"), hosts, p.Now)
}

func (p setupPlan) makeConfig() error {
	text := p.configuration()
	if _, err := parseConfig(configName, []byte(text)); err != nil {
		return err
	}
	return writeWhole(filepath.Join(p.Dir, configName), []byte(text), 0o600)
}

func (p setupPlan) makeDatabase() error {
	_, err := store.Create(store.Options{Path: databasePath(p.Dir)}, string(p.Mode))
	return err
}

func (p setupPlan) makeRecordings() error {
	return os.MkdirAll(filepath.Join(p.Dir, "recordings"), 0o700)
}

func (p setupPlan) makeTrunks(ctx context.Context) (made []string, err error) {
	missing := map[string][]string{}
	for id, names := range p.Trunks {
		cert, _ := trunkPaths(p.Dir, id)
		if _, err := os.Lstat(cert); err != nil {
			missing[id] = names
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	ca, err := p.authority(ctx)
	if err != nil {
		return nil, err
	}
	for id, names := range missing {
		if err := ca.trunk(p.Dir, id, names, p.Now); err != nil {
			return made, err
		}
		made = append(made, "trunk certificate trunks/"+id+".crt")
	}
	slices.Sort(made)
	return made, nil
}

// authority is the folder's CA: in clear before the first unsealing; afterwards the keys are opened to sign with it.
func (p setupPlan) authority(ctx context.Context) (*authority, error) {
	ca, err := openAuthority(p.Dir, p.Now)
	if !errors.Is(err, errSealedAuthority) {
		return ca, err
	}
	cfg, err := LoadConfig(filepath.Join(p.Dir, configName), p.Dir)
	if err != nil {
		return nil, err
	}
	o, err := openOffice(ctx, cfg, p.Ask)
	if err != nil {
		return nil, err
	}
	if o.Sealed != nil {
		return nil, errors.Join(o.Sealed, o.Close())
	}
	ca, err = o.authority()
	return ca, errors.Join(err, o.Close())
}

// configuration is the folder's own nightbell.toml; configs/nightbell.toml explains every key.
func (p setupPlan) configuration() string {
	advertised, media := "", ""
	if p.Advertised.IsValid() {
		advertised = netip.AddrPortFrom(p.Advertised, sipPort).String()
		media = p.Advertised.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by nightbell setup. configs/nightbell.toml explains every key.\nmode = %q\nrealm = \"nightbell\"\n", p.Mode)
	fmt.Fprintf(&b, "\n[[listen]]\nnetwork = \"tls\"\nbind = %q\nadvertised = %q\n", netip.AddrPortFrom(p.Bind, sipPort), advertised)
	fmt.Fprintf(&b, "\n[console]\nbind = %q\nurl = \"https://localhost:%d\"\n", netip.AddrPortFrom(loopback, consolePort), consolePort)
	fmt.Fprintf(&b, "\n[media]\nports = \"10000-32767\"\n\n[[media.address]]\nbind = %q\nadvertised = %q\n", p.Bind, media)
	fmt.Fprintf(&b, "\n[recordings]\ndir = \"recordings\"\n\n[keys]\nunseal = %q\n", p.Unseal)
	switch p.Unseal {
	case UnsealKeyFile:
		fmt.Fprintf(&b, "key_file = %q\n", p.KeyFile)
	case UnsealCredential:
		fmt.Fprintf(&b, "credential = %q\n", defaultCredential)
	case UnsealTPM:
		fmt.Fprintf(&b, "tpm = %q\n", p.TPM)
	}
	return b.String()
}

// defaultCredential is what the service unit calls the secret that it is passed.
const defaultCredential = "nightbell-unseal"

const (
	sipPort     = 5061
	consolePort = 8443
)

var loopback = netip.MustParseAddr("127.0.0.1")

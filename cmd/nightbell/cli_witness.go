package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/keep"
)

// witnessCmd is another program on another machine: it holds nothing of the house but its checkpoints.
type witnessCmd struct {
	Listen   string   `help:"Address to listen on." default:"127.0.0.1:8446" placeholder:"ADDRESS"`
	Name     string   `help:"Name in its signatures; the machine's if absent. For life." placeholder:"NAME"`
	Log      []string `help:"Verifier key of a log to witness, as nightbell audit checkpoint prints it; DIR/logs holds more, one a line." placeholder:"KEY" sep:"none"`
	Client   []string `help:"Pin of a client that may connect; DIR/clients holds more, one a line." placeholder:"PIN"`
	ClientCA string   `help:"Let in whoever has a certificate of these authorities." placeholder:"FILE" name:"client-ca"`
	Show     bool     `help:"Print this witness's key and pin, then end."`
	lookoutFlags
}

func (witnessCmd) Help() string {
	return `Signs the checkpoints of logs that it was told of when they have grown from what it signed before: a log that was cut,
rewritten or rolled back gets no signature, and the house hears of it. Run it on another machine, under another
administrator, with a folder of its own. It answers C2SP tlog-witness add-checkpoint over mutual TLS.

With --watch it looks at a house from outside as well, and pages by a path of its own when the machine is dead, its certificate ends
within 14 days, or its keys are sealed: after two rounds of 30 s, again every five minutes, and once when it is over.

Examples:
  nightbell witness --dir /var/lib/nightbell-witness --name witness.example --show
  nightbell witness --dir /var/lib/nightbell-witness --listen 0.0.0.0:8446 --log nightbell/abc+1f2e3d4c+AW... --client sha256:90ab...
  nightbell witness --dir /var/lib/nightbell-witness --watch https://house.example:8443 --watch tls://house.example:5061 --page-url https://pager.example/hook`
}

func (c witnessCmd) Run(ctx context.Context, s *session) error {
	w, err := openWitness(s.dir, c)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	defer w.lock.Close()
	shown := map[string]any{"key": w.cosigner.VerifierKey(), "pin": keep.PinOf(w.pair.Leaf), "logs": len(w.logs)}
	if c.Show {
		return s.show(shown, func(out io.Writer) { row(out, "key", shown["key"]); row(out, "pin", shown["pin"]) })
	}
	log := logger(LogConfig{Level: "info", Format: "text"}, s.err)
	out, err := c.lookoutFlags.open(log)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	if out != nil {
		var watching sync.WaitGroup
		defer watching.Wait()
		watch, stop := context.WithCancel(ctx)
		defer stop()
		watching.Go(func() { out.Run(watch) })
		if len(c.Client) == 0 && c.ClientCA == "" && len(w.logs) == 0 {
			<-ctx.Done()
			return nil
		}
	}
	cfg, err := w.letsIn(c)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("witness: %w", err)
	}
	log.Info("witness", "listen", l.Addr(), "key", shown["key"], "pin", shown["pin"], "logs", shown["logs"])
	return console.ServeWitness(ctx, l, cfg, w.witness, log)
}

// witnessFolder is a witness's data folder, opened.
type witnessFolder struct {
	lock     *os.File
	pair     *tls.Certificate
	cosigner *audit.Cosigner
	logs     []string
	witness  *audit.Witness
}

func openWitness(dir string, c witnessCmd) (w *witnessFolder, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w = &witnessFolder{}
	if w.lock, err = takeLock(filepath.Join(dir, "witness.lock")); err != nil {
		return nil, err
	}
	if err := w.open(dir, c); err != nil {
		return nil, errors.Join(err, w.lock.Close())
	}
	return w, nil
}

func (w *witnessFolder) open(dir string, c witnessCmd) error {
	name, err := onceWritten(filepath.Join(dir, "witness.name"), func() (string, error) {
		if c.Name != "" {
			return c.Name, nil
		}
		return os.Hostname()
	})
	if err != nil {
		return err
	}
	if c.Name != "" && c.Name != name {
		return fmt.Errorf("its name is %q, for life", name)
	}
	seed, err := onceWritten(filepath.Join(dir, "witness.seed"), func() (string, error) {
		var b [32]byte
		_, _ = rand.Read(b[:])
		return hex.EncodeToString(b[:]), nil
	})
	if err != nil {
		return err
	}
	raw, err := hex.DecodeString(seed)
	if err != nil {
		return errors.New("witness.seed is not hexadecimal")
	}
	if w.cosigner, err = audit.NewCosigner(name, raw); err != nil {
		return err
	}
	if w.pair, err = ownCertificate(dir, name); err != nil {
		return err
	}
	if w.logs, err = listIn(filepath.Join(dir, "logs"), c.Log); err != nil {
		return err
	}
	notes, err := keep.OpenNotes(filepath.Join(dir, "notes"))
	if err != nil {
		return err
	}
	w.witness, err = audit.NewWitness(w.cosigner, notes, time.Now, w.logs...)
	return err
}

// letsIn is the TLS configuration: pinned clients, or those of an authority; never just anybody.
func (w *witnessFolder) letsIn(c witnessCmd) (*tls.Config, error) {
	own := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return w.pair, nil }
	if c.ClientCA != "" {
		pem, err := os.ReadFile(c.ClientCA)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, errors.New("--client-ca: no certificate in it")
		}
		return &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: own, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
			NextProtos: []string{"http/1.1"},
		}, nil
	}
	pins, err := listIn(filepath.Join(filepath.Dir(w.lock.Name()), "clients"), c.Client)
	if err != nil {
		return nil, err
	}
	for _, p := range pins {
		if !keep.ValidPin(p) {
			return nil, errUsage("--client: not sha256:HEX")
		}
	}
	if len(pins) == 0 {
		return nil, errUsage("--client PIN or --client-ca FILE: who may connect?")
	}
	return keep.OnlyPinned(own, pins...), nil
}

// onceWritten reads a small file, or makes it the first time.
func onceWritten(path string, first func() (string, error)) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	text, err := first()
	if err != nil {
		return "", err
	}
	return text, writeWhole(path, []byte(text+"\n"), 0o600)
}

// listIn are the lines of a file, where it is there, and what was given beside it.
func listIn(path string, more []string) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return more, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if text := strings.TrimSpace(lines.Text()); text != "" && !strings.HasPrefix(text, "#") {
			more = append(more, text)
		}
	}
	return more, lines.Err()
}

const witnessCertificateLife = 10 * 365 * 24 * time.Hour

// ownCertificate is a witness's own, self-signed: houses know it by its pin.
func ownCertificate(dir, name string) (*tls.Certificate, error) {
	certPath, keyPath := filepath.Join(dir, "witness.crt"), filepath.Join(dir, "witness.key")
	if _, err := os.Stat(certPath); errors.Is(err, os.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		t := &x509.Certificate{
			SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			NotBefore: now.Add(-backdate), NotAfter: now.Add(witnessCertificateLife),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			BasicConstraintsValid: true,
		}
		der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
		if err != nil {
			return nil, err
		}
		if err := writePair(certPath, keyPath, [][]byte{der}, key); err != nil {
			return nil, err
		}
	}
	return certificate(certPath, keyPath)()
}

package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nightbell/call"
	"nightbell/keep"
	"nightbell/sip"
)

// stir reads the folder of callers' certificates anew for each signature: it may be filled while calls run. Nil: there
// is none.
func (c *Config) stir() *sip.Stir {
	if c.Stir.Folder == "" {
		return nil
	}
	dir := c.path(c.Stir.Folder)
	return &sip.Stir{
		Certificates: func(x5u string) []*x509.Certificate { return certificatesIn(filepath.Join(dir, stirFile(x5u))) },
		Roots: func() *x509.CertPool {
			pool := x509.NewCertPool()
			for _, root := range certificatesIn(filepath.Join(dir, "roots.pem")) {
				pool.AddCert(root)
			}
			return pool
		},
	}
}

// stirFile is the name under which the certificate of a URL lies in the folder: what follows "https://", with an
// underscore for everything that is no letter, digit, dot or hyphen.
func stirFile(x5u string) string {
	rest, ok := strings.CutPrefix(x5u, "https://")
	if !ok || len(rest) > 200 {
		return "none"
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, strings.TrimLeft(rest, "."))
}

// certificatesIn reads a PEM file; none where it is missing or holds something else.
func certificatesIn(path string) (chain []*x509.Certificate) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return chain
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil
		}
		chain = append(chain, c)
	}
}

// attested files what a caller's signature came to, once that is known.
func (s *server) attested(l *sip.Leg, id string) {
	if s.sealed.Load() != nil || s.journal == nil {
		return
	}
	l.Attested(func(word string) {
		s.journal.Note(call.Event{Call: id, At: time.Now().UTC(), Kind: call.Attested, Leg: "caller", Data: map[string]string{"identity": word}})
	})
}

// capture is the copy of signalling for a capture server; nil: there is none.
func (c *Config) capture() (*sip.Capture, error) {
	if c.Capture.Address == "" {
		return nil, nil
	}
	out := &sip.Capture{Agent: c.Capture.Agent}
	if c.Capture.Network == "tls" {
		dial, err := keep.SyslogDialer(c.Capture.Address, c.Capture.Name, keep.Trust{Pin: c.Capture.Pin, CA: c.pathIf(c.Capture.CA)})
		out.Dial = dial
		return out, err
	}
	out.Dial = func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, c.Capture.Network, c.Capture.Address)
	}
	return out, nil
}

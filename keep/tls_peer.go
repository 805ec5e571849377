package keep

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

// Trust says which server somebody talks to over TLS, and as whom.
type Trust struct {
	Pin         string                           // "sha256:HEX" of the server's public key; set: nothing else is looked at
	CA          string                           // file with the authorities; empty: the system's
	Certificate func() (*tls.Certificate, error) // who we are; nil: nobody
}

// PinOf is the pin of a certificate: SHA-256 over its public key, as RFC 7469 §2.4 has it, in hexadecimal.
func PinOf(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ValidPin reports whether a text is a pin.
func ValidPin(s string) bool {
	h, ok := strings.CutPrefix(s, "sha256:")
	b, err := hex.DecodeString(h)
	return ok && err == nil && len(b) == sha256.Size
}

// TLS makes the configuration.
func (t Trust) TLS() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.Certificate != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.Certificate() }
	}
	if t.Pin != "" {
		if !ValidPin(t.Pin) {
			return nil, errors.New("trust: pin is not sha256:HEX")
		}
		cfg.InsecureSkipVerify = true // the key itself is known: no authority is asked
		cfg.VerifyConnection = func(s tls.ConnectionState) error { return pinned(s, t.Pin) }
		return cfg, nil
	}
	if t.CA == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("trust: no certificate in the file of authorities")
	}
	return cfg, nil
}

func pinned(s tls.ConnectionState, pins ...string) error {
	if len(s.PeerCertificates) > 0 {
		have := PinOf(s.PeerCertificates[0])
		for _, p := range pins {
			if strings.EqualFold(p, have) {
				return nil
			}
		}
	}
	return errors.New("another key than the one that is pinned")
}

// OnlyPinned is the configuration of a server that lets in whoever holds one of these keys.
func OnlyPinned(own func(*tls.ClientHelloInfo) (*tls.Certificate, error), pins ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: own, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"http/1.1"},
		VerifyConnection: func(s tls.ConnectionState) error { return pinned(s, pins...) },
	}
}

func dialTLS(ctx context.Context, address string, cfg *tls.Config) (net.Conn, error) {
	d := tls.Dialer{Config: cfg}
	return d.DialContext(ctx, "tcp", address)
}

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 398 * 24 * time.Hour
	backdate = time.Hour // peers whose clocks are a little behind
)

// authority is the private CA of a data folder: ECDSA P-256, for hosts without a public name and for trunks' clients.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func caPaths(dir string) (cert, key string) {
	return filepath.Join(dir, "ca.pem"), filepath.Join(dir, "keys", "ca.key")
}

// errSealedAuthority is a CA whose key was sealed at the first unsealing: office.authority opens it.
var errSealedAuthority = errors.New("private CA: its key is sealed")

// openAuthority reads the CA of a folder that was never unsealed, or makes it.
func openAuthority(dir string, now time.Time) (*authority, error) {
	certPath, keyPath := caPaths(dir)
	if _, err := os.Stat(certPath); errors.Is(err, os.ErrNotExist) {
		return newAuthority(certPath, keyPath, now)
	}
	key, err := os.ReadFile(keyPath)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errSealedAuthority
	}
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	return readAuthority(certPath, key)
}

func newAuthority(certPath, keyPath string, now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "Nightbell private CA"},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	return &authority{cert, key}, writePair(certPath, keyPath, [][]byte{der}, key)
}

// server issues the certificate of the listeners for these names and addresses.
func (a *authority) server(certPath, keyPath string, hosts []string, now time.Time) error {
	t := a.leaf("nightbell", now)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, host)
		}
	}
	return a.issue(t, certPath, keyPath)
}

// trunk issues the client certificate of a trunk, with the DNS names by which the book knows it.
func (a *authority) trunk(dir, id string, names []string, now time.Time) error {
	t := a.leaf(id, now)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	t.DNSNames = names
	certPath, keyPath := trunkPaths(dir, id)
	return a.issue(t, certPath, keyPath)
}

func trunkPaths(dir, id string) (cert, key string) {
	return filepath.Join(dir, "trunks", id+".crt"), filepath.Join(dir, "trunks", id+".key")
}

func (a *authority) leaf(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
}

func (a *authority) issue(t *x509.Certificate, certPath, keyPath string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", t.Subject.CommonName, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", t.Subject.CommonName, err)
	}
	return writePair(certPath, keyPath, [][]byte{der, a.cert.Raw}, key)
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic("system random generator: " + err.Error()) // it never fails
	}
	return n
}

// writePair writes key, then certificate, each whole: whoever sees the certificate finds its key.
func writePair(certPath, keyPath string, chain [][]byte, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("certificate key: %w", err)
	}
	if err := writeWhole(keyPath, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	var text []byte
	for _, der := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return writeWhole(certPath, text, 0o644)
}

// writeWhole puts a file in place by one rename.
func writeWhole(path string, b []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := path + ".new"
	if err := os.WriteFile(tmp, b, mode); err != nil {
		return err
	}
	return errors.Join(os.Chmod(tmp, mode), os.Rename(tmp, path))
}

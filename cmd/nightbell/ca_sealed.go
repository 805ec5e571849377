package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"nightbell/seal"
)

// The private CA's key can make a phone or a trunk out of anybody. Set-up makes it before there is a ring to seal it
// with; the first unsealing seals it and removes the clear file. From then on it is open only while something is signed.
// A server that stays sealed needs the certificates of its listeners and never this key.

func sealedAuthorityPath(dir string) string { return filepath.Join(dir, "keys", "ca.key.sealed") }

// authorityCell is the place of the sealed key: a file, bound like a cell of the database.
func authorityCell() seal.Cell { return seal.Cell{Table: "files", Column: "keys", Row: "ca.key"} }

// sealAuthority seals the CA's key where it lies in clear, and brings a sealed one under the current key: at every
// unsealing, and after a rotation of the house's fields key.
func (o *office) sealAuthority() error {
	_, clearPath := caPaths(o.Config.Dir)
	sealedPath := sealedAuthorityPath(o.Config.Dir)
	text, err := os.ReadFile(clearPath)
	if errors.Is(err, os.ErrNotExist) {
		return o.rewrapAuthority(sealedPath)
	}
	if err != nil {
		return fmt.Errorf("private CA: %w", err)
	}
	defer clear(text)
	cell, err := o.Ring.SealCell(authorityCell(), text)
	if err != nil {
		return fmt.Errorf("private CA: %w", err)
	}
	if err := writeWhole(sealedPath, cell, 0o600); err != nil {
		return fmt.Errorf("private CA: %w", err)
	}
	if _, err := o.authority(); err != nil { // what cannot be read back is not removed in clear
		return err
	}
	return os.Remove(clearPath)
}

func (o *office) rewrapAuthority(path string) error {
	cell, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // a folder without a CA of its own
	}
	if err != nil {
		return fmt.Errorf("private CA: %w", err)
	}
	fresh, err := o.Ring.RewrapCell(authorityCell(), cell)
	if err != nil {
		return fmt.Errorf("private CA: %w", err)
	}
	if string(fresh) == string(cell) {
		return nil
	}
	return writeWhole(path, fresh, 0o600)
}

// authority opens the private CA for signing.
func (o *office) authority() (*authority, error) {
	if o.Ring == nil {
		return nil, seal.ErrClosed
	}
	cell, err := os.ReadFile(sealedAuthorityPath(o.Config.Dir))
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	text, err := o.Ring.OpenCell(authorityCell(), cell)
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	defer clear(text)
	certPath, _ := caPaths(o.Config.Dir)
	return readAuthority(certPath, text)
}

// readAuthority joins the CA's certificate and its key, and insists that they belong together.
func readAuthority(certPath string, key []byte) (*authority, error) {
	certPEM, err := os.ReadFile(certPath)
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(key)
	if certBlock == nil || keyBlock == nil {
		return nil, errors.New("private CA: not PEM")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private CA: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, errors.New("private CA: key is not PKCS #8")
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("private CA: key cannot sign")
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(cert.PublicKey) {
		return nil, errors.New("private CA: certificate and key are of two authorities")
	}
	return &authority{cert, signer}, nil
}

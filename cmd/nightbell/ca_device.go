package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"nightbell/console"
	"nightbell/sip"
)

// holder is whom a device certificate is for.
type holder struct{ User, Person, Realm string }

// device issues the client certificate of a phone. Of the request its public key is taken and nothing else: what the
// certificate says is ours to say. The chain comes in PEM, the fingerprint names its leaf.
func (a *authority) device(who holder, csr *x509.CertificateRequest, now time.Time) (chain, fingerprint string, err error) {
	t := a.leaf(who.User, now)
	t.Subject = pkix.Name{CommonName: who.User, OrganizationalUnit: []string{who.Person}}
	t.URIs = append(t.URIs, sip.DeviceName(who.User, who.Realm))
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, csr.PublicKey, a.key)
	if err != nil {
		return "", "", fmt.Errorf("certificate of device %s: %w", who.User, err)
	}
	for _, b := range [][]byte{der, a.cert.Raw} {
		chain += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b}))
	}
	return chain, sip.Fingerprint(der), nil
}

// signingRequest reads a certificate signing request (PKCS #10, PEM): its maker has the key, and the key is worth having.
func signingRequest(text string) (*x509.CertificateRequest, error) {
	wrong := func(why string) error { return console.Mistakes{{Field: "body.csr", Text: why}} }
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST" {
		return nil, wrong("not a certificate request in PEM")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, wrong("not a certificate request")
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, wrong("not signed by its own key")
	}
	if err := worthy(csr); err != nil {
		return nil, wrong(err.Error())
	}
	return csr, nil
}

// freshRequest makes a key and a certificate request for it, both in PEM.
func freshRequest() (csr, key string, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("device key: %w", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, k)
	if err != nil {
		return "", "", fmt.Errorf("device key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", "", fmt.Errorf("device key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), nil
}

// worthy refuses keys that are too short.
func worthy(csr *x509.CertificateRequest) error {
	if csr.PublicKeyAlgorithm == x509.Ed25519 {
		return nil
	}
	switch k := csr.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if k.Curve.Params().BitSize >= 256 {
			return nil
		}
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n >= 2048 && n <= 8192 {
			return nil
		}
	}
	return errors.New("key: ECDSA from P-256, RSA from 2048 bits, or Ed25519")
}

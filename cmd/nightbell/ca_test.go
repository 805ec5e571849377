package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/seal"
)

// csrOf is a certificate request of a key, in PEM.
func csrOf(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "somebody else"}, DNSNames: []string{"carrier.example"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func p256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// unsealedOffice is the office of a folder that was just set up.
func unsealedOffice(t *testing.T, dir string) *office {
	t.Helper()
	cfg, err := LoadConfig(filepath.Join(dir, configName), dir)
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	if o.Sealed != nil || o.AuthorityTrouble != nil {
		t.Fatal(o.Sealed, o.AuthorityTrouble)
	}
	return o
}

func TestTheAuthoritysKeyIsSealedAtTheFirstUnsealing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	says([]string{"setup", "--development", "--dir", dir}, "")
	_, clearKey := caPaths(dir)
	before, err := openAuthority(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	o := unsealedOffice(t, dir)
	if _, err := os.Stat(clearKey); !errors.Is(err, os.ErrNotExist) {
		t.Error("the key still lies in clear:", err)
	}
	sealed, err := os.ReadFile(sealedAuthorityPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := o.authority()
	if err != nil || !ca.cert.Equal(before.cert) {
		t.Fatal("another authority:", err)
	}
	if _, err := openAuthority(dir, time.Now()); !errors.Is(err, errSealedAuthority) {
		t.Error("opened without the ring:", err)
	}
	if _, err := (keyring{o}).Rotate(t.Context(), console.KeyRotation{Purpose: string(seal.Fields)}, audit.Actor{Type: "operator"}); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(sealedAuthorityPath(dir))
	was, _ := seal.CellVersion(sealed)
	if is, err := seal.CellVersion(after); err != nil || is != was+1 {
		t.Errorf("sealed by version %d, then %d", was, is)
	}
}

func TestAnotherTrunkGetsItsCertificateFromTheSealedAuthority(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	says([]string{"setup", "--development", "--dir", dir}, "")
	_ = unsealedOffice(t, dir).Close()
	if got := says([]string{"setup", "--development", "--dir", dir, "--trunk", "late=late.example"}, ""); got.code != exitDone {
		t.Fatal(got.err)
	}
	if _, err := os.Stat(filepath.Join(dir, "trunks", "late.crt")); err != nil {
		t.Error(err)
	}
}

func TestADeviceCertificateSaysWhatWeSay(t *testing.T) {
	ca, err := newAuthority(filepath.Join(t.TempDir(), "ca.pem"), filepath.Join(t.TempDir(), "ca.key"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	csr, err := signingRequest(csrOf(t, p256(t)))
	if err != nil {
		t.Fatal(err)
	}
	chain, fingerprint, err := ca.device(holder{"amy-2", "amy", "nightbell"}, csr, time.Now())
	if err != nil || len(fingerprint) != 64 {
		t.Fatal(err, fingerprint)
	}
	block, _ := pem.Decode([]byte(chain))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if len(leaf.DNSNames) != 0 || leaf.Subject.CommonName != "amy-2" || !slices.Equal(leaf.Subject.OrganizationalUnit, []string{"amy"}) {
		t.Errorf("%v %v", leaf.DNSNames, leaf.Subject)
	}
	if len(leaf.URIs) != 1 || leaf.URIs[0].String() != "sip:amy-2@nightbell" {
		t.Errorf("%v", leaf.URIs)
	}
}

func TestRequestsThatAreNoneAreRefused(t *testing.T) {
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := csrOf(t, p256(t))
	for name, text := range map[string]string{
		"empty": "", "no PEM": "hello", "short key": csrOf(t, small), "cut": good[:len(good)/2],
		"a certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	} {
		if _, err := signingRequest(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := signingRequest(good); err != nil {
		t.Error(err)
	}
}

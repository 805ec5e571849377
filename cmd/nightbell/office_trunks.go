package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// soon is when something that ends should be on somebody's mind.
const soon = 21 * 24 * time.Hour

// Test looks at everything a trunk needs from our side; it calls nobody.
func (t trunks) Test(ctx context.Context, id string) (console.TrunkTest, error) {
	b, err := t.Store.Book(ctx)
	if err != nil {
		return console.TrunkTest{}, known(err)
	}
	at := slices.IndexFunc(b.Trunks, func(tr policy.Trunk) bool { return tr.ID == id })
	if at < 0 {
		return console.TrunkTest{}, console.ErrNotFound
	}
	tr := b.Trunks[at]
	test := console.TrunkTest{ID: id, OK: true}
	note := func(name string, ok bool, detail string) {
		test.Checks = append(test.Checks, console.TestCheck{Name: name, OK: ok, Detail: detail})
		test.OK = test.OK && ok
	}
	ways := waysOf(tr.Identity)
	note("identity", len(ways) > 0, fmt.Sprintf("%d ways to be known", len(ways)))
	if len(tr.Identity.CertNames) > 0 {
		ok, detail := t.certificate(tr)
		note("certificate", ok, detail)
	}
	if tr.Identity.Digest != "" {
		has, err := t.hasSecret(ctx, id)
		if err != nil {
			return test, err
		}
		note("secret", has, map[bool]string{true: "kept", false: "none: nightbell trunks secret " + id}[has])
	}
	reached := reachable(b, id)
	note("numbers", reached > 0 || b.CatchAll != "", fmt.Sprintf("%d numbers; catch-all %s", reached, cell(b.CatchAll)))
	for _, x := range tr.Exceptions {
		left := x.Until.Sub(t.now())
		note("exception", left > 0, fmt.Sprintf("%v ends %s", x.Scope, x.Until.UTC().Format(time.RFC3339)))
	}
	return test, nil
}

// reachable counts the numbers that this trunk may dial.
func reachable(b *policy.Book, trunk string) int {
	n := 0
	for _, number := range b.Numbers {
		if number.Trunk == "" || number.Trunk == trunk {
			n++
		}
	}
	return n
}

// certificate checks the roots a trunk brings, or the pair that the private CA made for it.
func (t trunks) certificate(tr policy.Trunk) (bool, string) {
	if tr.Identity.CertRoots != "" {
		if !x509.NewCertPool().AppendCertsFromPEM([]byte(tr.Identity.CertRoots)) {
			return false, "its own roots are not readable"
		}
		return true, "checked against its own roots"
	}
	path := filepath.Join(t.Config.Dir, "trunks", tr.ID+".crt")
	cert, err := readCertificate(path)
	if errors.Is(err, os.ErrNotExist) {
		return true, "checked against the private CA; its pair was made elsewhere"
	}
	if err != nil {
		return false, err.Error()
	}
	named := slices.ContainsFunc(cert.DNSNames, func(n string) bool { return slices.Contains(tr.Identity.CertNames, n) })
	for _, u := range cert.URIs {
		named = named || slices.Contains(tr.Identity.CertNames, u.String())
	}
	if !named {
		return false, "the pair in trunks/ has none of the trunk's names"
	}
	return cert.NotAfter.After(t.now()), "private CA, until " + cert.NotAfter.UTC().Format(time.RFC3339)
}

// readCertificate reads the first certificate of a PEM file.
func readCertificate(path string) (*x509.Certificate, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s: no certificate", filepath.Base(path))
	}
	return x509.ParseCertificate(block.Bytes)
}

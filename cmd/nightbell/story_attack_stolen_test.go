//go:build stories

package main

import (
	"crypto/tls"
	"path/filepath"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

// A phone's certificate opens nothing but its own phone: not another person's, not a trunk's call, and nothing once it was
// revoked. Each try stands in the log.
func TestStoryAStolenCertificateIsNobodyElse(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	s.secret("amy")
	bo := s.secret("bo")
	dir := t.TempDir()
	key, csr := newKey(t, dir)
	s.must("devices", "certificate", "amy", "--csr", csr, "--provision", "baresip", "--out", dir)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "device.crt"), key)
	fail(t, err)
	registers := func(user, secret string) bool {
		o := siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), User: user, Secret: secret, Domain: "nightbell", Cert: &pair}
		p, err := siptest.NewPhone(ctx, o, nil)
		if err != nil {
			return false // not even a connection
		}
		defer p.Close()
		return p.Register(ctx) == nil
	}
	if !registers("amy", "") {
		t.Fatal("the certificate does not open its own phone")
	}
	if registers("bo", "") {
		t.Error("Amy's certificate registers Bo's phone")
	}
	if registers("bo", bo) {
		t.Error("Bo's secret registers from a connection that is Amy's by its certificate")
	}
	trunk, err := siptest.Dial(ctx, siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), Cert: &pair})
	fail(t, err)
	t.Cleanup(trunk.Close)
	s.dial(ctx, trunk, demoNumber)
	if !finish(ctx, trunk.Done()) || len(trunk.Heard()) > 0 {
		t.Errorf("a phone's certificate was heard as a trunk: %q", trunk.Heard())
	}
	s.must("devices", "revoke", "amy")
	if registers("amy", "") {
		t.Error("a revoked certificate registers")
	}
	var page struct {
		Items []struct{ Object, Outcome string }
	}
	until(ctx, t, "the tries are not remembered", func() bool {
		s.ask(&page, "audit", "list", "--action", "device.refused", "--limit", "50")
		return len(page.Items) > 0
	})
	t.Logf("remembered: %+v", page.Items)
	s.must("audit", "verify")
}

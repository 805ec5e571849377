package sip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

// device issues the certificate of a phone.
func (a *authority) device(t testing.TB, user, person string, from, until time.Time) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: user, OrganizationalUnit: []string{person}},
		NotBefore: from, NotAfter: until, URIs: []*url.URL{DeviceName(user, "nightbell")},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	ok(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// badge is a house with a phone that is known by its certificate, and by nothing else.
func badge(t *testing.T, from, until time.Time) (*house, *tls.Certificate) {
	h := open(t, quick)
	cert := h.ca.device(t, "carol", "carol", from, until)
	h.setDevice(Device{User: "carol", Person: "carol", Certificate: Fingerprint(cert.Certificate[0]), Mark: "1"})
	return h, cert
}

func (h *house) setDevice(d Device) {
	h.mu.Lock()
	h.phones[d.User] = d
	h.mu.Unlock()
}

func hence(d time.Duration) time.Time { return time.Now().Add(d) }

func (h *house) shows(user string, cert *tls.Certificate) *siptest.Phone {
	opt := h.options(user)
	opt.Cert = cert
	return h.connect(opt, nil)
}

func TestACertificateRegistersWithoutASecret(t *testing.T) {
	h, cert := badge(t, hence(-time.Hour), hence(time.Hour))
	p := h.shows("carol", cert)
	res, err := p.Once(within10s(t), "Contact: <sip:carol@192.0.2.5>\r\n")
	ok(t, err)
	if res.StatusCode != 200 {
		t.Fatalf("REGISTER: %d", res.StatusCode)
	}
	if e := h.told(BindingMade); e.User != "carol" {
		t.Errorf("made for %q", e.User)
	}
	if leg := h.ring("carol"); leg.User() != "carol" {
		t.Error("she is not called")
	}
}

func TestCertificatesThatMustNotBeUsedHere(t *testing.T) {
	h, good := badge(t, hence(-time.Hour), hence(time.Hour))
	foreign := newAuthority(t)
	for name, c := range map[string]struct {
		user string
		cert *tls.Certificate
		why  string
		code int
	}{
		"another person's":   {"amy", good, "certificate_of_another", 403},
		"a stranger's name":  {"nobody", good, "certificate_of_another", 403},
		"expired":            {"carol", h.ca.device(t, "carol", "carol", hence(-time.Hour), hence(-time.Minute)), "certificate_expired", 403},
		"not yet valid":      {"carol", h.ca.device(t, "carol", "carol", hence(time.Minute), hence(time.Hour)), "certificate_early", 403},
		"issued before":      {"carol", h.ca.device(t, "carol", "carol", hence(-time.Hour), hence(time.Hour)), "certificate_revoked", 403},
		"of another CA":      {"carol", foreign.device(t, "carol", "carol", hence(-time.Hour), hence(time.Hour)), "certificate_foreign", 401},
		"expired, elsewhere": {"carol", foreign.device(t, "carol", "carol", hence(-time.Hour), hence(-time.Minute)), "certificate_foreign", 401},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.shows(c.user, c.cert)
			for range 2 { // told of once on a connection
				res, err := p.Once(within10s(t), "Contact: <sip:x@192.0.2.5>\r\n")
				ok(t, err)
				if res.StatusCode != c.code {
					t.Errorf("REGISTER: %d, want %d", res.StatusCode, c.code)
				}
			}
			if e := h.told(BindingFailed); e.User != "carol" || e.Reason != c.why {
				t.Errorf("told of %q, %q", e.User, e.Reason)
			}
			if len(h.bindings) != 0 {
				t.Error("told twice")
			}
		})
	}
	if n := len(h.server.Bindings()); n != 0 {
		t.Errorf("%d bindings", n)
	}
}

func TestACertificateWhosePersonChangedIsNobodys(t *testing.T) {
	h, cert := badge(t, hence(-time.Hour), hence(time.Hour))
	h.mu.Lock()
	d := h.phones["carol"]
	d.Person = "dan"
	h.phones["carol"] = d
	h.mu.Unlock()
	res, err := h.shows("carol", cert).Once(within10s(t), "Contact: <sip:carol@192.0.2.5>\r\n")
	ok(t, err)
	if e := h.told(BindingFailed); res.StatusCode != 403 || e.Reason != "certificate_of_another" {
		t.Errorf("%d, %s", res.StatusCode, e.Reason)
	}
}

func TestACertificateThatWasReplacedIsRefusedOnItsOwnConnection(t *testing.T) {
	h, cert := badge(t, hence(-time.Hour), hence(time.Hour))
	p := h.shows("carol", cert)
	ok(t, p.Register(within10s(t)))
	h.told(BindingMade)
	h.setDevice(Device{User: "carol", Person: "carol", Certificate: "another", Mark: "1"})
	if err := p.Register(within10s(t)); err == nil {
		t.Error("a refresh with a revoked certificate was taken")
	}
}

func TestADeviceCertificateIsNoTrunks(t *testing.T) {
	h, cert := badge(t, hence(-time.Hour), hence(time.Hour))
	c := h.dial(siptest.Options{Cert: cert})
	_, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	silent(t, c)
}

func TestARevokedDevicesConnectionClosesUnlessItTalks(t *testing.T) {
	h := open(t, quick)
	idle := h.phone("amy", nil)
	h.told(BindingMade)
	calls := make(chan *siptest.Dialog, 1)
	talks := h.phone("bo", func(d *siptest.Dialog) { _ = d.Answer(answerSDP); calls <- d })
	h.told(BindingMade)
	leg := h.ring("bo")
	leg.want(Answered)
	d := <-calls
	h.mu.Lock()
	clear(h.phones)
	h.mu.Unlock()
	h.server.DevicesChanged()
	h.told(BindingGone)
	h.told(BindingGone)
	select {
	case <-idle.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the connection of a revoked device is open after 5 s")
	}
	if code, err := d.Info(within10s(t), "5"); err != nil || code != 200 {
		t.Fatalf("the conversation was cut: %d %v", code, err)
	}
	leg.want(Digit)
	leg.End(Completed)
	hear(t, d, "BYE")
	select {
	case <-talks.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the connection outlives its conversation")
	}
}

func TestANewCredentialEndsWhatTheOldOneBound(t *testing.T) {
	h := open(t, quick)
	p := h.phone("amy", nil)
	h.told(BindingMade)
	h.setDevice(Device{User: "amy", Secret: secret("a new one"), Mark: "2"})
	h.server.DevicesChanged()
	if e := h.told(BindingGone); e.Reason != "revoked" {
		t.Errorf("gone: %s", e.Reason)
	}
	<-p.Done()
}

func TestWhatARegisteredPhoneDialsIsALeg(t *testing.T) {
	h := open(t, quick)
	p := h.phone("amy", nil)
	d, err := p.Dial("*10", offerSDP)
	ok(t, err)
	var leg *heard
	select {
	case l := <-h.codes:
		leg = listen(t, l)
	case <-time.After(10 * time.Second):
		t.Fatal("the code did not arrive")
	}
	if f := leg.Facts(); f.Device != "amy" || f.Number != "*10" || f.TrunkID != "" {
		t.Errorf("facts %+v", f)
	}
	ok(t, leg.Answer(answerSDP))
	hear(t, d, "200")
	leg.want(Confirmed)
	if code, err := d.Info(within10s(t), "1"); err != nil || code != 200 {
		t.Errorf("INFO: %d %v", code, err)
	}
	leg.want(Digit)
	leg.End(Completed)
	hear(t, d, "BYE")
	if strings.Contains(h.log.String(), "*10") {
		t.Error("what was dialled stands in the log")
	}
}

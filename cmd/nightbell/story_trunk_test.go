//go:build stories

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

// md5Secret enrols a phone that knows only MD5.
func (s *stand) md5Secret(person string) string {
	s.t.Helper()
	return s.secret(person, "--md5-until", time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339))
}

// registered waits until a person's phone is there.
func (s *stand) registered(ctx context.Context, person string) {
	s.t.Helper()
	until(ctx, s.t, person+" does not register", func() bool {
		var v struct {
			Items []struct {
				Person     string
				Registered []string
			}
		}
		s.ask(&v, "agents", "list")
		for _, a := range v.Items {
			if a.Person == person && len(a.Registered) > 0 {
				return true
			}
		}
		return false
	})
}

// soak asks for the full counts.
func soak() bool { return os.Getenv("NIGHTBELL_SOAK") == "1" }

// trunk connects as any trunk: cert is the name of a pair in the folder, or empty.
func (s *stand) trunk(ctx context.Context, cert string, o siptest.Options) *siptest.Carrier {
	s.t.Helper()
	if cert != "" {
		path, key := trunkPaths(s.dir, cert)
		pair, err := tls.LoadX509KeyPair(path, key)
		fail(s.t, err)
		o.Cert = &pair
	}
	if o.Addr == "" {
		o.Addr = s.sipAddr()
	}
	o.RootCAs = s.pool()
	c, err := siptest.Dial(ctx, o)
	fail(s.t, err)
	s.t.Cleanup(c.Close)
	return c
}

// trunksBook is the call book with trunks that are known in other ways.
func trunksBook() string {
	more := `[[trunks]]
id = "lan"
name = "By address"
addresses = ["127.0.0.2/32"]
[[trunks]]
id = "pbx"
name = "By digest"
digest = "pbx"
addresses = ["127.0.0.3/32"]
[[trunks]]
id = "forward"
name = "Many clinics forward to one number"
certificate = ["forward.demo.nightbell.test"]
number_from = "diversion"
[[numbers]]
number = "17"
clinic = "bos"
trunk = "lan"
[[numbers]]
number = "17"
clinic = "carols"
trunk = "pbx"
`
	return callBook("amys +12125550110 at_once amy:9", "bos +12125550111 at_once bo:9", "carols +12125550112 at_once carol:9",
		"talk +12125550113 at_once dora:9") + more
}

func TestStoryTrunkIdentities(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, func(string) string { return trunksBook() })
	s.must("setup", "--development", "--bind", standAddr, "--trunk", "forward=forward.demo.nightbell.test", "--trunk", "wrong=wrong.demo.nightbell.test")
	var made struct{ Secret string }
	s.ask(&made, "trunks", "secret", "pbx")
	srv := s.serve()
	rung := map[string]<-chan *siptest.Dialog{}
	for _, user := range []string{"amy", "bo", "carol", "dora"} {
		_, rung[user] = s.ringing(ctx, user, s.secret(user))
	}
	silent := s.strangers(ctx)

	digest := siptest.Options{From: "127.0.0.3", User: "pbx", Secret: made.Secret}
	lan, pbx := s.trunk(ctx, "", siptest.Options{From: "127.0.0.2"}), s.trunk(ctx, "", digest)
	forward := s.trunk(ctx, "forward", siptest.Options{})
	for _, a := range []arriving{
		{"certificate", s.carrier(ctx), "+12125550110", "amy", "certificate carrier.demo.nightbell.test", ""},
		{"address over TLS", lan, "+12125550111", "bo", "address 127.0.0.2/32", ""},
		{"digest SHA-256", pbx, "+12125550112", "carol", "digest", ""},
		{"digest, the same connection", pbx, "+12125550112", "carol", "digest", ""},
		{"a national number", lan, "2125550110", "amy", "address 127.0.0.2/32", ""},
		{"an extension of this trunk", lan, "17", "bo", "address 127.0.0.2/32", ""},
		{"the same extension of another", pbx, "17", "carol", "digest", ""},
		{"an unknown number", s.carrier(ctx), "+12125550199", "dora", "certificate carrier.demo.nightbell.test", ""},
		{"an extension of nobody", s.carrier(ctx), "17", "dora", "certificate carrier.demo.nightbell.test", ""},
		{"forwarded", forward, "+12125550100", "bo", "certificate forward.demo.nightbell.test",
			"Diversion: <sip:+12125550111@clinic.example>;reason=unconditional\r\n"},
		{"forwarded twice", forward, "+12125550100", "carol", "certificate forward.demo.nightbell.test",
			"Diversion: <sip:+12125550112@clinic.example>;reason=no-answer, <sip:+12125550111@clinic.example>;reason=unconditional\r\n"},
		{"forwarded by nobody known", forward, "+12125550100", "dora", "certificate forward.demo.nightbell.test", ""},
		{"a header of another trunk", s.carrier(ctx), "+12125550110", "amy", "certificate carrier.demo.nightbell.test",
			"Diversion: <sip:+12125550111@clinic.example>;reason=unconditional\r\n"},
	} {
		s.rings(ctx, a, rung)
	}

	s.wrongDigests(ctx, srv, digest)
	s.remembers(ctx, "trunk.refused", "trunk:", "trunk:pbx") // strangers' certificates, a row for their one address; the guess
	for name, c := range silent {
		if !finish(ctx, c.Done()) {
			t.Errorf("%s: the connection stands", name)
		}
		if heard := c.Heard(); len(heard) > 0 {
			t.Errorf("%s: heard %q", name, heard)
		}
	}
}

// arriving is a call by a trunk, whom it must ring, and how the trunk must have been known.
type arriving struct {
	what          string
	trunk         *siptest.Carrier
	number        string
	user, knownBy string
	head          string
}

// rings calls and insists that this very user rings, and that the story tells how the trunk was known.
func (s *stand) rings(ctx context.Context, a arriving, rung map[string]<-chan *siptest.Dialog) {
	s.t.Helper()
	caller := s.dial(ctx, a.trunk, a.number, a.head).up(ctx)
	select {
	case <-rung[a.user]:
	case <-ctx.Done():
		s.t.Fatalf("%s: %s does not ring", a.what, a.user)
	}
	fail(s.t, caller.dialog.Bye(ctx))
	row := s.lastCall(ctx)
	var v struct {
		KnownBy string `json:"known_by"`
	}
	s.ask(&v, "calls", "show", row.ID)
	if v.KnownBy != a.knownBy {
		s.t.Errorf("%s: known by %q, want %q", a.what, v.KnownBy, a.knownBy)
	}
	for other, calls := range rung {
		if len(calls) > 0 {
			s.t.Errorf("%s: %s rang too", a.what, other)
		}
	}
}

// strangers call from everywhere without being anybody; each must hear nothing and be closed.
func (s *stand) strangers(ctx context.Context) map[string]*siptest.Carrier {
	s.t.Helper()
	foreign, err := newAuthority(filepath.Join(s.t.TempDir(), "ca.pem"), filepath.Join(s.t.TempDir(), "ca.key"), time.Now())
	fail(s.t, err)
	fail(s.t, foreign.trunk(s.dir, "foreign", []string{"carrier.demo.nightbell.test"}, time.Now()))
	old, err := openAuthority(s.ca, time.Now())
	fail(s.t, err)
	fail(s.t, old.trunk(s.dir, "expired", []string{"carrier.demo.nightbell.test"}, time.Now().Add(-2*leafLife)))
	all := map[string]*siptest.Carrier{
		"no certificate":          s.trunk(ctx, "", siptest.Options{}),
		"wrong name":              s.trunk(ctx, "wrong", siptest.Options{}),
		"foreign CA":              s.trunk(ctx, "foreign", siptest.Options{}),
		"expired":                 s.trunk(ctx, "expired", siptest.Options{}),
		"digest from elsewhere":   s.trunk(ctx, "", siptest.Options{From: "127.0.0.4", User: "pbx", Secret: "x"}),
		"neighbour of an address": s.trunk(ctx, "", siptest.Options{From: "127.0.0.9"}),
	}
	for _, c := range all {
		s.dial(ctx, c, "+12125550110")
		_, err := c.Call(ctx, "+12125550110", "+12125550155", nil, "P-Asserted-Identity: <sip:+12125550142@nightbell>\r\n")
		fail(s.t, err)
	}
	return all
}

// banLine is the one line that a ban list reads, stable from release to release.
const banLine = `level=WARN msg="wrong answer to a SIP challenge" remote=%s method=%s`

// wrongDigests guesses, and replays what another connection has said.
func (s *stand) wrongDigests(ctx context.Context, srv *process, right siptest.Options) {
	s.t.Helper()
	if strings.Contains(srv.output(), "wrong answer") {
		s.t.Error("a first challenge, or silence, was logged as a wrong answer")
	}
	guess := right
	guess.Secret = "guess"
	s.dial(ctx, s.trunk(ctx, "", guess), "+12125550112").word(ctx, "401")
	srv.await(fmt.Sprintf(banLine, "127.0.0.3", "INVITE"), 10*time.Second)
	phone := s.trunkPhone(ctx, "dora", "127.0.0.5", "guess")
	if err := phone.Register(ctx); err == nil {
		s.t.Error("a wrong secret registers")
	}
	srv.await(fmt.Sprintf(banLine, "127.0.0.5", "REGISTER"), 10*time.Second)
	if n := strings.Count(srv.output(), "wrong answer"); n != 2 {
		s.t.Errorf("%d lines for the ban list, want 2", n)
	}

	good := s.trunkPhone(ctx, "amy-2", "127.0.0.5", s.secret("amy"))
	head := "Contact: <sip:amy-2@127.0.0.5>\r\nExpires: 600\r\n"
	_, err := good.Do(ctx, head)
	fail(s.t, err)
	said := good.Authorization("REGISTER")
	other := s.trunkPhone(ctx, "amy-2", "127.0.0.6", "")
	for _, c := range []struct {
		by   *siptest.Phone
		want int
	}{{good, 200}, {good, 401}, {other, 401}} {
		res, err := c.by.Once(ctx, head+said)
		if err != nil || res.StatusCode != c.want {
			s.t.Errorf("a nonce said again: %v, want %d, %v", res, c.want, err)
		}
	}
}

func (s *stand) trunkPhone(ctx context.Context, user, from, secret string) *siptest.Phone {
	s.t.Helper()
	opt := siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), User: user, Secret: secret, Domain: "nightbell", From: from}
	p, err := siptest.NewPhone(ctx, opt, func(d *siptest.Dialog) { _ = d.Reject(486) })
	fail(s.t, err)
	s.t.Cleanup(p.Close)
	return p
}

package sip

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

// sender is somebody who sends requests outside any dialog.
type sender struct {
	name string
	send func(method, uri string) string // gives the first line that came back, or "silence"
}

// What each method gets from each kind of peer, as a table: whoever changes who may ask what changes this file.
func TestEveryMethodFromEverybody(t *testing.T) {
	h := open(t, Limits{Nameless: 300 * time.Millisecond})
	var b strings.Builder
	b.WriteString("# What a request outside any dialog gets, by method and by who sends it. `silence`: no byte.\n")
	b.WriteString("# go test ./sip -run TestEveryMethodFromEverybody -update writes it anew.\n\n")
	asks := []struct{ method, uri string }{
		{"REGISTER", "sip:nightbell"}, {"INVITE", "sip:+12125550100@nightbell"}, {"INVITE", "sip:*10@nightbell"},
		{"OPTIONS", "sip:nightbell"}, {"INFO", "sip:nightbell"}, {"UPDATE", "sip:nightbell"}, {"PRACK", "sip:nightbell"},
		{"BYE", "sip:nightbell"}, {"MESSAGE", "sip:amy@nightbell"}, {"SUBSCRIBE", "sip:amy@nightbell"},
		{"NOTIFY", "sip:amy@nightbell"}, {"PUBLISH", "sip:amy@nightbell"}, {"REFER", "sip:amy@nightbell"}, {"SING", "sip:nightbell"},
	}
	senders := h.senders()
	fmt.Fprintf(&b, "%-9s %-28s", "method", "uri")
	for _, s := range senders {
		fmt.Fprintf(&b, " %-19s", s.name)
	}
	for _, a := range asks {
		fmt.Fprintf(&b, "\n%-9s %-28s", a.method, a.uri)
		for _, s := range senders {
			fmt.Fprintf(&b, " %-19s", s.send(a.method, a.uri))
		}
	}
	b.WriteString("\n")
	got := trimLines(b.String())
	const path = "testdata/methods.golden"
	if *update {
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	ok(t, err)
	if got != string(want) {
		t.Errorf("%s differs:\n%s", path, got)
	}
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// senders are everybody who may come to the TLS listener. Each request has a connection of its own.
func (h *house) senders() []sender {
	in := time.Now().Add(time.Hour)
	stranger := newAuthority(h.t).issue(h.t, "pbx.clinic.example", in)
	badge := h.ca.device(h.t, "carol", "carol", time.Now().Add(-time.Hour), in)
	h.setDevice(Device{User: "carol", Person: "carol", Certificate: Fingerprint(badge.Certificate[0])})
	return []sender{
		{"nobody", h.asking(siptest.Options{})},
		{"strange certificate", h.asking(siptest.Options{Cert: stranger})},
		{"trunk", h.asking(siptest.Options{Cert: h.ca.issue(h.t, "pbx.clinic.example", in)})},
		{"device", h.asking(h.options("amy"))},
		{"device, registered", h.registered("amy", siptest.Options{})},
		{"its certificate", h.registered("carol", siptest.Options{Cert: badge})},
		{"revoked certificate", h.asking(siptest.Options{User: "carol", Cert: h.ca.device(h.t, "carol", "carol", time.Now().Add(-time.Hour), in)})},
	}
}

func (h *house) asking(opt siptest.Options) func(method, uri string) string {
	return func(method, uri string) string {
		opt.Addr, opt.RootCAs = h.addr, h.ca.pool
		c, err := siptest.Dial(within10s(h.t), opt)
		ok(h.t, err)
		defer c.Close()
		return asked(h.t, c, method, uri)
	}
}

// registered asks on the connection that a phone has registered on.
func (h *house) registered(user string, more siptest.Options) func(method, uri string) string {
	return func(method, uri string) string {
		opt := h.options(user)
		opt.Cert = more.Cert
		p := h.connect(opt, nil)
		defer p.Close()
		ok(h.t, p.Register(within10s(h.t)))
		return asked(h.t, p, method, uri)
	}
}

// line is what both kinds of peers have.
type line interface {
	Ask(ctx context.Context, method, uri string) (answer string, err error)
}

func asked(t testing.TB, c line, method, uri string) string {
	t.Helper()
	got, err := c.Ask(within10s(t), method, uri)
	ok(t, err)
	return got
}

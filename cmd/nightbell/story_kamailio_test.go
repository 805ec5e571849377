//go:build stories

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

const proxyAddr = "127.0.0.1:5081" // where carriers and phones reach the proxy

const kamailioTLS = `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
certificate = %[1]s
private_key = %[2]s
[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = %[3]s
certificate = %[1]s
private_key = %[2]s
`

// kamailio puts Debian's proxy in front of the house. It is known by a certificate of the stand's CA: to its callers by
// its addresses, to the house by names.
func (s *stand) kamailio(names ...string) *process {
	s.t.Helper()
	dir := s.t.TempDir()
	ca, err := openAuthority(s.ca, time.Now())
	fail(s.t, err)
	cert, key, tlsFile, file := filepath.Join(dir, "proxy.crt"), filepath.Join(dir, "proxy.key"), filepath.Join(dir, "tls.cfg"), filepath.Join(dir, "kamailio.cfg")
	fail(s.t, ca.server(cert, key, append([]string{standAddr, "127.0.0.1"}, names...), time.Now()))
	fail(s.t, os.WriteFile(tlsFile, fmt.Appendf(nil, kamailioTLS, cert, key, filepath.Join(s.dir, "ca.pem")), 0o600))
	text := bytes.ReplaceAll(readFile(s.t, "testdata/kamailio/kamailio.cfg"), []byte("TLSCONFIG"), []byte(tlsFile))
	fail(s.t, os.WriteFile(file, text, 0o600))
	p := start(s.t, exec.Command("/usr/sbin/kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", file, "-Y", dir, "-P", filepath.Join(dir, "pid")))
	s.t.Cleanup(func() { // its children go with it
		_ = p.end(10 * time.Second)
		if s.t.Failed() {
			s.t.Logf("the proxy said:\n%s", p.output())
		}
	})
	return p
}

// passed fails unless the proxy has routed these requests within dialogs, and every other one it saw.
func passed(t *testing.T, proxy *process, requests ...string) {
	t.Helper()
	for _, r := range requests {
		proxy.await("proxy: routed "+r, 5*time.Second)
	}
	if strings.Contains(proxy.output(), "proxy: lost") {
		t.Errorf("a request within a dialog came without its route:\n%s", proxy.output())
	}
}

// behind connects a carrier to the proxy; it has no certificate of its own.
func (s *stand) behind(ctx context.Context) *siptest.Carrier {
	s.t.Helper()
	var c *siptest.Carrier
	until(ctx, s.t, "the proxy does not listen", func() (ok bool) {
		var err error
		c, err = siptest.Dial(ctx, siptest.Options{Addr: proxyAddr, RootCAs: s.pool(), Domain: standAddr})
		return err == nil
	})
	s.t.Cleanup(c.Close)
	return c
}

// A carrier stands behind a proxy with a foot in either network. Everything within the dialog travels by its route set, in
// both directions: a hold, a hang-up here and there, a call that is taken back.
func TestStoryAProxyStandsBeforeUs(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20", "late +12125550115 when_agent_answers bo:20")
	amys := s.answering(ctx, "amy")
	_, bos := s.ringing(ctx, "bo", s.secret("bo"))
	proxy := s.kamailio("carrier.demo.nightbell.test")
	carrier := s.behind(ctx)

	caller, agent := s.talking(ctx, carrier, amys)
	heardEach(ctx, t, "through the proxy", caller, agent)
	caller.turn(ctx, "sendonly")
	caller.turn(ctx, "sendrecv")
	heardEach(ctx, t, "after a hold", caller, agent)
	passed(t, proxy, "ACK", "INVITE")
	fail(t, agent.dialog.Bye(ctx))
	bye := caller.word(ctx, "BYE")
	passed(t, proxy, "BYE to sip:peer@127.0.0.1:")
	if n := strings.Count(bye.Raw, "Via: "); n != 2 {
		t.Errorf("the house's BYE came over %d hops:\n%s", n-1, bye.Raw)
	}

	caller, agent = s.talking(ctx, carrier, amys)
	fail(t, caller.dialog.Bye(ctx))
	agent.word(ctx, "BYE")
	taken := s.dial(ctx, carrier, "+12125550115")
	rings := rang(ctx, t, bos)
	fail(t, taken.dialog.Cancel(ctx))
	taken.word(ctx, "487")
	if _, err := rings.Wait(ctx, "CANCEL"); err != nil {
		t.Error("a phone rings on: ", err)
	}
	s.quiet(ctx)
	passed(t, proxy)
}

// A phone registers through the proxy: its Path is where it is called (RFC 3327), and the connection is the proxy's.
func TestStoryAPhoneRegistersThroughAProxy(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	proxy := s.kamailio()
	s.behind(ctx).Close()
	taken := make(chan *talk, 16)
	opt := siptest.Options{Addr: proxyAddr, RootCAs: s.pool(), User: "amy", Secret: s.secret("amy"), Domain: "nightbell"}
	phone, err := siptest.NewPhone(ctx, opt, func(d *siptest.Dialog) { taken <- s.pickUp(d, mediatest.Options{}) })
	fail(t, err)
	t.Cleanup(phone.Close)
	fail(t, phone.Register(ctx))

	caller, agent := s.talking(ctx, s.carrier(ctx), taken)
	proxy.await("proxy: by Path", 5*time.Second)
	heardEach(ctx, t, "to a phone behind the proxy", caller, agent)
	agent.turn(ctx, "sendonly")
	agent.turn(ctx, "sendrecv")
	heardEach(ctx, t, "after a hold", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	agent.word(ctx, "BYE")
	passed(t, proxy, "ACK", "INVITE", "BYE to sip:")
	s.quiet(ctx)
}

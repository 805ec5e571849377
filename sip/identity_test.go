package sip

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

var hereabouts = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// silent insists that the connection is closed without a byte of ours.
func silent(t *testing.T, c *siptest.Carrier) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the connection was not closed")
	}
	if got := c.Heard(); len(got) != 0 {
		t.Errorf("heard %q, want nothing", got)
	}
}

var quick = Limits{Nameless: 200 * time.Millisecond}

func TestStrangersHearNothing(t *testing.T) {
	h := open(t, quick)
	other := newAuthority(t)
	in := time.Now().Add(time.Hour)
	for name, opt := range map[string]siptest.Options{
		"no certificate": {},
		"another name":   {Cert: h.ca.issue(t, "pbx.other.example", in)},
		"another root":   {Cert: other.issue(t, "pbx.clinic.example", in)},
		"ran out":        {Cert: h.ca.issue(t, "pbx.clinic.example", time.Now().Add(-time.Hour))},
	} {
		t.Run(name, func(t *testing.T) {
			c := h.dial(opt)
			_, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
			ok(t, err)
			silent(t, c)
		})
	}
	if len(h.legs) != 0 {
		t.Error("a stranger's call arrived")
	}
	if strings.Contains(h.log.String(), "wrong answer") {
		t.Error("silence was logged as a wrong answer")
	}
}

func TestTrunkKnownByAddress(t *testing.T) {
	h := open(t, quick)
	h.setTrunks(Trunk{ID: "carrier", Prefixes: hereabouts})
	_, leg := h.call(h.dial(siptest.Options{}))
	if f := leg.Facts(); f.TrunkID != "carrier" || f.KnownBy != "address 127.0.0.0/8" {
		t.Errorf("facts = %+v", f)
	}
	leg.End(Busy)

	h.setTrunks(Trunk{ID: "carrier", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	c := h.dial(siptest.Options{})
	_, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	silent(t, c)
}

func TestTrunkThatLeftTheBookIsNobody(t *testing.T) {
	h := open(t, Limits{})
	c := h.carrier()
	d, leg := h.call(c)
	leg.End(Busy)
	hear(t, d, "486")
	h.setTrunks()
	before, silent := len(c.Heard()), h.server.Totals().Silent
	_, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	await(t, "the call to be met with silence", func() bool { return h.server.Totals().Silent > silent })
	h.setTrunks(Trunk{ID: "clinic", CertNames: []string{"pbx.clinic.example"}, CertRoots: h.ca.pem})
	d, leg = h.call(c) // comes after the unheard one on the same connection
	leg.End(Busy)
	hear(t, d, "486")
	for _, line := range c.Heard()[before:] {
		if line != "SIP/2.0 100 Trying" && line != "SIP/2.0 486 Busy Here" {
			t.Errorf("heard %q", line)
		}
	}
}

func TestTrunkKnownByDigest(t *testing.T) {
	h := open(t, quick)
	h.setTrunks(Trunk{ID: "carrier", Prefixes: hereabouts, Digest: "carrier", Secret: secret("open sesame")})
	c := h.dial(siptest.Options{User: "carrier", Secret: "open sesame"})
	d, leg := h.call(c)
	if f := leg.Facts(); f.KnownBy != "digest" || f.TrunkID != "carrier" {
		t.Errorf("facts = %+v", f)
	}
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	ok(t, d.Bye(within10s(t))) // the connection is known now
	_, leg = h.call(c)
	leg.End(Busy)
	if strings.Contains(h.log.String(), "wrong answer") {
		t.Error("the first challenge was logged")
	}

	bad := h.dial(siptest.Options{User: "carrier", Secret: "guess"})
	d, err := bad.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	hear(t, d, "401")
	if n := strings.Count(h.log.String(), `msg="wrong answer to a SIP challenge" remote=127.0.0.1 method=INVITE`); n != 1 {
		t.Errorf("%d lines for the ban list, want 1:\n%s", n, h.log)
	}
}

func TestDigestTrunkFromElsewhereHearsNothing(t *testing.T) {
	h := open(t, quick)
	h.setTrunks(Trunk{
		ID: "carrier", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Digest: "carrier", Secret: secret("s"),
	})
	c := h.dial(siptest.Options{User: "carrier", Secret: "s"})
	_, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	silent(t, c)
}

func TestATrunkSeesTheAddressItIsMeantToSee(t *testing.T) {
	h := open(t, Limits{})
	seen := netip.MustParseAddr("198.51.100.7")
	h.setTrunks(Trunk{ID: "clinic", CertNames: []string{"pbx.clinic.example"}, CertRoots: h.ca.pem, Advertised: seen})
	d, leg := h.call(h.carrier())
	ok(t, leg.Answer(answerSDP))
	if e := hear(t, d, "200"); !strings.Contains(e.Header("Contact"), "@198.51.100.7:") {
		t.Errorf("Contact %q", e.Header("Contact"))
	}
	leg.want(Confirmed)
	leg.End(Completed)
	if e := hear(t, d, "BYE"); !strings.Contains(e.Header("Via"), " 198.51.100.7:") {
		t.Errorf("Via %q", e.Header("Via"))
	}
	if local := leg.Facts().Local; !local.IsLoopback() {
		t.Errorf("local address %v", local)
	}
}

func TestTrunkLimits(t *testing.T) {
	h := open(t, Limits{})
	h.setTrunks(Trunk{ID: "clinic", CertNames: []string{"pbx.clinic.example"}, CertRoots: h.ca.pem, MaxCalls: 1})
	c := h.carrier()
	d, leg := h.call(c)
	over, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	hear(t, over, "503")
	leg.End(Busy)
	hear(t, d, "486")
	_, leg = h.call(c)
	leg.End(Busy)
}

// An INVITE that was answered stays for 32 s after its 2xx (Timer L); that alone is no crowd, and a BYE is never turned away.
func TestAnsweredCallsAreNoCrowd(t *testing.T) {
	h := open(t, Limits{Transactions: 2})
	c := h.carrier()
	for range 5 {
		d, leg := h.call(c)
		ok(t, leg.Answer(answerSDP))
		leg.want(Confirmed)
		ok(t, d.Bye(within10s(t)))
	}
	var waiting []*heard
	for range 2 {
		_, leg := h.call(c)
		waiting = append(waiting, leg)
	}
	over, err := c.Call(within10s(t), "+12125550100", "+12125550199", offerSDP)
	ok(t, err)
	if e := hear(t, over, "503"); e.Header("Retry-After") != "5" {
		t.Errorf("Retry-After %q", e.Header("Retry-After"))
	}
	for _, leg := range waiting {
		leg.End(Busy)
	}
}

func TestRegistrationFromChallengeToRemoval(t *testing.T) {
	h := open(t, quick)
	p := h.phone("amy", nil)
	if e := h.told(BindingMade); e.User != "amy" {
		t.Errorf("made for %q", e.User)
	}
	ok(t, p.Register(within10s(t))) // a refresh
	if len(h.bindings) != 0 || h.server.Totals().Refreshes != 1 {
		t.Errorf("a refresh was told: %d, counted %d", len(h.bindings), h.server.Totals().Refreshes)
	}
	second := h.options("amy")
	second.Instance = "urn:uuid:another"
	q := h.connect(second, nil)
	ok(t, q.Register(within10s(t)))
	h.told(BindingMade)
	bs := h.server.Bindings("amy")
	if len(bs) != 2 || bs[0].Instance != "<urn:uuid:another>" {
		t.Fatalf("bindings %+v, want two, the newest first", bs)
	}
	q.Cut()
	if e := h.told(BindingGone); e.Reason != "flow_closed" {
		t.Errorf("gone: %s", e.Reason)
	}
	again := h.connect(h.options("amy"), nil)
	ok(t, again.Register(within10s(t)))
	h.told(BindingMoved)
	if n := len(h.server.Bindings()); n != 1 {
		t.Errorf("%d bindings after the move", n)
	}
	ok(t, again.Unregister(within10s(t)))
	if e := h.told(BindingGone); e.Reason != "unregistered" {
		t.Errorf("gone: %s", e.Reason)
	}
	if n := len(h.server.Bindings("amy")); n != 0 {
		t.Errorf("%d bindings left", n)
	}
}

func TestRevokedDeviceIsUnbound(t *testing.T) {
	h := open(t, quick)
	p, other := h.phone("amy", nil), h.phone("bo", nil)
	h.told(BindingMade)
	h.told(BindingMade)
	h.server.DevicesChanged()
	if n := len(h.server.Bindings()); n != 2 {
		t.Errorf("%d bindings while both are known", n)
	}
	h.mu.Lock()
	delete(h.phones, "amy")
	h.mu.Unlock()
	h.server.DevicesChanged()
	if e := h.told(BindingGone); e.User != "amy" || e.Reason != "revoked" {
		t.Errorf("gone: %s, %s", e.User, e.Reason)
	}
	if err := p.Register(within10s(t)); err == nil {
		t.Error("a revoked device registers")
	}
	ok(t, other.Register(within10s(t)))
}

func TestKnownAndUnknownNamesAreChallengedAlike(t *testing.T) {
	h := open(t, Limits{})
	shape := func(user string) string {
		opt := h.options(user)
		p := h.connect(opt, nil)
		res, err := p.Once(within10s(t), "Contact: <sip:x@192.0.2.5>\r\n")
		ok(t, err)
		v := headerValue(res, "WWW-Authenticate")
		_, rest, _ := strings.Cut(v, `nonce="`)
		_, rest, _ = strings.Cut(rest, `"`)
		return v[:strings.Index(v, "nonce=")] + rest
	}
	if a, b := shape("amy"), shape("nobody"); a != b || !strings.Contains(a, "algorithm=SHA-256") || strings.Contains(a, "MD5") {
		t.Errorf("known %q, unknown %q", a, b)
	}
	if s := shape("bo"); !strings.Contains(s, "algorithm=MD5") || strings.Contains(s, "SHA") {
		t.Errorf("with the exception: %q", s)
	}
	ok(t, h.phone("bo", nil).Register(within10s(t)))
}

func TestWrongSecretAndReplayedNonce(t *testing.T) {
	h := open(t, Limits{})
	bad := h.options("amy")
	bad.Secret = "guess"
	if err := h.connect(bad, nil).Register(within10s(t)); err == nil {
		t.Error("a wrong secret was taken")
	}
	h.told(BindingFailed)

	p := h.connect(h.options("amy"), nil)
	head := "Contact: <sip:amy@192.0.2.5>\r\nExpires: 600\r\n"
	_, err := p.Do(within10s(t), head) // learns a nonce
	ok(t, err)
	auth := p.Authorization("REGISTER")
	for _, want := range []int{200, 401} { // the second is a replay
		res, err := p.Once(within10s(t), head+auth)
		ok(t, err)
		if res.StatusCode != want {
			t.Errorf("code %d, want %d", res.StatusCode, want)
		}
	}
	q := h.connect(h.options("amy"), nil)
	res, err := q.Once(within10s(t), head+auth) // another connection's
	ok(t, err)
	if res.StatusCode != 401 || !strings.Contains(headerValue(res, "WWW-Authenticate"), "stale=true") {
		t.Errorf("another connection's nonce: %d", res.StatusCode)
	}
	if n := strings.Count(h.log.String(), "wrong answer"); n != 1 {
		t.Errorf("%d wrong answers in the log, want the guess alone", n)
	}
}

func TestTooManyGuessesLockTheCredentialOnly(t *testing.T) {
	h := open(t, Limits{})
	live := h.phone("amy", nil)
	bad := h.options("amy")
	bad.Secret = "guess"
	guesser := h.connect(bad, nil)
	for range failuresAllowed {
		_ = guesser.Register(within10s(t))
	}
	if err := h.connect(h.options("amy"), nil).Register(within10s(t)); err == nil {
		t.Error("the credential is not locked")
	}
	ok(t, live.Register(within10s(t))) // who was in stays in
	h.phone("bo", nil)
}

func TestRegisterBounds(t *testing.T) {
	h := open(t, Limits{})
	p := h.phone("amy", nil)
	for head, want := range map[string]int{
		"Contact: <sip:amy@192.0.2.5>\r\nExpires: 5\r\n":    423,
		"Contact: *\r\nExpires: 600\r\n":                    400,
		"Contact: *, <sip:amy@192.0.2.5>\r\nExpires: 0\r\n": 400,
		"": 200,
	} {
		res, err := p.Do(within10s(t), head)
		ok(t, err)
		if res.StatusCode != want {
			t.Errorf("%q: %d, want %d", head, res.StatusCode, want)
		}
	}
	res, err := p.Do(within10s(t), "Contact: <sip:amy@192.0.2.5>;expires=90000\r\n")
	ok(t, err)
	found := false
	for _, hd := range res.GetHeaders("Contact") {
		found = found || strings.Contains(hd.Value(), "<sip:amy@192.0.2.5>;expires=3600")
	}
	if !found {
		t.Errorf("the bound is not in %s", res)
	}
}

func TestPhonesDoNotCallOut(t *testing.T) {
	h := open(t, Limits{})
	p := h.phone("amy", nil)
	ok(t, p.Send("INVITE sip:911@nightbell.example SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.9;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n"+
		"From: <sip:amy@nightbell.example>;tag=a\r\nTo: <sip:911@nightbell.example>\r\nCall-ID: out\r\nCSeq: 1 INVITE\r\n"+
		"Contact: <sip:amy@192.0.2.9>\r\nContent-Length: 0\r\n\r\n"))
	ok(t, p.Register(within10s(t))) // after it on the wire
	if got := strings.Join(p.Heard(), ","); !strings.Contains(got, "401 Unauthorized,SIP/2.0 200") {
		t.Errorf("heard %s", got)
	}
}

package sip

import (
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

func invite(t testing.TB, uri string, head ...string) *sipmsg.Request {
	t.Helper()
	raw := "INVITE " + uri + " SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.7;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n" +
		"From: <sip:+12125550199@carrier.example>;tag=a\r\nTo: <sip:+12125550177@nightbell.example>\r\nCall-ID: c\r\n" +
		"CSeq: 1 INVITE\r\n" + strings.Join(head, "\r\n")
	if len(head) > 0 {
		raw += "\r\n"
	}
	m, err := sipmsg.ParseMessage([]byte(raw + "Content-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*sipmsg.Request)
}

func TestWhichNumberWasDialled(t *testing.T) {
	const uri = "sip:+12125550100@nightbell.example"
	for name, c := range map[string]struct {
		uri  string
		from NumberSource
		head []string
		want string
	}{
		"Request-URI":         {uri, FromRequest, nil, "+12125550100"},
		"default":             {uri, "", nil, "+12125550100"},
		"extension":           {"sip:201@nightbell.example", FromRequest, nil, "201"},
		"escaped":             {"sip:%2B12125550100@nightbell.example", FromRequest, nil, "+12125550100"},
		"user parameters":     {"sip:+12125550100;npdi=yes@nightbell.example;user=phone", FromRequest, nil, "+12125550100"},
		"tel":                 {"tel:+12125550100;phone-context=example.com", FromRequest, nil, "+12125550100"},
		"To":                  {uri, FromTo, nil, "+12125550177"},
		"Diversion, latest":   {uri, FromDiversion, []string{"Diversion: <sip:+12125550101@a>;reason=no-answer", "Diversion: <sip:+12125550102@b>"}, "+12125550101"},
		"Diversion, one line": {uri, FromDiversion, []string{`Diversion: "A, B <x>" <sip:+12125550101@a>;counter=1, <sip:+12125550102@b>`}, "+12125550101"},
		"no Diversion":        {uri, FromDiversion, nil, "+12125550100"},
		"History-Info": {uri, FromDiversion, []string{"History-Info: <sip:+12125550103@a>;index=1",
			"History-Info: <sip:+12125550104@b?Reason=SIP%3Bcause%3D302>;index=1.1, <sip:+12125550100@c>;index=1.1.1;mp=1"}, "+12125550103"},
		"History-Info alone":  {uri, FromDiversion, []string{"History-Info: <sip:+12125550103@a>;index=1"}, "+12125550100"},
		"History-Info, plain": {uri, FromDiversion, []string{"History-Info: <sip:+12125550103@a>;index=1, <sip:+12125550100@c>;index=1.1"}, "+12125550103"},
	} {
		if got, _ := numberOf(invite(t, c.uri, c.head...), c.from); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhoCalls(t *testing.T) {
	const uri = "sip:+12125550100@nightbell.example"
	for name, c := range map[string]struct {
		from CallerSource
		head []string
		want string
	}{
		"From":                {FromFrom, []string{"P-Asserted-Identity: <sip:+12125550188@a>"}, "+12125550199"},
		"asserted":            {FromAsserted, []string{"P-Asserted-Identity: \"X\" <sip:+12125550188@a>"}, "+12125550188"},
		"asserted by tel":     {FromAsserted, []string{"P-Asserted-Identity: <tel:+12125550188>, <sip:x@a>"}, "+12125550188"},
		"nothing asserted":    {FromAsserted, nil, "+12125550199"},
		"withheld":            {FromAsserted, []string{"P-Asserted-Identity: <sip:+12125550188@a>", "Privacy: id"}, ""},
		"withheld among":      {FromAsserted, []string{"Privacy: none;header"}, ""},
		"privacy none":        {FromAsserted, []string{"Privacy: none"}, "+12125550199"},
		"asserted as unknown": {FromAsserted, []string{"P-Asserted-Identity: <sip:anonymous@a>"}, "+12125550199"},
	} {
		if got := callerOf(invite(t, uri, c.head...), c.from); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	anon := invite(t, uri)
	anon.From().Address.User, anon.From().Address.Host = "anonymous", "anonymous.invalid"
	if !phi.NewPhone(callerOf(anon, FromAsserted)).IsZero() {
		t.Error("an anonymous caller has a number")
	}
}

func TestDigestCountsAndAge(t *testing.T) {
	g := newGate("nightbell")
	now := time.Now()
	nonce := g.nonce("flow", now)
	if at, ours := g.minted("flow", nonce); !ours || !at.Equal(time.Unix(0, now.UnixNano())) {
		t.Error("our own nonce is not known")
	}
	if _, ours := g.minted("another", nonce); ours {
		t.Error("another connection's nonce is taken")
	}
	var n nonceCounts
	if !n.fresh(nonce, 1, now) || n.fresh(nonce, 1, now) || !n.fresh(nonce, 3, now) || n.fresh(nonce, 2, now) {
		t.Error("counts do not only rise")
	}
	for i := range maxNonces + 1 {
		n.fresh(g.nonce("flow", now), 1, now.Add(time.Duration(i+1)*time.Second))
	}
	if n.fresh(nonce, 9, now) {
		t.Error("a forgotten nonce is taken again")
	}
}

func TestReasonsAndCodes(t *testing.T) {
	for value, want := range map[string]string{
		`SIP;cause=200;text="Call completed elsewhere"`: "SIP 200", "Q.850 ; cause=16 ;text=\"x\"": "Q.850 16",
		"FOO;cause=1": "", "SIP;cause=x": "", "": "",
	} {
		req := invite(t, "sip:a@b", "Reason: "+value)
		if got := reasonText(req, 0); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	for why, code := range codeOf {
		if got := (Refusal{Reason: why}).code(); got != code {
			t.Errorf("%s: %d", why, got)
		}
	}
	if got := (Refusal{Reason: Busy, Code: 600}).code(); got != 600 {
		t.Errorf("an explicit code became %d", got)
	}
}

func TestRoutes(t *testing.T) {
	uri := func(s string) sipmsg.Uri {
		var u sipmsg.Uri
		ok(t, sipmsg.ParseUri(s, &u))
		return u
	}
	d := dialog{target: uri("sip:phone@192.0.2.9"), routes: []sipmsg.Uri{uri("sip:p1.example;lr"), uri("sip:p2.example")}}
	if target, routes := d.route(); target.Host != "192.0.2.9" || len(routes) != 2 || routes[0].Host != "p1.example" {
		t.Errorf("loose: %s via %v", target.String(), routes)
	}
	d.routes[0] = uri("sip:strict.example")
	if target, routes := d.route(); target.Host != "strict.example" || len(routes) != 2 || routes[1].Host != "192.0.2.9" {
		t.Errorf("strict: %s via %v", target.String(), routes)
	}
}

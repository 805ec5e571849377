package sip

import (
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

func clean(t *testing.T, what, s string) {
	t.Helper()
	if len(s) > maxUser || strings.ContainsAny(s, "\r\n\x00") {
		t.Errorf("%s = %q", what, s)
	}
}

func FuzzDiversion(f *testing.F) {
	f.Add(`"A, B" <sip:+12125550101@a;x=y>;reason=no-answer, <tel:+1>`)
	f.Add(`<sip:`)
	f.Add(`"\"`)
	f.Fuzz(func(t *testing.T, s string) { clean(t, "number", diversion(splitList(s))) })
}

func FuzzHistoryInfo(f *testing.F) {
	f.Add(`<sip:a@b?Reason=SIP>;index=1, <sip:c@d>;index=1.1;mp=1`)
	f.Add(`x;index=1,y;rc=1`)
	f.Fuzz(func(t *testing.T, s string) { clean(t, "number", historyInfo(splitList(s))) })
}

func FuzzAssertedIdentity(f *testing.F) {
	f.Add(`"X" <sip:+12125550188@a>, <tel:+12125550188>`, "id;user")
	f.Fuzz(func(t *testing.T, s, privacy string) {
		req := invite(t, "sip:a@b")
		req.AppendHeader(sipmsg.NewHeader("P-Asserted-Identity", s))
		req.AppendHeader(sipmsg.NewHeader("Privacy", privacy))
		clean(t, "caller", callerOf(req, FromAsserted))
	})
}

func FuzzAuthorization(f *testing.F) {
	f.Add(`Digest username="amy", realm="nightbell", nonce="x", uri="sip:b", response="00", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`)
	f.Add(`Digest nc=ffffffff`)
	g := newGate("nightbell")
	f.Fuzz(func(t *testing.T, s string) {
		req := invite(t, "sip:b")
		req.AppendHeader(sipmsg.NewHeader("Authorization", s))
		if g.judge(req, credential{user: "amy", secret: "amys secret"}, "flow", &nonceCounts{}) == verdictRight {
			t.Errorf("%q was taken", s)
		}
		if g.judge(req, credential{user: "amy"}, "flow", &nonceCounts{}) == verdictRight {
			t.Errorf("%q was taken without a secret", s)
		}
	})
}

func FuzzSessionExpires(f *testing.F) {
	f.Add("1800;refresher=uac")
	f.Add("99999999999")
	f.Fuzz(func(t *testing.T, s string) {
		d, who, ok := parseSessionExpires(s)
		if ok && (d < time.Second || who != "" && who != "uac" && who != "uas") {
			t.Errorf("%q: %v %q", s, d, who)
		}
		parseRAck(s)
		parseReason(s)
	})
}

func FuzzInfoBody(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("application/dtmf", []byte("11"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if digit, ok := parseDigit(kind, body); ok && (len(digit) != 1 || !strings.Contains("0123456789*#ABCD", digit)) {
			t.Errorf("%q: %q", body, digit)
		}
	})
}

func FuzzContact(f *testing.F) {
	f.Add(`<sip:amy@192.0.2.5>;expires=600;+sip.instance="<urn:uuid:x>";reg-id=1`, "600")
	f.Add("*", "0")
	f.Fuzz(func(t *testing.T, s, expires string) {
		if strings.ContainsAny(s+expires, "\r\n") {
			return
		}
		m, err := sipmsg.ParseMessage([]byte("REGISTER sip:b SIP/2.0\r\nContact: " + s + "\r\nExpires: " + expires + "\r\nContent-Length: 0\r\n\r\n"))
		if err != nil {
			return
		}
		req, ok := m.(*sipmsg.Request)
		if !ok {
			return
		}
		asks, code := readContacts(req)
		for _, a := range asks {
			if code == 0 && !a.all && (a.uri.Host == "" || a.expires > expiresMost || a.expires > 0 && a.expires < expiresLeast) {
				t.Errorf("%q: %+v", s, a)
			}
		}
	})
}

package sip

import (
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

// judge frames, validates and parses one datagram.
func judge(raw string, extensions ...string) (sipmsg.Message, *refusal) {
	d, no := frameDatagram([]byte(raw), Limits{}.withDefaults())
	if no != nil {
		return nil, no
	}
	r := rules{extensions: extensions}
	if no := r.validate(d); no != nil {
		return nil, no
	}
	return parse(d)
}

func TestBadRequestsGetTheirCode(t *testing.T) {
	good := request("INVITE", "a", "")
	for _, c := range []struct {
		why, old, new string
		code          int
	}{
		{"version", "SIP/2.0\r\nVia", "SIP/3.1\r\nVia", 505},
		{"scheme", "INVITE sip:", "INVITE http:", 416},
		{"no scheme", "INVITE sip:", "INVITE ", 400},
		{"method case is the sender's", "1 INVITE", "1 invite", 400},
		{"hops", "Max-Forwards: 70", "Max-Forwards: 0", 483},
		{"hops not a number", "Max-Forwards: 70", "Max-Forwards: many", 400},
		{"unknown extension", "Max-Forwards", "Require: teleport\r\nMax-Forwards", 420},
		{"two Call-IDs", "Call-ID", "i: other\r\nCall-ID", 400},
		{"two Content-Lengths", "Content-Length: 0", "Content-Length: 0\r\nl: 0", 400},
		{"no To", "To:", "X-To:", 400},
		{"empty Call-ID", "call-a", "", 400},
		{"header without a colon", "Max-Forwards: 70", "Max-Forwards 70", 400},
		{"blank within a name", "Max-Forwards: 70", "Max Forwards: 70", 400},
		{"bare CR", "Max-Forwards: 70", "Subject: a\rb", 400},
		{"bare LF", "Max-Forwards: 70", "Subject: a\nb", 400},
		{"port", "nightbell.example SIP", "nightbell.example:99999 SIP", 400},
		{"host", "@nightbell.example SIP", "@night bell.example SIP", 400},
		{"IPv6 without end", "@nightbell.example SIP", "@[::1 SIP", 400},
		{"escape", "+12125550100@nightbell.example SIP", "%zz@nightbell.example SIP", 400},
		{"CSeq too large", "CSeq: 1 ", "CSeq: 2147483648 ", 400},
		{"Via of another protocol", "SIP/2.0/TLS", "HTTP/1.1/TLS", 400},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%s: nothing changed", c.why)
		}
		if _, no := judge(bad, "timer"); no == nil || no.code != c.code {
			t.Errorf("%s: %+v, want %d", c.why, no, c.code)
		}
	}
}

func TestSloppyButPlainRequestsAreTaken(t *testing.T) {
	good := request("INVITE", "a", "")
	for _, c := range []struct{ why, old, new string }{
		{"nothing wrong", "", ""},
		{"supported extension", "Max-Forwards", "Require: Timer\r\nMax-Forwards"},
		{"name in UTF-8", "From: <", "From: Dr. Müller <"},
		{"tel in the Request-URI", "INVITE sip:+12125550100@nightbell.example", "INVITE tel:+12125550100"},
		{"tel in From", "<sip:+12125550199@carrier.example>", "<tel:+12125550199>"},
		{"one-digit day", "Max-Forwards", "Date: Tue, 3 Mar 2026 08:00:00 GMT\r\nMax-Forwards"},
		{"IPv6 everywhere", "192.0.2.7:5061", "[2001:db8::7]:5061;rport"},
		{"parameters in capitals", ";tag=callera", ";TAG=callera"},
		{"compact names", "Call-ID", "i"},
		{"Via list", ";branch=z9hG4bKa", ";branch=z9hG4bKa, SIP/2.0/UDP 192.0.2.8"},
	} {
		msg, no := judge(strings.Replace(good, c.old, c.new, 1), "timer")
		if no != nil {
			t.Errorf("%s: refused %d %s", c.why, no.code, no.reason)
			continue
		}
		if tag := tagOf(msg.From().Params); tag != "callera" || string(*msg.CallID()) != "call-a" {
			t.Errorf("%s: From tag %q, Call-ID %q", c.why, tag, *msg.CallID())
		}
	}
}

// TestTortuousInviteIsReadRight: RFC 4475 §3.1.1.1 is not only accepted, its values come out as meant.
func TestTortuousInviteIsReadRight(t *testing.T) {
	for _, m := range loadTortures(t) {
		if m.name != "wsinv" {
			continue
		}
		msg, no := judge(m.raw)
		if no != nil {
			t.Fatal(no.reason)
		}
		vias := msg.GetHeaders("Via")
		if len(vias) != 3 || msg.Via().Transport != "UDP" || msg.Via().Host != "192.0.2.2" {
			t.Errorf("Via: %v", vias)
		}
		if tagOf(msg.To().Params) != "1918181833n" || tagOf(msg.From().Params) != "98asjd8" || msg.CSeq().SeqNo != 9 {
			t.Errorf("To %v From %v CSeq %v", msg.To(), msg.From(), msg.CSeq())
		}
	}
}

// FuzzValidator: any bytes are refused or become a message that can be answered and sent on; a refusal can be sent too.
func FuzzValidator(f *testing.F) {
	for _, m := range loadTortures(f) {
		f.Add([]byte(m.raw))
	}
	f.Add([]byte(request("INVITE", "a", "")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, no := frameDatagram(raw, Limits{}.withDefaults())
		if no == errGarbage {
			return
		}
		var r rules
		if no == nil {
			no = r.validate(d)
		}
		if no != nil {
			oneMessage(t, answerTo(d, no))
			return
		}
		msg, no := parse(d)
		if no != nil {
			oneMessage(t, answerTo(d, no))
			return
		}
		if req, ok := msg.(*sipmsg.Request); ok {
			tx := newServerTx(&Flow{}, req, serverKey(req, req.Method))
			oneMessage(t, encode(tx.Response(200, "OK")))
		}
	})
}

// oneMessage: what we send never holds a second message or a line that the sender smuggled in.
func oneMessage(t *testing.T, b []byte) {
	if b == nil {
		return
	}
	head, _, ok := strings.Cut(string(b), "\r\n\r\n")
	if !ok || !strings.HasPrefix(head, "SIP/2.0 ") {
		t.Fatalf("not a response: %q", b)
	}
	if bare := strings.ReplaceAll(head, "\r\n", ""); strings.ContainsAny(bare, "\r\n") {
		t.Fatalf("bare CR or LF goes out: %q", b)
	}
}

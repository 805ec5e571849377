package sip

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// canaryWords go into every place that a peer can fill.
const canaryInvite = "INVITE sip:+12125550100@canary.example;user=canaryA SIP/2.0\r\n" +
	"Via: SIP/2.0/TLS 192.0.2.4:5061;branch=z9hG4bKcanaryB;x=canaryC\r\n" +
	"From: \"Canary Patient\" <sip:+12125550199@192.0.2.4>;tag=canaryD\r\nTo: <sip:+12125550100@nightbell>\r\n" +
	"Call-ID: canary-12125550199@canary\r\nCSeq: 7 INVITE\r\nContact: <sip:canaryE@192.0.2.4:5061;transport=tls>\r\n" +
	"P-Asserted-Identity: \"Canary\" <tel:+12125550199>\r\nDiversion: <sip:12125550100@192.0.2.9>;reason=canaryF\r\n" +
	"User-Agent: canaryG/2.0\r\nSubject: canaryH\r\nX-Patient: canaryI\r\nX-canaryJ: 1\r\nExpires: 12125550199\r\n" +
	"Reason: Q.850;cause=16;text=\"canaryK\"\r\nAuthorization: Digest username=\"canaryL\", response=\"canaryM\"\r\n" +
	"Supported: timer, canaryN\r\nSession-Expires: 1800;refresher=uac\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\n\r\n" +
	"v=0\r\no=canaryO 1 1 IN IP4 192.0.2.4\r\ns=canaryP\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 0 101\r\n" +
	"a=rtpmap:0 PCMU/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:canaryQcanaryQcanaryQcanaryQcanaryQcana\r\n" +
	"a=canaryR\r\na=fmtp:101 canaryS\r\na=sendrecv\r\n"

func TestRedactionKeepsTheFrameAndNothingOfThePatient(t *testing.T) {
	got := redacted(splitDraft([]byte(canaryInvite)))
	if strings.Contains(strings.ToLower(got), "canary") || regexp.MustCompile(`[0-9]{7}`).MatchString(noDigests(got)) {
		t.Errorf("something came through:\n%s", got)
	}
	for _, want := range []string{"INVITE <sip:*@*>", "From: <sip:*@192.0.2.4>;tag=#", "CSeq: 7 INVITE", "Contact: <sip:*@192.0.2.4:5061>",
		"Supported: timer, *", "Session-Expires: 1800;refresher=uac", "Authorization: *", "*: *", "cause=16", "c=IN IP 192.0.2.4",
		"m=audio 40000 RTP/SAVP 0 101", "a=rtpmap:0 PCMU/8000", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 *", "a=sendrecv"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
}

// noDigests takes our own digests out: sixteen hexadecimal digits after a #.
func noDigests(s string) string { return regexp.MustCompile(`#[0-9a-f]{16}`).ReplaceAllString(s, "#") }

// Whatever is sent, no run of seven digits and no word of the peer's own comes out.
func FuzzRedaction(f *testing.F) {
	f.Add(canaryInvite)
	f.Add("SIP/2.0 486 12125550199\r\nFrom: tel:+1-212-555-0199\r\n\r\n")
	f.Add("BYE sip:1@[2001:db8::1212:5550]:5060 SIP/2.0\r\nVia: 2125550\r\n\r\nSignal=5")
	f.Fuzz(func(t *testing.T, message string) {
		got := noDigests(redacted(splitDraft([]byte(message))))
		if run := regexp.MustCompile(`[0-9]{7}`).FindString(got); run != "" {
			t.Errorf("%s came through", run)
		}
	})
}

func TestTraceIsTakenWhileSomebodyAsksForItAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		s := &Server{wire: b.wire, core: b.core}
		carrier := b.carrier()
		d, before := b.talk(carrier)
		s.Trace(time.Now().Add(10 * time.Minute))
		_, leg := b.talk(carrier)
		leg.Label("c2")
		time.Sleep(11 * time.Minute) // the trace ends; what it has begun to follow goes on
		d2, after := b.talk(carrier)
		before.Label("c1")
		after.Label("c3")
		leg.End(Completed)
		synctest.Wait()

		text := ""
		for _, m := range s.Traced("c2") {
			text += m.Text + "\n"
		}
		for _, want := range []string{"INVITE ", "SIP/2.0 200", "ACK ", "BYE "} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing:\n%s", want, text)
			}
		}
		if strings.Contains(text, "2125550") || strings.Contains(text, "inline:") {
			t.Errorf("a number or a key is in the trace:\n%s", text)
		}
		if len(s.Traced("c1"))+len(s.Traced("c3")) != 0 {
			t.Error("dialogs outside the time were taken")
		}
		time.Sleep(time.Hour + time.Minute)
		if len(s.Traced("c2")) != 0 {
			t.Error("the trace was not forgotten")
		}
		b.talk(carrier)
		if b.wire.trace.on.Load() {
			t.Error("messages are still looked at, an hour after the trace")
		}
		_, _ = d, d2
	})
}

func TestTraceIsBounded(t *testing.T) {
	var w tracing
	now := time.Now()
	w.until = now.Add(time.Minute)
	for i := range traceDialogs * 2 {
		for range traceMessages * 2 {
			w.take(Traced{At: now, Dialog: dialogID(strings.Repeat("x", i))})
		}
	}
	if len(w.dialogs) != traceDialogs || len(w.order) != traceDialogs {
		t.Errorf("%d dialogs are kept", len(w.dialogs))
	}
	for _, list := range w.dialogs {
		if len(list) != traceMessages {
			t.Fatalf("%d messages of one dialog are kept", len(list))
		}
	}
}

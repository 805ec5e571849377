package sip

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"nightbell/sip/siptest"
)

// A proxy forks our INVITE: each fork rings reliably and has its own PRACK, one answers, the other's 200 is ended.
func TestForksRingReliablyAndOneAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		got := make(chan *siptest.Dialog, 1)
		_, binding := b.phone("amy", func(d *siptest.Dialog) { got <- d })
		l, err := b.core.ring(binding, Invite{SDP: offerSDP})
		ok(t, err)
		leg, d := listen(t, l), <-got
		for _, fork := range []string{"one", "two"} {
			ok(t, d.RingFork(fork, 1, answerSDP))
			if e := leg.want(Ringing); e.Code != 183 || !bytes.Equal(e.SDP, answerSDP) {
				t.Errorf("%s: %d %q", fork, e.Code, e.SDP)
			}
			prack := hear(t, d, "PRACK")
			if !strings.HasPrefix(prack.Header("RAck"), "1 ") || !strings.Contains(prack.Raw, "PRACK sip:fork-"+fork) {
				t.Errorf("%s: %q", fork, prack.Raw)
			}
			ok(t, d.RingFork(fork, 1, answerSDP)) // again: it was seen
		}
		ok(t, d.AnswerForkAs("one", answerSDP))
		leg.want(Answered)
		if ack := hear(t, d, "ACK"); !strings.Contains(ack.Raw, "ACK sip:fork-one") || !strings.Contains(ack.Header("To"), "tag=one") {
			t.Errorf("%q", ack.Raw)
		}
		ok(t, d.AnswerForkAs("two", answerSDP))
		if bye := hear(t, d, "BYE"); !strings.Contains(bye.Raw, "BYE sip:fork-two") || !strings.Contains(bye.Header("To"), "tag=two") {
			t.Errorf("%q", bye.Raw)
		}
		ok(t, d.AnswerForkAs("one", answerSDP)) // retransmitted: it gets its ACK again
		if ack := hear(t, d, "ACK"); !strings.Contains(ack.Raw, "ACK sip:fork-one") {
			t.Errorf("%q", ack.Raw)
		}
		leg.none()
		leg.End(Completed)
		if bye := hear(t, d, "BYE"); !strings.Contains(bye.Raw, "BYE sip:fork-one") {
			t.Errorf("%q", bye.Raw)
		}
	})
}

// A phone that forwards is not followed: its owner's stranger would hear the caller.
func TestPhoneThatForwardsIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		_, binding := b.phone("amy", func(d *siptest.Dialog) {
			_ = d.Redirect("<sip:a@192.0.2.77>;q=0.1, \"B, C\" <sip:b@192.0.2.78>;q=0.9, <mailto:x@example.com>;q=0")
		})
		l, err := b.core.ring(binding, Invite{SDP: offerSDP})
		ok(t, err)
		e := listen(t, l).want(Refused)
		if e.Reason != Moved || e.Code != 302 || !slices.Equal(e.Moved, []string{"sip:b@192.0.2.78", "sip:a@192.0.2.77", "mailto:x@example.com"}) {
			t.Errorf("%s %d %q", e.Reason, e.Code, e.Moved)
		}
		if strings.Contains(e.Text, "192") {
			t.Errorf("text %q", e.Text)
		}
	})
}

// The session description is found among other parts; what holds none is refused.
func TestBodyOfSeveralParts(t *testing.T) {
	body := func(kind string) string {
		return "--x\r\nContent-Type: application/pidf+xml\r\n\r\n<a/>\r\n--x\r\nContent-Type: " + kind + "\r\n\r\n" + string(offerSDP) + "\r\n--x--\r\n"
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		_, err := c.Call(t.Context(), "+12125550100", "+12125550199", []byte(body("application/sdp")), "Content-Type: multipart/mixed;boundary=x\r\n")
		ok(t, err)
		leg := <-b.legs
		if !bytes.Equal(leg.RemoteSDP(), offerSDP) {
			t.Errorf("offer %q", leg.RemoteSDP())
		}
		leg.End(Completed)
		d, err := c.Call(t.Context(), "+12125550100", "+12125550199", []byte(body("text/plain")), "Content-Type: multipart/mixed;boundary=x\r\n")
		ok(t, err)
		if e := hear(t, d, "415"); e.Header("Accept") != "application/sdp" {
			t.Errorf("Accept %q", e.Header("Accept"))
		}
	})
}

func FuzzParts(f *testing.F) {
	f.Add("multipart/mixed;boundary=x", "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--")
	f.Add("multipart/mixed", "--\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		if sdp := partSDP(kind, []byte(body)); len(sdp) > len(body) {
			t.Errorf("%d bytes out of %d", len(sdp), len(body))
		}
	})
}

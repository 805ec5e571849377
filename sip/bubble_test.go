package sip

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/sip/siptest"
)

// bubble is a core on in-memory connections; its time is the bubble's.
type bubble struct {
	t    testing.TB
	core *core
	wire *Wire
	legs chan *Leg
}

func newBubble(t testing.TB) *bubble {
	b := &bubble{t: t, legs: make(chan *Leg, 16)}
	anywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	b.core = newCore(Config{
		Trunks: func() []Trunk {
			return []Trunk{{ID: "clinic", Prefixes: anywhere, ClearUntil: time.Now().Add(time.Hour)}}
		},
		OnInvite: func(l *Leg) { b.legs <- l },
	})
	b.wire = testWire(t, b.core, Limits{MessagesPerSecond: 1 << 20, Transactions: 1 << 20})
	b.wire.cfg.Methods, b.wire.rules.extensions = methods3261, extensions
	return b
}

func (b *bubble) carrier() *siptest.Carrier {
	_, conn := attachPipe(b.t, b.wire)
	c := siptest.Over(conn, siptest.Options{})
	b.t.Cleanup(c.Cut)
	return c
}

// phone is reachable without a REGISTER: the binding is made by hand.
func (b *bubble) phone(user string, ring func(*siptest.Dialog)) (*siptest.Phone, Binding) {
	f, conn := attachPipe(b.t, b.wire)
	p := siptest.PhoneOver(conn, siptest.Options{User: user}, ring)
	b.t.Cleanup(p.Cut)
	return p, Binding{User: user, Instance: user, flow: f, contact: sipmsg.Uri{Scheme: "sip", User: user, Host: "192.0.2.10"}}
}

func (b *bubble) call(c *siptest.Carrier) (*siptest.Dialog, *heard) {
	b.t.Helper()
	d, err := c.Call(b.t.Context(), "+12125550100", "+12125550199", offerSDP)
	ok(b.t, err)
	return d, listen(b.t, <-b.legs)
}

func (b *bubble) talk(c *siptest.Carrier) (*siptest.Dialog, *heard) {
	b.t.Helper()
	d, leg := b.call(c)
	ok(b.t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	return d, leg
}

func TestAnswerWithoutAckIsRepeatedThenEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.call(b.carrier())
		d.WithholdAck()
		start := time.Now()
		ok(t, leg.Answer(answerSDP))
		synctest.Wait()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		bye, err := d.Wait(ctx, "BYE")
		ok(t, err)
		if at := time.Since(start); at != 64*T1 {
			t.Errorf("BYE after %v, want %v", at, 64*T1)
		}
		if !strings.Contains(bye.Header("CSeq"), "1 BYE") {
			t.Errorf("CSeq %q", bye.Header("CSeq"))
		}
		if e := leg.want(Ended); e.Reason != Unreachable || e.Code != 408 {
			t.Errorf("ended %s %d", e.Reason, e.Code)
		}
		if b.core.legCount() != 0 {
			t.Error("the leg is still in the book")
		}
	})
}

func (c *core) legCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.legs) + len(c.merged) + len(c.adrift) + c.totals.Legs
}

func TestSessionIsRefreshedAtHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		got := make(chan *siptest.Dialog, 1)
		_, binding := b.phone("amy", func(d *siptest.Dialog) {
			_ = d.AnswerWith("Session-Expires: 600;refresher=uac\r\nSupported: timer\r\n", answerSDP)
			got <- d
		})
		l, err := b.core.ring(binding, Invite{SDP: offerSDP})
		ok(t, err)
		leg := listen(t, l)
		leg.want(Answered)
		d := <-got
		start := time.Now()
		for i := 1; i <= 3; i++ {
			time.Sleep(301 * time.Second)
			e := hear(t, d, "UPDATE")
			if len(e.SDP) != 0 || e.Header("Session-Expires") != "600;refresher=uac" {
				t.Errorf("refresh %d: %q", i, e.Raw)
			}
		}
		leg.none()
		if since := time.Since(start); since < 900*time.Second {
			t.Errorf("only %v went by", since)
		}
		leg.End(Completed)
	})
}

func TestCallerWithoutTimersIsRefreshedByOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.talk(b.carrier())
		d.OnReinvite(func([]byte) (int, []byte) { return 200, offerSDP })
		time.Sleep(sessionInterval/2 + time.Second)
		if e := hear(t, d, "INVITE"); !bytes.Equal(e.SDP, answerSDP) {
			t.Errorf("the refresh offers %q", e.SDP)
		}
		time.Sleep(time.Second)
		leg.none() // nothing changed
		leg.End(Completed)
	})
}

func TestSessionThatIsNotRefreshedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		d, err := c.Call(t.Context(), "+12125550100", "+12125550199", offerSDP,
			"Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n")
		ok(t, err)
		leg := listen(t, <-b.legs)
		ok(t, leg.Answer(answerSDP))
		leg.want(Confirmed)
		time.Sleep(61 * time.Second)
		leg.want(Ended)
		hear(t, d, "BYE")
	})
}

// A proxy gives a call up when it hears nothing for three minutes (RFC 3261 §16.8); a hunt may take longer.
func TestALongHuntKeepsTheCallersProxyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		d, leg := b.call(c)
		ok(t, leg.Ring(nil))
		hear(t, d, "180")
		for range 4 {
			began := time.Now()
			_, err := d.Wait(t.Context(), "180")
			ok(t, err)
			if waited := time.Since(began); waited > time.Minute {
				t.Errorf("no word for %v, want one each minute", waited)
			}
		}
		ok(t, leg.Answer(answerSDP))
		leg.want(Confirmed)
		time.Sleep(2 * time.Minute)
		d, leg = b.call(c)
		ok(t, leg.Ring(nil))
		ok(t, d.Cancel(t.Context()))
		leg.want(Ended)
		time.Sleep(2 * time.Minute)
	})
}

func TestRingingPhoneThatNeverAnswersTheInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		_, binding := b.phone("amy", func(*siptest.Dialog) {})
		l, err := b.core.ring(binding, Invite{SDP: offerSDP})
		ok(t, err)
		leg := listen(t, l)
		time.Sleep(33 * time.Second)
		if e := leg.want(Refused); e.Code != 408 || e.Reason != NoAnswer {
			t.Errorf("refused %d %s", e.Code, e.Reason)
		}
		time.Sleep(64*T1 + time.Second)
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// Both ends re-INVITE at once. Each refuses the other's with 491; ours is sent again when its time has come (§14.1).
func TestGlare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		dice := rand.New(rand.NewPCG(1, 2))
		met := 0
		for range rounds() {
			d, leg := b.talk(c)
			theirs := make(chan int, 1)
			late := time.Duration(dice.IntN(3)) * time.Microsecond
			go func() {
				time.Sleep(late)
				code, _, err := d.ReInvite(t.Context(), thirdSDP)
				if err != nil {
					t.Error(err)
				}
				theirs <- code
			}()
			time.Sleep(time.Microsecond)
			if glareOutcome(t, leg, theirs) == 491 {
				met++
			}
			leg.End(Completed)
			leg.want(Ended)
		}
		t.Logf("glare in %d of %d rounds", met, rounds())
	})
}

// glareOutcome plays the call: it offers until that is agreed and answers what is offered, until both are through. It
// gives what their re-INVITE came to.
func glareOutcome(t *testing.T, leg *heard, theirs chan int) (code int) {
	again, agreed := leg.Offer(answerSDP) != nil, false
	for !agreed || code == 0 {
		if again && leg.Offer(answerSDP) == nil {
			again = false
		}
		select {
		case code = <-theirs:
			if code != 200 && code != 491 {
				t.Fatalf("their re-INVITE: %d", code)
			}
		case e := <-leg.events:
			switch {
			case e.Kind == Offered:
				ok(t, leg.Answer(answerSDP))
			case e.Kind == Agreed && e.Code == 491:
				again = true // theirs came first: ours starts over
			case e.Kind == Agreed && e.Code == 200:
				agreed = true
			default:
				t.Fatalf("event %s %d", e.Kind, e.Code)
			}
		case <-time.After(10 * time.Second):
			if !again {
				t.Fatal("the offer came to nothing")
			}
		}
	}
	return code
}

// The connection goes while our re-INVITE waits: the offer has failed, the conversation has not.
func TestConnectionLostDuringAnOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		f, conn := attachPipe(b.t, b.wire)
		c := siptest.Over(conn, siptest.Options{})
		d, leg := b.talk(c)
		hold := make(chan struct{})
		d.OnReinvite(func([]byte) (int, []byte) { <-hold; return 200, answerSDP })
		ok(t, leg.Offer(thirdSDP))
		synctest.Wait()
		f.Close()
		synctest.Wait()
		close(hold)
		if e := leg.want(Agreed); e.Code != 503 {
			t.Errorf("code %d", e.Code)
		}
		leg.want(FlowLost)
		leg.none()
		if code, err := b.carrier().Options(t.Context()); err != nil || code != 200 {
			t.Fatalf("OPTIONS: %d %v", code, err)
		}
		leg.want(FlowBack)
		leg.End(Completed)
		leg.want(Ended)
		c.Cut()
	})
}

// A phone says it takes UPDATE and does not: the refresh goes on by re-INVITE, and nobody hears of it.
func TestRefreshFallsBackToReinvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		got := make(chan *siptest.Dialog, 1)
		_, binding := b.phone("amy", func(d *siptest.Dialog) {
			_ = d.AnswerWith("Session-Expires: 600;refresher=uac\r\nSupported: timer\r\n", answerSDP)
			got <- d
		})
		l, err := b.core.ring(binding, Invite{SDP: offerSDP})
		ok(t, err)
		leg := listen(t, l)
		leg.want(Answered)
		d := <-got
		d.OnUpdate(405)
		time.Sleep(400 * time.Second)
		hear(t, d, "UPDATE")
		if e := hear(t, d, "INVITE"); !bytes.Equal(e.SDP, offerSDP) {
			t.Errorf("the refresh offers %q", e.SDP)
		}
		time.Sleep(400 * time.Second)
		leg.none()
		leg.End(Completed)
	})
}

// We leave before the ACK to our 200: the BYE waits for it and says why (§15).
func TestLeavingBeforeTheAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.call(b.carrier())
		d.WithholdAck()
		ok(t, leg.Answer(answerSDP))
		synctest.Wait()
		leg.End(Completed)
		leg.want(Ended)
		hear(t, d, "200")
		if words := drain(d); words["BYE"] > 0 {
			t.Error("BYE before the ACK")
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		bye, err := d.Wait(ctx, "BYE")
		ok(t, err)
		if !strings.Contains(bye.Header("Reason"), "cause=16") {
			t.Errorf("Reason %q", bye.Header("Reason"))
		}
	})
}

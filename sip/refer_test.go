package sip

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/phi"
	"nightbell/sip/siptest"
)

var referStateNames = [referStates]string{"idle", "asked", "telling", "silent"}

var referEventNames = [referEvents]string{"got REFER", "do accept", "do decline", "do tell", "do tell last", "got deaf", "overdue", "left"}

var referActionNames = [referActions]string{"nothing", "misfit", "report", "send 491", "send 202", "send refusal", "send NOTIFY",
	"send last NOTIFY", "send 487"}

func TestReferTable(t *testing.T) {
	var b strings.Builder
	for s := range referStates {
		for e := range referEvents {
			r := lookupRefer(s, e)
			if r.rule == "" {
				t.Errorf("%s, %s: no rule", referStateNames[s], referEventNames[e])
			}
			if e == gotRefer && r.do == referNothing {
				t.Errorf("%s: a REFER gets no answer", referStateNames[s])
			}
			fmt.Fprintf(&b, "%-8s  %-12s  %-8s  %-16s  %s\n", referStateNames[s], referEventNames[e], referStateNames[r.next], referActionNames[r.do], r.rule)
		}
	}
	golden(t, "refer.txt", b.String())
}

// answered rings a phone that answers at once.
func (b *bubble) answered(user string) (*siptest.Dialog, *heard) {
	b.t.Helper()
	got := make(chan *siptest.Dialog, 1)
	_, binding := b.phone(user, func(d *siptest.Dialog) { _ = d.Answer(answerSDP); got <- d })
	l, err := b.core.ring(binding, Invite{SDP: offerSDP})
	ok(b.t, err)
	leg := listen(b.t, l)
	leg.want(Answered)
	return <-got, leg
}

// soon is a context of a bubble's minute: there time goes on for ever.
func soon(t *testing.T) context.Context {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	return ctx
}

// refers sends a REFER and waits for the event; its answer comes by the channel.
func refers(t *testing.T, d *siptest.Dialog, leg *heard, head ...string) (chan int, Event) {
	t.Helper()
	code := asking(t, func(ctx context.Context) (int, error) { return d.Refer(ctx, "<sip:+12125550142@nightbell>", head...) })
	return code, leg.want(Referred)
}

func asking(t *testing.T, ask func(context.Context) (int, error)) chan int {
	code := make(chan int, 1)
	go func() {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		got, err := ask(ctx)
		if err != nil {
			t.Error(err)
		}
		code <- got
	}()
	return code
}

func wantCode(t *testing.T, got chan int, want int) {
	t.Helper()
	if code := <-got; code != want {
		t.Errorf("answer %d, want %d", code, want)
	}
}

func fragment(t *testing.T, d *siptest.Dialog, want string, wantLast bool) siptest.Event {
	t.Helper()
	e := hear(t, d, "NOTIFY")
	if line, last := e.Fragment(); line != want || last != wantLast {
		t.Errorf("NOTIFY %q last %v, want %q %v", line, last, want, wantLast)
	}
	return e
}

func TestPhoneTransfersAndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.answered("amy")
		for range 2 { // a second one is as good as the first
			code, e := refers(t, d, leg)
			if e.Refer.Number != phi.NewPhone("+12125550142") || e.Refer.Replaces != "" || e.Refer.Attended {
				t.Errorf("attended %v, replaces %q", e.Refer.Attended, e.Refer.Replaces)
			}
			ok(t, leg.AcceptRefer())
			wantCode(t, code, 202)
			first := fragment(t, d, "SIP/2.0 100 Trying", false)
			if id := first.Header("Event"); !strings.HasPrefix(id, "refer;id=") || !strings.HasPrefix(first.Header("Subscription-State"), "active") {
				t.Errorf("Event %q, state %q", id, first.Header("Subscription-State"))
			}
			ok(t, leg.TellRefer(180))
			fragment(t, d, "SIP/2.0 180 Ringing", false)
			ok(t, leg.TellRefer(200))
			fragment(t, d, "SIP/2.0 200 OK", true)
			if err := leg.TellRefer(200); err != ErrState {
				t.Errorf("told after the end: %v", err)
			}
		}
		leg.End(Completed)
	})
}

func TestTransferThatFailsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.answered("amy")
		code, _ := refers(t, d, leg)
		wantCode(t, asking(t, func(ctx context.Context) (int, error) { return d.Refer(ctx, "<sip:bo@nightbell>") }), 491)
		ok(t, leg.AcceptRefer())
		wantCode(t, code, 202)
		ok(t, leg.TellRefer(486))
		fragment(t, d, "SIP/2.0 100 Trying", false)
		fragment(t, d, "SIP/2.0 486 Busy Here", true)
		code, _ = refers(t, d, leg)
		ok(t, leg.RefuseRefer(Refusal{Reason: Unreachable}))
		wantCode(t, code, 603) // 480 would take the dialog with it
		code, _ = refers(t, d, leg)
		began := time.Now()
		wantCode(t, code, 603)
		if waited := time.Since(began); waited != referThink {
			t.Errorf("waited %v for us", waited)
		}
		if err := leg.AcceptRefer(); err != ErrState {
			t.Errorf("accepted too late: %v", err)
		}
		leg.none()
		leg.End(Completed)
	})
}

func TestPhoneThatWantsNoWordIsToldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.answered("amy")
		code, _ := refers(t, d, leg, "Refer-Sub: false\r\nRequire: norefersub\r\n")
		ok(t, leg.AcceptRefer())
		wantCode(t, code, 202)
		ok(t, leg.TellRefer(180))
		ok(t, leg.TellRefer(200))
		synctest.Wait()
		if n := drain(d)["NOTIFY"]; n != 0 {
			t.Errorf("%d NOTIFY", n)
		}
		leg.End(Completed)
	})
}

// The phone hangs up as soon as it has its 202: it is told the end of it all the same (RFC 5057 §4.1).
func TestTransferorLeavesAndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.answered("amy")
		code, _ := refers(t, d, leg)
		ok(t, leg.AcceptRefer())
		wantCode(t, code, 202)
		ok(t, d.Bye(soon(t)))
		leg.want(Ended)
		ok(t, leg.TellRefer(200))
		fragment(t, d, "SIP/2.0 100 Trying", false)
		fragment(t, d, "SIP/2.0 200 OK", true)
		d, leg = b.answered("bo")
		code, _ = refers(t, d, leg)
		ok(t, d.Bye(soon(t)))
		wantCode(t, code, 487)
		leg.want(Ended)
	})
}

func TestAttendedTransferNamesTheOtherLeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		one, leg := b.answered("amy")
		two, other := b.answered("amy")
		code := asking(t, func(ctx context.Context) (int, error) { return one.ReferAttended(ctx, two) })
		if e := leg.want(Referred); e.Refer.Replaces != other.ID() || !e.Refer.Attended {
			t.Errorf("replaces %q, want %q", e.Refer.Replaces, other.ID())
		}
		ok(t, leg.AcceptRefer())
		wantCode(t, code, 202)
		ok(t, leg.TellRefer(200))
		wantCode(t, asking(t, func(ctx context.Context) (int, error) { return one.ReferAttended(ctx, one) }), 603)
		other.End(Completed)
		synctest.Wait()
		wantCode(t, asking(t, func(ctx context.Context) (int, error) { return one.ReferAttended(ctx, two) }), 603)
		leg.none()
		leg.End(Completed)
	})
}

func TestReferThatMakesNoSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.answered("amy")
		for to, want := range map[string]int{
			"<mailto:amy@clinic.example>": 403, "<sip:nightbell>": 400, "<sip:bo@nightbell;method=BYE>": 403,
			"<sip:bo@nightbell?Replaces=a>": 400, "<sip:bo@nightbell?Replaces=%3Bto-tag%3Da%3Bfrom-tag%3Db>": 400,
			"<sip:bo@nightbell?Replaces=x%3Bto-tag%3Da%3Bfrom-tag%3Db>": 603, "sip bo": 400,
		} {
			code, err := d.Refer(soon(t), to)
			if ok(t, err); code != want {
				t.Errorf("%s: %d, want %d", to, code, want)
			}
		}
		if code, err := d.Do(soon(t), "REFER", ""); err != nil || code != 400 {
			t.Errorf("without Refer-To: %d %v", code, err)
		}
		leg.none()
		leg.End(Completed)
	})
}

func TestTrunkTransfersWhereItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		d, leg := b.talk(b.carrier())
		if code, err := d.Refer(soon(t), "<sip:bo@nightbell>"); err != nil || code != 403 {
			t.Errorf("%d %v", code, err)
		}
		b.core.cfg.MayRefer = func(l *Leg) bool { return l.Facts().TrunkID == "clinic" }
		code, _ := refers(t, d, leg)
		ok(t, leg.AcceptRefer())
		wantCode(t, code, 202)
		if code, err := d.Notify(soon(t), "refer", "active"); err != nil || code != 481 {
			t.Errorf("NOTIFY: %d %v", code, err)
		}
		if code, err := d.Do(soon(t), "NOTIFY", ""); err != nil || code != 400 {
			t.Errorf("NOTIFY without Event: %d %v", code, err)
		}
		leg.none()
		leg.End(Completed)
	})
}

// An INVITE names the dialog that it is to take the place of (RFC 3891 §3).
func TestInviteReplacesADialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		took := make(chan *Leg, 1)
		b.core.cfg.OnReplaces = func(l *Leg) { took <- l }
		c := b.carrier()
		first, leg := b.talk(c)
		d, err := c.Call(t.Context(), "nightbell", "+12125550199", offerSDP, "Require: replaces\r\nReplaces: "+first.Replaces()+"\r\n")
		ok(t, err)
		next := listen(t, <-took)
		if got := next.Facts().Replaces; got != leg.ID() {
			t.Errorf("replaces %q, want %q", got, leg.ID())
		}
		ok(t, next.Answer(answerSDP))
		next.want(Confirmed)
		hear(t, d, "200")
		leg.End(Completed)
		ok(t, d.Bye(soon(t)))
		for value, want := range map[string]string{
			"x;to-tag=a;from-tag=b":            "481",
			first.Replaces():                   "481", // it has ended, and is forgotten
			"x;to-tag=a":                       "400",
			"x;to-tag=a;from-tag=b;to-tag=c":   "400",
			first.Replaces() + "\r\nJoin: a;b": "400",
		} {
			d, err := c.Call(t.Context(), "nightbell", "+12125550199", offerSDP, "Replaces: "+value+"\r\n")
			ok(t, err)
			hear(t, d, want)
		}
		ringing, early := b.call(c)
		ok(t, early.Ring(nil))
		hear(t, ringing, "180")
		for suffix, want := range map[string]string{"": "481", ";early-only": "481"} {
			d, err := c.Call(t.Context(), "nightbell", "+12125550199", offerSDP, "Replaces: "+ringing.Replaces()+suffix+"\r\n")
			ok(t, err)
			hear(t, d, want)
		}
		ok(t, early.Answer(answerSDP))
		early.want(Confirmed)
		d, err = c.Call(t.Context(), "nightbell", "+12125550199", offerSDP, "Replaces: "+ringing.Replaces()+";early-only\r\n")
		ok(t, err)
		hear(t, d, "486")
		b.core.cfg.OnReplaces = nil
		d, err = c.Call(t.Context(), "nightbell", "+12125550199", offerSDP, "Replaces: "+ringing.Replaces()+"\r\n")
		ok(t, err)
		hear(t, d, "603")
		early.End(Completed)
	})
}

func FuzzReplaces(f *testing.F) {
	f.Add("425928@bobster.example.org;to-tag=7743;from-tag=6472")
	f.Add("a;early-only;to-tag=0;from-tag=0")
	f.Fuzz(func(t *testing.T, value string) {
		r, ok := parseReplaces(value)
		if ok && (r.callID == "" || r.to == "" || r.from == "" || strings.Contains(r.callID+r.to+r.from, ";")) {
			t.Errorf("%q reads as %+v", value, r)
		}
		_, _, _ = referTarget("sip:a@b?Replaces=" + value)
	})
}

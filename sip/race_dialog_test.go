package sip

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/sip/siptest"
)

// The phone's REFER and its BYE, or ours, cross: the REFER has one answer, the dialog one end, and no REFER is reported
// after it.
func TestReferAndByeRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		got := make(chan *siptest.Dialog, 1)
		_, binding := b.phone("amy", func(d *siptest.Dialog) { _ = d.Answer(answerSDP); got <- d })
		dice := rand.New(rand.NewPCG(11, 12))
		codes := map[int]int{}
		for range rounds() {
			l, err := b.core.ring(binding, Invite{SDP: offerSDP})
			ok(t, err)
			leg := listen(t, l)
			leg.want(Answered)
			d := <-got
			early, ours := time.Duration(dice.IntN(3))*time.Microsecond, dice.IntN(2) == 0
			if !ours && early == time.Microsecond {
				early = 0 // a peer numbers its requests in the order that it sends them
			}
			code := asking(t, func(ctx context.Context) (int, error) {
				time.Sleep(early)
				return d.Refer(ctx, "<sip:bo@nightbell>")
			})
			bye := make(chan error, 1)
			go func() {
				time.Sleep(time.Microsecond)
				if !ours {
					bye <- d.Bye(soon(t))
					return
				}
				l.End(Completed)
				bye <- nil
			}()
			reported := referUntilEnd(t, leg)
			ok(t, <-bye)
			synctest.Wait()
			answer := <-code
			codes[answer]++
			switch {
			case reported && answer != 202 && answer != 487:
				t.Fatalf("reported, and answered %d", answer)
			case !reported && answer != 481:
				t.Fatalf("not reported, and answered %d", answer)
			}
			leg.none()
			for range len(d.Events()) {
				<-d.Events()
			}
		}
		t.Logf("answers: %v", codes)
		time.Sleep(64*T1 + time.Second)
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// referUntilEnd accepts what is reported until the dialog has ended.
func referUntilEnd(t *testing.T, leg *heard) (reported bool) {
	t.Helper()
	for {
		switch kind := leg.next(); kind {
		case Ended:
			return reported
		case Referred:
			if reported {
				t.Fatal("reported twice")
			}
			reported = true
			_ = leg.AcceptRefer() // ErrState: it has gone meanwhile
		default:
			t.Fatalf("event %s", kind)
		}
	}
}

// The caller's ACK comes at any time between our 200 and our patience's end, or never; we leave at any time too. There is
// one end, and a BYE never goes before the ACK or the end of waiting.
func TestLateAckRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		dice := rand.New(rand.NewPCG(13, 14))
		confirmed := 0
		for range rounds() {
			d, leg := b.call(c)
			d.WithholdAck()
			ok(t, leg.Answer(answerSDP))
			ack := time.Duration(dice.IntN(36)) * time.Second
			leave := time.Duration(dice.IntN(36))*time.Second + time.Duration(dice.IntN(2))*time.Microsecond
			began := time.Now()
			go func() { time.Sleep(ack); _ = d.Ack() }()
			go func() { time.Sleep(leave); leg.End(Completed) }()
			kind := leg.next()
			if kind == Confirmed {
				confirmed++
				kind = leg.next()
			}
			if kind != Ended {
				t.Fatalf("event %s", kind)
			}
			ended := time.Since(began)
			want := leave
			if ack > 64*T1 {
				want = min(leave, 64*T1)
			}
			if ended != want && ack != 64*T1 {
				t.Fatalf("ended after %v; ACK %v, left %v", ended, ack, leave)
			}
			_, err := d.Wait(soon(t), "BYE")
			ok(t, err)
			if at := time.Since(began); at < min(ack, 64*T1) {
				t.Fatalf("BYE after %v, ACK after %v", at, ack)
			}
			time.Sleep(40 * time.Second)
			leg.none()
			if n := drain(d)["BYE"]; n != 0 {
				t.Fatalf("%d more BYE", n)
			}
		}
		t.Logf("confirmed in %d of %d rounds", confirmed, rounds())
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// A connection goes at any moment of a dialog's life: the leg ends once, or waits for its peer where it was confirmed,
// and nothing is left behind.
func TestFlowLostInEachStateRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		dice := rand.New(rand.NewPCG(15, 16))
		afloat, ended := 0, 0
		for i := range rounds() {
			cut := make(chan struct{})
			var leg *heard
			if i%2 == 0 {
				leg = b.calledLife(dice, cut)
			} else {
				leg = b.callingLife(dice, cut)
			}
			<-cut
			synctest.Wait()
			lost, over := leg.tally()
			switch {
			case over > 1 || lost > 1:
				t.Fatalf("round %d: %d ends, %d losses", i, over, lost)
			case over == 0 && lost == 1:
				afloat++
			case over == 0:
				t.Fatalf("round %d: the connection went and nothing was said", i)
			default:
				ended++
			}
			leg.End(Completed)
			synctest.Wait()
			if _, again := leg.tally(); over+again != 1 {
				t.Fatalf("round %d: %d ends", i, over+again)
			}
		}
		t.Logf("%d waited for their peer, %d ended", afloat, ended)
		time.Sleep(64*T1 + time.Second)
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// calledLife is a caller's leg whose life is cut at a random moment of its first microseconds.
func (b *bubble) calledLife(dice *rand.Rand, cut chan struct{}) *heard {
	f, conn := attachPipe(b.t, b.wire)
	c := siptest.Over(conn, siptest.Options{})
	d, leg := b.call(c)
	if dice.IntN(3) == 0 {
		d.WithholdAck()
	}
	after, ring, leave := dice.IntN(6), dice.IntN(2) == 0, dice.IntN(3) == 0
	go func() {
		if ring {
			_ = leg.Ring(nil)
		}
		time.Sleep(2 * time.Microsecond)
		_ = leg.Answer(answerSDP)
		time.Sleep(2 * time.Microsecond)
		if leave {
			leg.End(Completed)
		}
	}()
	go func() {
		defer close(cut)
		time.Sleep(time.Duration(after) * time.Microsecond)
		f.Close()
		time.Sleep(10 * time.Microsecond)
		c.Cut()
	}()
	return leg
}

// callingLife is the same of a leg to a phone.
func (b *bubble) callingLife(dice *rand.Rand, cut chan struct{}) *heard {
	f, conn := attachPipe(b.t, b.wire)
	p := siptest.PhoneOver(conn, siptest.Options{User: "amy"}, func(d *siptest.Dialog) {
		time.Sleep(time.Microsecond)
		_ = d.Ring(nil)
		time.Sleep(2 * time.Microsecond)
		_ = d.Answer(answerSDP)
	})
	binding := Binding{User: "amy", Instance: "amy", flow: f, contact: sipmsg.Uri{Scheme: "sip", User: "amy", Host: "192.0.2.10"}}
	l, err := b.core.ring(binding, Invite{SDP: offerSDP})
	ok(b.t, err)
	leg := listen(b.t, l)
	after, leave := dice.IntN(6), dice.IntN(8)
	go func() {
		defer close(cut)
		for at := range 8 {
			if at == leave {
				leg.End(Elsewhere)
			}
			if at == after {
				f.Close()
			}
			time.Sleep(time.Microsecond)
		}
		p.Cut()
	}()
	return leg
}

// tally counts what was heard so far: losses of the connection, and ends.
func (h *heard) tally() (lost, over int) {
	for {
		select {
		case e := <-h.events:
			switch e.Kind {
			case FlowLost:
				lost++
			case Ended, Refused:
				over++
			}
		default:
			return lost, over
		}
	}
}

package sip

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/sip/siptest"
)

// Two phones answer in the same moment; the first to be heard wins. The winner gets its ACK and nothing more, the
// loser a CANCEL, or an ACK and a BYE.
func TestTwoAnswersOneWinner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		dice := rand.New(rand.NewPCG(3, 4))
		phones := make(chan *siptest.Dialog, 2)
		_, amy := b.phone("amy", func(d *siptest.Dialog) { phones <- d })
		_, bo := b.phone("bo", func(d *siptest.Dialog) { phones <- d })
		for range rounds() {
			one, err := b.core.ring(amy, Invite{SDP: offerSDP})
			ok(t, err)
			two, err := b.core.ring(bo, Invite{SDP: offerSDP})
			ok(t, err)
			dialogs := []*siptest.Dialog{<-phones, <-phones}
			var group sync.WaitGroup
			for _, d := range dialogs {
				late := time.Duration(dice.IntN(3)) * time.Microsecond
				group.Go(func() {
					time.Sleep(late)
					if err := d.Answer(answerSDP); err != nil && !errors.Is(err, siptest.ErrCancelled) {
						t.Error(err)
					}
				})
			}
			winner := firstAnswer(one, two)
			group.Wait()
			synctest.Wait()
			if kept := kept(dialogs); kept != 1 {
				t.Fatalf("%d phones think they have the call, want 1", kept)
			}
			winner.End(Completed)
			synctest.Wait()
		}
		time.Sleep(64*T1 + time.Second)
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// firstAnswer plays the hunt: the first answer wins, the other leg is ended at once.
func firstAnswer(one, two *Leg) *Leg {
	answered := make(chan *Leg, 2)
	for _, l := range []*Leg{one, two} {
		l.Listen(func(e Event) {
			if e.Kind == Answered {
				answered <- l
			}
		})
	}
	winner, loser := <-answered, two
	if winner == two {
		loser = one
	}
	loser.End(Elsewhere)
	return winner
}

// kept counts the dialogs that were answered, acknowledged and not ended.
func kept(dialogs []*siptest.Dialog) int {
	n := 0
	for _, d := range dialogs {
		words := drain(d)
		if words["ACK"] > 0 && words["BYE"] == 0 && words["CANCEL"] == 0 {
			n++
		}
	}
	return n
}

func drain(d *siptest.Dialog) map[string]int {
	words := make(map[string]int)
	for {
		select {
		case e := <-d.Events():
			words[e.Word]++
		default:
			return words
		}
	}
}

// Our CANCEL and the phone's 200 cross: the phone is left with a 487 it sent, or with ACK and BYE; never with a call.
func TestCancelAndAnswerRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		dice := rand.New(rand.NewPCG(5, 6))
		phones := make(chan *siptest.Dialog, 1)
		_, amy := b.phone("amy", func(d *siptest.Dialog) { _ = d.Ring(nil); phones <- d })
		crossed := 0
		for range rounds() {
			l, err := b.core.ring(amy, Invite{SDP: offerSDP})
			ok(t, err)
			leg, d := listen(t, l), <-phones
			leg.want(Ringing)
			late := time.Duration(dice.IntN(3)) * time.Microsecond
			done := make(chan error, 1)
			go func() {
				time.Sleep(late)
				done <- d.Answer(answerSDP)
			}()
			time.Sleep(time.Microsecond)
			leg.End(Elsewhere)
			err = <-done
			synctest.Wait()
			words := drain(d)
			if err == nil && (words["ACK"] == 0 || words["BYE"] != 1) {
				t.Fatalf("answered, and heard %v", words)
			}
			if err == nil && words["CANCEL"] > 0 {
				crossed++
			}
			if err != nil && (!errors.Is(err, siptest.ErrCancelled) || words["BYE"] > 0) {
				t.Fatalf("%v, and heard %v", err, words)
			}
			for leg.next() != Ended {
			}
			leg.none()
		}
		t.Logf("crossed in %d of %d rounds", crossed, rounds())
	})
}

// next takes the next event whatever it is.
func (h *heard) next() Kind {
	select {
	case e := <-h.events:
		return e.Kind
	case <-time.After(time.Minute):
		h.t.Fatal("no end")
	}
	return ""
}

// The caller's CANCEL and our 200 cross: either it has a call, which it ends by BYE, or a 487.
func TestCallersCancelAndOurAnswerRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		dice := rand.New(rand.NewPCG(7, 8))
		calls := 0
		for range rounds() {
			d, leg := b.call(c)
			late := time.Duration(dice.IntN(3)) * time.Microsecond
			done := make(chan error, 1)
			go func() {
				time.Sleep(late)
				done <- d.Cancel(t.Context())
			}()
			time.Sleep(time.Microsecond)
			err := leg.Answer(answerSDP)
			ok(t, <-done)
			synctest.Wait()
			words := drain(d)
			switch {
			case err == nil && words["200"] == 1 && words["487"] == 0:
				calls++
				leg.want(Confirmed)
				ok(t, d.Bye(t.Context()))
			case err == ErrState && words["487"] == 1 && words["200"] == 0:
			default:
				t.Fatalf("answer: %v, the caller heard %v", err, words)
			}
			leg.want(Ended)
			leg.none()
		}
		t.Logf("answered in %d of %d rounds", calls, rounds())
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// Their BYE and our re-INVITE cross: the dialog ends once, and nothing is reported afterwards.
func TestByeAndReinviteRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.carrier()
		dice := rand.New(rand.NewPCG(9, 10))
		for range rounds() {
			d, leg := b.talk(c)
			late := time.Duration(dice.IntN(3)) * time.Microsecond
			done := make(chan error, 1)
			go func() {
				time.Sleep(late)
				done <- d.Bye(t.Context())
			}()
			time.Sleep(time.Microsecond)
			err := leg.Offer(thirdSDP)
			ok(t, <-done)
			synctest.Wait()
			last := Kind("")
			for last != Ended {
				if last = leg.next(); last != Agreed && last != Ended {
					t.Fatalf("event %s after offer %v", last, err)
				}
			}
			leg.none()
		}
		if n := b.core.legCount(); n != 0 {
			t.Errorf("%d entries left", n)
		}
	})
}

// The same race over real TLS, in small numbers.
func TestCancelAndAnswerRaceOverTLS(t *testing.T) {
	h := open(t, Limits{})
	phones := make(chan *siptest.Dialog, 1)
	h.phone("amy", func(d *siptest.Dialog) { _ = d.Ring(nil); phones <- d })
	for range 100 {
		leg := h.ring("amy")
		leg.want(Ringing)
		d := <-phones
		done := make(chan error, 1)
		go func() { done <- d.Answer(answerSDP) }()
		leg.End(Elsewhere)
		if err := <-done; err == nil {
			hear(t, d, "BYE")
		} else if !errors.Is(err, siptest.ErrCancelled) {
			t.Fatal(err)
		}
	}
}

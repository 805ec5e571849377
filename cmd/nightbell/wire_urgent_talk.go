package main

import (
	"context"
	"time"

	"nightbell/media"
	"nightbell/sip"
)

// urgentTalk is two legs and their sound: the one that came to us, and the one that we reach for it. One goroutine owns it;
// what the legs report comes by its mail.
type urgentTalk struct {
	ctx   context.Context
	gone  context.CancelFunc // the near party has left
	sound *media.Call
	mail  chan urgentNews

	near   *sip.Leg
	voice  *media.Session // of near
	answer []byte         // to near's offer; nil: near offered nothing, and offer is ours
	offer  []byte
	up     bool // near has its 200
	loose  bool // near was given away
	far    *sip.Leg
	other  *media.Session
	heard  bool // far's description is known
	drift  *time.Timer
}

type urgentNews struct {
	of    *sip.Leg
	event sip.Event
}

func newUrgentTalk(ctx context.Context, sound *media.Call) *urgentTalk {
	t := &urgentTalk{sound: sound, mail: make(chan urgentNews, 256)}
	t.ctx, t.gone = context.WithCancel(ctx)
	return t
}

// listen brings a leg's events into the mail. Who hangs up is noticed at once, whatever the talk is waiting for.
func (t *urgentTalk) listen(l *sip.Leg) {
	l.Listen(func(e sip.Event) {
		if l == t.near && (e.Kind == sip.Ended || e.Kind == sip.Refused) {
			t.gone()
		}
		select {
		case t.mail <- urgentNews{l, e}:
		default: // a peer that floods its own dialog
		}
	})
}

// joinNear makes the sound of the one that came to us. Nothing is answered yet.
func (t *urgentTalk) joinNear(l *sip.Leg, p media.Profile) (err error) {
	if t.voice, err = t.sound.NewSession(p); err != nil {
		return err
	}
	if sdp := l.RemoteSDP(); sdp != nil {
		t.answer, err = t.voice.Answer(sdp)
	} else {
		t.offer, err = t.voice.Offer(nil)
	}
	if err != nil {
		return err
	}
	t.near = l
	t.listen(l)
	return nil
}

// offerFar makes the sound of the one we are about to call.
func (t *urgentTalk) offerFar(p media.Profile) ([]byte, error) {
	if t.other != nil {
		t.other.Close()
	}
	var err error
	t.heard = false
	if t.other, err = t.sound.NewSession(p); err != nil {
		t.other = nil
		return nil, err
	}
	return t.other.Offer(t.voice)
}

// withFar follows both legs to the end of the far one, or of the talk. Reached: it was answered; else the code of its
// refusal.
func (t *urgentTalk) withFar(leg *sip.Leg, answered func()) (code int, reached bool) {
	t.far = leg
	t.listen(leg)
	for {
		select {
		case <-t.ctx.Done():
			leg.End(sip.CallerGone)
			return 0, reached
		case n := <-t.mail:
			switch {
			case n.of == t.near:
				t.nearDid(n.event)
			case n.of != leg: // an earlier try
			case n.event.Kind == sip.Ended, n.event.Kind == sip.Refused:
				t.far = nil
				return n.event.Code, reached
			case n.event.Kind == sip.Answered:
				if !t.joined(n.event.SDP) {
					leg.End(sip.NotAcceptable)
					continue
				}
				reached = true
				answered()
			default:
				t.farDid(n.event)
			}
		}
	}
}

func (t *urgentTalk) nearDid(e sip.Event) {
	switch e.Kind {
	case sip.Confirmed:
		if e.SDP != nil && t.answer == nil && t.voice.Accept(e.SDP) != nil {
			t.gone()
		}
	case sip.Digit:
		if t.other != nil && len(e.Digit) == 1 {
			t.other.SendDigit(e.Digit[0], 160*time.Millisecond)
		}
	case sip.Offered:
		meetOffer(t.near, t.voice, e.SDP)
	case sip.FlowLost:
		t.drift = time.AfterFunc(urgentDrift, t.gone)
	case sip.FlowBack:
		if t.drift != nil {
			t.drift.Stop()
		}
	}
}

func (t *urgentTalk) farDid(e sip.Event) {
	switch e.Kind {
	case sip.Ringing:
		t.rings(e.SDP)
	case sip.Agreed:
		if e.SDP != nil && e.Code < 300 {
			_ = t.other.Accept(e.SDP)
		}
	case sip.Digit:
		if len(e.Digit) == 1 {
			t.voice.SendDigit(e.Digit[0], 160*time.Millisecond)
		}
	case sip.Offered:
		meetOffer(t.far, t.other, e.SDP)
	}
}

// meetOffer meets an offer within the talk; a refusal leaves the old session standing.
func meetOffer(l *sip.Leg, s *media.Session, offer []byte) {
	if offer == nil {
		if mine, err := s.Offer(nil); err == nil {
			_ = l.Answer(mine)
		}
		return
	}
	answer, err := s.Answer(offer)
	if err != nil {
		_ = l.Refuse(unheard(err))
		return
	}
	_ = l.Answer(answer)
}

// rings lets the near party hear ringing, or what the far side sends before it answers.
func (t *urgentTalk) rings(sdp []byte) {
	if sdp == nil || t.answer == nil || t.heard || t.up {
		_ = t.near.Ring(nil)
		return
	}
	if t.other.Accept(sdp) != nil {
		return
	}
	t.heard = true
	_ = t.near.Ring(t.answer)
	t.sound.Bridge(t.voice, t.other)
}

// joined lets both speak.
func (t *urgentTalk) joined(sdp []byte) bool {
	if !t.heard {
		if t.other.Accept(sdp) != nil {
			return false
		}
		t.heard = true
		t.sound.Bridge(t.voice, t.other)
	}
	return t.pickUp() == nil
}

// pickUp gives the near party its 200, once.
func (t *urgentTalk) pickUp() error {
	if t.up {
		return nil
	}
	t.up = true
	if t.answer != nil {
		return t.near.Answer(t.answer)
	}
	return t.near.Answer(t.offer)
}

// speak says something to the near party, and waits until it was said.
func (t *urgentTalk) speak(p *media.Prompt, times int) {
	if p == nil || t.pickUp() != nil {
		return
	}
	for t.ctx.Err() == nil {
		select {
		case <-t.ctx.Done():
		case n := <-t.mail:
			if n.of != t.near {
				continue
			}
			if t.nearDid(n.event); n.event.Kind != sip.Confirmed {
				continue
			}
			await(t.ctx, t.voice.Play(p, times))
			return
		}
	}
}

// release gives the near leg to somebody else, unanswered. False: it has ended.
func (t *urgentTalk) release() bool {
	t.loose = t.ctx.Err() == nil && !t.up
	return t.loose
}

// end hangs up whatever still stands.
func (t *urgentTalk) end() {
	t.gone()
	if t.drift != nil {
		t.drift.Stop()
	}
	if t.near != nil && !t.loose {
		t.near.End(sip.Completed)
	}
	if t.far != nil {
		t.far.End(sip.Completed)
	}
}

package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"nightbell/media"
	"nightbell/sip"
)

// phoneDesk answers phones that dial its codes. Each visit is a goroutine; the desk waits for them at its end.
type phoneDesk struct {
	house   deskHouse
	media   *media.Engine
	prompts map[string]*media.Prompt
	profile func(sip.Facts) media.Profile
	owner   func(device string) (person string, known bool)
	log     *slog.Logger

	ctx     context.Context
	stop    context.CancelFunc
	visits  sync.WaitGroup
	opening sync.Mutex
	shut    bool
}

func newPhoneDesk(house deskHouse, log *slog.Logger) *phoneDesk {
	ctx, stop := context.WithCancel(context.Background())
	return &phoneDesk{house: house, log: log, ctx: ctx, stop: stop}
}

// Close ends every visit and waits for it.
func (d *phoneDesk) Close() error {
	d.opening.Lock()
	d.shut = true
	d.opening.Unlock()
	d.stop()
	d.visits.Wait()
	return nil
}

// dialled takes a leg of a registered phone. It never blocks.
func (d *phoneDesk) dialled(l *sip.Leg) {
	f := l.Facts()
	person, known := d.owner(f.Device)
	d.opening.Lock()
	defer d.opening.Unlock()
	if d.shut || !known {
		_ = l.Refuse(sip.Refusal{Reason: sip.Unreachable})
		return
	}
	d.visits.Go(func() { d.visit(l, deskCaller{f.Device, person}, deskCode(f.Number)) })
}

// visit is one of them from the INVITE to the BYE. Sound goes by SRTP or not at all: what is typed is worth keys.
func (d *phoneDesk) visit(l *sip.Leg, who deskCaller, code deskCode) {
	ctx, gone := context.WithCancel(d.ctx)
	defer gone()
	defer l.End(sip.Completed)
	sound := d.media.NewCall()
	defer sound.Close()
	session, err := sound.NewSession(d.profile(l.Facts()))
	if err != nil {
		_ = l.Refuse(sip.Refusal{Reason: sip.NoMedia})
		return
	}
	v := &deskVisit{keypad: newKeypad(), session: session, prompts: d.prompts}
	answer, err := session.Answer(l.RemoteSDP())
	if err != nil {
		_ = l.Refuse(unheard(err))
		return
	}
	session.Listen(func(e media.Event) {
		if e.Kind == media.Digit {
			v.press(byMedia, e.Digit)
		}
	})
	up := make(chan struct{})
	l.Listen(v.follow(l, up, gone))
	if l.Answer(answer) != nil {
		return
	}
	await(ctx, up)
	if ctx.Err() == nil {
		d.log.Info("desk", "device", who.Device, "person", who.Person)
		converse(ctx, v, d.house, code, who)
	}
}

// unheard says why an offer is not taken.
func unheard(err error) sip.Refusal {
	var r *media.Refusal
	if errors.As(err, &r) {
		return sip.Refusal{Code: r.Code, Reason: sip.NotAcceptable, WarnCode: r.WarnCode, Warning: r.Text}
	}
	return sip.Refusal{Reason: sip.NotAcceptable}
}

// deskVisit is a deskLine over a phone's leg and sound.
type deskVisit struct {
	*keypad
	session *media.Session
	prompts map[string]*media.Prompt
}

func (v *deskVisit) Say(prompt string) <-chan struct{} { return v.session.Play(v.prompts[prompt], 1) }
func (v *deskVisit) Quiet()                            { v.session.Quiet() }
func (v *deskVisit) Keys() <-chan byte                 { return v.keys }

// follow serves the leg: keys by INFO, a new description, the end.
func (v *deskVisit) follow(l *sip.Leg, up chan struct{}, gone func()) func(sip.Event) {
	return func(e sip.Event) {
		switch e.Kind {
		case sip.Confirmed:
			select {
			case <-up:
			default:
				close(up)
			}
		case sip.Digit:
			if len(e.Digit) == 1 {
				v.press(byInfo, e.Digit[0])
			}
		case sip.Offered:
			v.reoffer(l, e.SDP)
		case sip.FlowLost, sip.Ended:
			gone()
		}
	}
}

// reoffer answers a re-INVITE; a refusal leaves the old session standing.
func (v *deskVisit) reoffer(l *sip.Leg, offer []byte) {
	answer, err := v.session.Answer(offer)
	if err != nil {
		_ = l.Refuse(unheard(err))
		return
	}
	_ = l.Answer(answer)
}

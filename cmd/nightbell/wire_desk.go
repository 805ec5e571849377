package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"nightbell/access"
)

// The desk is where a person on a hard phone, without a console, makes herself ready: she dials a code, types her PIN and
// the code of her authenticator, and hears what came of it. Whatever she types lives in this file's memory alone, for as
// long as it takes to check it: no log, no event, no recording, no audit leaf holds a digit. The desk is no call: nothing
// here knows a journal or a recorder.

// deskCode is what a registered phone may dial.
type deskCode string

const (
	dialReady    deskCode = "*10"
	dialNotReady deskCode = "*11"
)

// deskCaller is who dialled: a registered device and its person.
type deskCaller struct{ Device, Person string }

// deskHouse checks what was typed and does what was asked.
type deskHouse interface {
	Ready(ctx context.Context, who deskCaller, typed deskSecrets) error
	NotReady(ctx context.Context, who deskCaller, typed deskSecrets) error
}

// deskSecrets are what she typed.
type deskSecrets struct{ PIN, Code string }

// errDeskWrong is a PIN or a code that is not hers; which of them is not said.
var errDeskWrong = errors.New("PIN or code is wrong")

// deskLine is her phone: it speaks prompts and hears keys.
type deskLine interface {
	Say(prompt string) (over <-chan struct{}) // begins to play; what played before stops
	Quiet()
	Keys() <-chan byte
}

const (
	deskTries  = 3
	deskPause  = 6 * time.Second // without a key an answer is taken to be over
	deskThinks = 20 * time.Second
	deskLimit  = 3 * time.Minute // for all of it
	codeDigits = 6
)

// converse asks up to three times and does what the code stands for. Both are asked before either is checked.
func converse(ctx context.Context, line deskLine, house deskHouse, code deskCode, who deskCaller) {
	ctx, stop := context.WithTimeout(ctx, deskLimit)
	defer stop()
	act, done := house.Ready, "desk_ready"
	if code == dialNotReady {
		act, done = house.NotReady, "desk_not_ready"
	}
	for range deskTries {
		pin, err := askKeys(ctx, line, "desk_pin", access.MostPIN)
		if err != nil {
			return
		}
		totp, err := askKeys(ctx, line, "desk_code", codeDigits)
		if err != nil {
			return
		}
		switch err := act(ctx, who, deskSecrets{pin, totp}); {
		case err == nil:
			await(ctx, line.Say(done))
			return
		case !errors.Is(err, errDeskWrong):
			await(ctx, line.Say("desk_refused"))
			return
		}
		await(ctx, line.Say("desk_wrong"))
	}
	await(ctx, line.Say("desk_refused"))
}

// askKeys plays a prompt and takes keys until #, until there are most of them, or until she stops. The first key cuts the
// prompt short. Only a caller who is gone, or the limit, is an error.
func askKeys(ctx context.Context, line deskLine, prompt string, most int) (string, error) {
	over := line.Say(prompt)
	typed := make([]byte, 0, most)
	defer func() { clear(typed[:cap(typed)]) }()
	timer := time.NewTimer(deskLimit)
	defer timer.Stop()
	for len(typed) < most {
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-over:
			over = nil
			timer.Reset(deskThinks)
		case <-timer.C:
			return string(typed), nil
		case key := <-line.Keys():
			if len(typed) == 0 {
				line.Quiet()
				over = nil
			}
			timer.Reset(deskPause)
			switch {
			case key == '#':
				return string(typed), nil
			case key == '*': // begin again
				typed = typed[:0]
			case key >= '0' && key <= '9':
				typed = append(typed, key)
			}
		}
	}
	return string(typed), nil
}

func await(ctx context.Context, over <-chan struct{}) {
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// keypad joins the two ways in which a phone sends keys. A phone that sends both, RFC 4733 and INFO, is heard once: what
// came first counts for the whole call.
type keypad struct {
	mu   sync.Mutex
	way  keyWay
	keys chan byte
}

type keyWay byte

const (
	byMedia keyWay = 'm'
	byInfo  keyWay = 'i'
)

func newKeypad() *keypad { return &keypad{keys: make(chan byte, 32)} }

// press never blocks: who types faster than she is asked loses keys.
func (k *keypad) press(way keyWay, key byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.way == 0 {
		k.way = way
	}
	if k.way != way {
		return
	}
	select {
	case k.keys <- key:
	default:
	}
}

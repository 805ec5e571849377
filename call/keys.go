package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"nightbell/media"
)

// keypad is what a party typed and nobody has read yet. A key may come as a telephone event, as sound, or by INFO, and a
// phone may send each press in two ways. The second of the pair is not heeded, and once there was a pair the first way
// is hers for good; until then both ways count, because who is behind a trunk may change within a call.
type keypad struct {
	way   keyWay // whose presses count; 0: all, she has not sent one in two ways
	typed []byte
	count int // presses ever
	last  []press
}

// press is one key that counted and may come again another way.
type press struct {
	key byte
	way keyWay
	at  time.Time
}

type keyWay byte

const (
	byMedia keyWay = iota + 1 // RFC 4733, or in-band: media counts those two once
	byInfo                    // SIP INFO
)

const (
	keypadMost = 64              // keys that wait for a reader; more are somebody's cat
	pairWithin = 2 * time.Second // an INFO may be sent again before it arrives; nobody changes the way in between
)

// press takes a key. False: this press has come another way already.
func (k *keypad) press(key byte, way keyWay, now time.Time) bool {
	if k.again(key, way, now) {
		return false
	}
	if k.count++; len(k.typed) < keypadMost {
		k.typed = append(k.typed, key)
	}
	return true
}

// again: the press came another way before, or comes in the way that is not hers.
func (k *keypad) again(key byte, way keyWay, now time.Time) bool {
	if k.way != 0 {
		return k.way != way
	}
	k.last = slices.DeleteFunc(k.last, func(p press) bool { return now.Sub(p.at) > pairWithin })
	for _, p := range k.last {
		if p.key == key && p.way != way {
			k.way, k.last = p.way, nil
			return true
		}
	}
	if len(k.last) < keypadMost {
		k.last = append(k.last, press{key, way, now})
	}
	return false
}

// take gives the oldest key that was not read; zero: there is none.
func (k *keypad) take() (key byte) {
	if len(k.typed) > 0 {
		key, k.typed = k.typed[0], k.typed[1:]
	}
	return key
}

// forgetBeyond keeps the newest n keys alone: what was typed during the words before is meant for what comes next.
func (k *keypad) forgetBeyond(n int) {
	if len(k.typed) > n {
		k.typed = k.typed[len(k.typed)-n:]
	}
}

// forget drops what was typed before now.
func (k *keypad) forget() { k.typed = nil }

// keyDuring gives the first key of a party that was not read, typed early or now; zero: there was none until the channel
// spoke, or she is gone.
func keyDuring[T any](ctx context.Context, c *Call, p *party, until <-chan T) (byte, error) {
	for !p.ended {
		if key := p.keys.take(); key != 0 {
			return key, nil
		}
		if _, err := next(ctx, c, until); errors.Is(err, errTime) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// askKey plays prompts to a party and waits for one key of hers; a key ends the prompts. Zero: none came within wait.
func (c *Call) askKey(ctx context.Context, p *party, wait time.Duration, prompts ...*media.Prompt) (byte, error) {
	c.listenFor(p, media.DetectDigits)
	for _, words := range prompts {
		if words == nil {
			continue
		}
		key, err := keyDuring(ctx, c, p, p.voice.Play(words, 1))
		if key != 0 || err != nil || p.ended {
			p.voice.Quiet()
			return key, err
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	return keyDuring(ctx, c, p, timer.C)
}

// askDigits asks for a row of digits that # or a pause ends: nobody else hears them and no recording keeps them. What it
// gives may be a patient's number; it is never noted.
func (c *Call) askDigits(ctx context.Context, p *party, most int, prompts ...*media.Prompt) (typed string, err error) {
	if ear, can := p.voice.(Ear); can {
		ear.Conceal(media.Concealed)
		defer ear.Conceal(media.Audible)
	}
	key, err := c.askKey(ctx, p, digitPause, prompts...)
	for key != 0 && key != '#' && err == nil {
		if typed += string(rune(key)); len(typed) >= most {
			return typed, nil
		}
		key, err = c.askKey(ctx, p, digitPause)
	}
	return typed, err
}

const digitPause = 5 * time.Second // between two digits, and before the first

// listenFor asks media to look for more in a party's sound.
func (c *Call) listenFor(p *party, what media.Detection) {
	ear, can := p.voice.(Ear)
	if !can || p.detects&what == what {
		return
	}
	p.detects |= what
	ear.Detect(p.detects)
}

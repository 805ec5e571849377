package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// deskStage is a person at a hard phone. She types what the script says as soon as she is asked for it.
type deskStage struct {
	*keypad
	said   []string
	answer map[string][]string // by prompt, one after the other
	typed  []deskSecrets
	ready  []deskCaller
	gone   []deskCaller
	closed error // what the house says to right secrets
}

func newDeskStage() *deskStage { return &deskStage{keypad: newKeypad(), answer: map[string][]string{}} }

func (d *deskStage) Say(prompt string) <-chan struct{} {
	d.said = append(d.said, prompt)
	over := make(chan struct{})
	time.AfterFunc(2*time.Second, func() { close(over) })
	if next := d.answer[prompt]; len(next) > 0 {
		d.answer[prompt] = next[1:]
		go func() {
			for _, key := range []byte(next[0]) {
				time.Sleep(300 * time.Millisecond)
				d.press(byMedia, key)
			}
		}()
	}
	return over
}
func (d *deskStage) Quiet()            {}
func (d *deskStage) Keys() <-chan byte { return d.keys }

func (d *deskStage) check(s deskSecrets) error {
	d.typed = append(d.typed, s)
	if s != (deskSecrets{"471158", "123456"}) {
		return errDeskWrong
	}
	return d.closed
}

func (d *deskStage) Ready(_ context.Context, who deskCaller, s deskSecrets) error {
	err := d.check(s)
	if err == nil {
		d.ready = append(d.ready, who)
	}
	return err
}

func (d *deskStage) NotReady(_ context.Context, who deskCaller, s deskSecrets) error {
	err := d.check(s)
	if err == nil {
		d.gone = append(d.gone, who)
	}
	return err
}

var amysPhone = deskCaller{Device: "amy-2", Person: "amy"}

func TestWhoTypesPINAndCodeIsReady(t *testing.T) {
	for _, c := range []struct{ pin, code string }{{"471158#", "123456"}, {"471158", "123456#"}, {"99*471158#", "123456"}} {
		synctest.Test(t, func(t *testing.T) {
			d := newDeskStage()
			d.answer["desk_pin"], d.answer["desk_code"] = []string{c.pin}, []string{c.code}
			converse(t.Context(), d, d, dialReady, amysPhone)
			if !slices.Equal(d.ready, []deskCaller{amysPhone}) || !slices.Equal(d.said, []string{"desk_pin", "desk_code", "desk_ready"}) {
				t.Errorf("%q %q: %v %v", c.pin, c.code, d.ready, d.said)
			}
		})
	}
}

func TestTheOtherCodeEndsReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeskStage()
		d.answer["desk_pin"], d.answer["desk_code"] = []string{"471158#"}, []string{"123456"}
		converse(t.Context(), d, d, dialNotReady, amysPhone)
		if len(d.ready) != 0 || len(d.gone) != 1 || d.said[2] != "desk_not_ready" {
			t.Errorf("%v %v", d.gone, d.said)
		}
	})
}

func TestThreeTriesAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeskStage()
		d.answer["desk_pin"] = []string{"000000#", "471158#", "", "471158#"}
		d.answer["desk_code"] = []string{"123456", "654321", "123456", "123456"}
		converse(t.Context(), d, d, dialReady, amysPhone)
		want := []string{"desk_pin", "desk_code", "desk_wrong", "desk_pin", "desk_code", "desk_wrong", "desk_pin", "desk_code", "desk_wrong", "desk_refused"}
		if len(d.ready) != 0 || len(d.typed) != deskTries || !slices.Equal(d.said, want) {
			t.Errorf("%d tries, %v", len(d.typed), d.said)
		}
	})
}

func TestAClosedGateIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeskStage()
		d.closed = errors.New("training")
		d.answer["desk_pin"], d.answer["desk_code"] = []string{"471158#", "471158#"}, []string{"123456", "123456"}
		converse(t.Context(), d, d, dialReady, amysPhone)
		if len(d.typed) != 1 || d.said[len(d.said)-1] != "desk_refused" {
			t.Errorf("%v", d.said)
		}
	})
}

func TestWhoHangsUpIsNotAskedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeskStage()
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, hangUp)
		began := time.Now()
		converse(ctx, d, d, dialReady, amysPhone)
		if len(d.typed) != 0 || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", d.typed, time.Since(began))
		}
	})
}

func TestNobodySitsAtTheDeskForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeskStage()
		began := time.Now()
		converse(t.Context(), d, d, dialReady, amysPhone)
		if took := time.Since(began); took > deskLimit {
			t.Errorf("%v", took)
		}
	})
}

func TestKeysThatComeTwoWaysCountOnce(t *testing.T) {
	k := newKeypad()
	for _, key := range []byte("4711") {
		k.press(byMedia, key)
		k.press(byInfo, key)
	}
	if got := len(k.keys); got != 4 {
		t.Errorf("%d keys", got)
	}
	for i := range 100 {
		k.press(byMedia, fmt.Sprint(i)[0]) // never blocks
	}
}

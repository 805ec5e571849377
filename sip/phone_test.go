package sip

import (
	"strings"
	"testing"
	"time"

	"nightbell/sip/siptest"
)

func (h *house) phoned() *heard {
	h.t.Helper()
	select {
	case l := <-h.codes:
		return listen(h.t, l)
	case <-time.After(10 * time.Second):
		h.t.Fatal("what was dialled did not arrive")
		return nil
	}
}

// Limits and draining stop what a phone dials; neither stops 911.
func TestNothingHoldsUp911(t *testing.T) {
	h := open(t, Limits{})
	p := h.phone("amy", nil)
	refused := false
	for range phoneCalls + 1 {
		d, err := p.Dial("+12125550123", offerSDP)
		ok(t, err)
		e, err := d.Wait(within10s(t), "100", "503")
		ok(t, err)
		refused = refused || e.Word == "503"
	}
	if !refused {
		t.Errorf("%d calls at once from one phone", phoneCalls+1)
	}
	h.server.Drain()
	d, err := p.Dial("+12125550123", offerSDP)
	ok(t, err)
	if e := hear(t, d, "503"); e.Header("Retry-After") == "" {
		t.Error("503 without Retry-After while draining")
	}
	for len(h.codes) > 0 {
		<-h.codes
	}
	for range 6 {
		d, err := p.Dial("911", offerSDP)
		ok(t, err)
		leg := h.phoned()
		if f := leg.Facts(); f.Device != "amy" || f.Number != "911" {
			t.Errorf("facts %+v", f)
		}
		ok(t, leg.Answer(answerSDP))
		hear(t, d, "200")
		leg.want(Confirmed)
	}
	if log := h.log.String(); strings.Contains(log, "911") || strings.Contains(log, "5550123") {
		t.Error("what was dialled stands in the log")
	}
}

// Nobody but a registered phone is let through for dialling 911.
func TestAStrangerWho911sHearsNothing(t *testing.T) {
	h := open(t, quick)
	h.server.Drain()
	c := h.dial(siptest.Options{})
	_, err := c.Call(within10s(t), "911", "+12125550199", offerSDP)
	ok(t, err)
	silent(t, c)
	carrier := h.carrier()
	d, err := carrier.Call(within10s(t), "911", "+12125550199", offerSDP)
	ok(t, err)
	hear(t, d, "503")
}

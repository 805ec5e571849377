package sip

import (
	"bytes"
	"strings"
	"testing"

	"nightbell/phi"
	"nightbell/sip/siptest"
)

func TestCallerIsAnsweredAndHangsUp(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	f := leg.Facts()
	if f.TrunkID != "clinic" || f.KnownBy != "certificate pbx.clinic.example" || f.Number != "+12125550100" {
		t.Errorf("facts = %+v", f)
	}
	if f.Caller != phi.NewPhone("+12125550199") || !strings.HasPrefix(f.Protection, "TLSv1.3 TLS_") {
		t.Errorf("caller or protection wrong: %s", f.Protection)
	}
	if !bytes.Equal(leg.RemoteSDP(), offerSDP) {
		t.Errorf("offer = %q", leg.RemoteSDP())
	}
	ok(t, leg.Ring(nil))
	hear(t, d, "180")
	ok(t, leg.Answer(answerSDP))
	e := hear(t, d, "200")
	if !bytes.Equal(e.SDP, answerSDP) {
		t.Errorf("answer = %q", e.SDP)
	}
	if a := e.Header("Allow"); !strings.Contains(a, "PRACK") || strings.Contains(e.Raw, "Nightbell/") {
		t.Errorf("Allow = %q", a)
	}
	leg.want(Confirmed)
	ok(t, d.Bye(within10s(t)))
	if e := leg.want(Ended); e.Reason != Completed {
		t.Errorf("reason = %s", e.Reason)
	}
	leg.End(Completed)
	if err := leg.Answer(answerSDP); err != ErrState {
		t.Errorf("answer after the end: %v", err)
	}
	leg.none()
}

func TestPhoneRingsAnswersAndIsLeft(t *testing.T) {
	h := open(t, Limits{})
	var rung *siptest.Dialog
	got := make(chan *siptest.Dialog, 1)
	h.phone("amy", func(d *siptest.Dialog) { got <- d })
	leg := h.ring("amy")
	rung = <-got
	inv := rung.Invite()
	if from := inv.Header("From"); !strings.Contains(from, "anonymous@anonymous.invalid") || !strings.Contains(from, `"Clinic"`) {
		t.Errorf("From = %q", from)
	}
	if pai := inv.Header("P-Asserted-Identity"); !strings.Contains(pai, "12125550100@") {
		t.Errorf("P-Asserted-Identity = %q", pai)
	}
	ok(t, rung.Ring(nil))
	leg.want(Ringing)
	ok(t, rung.Answer(answerSDP))
	if e := leg.want(Answered); !bytes.Equal(e.SDP, answerSDP) {
		t.Errorf("answer = %q", e.SDP)
	}
	hear(t, rung, "ACK")
	leg.End(Completed)
	leg.want(Ended)
	if e := hear(t, rung, "BYE"); !strings.Contains(e.Header("Reason"), "cause=16") {
		t.Errorf("Reason = %q", e.Header("Reason"))
	}
}

func TestPhoneRefuses(t *testing.T) {
	for code, why := range map[int]Reason{486: Busy, 603: Declined, 480: Declined, 488: NotAcceptable, 500: Unreachable} {
		h := open(t, Limits{})
		h.phone("amy", func(d *siptest.Dialog) { _ = d.Reject(code) })
		leg := h.ring("amy")
		if e := leg.want(Refused); e.Code != code || e.Reason != why {
			t.Errorf("%d: %s %d, want %s", code, e.Reason, e.Code, why)
		}
	}
}

func TestCallerGivesUpWhileRinging(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	ok(t, leg.Ring(nil))
	hear(t, d, "180")
	ok(t, d.Cancel(within10s(t), "Reason: SIP;cause=487;text=\"a secret\"\r\n"))
	hear(t, d, "487")
	if e := leg.want(Ended); e.Reason != CallerGone || e.Text != "SIP 487" {
		t.Errorf("ended %s %q", e.Reason, e.Text)
	}
}

func TestLoserIsToldAnotherAnswered(t *testing.T) {
	h := open(t, Limits{})
	got := make(chan *siptest.Dialog, 1)
	h.phone("amy", func(d *siptest.Dialog) { _ = d.Ring(nil); got <- d })
	leg := h.ring("amy")
	leg.want(Ringing)
	d := <-got
	leg.End(Elsewhere)
	leg.want(Ended)
	if e := hear(t, d, "CANCEL"); e.Header("Reason") != `SIP;cause=200;text="Call completed elsewhere"` {
		t.Errorf("Reason = %q", e.Header("Reason"))
	}
}

func TestCancelCrossesAnswer(t *testing.T) {
	h := open(t, Limits{})
	got := make(chan *siptest.Dialog, 1)
	h.phone("amy", func(d *siptest.Dialog) {
		_ = d.Ring(nil)
		got <- d
	})
	leg := h.ring("amy")
	leg.want(Ringing)
	d := <-got
	ok(t, d.Answer(answerSDP)) // on its way while we cancel
	leg.End(Elsewhere)
	hear(t, d, "ACK")
	hear(t, d, "BYE")
}

func TestForkedAnswerIsAcknowledgedAndEnded(t *testing.T) {
	h := open(t, Limits{})
	got := make(chan *siptest.Dialog, 1)
	h.phone("amy", func(d *siptest.Dialog) { got <- d })
	leg := h.ring("amy")
	d := <-got
	ok(t, d.Answer(answerSDP))
	leg.want(Answered)
	hear(t, d, "ACK")
	ok(t, d.AnswerFork(answerSDP))
	hear(t, d, "ACK")
	if e := hear(t, d, "BYE"); !strings.Contains(e.Raw, "sip:fork@") {
		t.Errorf("BYE went to %q", e.Raw)
	}
	leg.none()
	ok(t, d.Answer(answerSDP)) // a repetition of the first: ACK alone
	hear(t, d, "ACK")
	ok(t, d.Bye(within10s(t)))
	leg.want(Ended)
}

func TestHoldFromEitherSide(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	type result struct {
		code   int
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		code, answer, err := d.ReInvite(within10s(t), thirdSDP)
		done <- result{code, answer, err}
	}()
	if e := leg.want(Offered); !bytes.Equal(e.SDP, thirdSDP) {
		t.Errorf("offered %q", e.SDP)
	}
	ok(t, leg.Answer(answerSDP))
	if r := <-done; r.err != nil || r.code != 200 || !bytes.Equal(r.answer, answerSDP) {
		t.Errorf("re-INVITE: %+v", r)
	}
	d.OnReinvite(func([]byte) (int, []byte) { return 200, answerSDP })
	ok(t, leg.Offer(offerSDP))
	if e := leg.want(Agreed); e.Code != 200 || !bytes.Equal(e.SDP, answerSDP) {
		t.Errorf("agreed %d %q", e.Code, e.SDP)
	}
	d.OnReinvite(func([]byte) (int, []byte) { return 488, nil })
	ok(t, leg.Offer(offerSDP))
	if e := leg.want(Agreed); e.Code != 488 || e.Reason != NotAcceptable {
		t.Errorf("agreed %d %s", e.Code, e.Reason)
	}
	leg.End(Completed)
	hear(t, d, "BYE")
}

func TestBadOfferIsRefusedAndTheOldSessionStands(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	done := make(chan int, 1)
	go func() {
		code, _, _ := d.ReInvite(within10s(t), thirdSDP)
		done <- code
	}()
	leg.want(Offered)
	ok(t, leg.Refuse(Refusal{Reason: NotAcceptable, Warning: "no usable keys"}))
	if code := <-done; code != 488 {
		t.Errorf("code %d", code)
	}
	ok(t, d.Bye(within10s(t)))
	leg.want(Ended)
}

func TestOffersWithoutSDP(t *testing.T) {
	h := open(t, Limits{})
	d, err := h.carrier().Call(within10s(t), "+12125550100", "+12125550199", nil)
	ok(t, err)
	d.Describe(answerSDP)
	leg := h.arrived()
	ok(t, leg.Answer(offerSDP))
	if e := leg.want(Confirmed); !bytes.Equal(e.SDP, answerSDP) {
		t.Errorf("confirmed with %q", e.SDP)
	}
	done := make(chan []byte, 1)
	go func() {
		_, offer, _ := d.ReInvite(within10s(t), nil)
		done <- offer
	}()
	if e := leg.want(Offered); e.SDP != nil {
		t.Errorf("offered %q", e.SDP)
	}
	ok(t, leg.Answer(thirdSDP))
	if got := <-done; !bytes.Equal(got, thirdSDP) {
		t.Errorf("offer = %q", got)
	}
	if e := leg.want(Confirmed); !bytes.Equal(e.SDP, answerSDP) {
		t.Errorf("confirmed with %q", e.SDP)
	}
}

func TestUpdateWithAndWithoutOffer(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	if code, err := d.Update(within10s(t), nil, "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n"); err != nil || code != 200 {
		t.Errorf("UPDATE: %d %v", code, err)
	}
	if code, err := d.Update(within10s(t), nil, "Supported: timer\r\nSession-Expires: 20\r\n"); err != nil || code != 422 {
		t.Errorf("short UPDATE: %d %v", code, err)
	}
	done := make(chan int, 1)
	go func() {
		code, _ := d.Update(within10s(t), thirdSDP)
		done <- code
	}()
	leg.want(Offered)
	ok(t, leg.Answer(answerSDP))
	if code := <-done; code != 200 {
		t.Errorf("UPDATE: %d", code)
	}
}

func TestDigitsByInfo(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	for _, digit := range []string{"5", "*", "#"} {
		code, err := d.Info(within10s(t), digit)
		if err != nil || code != 200 {
			t.Fatalf("INFO: %d %v", code, err)
		}
		if e := leg.want(Digit); e.Digit != digit {
			t.Errorf("digit %q, want %q", e.Digit, digit)
		}
	}
	if code, _ := d.Info(within10s(t), "99"); code != 415 {
		t.Errorf("nonsense: %d", code)
	}
	if code, _ := d.Do(within10s(t), "REFER", "Refer-To: <sip:x@example.com>\r\n"); code != 403 {
		t.Errorf("REFER: %d", code)
	}
}

func TestUnknownDialogGets481(t *testing.T) {
	h := open(t, Limits{})
	c := h.carrier()
	d, leg := h.call(c)
	ok(t, leg.Answer(answerSDP))
	leg.want(Confirmed)
	leg.End(Completed)
	hear(t, d, "BYE")
	if code, err := d.Update(within10s(t), nil); err != nil || code != 481 {
		t.Errorf("UPDATE after the end: %d %v", code, err)
	}
	if code, err := c.Options(within10s(t)); err != nil || code != 200 {
		t.Errorf("OPTIONS: %d %v", code, err)
	}
}

func TestReliableProvisionals(t *testing.T) {
	h := open(t, Limits{})
	d, err := h.carrier().Call(within10s(t), "+12125550100", "+12125550199", offerSDP, "Require: 100rel\r\n")
	ok(t, err)
	leg := h.arrived()
	ok(t, leg.Ring(answerSDP))
	ok(t, leg.Answer(answerSDP)) // waits for the PRACK of the early media
	if e := hear(t, d, "183"); e.Header("RSeq") != "1" {
		t.Errorf("RSeq = %q", e.Header("RSeq"))
	}
	hear(t, d, "200")
	leg.want(Confirmed)

	got := make(chan *siptest.Dialog, 1)
	h.phone("amy", func(d *siptest.Dialog) { _ = d.RingReliably(7); got <- d })
	rung := h.ring("amy")
	rung.want(Ringing)
	if e := hear(t, <-got, "PRACK"); e.Header("RAck") != "7 1 INVITE" {
		t.Errorf("RAck = %q", e.Header("RAck"))
	}
}

func TestRefusalsCarryTheirHeaders(t *testing.T) {
	h := open(t, Limits{})
	c := h.carrier()
	d, leg := h.call(c)
	ok(t, leg.Refuse(Refusal{Reason: NotAcceptable, WarnCode: 305, Warning: `no "keys"`}))
	if e := hear(t, d, "488"); e.Header("Warning") != `305 nightbell "no \"keys\""` {
		t.Errorf("Warning = %q", e.Header("Warning"))
	}
	leg.want(Ended)
	d, leg = h.call(c)
	leg.End(Draining)
	if e := hear(t, d, "503"); e.Header("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestPhoneAsksForLongerSession(t *testing.T) {
	h := open(t, Limits{})
	got := make(chan *siptest.Dialog, 2)
	h.phone("amy", func(d *siptest.Dialog) {
		if d.Invite().Header("Min-SE") == "90" {
			_ = d.Reject(422, "Min-SE: 3600\r\n")
			return
		}
		got <- d
	})
	leg := h.ring("amy")
	d := <-got // the same Call-ID goes on with the next number (RFC 4028 §7.3)
	if inv := d.Invite(); inv.Header("Min-SE") != "3600" || inv.Header("Session-Expires") != "3600" || inv.Header("CSeq") != "2 INVITE" {
		t.Errorf("second INVITE: %q %q %q", inv.Header("Min-SE"), inv.Header("Session-Expires"), inv.Header("CSeq"))
	}
	ok(t, d.Answer(answerSDP))
	leg.want(Answered)
	hear(t, d, "ACK")
}

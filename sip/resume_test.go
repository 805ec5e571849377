package sip

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"nightbell/sip/siptest"
)

// A call stands; its process is killed; the next one knows its dialogs, and both peers find them there again.
func TestDialogsGoOnInAnotherProcess(t *testing.T) {
	was := open(t, Limits{})
	_, caller := was.call(was.carrier())
	ok(t, caller.Answer(answerSDP))
	caller.want(Confirmed)
	was.phone("amy", func(d *siptest.Dialog) { _ = d.Answer(answerSDP) })
	agent := was.ring("amy")
	agent.want(Answered)
	one, err := caller.Keep()
	ok(t, err)
	two, err := agent.Keep()
	ok(t, err)

	now := open(t, Limits{})
	back := now.resumed(t, one)
	phone := now.resumed(t, two)
	if _, err := now.server.Resume(one); !errors.Is(err, ErrNotKept) {
		t.Errorf("the same dialog twice: %v", err)
	}
	back.want(FlowLost)
	phone.want(FlowLost)
	if back.ID() != caller.ID() || back.Facts().Number != caller.Facts().Number || back.Facts().Caller != caller.Facts().Caller {
		t.Error("facts changed on the way")
	}
	if !bytes.Equal(back.RemoteSDP(), caller.RemoteSDP()) {
		t.Error("description changed on the way")
	}

	trunk := now.carrier()
	if code, err := trunk.Options(within10s(t)); err != nil || code != 200 {
		t.Fatalf("OPTIONS: %d %v", code, err)
	}
	back.want(FlowBack)
	desk := now.phone("amy", nil)
	phone.want(FlowBack)
	for _, end := range []struct {
		leg  *heard
		peer interface{ Heard() []string }
		ask  func() error
	}{{back, trunk, func() error { _, err := trunk.Options(within10s(t)); return err }}, {phone, desk, func() error { return desk.Register(within10s(t)) }}} {
		end.leg.End(Completed)
		end.leg.want(Ended)
		ok(t, end.ask()) // what was sent before has arrived when this is answered
		if !strings.Contains(strings.Join(end.peer.Heard(), "\n"), "BYE ") {
			t.Errorf("no BYE: %q", end.peer.Heard())
		}
	}
}

func (h *house) resumed(t *testing.T, kept []byte) *heard {
	t.Helper()
	l, err := h.server.Resume(kept)
	ok(t, err)
	return listen(t, l)
}

func TestWhatCannotBeKept(t *testing.T) {
	h := open(t, Limits{})
	_, caller := h.call(h.carrier())
	if _, err := caller.Keep(); !errors.Is(err, ErrNotKept) {
		t.Errorf("before the answer: %v", err)
	}
	for _, bad := range []string{"", "{}", "null", `{"call_id":"a","local_tag":"b","local":"::"}`, `{"call_id":"a","local_tag":"b","local":"sip:a@b","remote":"sip:a@b","target":"sip:a@b","routes":["x y"]}`} {
		if _, err := h.server.Resume([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

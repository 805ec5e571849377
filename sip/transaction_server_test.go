package sip

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestTryingIsSentWhenTheCoreIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, request("INVITE", "a", ""))
		time.Sleep(199 * time.Millisecond)
		synctest.Wait()
		if s := peer.starts(); s != "" {
			t.Errorf("sent %q before 200 ms", s)
		}
		time.Sleep(2 * time.Millisecond)
		datagram(f, request("INVITE", "a", ""))
		synctest.Wait()
		if s := peer.starts(); s != "100 100" {
			t.Errorf("sent %q, want 100 and, for the copy, 100 again", s)
		}
	})
}

func TestRefusalIsRepeatedUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		var end outcome
		end.fail(errors.New("not yet"))
		core.request = func(tx *ServerTx) {
			tx.OnEnd(end.fail)
			_ = tx.Respond(tx.Response(486, "Busy Here"))
		}
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, request("INVITE", "a", ""))
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if s := peer.starts(); s != "486 486 486 486" { // 0, 0.5, 1.5, 3.5 s: Timer G
			t.Errorf("sent %q", s)
		}
		datagram(f, request("ACK", "a", ";tag=x"))
		time.Sleep(6 * time.Second) // Timer I
		synctest.Wait()
		if s := peer.starts(); s != "" || end.err() != nil || strings.Contains(core.story(), "ACK") {
			t.Errorf("after the ACK: sent %q, ended %v, story %q", s, end.err(), core.story())
		}
	})
}

func TestUnacknowledgedRefusalEndsAtTimerH(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		var end outcome
		core.request = func(tx *ServerTx) {
			tx.OnEnd(end.fail)
			_ = tx.Respond(tx.Response(486, "Busy Here"))
		}
		w := testWire(t, core, Limits{})
		f, _ := attachParcel(t, w)
		datagram(f, request("INVITE", "a", ""))
		time.Sleep(33 * time.Second)
		synctest.Wait()
		if !errors.Is(end.err(), ErrNoAck) || living(f) != 0 {
			t.Errorf("ended %v with %d transactions left", end.err(), living(f))
		}
	})
}

func TestAnsweredInviteAbsorbsCopiesAndPassesTheAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, request("INVITE", "a", ""))
		datagram(f, request("INVITE", "a", ""))
		datagram(f, request("ACK", "other", ";tag=x"))
		synctest.Wait()
		if s, story := peer.starts(), core.story(); s != "200" || story != "opened INVITE ACK" {
			t.Errorf("sent %q, story %q", s, story)
		}
	})
}

func TestCompletedOptionsAnswersCopiesUntilTimerJ(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, request("OPTIONS", "a", ""))
		time.Sleep(31 * time.Second)
		datagram(f, request("OPTIONS", "a", ""))
		synctest.Wait()
		time.Sleep(2 * time.Second)
		datagram(f, request("OPTIONS", "a", ""))
		synctest.Wait()
		if s, story := peer.starts(), core.story(); s != "200 200 200" || story != "opened OPTIONS OPTIONS" {
			t.Errorf("sent %q, story %q", s, story)
		}
	})
}

// TestOneTagInEveryAnswer: 180, the 200 to CANCEL and 487 carry the same To tag.
func TestOneTagInEveryAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) {
			_ = tx.Respond(tx.Response(180, "Ringing"))
			tx.OnCancel(func(*sipmsg.Request) { _ = tx.Respond(tx.Response(487, "Request Terminated")) })
		}
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, request("INVITE", "a", ""))
		datagram(f, request("CANCEL", "a", ""))
		synctest.Wait()
		tags := map[string]bool{}
		for _, raw := range peer.sent {
			tags[regexp.MustCompile(`To: [^\r]*tag=(\w+)`).FindStringSubmatch(raw)[1]] = true
		}
		if s := peer.starts(); s != "180 200 487" || len(tags) != 1 {
			t.Errorf("sent %q with tags %v", s, tags)
		}
	})
}

func TestAnotherClientCannotCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) {
			tx.OnCancel(func(*sipmsg.Request) { core.note("cancelled") })
			_ = tx.Respond(tx.Response(180, "Ringing"))
		}
		w := testWire(t, core, Limits{})
		f, _ := attachParcel(t, w)
		stranger, peer := attachParcel(t, w)
		datagram(f, request("INVITE", "a", ""))
		datagram(stranger, request("CANCEL", "a", ""))
		synctest.Wait()
		if s := peer.starts(); s != "481" || strings.Contains(core.story(), "cancelled") {
			t.Errorf("stranger got %q, story %q", s, core.story())
		}
		datagram(f, request("CANCEL", "a", ""))
		synctest.Wait()
		if !strings.HasSuffix(core.story(), "cancelled") {
			t.Errorf("story %q: the caller's own CANCEL is lost", core.story())
		}
	})
}

func TestMergedRequestIsALoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		first := request("INVITE", "a", "")
		datagram(f, first)
		datagram(f, strings.Replace(first, "z9hG4bKa", "z9hG4bKb", 1))
		synctest.Wait()
		if s := peer.starts(); s != "482" || core.story() != "opened INVITE" {
			t.Errorf("sent %q, story %q", s, core.story())
		}
	})
}

func TestDrainingRefusesNewCallsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		w.Drain()
		datagram(f, request("INVITE", "a", ""))
		synctest.Wait()
		if raw := peer.last(); !strings.HasPrefix(raw, "SIP/2.0 503") || !strings.Contains(raw, "Retry-After: 60") {
			t.Errorf("new call: %s", raw)
		}
		datagram(f, request("INVITE", "b", ";tag=ours"))
		datagram(f, request("OPTIONS", "c", ""))
		synctest.Wait()
		if s := peer.starts(); s != "503 200 200" {
			t.Errorf("sent %q", s)
		}
	})
}

func TestPanicInTheCoreIsAnswered500(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(*ServerTx) { panic("invented") }
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, request("OPTIONS", "a", ""))
		datagram(f, request("OPTIONS", "b", ""))
		synctest.Wait()
		if s := peer.starts(); s != "500 500" || w.Counters().Panics != 2 {
			t.Errorf("sent %q, %d panics counted", s, w.Counters().Panics)
		}
	})
}

// TestStrangerGetsNoByte: validation, drain, CANCEL and keepalive stay silent until the core admits the flow.
func TestStrangerGetsNoByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.admit = false
		w := testWire(t, core, Limits{})
		f, conn := attachPipe(t, w)
		peer := collect(conn)
		w.Drain()
		for _, raw := range []string{
			request("INVITE", "a", ""), request("CANCEL", "a", ""), request("NEW", "b", ""), "\r\n\r\n",
			strings.Replace(request("OPTIONS", "c", ""), "CSeq: 1", "CSeq: x", 1),
		} {
			_, _ = conn.Write([]byte(raw))
		}
		time.Sleep(4999 * time.Millisecond)
		synctest.Wait()
		if s := peer(); s != "" || f.Err() != nil {
			t.Errorf("sent %q, flow %v", s, f.Err())
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if f.Err() == nil || peer() != "" || w.Counters().Unidentified != 1 {
			t.Errorf("after 5 s: flow %v", f.Err())
		}
	})
}

func TestReceivedAndRportSayWhereItCameFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		datagram(f, strings.Replace(request("OPTIONS", "a", ""), "192.0.2.7:5061", "phone.invalid;rport", 1))
		synctest.Wait()
		if raw := peer.last(); !strings.Contains(raw, "received=192.0.2.7") || !strings.Contains(raw, "rport=5060") {
			t.Errorf("RFC 3581: %s", raw)
		}
	})
}

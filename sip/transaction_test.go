package sip

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// outgoing is a request of ours, ready for Flow.Request.
func outgoing(method sipmsg.RequestMethod) *sipmsg.Request {
	to := sipmsg.Uri{Scheme: "sip", User: "amy", Host: "192.0.2.7", Port: 5060}
	req := sipmsg.NewRequest(method, to)
	req.AppendHeader(&sipmsg.FromHeader{Address: sipmsg.Uri{Scheme: "sip", Host: "nightbell.example"}, Params: sipmsg.HeaderParams{{K: "tag", V: "ours"}}})
	req.AppendHeader(&sipmsg.ToHeader{Address: to})
	id := sipmsg.CallIDHeader("call-out")
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: 7, MethodName: method})
	return req
}

// reply answers what was sent last: its Via is what matters.
func reply(p *parcel, code, method, tag string) string {
	via := ""
	for line := range strings.SplitSeq(p.last(), "\r\n") {
		if strings.HasPrefix(line, "Via: ") {
			via = line
		}
	}
	return lines("SIP/2.0 "+code+" Whatever", via, "From: <sip:nightbell.example>;tag=ours",
		"To: <sip:amy@192.0.2.7>;tag="+tag, "Call-ID: call-out", "CSeq: 7 "+method, "Content-Length: 0")
}

// outcome is what a request of ours came to.
type outcome struct {
	mu     sync.Mutex
	told   []int
	failed error
}

func (o *outcome) response(r *sipmsg.Response) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, r.StatusCode)
}

func (o *outcome) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = err
}

func (o *outcome) codes() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

func (o *outcome) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

// living counts the transactions that still live.
func living(f *Flow) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.client) + len(f.server) + len(f.merges)
}

func TestUnansweredInviteIsRepeatedAndFailsAfter32Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		if _, err := f.Request(outgoing(sipmsg.INVITE), got.response, got.fail); err != nil {
			t.Fatal(err)
		}
		time.Sleep(31999 * time.Millisecond)
		synctest.Wait()
		if n := len(strings.Fields(peer.starts())); n != 7 || got.err() != nil { // 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s
			t.Errorf("Timer A: %d INVITEs and error %v before Timer B, want 7 and none", n, got.err())
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if !errors.Is(got.err(), ErrTimeout) || living(f) != 0 {
			t.Errorf("Timer B: error %v, %d transactions left", got.err(), living(f))
		}
	})
}

func TestUnansweredOptionsIsRepeatedAtTimerE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		_, _ = f.Request(outgoing(sipmsg.OPTIONS), got.response, got.fail)
		time.Sleep(33 * time.Second)
		synctest.Wait()
		// 0, 0.5, 1.5, 3.5, then every 4 s up to 31.5 s (RFC 3261 §17.1.2.2)
		if n := len(strings.Fields(peer.starts())); n != 11 || !errors.Is(got.err(), ErrTimeout) {
			t.Errorf("%d OPTIONS, error %v; want 11 and a timeout", n, got.err())
		}
	})
}

func TestInviteOverAConnectionIsNeverRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, conn := attachPipe(t, w)
		peer := collect(conn)
		var got outcome
		_, _ = f.Request(outgoing(sipmsg.INVITE), got.response, got.fail)
		time.Sleep(33 * time.Second)
		synctest.Wait()
		if s := peer(); s != "INVITE" || !errors.Is(got.err(), ErrTimeout) {
			t.Errorf("sent %q, error %v; want one INVITE and a timeout", s, got.err())
		}
	})
}

func TestRefusedInviteIsAcknowledgedByTheTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		_, _ = f.Request(outgoing(sipmsg.INVITE), got.response, got.fail)
		busy := reply(peer, "486", "INVITE", "amy")
		datagram(f, busy)
		datagram(f, busy)
		synctest.Wait()
		if s := peer.starts(); s != "INVITE ACK ACK" || len(got.codes()) != 1 {
			t.Errorf("sent %q and told %v; want each 486 acknowledged and told once", s, got.codes())
		}
		time.Sleep(33 * time.Second) // Timer D
		synctest.Wait()
		if living(f) != 0 {
			t.Error("transaction outlives Timer D")
		}
	})
}

func TestEvery2xxReachesTheDialogAndALateOneIsStray(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		w := testWire(t, core, Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		_, _ = f.Request(outgoing(sipmsg.INVITE), got.response, got.fail)
		ok, fork := reply(peer, "200", "INVITE", "amy"), reply(peer, "200", "INVITE", "other")
		datagram(f, ok)
		datagram(f, ok)
		datagram(f, fork)
		synctest.Wait()
		if len(got.codes()) != 3 {
			t.Errorf("told %v, want the answer, its copy and the fork", got.codes())
		}
		time.Sleep(33 * time.Second) // Timer M
		datagram(f, ok)
		synctest.Wait()
		if len(got.codes()) != 3 || core.stray != 1 || got.err() != nil {
			t.Errorf("after Timer M: told %v, stray %d, error %v", got.codes(), core.stray, got.err())
		}
	})
}

func TestCancelWaitsForAProvisionalAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		tx, _ := f.Request(outgoing(sipmsg.INVITE), got.response, got.fail)
		ringing, gone := reply(peer, "180", "INVITE", "amy"), reply(peer, "487", "INVITE", "amy")
		tx.Cancel(sipmsg.NewHeader("Reason", `SIP;cause=200;text="Call completed elsewhere"`))
		tx.Cancel()
		synctest.Wait()
		if s := peer.starts(); s != "INVITE" {
			t.Errorf("sent %q before any answer", s)
		}
		datagram(f, ringing)
		synctest.Wait()
		if !strings.Contains(peer.last(), "completed elsewhere") || !strings.Contains(peer.last(), "CSeq: 7 CANCEL") {
			t.Errorf("CANCEL without its reason or number:\n%s", peer.last())
		}
		if branch(peer.last()) != branch(ringing) {
			t.Error("CANCEL does not share the INVITE's branch")
		}
		datagram(f, reply(peer, "200", "CANCEL", "amy"))
		datagram(f, gone)
		synctest.Wait()
		if s := peer.starts(); s != "CANCEL ACK" || len(got.codes()) != 2 || got.err() != nil {
			t.Errorf("sent %q, told %v, error %v", s, got.codes(), got.err())
		}
	})
}

func TestCancelledInviteWithoutAnswerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		tx, _ := f.Request(outgoing(sipmsg.INVITE), got.response, got.fail)
		datagram(f, reply(peer, "180", "INVITE", "amy"))
		synctest.Wait()
		time.Sleep(time.Minute) // rings on: no timer runs
		tx.Cancel()
		time.Sleep(33 * time.Second)
		synctest.Wait()
		if !errors.Is(got.err(), ErrTimeout) || living(f) != 0 {
			t.Errorf("error %v, %d transactions left", got.err(), living(f))
		}
	})
}

func TestAnswerCrossingTheCancelReachesTheDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, peer := attachParcel(t, w)
		var got outcome
		tx, _ := f.Request(outgoing(sipmsg.INVITE), got.response, got.fail)
		ringing, ok := reply(peer, "180", "INVITE", "amy"), reply(peer, "200", "INVITE", "amy")
		datagram(f, ringing)
		synctest.Wait()
		tx.Cancel()
		datagram(f, ok)
		synctest.Wait()
		if len(got.codes()) != 2 || got.codes()[1] != 200 {
			t.Errorf("told %v, want the 200 that crossed", got.codes())
		}
	})
}

func TestLostFlowFailsItsTransactionsThenCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		w := testWire(t, core, Limits{})
		f, conn := attachPipe(t, w)
		collect(conn)
		core.request = func(tx *ServerTx) { tx.OnEnd(func(err error) { core.note("server:" + err.Error()) }) }
		_, _ = f.Request(outgoing(sipmsg.INVITE), nil, func(err error) { core.note("client:" + err.Error()) })
		_, _ = conn.Write([]byte(request("INVITE", "a", "")))
		synctest.Wait()
		_ = conn.Close()
		synctest.Wait()
		got := core.story()
		if !strings.HasSuffix(got, "closed") || strings.Count(got, "flow closed") != 2 {
			t.Errorf("story: %s", got)
		}
		if _, err := f.Request(outgoing(sipmsg.INVITE), nil, nil); err == nil {
			t.Error("a closed flow takes requests")
		}
	})
}

func branch(raw string) string {
	_, rest, _ := strings.Cut(raw, "branch=")
	b, _, _ := strings.Cut(rest, ";")
	b, _, _ = strings.Cut(b, "\r")
	return b
}

package sip

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestSlowReaderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{Outbound: 2048})
		f, _ := attachPipe(t, w)
		for range 40 { // what we have to say piles up: nobody reads
			_ = f.Send(outgoing(sipmsg.OPTIONS))
		}
		synctest.Wait()
		if !errors.Is(f.Err(), ErrSlowReader) || w.Counters().SlowReaders != 1 {
			t.Errorf("flow %v, %d slow readers", f.Err(), w.Counters().SlowReaders)
		}
	})
}

// TestPeerThatAsksFasterThanItListensIsHeldBack: its answers wait, it is not cut.
func TestPeerThatAsksFasterThanItListensIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{Outbound: 64 << 10})
		f, conn := attachPipe(t, w)
		go func() {
			for range 1000 {
				_, _ = io.WriteString(conn, request("OPTIONS", newTag(), ""))
			}
		}()
		synctest.Wait() // the writer is stuck by now
		if n := w.Counters().Requests; n == 1000 || n == 0 {
			t.Errorf("%d requests taken without an answer read", n)
		}
		peer := collect(conn)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(strings.Fields(peer())); n != 1000 || f.Err() != nil {
			t.Errorf("%d answers, flow %v", n, f.Err())
		}
	})
}

func TestPeerThatStopsReadingIsCutAfterTheWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		f, conn := attachPipe(t, w)
		_, _ = io.WriteString(conn, request("OPTIONS", "a", ""))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if !errors.Is(f.Err(), ErrSlowReader) {
			t.Errorf("flow %v", f.Err())
		}
	})
}

func TestDrippingMessageIsOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, conn := attachPipe(t, w)
		for _, c := range []byte(request("OPTIONS", "a", "")) {
			if _, err := conn.Write([]byte{c}); err != nil {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		synctest.Wait()
		if !isTimeout(f.Err()) {
			t.Errorf("flow %v: a byte now and then keeps it open", f.Err())
		}
	})
}

func TestSilentConnectionLivesUntilItIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := testWire(t, newCoreLog(), Limits{})
		f, conn := attachPipe(t, w)
		pongs := make(chan string, 4)
		go func() {
			b := make([]byte, 8)
			for {
				n, err := conn.Read(b)
				if err != nil {
					return
				}
				pongs <- string(b[:n])
			}
		}()
		time.Sleep(119 * time.Minute)
		_, _ = io.WriteString(conn, "\r\n\r\n") // RFC 5626 §4.4.1
		if got := <-pongs; got != "\r\n" {
			t.Errorf("pong %q", got)
		}
		time.Sleep(119 * time.Minute)
		if f.Err() != nil {
			t.Errorf("flow %v in spite of its keepalive", f.Err())
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if f.Err() == nil {
			t.Error("an idle flow lives for ever")
		}
	})
}

func TestOversizedMessageIsRefusedAndTheStreamClosed(t *testing.T) {
	for name, raw := range map[string]string{
		"body":   strings.Replace(request("OPTIONS", "a", ""), "Content-Length: 0", "Content-Length: 65536", 1),
		"header": strings.TrimSuffix(request("OPTIONS", "a", ""), "\r\n") + strings.Repeat("Subject: "+strings.Repeat("x", 1000)+"\r\n", 70),
	} {
		synctest.Test(t, func(t *testing.T) {
			w := testWire(t, newCoreLog(), Limits{})
			f, conn := attachPipe(t, w)
			peer := collect(conn)
			_, _ = io.WriteString(conn, raw)
			synctest.Wait()
			if s := peer(); s != "513" || f.Err() == nil {
				t.Errorf("%s: sent %q, flow %v", name, s, f.Err())
			}
		})
	}
}

// TestOneBadHeaderDoesNotCostTheConnection: the trunk's other calls go on after the 400.
func TestOneBadHeaderDoesNotCostTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		f, conn := attachPipe(t, w)
		peer := collect(conn)
		_, _ = io.WriteString(conn, strings.Replace(request("OPTIONS", "a", ""), "Max-Forwards: 70", "nonsense", 1))
		_, _ = io.WriteString(conn, strings.Replace(request("OPTIONS", "b", ""), "Max-Forwards: 70", strings.Repeat("X: y\r\n", 200)+"Z: z", 1))
		_, _ = io.WriteString(conn, request("OPTIONS", "c", ""))
		synctest.Wait()
		if s := peer(); s != "400 400 200" || f.Err() != nil {
			t.Errorf("sent %q, flow %v", s, f.Err())
		}
	})
}

// TestAnEstablishedCallCostsNoGoroutine: 500 answered INVITEs later there are as many goroutines as before.
func TestAnEstablishedCallCostsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		core.request = func(tx *ServerTx) { _ = tx.Respond(tx.Response(200, "OK")) }
		w := testWire(t, core, Limits{})
		_, conn := attachPipe(t, w)
		peer := collect(conn)
		call := func(i int) {
			_, _ = io.WriteString(conn, request("INVITE", fmt.Sprint("i", i), "")+request("ACK", fmt.Sprint("a", i), ";tag=x"))
			synctest.Wait()
		}
		call(0)
		before := runtime.NumGoroutine()
		for i := range 500 {
			call(i + 1)
		}
		// The count is the whole process's: what earlier tests leave behind may come and go beside 500 calls.
		if after := runtime.NumGoroutine(); after > before+5 || len(strings.Fields(peer())) != 501 {
			t.Errorf("%d goroutines before, %d after", before, after)
		}
	})
}

func TestForeignProtocolIsClosedWithoutAnAnswer(t *testing.T) {
	for _, raw := range []string{"\x16\x03\x01\x02\x00\x01", "{\"hello\": 1}\r\n\r\n", "\x00\x00\x00\x00\x00\x00"} {
		synctest.Test(t, func(t *testing.T) {
			w := testWire(t, newCoreLog(), Limits{})
			f, conn := attachPipe(t, w)
			peer := collect(conn)
			_, _ = io.WriteString(conn, raw)
			synctest.Wait()
			if s := peer(); s != "" || f.Err() == nil || w.Counters().Unframed != 1 {
				t.Errorf("%q: sent %q, flow %v", raw, s, f.Err())
			}
		})
	}
}

func TestMessageRateSlowsAStreamDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := newCoreLog()
		w := testWire(t, core, Limits{MessagesPerSecond: 10})
		_, conn := attachPipe(t, w)
		collect(conn)
		start := time.Now()
		for range 41 {
			_, _ = io.WriteString(conn, request("ACK", "a", ";tag=x"))
		}
		synctest.Wait()
		if d := time.Since(start); d < 1900*time.Millisecond || d > 2500*time.Millisecond {
			t.Errorf("41 messages in %v at 10 a second, 20 at once", d)
		}
	})
}

// FuzzFraming: whatever the bytes and however they are cut, the framer ends, holds no more than it may and finds the
// same messages.
func FuzzFraming(f *testing.F) {
	for _, m := range loadTortures(f) {
		f.Add([]byte(m.raw), uint8(7))
	}
	f.Add([]byte("\r\n\r\n"+request("OPTIONS", "a", "")+request("INVITE", "b", "")), uint8(1))
	limits := Limits{Message: 8192}.withDefaults()
	f.Fuzz(func(t *testing.T, raw []byte, step uint8) {
		frames := func(r io.Reader) (out []string) {
			fr := &framer{r: r, limits: limits, deadline: func(time.Duration) {}, ping: func() {}}
			for {
				d, no, err := fr.next()
				if err != nil {
					return out
				}
				if cap(fr.buf) > 4*limits.Message {
					t.Fatalf("buffer of %d bytes", cap(fr.buf))
				}
				if no == errGarbage {
					return append(out, "garbage")
				}
				out = append(out, d.start+"|"+string(d.body))
				if no != nil && no.fatal {
					return append(out, "fatal")
				}
			}
		}
		whole := frames(bytes.NewReader(raw))
		inParts := frames(&stutter{bytes.NewReader(raw), int(step%64) + 1})
		if strings.Join(whole, "\n") != strings.Join(inParts, "\n") && !(len(raw) > limits.Message) {
			t.Errorf("whole %q, in parts of %d %q", whole, step%64+1, inParts)
		}
	})
}

// stutter reads so many bytes at a time.
type stutter struct {
	r io.Reader
	n int
}

func (s *stutter) Read(b []byte) (int, error) { return s.r.Read(b[:min(len(b), s.n)]) }

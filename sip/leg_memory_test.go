package sip

import (
	"runtime"
	"testing"
	"time"
)

// What a call holds (sound, queues, plans) must not live as long as its transactions, which linger for 32 s: at 250 calls
// a second that was half a gigabyte.
func TestAnEndedLegLetsGoOfItsCall(t *testing.T) {
	h := open(t, Limits{})
	d, leg := h.call(h.carrier())
	freed := make(chan struct{})
	func() {
		heavy := new([1 << 20]byte)
		runtime.AddCleanup(heavy, func(int) { close(freed) }, 0)
		leg.Leg.mu.Lock()
		before := leg.Leg.listen
		leg.Leg.listen = func(e Event) { heavy[0]++; before(e) }
		leg.Leg.mu.Unlock()
	}()
	leg.End(Busy)
	hear(t, d, "486")
	deadline := time.After(10 * time.Second)
	for {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-deadline:
			t.Fatal("the call is still held by its ended leg")
		default:
			runtime.Gosched()
		}
	}
}

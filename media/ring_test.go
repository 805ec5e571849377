package media

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

func TestRingKeepsOrderAcrossItsSeam(t *testing.T) {
	var r packetRing
	random := rand.New(rand.NewPCG(5, 6))
	scratch, pushed, popped := make([]byte, maxPayload), 0, 0
	for range 20000 {
		if random.IntN(2) == 0 {
			p := soundPacket{payload: bytes.Repeat([]byte{byte(pushed)}, random.IntN(maxPayload)), timestamp: uint32(pushed),
				ssrc: ^uint32(pushed), arrival: int64(pushed) << 20, codec: G722, side: toldSide}
			if r.push(&p) {
				pushed++
			}
			continue
		}
		var p soundPacket
		if !r.pop(&p, scratch) {
			continue
		}
		if p.timestamp != uint32(popped) || p.ssrc != ^uint32(popped) || p.arrival != int64(popped)<<20 ||
			p.codec != G722 || p.side != toldSide || !bytes.Equal(p.payload, bytes.Repeat([]byte{byte(popped)}, len(p.payload))) {
			t.Fatalf("packet %d came out as %+v", popped, p)
		}
		popped++
	}
	if popped < 5000 {
		t.Errorf("only %d packets went through", popped)
	}
}

func TestRingBetweenTwoGoroutines(t *testing.T) {
	const packets = 20000
	var r packetRing
	var both sync.WaitGroup
	both.Go(func() {
		for n := 0; n < packets; {
			p := frameOf(heardSide, n, byte(n))
			if r.push(&p) {
				n++
			} else {
				runtime.Gosched()
			}
		}
	})
	scratch := make([]byte, maxPayload)
	for n := 0; n < packets; {
		var p soundPacket
		if !r.pop(&p, scratch) {
			runtime.Gosched()
			continue
		}
		if p.timestamp != uint32(n*frameTicks) || p.payload[0] != byte(n) || p.payload[frameBytes-1] != byte(n) {
			t.Fatalf("packet %d came out as %d", n, p.timestamp/frameTicks)
		}
		n++
	}
	both.Wait()
}

func TestFullRingRefuses(t *testing.T) {
	var r packetRing
	p := frameOf(heardSide, 0, 1)
	n := 0
	for r.push(&p) {
		n++
	}
	if n != ringBytes/(ringHeader+frameBytes) {
		t.Errorf("%d packets fit", n)
	}
}

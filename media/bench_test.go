package media

import (
	"net/netip"
	"testing"
	"time"
)

// nowhere is a wire without a network: what is written is counted.
type nowhere struct{ wrote int }

func (n *nowhere) listen(netip.AddrPort) (socket, error)   { return n, nil }
func (n *nowhere) attach(*endpoint) error                  { return nil }
func (n *nowhere) detach(*endpoint)                        {}
func (n *nowhere) wait(_ time.Duration, to receiver) error { to.woke(); return nil }
func (n *nowhere) wake()                                   {}
func (n *nowhere) close()                                  {}
func (n *nowhere) write(batch []outgoing) (unsent int)     { n.wrote += len(batch); return 0 }

// bench is a bridged pair of streams without a network, and packets of the caller.
type bench struct {
	loop  *loop
	floor *floor
	wire  *nowhere
	a, b  *stream
	peer  masterKey
	ring  [][]byte
	taps  []*Tap
	drain [maxPayload]byte
	out   soundPacket
	clock int64
	from  netip.AddrPort
	turn  int
	buf   [bufferSize]byte
}

const benchRing = 20_000

func newBench(t testing.TB, suite Suite) *bench {
	t.Helper()
	x := &bench{wire: &nowhere{}, peer: newMasterKey(suite), from: benchAddress}
	x.loop = newLoop(x.wire, func() int64 { return x.clock }, nil)
	x.floor = newFloor(x.loop)
	x.a, x.b = x.stream(), x.stream()
	x.rekey(t)
	x.terms(t, x.b, newMasterKey(suite), newMasterKey(suite))
	x.floor.arrange(bothWays(x.a, x.b))
	x.fill(t)
	return x
}

// bothWays is two who hear each other.
func bothWays(a, b *stream) []hearing {
	return []hearing{{a, []*stream{b}}, {b, []*stream{a}}}
}

func (x *bench) stream() *stream {
	s := newStream(x.loop, &endpoint{sock: x.wire}, nil)
	s.floor = x.floor
	s.release, s.ended = func() {}, func(Stats) {}
	s.open()
	return s
}

// rekey gives the caller's leg a fresh inbound context for the same key, so that the ring can come round: what a
// live session never does.
func (x *bench) rekey(t testing.TB) {
	x.terms(t, x.a, x.peer, newMasterKey(x.peer.suite))
	x.a.older = nil
}

func (x *bench) terms(t testing.TB, s *stream, in, out masterKey) {
	t.Helper()
	m := &terms{suite: in.suite, codec: PCMU, event: noPayload, mux: true, hears: true,
		remote: benchAddress}
	for i := range m.kinds {
		m.kinds[i] = kindUnknown
	}
	m.kinds[0] = kind(PCMU)
	var err error
	if m.in, err = in.inbound(); err != nil {
		t.Fatal(err)
	}
	if m.out, err = out.outbound(); err != nil {
		t.Fatal(err)
	}
	s.agree(m)
}

func (x *bench) fill(t testing.TB) {
	t.Helper()
	out, err := x.peer.outbound()
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{out: out, ssrc: 7, seq: 1}
	for range benchRing {
		raw := p.clear(string(make([]byte, 160)))
		packet, err := out.EncryptRTP(nil, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		x.ring = append(x.ring, packet)
	}
}

// pass lets one packet through the whole path: socket's buffer to socket's buffer.
func (x *bench) pass(t testing.TB) {
	if x.turn == benchRing {
		x.turn = 0
		x.rekey(t)
	}
	x.clock += int64(frameTime)
	x.loop.now = x.clock
	n := copy(x.buf[:], x.ring[x.turn])
	x.loop.deliver(x.a.rtp, x.buf[:n], x.from)
	x.loop.settled()
	x.turn++
	for _, tap := range x.taps {
		tap.ring.pop(&x.out, x.drain[:])
	}
}

// Forwarded, recorded on both legs, transcoded: no packet allocates.
func TestPacketAllocatesNothing(t *testing.T) {
	for _, suite := range []Suite{AES128CM80, AES256GCM} {
		for what, prepare := range map[string]func(*bench){
			"passed on":  func(*bench) {},
			"recorded":   func(x *bench) { x.a.tap, x.b.tap = x.tap(), x.tap() },
			"transcoded": func(x *bench) { x.b.terms.codec = PCMA; x.floor.settle() },
		} {
			x := newBench(t, suite)
			prepare(x)
			before := x.wire.wrote
			if n := testing.AllocsPerRun(5000, func() { x.pass(t) }); n > poolAllowance {
				t.Errorf("%s, %s: %v allocations a packet", suite, what, n)
			}
			for _, tap := range x.taps {
				if tap.Counts().Overrun != 0 {
					t.Errorf("%s, %s: the ring ran over", suite, what)
				}
			}
			if x.wire.wrote-before != 5001 {
				t.Errorf("%s, %s: %d packets went through", suite, what, x.wire.wrote-before)
			}
		}
	}
}

// tap is one that the bench itself empties, as a recorder would.
func (x *bench) tap() *Tap {
	t := beginTap(PCMU, x.loop.clock)
	x.taps = append(x.taps, t)
	return t
}

// cryptoOnly is the baseline: decrypt and encrypt, nothing else.
func cryptoOnly(b *testing.B, suite Suite) float64 {
	x := newBench(b, suite)
	in, _ := x.peer.inbound()
	out, _ := newMasterKey(suite).outbound()
	const turns = 200_000
	start := time.Now()
	for i := range turns {
		if i%benchRing == 0 {
			in, _ = x.peer.inbound()
		}
		n := copy(x.buf[:], x.ring[i%benchRing])
		packet, err := in.DecryptRTP(x.buf[:0], x.buf[:n], &x.a.inHeader)
		if err != nil {
			b.Fatal(err)
		}
		if _, err = out.EncryptRTP(packet[:0], packet, &x.a.inHeader); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / turns
}

// BenchmarkPacketPath is the path without the network, as a multiple of its cryptography alone.
func BenchmarkPacketPath(b *testing.B) {
	for _, suite := range []Suite{AES128CM80, AES256GCM} {
		b.Run(string(suite), func(b *testing.B) {
			base := cryptoOnly(b, suite)
			x := newBench(b, suite)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				x.pass(b)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/base, "x-crypto")
		})
	}
}

var benchAddress = netip.MustParseAddrPort("127.0.0.9:4000")

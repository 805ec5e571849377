package media

import (
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// benchCalls are bridged calls through real sockets, fed at the pace of speech. Every phone has the same key, so that
// one ring of packets serves them all; each leg has contexts of its own.
type benchCalls struct {
	engine *Engine
	calls  []*Call
	legs   []netip.AddrPort
	source *net.UDPConn
	sink   *net.UDPConn
	ring   [][]byte
	round  int
}

func newBenchCalls(b *testing.B, suite Suite, calls int) *benchCalls {
	b.Helper()
	e, err := Open(Config{Loops: 1, Ports: PortRange{20000, 29999}})
	if err != nil {
		b.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- e.Run(b.Context()) }()
	b.Cleanup(func() { _ = e.Close(); <-ran })
	x := &benchCalls{engine: e, source: benchSocket(b), sink: benchSocket(b)}
	key := newMasterKey(suite)
	for range calls {
		call := e.NewCall()
		one, two := x.leg(b, call, key), x.leg(b, call, key)
		call.Bridge(one, two)
		x.calls = append(x.calls, call)
	}
	out, err := key.outbound()
	if err != nil {
		b.Fatal(err)
	}
	p := &phone{out: out, ssrc: 7, seq: 1}
	for range 6000 {
		packet, err := out.EncryptRTP(nil, p.clear(string(make([]byte, 160))), nil)
		if err != nil {
			b.Fatal(err)
		}
		x.ring = append(x.ring, packet)
	}
	return x
}

func benchSocket(b *testing.B) *net.UDPConn {
	b.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// leg is a session whose phone sends from source and listens nowhere in particular: the kernel drops what overflows.
func (x *benchCalls) leg(b *testing.B, call *Call, key masterKey) *Session {
	b.Helper()
	s, err := call.NewSession(loopback)
	if err != nil {
		b.Fatal(err)
	}
	p := &phone{conn: x.source, suite: key.suite, key: key}
	if _, err := s.Answer(p.sdp()); err != nil {
		b.Fatal(err)
	}
	x.legs = append(x.legs, netip.AddrPortFrom(loopback.Bind, s.port))
	return s
}

// speak sends one packet to every leg, spread over 20 ms.
func (x *benchCalls) speak(b *testing.B) {
	packet := x.ring[x.round%len(x.ring)]
	x.round++
	start := time.Now()
	for i, leg := range x.legs {
		sleepUntil(start.Add(frameTime * time.Duration(i) / time.Duration(len(x.legs))))
		if _, err := x.source.WriteToUDPAddrPort(packet, leg); err != nil {
			b.Fatal(err)
		}
	}
	sleepUntil(start.Add(frameTime))
}

// sleepUntil is finer than the runtime's timers.
func sleepUntil(due time.Time) {
	if d := time.Until(due); d > 0 {
		pause := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&pause, nil)
	}
}

// loopTime is the CPU time of the loop's own thread.
func (x *benchCalls) loopTime() (used time.Duration) {
	l := x.engine.loops[0]
	l.ask(func() {
		var r unix.Rusage
		_ = unix.Getrusage(unix.RUSAGE_THREAD, &r)
		used = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	})
	return used
}

// nullRelay is the baseline: one socket, receive and send, nothing between: µs of CPU a packet.
func nullRelay(b *testing.B) float64 {
	b.Helper()
	w, err := newBestWire()
	if err != nil {
		b.Fatal(err)
	}
	defer w.close()
	in, err := w.listen(netip.AddrPortFrom(loopback.Bind, 0))
	if err != nil {
		b.Fatal(err)
	}
	defer in.close()
	e := &endpoint{sock: in}
	if err := w.attach(e); err != nil {
		b.Fatal(err)
	}
	defer w.detach(e)
	name, err := unix.Getsockname(in.(*epollSocket).fd)
	if err != nil {
		b.Fatal(err)
	}
	to := netip.AddrPortFrom(loopback.Bind, uint16(name.(*unix.SockaddrInet4).Port))
	source, sink := benchSocket(b), benchSocket(b)
	relay := &nullReceiver{sock: in, to: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var used time.Duration
	packet := make([]byte, 182)
	const turns = 40_000
	for range turns / 4 {
		for range 4 {
			if _, err := source.WriteToUDPAddrPort(packet, to); err != nil {
				b.Fatal(err)
			}
		}
		start := threadTime()
		for want := relay.n + 4; relay.n < want; {
			_ = w.wait(time.Second, relay)
		}
		used += threadTime() - start
	}
	return float64(used.Microseconds()) / turns
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

type nullReceiver struct {
	sock  socket
	to    netip.AddrPort
	n     int
	batch [batchSize]outgoing
	held  int
}

func (r *nullReceiver) woke() {}
func (r *nullReceiver) deliver(_ *endpoint, packet []byte, _ netip.AddrPort) {
	r.batch[r.held] = outgoing{packet, r.to}
	r.held++
}
func (r *nullReceiver) settled() {
	r.sock.write(r.batch[:r.held])
	r.n += r.held
	r.held = 0
}

// BenchmarkForward is µs of CPU a packet through per-leg sockets at 200 calls, with and without recording, as a
// multiple of a null relay of one socket plus the cryptography alone. cpu%/call is of one core, at 100 packets a
// second; the recorder's own thread is outside of it, the copy to it inside.
func BenchmarkForward(b *testing.B) {
	null := nullRelay(b)
	for _, suite := range []Suite{AES128CM80, AES256GCM} {
		limit := null + cryptoOnly(b, suite)/1000
		b.Run(string(suite), func(b *testing.B) { benchForward(b, newBenchCalls(b, suite, 200), limit) })
		b.Run(string(suite)+"/recorded", func(b *testing.B) {
			x := newBenchCalls(b, suite, 200)
			for _, c := range x.calls {
				c.sessions[0].Record(&countingSink{})
			}
			benchForward(b, x, limit)
		})
	}
}

func benchForward(b *testing.B, x *benchCalls, limit float64) {
	rounds := max(50, b.N/len(x.legs))
	x.engine.loops[0].ask(runtime.LockOSThread)
	before, start := x.engine.Totals(), x.loopTime()
	b.ResetTimer()
	for range rounds {
		x.speak(b)
	}
	b.StopTimer()
	used, after := x.loopTime()-start, x.engine.Totals()
	x.engine.loops[0].ask(runtime.UnlockOSThread)
	sent := after.Sent - before.Sent
	each := float64(used.Microseconds()) / float64(sent)
	b.ReportMetric(each, "µs-cpu/packet")
	b.ReportMetric(each/limit, "x-limit")
	b.ReportMetric(each*100/1e6*100, "cpu%/call")
	b.ReportMetric(100*float64(uint64(rounds*len(x.legs))-sent)/float64(rounds*len(x.legs)), "lost%")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMemory is what a bridged call of two SDES legs holds on the heap once it has spoken, with its recorder.
func BenchmarkMemory(b *testing.B) {
	const calls = 200
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := newBenchCalls(b, AES128CM80, calls)
	x.speak(b)
	runtime.GC()
	runtime.ReadMemStats(&after)
	alone := after.HeapAlloc - before.HeapAlloc
	for _, c := range x.calls {
		c.sessions[0].Record(&countingSink{})
	}
	for range 100 {
		x.speak(b)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	ring := uint64(len(x.ring) * 192) // the phones' own packets
	b.ReportMetric(float64(alone-ring)/calls/1024, "KiB/call")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc-ring)/calls/1024, "KiB/recorded-call")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLatency is what a call in a crowd of 200 adds to a packet: from the phone's send to the other phone's
// receive, in ms.
func BenchmarkLatency(b *testing.B) {
	x := newBenchCalls(b, AES128CM80, 200)
	call := x.engine.NewCall()
	defer call.Close()
	caller, agent := newPhone(b, AES128CM80), newPhone(b, AES128CM80)
	one, err := call.NewSession(loopback)
	if err != nil {
		b.Fatal(err)
	}
	two, err := call.NewSession(loopback)
	if err != nil {
		b.Fatal(err)
	}
	caller.call(one)
	agent.call(two)
	call.Bridge(one, two)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				x.speak(b)
			}
		}
	}()
	var took []time.Duration
	for range 500 {
		start := time.Now()
		caller.say("now")
		agent.hears()
		took = append(took, time.Since(start))
		sleepUntil(start.Add(7 * time.Millisecond))
	}
	close(stop)
	<-stopped
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

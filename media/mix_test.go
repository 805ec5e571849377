package media

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// circle is a floor without a network: peers who say frames, and what each is sent.
type circle struct {
	*bench
	t     testing.TB
	peers []*sitter
}

// sitter is one leg in clear and what its peer has heard.
type sitter struct {
	*stream
	codec Codec
	mouth *encoder
	say   func(i int) int16 // sample i at 8 kHz; nil: silence
	at    int
	seq   uint16
	ts    uint32
	ssrc  uint32
	mute  bool
	heard []rtp.Packet
	told  []Event
	ear   *decoder
	up    upsampler
}

// ear of a circle collects what is written; it is the stream's socket.
type sitterSocket struct {
	nowhere
	of *sitter
}

func (s *sitterSocket) write(batch []outgoing) int {
	for _, o := range batch {
		var p rtp.Packet
		if p.Unmarshal(append([]byte(nil), o.packet...)) == nil && (o.packet[1] < 192 || o.packet[1] > 223) {
			s.of.heard = append(s.of.heard, p)
		}
	}
	return 0
}

func newCircle(t testing.TB, codecs ...Codec) *circle {
	x := &bench{wire: &nowhere{}, clock: int64(time.Second)}
	x.loop = newLoop(x.wire, func() int64 { return x.clock }, nil)
	x.floor = newFloor(x.loop)
	st := &circle{bench: x, t: t}
	for i, c := range codecs {
		p := &sitter{codec: c, mouth: newEncoder(c), ssrc: uint32(i+1) * 0x1111, seq: uint16(i * 3000), ts: uint32(i) << 20, ear: newDecoder(c, 8000)}
		sock := &sitterSocket{of: p}
		p.stream = newStream(x.loop, &endpoint{sock: sock}, nil)
		p.stream.floor = x.floor
		p.stream.release, p.stream.ended = func() {}, func(Stats) {}
		p.stream.listen = func(e Event) { p.told = append(p.told, e) }
		p.open()
		p.agree(clearTerms(c))
		st.peers = append(st.peers, p)
	}
	return st
}

func clearTerms(c Codec) *terms {
	m := &terms{codec: c, payload: byte(c), event: 101, mux: true, hears: true}
	m.remote = benchAddress
	for i := range m.kinds {
		m.kinds[i] = kindUnknown
	}
	m.kinds[c], m.kinds[101] = kind(c), kindEvent
	return m
}

// hears arranges: whom[i] are the peers that peer i hears.
func (st *circle) hears(whom ...[]int) {
	var all []hearing
	for i, from := range whom {
		h := hearing{listener: st.peers[i].stream}
		for _, k := range from {
			h.sources = append(h.sources, st.peers[k].stream)
		}
		all = append(all, h)
	}
	st.floor.arrange(all)
}

// run lets d pass: each peer says a frame every 20 ms.
func (st *circle) run(d time.Duration) {
	for end := st.clock + int64(d); st.clock < end; {
		for _, p := range st.peers {
			st.frame(p)
		}
		for range 2 {
			st.clock += int64(tick)
			st.loop.woke()
		}
	}
}

func (st *circle) frame(p *sitter) {
	sound := make([]int16, 160)
	for i := range sound {
		if p.say != nil {
			sound[i] = p.say(p.at)
		}
		p.at++
	}
	packet := make([]byte, 12+maxPayload)
	n := p.utter(packet[12:], sound)
	if p.mute {
		p.ts += 160
		return
	}
	st.send(p, byte(p.codec), p.ts, packet[12:12+n])
	p.ts += 160
}

// send delivers one packet of p.
func (st *circle) send(p *sitter, payloadType byte, ts uint32, payload []byte) {
	h := rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: p.seq, Timestamp: ts, SSRC: p.ssrc}
	raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		st.t.Fatal(err)
	}
	p.seq++
	n := copy(st.buf[:], raw)
	st.loop.deliver(p.rtp, st.buf[:n], benchAddress)
	st.loop.settled()
}

func (p *sitter) utter(dst []byte, narrow []int16) int {
	if p.codec.SampleRate() == 8000 {
		return p.mouth.encode(dst, narrow)
	}
	wide := make([]int16, 2*len(narrow))
	p.up.convert(wide, narrow)
	return p.mouth.encode(dst, wide)
}

// sound is everything that p has heard since its packet number from, at 8 kHz.
func (p *sitter) sound(from int) []int16 {
	var out []int16
	turn, dst := make([]int16, 2*chunk), make([]int16, 2*maxPayload)
	for _, packet := range p.heard[from:] {
		if packet.PayloadType != byte(p.codec) {
			continue
		}
		n := p.ear.whole(dst, packet.Payload, turn)
		out = append(out, dst[:n]...)
	}
	return out
}

// power is how much of one frequency is in a sound, as an amplitude.
func power(sound []int16, hz float64) float64 {
	re, im := 0.0, 0.0
	for i, x := range sound {
		a := 2 * math.Pi * hz * float64(i) / 8000
		re += float64(x) * math.Cos(a)
		im += float64(x) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(sound))
}

// hums says one tone for ever.
func hums(hz, amplitude float64) func(int) int16 {
	return func(i int) int16 { return int16(amplitude * math.Sin(2*math.Pi*hz*float64(i)/8000)) }
}

// unbroken wants one stream: one SSRC, each number once and the next after the last, time that goes forward.
func (p *sitter) unbroken(t *testing.T) {
	t.Helper()
	for i := 1; i < len(p.heard); i++ {
		a, b := p.heard[i-1], p.heard[i]
		if b.SSRC != a.SSRC || b.SequenceNumber != a.SequenceNumber+1 {
			t.Fatalf("packet %d: %x/%d after %x/%d", i, b.SSRC, b.SequenceNumber, a.SSRC, a.SequenceNumber)
		}
		if gone := int32(b.Timestamp - a.Timestamp); gone <= 0 && b.PayloadType != 101 {
			t.Fatalf("packet %d: time moved by %d", i, gone)
		}
	}
}

var tones = []float64{400, 700, 1100, 1900}

// Three people: each hears both others, at their own level, and not herself.
func TestThreeHearEachOther(t *testing.T) {
	for _, codecs := range [][]Codec{{PCMU, PCMU, PCMU}, {PCMU, PCMA, G722}, {G722, G722, PCMA}} {
		st := newCircle(t, codecs...)
		for i, p := range st.peers {
			p.say = hums(tones[i], 6000)
		}
		st.hears([]int{1, 2}, []int{0, 2}, []int{0, 1})
		st.run(3 * time.Second)
		for i, p := range st.peers {
			p.unbroken(t)
			sound := p.sound(50)
			for k, hz := range tones[:3] {
				got := power(sound, hz)
				if k == i && got > 150 {
					t.Errorf("%v: %d hears herself at %.0f", codecs, i, got)
				}
				if k != i && (got < 5000 || got > 7000) {
					t.Errorf("%v: %d hears %d at %.0f", codecs, i, k, got)
				}
			}
			if n := len(p.heard); n < 148 || n > 151 {
				t.Errorf("%v: %d was sent %d packets in 3 s", codecs, i, n)
			}
		}
	}
}

// A supervisor whispers to the agent: the agent hears the caller and her, she hears both, the caller hears the agent.
func TestWhisperIsHeardByOne(t *testing.T) {
	st := newCircle(t, PCMU, PCMU, G722)
	for i, p := range st.peers {
		p.say = hums(tones[i], 6000)
	}
	st.hears([]int{1}, []int{0, 2}, []int{0, 1})
	st.run(2 * time.Second)
	if got := st.peers[0].sound(50); power(got, tones[1]) < 5000 || power(got, tones[2]) > 100 {
		t.Errorf("the caller hears the agent at %.0f and the supervisor at %.0f", power(got, tones[1]), power(got, tones[2]))
	}
	if got := st.peers[1].sound(50); power(got, tones[0]) < 5000 || power(got, tones[2]) < 5000 {
		t.Error("the agent does not hear both")
	}
}

// The mix begins and ends while they talk: the caller's phone sees one stream.
func TestMixBeginsAndEndsWithoutASeam(t *testing.T) {
	st := newCircle(t, PCMU, PCMU, PCMA)
	for i, p := range st.peers {
		p.say = hums(tones[i], 6000)
	}
	for range 5 {
		st.hears([]int{1}, []int{0})
		st.run(300 * time.Millisecond)
		st.hears([]int{1, 2}, []int{0, 2}, []int{0, 1})
		st.run(300 * time.Millisecond)
	}
	st.peers[2].close() // the third hangs up: what is left is the two, packet by packet
	if st.peers[0].mixed || st.peers[0].partner != st.peers[1].stream || st.peers[0].input != nil {
		t.Error("the mix goes on with one source")
	}
	st.run(300 * time.Millisecond)
	st.peers[0].unbroken(t)
	st.peers[1].unbroken(t)
	sound := st.peers[0].sound(len(st.peers[0].heard) - 10)
	if power(sound, tones[1]) < 5000 || power(sound, tones[2]) > 100 {
		t.Error("the caller does not hear the agent alone")
	}
	if st.peers[0].closed || st.loop.wheel.wait(st.loop.now, time.Hour) == 0 {
		t.Error("the mixer still turns")
	}
}

// Two voices at full level do not turn over into noise.
func TestLoudVoicesAreSoftened(t *testing.T) {
	last := softened(-1 << 20)
	for x := int32(-1 << 18); x < 1<<18; x++ {
		got := softened(x)
		if got < last || x > -knee && x < knee && int32(got) != x {
			t.Fatalf("%d becomes %d after %d", x, got, last)
		}
		last = got
	}
	st := newCircle(t, PCMU, PCMU, PCMU)
	st.peers[1].say, st.peers[2].say = hums(500, 32000), hums(500, 32000)
	st.hears([]int{1, 2}, nil, nil)
	st.run(time.Second)
	sound := st.peers[0].sound(25)
	if a, b := power(sound, 500), power(sound, 1500); a < 30000 || b > a/4 {
		t.Errorf("%.0f and its third harmonic %.0f", a, b)
	}
}

// Loss, order, jitter and a clock that runs fast: the mix goes on.
func TestMixBearsABadNetwork(t *testing.T) {
	st := newCircle(t, PCMU, PCMU, PCMU)
	st.peers[1].say, st.peers[2].say = hums(tones[1], 6000), hums(tones[2], 6000)
	st.hears([]int{1, 2}, []int{0, 2}, []int{0, 1})
	r := rand.New(rand.NewPCG(5, 5))
	for i := range 1000 {
		p := st.peers[1]
		if r.IntN(20) == 0 { // lost
			p.seq++
			p.ts += 160
			p.at += 160
		} else {
			st.frame(p)
		}
		if i%100 == 0 { // its clock runs fast
			st.frame(p)
		}
		st.frame(st.peers[2])
		for range 2 {
			st.clock += int64(tick)
			st.loop.woke()
		}
	}
	in := st.peers[1].input
	if in.waiting() > mostWaiting || in.slips == 0 || in.concealed < 30 {
		t.Errorf("%d wait, %d slips, %d made up", in.waiting(), in.slips, in.concealed)
	}
	st.peers[0].unbroken(t)
	if sound := st.peers[0].sound(50); power(sound, tones[2]) < 5000 {
		t.Error("the other one is not heard")
	}
}

// A key of RFC 4733 is told, passed to who hears that one alone, and to nobody in a mix.
func TestKeysInAMixAreToldAndNotPassedOn(t *testing.T) {
	st := newCircle(t, PCMU, PCMU, PCMU)
	st.hears([]int{1, 2}, []int{0}, []int{0, 1})
	st.run(200 * time.Millisecond)
	for range 3 {
		st.send(st.peers[0], 101, 77777, []byte{5, 10, 0, 160})
	}
	if told := st.peers[0].told; len(told) != 2 || told[1] != (Event{Kind: Digit, Digit: '5'}) {
		t.Errorf("told %v", told)
	}
	count := func(p *sitter) (n int) {
		for _, h := range p.heard {
			if h.PayloadType == 101 {
				n++
			}
		}
		return n
	}
	st.loop.flush()
	if a, b := count(st.peers[1]), count(st.peers[2]); a != 3 || b != 0 {
		t.Errorf("%d events to who hears her alone, %d into the mix", a, b)
	}
}

// A PIN is typed and said: nobody hears it, no recording has it, the keys are told.
func TestConcealedIsNotPassedOn(t *testing.T) {
	st := newCircle(t, PCMU, PCMU, PCMU)
	st.peers[0].say = hums(tones[0], 6000)
	st.hears(nil, []int{0}, []int{0, 1})
	tap := st.tap()
	st.peers[0].tap = tap
	st.run(500 * time.Millisecond)
	emptied(tap)
	st.peers[0].conceal(Concealed)
	st.run(200 * time.Millisecond) // what waits in the mix is from before
	from := [3]int{0, len(st.peers[1].heard), len(st.peers[2].heard)}
	st.run(time.Second)
	st.send(st.peers[0], 101, 99, []byte{7, 10, 0, 160})
	st.loop.flush()
	if n := len(st.peers[1].heard) - from[1]; n != 0 {
		t.Errorf("%d packets went to who hears her alone", n)
	}
	if got := power(st.peers[2].sound(from[2]), tones[0]); got > 50 {
		t.Errorf("the mix has her at %.0f", got)
	}
	if n := emptied(tap); n != 0 {
		t.Errorf("%d packets went to the recorder", n)
	}
	if told := st.peers[0].told; told[len(told)-1] != (Event{Kind: Digit, Digit: '7'}) {
		t.Errorf("told %v", told)
	}
	st.peers[0].conceal(Audible)
	st.run(time.Second)
	st.peers[1].unbroken(t)
	if power(st.peers[1].sound(from[1]+10), tones[0]) < 5000 || power(st.peers[2].sound(len(st.peers[2].heard)-20), tones[0]) < 5000 || emptied(tap) < 40 {
		t.Error("she is not heard again")
	}
}

func emptied(tap *Tap) (n int) {
	var p soundPacket
	var scratch [maxPayload]byte
	for tap.ring.pop(&p, scratch[:]) {
		n++
	}
	return n
}

// A mix of recorded legs allocates nothing a turn, nor does one who is heard by several.
func TestMixAllocatesNothing(t *testing.T) {
	for _, codecs := range [][]Codec{{PCMU, PCMU, PCMU}, {PCMU, PCMA, G722}, {G722, G722, G722}} {
		for what, whom := range map[string][][]int{
			"mix":       {{1, 2}, {0, 2}, {0, 1}},
			"listen-in": {{1}, {0}, {0}},
		} {
			st := newCircle(t, codecs...)
			for i, p := range st.peers {
				p.rtp.sock = &nowhere{}
				p.say = hums(tones[i], 6000)
				p.tap = st.tap()
			}
			st.hears(whom...)
			turn := st.turner()
			for range 20 {
				turn()
			}
			if n := testing.AllocsPerRun(500, turn); n > poolAllowance {
				t.Errorf("%v %s: %v allocations a turn", codecs, what, n)
			}
		}
	}
}

// turner makes a function that lets 20 ms pass with packets made beforehand.
func (st *circle) turner() func() {
	packets := make([][]byte, len(st.peers))
	for i, p := range st.peers {
		h := rtp.Header{Version: 2, PayloadType: byte(p.codec), SSRC: p.ssrc}
		sound, payload := make([]int16, 160), make([]byte, maxPayload)
		for k := range sound {
			sound[k] = int16(9000 * math.Sin(float64(k)/9))
		}
		packets[i], _ = (&rtp.Packet{Header: h, Payload: payload[:p.utter(payload, sound)]}).Marshal()
	}
	return func() {
		for i, p := range st.peers {
			raw := packets[i]
			raw[2], raw[3] = byte(p.seq>>8), byte(p.seq)
			raw[4], raw[5], raw[6], raw[7] = byte(p.ts>>24), byte(p.ts>>16), byte(p.ts>>8), byte(p.ts)
			p.seq++
			p.ts += 160
			n := copy(st.buf[:], raw)
			st.loop.deliver(p.rtp, st.buf[:n], benchAddress)
			st.loop.settled()
			if p.tap != nil {
				for p.tap.ring.pop(&st.out, st.bench.drain[:]) {
				}
			}
		}
		for range 2 {
			st.clock += int64(tick)
			st.loop.woke()
		}
	}
}

// BenchmarkMix is what a three-way call costs a second, and that as a multiple of its three legs being passed on with
// their keys; neither has a network in it.
func BenchmarkMix(b *testing.B) {
	for _, c := range everyCodec {
		b.Run(c.String(), func(b *testing.B) {
			plain := passedOn(b)
			cost := 0.0
			for b.Loop() {
				cost = mixedFor(b, c)
			}
			b.ReportMetric(cost/(3*plain), "x-forwarding")
			b.ReportMetric(cost*50/1e6, "ms-cpu/s-of-call")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// passedOn is ns a packet of an ordinary call.
func passedOn(b *testing.B) float64 {
	x := newBench(b, AES128CM80)
	const turns = 15_000
	start := time.Now()
	for range turns {
		x.pass(b)
	}
	return float64(time.Since(start).Nanoseconds()) / turns
}

// mixedFor is ns a turn of a mix of three.
func mixedFor(b *testing.B, c Codec) float64 {
	st := newCircle(b, c, c, c)
	for _, p := range st.peers {
		p.rtp.sock = &nowhere{}
	}
	st.hears([]int{1, 2}, []int{0, 2}, []int{0, 1})
	turn := st.turner()
	const turns = 5000
	start := time.Now()
	for range turns {
		turn()
	}
	return float64(time.Since(start).Nanoseconds()) / turns
}

// BenchmarkMusic is what a caller who waits with music costs a second, keys and recording included, without a network.
func BenchmarkMusic(b *testing.B) {
	x := newBench(b, AES128CM80)
	x.a.tap = x.tap()
	x.a.play(Prompts()["music"], 0, make(chan struct{}))
	b.ReportAllocs()
	for b.Loop() {
		for range 100 {
			x.clock += int64(tick)
			x.loop.woke()
		}
		emptied(x.a.tap)
	}
}

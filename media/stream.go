package media

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// stream is the loop's side of a Session: sockets, keys, where the sound comes from and goes to. Everything in it
// belongs to the loop's goroutine.
type stream struct {
	loop         *loop
	rtp, control *endpoint // control is nil with rtcp-mux
	release      func()    // gives the port back
	ended        func(Stats)
	listen       func(Event)
	closed       bool

	terms  *terms // nil: nothing agreed, nothing passes
	older  *srtp.Context
	oldEnd int64 // until when older is still tried

	latched        netip.AddrPort // where the peer's packets truly come from
	latchedControl netip.AddrPort
	source         source
	keys           digitReader
	inHeader       rtp.Header

	slot   int    // of the mark; -1: it stands nowhere
	mark   *mark8 // how far both directions have come
	before *earlier

	floor     *floor
	partner   *stream   // the only one that the peer hears; nil: nobody, or a mix
	mixed     bool      // what the peer hears comes from the mixer
	audience  []*stream // those that hear this peer and nobody else
	input     *input    // nil: no mix hears this peer
	concealed Concealment
	detector  *detector // nil: nothing is looked for

	out   outbound
	voice voice
	tap   *Tap

	stats      Stats
	lost       int64 // of earlier sources
	expecting  int64 // since when sound is expected; 0: it is not
	firstAlive int64
	lastAlive  int64 // the last authenticated packet, RTCP too
	silent     bool
	watch      timer
	report     reporter
}

// oldKeysFor is how long the peer's old key is still tried after a new one: packets on their way.
const oldKeysFor = 2 * time.Second

// silentAfter is the "no media" alarm.
const silentAfter = 5 * time.Second

// terms is what two descriptions have agreed on. It is made off the loop and never changed.
type terms struct {
	suite         Suite
	in, out       *srtp.Context // nil: RTP/AVP
	codec         Codec         // that we send
	payload       byte          // its payload type
	event         byte          // of telephone-event towards the peer; noPayload: it knows none
	kinds         [128]kind     // what the payload types of the peer's packets mean
	remote        netip.AddrPort
	remoteControl netip.AddrPort
	mux           bool
	direction     Direction
	hears         bool // the peer takes sound: not held, not 0.0.0.0
}

// noPayload is no payload type.
const noPayload = 0xff

// kind is what a payload type stands for: a Codec, a telephone event, or nothing that is relayed.
type kind byte

const (
	kindEvent   kind = 101
	kindUnknown kind = 255
)

// sound reports whether k is a codec.
func (k kind) sound() bool { return k <= kind(G722) }

func newStream(l *loop, rtp, control *endpoint) *stream {
	s := &stream{loop: l, rtp: rtp, control: control, slot: -1, mark: new(mark8)}
	s.out.restart()
	s.out.timestamp = rand.Uint32()
	s.stats.Codec = NoCodec
	s.watch.fire = s.lookForSilence
	s.report.timer.fire = s.sendReport
	s.voice.playTimer.fire = s.playFrame
	s.voice.keyTimer.fire = s.keyFrame
	rtp.stream = s
	if control != nil {
		control.stream = s
	}
	return s
}

// open puts the stream on its loop.
func (s *stream) open() {
	l := s.loop
	l.streams[s] = struct{}{}
	for _, e := range []*endpoint{s.rtp, s.control} {
		if e == nil {
			continue
		}
		if err := l.wire.attach(e); err != nil {
			l.log.Error("media socket", "error", err)
		}
	}
}

// agree installs terms. Contexts that stand are kept, and with them rollover counters and replay windows.
func (s *stream) agree(t *terms) {
	if s.closed {
		return
	}
	before := s.terms
	if before != nil && before.in != nil && before.in != t.in {
		s.older, s.oldEnd = before.in, s.loop.now+int64(oldKeysFor)
		s.source.known = false
	}
	if before == nil || before.remote != t.remote {
		s.latched, s.latchedControl = netip.AddrPort{}, netip.AddrPort{}
	}
	if before != nil && before.out != t.out {
		s.out.restart()
	}
	s.terms = t
	s.stats.Codec, s.stats.Suite = t.codec, t.suite
	if t.mux && s.control != nil {
		s.drop(s.control)
		s.control = nil
	}
	s.expect()
	s.report.begin(s)
	if before == nil || before.codec != t.codec {
		s.voice.recode(s)
	}
	s.floor.settle()
	if s.detector != nil {
		s.detector.ready(t)
	}
}

// expect starts or ends the watch for silence.
func (s *stream) expect() {
	if s.terms.direction != SendRecv {
		s.expecting = 0
		s.loop.wheel.stop(&s.watch)
		return
	}
	if s.expecting == 0 {
		s.expecting = s.loop.now
		s.loop.wheel.in(&s.watch, s.loop.now, time.Second)
	}
}

// lookForSilence runs each second while sound is expected.
func (s *stream) lookForSilence(now int64) {
	s.loop.wheel.in(&s.watch, now, time.Second)
	if s.silent || now-max(s.lastAlive, s.expecting) < int64(silentAfter) {
		return
	}
	s.silent = true
	s.loop.past.Silences++
	s.tell(Event{Kind: Silent})
}

// alive notes an authenticated packet.
func (s *stream) alive() {
	if s.lastAlive == 0 {
		s.firstAlive = s.loop.now
	}
	if s.silent || s.lastAlive == 0 {
		s.silent = false
		s.tell(Event{Kind: Heard})
	}
	s.lastAlive = s.loop.now
}

func (s *stream) tell(e Event) {
	if s.listen != nil {
		s.listen(e)
	}
}

// tapInto has t take a copy of everything from now on.
func (s *stream) tapInto(t *Tap) {
	if s.tap != nil {
		s.tap.orphan()
	}
	if s.tap = t; s.closed {
		t.orphan()
		s.tap = nil
	}
}

// close ends everything of the stream; its port goes to rest.
func (s *stream) close() {
	if s.closed {
		return
	}
	s.sayBye()
	s.loop.flush()
	s.closed = true
	s.floor.forget(s)
	s.voice.silence(s)
	s.voice.keys = nil
	for _, t := range []*timer{&s.watch, &s.report.timer, &s.voice.playTimer, &s.voice.keyTimer} {
		s.loop.wheel.stop(t)
	}
	for _, e := range []*endpoint{s.rtp, s.control} {
		if e != nil {
			s.drop(e)
		}
	}
	if s.tap != nil {
		s.tap.orphan()
		s.tap = nil
	}
	delete(s.loop.streams, s)
	last := s.summary()
	s.loop.past.add(last)
	s.ended(last)
	s.loop.load.Add(-1)
	s.release()
}

func (s *stream) drop(e *endpoint) {
	s.loop.wire.detach(e)
	e.sock.close()
}

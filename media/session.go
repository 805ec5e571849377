package media

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/srtp/v3"
)

// Session is one leg's sound. Its methods may be called from any goroutine but not from a Listen func. What is
// negotiated lives here, under a lock that no packet ever meets; what flows lives in its stream, on the loop.
type Session struct {
	call    *Call
	loop    *loop
	stream  *stream
	profile Profile
	port    uint16

	mu       sync.Mutex
	id       uint64 // of our descriptions
	version  uint64
	body     string                   // of our last description, without o=
	ours     map[Suite]masterKey      // one key a suite for the session's life
	outs     map[Suite]*srtp.Context  // of ours
	ins      map[string]*srtp.Context // of the peer's keys, by suite and key: none is ever built twice
	offered  *draft                   // waits for Accept
	terms    *terms
	heard    *audioLine // the peer's last description
	peerSaid lastWord   // of the peer
	mux      bool       // agreed: the RTCP port is gone
	closed   bool

	lastMu sync.Mutex
	last   Stats // when the stream ended
}

// Answer takes the peer's offer, the first or a later one, and returns our answer. The error may be a *Refusal; then
// the session is as it was before.
func (s *Session) Answer(offer []byte) (answer []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	d, err := parseDescription(offer)
	if err != nil {
		return nil, refuse(warnOther, "unreadable session description")
	}
	a, line, err := s.choose(d)
	if err != nil {
		return nil, err
	}
	t, reply, err := s.answerTo(a, line)
	if err != nil {
		return nil, err
	}
	reply.lines, reply.index = d.lines, a.index
	if !s.install(t, a) {
		return nil, ErrClosed
	}
	s.offered = nil
	s.peerSaid = lastWord{offer, true}
	return s.describe(reply), nil
}

// Offer makes our offer. Codecs that like has negotiated, or else was offered, come first; like may be nil.
func (s *Session) Offer(like *Session) (offer []byte, err error) {
	var first []Codec
	if like != nil && like != s {
		first = like.liked()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if s.profile.Exposed && !s.profile.Plain {
		return nil, refuse(warnTransport, "keys in clear signalling")
	}
	s.offered = s.draftOffer(first)
	return s.describe(s.offered), nil
}

// Accept takes the peer's answer to the last Offer.
func (s *Session) Accept(answer []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.offered == nil:
		return errNoOffer
	}
	d, err := parseDescription(answer)
	if err != nil {
		return err
	}
	if len(d.lines) != 1 || len(d.audio) != 1 {
		return errAnswerLines
	}
	a := &d.audio[0]
	t, err := s.acceptTerms(a, s.offered)
	if err != nil {
		return err
	}
	s.offered = nil
	if !s.install(t, a) {
		return ErrClosed
	}
	s.peerSaid = lastWord{answer, false}
	return nil
}

// install makes t the session's terms, here and on the loop.
func (s *Session) install(t *terms, a *audioLine) bool {
	if !s.loop.post(func() { s.stream.agree(t) }) {
		return false
	}
	s.terms, s.heard = t, a
	s.mux = s.mux || t.mux
	return true
}

// describe writes d. The version moves when anything else does, and only then (RFC 3264 §8).
func (s *Session) describe(d *draft) []byte {
	body := d.write()
	if body != s.body {
		s.version++
		s.body = body
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d %d IN %s %s\r\n%s", s.id, s.version, family(d.address), d.address, body)
}

// liked are the codecs that another leg should be offered first.
func (s *Session) liked() []Codec {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Codec
	if s.terms != nil {
		out = append(out, s.terms.codec)
	}
	if s.heard != nil {
		out = append(out, s.heard.codecs()...)
	}
	return out
}

// Direction is what the peer's last description lets the peer do: SendOnly means that it holds us.
func (s *Session) Direction() Direction {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil {
		return SendRecv
	}
	return s.terms.direction
}

// Codec is the negotiated one, or NoCodec.
func (s *Session) Codec() Codec {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil {
		return NoCodec
	}
	return s.terms.codec
}

// Suite is the negotiated one; Clear before any, and for RTP/AVP.
func (s *Session) Suite() Suite {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil {
		return Clear
	}
	return s.terms.suite
}

// Play sends p to this session's peer in place of the bridge, times over (0: for ever). The channel is closed when it
// has ended, was replaced or stopped, or the session closed.
func (s *Session) Play(p *Prompt, times int) <-chan struct{} {
	ended := make(chan struct{})
	if p == nil || !s.loop.post(func() { s.stream.play(p, times, ended) }) {
		close(ended)
	}
	return ended
}

// Quiet stops Play; the bridge is heard again.
func (s *Session) Quiet() {
	s.loop.post(func() { s.stream.voice.silence(s.stream) })
}

// Listen sets who is told of events, once. f runs on the loop: it must not block and must not call the session.
func (s *Session) Listen(f func(Event)) {
	s.loop.post(func() { s.stream.listen = f })
}

// SendDigit presses a key towards the peer: as RFC 4733 events, or as a tone where the peer knows none.
func (s *Session) SendDigit(digit byte, d time.Duration) {
	s.loop.post(func() { s.stream.press(digit, d) })
}

// Detect says what is looked for in the peer's sound from now on; zero: nothing, at no cost. A key that is found is told
// as a Digit, once a press. A peer that sends keys in both ways, as sound and by RFC 4733, is heard once: what came
// first counts for the whole call.
func (s *Session) Detect(d Detection) {
	s.loop.post(func() { s.stream.detect(d) })
}

// Conceal hides what the peer says from now on (a PIN, in whatever form it is typed), or ends that: recordings have
// silence of equal length in its place, and nobody is passed anything of it. Keys are still told as events.
func (s *Session) Conceal(c Concealment) {
	s.loop.post(func() { s.stream.conceal(c) })
}

// Record begins a recording of this session: channel 1 what its peer says, channel 2 what is sent to it. With a nil
// Sink the tap queues up to 10 s until Tap.Open. A session has one tap; an earlier one is cut off as Aborted unless it
// was stopped. The tap's codec is the session's at this moment.
func (s *Session) Record(sink Sink) *Tap {
	codec := s.Codec()
	if codec == NoCodec {
		codec = PCMU
	}
	t := s.loop.recorder.tap(codec)
	if sink != nil {
		t.Open(sink)
	}
	if !s.loop.post(func() { s.stream.tapInto(t) }) {
		t.orphan()
	}
	return t
}

// Stats is the leg's share so far; after Close the last state of it.
func (s *Session) Stats() Stats {
	var now Stats
	if s.loop.ask(func() { now = s.stream.summary() }) {
		return now
	}
	<-s.loop.done // the stream has ended with its loop
	s.lastMu.Lock()
	defer s.lastMu.Unlock()
	return s.last
}

// Close gives the ports back after their rest. Idempotent.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.call.forget(s)
	s.loop.post(s.stream.close)
}

// keep holds the last state of the stream for those who ask after its end. It runs on the loop.
func (s *Session) keep(last Stats) {
	s.lastMu.Lock()
	s.last = last
	s.lastMu.Unlock()
}

func newSession(c *Call, p Profile, port uint16, st *stream) *Session {
	return &Session{
		call: c, loop: c.loop, stream: st, profile: p, port: port,
		id: rand.Uint64N(1 << 62), ours: map[Suite]masterKey{}, outs: map[Suite]*srtp.Context{},
		ins: map[string]*srtp.Context{},
	}
}

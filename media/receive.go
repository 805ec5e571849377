package media

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/pion/srtp/v3"
)

// heardPacket is one authenticated RTP packet on its way through: its payload lies in place in the buffer it came in,
// with room for a header before it and a tag behind.
type heardPacket struct {
	buffer    []byte
	at, n     int // the payload
	kind      kind
	marker    bool
	timestamp uint32
	ext       int64 // extended sequence number
	epoch     uint64
}

// receive takes one datagram. RTCP shares the port with rtcp-mux and is told by its type (RFC 5761 §4).
func (s *stream) receive(packet []byte, from netip.AddrPort, at *endpoint) {
	if s.terms == nil {
		return // no keys yet: nothing that comes can be believed
	}
	if len(packet) < 8 || packet[0]>>6 != 2 {
		s.stats.Malformed++
		return
	}
	if at.control || packet[1] >= 192 && packet[1] <= 223 {
		s.receiveReport(packet, from)
		return
	}
	head := headerLength(packet)
	if head < 0 || len(packet)-head > maxPayload {
		s.stats.Malformed++
		return
	}
	packet, ok := s.decrypt(packet, from)
	if !ok {
		return
	}
	s.latch(from)
	s.hear(packet, head)
}

// headerLength is the length of an RTP header with its CSRCs and extension, or -1.
func headerLength(packet []byte) int {
	n := 12 + 4*int(packet[0]&0x0f)
	if packet[0]&0x10 != 0 {
		if len(packet) < n+4 {
			return -1
		}
		n += 4 + 4*int(binary.BigEndian.Uint16(packet[n+2:]))
	}
	if len(packet) < n {
		return -1
	}
	return n
}

// decrypt authenticates in place. Without keys (RTP/AVP) the sender's address is all there is to go by.
func (s *stream) decrypt(packet []byte, from netip.AddrPort) ([]byte, bool) {
	t := s.terms
	if s.before != nil {
		s.before.guess(t.in, packet)
	}
	if t.in == nil {
		if !s.plainSource(from) {
			s.stats.WrongSource++
			return nil, false
		}
		return packet, true
	}
	if s.older != nil {
		return s.decryptEither(packet, from)
	}
	clear, err := t.in.DecryptRTP(packet[:0], packet, &s.inHeader)
	if err != nil {
		s.countRefused(packet, from, err)
		return nil, false
	}
	return clear, true
}

// decryptEither serves the moment after a new key: a failed GCM wipes its output, so the new key is tried on a copy.
func (s *stream) decryptEither(packet []byte, from netip.AddrPort) ([]byte, bool) {
	clear, err := s.terms.in.DecryptRTP(s.loop.trial[:0], packet, &s.inHeader)
	if err != nil && s.loop.now < s.oldEnd {
		clear, err = s.older.DecryptRTP(s.loop.trial[:0], packet, &s.inHeader)
	}
	if s.loop.now >= s.oldEnd {
		s.older = nil
	}
	if err != nil {
		s.countRefused(packet, from, err)
		return nil, false
	}
	return packet[:copy(packet, clear)], true
}

// plainSource holds an RTP/AVP leg to the address of its description; the port may differ once (NAT).
func (s *stream) plainSource(from netip.AddrPort) bool {
	if s.latched.IsValid() {
		return from == s.latched
	}
	return from.Addr() == s.terms.remote.Addr()
}

// countRefused sorts what was not let in.
func (s *stream) countRefused(packet []byte, from netip.AddrPort, err error) {
	behind := uint16(s.source.newest) - binary.BigEndian.Uint16(packet[2:])
	switch {
	case !errors.Is(err, srtp.ErrFailedToVerifyAuthTag) && s.source.known && from == s.latched && behind < reach:
		s.stats.Duplicate++
	case !errors.Is(err, srtp.ErrFailedToVerifyAuthTag) && s.source.known:
		s.stats.Replayed++
	case s.looksPlain(packet):
		s.stats.Plaintext++
	case s.latched.IsValid() && from != s.latched:
		s.stats.WrongSource++
	default:
		s.stats.AuthFailed++
	}
}

// looksPlain tells a peer that does not encrypt from one with the wrong key: the payload is a whole number of 10 ms
// with no tag behind it.
func (s *stream) looksPlain(packet []byte) bool {
	at := headerLength(packet)
	n := len(packet) - at
	return s.terms.kinds[packet[1]&0x7f].sound() && n > 0 && n%80 == 0
}

// latch sends to where authenticated packets come from, whatever the description says (NAT).
func (s *stream) latch(from netip.AddrPort) {
	if s.latched != from {
		s.latched = from
	}
}

// hear follows an authenticated packet: statistics, recorder, other leg.
func (s *stream) hear(packet []byte, at int) {
	if len(packet) < at {
		s.stats.Malformed++
		return
	}
	p := heardPacket{buffer: packet, at: at, n: len(packet) - at}
	if packet[0]&0x20 != 0 { // padding, RFC 3550 §5.1
		if p.n == 0 || int(packet[len(packet)-1]) > p.n {
			s.stats.Malformed++
			return
		}
		p.n -= int(packet[len(packet)-1])
	}
	p.marker, p.kind = packet[1]&0x80 != 0, s.terms.kinds[packet[1]&0x7f]
	p.timestamp = binary.BigEndian.Uint32(packet[4:])
	if !s.follow(&p, binary.BigEndian.Uint32(packet[8:]), binary.BigEndian.Uint16(packet[2:])) {
		return
	}
	switch {
	case p.kind == kindEvent:
		s.hearEvent(&p)
	case p.kind.sound() && p.n > 0:
		s.hearSound(&p)
	}
}

// follow does the sequence numbers; false: the packet goes no further.
func (s *stream) follow(p *heardPacket, ssrc uint32, seq uint16) bool {
	s.alive()
	s.stats.Received++
	src := &s.source
	switch {
	case !src.known || src.ssrc != ssrc:
		s.beginSource(ssrc, seq)
		p.ext = src.newest
	case src.jumps(seq):
		if s.terms.in == nil && !src.confirms(seq) {
			s.stats.Late++
			return false
		}
		s.beginSource(ssrc, seq)
		p.ext = src.newest
	default:
		var v verdict
		if p.ext, v = src.place(seq); !s.passes(v, src.newest-p.ext) {
			return false
		}
	}
	s.before = nil
	s.mark.heardOne(src, s.terms.in)
	p.epoch = src.epoch
	if p.kind != kindEvent { // an event's timestamp is that of its beginning
		src.time(p.timestamp, s.loop.now/125_000) // 8000 a second
	}
	return true
}

// passes counts what is out of order and stops what is out of reach.
func (s *stream) passes(v verdict, behind int64) bool {
	switch v {
	case stale:
		s.stats.Late++
		return false
	case duplicate:
		s.stats.Duplicate++
		return false
	case reordered:
		s.stats.Reordered++
		if behind > lateBy {
			s.stats.Late++
		}
	}
	return true
}

// beginSource starts over; what was lost of the last one stays counted.
func (s *stream) beginSource(ssrc uint32, seq uint16) {
	if s.source.epoch != 0 {
		s.lost += s.source.lost()
		if s.source.ssrc != ssrc {
			s.stats.SSRCChanges++
			s.keys = digitReader{}
		}
	}
	jitter := s.source.jitter
	s.source.begin(ssrc, seq, s.loop.nextEpoch())
	s.source.jitter = jitter
}

// hearEvent reports a key once and passes its packets on; a leg that knows no telephone-event is given the tone.
func (s *stream) hearEvent(p *heardPacket) {
	s.stats.Events++
	digit, pressed := s.keys.event(p.timestamp, p.buffer[p.at:p.at+p.n])
	if pressed && (s.detector == nil || !s.detector.twice(digit, s.loop.now)) {
		s.tell(Event{Kind: Digit, Digit: digit})
	}
	if s.concealed == Concealed {
		return
	}
	for _, d := range s.audience {
		if d.mixed || d.terms == nil {
			continue
		}
		if d.terms.event != noPayload {
			d.relay(p)
		} else if pressed {
			d.press(digit, relayedTone)
		}
	}
}

// relay sends a copy of another leg's event.
func (d *stream) relay(p *heardPacket) {
	if !d.speaks() || d.voice.busy() {
		return
	}
	own := *p
	own.copied(d.loop.buffer())
	d.forward(&own)
}

// hearSound takes a frame of the peer's voice. What is concealed is neither kept nor passed on: its place in the
// recording stays silent, and the sound that follows it goes on without a gap in the numbers.
func (s *stream) hearSound(p *heardPacket) {
	if s.detector != nil {
		s.look(p)
	}
	if s.concealed == Concealed {
		return
	}
	s.record(heardSide, Codec(p.kind), p.buffer[p.at:p.at+p.n], p.timestamp, s.source.ssrc)
	s.pass(p)
}

// conceal begins or ends a concealment.
func (s *stream) conceal(c Concealment) {
	if s.concealed == c {
		return
	}
	s.concealed = c
	for _, d := range s.audience {
		d.out.epoch = 0
	}
}

// record hands a copy of one payload to the recorder.
func (s *stream) record(to side, c Codec, payload []byte, timestamp, ssrc uint32) {
	if s.tap == nil {
		return
	}
	p := &s.loop.sound
	*p = soundPacket{payload: payload, timestamp: timestamp, ssrc: ssrc, arrival: s.loop.now, codec: c, side: to}
	s.tap.packet(p)
	p.payload = nil
}

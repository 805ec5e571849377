package media

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtp"
)

// outbound is the one RTP stream that the peer hears, whoever speaks: own SSRC, sequence numbers and timestamps that
// run on when the source changes.
type outbound struct {
	ssrc      uint32
	newest    int64  // extended sequence number last used
	floor     int64  // of the present source: numbers up to here are of earlier ones
	timestamp uint32 // of the newest packet
	sentAt    int64  // ns; 0: nothing sent yet

	epoch          uint64 // the source that is followed; 0: our own voice
	seqDelta       int64
	timestampDelta uint32

	header      rtp.Header
	transcoders [codecForms]*transcoder // by the codec that comes in; nil: none needed
	sent, bytes uint64
}

// restart begins a stream anew: at first, and under a new key. The sequence numbers begin in the lower half, so that
// losing the first packets cannot make the peer guess the wrong rollover counter (RFC 3711 §3.3.1).
func (o *outbound) restart() {
	o.ssrc = rand.Uint32()
	o.newest = int64(rand.IntN(1<<15-1)) + 1
	o.floor = o.newest
	o.epoch = 0
}

// pass hands a packet to everybody who hears this peer: to the mixer, and to those who hear nobody else. The last of
// these may have the packet's own buffer; what goes to another one untouched is a copy.
func (s *stream) pass(p *heardPacket) {
	if s.input != nil {
		s.input.put(p)
	}
	last := len(s.audience) - 1
	for i, d := range s.audience {
		if d.mixed || !d.speaks() || d.voice.busy() {
			continue
		}
		own := *p
		if i < last && d.out.transcoders[formOf(Codec(p.kind))] == nil {
			own.copied(s.loop.buffer())
		}
		d.forward(&own)
	}
}

// copied moves the payload into a buffer of ours.
func (p *heardPacket) copied(b []byte) {
	copy(b[12:], p.buffer[p.at:p.at+p.n])
	p.buffer, p.at = b, 12
}

// speaks reports whether the peer takes packets now.
func (s *stream) speaks() bool { return s.terms != nil && s.terms.hears && s.destination().IsValid() }

func (s *stream) destination() netip.AddrPort {
	if s.latched.IsValid() {
		return s.latched
	}
	return s.terms.remote
}

// forward sends another leg's packet: payload type, SSRC, sequence number and timestamp are ours, gaps and order are
// the source's, so that the peer's jitter buffer sees what was lost.
func (d *stream) forward(p *heardPacket) {
	o := &d.out
	if o.epoch != p.epoch {
		d.rebase(p)
	}
	ext := p.ext + o.seqDelta
	if ext <= o.floor {
		return // a straggler from before the source changed: its number was given to somebody else
	}
	timestamp := p.timestamp + o.timestampDelta
	if p.kind == kindEvent {
		d.emit(p.buffer, p.at, p.n, mark{d.terms.event, p.marker, ext, timestamp})
		return
	}
	buffer, at, n := p.buffer, p.at, p.n
	if t := o.transcoders[formOf(Codec(p.kind))]; t != nil {
		buffer, at = d.loop.buffer(), 12
		n = len(t.convert(buffer[at:at], p.buffer[p.at:p.at+p.n]))
	}
	if n == 0 || at+n > maxPacket {
		d.stats.Oversize++
		return
	}
	d.record(toldSide, d.terms.codec, buffer[at:at+n], timestamp, o.ssrc)
	d.emit(buffer, at, n, mark{d.terms.payload, p.marker, ext, timestamp})
}

// rebase lets the numbers of a new source continue those of the last one.
func (d *stream) rebase(p *heardPacket) {
	o := &d.out
	o.epoch = p.epoch
	o.floor = o.newest
	o.seqDelta = o.newest + 1 - p.ext
	o.timestampDelta = d.nextTimestamp() - p.timestamp
	p.marker = p.kind != kindEvent // a talkspurt begins, RFC 3551 §4.1
}

// nextTimestamp is that of a packet sent now: the last one's plus the time gone by.
func (d *stream) nextTimestamp() uint32 {
	o := &d.out
	if o.sentAt == 0 {
		return o.timestamp
	}
	gone := max(d.loop.now-o.sentAt, int64(frameTime))
	return o.timestamp + uint32(gone/125_000) // 8000 a second
}

// mark is what stands in the header of one packet of ours.
type mark struct {
	payload   byte
	marker    bool
	ext       int64
	timestamp uint32
}

// emit writes the header before the payload, encrypts in place and queues. No number is ever used twice under one
// key: ext is above floor and unique within its source.
func (d *stream) emit(buffer []byte, at, n int, m mark) {
	o := &d.out
	packet := buffer[at-12 : at+n]
	packet[0], packet[1] = 0x80, m.payload
	if m.marker {
		packet[1] |= 0x80
	}
	binary.BigEndian.PutUint16(packet[2:], uint16(m.ext))
	binary.BigEndian.PutUint32(packet[4:], m.timestamp)
	binary.BigEndian.PutUint32(packet[8:], o.ssrc)
	if m.ext > o.newest {
		o.newest, o.timestamp, o.sentAt = m.ext, m.timestamp, d.loop.now
		d.mark.sentOne(o)
	}
	if d.terms.out != nil {
		var err error
		if packet, err = d.terms.out.EncryptRTP(packet[:0], packet, &o.header); err != nil {
			d.stats.SendErrors++
			return
		}
	}
	o.sent++
	o.bytes += uint64(n)
	d.stats.Sent++
	d.loop.send(d, d.rtp.sock, outgoing{packet, d.destination()})
}

// retune sets the transcoders between this leg and the one it hears. Equal codecs pass untouched.
func (d *stream) retune() {
	before := d.out.transcoders
	d.out.transcoders = [codecForms]*transcoder{}
	if d.partner == nil || d.mixed || d.terms == nil || d.partner.terms == nil {
		return
	}
	for _, k := range d.partner.terms.kinds {
		if !k.sound() || Codec(k) == d.terms.codec || d.out.transcoders[formOf(Codec(k))] != nil {
			continue
		}
		t := before[formOf(Codec(k))]
		if t == nil || t.to != d.terms.codec || d.out.epoch == 0 {
			t = newTranscoder(Codec(k), d.terms.codec)
		}
		d.out.transcoders[formOf(Codec(k))] = t
	}
}

// relayedTone is how long a key sounds to a leg that knows no telephone-event.
const relayedTone = 100 * time.Millisecond

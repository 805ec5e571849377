package mediatest

import (
	"errors"
	"net"
	"slices"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"
)

// ear is what was heard, on a timeline that begins with the peer.
type ear struct {
	sound  []int16
	digits []byte

	streaming bool
	ssrc      uint32
	stamp     uint32 // of the newest packet
	at        int    // and its place
	keyStamp  uint32
	keySeen   bool

	heard, unauthentic, other, streams int
}

// tooFar is when a timestamp is believed less than the clock.
const tooFar = rate / 2

// forgetAfter keeps a soak from filling the memory: ten minutes.
const forgetAfter = 10 * 60 * rate

func (e *ear) counts(sent int) Counts {
	return Counts{Sent: sent, Heard: e.heard, Unauthentic: e.unauthentic, SSRCs: e.streams, OtherPayload: e.other}
}

func (e *ear) since(d time.Duration) []int16 {
	from := max(0, min(len(e.sound), int(d*rate/time.Second)))
	return slices.Clone(e.sound[from:])
}

// hear takes packets until the socket is closed.
func (p *Peer) hear() {
	buf := make([]byte, 2048)
	for {
		n, _, err := p.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of something sent earlier
		}
		p.take(buf[:n], time.Since(p.began))
	}
}

func (p *Peer) take(raw []byte, arrived time.Duration) {
	if len(raw) < 12 || raw[1] >= 192 && raw[1] < 224 {
		return // RTCP (RFC 5761 §4) is for another judge
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		close(p.changed)
		p.changed = make(chan struct{})
	}()
	packet, ok := p.opened(raw)
	if !ok {
		p.ear.unauthentic++
		return
	}
	switch packet.PayloadType {
	case p.remote.payload:
		p.ear.listen(packet, int(arrived*rate/time.Second), p.remote.codec)
	case p.remote.keys:
		p.ear.key(packet)
	default:
		p.ear.other++
	}
}

func (p *Peer) opened(raw []byte) (*rtp.Packet, bool) {
	if !p.keys.agreed {
		return nil, false
	}
	if p.keys.in != nil {
		clear, err := p.keys.in.DecryptRTP(nil, raw, nil)
		if err != nil {
			return nil, false
		}
		raw = clear
	}
	packet := new(rtp.Packet)
	if err := packet.Unmarshal(raw); err != nil {
		return nil, false
	}
	return packet, true
}

func (e *ear) listen(packet *rtp.Packet, clock int, codec string) {
	e.heard++
	at := e.at + int(int32(packet.Timestamp-e.stamp))
	if !e.streaming || packet.SSRC != e.ssrc || at-clock > tooFar || clock-at > tooFar {
		if !e.streaming || packet.SSRC != e.ssrc {
			e.streams++
			e.keySeen = false
		}
		e.streaming, e.ssrc, at = true, packet.SSRC, clock
	}
	e.stamp, e.at = packet.Timestamp, at
	end := at + len(packet.Payload)
	if at < 0 || end > forgetAfter {
		return
	}
	for len(e.sound) < end {
		e.sound = append(e.sound, 0)
	}
	for i, b := range packet.Payload {
		if codec == "PCMA" {
			e.sound[at+i] = g711.DecodeAlawFrame(b)
		} else {
			e.sound[at+i] = g711.DecodeUlawFrame(b)
		}
	}
}

func (e *ear) key(packet *rtp.Packet) {
	if len(packet.Payload) < 4 || int(packet.Payload[0]) >= len(keyNames) {
		e.other++
		return
	}
	if e.keySeen && packet.Timestamp == e.keyStamp {
		return
	}
	e.keySeen, e.keyStamp = true, packet.Timestamp
	e.digits = append(e.digits, keyNames[packet.Payload[0]])
}

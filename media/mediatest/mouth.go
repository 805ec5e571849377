package mediatest

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"
)

const (
	rate      = 8000
	frame     = 160
	pace      = 20 * time.Millisecond
	keyNames  = "0123456789*#ABCD"
	keyFrames = 5 // 100 ms
	keyEnds   = 3
	keyGap    = 3 // frames of sound between two keys
)

type muting byte

const (
	audible muting = iota
	mutedNow
)

// mouth is what the peer says next.
type mouth struct {
	sound    []int16
	at       int
	muted    muting
	ssrc     uint32
	sequence uint16
	stamp    uint32
	sent     int
	marked   bool // the first packet of the stream is out

	keys []key
}

// key is one press on its way out.
type key struct {
	code    byte
	packets int
	stamp   uint32
	rest    int
	out     chan struct{} // closed when the press is over; shared by the presses of one call
	last    bool
}

func (m *mouth) begin() {
	m.ssrc, m.sequence, m.stamp, m.marked = random32(), uint16(random32()), random32(), false
}

// press queues keys; the channel is closed when the last one is out.
func (m *mouth) press(digits string) <-chan struct{} {
	out := make(chan struct{})
	queued := len(m.keys)
	for _, d := range digits {
		if code := strings.IndexRune(keyNames, d); code >= 0 {
			m.keys = append(m.keys, key{code: byte(code), rest: keyGap, out: out})
		}
	}
	if len(m.keys) == queued {
		close(out)
		return out
	}
	m.keys[len(m.keys)-1].last = true
	return out
}

// speak sends what is due, 50 packets a second counted from the start, so that a late timer does not slow it down.
func (p *Peer) speak(ctx context.Context) {
	tick := time.NewTicker(pace / 4)
	defer tick.Stop()
	for due := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if now.Sub(due) > time.Second {
				due = now // the machine stood still: go on, do not hurry
			}
			for ; !now.Before(due); due = due.Add(pace) {
				p.utter()
			}
		}
	}
}

// utter sends one frame. Time passes for the stream whether it is sent or not.
func (p *Peer) utter() {
	p.mu.Lock()
	packet, to := p.nextPacket()
	p.mu.Unlock()
	if packet == nil {
		return
	}
	_, _ = p.conn.WriteToUDP(packet, to) // a port that is closed by now is the other side's affair
}

func (p *Peer) nextPacket() ([]byte, *net.UDPAddr) {
	m := &p.mouth
	if !p.keys.agreed {
		return nil, nil
	}
	h := rtp.Header{Version: 2, PayloadType: p.remote.payload, Timestamp: m.stamp, SSRC: m.ssrc, Marker: !m.marked}
	payload := m.next(p.remote.codec)
	if len(m.keys) > 0 {
		if press, ok := m.nextKey(&h, p.remote.keys); ok {
			payload = press
		}
	}
	m.stamp += frame
	silent := m.muted == mutedNow || p.remote.direction == "sendonly" || p.remote.direction == "inactive"
	if silent || p.local.direction == "recvonly" || p.local.direction == "inactive" {
		return nil, nil
	}
	h.SequenceNumber = m.sequence
	m.sequence++
	m.marked = true
	m.sent++
	return p.sealed(&h, payload), net.UDPAddrFromAddrPort(p.remote.addr)
}

func (p *Peer) sealed(h *rtp.Header, payload []byte) []byte {
	raw, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
	if err != nil || p.keys.out == nil {
		return raw
	}
	packet, err := p.keys.out.EncryptRTP(nil, raw, h)
	if err != nil {
		return nil
	}
	return packet
}

// next is the next 20 ms of what is said.
func (m *mouth) next(codec string) []byte {
	out := make([]byte, frame)
	for i := range out {
		var x int16
		if len(m.sound) > 0 {
			x = m.sound[m.at]
			m.at = (m.at + 1) % len(m.sound)
		}
		if codec == "PCMA" {
			out[i] = g711.EncodeAlawFrame(x)
		} else {
			out[i] = g711.EncodeUlawFrame(x)
		}
	}
	return out
}

// nextKey is the next packet of the key being pressed (RFC 4733 §2.5); ok is false in the gap behind it.
func (m *mouth) nextKey(h *rtp.Header, payloadType uint8) (payload []byte, ok bool) {
	k := &m.keys[0]
	if k.packets == keyFrames+keyEnds-1 || payloadType == 0 {
		if k.rest--; k.rest <= 0 {
			if k.last {
				close(k.out)
			}
			m.keys = m.keys[1:]
		}
		return nil, false
	}
	if k.packets == 0 {
		k.stamp, h.Marker = m.stamp, true
	}
	k.packets++
	h.PayloadType, h.Timestamp = payloadType, k.stamp
	payload = []byte{k.code, 10, 0, 0}
	if k.packets >= keyFrames {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], uint16(min(k.packets, keyFrames)*frame))
	return payload, true
}

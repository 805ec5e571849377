package media

import (
	"encoding/binary"
	"sync/atomic"
)

// packetRing carries payloads from the loop (one producer) to the recorder (one consumer) without a lock and without
// a wait. Packets lie one behind the other in a fixed piece of memory, so that a ring holds many small packets or few
// large ones.
type packetRing struct {
	head  atomic.Uint64 // bytes written; the producer's
	_     [56]byte      // the two ends on cache lines of their own
	tail  atomic.Uint64 // bytes read; the consumer's
	_     [56]byte
	bytes [ringBytes]byte
}

const (
	ringBytes  = 1 << 14 // 0.7 s of both sides of a call at 20 ms: eight times what a drain finds
	ringHeader = 20      // length, codec, side, timestamp, SSRC, arrival
)

// push copies the packet in, or reports that there is no room.
func (r *packetRing) push(p *soundPacket) bool {
	need := uint64(ringHeader + len(p.payload))
	head := r.head.Load()
	if head+need-r.tail.Load() > ringBytes {
		return false
	}
	var h [ringHeader]byte
	binary.NativeEndian.PutUint16(h[0:], uint16(len(p.payload)))
	h[2], h[3] = byte(p.codec), byte(p.side)
	binary.NativeEndian.PutUint32(h[4:], p.timestamp)
	binary.NativeEndian.PutUint32(h[8:], p.ssrc)
	binary.NativeEndian.PutUint64(h[12:], uint64(p.arrival))
	r.write(head, h[:])
	r.write(head+ringHeader, p.payload)
	r.head.Store(head + need)
	return true
}

// pop copies the oldest packet out; its payload lies in scratch, which must hold maxPayload.
func (r *packetRing) pop(p *soundPacket, scratch []byte) bool {
	tail := r.tail.Load()
	if tail == r.head.Load() {
		return false
	}
	var h [ringHeader]byte
	r.read(tail, h[:])
	n := binary.NativeEndian.Uint16(h[0:])
	p.codec, p.side = Codec(h[2]), side(h[3])
	p.timestamp = binary.NativeEndian.Uint32(h[4:])
	p.ssrc = binary.NativeEndian.Uint32(h[8:])
	p.arrival = int64(binary.NativeEndian.Uint64(h[12:]))
	p.payload = scratch[:n]
	r.read(tail+ringHeader, p.payload)
	r.tail.Store(tail + ringHeader + uint64(n))
	return true
}

func (r *packetRing) write(at uint64, b []byte) {
	n := copy(r.bytes[at%ringBytes:], b)
	copy(r.bytes[:], b[n:])
}

func (r *packetRing) read(at uint64, b []byte) {
	n := copy(b, r.bytes[at%ringBytes:])
	copy(b[n:], r.bytes[:])
}

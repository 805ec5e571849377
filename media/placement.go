package media

import "time"

// placement finds where on the recording's timeline a packet of one stream belongs: RTP timestamps give distances
// within a stream, the monotonic clock says where the stream stands (docs/RECORDING-FORMAT, Time). The zero value with
// its pitch set is ready; positions are samples since the recording began and may be negative.
type placement struct {
	pitch
	anchored bool
	ssrc     uint32
	stamp    uint32 // of the newest packet
	at       int64  // where the newest packet's stamp lies

	seen     int   // packets in this window
	earliest int64 // smallest (arrival - position) in this window, in samples

	anchors, slips uint64
}

const (
	rtpClock      = 8000 // of PCMU, PCMA and G722
	disagreement  = 500 * time.Millisecond
	driftAllowed  = 40 * time.Millisecond
	driftWindow   = 50 // packets, one second: its quickest packet shows the clock without the network's jitter
	slippedSample = 20 // ms
)

// place returns the position of the packet's first sample. repeat is the number of samples before it that a slip has
// left open: the recorder fills them with the same sound, never with silence.
func (m *placement) place(ssrc, stamp uint32, arrived time.Duration) (at, repeat int64) {
	clock := m.samples(arrived)
	at = m.at + int64(int32(stamp-m.stamp))*m.rate/rtpClock
	off := clock - at
	limit := m.samples(disagreement)
	if !m.anchored || ssrc != m.ssrc || off > limit || off < -limit {
		m.anchor(ssrc, stamp, clock)
		return clock, 0
	}
	if int32(stamp-m.stamp) <= 0 {
		return at, 0 // a straggler does not move the stream
	}
	m.stamp, m.at = stamp, at
	return m.drifted(at, off)
}

func (m *placement) anchor(ssrc, stamp uint32, clock int64) {
	m.anchored, m.ssrc, m.stamp, m.at = true, ssrc, stamp, clock
	m.seen = 0
	m.anchors++
}

// drifted slips the stream by one frame when even the quickest packet of a window is further from the clock than is
// allowed. Forward: the peer's clock is slow, and the frame's place is filled by its neighbour. Backward: the peer's
// clock is fast, and one frame is overwritten.
func (m *placement) drifted(at, off int64) (int64, int64) {
	if m.seen == 0 || off < m.earliest {
		m.earliest = off
	}
	if m.seen++; m.seen < driftWindow {
		return at, 0
	}
	m.seen = 0
	frame := m.rate * slippedSample / 1000
	switch limit := m.samples(driftAllowed); {
	case m.earliest > limit:
		m.at += frame
		m.slips++
		return at + frame, frame
	case m.earliest < -limit:
		m.at -= frame
		m.slips++
		return at - frame, 0
	}
	return at, 0
}

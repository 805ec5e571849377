package media

import "math"

// maxDropout is the gap in sequence numbers past which a stream has begun anew (RFC 3550 §A.1).
const maxDropout = 3000

// reach is how many packets behind the newest one may be and still pass.
const reach = 64

// lateBy is how many packets of 20 ms behind the newest one is called late: 200 ms.
const lateBy = 10

// source follows the sequence numbers and the timing of one SSRC that is heard (RFC 3550 §A).
type source struct {
	ssrc   uint32
	known  bool
	epoch  uint64
	newest int64  // extended sequence number
	seen   uint64 // bit i: newest-i has come
	first  int64
	came   int64 // since first

	bad    uint16 // the sequence number that would confirm a new beginning
	isBad  bool
	jitter float64 // in timestamp units
	passed int64   // the last packet's transit, in timestamp units

	lostBefore, cameBefore int64 // at the last RTCP report
}

// verdict is what the sequence number says of a packet.
type verdict byte

const (
	fresh     verdict = iota // the newest so far
	reordered                // behind the newest, not seen before
	duplicate
	stale // out of reach
)

// begin starts over with this packet.
func (s *source) begin(ssrc uint32, seq uint16, epoch uint64) {
	*s = source{ssrc: ssrc, known: true, epoch: epoch, passed: math.MinInt64}
	s.first = int64(seq) + 1<<16
	s.newest, s.seen, s.came = s.first, 1, 1
}

// place extends seq and tells whether its packet may pass.
func (s *source) place(seq uint16) (ext int64, v verdict) {
	ext = s.newest + int64(int16(seq-uint16(s.newest)))
	ahead := ext - s.newest
	switch {
	case ahead > 0:
		s.seen <<= uint64(ahead)
		s.seen |= 1
		s.newest = ext
		s.came++
		return ext, fresh
	case ahead <= -reach:
		return ext, stale
	case s.seen&(1<<uint64(-ahead)) != 0:
		return ext, duplicate
	}
	s.seen |= 1 << uint64(-ahead)
	s.came++
	return ext, reordered
}

// jumps reports whether seq is so far off that the peer has begun anew.
func (s *source) jumps(seq uint16) bool {
	ahead := int16(seq - uint16(s.newest))
	return ahead >= maxDropout || ahead <= -maxDropout
}

// confirms wants two packets in a row to say so, where nothing is authenticated.
func (s *source) confirms(seq uint16) bool {
	if s.isBad && seq == s.bad {
		return true
	}
	s.bad, s.isBad = seq+1, true
	return false
}

// expected is how many packets there should have been since begin.
func (s *source) expected() int64 {
	if !s.known {
		return 0
	}
	return s.newest - s.first + 1
}

// lost may be negative for a moment when a packet from before the first arrives after it.
func (s *source) lost() int64 { return max(0, s.expected()-s.came) }

// time updates the interarrival jitter (RFC 3550 §A.8). arrival is in timestamp units.
func (s *source) time(timestamp uint32, arrival int64) {
	transit := arrival - int64(timestamp)
	if s.passed != math.MinInt64 {
		d := float64(int32(transit - s.passed))
		s.jitter += (math.Abs(d) - s.jitter) / 16
	}
	s.passed = transit
}

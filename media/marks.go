package media

import (
	"sync/atomic"

	"github.com/pion/srtp/v3"
)

// A mark says how far a stream has come, where it outlives the process: the extended sequence numbers of both directions
// and the count of reports. The packet path stores into it before a packet leaves, so that who goes on with the stream's
// keys after a kill never uses an index twice (RFC 3711 §9.1; for GCM that would give the key away). It holds no key.
type mark8 [8]atomic.Uint64

// The words of a mark.
const (
	markOut    = iota // SSRC << 32 | timestamp of the newest packet of ours
	markOutExt        // its extended sequence number
	markIn            // SSRC of the peer's source
	markInExt         // its index (RFC 3711 §3.3.1)
	markReports
)

// sentOne is stored before the packet is queued.
func (m *mark8) sentOne(o *outbound) {
	m[markOutExt].Store(uint64(o.newest))
	m[markOut].Store(uint64(o.ssrc)<<32 | uint64(o.timestamp))
}

// heardOne keeps the index that the peer's context is at: its rollover counter, and the newest sequence number.
func (m *mark8) heardOne(src *source, in *srtp.Context) {
	if in == nil {
		return
	}
	roc, _ := in.ROC(src.ssrc)
	m[markInExt].Store(uint64(roc)<<16 | uint64(uint16(src.newest)))
	m[markIn].Store(uint64(src.ssrc))
}

// Progress is one mark, read.
type Progress struct {
	ssrc, timestamp uint32
	ext             int64
	fromSSRC        uint32
	fromExt         int64
	reports         uint32
}

func (m *mark8) read() Progress {
	out := m[markOut].Load()
	return Progress{
		ssrc: uint32(out >> 32), timestamp: uint32(out), ext: int64(m[markOutExt].Load()),
		fromSSRC: uint32(m[markIn].Load()), fromExt: int64(m[markInExt].Load()), reports: uint32(m[markReports].Load()),
	}
}

// markSlots is how many streams a table has room for; who finds none cannot be kept, and talks all the same.
const markSlots = 8192

// markSize is one slot.
const markSize = 64

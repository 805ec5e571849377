package seal

import (
	"bytes"
	"encoding/binary"
)

// Status is how a file ended.
type Status byte

const (
	Complete  Status = 1
	Recovered Status = 2 // closed after a crash
	Aborted   Status = 3
	Continued Status = 4 // in the next part
)

// String is the status in a word.
func (s Status) String() string {
	switch s {
	case Complete:
		return "complete"
	case Recovered:
		return "recovered"
	case Aborted:
		return "aborted"
	case Continued:
		return "continued"
	}
	return "unfinished"
}

// Final is the last record: what the whole file must amount to.
type Final struct {
	Status     Status
	Records    uint64 // before it
	Samples    uint64 // of the timeline, pauses included
	Transcript [32]byte
	index      []waypoint
}

// waypoint says where in the file a sample's block begins.
type waypoint struct {
	sample uint64
	offset int64
}

const (
	finalHead     = 1 + 8 + 8 + 32 + 4
	waypointSize  = 16
	maxWaypoints  = 4000
	indexInterval = 10 // seconds, times a power of two
)

func (f Final) size() int { return finalHead + waypointSize*len(f.index) }

func (f Final) encode(b []byte) {
	b[0] = byte(f.Status)
	binary.BigEndian.PutUint64(b[1:], f.Records)
	binary.BigEndian.PutUint64(b[9:], f.Samples)
	copy(b[17:], f.Transcript[:])
	binary.BigEndian.PutUint32(b[49:], uint32(len(f.index)))
	for i, p := range f.index {
		at := b[finalHead+i*waypointSize:]
		binary.BigEndian.PutUint64(at, p.sample)
		binary.BigEndian.PutUint64(at[8:], uint64(p.offset))
	}
}

// parseFinal reads a FINAL whose tag held. What it claims about the rest of the file is compared by the walker.
func parseFinal(b []byte) (Final, bool) {
	if len(b) < finalHead || b[0] < byte(Complete) || b[0] > byte(Continued) {
		return Final{}, false
	}
	f := Final{
		Status: Status(b[0]), Records: binary.BigEndian.Uint64(b[1:]), Samples: binary.BigEndian.Uint64(b[9:]),
		Transcript: [32]byte(b[17:49]),
	}
	n := binary.BigEndian.Uint32(b[49:])
	if n > maxWaypoints || len(b) != finalHead+int(n)*waypointSize {
		return Final{}, false
	}
	f.index = make([]waypoint, n)
	for i := range f.index {
		at := b[finalHead+i*waypointSize:]
		p := waypoint{binary.BigEndian.Uint64(at), int64(binary.BigEndian.Uint64(at[8:]))}
		if p.offset < headerSize || i > 0 && (p.sample <= f.index[i-1].sample || p.offset <= f.index[i-1].offset) {
			return Final{}, false
		}
		f.index[i] = p
	}
	return f, true
}

// index grows with the recording: the first AUDIO record that begins in each interval. When there would be more than
// FINAL may hold, the interval doubles and every other entry goes.
type index struct {
	entries  []waypoint
	interval uint64 // samples
	due      uint64 // the first sample of the next interval without an entry
}

func newIndex(rate int) index { return index{interval: indexInterval * uint64(rate)} }

func (x *index) add(sample uint64, offset int64) {
	if sample < x.due {
		return
	}
	if len(x.entries) == maxWaypoints {
		x.thin()
		if sample < x.due {
			return
		}
	}
	x.entries = append(x.entries, waypoint{sample, offset})
	x.due = (sample/x.interval + 1) * x.interval
}

// thin doubles the interval until entries fall away; a waypoint stays where it is the first of its wider interval.
func (x *index) thin() {
	for len(x.entries) == maxWaypoints {
		x.interval *= 2
		kept := x.entries[:0]
		x.due = 0
		for _, p := range x.entries {
			if p.sample >= x.due {
				kept = append(kept, p)
				x.due = (p.sample/x.interval + 1) * x.interval
			}
		}
		x.entries = kept
	}
}

const footerSize = 16

var footerMagic = [8]byte{'N', 'B', 'R', 'E', 'N', 'D', '\r', '\n'}

func footer(final int64) [footerSize]byte {
	var b [footerSize]byte
	copy(b[:], footerMagic[:])
	binary.BigEndian.PutUint64(b[8:], uint64(final))
	return b
}

// torn reports whether tail is what a crash can leave of the right footer: its beginning, the rest missing or zero.
func torn(tail []byte, final int64) bool {
	want := footer(final)
	if len(tail) > footerSize || bytes.Equal(tail, want[:]) {
		return false
	}
	n := 0
	for n < len(tail) && tail[n] == want[n] {
		n++
	}
	return zero(tail[n:])
}

func parseFooter(b []byte) (final int64, ok bool) {
	at := binary.BigEndian.Uint64(b[8:])
	return int64(at), [8]byte(b[:8]) == footerMagic && at < 1<<62
}

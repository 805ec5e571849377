package media

import (
	"slices"
	"sync"
	"time"
)

// Limits of a recording (docs/RECORDING-FORMAT).
const (
	holdBack    = 120 * time.Millisecond // a block is sealed this long after its end
	longestFile = 8 * time.Hour
	channels    = 2
)

// pitch is the sound format of a recording: what stands in its header.
type pitch struct {
	code    byte // 1 PCMU, 2 PCMA, 3 L16
	rate    int64
	width   int  // bytes of one sample of one channel
	silence byte // both bytes of an L16 sample
}

func pitchOf(c Codec) pitch {
	switch c {
	case PCMU:
		return pitch{1, 8000, 1, ulawSilence}
	case PCMA:
		return pitch{2, 8000, 1, alawSilence}
	}
	return pitch{3, 16000, 2, 0}
}

// second is the size of a whole block.
func (p pitch) second() int { return int(p.rate) * p.width * channels }

// samples converts a time on the recording's clock; in microseconds, since 12 h in ns times a rate would not fit.
func (p pitch) samples(d time.Duration) int64 { return int64(d) / 1000 * p.rate / 1_000_000 }

var blocks = [2]sync.Pool{} // by width - 1

// block is a buffer of one second, silent.
func (p pitch) block() []byte {
	b, ok := blocks[p.width-1].Get().(*[]byte)
	if !ok {
		fresh := make([]byte, p.second())
		b = &fresh
	}
	full := (*b)[:p.second()]
	fill(full, p.silence)
	return full
}

func (p pitch) release(b []byte) { blocks[p.width-1].Put(&b) }

// cut is a place where the timeline is broken: what was said before it is written first.
type cut struct {
	at     int64
	kind   cutKind
	mark   []byte // JSON of a MARK, nil for an end
	status RecordingStatus
}

type cutKind byte

const (
	cutMark cutKind = iota
	cutPause
	cutResume
	cutEnd
)

// timeline puts samples in their place and hands on whole stretches in order: a block each full second, and what there
// is at a cut. It holds at most two open seconds: the running one, and the last one for as long as stragglers may come.
// One goroutine owns it.
type timeline struct {
	pitch
	out    *outbox
	sealed int64 // the first sample that can still be placed
	fresh  int64 // where the last pause ended: what is older was not meant to be kept
	paused bool
	ended  bool
	cuts   []cut
	open   [2][]byte // second k lies at k%2; nil: only silence so far

	late uint64
}

func newTimeline(p pitch, out *outbox) *timeline {
	t := &timeline{pitch: p, out: out}
	t.cuts = append(t.cuts, cut{at: p.samples(longestFile), kind: cutEnd, status: Continued})
	return t
}

// put places samples (width bytes each, one channel). What belongs to a sealed stretch is left out and counted.
func (t *timeline) put(ch side, at int64, samples []byte) {
	if at < t.sealed {
		if at >= t.fresh {
			t.late++
		}
		skip := min(int64(len(samples)), (t.sealed-at)*int64(t.width))
		samples, at = samples[skip:], t.sealed
	}
	for len(samples) > 0 && at < (t.sealed/t.rate+2)*t.rate {
		k, within := at/t.rate, at%t.rate
		n := min(int64(len(samples)/t.width), t.rate-within)
		t.interleave(t.at(k), ch, within, samples[:n*int64(t.width)])
		samples, at = samples[n*int64(t.width):], at+n
	}
}

func (t *timeline) at(second int64) []byte {
	slot := &t.open[second&1]
	if *slot == nil {
		*slot = t.block()
	}
	return *slot
}

func (t *timeline) interleave(block []byte, ch side, from int64, samples []byte) {
	if t.width == 1 {
		dst := block[from*channels+int64(ch):]
		for i, b := range samples {
			dst[channels*i] = b
		}
		return
	}
	dst := block[(from*channels+int64(ch))*2:]
	for i := 0; i+1 < len(samples); i += 2 {
		dst[channels*i], dst[channels*i+1] = samples[i], samples[i+1]
	}
}

// cutAt adds a cut in order. One that comes too late for its place takes the next place there is.
func (t *timeline) cutAt(c cut) {
	c.at = max(c.at, t.sealed)
	i := len(t.cuts)
	for i > 0 && t.cuts[i-1].at > c.at {
		i--
	}
	t.cuts = slices.Insert(t.cuts, i, c)
}

// seal hands on everything whose hold-back is over at now.
func (t *timeline) seal(now int64) { t.sealBefore(now - t.samples(holdBack)) }

func (t *timeline) sealBefore(limit int64) {
	for !t.ended {
		to := (t.sealed/t.rate + 1) * t.rate
		if t.cuts[0].at <= to {
			to = t.cuts[0].at
		}
		if to > limit {
			return
		}
		t.emit(to)
		for !t.ended && t.cuts[0].at == to {
			t.apply(t.cuts[0])
			t.cuts = t.cuts[1:]
		}
	}
}

// emit hands on what lies between sealed and to, within one second.
func (t *timeline) emit(to int64) {
	from, second := t.sealed, t.sealed/t.rate
	t.sealed = to
	slot := &t.open[second&1]
	whole := to == (second+1)*t.rate
	block := *slot
	if whole {
		*slot = nil
	}
	switch {
	case t.paused || from == to:
		if whole && block != nil {
			t.release(block)
		}
	case block == nil:
		t.out.silence(from, to-from)
	case whole && from == second*t.rate:
		t.out.audio(from, block)
	default:
		frame := int64(t.width * channels)
		part := t.block()
		n := copy(part, block[(from-second*t.rate)*frame:(to-second*t.rate)*frame])
		t.out.audio(from, part[:n])
		if whole {
			t.release(block)
		}
	}
}

func (t *timeline) apply(c cut) {
	switch c.kind {
	case cutPause:
		t.paused = true
	case cutResume:
		t.paused, t.fresh = false, c.at
	case cutEnd:
		t.ended = true
		t.out.finish(c.status, c.at)
		return
	}
	t.out.mark(c.mark)
}

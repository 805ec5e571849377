package media

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Tap is one recording in progress, from the packets of a session to a Sink. The loop pushes into its ring; the
// recorder puts what it finds there in order; a goroutine of Open's caller writes it. Its methods may be called from
// any goroutine; none of them waits for a disk.
type Tap struct {
	pitch
	ring   packetRing
	closed atomic.Bool // the loop need not copy any more
	now    func() int64
	start  int64 // ns on now's clock: sample 0

	mu      sync.Mutex
	pending []cut // for the recorder
	stopped bool
	opened  bool
	err     error

	orphaned atomic.Bool
	overrun  atomic.Uint64
	counts   atomic.Pointer[TapCounts]
	done     chan struct{}
	out      *outbox
	lane     lane // the recorder's side
}

// TapCounts is what went wrong on the way to a recording.
type TapCounts struct {
	Late    uint64        // packets that came after their block was sealed
	Slips   uint64        // frames repeated or dropped because a peer's clock drifts
	Anchors uint64        // streams placed by the clock: at least one a side that was heard
	Overrun uint64        // packets that found the ring full
	Lost    time.Duration // sound that found the queue full and became silence
}

// ErrDiscarded is the error of a tap that was opened with no sink.
var ErrDiscarded = errors.New("recording discarded")

// Format is what stands in the file's header: codec 1 PCMU, 2 PCMA, 3 L16 (big-endian), two channels, the rate in Hz.
func (t *Tap) Format() (codec byte, channelCount, rate int) { return t.code, channels, int(t.rate) }

// Open gives the sink to a tap that has been queueing; nil throws the recording away. The second call and those after
// it do nothing. The sink is used by one goroutine, which ends with Done; whoever opens a tap waits for that.
// Finish is called on every sink exactly once, after an error as well (with Aborted).
func (t *Tap) Open(s Sink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.opened {
		return
	}
	t.opened = true
	if s == nil {
		t.err = ErrDiscarded
		t.discard()
		close(t.done)
		return
	}
	go t.write(s)
}

// Mark notes something at this moment (hold, transfer, joined, left, dtmf, consent).
func (t *Tap) Mark(kind, actor, reason string) { t.cut(cutMark, kind, actor, reason) }

// Pause leaves out what follows; the timeline runs on.
func (t *Tap) Pause(actor, reason string) { t.cut(cutPause, "pause", actor, reason) }

// Resume ends a pause.
func (t *Tap) Resume(actor, reason string) { t.cut(cutResume, "resume", actor, reason) }

// Stop ends the recording at this moment; what was said before it is still written. Only the first call counts.
func (t *Tap) Stop(status RecordingStatus) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	t.stopped = true
	t.pending = append(t.pending, cut{at: t.elapsed(), kind: cutEnd, status: status})
}

// Done is closed when the sink is finished, or the tap discarded. A tap that is never opened is never done.
func (t *Tap) Done() <-chan struct{} { return t.done }

// Err is why a tap that is done did not write everything; nil if it did, and before.
func (t *Tap) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Counts is what went wrong so far.
func (t *Tap) Counts() TapCounts {
	c := *t.counts.Load()
	c.Overrun = t.overrun.Load()
	c.Lost = time.Duration(t.out.lostSamples()) * time.Second / time.Duration(t.rate)
	return c
}

// packet copies one payload. Only the session's loop calls it; it takes no lock and allocates nothing.
func (t *Tap) packet(p *soundPacket) {
	if t.closed.Load() {
		return
	}
	if !t.ring.push(p) {
		t.overrun.Add(1)
	}
}

// orphan says that no packet will come any more: what there is can be sealed at once.
func (t *Tap) orphan() {
	t.Stop(Aborted)
	t.orphaned.Store(true)
}

// markRecord is the JSON of a MARK record.
type markRecord struct {
	At     int64  `json:"at"`
	Kind   string `json:"kind"`
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
}

func (t *Tap) cut(kind cutKind, name, actor, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return
	}
	at := t.elapsed()
	text, err := json.Marshal(markRecord{at, name, actor, reason})
	if err != nil {
		return // strings always marshal
	}
	t.pending = append(t.pending, cut{at: at, kind: kind, mark: text})
}

// elapsed is this moment as a sample.
func (t *Tap) elapsed() int64 { return t.samples(time.Duration(t.now() - t.start)) }

// discard makes the tap a hole: the recorder lets go of it at its next round.
func (t *Tap) discard() {
	t.closed.Store(true)
	t.out.shutDown()
}

// write brings parcels to the sink until the end, or until the sink refuses.
func (t *Tap) write(s Sink) {
	defer close(t.done)
	written := int64(0)
	for {
		for _, p := range t.out.take() {
			end, err := t.parcel(s, p)
			if err != nil {
				t.fail(err)
				_ = s.Finish(Aborted, uint64(written)) // the first error is the one that tells
				return
			}
			if p.kind == parcelEnd {
				return
			}
			written = max(written, end)
		}
		<-t.out.wake
	}
}

func (t *Tap) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = fmt.Errorf("record: %w", err)
	t.discard()
}

// parcel writes one, and returns the sample after it.
func (t *Tap) parcel(s Sink, p parcel) (end int64, err error) {
	switch p.kind {
	case parcelSound:
		defer t.release(p.block)
		return p.first + int64(len(p.block)/(t.width*channels)), s.Audio(uint64(p.first), p.block)
	case parcelSilence:
		return p.first + p.length, t.quiet(s, p.first, p.first+p.length)
	case parcelMark:
		return 0, s.Mark(p.mark)
	}
	err = s.Finish(p.status, uint64(p.first))
	if err != nil {
		t.keep(err)
	}
	return p.first, nil
}

// keep notes the error of Finish, after which there is nothing to finish.
func (t *Tap) keep(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = fmt.Errorf("record: finish: %w", err)
}

// quiet writes silence in blocks that end with their second.
func (t *Tap) quiet(s Sink, from, to int64) error {
	block := t.block()
	defer t.release(block)
	for from < to {
		next := min(to, (from/t.rate+1)*t.rate)
		if err := s.Audio(uint64(from), block[:int(next-from)*t.width*channels]); err != nil {
			return err
		}
		from = next
	}
	return nil
}

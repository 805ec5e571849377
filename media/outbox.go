package media

import "sync"

// queueLimit is how much sound waits for a sink: before it is opened, or while its disk stands still.
const queueLimit = 10 // seconds

// parcel is one thing for the sink, in order.
type parcel struct {
	kind   parcelKind
	first  int64
	block  []byte // of sound; returned to the pool once written
	length int64  // of silence, samples
	mark   []byte
	status RecordingStatus
}

type parcelKind byte

const (
	parcelSound parcelKind = iota
	parcelSilence
	parcelMark
	parcelEnd
)

// outbox is the bounded queue between the recorder, which never waits, and the one goroutine that writes to the sink
// and may wait for a disk. Sound that finds it full becomes silence at its place and is counted.
type outbox struct {
	pitch
	wake chan struct{} // cap 1

	mu      sync.Mutex
	parcels []parcel
	waiting int64 // samples of sound in the queue
	lost    int64 // samples that became silence
	shut    bool  // the sink is gone: nothing is kept
}

func newOutbox(p pitch) *outbox { return &outbox{pitch: p, wake: make(chan struct{}, 1)} }

func (o *outbox) audio(first int64, block []byte) {
	n := int64(len(block) / (o.width * channels))
	if !o.admit(n) {
		o.release(block)
		o.silence(first, n)
		return
	}
	o.add(parcel{kind: parcelSound, first: first, block: block})
}

// admit takes n samples of sound into account, or counts them as lost.
func (o *outbox) admit(n int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting+n > queueLimit*o.rate {
		o.lost += n
		return false
	}
	o.waiting += n
	return true
}

// silence adds a stretch; stretches that touch become one, so that an unopened recording cannot grow.
func (o *outbox) silence(first, length int64) {
	o.mu.Lock()
	if n := len(o.parcels); n > 0 {
		last := &o.parcels[n-1]
		if last.kind == parcelSilence && last.first+last.length == first {
			last.length += length
			o.mu.Unlock()
			return
		}
	}
	o.mu.Unlock()
	o.add(parcel{kind: parcelSilence, first: first, length: length})
}

func (o *outbox) mark(json []byte) { o.add(parcel{kind: parcelMark, mark: json}) }

func (o *outbox) finish(status RecordingStatus, samples int64) {
	o.add(parcel{kind: parcelEnd, first: samples, status: status})
}

func (o *outbox) add(p parcel) {
	o.mu.Lock()
	if !o.shut {
		o.parcels = append(o.parcels, p)
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// take removes everything that waits.
func (o *outbox) take() []parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.parcels
	o.parcels, o.waiting = nil, 0
	return all
}

// shutDown drops what waits and what comes.
func (o *outbox) shutDown() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shut, o.parcels, o.waiting = true, nil, 0
}

func (o *outbox) lostSamples() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

package media

import (
	"sync"
	"sync/atomic"
	"time"
)

// drainEvery is how long a packet may lie in a tap's ring. The format allows 80 ms; a quarter of it is left to the
// scheduler of a busy machine.
const drainEvery = 60 * time.Millisecond

// recorder drains the taps of one loop: one goroutine, which lives as long as there is a tap and never waits for
// anything but its clock. The zero value needs now and owner.
type recorder struct {
	now   func() int64    // monotonic ns, the clock of soundPacket.arrival
	owner *sync.WaitGroup // waits for the goroutine

	mu      sync.Mutex
	taps    []*Tap
	running bool

	round   []*Tap // of the goroutine alone, as is what follows
	scratch scratch
}

func newRecorder(now func() int64, owner *sync.WaitGroup) *recorder {
	return &recorder{now: now, owner: owner}
}

// tap begins a recording whose format follows the codec of the session. Sample 0 is this moment.
func (r *recorder) tap(c Codec) *Tap {
	t := beginTap(c, r.now)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taps = append(r.taps, t)
	if !r.running {
		r.running = true
		r.owner.Go(r.run)
	}
	return t
}

// beginTap makes a tap that nobody drains yet.
func beginTap(c Codec, now func() int64) *Tap {
	p := pitchOf(c)
	out := newOutbox(p)
	t := &Tap{pitch: p, now: now, start: now(), done: make(chan struct{}), out: out}
	t.counts.Store(&TapCounts{})
	t.lane = newLane(p, out)
	return t
}

func (r *recorder) run() {
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for r.drain() {
		<-tick.C
	}
}

// drain is one round; false with the last tap gone.
func (r *recorder) drain() bool {
	r.mu.Lock()
	r.round = append(r.round[:0], r.taps...)
	r.mu.Unlock()
	for _, t := range r.round {
		t.drain(r.now(), &r.scratch)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.taps[:0]
	for _, t := range r.taps {
		if !t.closed.Load() {
			kept = append(kept, t)
		}
	}
	clear(r.taps[len(kept):])
	clear(r.round)
	r.taps, r.running = kept, len(kept) > 0
	return r.running
}

// lane is the recorder's side of a tap.
type lane struct {
	line    *timeline
	streams [channels]placement
	tuners  [channels]tuner
}

func newLane(p pitch, out *outbox) lane {
	l := lane{line: newTimeline(p, out)}
	for i := range l.streams {
		l.streams[i].pitch = p
		l.tuners[i].to = p
	}
	return l
}

// scratch is what a round needs for one packet.
type scratch struct {
	payload [maxPayload]byte
	packet  soundPacket
}

// drain brings the tap up to now: first what its owner asked for, then the packets, then what has become due.
func (t *Tap) drain(now int64, s *scratch) {
	if t.closed.Load() {
		return
	}
	orphaned := t.orphaned.Load() // before the ring is emptied: nothing comes after it
	t.takeCuts()
	for t.ring.pop(&s.packet, s.payload[:]) {
		t.lane.packet(&s.packet, time.Duration(s.packet.arrival-t.start))
	}
	if orphaned {
		t.lane.line.sealBefore(t.samples(longestFile))
	} else {
		t.lane.line.seal(t.samples(time.Duration(now - t.start)))
	}
	t.lane.tell(&t.counts)
	if t.lane.line.ended {
		t.closed.Store(true)
	}
}

func (t *Tap) takeCuts() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.pending {
		t.lane.line.cutAt(c)
	}
	t.pending = t.pending[:0]
}

// packet places one packet. What was due before it arrived is sealed first, so that a recording does not depend on
// when the recorder ran.
func (l *lane) packet(p *soundPacket, arrived time.Duration) {
	l.line.seal(l.line.samples(arrived))
	sound := l.tuners[p.side].convert(p.codec, p.payload)
	at, repeat := l.streams[p.side].place(p.ssrc, p.timestamp, arrived)
	if repeat > 0 {
		l.line.put(p.side, at-repeat, sound[:min(int64(len(sound)), repeat*int64(l.line.width))])
	}
	l.line.put(p.side, at, sound)
}

// tell publishes the counters when they have changed.
func (l *lane) tell(to *atomic.Pointer[TapCounts]) {
	now := TapCounts{
		Late:    l.line.late,
		Slips:   l.streams[0].slips + l.streams[1].slips,
		Anchors: l.streams[0].anchors + l.streams[1].anchors,
	}
	if now != *to.Load() {
		changed := now
		to.Store(&changed)
	}
}

package media

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
	"time"
)

// studio records by a clock that the test moves; nothing in it runs by itself.
type studio struct {
	t       *testing.T
	clock   time.Duration
	tap     *Tap
	reel    *reel
	scratch scratch
}

// epoch keeps sample 0 away from the clock's zero.
const epoch = int64(1e15)

func newStudio(t *testing.T, c Codec) *studio {
	s := &studio{t: t, reel: &reel{t: t}}
	s.tap = beginTap(c, func() int64 { return epoch + int64(s.clock) })
	s.reel.pitch = s.tap.pitch
	return s
}

// newTap is a tap with a recorder of its own.
func newTap(c Codec, now func() int64, owner *sync.WaitGroup) *Tap {
	return newRecorder(now, owner).tap(c)
}

// until moves the clock, with a round of the recorder every 80 ms.
func (s *studio) until(at time.Duration) {
	for s.clock < at {
		s.clock = min(at, s.clock+drainEvery)
		s.drain()
	}
}

func (s *studio) drain() {
	s.tap.drain(epoch+int64(s.clock), &s.scratch)
	for _, p := range s.tap.out.take() {
		if _, err := s.tap.parcel(s.reel, p); err != nil {
			s.t.Fatal(err)
		}
	}
}

// arrive moves the clock and lets one frame come in.
func (s *studio) arrive(at time.Duration, p soundPacket) {
	s.until(at)
	p.arrival = epoch + int64(at)
	s.tap.packet(&p)
}

// stop ends the recording and writes the rest.
func (s *studio) stop() {
	s.tap.Stop(Complete)
	s.until(s.clock + time.Second)
}

// frameOf is 20 ms of one byte value, frame n of a stream.
func frameOf(sd side, n int, value byte) soundPacket {
	return soundPacket{payload: bytes.Repeat([]byte{value}, frameBytes), timestamp: uint32(n * frameTicks), ssrc: 7, side: sd}
}

// reel is a Sink in memory.
type reel struct {
	pitch
	t        *testing.T
	first    []int64 // of each block
	sound    []byte  // interleaved, what was skipped is 0x55
	marks    []markRecord
	finished int
	status   RecordingStatus
	samples  uint64
	sizes    []int
	onAudio  func(first uint64, interleaved []byte) error
}

func (r *reel) Audio(first uint64, interleaved []byte) error {
	if r.onAudio != nil {
		return r.onAudio(first, interleaved)
	}
	frame := r.width * channels
	if len(interleaved) == 0 || len(interleaved)%frame != 0 || len(interleaved) > r.second() {
		r.t.Errorf("a block of %d bytes", len(interleaved))
	}
	at := int(first) * frame
	if at < len(r.sound) {
		r.t.Errorf("block at %d overlaps what is written", first)
		return nil
	}
	r.sound = append(r.sound, bytes.Repeat([]byte{0x55}, at-len(r.sound))...)
	r.sound = append(r.sound, interleaved...)
	r.first, r.sizes = append(r.first, int64(first)), append(r.sizes, len(interleaved)/frame)
	return nil
}

func (r *reel) Mark(text []byte) error {
	var m markRecord
	if err := json.Unmarshal(text, &m); err != nil {
		r.t.Errorf("mark: %v", err)
	}
	r.marks = append(r.marks, m)
	return nil
}

func (r *reel) Finish(status RecordingStatus, samples uint64) error {
	r.finished++
	r.status, r.samples = status, samples
	return nil
}

// channel is one side's bytes.
func (r *reel) channel(sd side) []byte {
	out := make([]byte, 0, len(r.sound)/channels)
	for i := int(sd) * r.width; i < len(r.sound); i += r.width * channels {
		out = append(out, r.sound[i:i+r.width]...)
	}
	return out
}

// run is a stretch of equal bytes.
type run struct {
	value  byte
	length int
}

func runs(b []byte) []run {
	var out []run
	for _, v := range b {
		if n := len(out); n > 0 && out[n-1].value == v {
			out[n-1].length++
		} else {
			out = append(out, run{v, 1})
		}
	}
	return out
}

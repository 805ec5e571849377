package media

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// talk lets the caller say one value for a while, from frame number from on.
func (s *studio) talk(from, frames int, value byte) {
	for n := from; n < from+frames; n++ {
		s.arrive(time.Duration(n)*20*ms, frameOf(heardSide, n, value))
	}
	s.until(time.Duration(from+frames) * 20 * ms)
}

func TestPauseLeavesOutWhatWasSaid(t *testing.T) {
	s := newStudio(t, PCMU)
	s.talk(0, 70, 1) // 1.4 s
	s.tap.Pause("amy", "card number")
	s.talk(70, 120, 2) // until 3.8 s: must be nowhere
	s.tap.Resume("amy", "card number")
	s.talk(190, 60, 3) // until 5 s
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 11200}, run{0x55, 19200}, run{3, 9600})
	if !slices.Equal(s.reel.first, []int64{0, 8000, 30400, 32000}) || s.reel.samples != 40000 {
		t.Errorf("blocks at %v, %d samples", s.reel.first, s.reel.samples)
	}
	want := []markRecord{{11200, "pause", "amy", "card number"}, {30400, "resume", "amy", "card number"}}
	if !slices.Equal(s.reel.marks, want) {
		t.Errorf("marks %+v", s.reel.marks)
	}
	if c := s.tap.Counts(); c.Late != 0 {
		t.Errorf("%d late", c.Late)
	}
}

func TestPauseThatBeginsAndEndsInOneSecond(t *testing.T) {
	s := newStudio(t, PCMU)
	s.talk(0, 10, 1)
	s.tap.Pause("amy", "")
	s.talk(10, 10, 2)
	s.tap.Resume("amy", "")
	s.talk(20, 5, 3)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 1600}, run{0x55, 1600}, run{3, 800})
}

func TestRecordingThatEndsInAPauseKeepsItsLength(t *testing.T) {
	s := newStudio(t, PCMU)
	s.talk(0, 50, 1)
	s.tap.Pause("amy", "")
	s.talk(50, 100, 2)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 8000})
	if s.reel.samples != 24000 || s.reel.status != Complete {
		t.Errorf("%d samples, status %d", s.reel.samples, s.reel.status)
	}
}

func TestMarkWritesWhatWasSaidBeforeIt(t *testing.T) {
	s := newStudio(t, PCMA)
	s.talk(0, 30, 1)
	s.tap.Mark("hold", "amy", "asked")
	s.tap.Mark("left", "amy", "")
	s.talk(30, 30, 1)
	s.stop()
	if !slices.Equal(s.reel.first, []int64{0, 4800, 8000}) {
		t.Errorf("blocks at %v", s.reel.first)
	}
	if len(s.reel.marks) != 2 || s.reel.marks[0] != (markRecord{4800, "hold", "amy", "asked"}) || s.reel.marks[1].Kind != "left" {
		t.Errorf("marks %+v", s.reel.marks)
	}
}

func TestNothingIsTakenAfterTheEnd(t *testing.T) {
	s := newStudio(t, PCMU)
	s.talk(0, 25, 1)
	s.tap.Stop(Complete)
	s.tap.Stop(Aborted)
	s.tap.Mark("late", "amy", "")
	s.talk(25, 50, 2)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 4000})
	if s.reel.finished != 1 || s.reel.status != Complete || s.reel.samples != 4000 || len(s.reel.marks) != 0 {
		t.Errorf("finished %d times, status %d, %d samples", s.reel.finished, s.reel.status, s.reel.samples)
	}
	if !s.tap.closed.Load() {
		t.Error("the tap is still open to packets")
	}
}

func TestClosedSessionEndsItsRecordingAtOnce(t *testing.T) {
	s := newStudio(t, PCMU)
	s.talk(0, 25, 1)
	s.tap.orphan()
	s.drain() // no time passes
	sameRuns(t, s.reel.channel(heardSide), run{1, 4000})
	if s.reel.finished != 1 || s.reel.status != Aborted || s.reel.samples != 4000 {
		t.Errorf("finished %d times, status %d, %d samples", s.reel.finished, s.reel.status, s.reel.samples)
	}
}

func TestStoppedRecordingStaysCompleteWhenItsSessionCloses(t *testing.T) {
	s := newStudio(t, PCMU)
	s.talk(0, 25, 1)
	s.tap.Stop(Complete)
	s.tap.orphan()
	s.drain()
	if s.reel.finished != 1 || s.reel.status != Complete || s.reel.samples != 4000 {
		t.Errorf("finished %d times, status %d, %d samples", s.reel.finished, s.reel.status, s.reel.samples)
	}
}

func TestFileEndsAtEightHours(t *testing.T) {
	s := newStudio(t, PCMU)
	blocks := 0
	s.reel.onAudio = func(uint64, []byte) error { blocks++; return nil }
	s.arrive(0, frameOf(heardSide, 0, 1))
	s.until(8*time.Hour + time.Second)
	if s.reel.status != Continued || s.reel.samples != 8*3600*8000 || blocks != 8*3600 || s.reel.finished != 1 {
		t.Errorf("status %d after %d samples in %d blocks", s.reel.status, s.reel.samples, blocks)
	}
}

func TestWidebandCallerIsRecordedAtSixteenKilohertz(t *testing.T) {
	s := newStudio(t, G722)
	if code, sides, rate := s.tap.Format(); code != 3 || sides != 2 || rate != 16000 {
		t.Fatalf("format %d, %d channels, %d Hz", code, sides, rate)
	}
	told, heardWide := encoded(PCMU, sine(1000, 8000, 16000)), make([]byte, 16000)
	newG722Encoder().encode(heardWide, sine(5000, 16000, 32000))
	for n := range 100 {
		at, from := time.Duration(n)*20*ms, n*frameBytes
		s.arrive(at, soundPacket{payload: heardWide[from : from+frameBytes], timestamp: uint32(from), codec: G722})
		s.arrive(at, soundPacket{payload: told[from : from+frameBytes], timestamp: uint32(from), codec: PCMU, side: toldSide})
	}
	s.until(2 * time.Second)
	s.stop()
	for sd, hz := range map[side]float64{heardSide: 5000, toldSide: 1000} {
		raw := s.reel.channel(sd)
		linear := make([]int16, len(raw)/2)
		for i := range linear {
			linear[i] = int16(raw[2*i])<<8 | int16(raw[2*i+1])
		}
		if got := loudness(linear[1600:], hz, 16000); len(linear) != 32000 || got < -7 || got > -5 {
			t.Errorf("channel %d: %d samples, %g Hz at %.1f dB", sd+1, len(linear), hz, got)
		}
	}
}

func TestOtherCodecsAreConvertedToTheFiles(t *testing.T) {
	for _, file := range []Codec{PCMU, PCMA} {
		for _, codec := range everyCodec {
			s := newStudio(t, file)
			wire := encoded(codec, sine(1000, 8000, 8000))
			for n := range 50 {
				from := n * frameBytes
				s.arrive(time.Duration(n)*20*ms, soundPacket{payload: wire[from : from+frameBytes], timestamp: uint32(from), codec: codec})
			}
			s.until(time.Second)
			s.stop()
			if got := loudness(heard(file, s.reel.channel(heardSide))[800:], 1000, 8000); got < -6.6 || got > -5.4 {
				t.Errorf("%v in a file of %v: tone at %.1f dB", codec, file, got)
			}
		}
	}
}

func TestFullRingIsCountedAndSilent(t *testing.T) {
	s := newStudio(t, PCMU)
	fits := ringBytes / (ringHeader + frameBytes)
	for n := range fits + 9 { // the recorder does not run
		p := frameOf(heardSide, n, 1)
		p.arrival = epoch + int64(n)*int64(20*ms)
		s.tap.packet(&p)
	}
	s.until(time.Duration(fits+9) * 20 * ms)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, fits * frameBytes}, run{0xFF, 9 * frameBytes})
	if c := s.tap.Counts(); c.Overrun != 9 {
		t.Errorf("%d packets counted", c.Overrun)
	}
}

// live runs a real recorder in a bubble and speaks into a tap of it for a while.
func live(t *testing.T, story func(tap *Tap, speak func(time.Duration))) {
	synctest.Test(t, func(t *testing.T) {
		var owner sync.WaitGroup
		began := time.Now()
		now := func() int64 { return int64(time.Since(began)) }
		tap := newRecorder(now, &owner).tap(PCMU)
		n := 0
		story(tap, func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); n++ {
				p := frameOf(heardSide, n, 1)
				p.arrival = now()
				tap.packet(&p)
				time.Sleep(20 * ms)
			}
		})
		tap.orphan()
		owner.Wait()
	})
}

func TestRecordingBeginsBeforeItsFileExists(t *testing.T) {
	live(t, func(tap *Tap, speak func(time.Duration)) {
		speak(9 * time.Second)
		r := &reel{t: t, pitch: tap.pitch}
		tap.Open(r)
		tap.Open(nil) // too late
		speak(time.Second)
		tap.Stop(Complete)
		<-tap.Done()
		if err := tap.Err(); err != nil {
			t.Error(err)
		}
		sameRuns(t, r.channel(heardSide), run{1, 80000})
		if lost := tap.Counts().Lost; lost != 0 {
			t.Errorf("%v lost", lost)
		}
	})
}

func TestWaitingTooLongLosesSoundButNotItsPlace(t *testing.T) {
	live(t, func(tap *Tap, speak func(time.Duration)) {
		speak(13 * time.Second)
		r := &reel{t: t, pitch: tap.pitch}
		tap.Open(r)
		speak(2 * time.Second)
		tap.Stop(Complete)
		<-tap.Done()
		sameRuns(t, r.channel(heardSide), run{1, 80000}, run{0xFF, 16000}, run{1, 24000})
		if lost := tap.Counts().Lost; lost != 2*time.Second {
			t.Errorf("%v lost", lost)
		}
	})
}

func TestSlowDiskDelaysNobody(t *testing.T) {
	live(t, func(tap *Tap, speak func(time.Duration)) {
		blocks := 0
		tap.Open(&reel{t: t, pitch: tap.pitch, onAudio: func(uint64, []byte) error {
			if blocks++; blocks == 2 {
				time.Sleep(8 * time.Second)
			}
			return nil
		}})
		speak(20 * time.Second)
		tap.Stop(Complete)
		<-tap.Done()
		if c := tap.Counts(); blocks != 20 || c.Lost != 0 || c.Overrun != 0 || c.Late != 0 {
			t.Errorf("%d blocks, %+v", blocks, c)
		}
	})
}

func TestFullDiskEndsTheRecordingAlone(t *testing.T) {
	live(t, func(tap *Tap, speak func(time.Duration)) {
		full := errors.New("no space left")
		r := &reel{t: t, pitch: tap.pitch}
		r.onAudio = func(first uint64, _ []byte) error {
			if first >= 16000 {
				return full
			}
			return nil
		}
		tap.Open(r)
		speak(5 * time.Second)
		<-tap.Done()
		if err := tap.Err(); !errors.Is(err, full) {
			t.Errorf("error %v", err)
		}
		if r.finished != 1 || r.status != Aborted || r.samples != 16000 {
			t.Errorf("finished %d times, status %d, %d samples", r.finished, r.status, r.samples)
		}
		tap.Stop(Complete)
	})
}

func TestDiscardedRecordingIsDoneAtOnce(t *testing.T) {
	live(t, func(tap *Tap, speak func(time.Duration)) {
		speak(time.Second)
		tap.Open(nil)
		<-tap.Done()
		if err := tap.Err(); !errors.Is(err, ErrDiscarded) {
			t.Errorf("error %v", err)
		}
		speak(time.Second)
	})
}

func TestOneRecorderServesManyTaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var owner sync.WaitGroup
		began := time.Now()
		r := newRecorder(func() int64 { return int64(time.Since(began)) }, &owner)
		for round := range 3 { // the goroutine ends with the last tap and begins again
			var taps []*Tap
			for range 10 {
				tap := r.tap(PCMU)
				tap.Open(&reel{t: t, pitch: tap.pitch})
				taps = append(taps, tap)
			}
			time.Sleep(3 * time.Second)
			for _, tap := range taps {
				tap.Stop(Complete)
				<-tap.Done()
			}
			owner.Wait()
			if r.running || len(r.taps) != 0 {
				t.Errorf("round %d: still running", round)
			}
		}
	})
}

func TestTapTakesAPacketWithoutAllocating(t *testing.T) {
	s := newStudio(t, PCMU)
	n := 0
	p := frameOf(heardSide, 0, 1)
	push := func() {
		p.timestamp, p.arrival = uint32(n*frameTicks), epoch+int64(n)*int64(20*ms)
		s.tap.packet(&p)
		n++
		if n%4 == 0 {
			for s.tap.ring.pop(&s.scratch.packet, s.scratch.payload[:]) {
			}
		}
	}
	if got := testing.AllocsPerRun(1000, push); got != 0 {
		t.Errorf("%g allocations a packet", got)
	}
}

// BenchmarkRecordedSecond is what a second of a stereo G.711 call costs up to the sink: 100 packets into the ring, out
// of it, placed, interleaved and handed over.
func BenchmarkRecordedSecond(b *testing.B) {
	for _, codec := range []Codec{PCMU, G722} {
		b.Run(codec.String(), func(b *testing.B) {
			clock := int64(0)
			tap := beginTap(codec, func() int64 { return clock })
			tap.lane.line.cuts[0].at = 1 << 60
			var sc scratch
			sides := [2]soundPacket{frameOf(heardSide, 0, 1), frameOf(toldSide, 0, 2)}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for range 50 {
					for i := range sides {
						sides[i].timestamp, sides[i].arrival, sides[i].codec = uint32(n*frameTicks), clock, codec
						tap.packet(&sides[i])
					}
					n++
					clock += int64(20 * ms)
					if n%4 == 0 {
						tap.drain(clock, &sc)
					}
				}
				for _, p := range tap.out.take() {
					if p.block != nil {
						tap.release(p.block)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Second)*100, "%-of-a-core/call")
		})
	}
}

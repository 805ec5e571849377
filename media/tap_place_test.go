package media

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

func sameRuns(t *testing.T, got []byte, want ...run) {
	t.Helper()
	if r := runs(got); !slices.Equal(r, want) {
		t.Errorf("recorded %v, want %v", r, want)
	}
}

func TestBothSidesLieBesideEachOther(t *testing.T) {
	s := newStudio(t, PCMU)
	for n := range 100 { // 2 s; the far side begins half a second later
		s.arrive(time.Duration(n)*20*ms, frameOf(heardSide, n, 1))
		if n >= 25 {
			s.arrive(time.Duration(n)*20*ms, frameOf(toldSide, n, 2))
		}
	}
	s.until(2 * time.Second)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 16000})
	sameRuns(t, s.reel.channel(toldSide), run{0xFF, 4000}, run{2, 12000})
	if !slices.Equal(s.reel.first, []int64{0, 8000}) || s.reel.status != Complete || s.reel.samples != 16000 {
		t.Errorf("blocks at %v, status %d, %d samples", s.reel.first, s.reel.status, s.reel.samples)
	}
	if c := s.tap.Counts(); c != (TapCounts{Anchors: 2}) {
		t.Errorf("counts %+v", c)
	}
}

func TestLossIsSilenceInItsPlace(t *testing.T) {
	for codec, silence := range map[Codec]byte{PCMU: 0xFF, PCMA: 0xD5} {
		s := newStudio(t, codec)
		for n := range 50 {
			p := frameOf(heardSide, n, 1)
			p.codec = codec
			if n < 10 || n >= 20 {
				s.arrive(time.Duration(n)*20*ms, p)
			}
		}
		s.until(time.Second)
		s.stop()
		sameRuns(t, s.reel.channel(heardSide), run{1, 1600}, run{silence, 1600}, run{1, 4800})
	}
}

// TestDisorderWithinTheHoldBackLeavesNoTrace: packets up to 100 ms late and out of order are recorded as if they had
// come in time.
func TestDisorderWithinTheHoldBackLeavesNoTrace(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	type coming struct {
		at time.Duration
		p  soundPacket
	}
	var all []coming
	want := []byte{}
	for n := range 500 {
		value := byte(1 + n%200)
		delay := time.Duration(random.IntN(100)) * ms
		if n%40 == 0 {
			delay = 0 // some are quick: they show where the stream stands
		}
		all = append(all, coming{time.Duration(n)*20*ms + delay, frameOf(heardSide, n, value)})
		want = append(want, bytes.Repeat([]byte{value}, frameBytes)...)
	}
	slices.SortStableFunc(all, func(a, b coming) int { return int(a.at - b.at) })
	s := newStudio(t, PCMU)
	for _, c := range all {
		s.arrive(c.at, c.p)
	}
	s.until(10100 * ms)
	s.stop()
	if got := s.reel.channel(heardSide); len(got) < len(want) || !bytes.Equal(got[:len(want)], want) {
		t.Errorf("%d of %d samples, or not the same", len(got), len(want))
	}
	if c := s.tap.Counts(); c.Late != 0 || c.Slips != 0 || c.Anchors != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestWhatComesAfterTheSealIsCounted(t *testing.T) {
	s := newStudio(t, PCMU)
	for n := range 60 {
		if n != 40 && n != 45 {
			s.arrive(time.Duration(n)*20*ms, frameOf(heardSide, n, 1))
		}
		if n == 55 { // 1.1 s: block 0 is open for 20 ms more
			s.arrive(1119*ms, frameOf(heardSide, 40, 2))
		}
		if n == 56 {
			s.arrive(1121*ms, frameOf(heardSide, 45, 3))
		}
	}
	s.until(1200 * ms)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 6400}, run{2, 160}, run{1, 640}, run{0xFF, 160}, run{1, 2240})
	if c := s.tap.Counts(); c.Late != 1 {
		t.Errorf("%d late, want 1", c.Late)
	}
}

func TestANewStreamIsPlacedByTheClock(t *testing.T) {
	cases := map[string]func(n int) soundPacket{
		"new SSRC": func(n int) soundPacket {
			p := frameOf(heardSide, n+1_000_000, 2)
			p.ssrc = 8
			return p
		},
		"timestamp jumps ahead":                  func(n int) soundPacket { return frameOf(heardSide, n+30000, 2) },
		"timestamp jumps back":                   func(n int) soundPacket { return frameOf(heardSide, n-30000, 2) },
		"timestamp stood still during a silence": func(n int) soundPacket { return frameOf(heardSide, n-50, 2) },
		"timestamp ran on during a silence":      func(n int) soundPacket { return frameOf(heardSide, n, 2) },
	}
	for name, later := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t, PCMU)
			for n := range 50 {
				s.arrive(time.Duration(n)*20*ms, frameOf(heardSide, n, 1))
			}
			for n := 100; n < 150; n++ { // a second of hold between
				s.arrive(time.Duration(n)*20*ms, later(n))
			}
			s.until(3 * time.Second)
			s.stop()
			sameRuns(t, s.reel.channel(heardSide), run{1, 8000}, run{0xFF, 8000}, run{2, 8000})
		})
	}
}

func TestTimestampsWrap(t *testing.T) {
	s := newStudio(t, PCMU)
	for n := range 100 {
		p := frameOf(heardSide, n, 1)
		p.timestamp += 0xFFFFFFFF - 50*frameTicks
		s.arrive(time.Duration(n)*20*ms, p)
	}
	s.until(2 * time.Second)
	s.stop()
	sameRuns(t, s.reel.channel(heardSide), run{1, 16000})
	if c := s.tap.Counts(); c.Anchors != 1 {
		t.Errorf("%d anchors", c.Anchors)
	}
}

// TestTwelveHoursOfDriftInsertNoSilence (one under the race detector): one peer's clock 200 ppm fast, the other's 200 ppm slow, 30 ms of jitter.
// Each frame says which one it is; a slip repeats or drops one, and nothing else may happen.
func TestTwelveHoursOfDriftInsertNoSilence(t *testing.T) {
	const hours, ppm = hoursOfDrift, 200
	s := newStudio(t, PCMU)
	s.tap.lane.line.cuts[0].at = 1 << 60 // a file that need not end
	watch := driftWatch{t: t}
	s.reel.onAudio = watch.block
	random := rand.New(rand.NewPCG(3, 4))
	var next [2]int
	var due [2]time.Duration
	period := [2]time.Duration{20*ms - 20*ms*ppm/1_000_000, 20*ms + 20*ms*ppm/1_000_000}
	value := [2][]byte{make([]byte, frameBytes), make([]byte, frameBytes)}
	for round := drainEvery; round <= hours*time.Hour; round += drainEvery {
		for sd := range due {
			for ; due[sd] <= round; due[sd] += period[sd] {
				fill(value[sd], byte(1+next[sd]%200))
				p := soundPacket{payload: value[sd], timestamp: uint32(next[sd] * frameTicks), ssrc: 7, side: side(sd)}
				p.arrival = epoch + int64(due[sd]) + random.Int64N(int64(30*ms))
				s.tap.packet(&p)
				next[sd]++
			}
		}
		s.clock = round
		s.drain()
	}
	want := 2 * hours * 3600 * 50 * ppm / 1_000_000 // a frame for each 20 ms of drift, on both sides
	if c := s.tap.Counts(); int(c.Slips) < want-6 || int(c.Slips) > want+6 || c.Late != 0 || c.Anchors != 2 || c.Overrun != 0 {
		t.Errorf("counts %+v, want %d slips", c, want)
	}
	if watch.seconds < hours*3600-2 || watch.repeated < want/2-6 || watch.dropped < want/2-6 {
		t.Errorf("%d s recorded, %d frames repeated, %d dropped", watch.seconds, watch.repeated, watch.dropped)
	}
}

// driftWatch follows the frame numbers in both channels.
type driftWatch struct {
	t                          *testing.T
	last                       [channels]byte
	within                     [channels]int // samples of the frame so far
	seconds, repeated, dropped int
}

func (w *driftWatch) block(first uint64, b []byte) error {
	w.seconds++
	for i := 0; i < len(b); i++ {
		w.sample(i%channels, b[i])
	}
	if w.t.Failed() {
		w.t.Fatalf("in second %d", first/8000)
	}
	return nil
}

func (w *driftWatch) sample(ch int, v byte) {
	if v == w.last[ch] || w.last[ch] == 0 || w.last[ch] == ulawSilence {
		if w.within[ch]++; w.within[ch] == 2*frameBytes {
			w.repeated++
		}
		w.last[ch] = v
		return
	}
	switch step := (int(v) - int(w.last[ch]) + 200) % 200; {
	case v == ulawSilence:
		w.t.Errorf("channel %d: silence inserted", ch+1)
	case step == 2:
		w.dropped++
	case step != 1:
		w.t.Errorf("channel %d: frame %d after %d", ch+1, v, w.last[ch])
	}
	w.last[ch], w.within[ch] = v, 1
}

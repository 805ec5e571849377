package media

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// FuzzTap lets packets with any timestamps arrive at any time, between marks, pauses and ends. Blocks must stay in
// order and within their second (the reel looks), whatever the peers' numbers say, and the end must be where it was set.
func FuzzTap(f *testing.F) {
	step := func(what byte, wait uint16, stamp uint32, n byte) []byte {
		b := binary.BigEndian.AppendUint16([]byte{what}, wait)
		return append(binary.BigEndian.AppendUint32(b, stamp), n)
	}
	f.Add(slices.Concat(step(0, 20, 160, 160), step(1, 0, 0xFFFFFF00, 160), step(0, 900, 320, 80), step(5, 0, 0, 0)))
	f.Add(slices.Concat(step(0, 20, 0, 160), step(3, 400, 0, 0), step(0, 20, 4000, 255), step(4, 30, 0, 0), step(6, 9, 0, 0)))
	f.Fuzz(func(t *testing.T, story []byte) {
		s := newStudio(t, Codec([]byte{0, 8, 9}[len(story)%3]))
		for ; len(story) >= 8 && s.clock < time.Minute; story = story[8:] {
			at := s.clock + time.Duration(binary.BigEndian.Uint16(story[1:])%2000)*ms
			p := frameOf(side(story[0]&1), 0, 1)
			p.timestamp, p.payload = binary.BigEndian.Uint32(story[3:]), p.payload[:min(frameBytes, int(story[7]))]
			p.ssrc, p.codec = uint32(story[0]>>6), Codec([]byte{0, 8, 9}[(story[0]>>4)%3])
			switch story[0] & 7 {
			case 3:
				s.tap.Pause("amy", "")
			case 4:
				s.tap.Resume("amy", "")
			case 5:
				s.tap.Mark("hold", "amy", "")
			case 6:
				s.tap.Stop(Complete)
			default:
				s.arrive(at, p)
			}
			s.until(at)
		}
		s.tap.orphan()
		s.drain()
		if s.reel.finished != 1 || len(s.reel.sound) > int(s.reel.samples)*s.reel.width*channels {
			t.Errorf("finished %d times, %d bytes for %d samples", s.reel.finished, len(s.reel.sound), s.reel.samples)
		}
	})
}

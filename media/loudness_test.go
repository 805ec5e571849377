package media

import (
	"math"
	"testing"
	"time"
)

func TestSpokenHearsAVoiceAndNotARoom(t *testing.T) {
	for _, c := range []struct {
		code byte
		rate int64
	}{{1, 8000}, {2, 8000}, {3, 16000}} {
		tap := &Tap{}
		tap.code, tap.rate, tap.width = c.code, c.rate, 1+int(c.code)/3
		block := func(from, to time.Duration, level float64) (out []byte) {
			for i := range int(c.rate) {
				at, x := time.Duration(i)*time.Second/time.Duration(c.rate), int16(0)
				if at >= from && at < to {
					x = int16(level * math.Sin(2*math.Pi*300*at.Seconds()))
				}
				loud := int16(9000) // the other channel speaks all the time: it does not count
				switch c.code {
				case 1:
					out = append(out, encodeUlaw(x), encodeUlaw(loud))
				case 2:
					out = append(out, encodeAlaw(x), encodeAlaw(loud))
				default:
					out = append(out, byte(uint16(x)>>8), byte(x), byte(uint16(loud)>>8), byte(loud&0xff))
				}
			}
			return out
		}
		for name, w := range map[string]struct {
			block       []byte
			said, quiet time.Duration
		}{
			"voice": {block(0, time.Second, 3000), time.Second, 0}, "room": {block(0, time.Second, 120), 0, time.Second},
			"silence": {block(0, 0, 0), 0, time.Second}, "a word": {block(200*time.Millisecond, 600*time.Millisecond, 2000), 400 * time.Millisecond, 400 * time.Millisecond},
			"nothing": {nil, 0, 0},
		} {
			if said, quiet := tap.Spoken(w.block); said != w.said || quiet != w.quiet {
				t.Errorf("codec %d, %s: said %v, quiet %v, want %v, %v", c.code, name, said, quiet, w.said, w.quiet)
			}
		}
	}
}

package media

import (
	"encoding/binary"
	"time"
)

// telephoneEvent is the payload of RFC 4733 §2.3.
type telephoneEvent struct {
	code     byte   // 0..15 are the DTMF keys (§3.2); others are not keys
	end      bool   // E bit
	volume   byte   // dBm0 with its sign dropped
	duration uint16 // in units of the RTP clock
}

const (
	eventSize   = 4
	keys        = "0123456789*#ABCD"
	keyVolume   = 10 // -10 dBm0, what phones send
	endRepeats  = 3  // RFC 4733 §2.5.1.4
	frameTicks  = 160
	longestTick = 0xFFFF

	// stragglerTicks is how far behind the newest press a timestamp is taken for an older press: 5 s. Further away it
	// belongs to a stream that has begun anew, whose timestamps start anywhere (RFC 3550 §5.1).
	stragglerTicks = 5 * 8000
)

// parseTelephoneEvent reads the first event of a payload; more of them (RFC 4733 §2.5.1.5) have been out of use since
// RFC 2833 and are not looked at.
func parseTelephoneEvent(payload []byte) (telephoneEvent, bool) {
	if len(payload) < eventSize {
		return telephoneEvent{}, false
	}
	return telephoneEvent{
		code:     payload[0],
		end:      payload[1]&0x80 != 0,
		volume:   payload[1] & 0x3F,
		duration: binary.BigEndian.Uint16(payload[2:]),
	}, true
}

// put writes the payload; dst must hold eventSize bytes. The R bit stays zero.
func (e telephoneEvent) put(dst []byte) int {
	dst[0], dst[1] = e.code, e.volume&0x3F
	if e.end {
		dst[1] |= 0x80
	}
	binary.BigEndian.PutUint16(dst[2:], e.duration)
	return eventSize
}

// digitReader finds the key presses in one peer's telephone-event packets. A press is known by its RTP timestamp,
// which stands still while the key is down: the first packet that comes is enough, so neither the marker, nor the
// first packet, nor all three ends need to arrive. The zero value is ready.
type digitReader struct {
	seen   bool
	latest uint32 // timestamp of the newest press, or of its newest segment
	code   byte
	long   bool // the newest segment has reached the longest duration
}

// event takes one packet and tells a digit once a press.
func (r *digitReader) event(timestamp uint32, payload []byte) (digit byte, ok bool) {
	e, ok := parseTelephoneEvent(payload)
	if !ok || int(e.code) >= len(keys) {
		return 0, false
	}
	if r.seen && r.latest-timestamp < stragglerTicks {
		r.long = r.long || timestamp == r.latest && !e.end && e.duration == longestTick
		return 0, false // the same press again, or a straggler of an older one
	}
	// A press longer than 8.2 s goes on in a new segment with a new timestamp (RFC 4733 §2.5.1.3).
	segment := r.seen && r.code == e.code && timestamp-r.latest == longestTick && r.long
	r.seen, r.latest, r.code = true, timestamp, e.code
	r.long = !e.end && e.duration == longestTick
	return keys[e.code], !segment
}

// digitWriter makes the packets of one press, one every 20 ms.
type digitWriter struct {
	code  byte
	ticks int // of the whole press
	at    int
	ends  int
}

// newDigitWriter presses a key of "0123456789*#ABCD" for d, which is rounded up to whole frames and kept between 40 ms
// and 8 s: shorter ones are missed by many receivers, longer ones would need segments. Another byte gives no packets.
func newDigitWriter(digit byte, d time.Duration) digitWriter {
	code, ok := keyCode(digit)
	if !ok {
		return digitWriter{ends: endRepeats}
	}
	d = max(2*frameTime, min(d, 8*time.Second))
	frames := int((d + frameTime - 1) / frameTime)
	return digitWriter{code: code, ticks: frames * frameTicks}
}

// next fills dst with the next payload; more is false with the last one. n is 0 when there is none.
func (w *digitWriter) next(dst []byte) (n int, more bool) {
	if w.ends >= endRepeats {
		return 0, false
	}
	w.at = min(w.at+frameTicks, w.ticks)
	end := w.at == w.ticks
	if end {
		w.ends++
	}
	n = telephoneEvent{w.code, end, keyVolume, uint16(w.at)}.put(dst[:eventSize])
	return n, w.ends < endRepeats
}

func keyCode(digit byte) (byte, bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	for i := range len(keys) {
		if keys[i] == digit {
			return byte(i), true
		}
	}
	return 0, false
}

package media

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

type eventPacket struct {
	stamp   uint32
	payload string // hex
}

func pressed(t *testing.T, packets []eventPacket) string {
	t.Helper()
	var r digitReader
	var out strings.Builder
	for _, p := range packets {
		raw, err := hex.DecodeString(p.payload)
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := r.event(p.stamp, raw); ok {
			out.WriteByte(d)
		}
	}
	return out.String()
}

func TestOnePressIsOneDigit(t *testing.T) {
	cases := []struct {
		name    string
		packets []eventPacket
		want    string
	}{
		{"the RFC 4733 §5 example: 9, 1, 1", []eventPacket{
			{0, "09070190"}, {0, "09070320"}, {0, "09070640"}, {0, "09870640"}, {0, "09870640"},
			{11200, "010a0190"}, {11200, "010a0320"}, {11200, "018a0320"},
			{25600, "010a0190"}, {25600, "018a0190"},
		}, "911"},
		{"all three ends", []eventPacket{{8, "050a00a0"}, {8, "058a0140"}, {8, "058a0140"}, {8, "058a0140"}}, "5"},
		{"every end lost", []eventPacket{{8, "050a00a0"}, {8, "050a0140"}, {3208, "060a00a0"}}, "56"},
		{"only the last end arrives", []eventPacket{{8, "058a0140"}}, "5"},
		{"the same key twice", []eventPacket{{8, "058a0140"}, {1608, "058a0140"}}, "55"},
		{"an end that comes after the next key", []eventPacket{{8, "050a00a0"}, {1608, "060a00a0"}, {8, "058a0140"}}, "56"},
		{"the timestamp wraps", []eventPacket{{0xFFFFFF00, "038a0140"}, {0x500, "048a0140"}}, "34"},
		{"a new stream begins behind the old one", []eventPacket{{90000, "058a0140"}, {10, "068a0140"}}, "56"},
		{"a long press in segments", []eventPacket{{0, "070aFF60"}, {0, "070aFFFF"}, {65535, "070a00a0"}, {65535, "078a0140"}}, "7"},
		{"the same key exactly 8.2 s later", []eventPacket{{0, "078a0140"}, {65535, "078a0140"}}, "77"},
		{"star, hash and letters", []eventPacket{{0, "0a8a0140"}, {2000, "0b8a0140"}, {4000, "0c8a0140"}, {6000, "0f8a0140"}}, "*#AD"},
		{"hook flash and fax tones are no keys", []eventPacket{{0, "108a0140"}, {2000, "248a0140"}}, ""},
		{"too short", []eventPacket{{0, "050a01"}, {0, ""}}, ""},
		{"a second event behind the first", []eventPacket{{0, "058a0140068a0140"}}, "5"},
	}
	for _, c := range cases {
		if got := pressed(t, c.packets); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWrittenDigitsAreReadBack(t *testing.T) {
	for _, key := range []byte(keys) {
		w := newDigitWriter(key, 100*time.Millisecond)
		var r digitReader
		var got []byte
		ends, packets, last := 0, 0, uint16(0)
		for more := true; more; packets++ {
			var n int
			var buf [eventSize]byte
			n, more = w.next(buf[:])
			e, ok := parseTelephoneEvent(buf[:n])
			if !ok || e.duration < last || e.volume != keyVolume {
				t.Fatalf("%c: packet %d is %+v", key, packets, e)
			}
			last = e.duration
			if e.end {
				ends++
			}
			if d, ok := r.event(4000, buf[:n]); ok {
				got = append(got, d)
			}
		}
		if string(got) != string(key) || ends != 3 || packets != 7 || last != 800 {
			t.Errorf("%c: read %q, %d ends, %d packets, duration %d", key, got, ends, packets, last)
		}
		if n, more := w.next(make([]byte, eventSize)); n != 0 || more {
			t.Errorf("%c: something follows the last end", key)
		}
	}
	w := newDigitWriter('x', time.Second)
	if n, more := w.next(make([]byte, eventSize)); n != 0 || more {
		t.Error("a packet for what is no key")
	}
	if w := newDigitWriter('1', time.Hour); w.ticks > longestTick {
		t.Error("a press longer than one event can say")
	}
}

func FuzzTelephoneEvent(f *testing.F) {
	f.Add(uint32(0), []byte{5, 10, 0, 160}, []byte{5, 138, 1, 64})
	f.Add(uint32(0xFFFFFFFF), []byte{}, []byte{16, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, stamp uint32, a, b []byte) {
		var r digitReader
		first, ok := r.event(stamp, a)
		if ok && strings.IndexByte(keys, first) < 0 {
			t.Errorf("%q is no key", first)
		}
		if _, again := r.event(stamp, b); ok && again {
			t.Error("two digits with one timestamp")
		}
	})
}

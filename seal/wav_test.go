package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
	"time"
)

func sprint(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// ITU-T G.711: the ends of the scales and the values around zero.
func TestG711DecodesByTheTables(t *testing.T) {
	for octet, want := range map[byte]int16{0x00: -32124, 0x80: 32124, 0x7F: 0, 0xFF: 0, 0xFE: 8, 0x7E: -8, 0xEF: 132} {
		if got := ulaw[octet]; got != want {
			t.Errorf("µ-law %02X: %d, want %d", octet, got, want)
		}
	}
	for octet, want := range map[byte]int16{0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0xD4: 24, 0xC5: 264} {
		if got := alaw[octet]; got != want {
			t.Errorf("A-law %02X: %d, want %d", octet, got, want)
		}
	}
}

func openSpecimen(t testing.TB, s specimen) *Reader {
	t.Helper()
	b := s.join()
	rd, err := OpenReader(bytes.NewReader(b), int64(len(b)), s.key)
	if err != nil {
		t.Fatal(err)
	}
	return rd
}

// expected lays a specimen's sound out by hand.
func expected(s specimen, h Header, samples int) []byte {
	out := make([]byte, samples*2*h.Channels)
	for _, p := range s.plain {
		if bytes.HasPrefix(p, []byte("{")) {
			continue
		}
		first := int(binary.BigEndian.Uint64(p))
		copy(out[first*2*h.Channels:], h.Codec.expand(nil, p[8:]))
	}
	return out
}

func TestWAVIsTheTimelineWithItsPauses(t *testing.T) {
	for _, c := range []struct {
		codec          Codec
		channels, rate int
	}{{PCMU, 2, 8000}, {PCMA, 1, 8000}, {L16, 2, 16000}} {
		t.Run(sprint("%s-%d", c.codec, c.channels), func(t *testing.T) {
			s := newSpecimen(t, c.codec, c.channels, c.rate)
			rd := openSpecimen(t, s)
			v := rd.WAV()
			if err := iotest.TestReader(v, append(v.head[:], expected(s, rd.header, int(rd.Samples()))...)); err != nil {
				t.Error(err)
			}
			le := binary.LittleEndian
			if got := le.Uint32(v.head[40:]); int64(got)+wavHead != v.Size() || int64(le.Uint32(v.head[4:]))+8 != v.Size() {
				t.Errorf("header says %d, view has %d", got, v.Size())
			}
		})
	}
}

func TestUnfinishedFileIsHeardToItsLastWholeRecord(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	b := s.unfinished().join()
	b = b[:len(b)-10]
	rd, err := OpenReader(bytes.NewReader(b), int64(len(b)), s.key)
	if err != nil {
		t.Fatal(err)
	}
	if state, fault := rd.State(); state != Incomplete || !errors.Is(fault, &Fault{Kind: Cut}) {
		t.Errorf("%s %v", state, fault)
	}
	if rd.Samples() != 7*160 {
		t.Errorf("%d samples", rd.Samples())
	}
	got, err := io.ReadAll(rd.WAV())
	if want := expected(s, rd.header, 12*8000+160)[:7*160*4]; err != nil || !bytes.Equal(got[wavHead:], want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestPlaybackStopsAtABadRecord(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	whole := expected(s, openSpecimen(t, s).header, 12*8000+320)[:2*160*4]
	s.records[4][60] ^= 1
	got, err := io.ReadAll(openSpecimen(t, s).WAV())
	if !errors.Is(err, &Fault{Kind: BadTag}) {
		t.Errorf("bad record: %v", err)
	}
	if !bytes.Equal(got[wavHead:], whole) {
		t.Errorf("%d bytes were given, want the %d before the bad record", len(got)-wavHead, len(whole))
	}
}

func TestPlaybackMissesADroppedRecord(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	s.records = append(s.records[:finalRecord-1], s.records[finalRecord])
	if _, err := io.ReadAll(openSpecimen(t, s).WAV()); !errors.Is(err, &Fault{Kind: BadSequence}) {
		t.Errorf("dropped record: %v", err)
	}
}

// hour is a recording of an hour with a pause of ten minutes in the middle.
func hour(t testing.TB) (*bytes.Reader, DataKey) {
	t.Helper()
	var out bytes.Buffer
	w, key, h := create(t, &out, PCMU, 2, 8000)
	for i := range 3600 {
		if i >= 1800 && i < 2400 {
			continue
		}
		if err := w.Audio(uint64(i*8000), tone(h, i, 8000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(Complete, 3600*8000); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(out.Bytes()), key
}

// reads counts what a seek costs the disk.
type reads struct {
	*bytes.Reader
	calls, bytes int
}

func (r *reads) ReadAt(b []byte, off int64) (int, error) {
	r.calls++
	r.bytes += len(b)
	return r.Reader.ReadAt(b, off)
}

func TestSeekReadsLittle(t *testing.T) {
	file, key := hour(t)
	disk := &reads{Reader: file}
	rd, err := OpenReader(disk, file.Size(), key)
	if err != nil {
		t.Fatal(err)
	}
	v := rd.WAV()
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		second := random.IntN(3600)
		disk.calls = 0
		if _, err := v.Seek(wavHead+int64(second)*8000*4, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4*8000)
		if _, err := io.ReadFull(v, got); err != nil {
			t.Fatal(err)
		}
		want := make([]byte, 4*8000)
		if second < 1800 || second >= 2400 {
			want = PCMU.expand(nil, tone(rd.header, second, 8000))
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("second %d is not what was said then", second)
		}
		if disk.calls > 3 {
			t.Errorf("second %d took %d reads", second, disk.calls)
		}
	}
}

func TestHTTPServesRanges(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	rd := openSpecimen(t, s)
	all, err := io.ReadAll(rd.WAV())
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("GET", "/audio", nil)
	req.Header.Set("Range", "bytes=1000-4999")
	rec := httptest.NewRecorder()
	http.ServeContent(rec, req, "call.wav", time.Time{}, rd.WAV())
	if rec.Code != http.StatusPartialContent || !bytes.Equal(rec.Body.Bytes(), all[1000:5000]) {
		t.Errorf("%d, %d bytes", rec.Code, rec.Body.Len())
	}
}

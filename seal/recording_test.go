package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// counter counts the write calls of a Writer and fails from a given one on.
type counter struct {
	bytes.Buffer
	calls, failFrom int
}

var errDiskFull = errors.New("no space left on device")

func (c *counter) Write(b []byte) (int, error) {
	c.calls++
	if c.failFrom > 0 && c.calls >= c.failFrom {
		n, _ := c.Buffer.Write(b[:len(b)/2])
		return n, errDiskFull
	}
	return c.Buffer.Write(b)
}

func create(t testing.TB, out io.Writer, codec Codec, channels, rate int) (*Writer, DataKey, Header) {
	t.Helper()
	h, err := NewHeader(codec, channels, rate)
	if err != nil {
		t.Fatal(err)
	}
	key := NewDataKey()
	w, err := Create(out, key, h, Meta{CallID: "call-1", ClinicID: "clinic-1", Part: 1})
	if err != nil {
		t.Fatal(err)
	}
	return w, key, h
}

func TestARecordIsOneWrite(t *testing.T) {
	var out counter
	w, _, h := create(t, &out, PCMU, 2, 8000)
	if out.calls != 2 {
		t.Errorf("header and META took %d writes", out.calls)
	}
	if err := w.Audio(0, tone(h, 0, 8000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Mark([]byte(`{"at":8000}`)); err != nil {
		t.Fatal(err)
	}
	if out.calls != 4 {
		t.Errorf("two records took %d writes", out.calls-2)
	}
}

func TestSummaryIsWhatVerifyFinds(t *testing.T) {
	for _, codec := range []Codec{PCMU, PCMA} {
		var out bytes.Buffer
		w, key, h := create(t, &out, codec, 2, 8000)
		for i := range 65 {
			if err := w.Audio(uint64(i*8000), tone(h, i, 8000)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish(Continued, 66*8000); err != nil {
			t.Fatal(err)
		}
		rep := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), key)
		if err := rep.Matches(w.Summary()); err != nil {
			t.Error(err)
		}
		if rep.Duration != 66*time.Second {
			t.Errorf("lasts %s", rep.Duration)
		}
		if rep.Status != Continued || rep.Samples != 66*8000 || rep.Records != 66 || !rep.Footer {
			t.Errorf("%+v", rep)
		}
		if size := w.Summary().Size; size != int64(out.Len()) {
			t.Errorf("size %d, file has %d", size, out.Len())
		}
	}
}

func TestAnotherWholeFileDoesNotMatch(t *testing.T) {
	one, two := newSpecimen(t, PCMU, 1, 8000), newSpecimen(t, PCMU, 1, 8000)
	a := Verify(bytes.NewReader(one.join()), int64(len(one.join())), one.key)
	b := Verify(bytes.NewReader(two.join()), int64(len(two.join())), two.key)
	s := Summary{FileID: b.FileID, Records: b.Records, Samples: b.Samples, Transcript: b.Transcript, SHA256: b.SHA256}
	if err := a.Matches(s); !errors.Is(err, &Fault{Kind: Mismatch}) {
		t.Errorf("matched: %v", err)
	}
}

func TestWriterRefusesWhatItCannotKeep(t *testing.T) {
	var out bytes.Buffer
	w, _, h := create(t, &out, PCMU, 2, 8000)
	cases := []struct {
		what string
		err  error
		do   func() error
	}{
		{"half a frame", ErrBlock, func() error { return w.Audio(0, make([]byte, 3)) }},
		{"nothing", ErrBlock, func() error { return w.Audio(0, nil) }},
		{"more than a record", ErrBlock, func() error { return w.Audio(0, make([]byte, maxPlain)) }},
		{"a first block", nil, func() error { return w.Audio(0, tone(h, 0, 160)) }},
		{"a block over the last", ErrBackwards, func() error { return w.Audio(159, tone(h, 0, 160)) }},
		{"an unknown status", ErrStatus, func() error { return w.Finish(9, 0) }},
		{"the end", nil, func() error { return w.Finish(Complete, 0) }},
		{"audio after it", ErrFinished, func() error { return w.Audio(160, tone(h, 0, 160)) }},
		{"a mark after it", ErrFinished, func() error { return w.Mark([]byte("{}")) }},
		{"a second end", ErrFinished, func() error { return w.Finish(Complete, 0) }},
	}
	for _, c := range cases {
		if err := c.do(); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.what, err, c.err)
		}
	}
}

func TestFullDiskIsRememberedAndTheRestRecovers(t *testing.T) {
	out := counter{failFrom: 5}
	w, key, h := create(t, &out, PCMU, 2, 8000)
	for i := range 2 {
		if err := w.Audio(uint64(i*8000), tone(h, i, 8000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Audio(16000, tone(h, 2, 8000)); !errors.Is(err, errDiskFull) {
		t.Errorf("full disk: %v", err)
	}
	if err := w.Finish(Complete, 24000); !errors.Is(err, errDiskFull) {
		t.Errorf("afterwards: %v", err)
	}
	if out.calls != 5 {
		t.Errorf("wrote on after an error: %d calls", out.calls)
	}
	rep := Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), key)
	if rep.Verdict != Incomplete || rep.Samples != 16000 {
		t.Errorf("%+v", rep)
	}
}

func TestNothingInClear(t *testing.T) {
	var out bytes.Buffer
	h, _ := NewHeader(PCMU, 1, 8000)
	w, err := Create(&out, NewDataKey(), h, Meta{CallID: "canary-call", ClinicID: "canary-clinic", Channels: []string{"canary-side"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Audio(0, bytes.Repeat([]byte("canary-sound"), 100))
	_ = w.Mark([]byte(`{"actor":"canary-actor"}`))
	_ = w.Finish(Complete, 1200)
	if bytes.Contains(out.Bytes(), []byte("canary")) {
		t.Error("a canary stands in the file")
	}
}

func TestSteadyRecordingAllocatesNothing(t *testing.T) {
	w, _, h := create(t, io.Discard, PCMU, 2, 8000)
	block, at := tone(h, 0, 8000), uint64(0)
	n := testing.AllocsPerRun(200, func() {
		if err := w.Audio(at, block); err != nil {
			t.Fatal(err)
		}
		at += 8000
	})
	if n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func TestIndexThinsWhenItIsFull(t *testing.T) {
	x := newIndex(8000)
	const step = 80000
	for i := range 3*maxWaypoints + 7 {
		x.add(uint64(i*step), int64(headerSize+i))
	}
	if x.interval != 4*step || len(x.entries) != (3*maxWaypoints+7+3)/4 {
		t.Errorf("%d entries, an interval of %d samples", len(x.entries), x.interval)
	}
	for i, p := range x.entries {
		if p.sample != uint64(4*i*step) || p.offset != int64(headerSize+4*i) {
			t.Fatalf("entry %d: %+v", i, p)
		}
	}
}

func TestReaderListsMarksAndMeta(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	rd, err := OpenReader(bytes.NewReader(s.join()), int64(len(s.join())), s.key)
	if err != nil {
		t.Fatal(err)
	}
	marks, err := rd.Marks()
	if err != nil || len(marks) != 1 || marks[0].Kind != "pause" || marks[0].At != 320 {
		t.Errorf("%v %v", marks, err)
	}
	if m := rd.Meta(); m.CallID != "call-1" || m.Previous != nil || len(m.Legs) != 2 {
		t.Errorf("%+v", m)
	}
	if rd.Status() != Complete {
		t.Error(rd.Status())
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	k := NewDataKey()
	for _, s := range []string{k.String(), sprint("%v", k), sprint("%x", k), sprint("%+v", struct{ K DataKey }{k}), sprint("%#v", &k)} {
		if strings.Contains(s, k.Hex()[:8]) || !strings.Contains(s, redacted) {
			t.Errorf("a key printed as %q", s)
		}
	}
}

// FuzzReader changes files at will: nothing may crash, and nothing may pass for whole but the very bytes that were written
// (the escrow slot aside).
func FuzzReader(f *testing.F) {
	for _, v := range readVectors(f) {
		f.Add(v.bytes)
	}
	good := readVectors(f)
	key, err := ParseDataKey(good[0].Key)
	if err != nil {
		f.Fatal(err)
	}
	written := map[string]bool{}
	for _, v := range good {
		if v.Verdict == OK && v.Key == good[0].Key {
			written[authenticPart(v.bytes)] = true
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rep := Verify(bytes.NewReader(b), int64(len(b)), key)
		if rep.Verdict == OK && rep.Footer && !written[authenticPart(b)] {
			t.Error("a file that nobody wrote is ok")
		}
		rd, err := OpenReader(bytes.NewReader(b), int64(len(b)), key)
		if err != nil {
			return
		}
		_, _ = rd.Marks()
		_, err = io.Copy(io.Discard, rd.WAV())
		if rep.Verdict == OK && err != nil {
			t.Errorf("whole, and not to be heard: %v", err)
		}
	})
}

func authenticPart(b []byte) string {
	return string(b[:transcribed]) + string(b[headerSize:])
}

// FuzzFinal feeds the parser what only the holder of a key could.
func FuzzFinal(f *testing.F) {
	full := Final{Status: Complete, Records: 3, Samples: 9, index: []waypoint{{0, headerSize}, {80000, 90000}}}
	b := make([]byte, full.size())
	full.encode(b)
	f.Add(b)
	f.Add(binary.BigEndian.AppendUint32(make([]byte, 49), 1<<31))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := parseFinal(b)
		if !ok {
			return
		}
		again := make([]byte, got.size())
		got.encode(again)
		if !bytes.Equal(b, again) {
			t.Error("not written as it was read")
		}
	})
}

package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// The vectors lie in testdata/seal as files beside vectors.json, for any reader of the format. Nonces are random, so
// making them anew (go test ./seal -run TestVectors -remake) gives other files that say the same. What is expected of each
// is written down here by hand and by construction, never taken from the reader under test.

var remake = flag.Bool("remake", false, "write testdata/seal anew")

const vectorFolder = "../testdata/seal"

type vector struct {
	File      string    `json:"file"`
	Why       string    `json:"why"`
	Key       string    `json:"key"`
	Verdict   Verdict   `json:"verdict"`
	Fault     FaultKind `json:"fault"`
	Record    int64     `json:"record"`           // the bad one; -1: the header
	Released  int       `json:"released"`         // records whose plaintext may be seen, in order
	Plaintext string    `json:"plaintext_sha256"` // of their plaintexts, one after the other, FINAL left out
	bytes     []byte
}

// specimen is a finished file taken apart.
type specimen struct {
	key     DataKey
	header  []byte
	records [][]byte
	footer  []byte
	plain   [][]byte
}

func (s specimen) clone() specimen {
	c := s
	c.header, c.footer = bytes.Clone(s.header), bytes.Clone(s.footer)
	c.records = make([][]byte, len(s.records))
	for i, r := range s.records {
		c.records[i] = bytes.Clone(r)
	}
	return c
}

func (s specimen) join() []byte {
	return slices.Concat(s.header, bytes.Join(s.records, nil), s.footer)
}

// unfinished leaves FINAL and footer out.
func (s specimen) unfinished() specimen {
	c := s.clone()
	c.records, c.footer = c.records[:len(c.records)-1], nil
	return c
}

// plaintext hashes what the first n records hold, FINAL left out.
func (s specimen) plaintext(n int) string {
	h := sha256.New()
	for _, p := range s.plain[:min(n, len(s.plain))] {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// tone is a saw that differs by block and channel.
func tone(h Header, block, frames int) []byte {
	b := make([]byte, frames*h.Frame())
	for i := range b {
		b[i] = byte(i*7 + block*31)
	}
	return b
}

func newSpecimen(t testing.TB, codec Codec, channels, rate int) specimen {
	t.Helper()
	h, err := NewHeader(codec, channels, rate)
	if err != nil {
		t.Fatal(err)
	}
	key := NewDataKey()
	meta := Meta{
		CallID: "call-1", ClinicID: "clinic-1", Direction: "in", Started: time.Date(2026, 3, 1, 3, 4, 5, 0, time.UTC),
		Consent: "announced", KeyVersion: 1, Part: 1, Channels: []string{"caller", "agent"}[:channels],
		Legs: []MetaLeg{{"leg-1", "caller"}, {"leg-2", "agent"}},
	}
	var out bytes.Buffer
	w, err := Create(&out, key, h, meta)
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := meta.encode()
	s := specimen{key: key, plain: [][]byte{plain}}
	block := h.Rate / 50
	audio := func(n, first int) {
		b := tone(h, n, block)
		if err := w.Audio(uint64(first), b); err != nil {
			t.Fatal(err)
		}
		s.plain = append(s.plain, append(binary.BigEndian.AppendUint64(nil, uint64(first)), b...))
	}
	audio(0, 0)
	audio(1, block)
	mark := []byte(`{"at":320,"kind":"pause","actor":"agent-1","reason":"card number"}`)
	if err := w.Mark(mark); err != nil {
		t.Fatal(err)
	}
	s.plain = append(s.plain, mark)
	audio(2, 5*block)
	audio(3, 6*block)
	audio(4, 12*h.Rate)
	if err := w.Finish(Complete, uint64(12*h.Rate+2*block)); err != nil {
		t.Fatal(err)
	}
	s.header, s.records, s.footer = dissect(t, out.Bytes())
	return s
}

func dissect(t testing.TB, b []byte) (header []byte, records [][]byte, footer []byte) {
	t.Helper()
	b = bytes.Clone(b)
	header, b = b[:headerSize], b[headerSize:]
	for {
		n := headSize + int(binary.BigEndian.Uint32(b))
		rec := b[:n:n]
		records, b = append(records, rec), b[n:]
		if recordType(rec[4]) == typeFinal {
			return header, records, b
		}
	}
}

// The records of a specimen: 0 META, 1-2 audio, 3 a mark, 4-6 audio, 7 FINAL.
const finalRecord = 7

func makeVectors(t testing.TB) []vector {
	whole := newSpecimen(t, PCMU, 2, 8000)
	other := newSpecimen(t, PCMU, 2, 8000)
	v := maker{base: whole}
	v.good(t)
	v.headers(other)
	v.tampered(other)
	v.ends()
	return v.all
}

type maker struct {
	base specimen
	all  []vector
}

// add files one vector whose first released records may be seen.
func (m *maker) add(file, why string, s specimen, released int, want outcome) {
	m.all = append(m.all, vector{
		File: file + ".nbr", Why: why, Key: s.key.Hex(), Verdict: want.verdict, Fault: want.fault, Record: want.record,
		Released: released, Plaintext: s.plaintext(released), bytes: s.join(),
	})
}

type outcome struct {
	verdict Verdict
	fault   FaultKind
	record  int64
}

func (m *maker) edit(change func(s *specimen)) specimen {
	s := m.base.clone()
	change(&s)
	return s
}

func (m *maker) good(t testing.TB) {
	ok := outcome{verdict: OK}
	m.add("whole", "a finished file: PCMU, two channels, a mark, two pauses", m.base, 8, ok)
	m.add("whole-alaw-mono", "PCMA, one channel", newSpecimen(t, PCMA, 1, 8000), 8, ok)
	m.add("whole-linear", "L16 at 16 kHz, two channels", newSpecimen(t, L16, 2, 16000), 8, ok)
	m.add("no-footer", "FINAL without a footer is valid", m.edit(func(s *specimen) { s.footer = nil }), 8, ok)
	m.add("torn-footer", "FINAL and the beginning of its footer", m.edit(func(s *specimen) { s.footer = s.footer[:5] }), 8, ok)
	m.add("shredded-slot", "an escrow slot that was never part of what is authenticated", m.edit(func(s *specimen) {
		binary.BigEndian.PutUint16(s.header[128:], 1)
		binary.BigEndian.PutUint16(s.header[130:], 40)
		s.header[150] = 0xAA
	}), 8, ok)
	m.add("unfinished", "no FINAL: read up to its last whole record, never ok", m.base.unfinished(), 7, outcome{Incomplete, Unfinished, 7})
}

func (m *maker) headers(other specimen) {
	flip := func(at int, bit byte) specimen { return m.edit(func(s *specimen) { s.header[at] ^= bit }) }
	bad := func(kind FaultKind) outcome { return outcome{Damaged, kind, inHeader} }
	m.add("flipped-salt", "one bit of the salt", flip(40, 1), 0, bad(Commitment))
	m.add("flipped-file-id", "one bit of the file id", flip(16, 1), 0, bad(Commitment))
	m.add("flipped-codec", "PCMU made L16", flip(64, 2), 0, bad(Commitment))
	m.add("flipped-commitment", "one bit of the commitment", flip(100, 0x80), 0, bad(Commitment))
	m.add("future-version", "format version 2", flip(9, 3), 0, bad(UnknownVersion))
	m.add("future-suite", "suite 2", flip(11, 3), 0, bad(UnknownSuite))
	m.add("reserved-header", "a reserved byte that is not zero", flip(80, 1), 0, bad(Reserved))
	m.add("reserved-flag", "an unknown flag", flip(15, 2), 0, bad(Reserved))
	m.add("reserved-slot", "a byte behind the escrow slot", flip(2000, 1), 0, bad(Reserved))
	m.add("wrong-key", "another file's key", m.edit(func(s *specimen) { s.key = other.key }), 0, bad(Commitment))
	m.add("foreign-header", "another file's header", m.edit(func(s *specimen) { s.header = other.header }), 0, bad(Commitment))
}

func (m *maker) tampered(other specimen) {
	at := func(kind FaultKind, record int64) outcome { return outcome{Damaged, kind, record} }
	flip := func(rec, i int) specimen { return m.edit(func(s *specimen) { s.records[rec][i] ^= 1 }) }
	m.add("flipped-audio", "one bit of sealed sound", flip(2, 60), 2, at(BadTag, 2))
	m.add("flipped-nonce", "one bit of a nonce", flip(2, 20), 2, at(BadTag, 2))
	m.add("flipped-tag", "one bit of a tag", flip(4, len(m.base.records[4])-1), 4, at(BadTag, 4))
	m.add("flipped-meta", "one bit of META", flip(0, 40), 0, at(BadTag, 0))
	m.add("flipped-sequence", "one bit of a record's number", flip(2, 15), 2, at(BadSequence, 2))
	m.add("flipped-length", "one bit of a record's length", flip(2, 3), 2, at(BadTag, 2))
	m.add("flipped-length-high", "a length out of bounds", m.edit(func(s *specimen) { s.records[2][0] = 0x80 }), 2, at(BadLength, 2))
	m.add("reserved-record", "a reserved byte in a record's head", flip(2, 6), 2, at(Reserved, 2))
	m.add("type-changed", "AUDIO made MARK", flip(2, 4), 2, at(BadTag, 2))
	m.add("type-unknown", "a type that does not exist", m.edit(func(s *specimen) { s.records[2][4] = 9 }), 2, at(BadType, 2))
	m.add("swapped", "two records swapped", m.edit(func(s *specimen) { swap(s, 4, 5) }), 4, at(BadSequence, 4))
	m.add("swapped-renumbered", "two records swapped and renumbered", m.edit(func(s *specimen) {
		swap(s, 4, 5)
		binary.BigEndian.PutUint64(s.records[4][8:], 4)
		binary.BigEndian.PutUint64(s.records[5][8:], 5)
	}), 4, at(BadTag, 4))
	m.add("duplicated", "a record twice", m.edit(func(s *specimen) {
		s.records = slices.Insert(s.records, 5, s.records[4])
	}), 5, at(BadSequence, 5))
	m.add("foreign-record", "a record of another file", m.edit(func(s *specimen) { s.records[4] = other.records[4] }), 4, at(BadTag, 4))
	m.add("dropped-last", "the last record dropped, FINAL kept", m.edit(func(s *specimen) {
		s.records = slices.Delete(s.records, finalRecord-1, finalRecord)
	}), 6, at(BadSequence, 6))
	m.add("dropped-middle", "a record in the middle dropped", m.edit(func(s *specimen) {
		s.records = slices.Delete(s.records, 3, 4)
	}), 3, at(BadSequence, 3))
}

func swap(s *specimen, i, j int) { s.records[i], s.records[j] = s.records[j], s.records[i] }

func (m *maker) ends() {
	m.add("cut-inside", "cut inside a record", m.edit(func(s *specimen) {
		s.records, s.footer = s.records[:6], nil
		s.records[5] = s.records[5][:100]
	}), 5, outcome{Incomplete, Cut, 5})
	m.add("cut-in-head", "cut inside a record's head", m.edit(func(s *specimen) {
		s.records, s.footer = s.records[:6], nil
		s.records[5] = s.records[5][:9]
	}), 5, outcome{Incomplete, Cut, 5})
	m.add("cut-at-boundary", "cut between two records", m.edit(func(s *specimen) { s.records, s.footer = s.records[:5], nil }), 5,
		outcome{Incomplete, Unfinished, 5})
	m.add("cut-in-header", "cut inside the header", m.edit(func(s *specimen) {
		s.header, s.records, s.footer = s.header[:1000], nil, nil
	}), 0, outcome{Incomplete, Cut, inHeader})
	m.add("after-footer", "bytes after the footer", m.edit(func(s *specimen) { s.footer = append(s.footer, "more"...) }), 8,
		outcome{Damaged, Trailing, 8})
	m.add("flipped-footer", "one bit of the footer", m.edit(func(s *specimen) { s.footer[12] ^= 1 }), 8, outcome{Damaged, Trailing, 8})
	m.add("zero-tail", "an unfinished file that ends in zeros", m.edit(func(s *specimen) {
		*s = s.unfinished()
		s.footer = make([]byte, 700)
	}), 7, outcome{Incomplete, BadLength, 7})
	m.add("zero-tail-finished", "zeros after the footer", m.edit(func(s *specimen) { s.footer = append(s.footer, make([]byte, 100)...) }), 8,
		outcome{Damaged, Trailing, 8})
	m.add("bad-middle-unfinished", "a bad record with good ones behind it, no FINAL", m.edit(func(s *specimen) {
		*s = s.unfinished()
		s.records[4][50] ^= 1
	}), 4, outcome{Damaged, BadTag, 4})
	m.add("bad-length-unfinished", "a length that hides the good records behind it, no FINAL", m.edit(func(s *specimen) {
		*s = s.unfinished()
		s.records[4][2] = 0xFF
	}), 4, outcome{Damaged, Cut, 4})
	m.add("bad-last-unfinished", "the last record torn in place, no FINAL", m.edit(func(s *specimen) {
		*s = s.unfinished()
		s.records[6][50] ^= 1
	}), 6, outcome{Incomplete, BadTag, 6})
}

func writeVectors(t *testing.T, all []vector) {
	t.Helper()
	if err := os.MkdirAll(vectorFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if err := os.WriteFile(filepath.Join(vectorFolder, v.File), v.bytes, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(vectorFolder, "vectors.json"), append(list, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(vectorFolder, "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(list, &all); err != nil {
		t.Fatal(err)
	}
	for i, v := range all {
		if all[i].bytes, err = os.ReadFile(filepath.Join(vectorFolder, v.File)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// released walks a file as every reader here does and hashes each plaintext it is given.
func released(b []byte, key DataKey) (n int, sum string) {
	h := sha256.New()
	sum = hex.EncodeToString(h.Sum(nil))
	w, err := openWalker(bytes.NewReader(b), int64(len(b)), key)
	if err != nil {
		return 0, sum
	}
	w.survey(func(rec record) {
		n++
		if rec.kind == typeAudio {
			h.Write(binary.BigEndian.AppendUint64(nil, rec.first))
		}
		if rec.kind != typeFinal {
			h.Write(rec.plain)
		}
	})
	return n, hex.EncodeToString(h.Sum(nil))
}

func (v vector) check(t *testing.T) {
	t.Helper()
	key, err := ParseDataKey(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	rep := Verify(bytes.NewReader(v.bytes), int64(len(v.bytes)), key)
	got := outcome{verdict: rep.Verdict}
	if rep.Fault != nil {
		got.fault, got.record = rep.Fault.Kind, rep.Fault.Record
	}
	if want := (outcome{v.Verdict, v.Fault, v.Record}); got != want {
		t.Errorf("%s: %+v, want %+v", v.File, got, want)
	}
	if n, sum := released(v.bytes, key); n != v.Released || sum != v.Plaintext {
		t.Errorf("%s: %d records released, want %d; plaintext equal: %v", v.File, n, v.Released, sum == v.Plaintext)
	}
}

func TestVectors(t *testing.T) {
	fresh := makeVectors(t)
	if *remake {
		writeVectors(t, fresh)
	}
	filed := readVectors(t)
	if len(filed) != len(fresh) {
		t.Errorf("%d vectors on file, %d are made: run with -remake", len(filed), len(fresh))
	}
	for _, v := range filed {
		t.Run(v.File, v.check)
	}
	for _, v := range fresh {
		t.Run("fresh-"+v.File, v.check)
	}
}

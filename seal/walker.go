package seal

import (
	"crypto/cipher"
	"encoding/binary"
	"encoding/json"
	"io"
)

// record is one authenticated record. Its plaintext is valid until the walker's next step.
type record struct {
	kind   recordType
	seq    uint64
	offset int64
	first  uint64 // AUDIO: sample offset
	count  uint64 // AUDIO: samples of each channel
	plain  []byte // AUDIO: the samples alone
}

// walker goes through a file record by record. It is the one place where records are authenticated; nothing of a record
// leaves it before head, sequence, tag and content have all been found right.
type walker struct {
	src    *source
	aead   cipher.AEAD
	header Header
	meta   Meta
	state
	final   *Final
	blocks  []waypoint // every AUDIO record so far
	plain   []byte
	anySeq  bool // the next record may have any sequence: a jump by the index
	partial bool // begun in the middle: what needs the whole file is not compared
}

// openWalker reads the header, and lets nobody on whose key it does not commit to.
func openWalker(r io.ReaderAt, size int64, key DataKey) (*walker, error) {
	w := &walker{src: newSource(r, size)}
	if size < headerSize {
		return nil, &Fault{Kind: Cut, Record: inHeader}
	}
	b, err := w.src.bytes(0, headerSize)
	if err != nil {
		return nil, &Fault{Kind: Unreadable, Record: inHeader, cause: err}
	}
	if w.header, err = ParseHeader(b); err != nil {
		return nil, err
	}
	aead, commitment, err := derive(key, b)
	if err != nil {
		return nil, err
	}
	if !equal(commitment[:], b[committedSize:transcribed]) {
		return nil, &Fault{Kind: Commitment, Record: inHeader}
	}
	w.aead = aead
	w.state = state{offset: headerSize, transcript: newTranscript(b)}
	return w, nil
}

// next authenticates the record at hand and steps over it. io.EOF: the file ends here. A *Fault leaves the walker at
// the bad record.
func (w *walker) next() (record, error) {
	h, raw, err := w.raw()
	if err != nil {
		return record{}, err
	}
	if !w.anySeq && h.seq != w.seq {
		return record{}, w.fault(BadSequence)
	}
	if w.plain, err = w.aead.Open(w.plain[:0], nil, raw[headSize:], raw[:headSize]); err != nil {
		return record{}, w.fault(BadTag)
	}
	w.seq = h.seq
	rec := record{kind: h.kind, seq: h.seq, offset: w.offset, plain: w.plain}
	if kind := w.admit(&rec); kind != "" {
		return record{}, w.fault(kind)
	}
	w.transcript.add(raw)
	w.offset += h.size()
	w.seq++
	w.anySeq = false
	return rec, nil
}

// raw gives the record at hand as it stands in the file, its head in bounds and nothing proven.
func (w *walker) raw() (head, []byte, error) {
	left := w.src.size - w.offset
	if left == 0 {
		return head{}, nil, io.EOF
	}
	if left < headSize {
		return head{}, nil, w.fault(Cut)
	}
	b, err := w.src.bytes(w.offset, headSize)
	if err != nil {
		return head{}, nil, w.unreadable(err)
	}
	h, kind := parseHead(b)
	switch {
	case kind != "":
		return head{}, nil, w.fault(kind)
	case h.size() > left:
		return head{}, nil, w.fault(Cut)
	}
	if b, err = w.src.bytes(w.offset, int(h.size())); err != nil {
		return head{}, nil, w.unreadable(err)
	}
	return h, b, nil
}

// admit compares an authentic record with what came before it.
func (w *walker) admit(rec *record) FaultKind {
	if (rec.seq == 0) != (rec.kind == typeMeta) || w.final != nil {
		return BadContent
	}
	switch rec.kind {
	case typeMeta:
		if json.Unmarshal(rec.plain, &w.meta) != nil {
			return BadContent
		}
	case typeAudio:
		return w.admitAudio(rec)
	case typeFinal:
		return w.admitFinal(rec)
	}
	return ""
}

func (w *walker) admitAudio(rec *record) FaultKind {
	step := w.header.Frame()
	if len(rec.plain) <= 8 || (len(rec.plain)-8)%step != 0 {
		return BadContent
	}
	rec.first = binary.BigEndian.Uint64(rec.plain)
	rec.count = uint64((len(rec.plain) - 8) / step)
	if rec.first < w.samples || rec.first > maxSample {
		return BadContent
	}
	rec.plain = rec.plain[8:]
	w.samples = rec.first + rec.count
	if !w.partial {
		w.blocks = append(w.blocks, waypoint{rec.first, rec.offset})
	}
	return ""
}

func (w *walker) admitFinal(rec *record) FaultKind {
	f, ok := parseFinal(rec.plain)
	if !ok {
		return BadContent
	}
	switch {
	case f.Records != rec.seq || f.Samples < w.samples || f.Samples > 2*maxSample:
		return BadFinal
	case !w.partial && f.Transcript != w.transcript:
		return BadTranscript
	case !w.partial && !pointsInto(f.index, w.blocks):
		return BadIndex
	}
	w.final = &f
	return ""
}

// pointsInto reports whether every entry of an index is the place of a block. Both ascend.
func pointsInto(index, blocks []waypoint) bool {
	for _, p := range index {
		for len(blocks) > 0 && blocks[0].offset < p.offset {
			blocks = blocks[1:]
		}
		if len(blocks) == 0 || blocks[0] != p {
			return false
		}
	}
	return true
}

func (w *walker) fault(kind FaultKind) *Fault {
	return &Fault{Kind: kind, Record: int64(w.seq), Offset: w.offset}
}

func (w *walker) unreadable(err error) *Fault {
	f := w.fault(Unreadable)
	f.cause = err
	return f
}

package seal

import (
	"encoding/json"
	"io"
	"sort"
)

// Reader opens a recording for listening. It opens a finished file by its footer and FINAL, which costs two records; any
// other file is authenticated once from the beginning, and what can be heard ends at its last whole record. It says which
// it is: State. A Reader may be shared; each WAV it gives belongs to one goroutine.
type Reader struct {
	r       io.ReaderAt
	header  Header
	open    func() *walker // at the first record
	meta    Meta
	state   Verdict
	fault   *Fault
	final   *Final
	index   []waypoint
	limit   int64  // where the records end that may be heard
	records uint64 // up to there
	samples uint64
}

// OpenReader checks the header's commitment and authenticates META and FINAL before it returns. An error means that
// nothing can be read; a file damaged further in opens, and reading stops at the damage with a *Fault.
func OpenReader(r io.ReaderAt, size int64, key DataKey) (*Reader, error) {
	w, err := openWalker(r, size, key)
	if err != nil {
		return nil, err
	}
	rd := &Reader{r: r, header: w.header, state: OK, limit: size}
	start := *w
	rd.open = func() *walker {
		c := start
		c.src, c.plain, c.partial = newSource(r, rd.limit), nil, true
		return &c
	}
	if rd.byFooter(size) {
		return rd, nil
	}
	s := w.survey(func(record) {})
	rd.meta, rd.state, rd.fault, rd.index = w.meta, s.verdict, s.fault, w.blocks
	rd.final, rd.records, rd.samples, rd.limit = w.final, w.seq, w.samples, w.offset
	if w.final != nil {
		rd.records, rd.samples, rd.limit = w.final.Records, w.final.Samples, s.finalAt
	}
	return rd, nil
}

// byFooter opens a finished file without walking it. The footer is a hint; what it points at must authenticate, be FINAL
// and end where the footer begins. Anything less, and the file is surveyed.
func (rd *Reader) byFooter(size int64) bool {
	w := rd.open()
	if _, err := w.next(); err != nil {
		return false
	}
	if size < w.offset+headSize+overhead+footerSize {
		return false
	}
	tail, err := w.src.bytes(size-footerSize, footerSize)
	if err != nil {
		return false
	}
	at, ok := parseFooter(tail)
	if !ok || at < w.offset || at > size-footerSize {
		return false
	}
	w.jump(at)
	rec, err := w.next()
	if err != nil || rec.kind != typeFinal || w.offset != size-footerSize {
		return false
	}
	rd.meta, rd.final, rd.index = w.meta, w.final, w.final.index
	rd.limit, rd.records, rd.samples = at, w.final.Records, w.final.Samples
	return true
}

// jump goes to a place where a record should begin. Its number is unknown until its tag has held.
func (w *walker) jump(at int64) {
	w.offset, w.anySeq, w.state.samples, w.final = at, true, 0, nil
}

// Header is the file's clear head, proven by the commitment.
func (rd *Reader) Header() Header { return rd.header }

// Meta says whose conversation this is.
func (rd *Reader) Meta() Meta { return rd.meta }

// State is OK for a finished file, Incomplete for one without FINAL, Damaged where the survey met damage. OK here says
// only that beginning and end are authentic; Verify reads what lies between.
func (rd *Reader) State() (Verdict, error) {
	if rd.fault == nil {
		return rd.state, nil
	}
	return rd.state, rd.fault
}

// Status is how the file ended; 0 while it has not.
func (rd *Reader) Status() Status {
	if rd.final == nil {
		return 0
	}
	return rd.final.Status
}

// Samples is the length of the timeline that can be heard.
func (rd *Reader) Samples() uint64 { return rd.samples }

// Marks lists the notes in the file. It authenticates every record on its way and stops at the first that fails.
func (rd *Reader) Marks() ([]Mark, error) {
	var marks []Mark
	w := rd.open()
	for {
		rec, err := w.next()
		if err == io.EOF {
			return marks, rd.ending(w)
		}
		if err != nil {
			return marks, err
		}
		if rec.kind != typeMark {
			continue
		}
		var m Mark
		if err := json.Unmarshal(rec.plain, &m); err != nil {
			return marks, &Fault{Kind: BadContent, Record: int64(rec.seq), Offset: rec.offset}
		}
		marks = append(marks, m)
	}
}

// ending is what a walk that reached the limit has to report: the damage there, or records that FINAL counts and that
// are missing.
func (rd *Reader) ending(w *walker) error {
	switch {
	case rd.state == Damaged:
		return rd.fault
	case w.seq != rd.records:
		return w.fault(BadSequence)
	}
	return nil
}

// waypoint gives the last known block that begins at or before a sample. The first of all is not worth a jump: a walk from
// the beginning passes META and keeps the records' numbers in view.
func (rd *Reader) waypoint(sample uint64) (waypoint, bool) {
	i := sort.Search(len(rd.index), func(i int) bool { return rd.index[i].sample > sample })
	if i <= 1 {
		return waypoint{}, false
	}
	return rd.index[i-1], true
}

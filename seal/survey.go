package seal

import (
	"bytes"
	"errors"
	"io"
)

// Verdict is what can be said of a whole file.
type Verdict string

const (
	OK         Verdict = "ok"         // whole, in order, authentic, to the last bit
	Incomplete Verdict = "incomplete" // authentic up to a torn or missing end
	Damaged    Verdict = "damaged"    // something in it is not what was written
)

// survey is what one walk from the first record to the last has found.
type survey struct {
	verdict Verdict
	fault   *Fault // nil: none
	finalAt int64  // where FINAL begins, when there is one
	footer  bool   // and the footer after it is whole
}

// survey walks the file to its end or to its first fault and judges. visit sees every authentic record on the way.
func (w *walker) survey(visit func(record)) survey {
	for {
		rec, err := w.next()
		if errors.Is(err, io.EOF) {
			return survey{verdict: Incomplete, fault: w.fault(Unfinished)}
		}
		var fault *Fault
		if errors.As(err, &fault) {
			return w.judge(fault)
		}
		visit(rec)
		if w.final != nil {
			return w.ending(rec.offset)
		}
	}
}

// judge tells a torn tail from damage: a tear has nothing authentic behind it.
func (w *walker) judge(fault *Fault) survey {
	switch fault.Kind {
	case BadContent, BadFinal, BadTranscript, BadIndex, Unreadable:
		return survey{verdict: Damaged, fault: fault}
	}
	authentic, err := w.authenticBehind(w.offset)
	if err != nil {
		return survey{verdict: Damaged, fault: w.unreadable(err)}
	}
	if authentic {
		return survey{verdict: Damaged, fault: fault}
	}
	return survey{verdict: Incomplete, fault: fault}
}

// ending judges what follows FINAL: the footer, or as much of it as a crash left, and nothing else.
func (w *walker) ending(finalAt int64) survey {
	s := survey{verdict: OK, finalAt: finalAt}
	left := w.src.size - w.offset
	if left > footerSize {
		s.verdict, s.fault = Damaged, w.fault(Trailing)
		return s
	}
	tail, err := w.src.bytes(w.offset, int(left))
	if err != nil {
		s.verdict, s.fault = Damaged, w.unreadable(err)
		return s
	}
	want := footer(finalAt)
	switch {
	case bytes.Equal(tail, want[:]):
		s.footer = true
	case !torn(tail, finalAt):
		s.verdict, s.fault = Damaged, w.fault(Trailing)
	}
	return s
}

// maxGuesses bounds the search behind a bad record. Seven bytes of a head are zero, so honest ciphertext offers next to
// no false ones; a file that offers more was made to, and counts as damaged.
const maxGuesses = 1024

// authenticBehind reports whether any record of this file, whatever its number, stands whole at from or behind it.
func (w *walker) authenticBehind(from int64) (bool, error) {
	guesses := 0
	for at := from; at+headSize+overhead <= w.src.size; {
		b, err := w.src.bytes(at, int(min(w.src.size-at, windowSize/2)))
		if err != nil {
			return false, err
		}
		skip := headLike(b)
		if skip < 0 {
			at += int64(len(b) - headSize + 1)
			continue
		}
		at += int64(skip)
		holds, err := w.holds(at)
		if err != nil || holds {
			return holds, err
		}
		if guesses++; guesses > maxGuesses {
			return true, nil
		}
		at++
	}
	return false, nil
}

// headLike gives the first place in b that could be a record's head, or -1.
func headLike(b []byte) int {
	for i := 0; i+headSize <= len(b); i++ {
		// The three zero bytes and the high half of a sequence number that no file reaches, before anything dearer.
		if b[i+5]|b[i+6]|b[i+7]|b[i+8]|b[i+9]|b[i+10]|b[i+11]|b[i] != 0 {
			continue
		}
		if _, kind := parseHead(b[i:]); kind == "" {
			return i
		}
	}
	return -1
}

// holds reports whether an authentic record stands at a place.
func (w *walker) holds(at int64) (bool, error) {
	b, err := w.src.bytes(at, headSize)
	if err != nil {
		return false, err
	}
	h, kind := parseHead(b)
	if kind != "" || at+h.size() > w.src.size {
		return false, nil
	}
	if b, err = w.src.bytes(at, int(h.size())); err != nil {
		return false, err
	}
	plain, err := w.aead.Open(w.plain[:0], nil, b[headSize:], b[:headSize])
	clear(plain)
	return err == nil, nil
}

package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Recovery is what Recover found and did.
type Recovery struct {
	Outcome RecoveryOutcome
	Fault   *Fault // what the file ended in, or is damaged by; nil for Whole
	Cut     int64  // bytes of a torn tail that went
	Summary        // of the file as it now stands, to be filed; zero for Untouched and Empty
}

// RecoveryOutcome is how a file came out of recovery.
type RecoveryOutcome string

const (
	Whole         RecoveryOutcome = "whole"          // finished before the crash; nothing was done
	FooterWritten RecoveryOutcome = "footer_written" // FINAL stood; its footer was made whole
	Closed        RecoveryOutcome = "closed"         // torn tail cut, FINAL with status 2 and footer written
	Untouched     RecoveryOutcome = "damaged"        // a bad record with good ones behind: evidence, left as it is
	Empty         RecoveryOutcome = "empty"          // the crash came before META: nothing was ever recorded
)

// Recover brings a file that a crash may have left unfinished to an end, in place and synced. It is for a file that
// nobody writes any more; sound is never appended. A second run over the same file finds it Whole. An error means the
// file could not be read, could not be written, or is not this key's; it is then as it was, or unfinished as before.
func Recover(f *os.File, key DataKey) (Recovery, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return Recovery{}, fmt.Errorf("recover recording: %w", err)
	}
	w, err := openWalker(f, size, key)
	if errors.Is(err, &Fault{Kind: Cut}) {
		return Recovery{Outcome: Empty}, nil
	}
	if err != nil {
		return Recovery{}, fmt.Errorf("recover recording: %w", err)
	}
	w.index = newIndex(w.header.Rate)
	s := w.survey(func(rec record) {
		if rec.kind == typeAudio {
			w.index.add(rec.first, rec.offset)
		}
	})
	if s.fault != nil && s.fault.Kind == Unreadable {
		return Recovery{}, fmt.Errorf("recover recording: %w", s.fault)
	}
	rec := Recovery{Fault: s.fault}
	if err := rec.apply(f, w, s); err != nil {
		return Recovery{}, fmt.Errorf("recover recording: %w", err)
	}
	return rec, nil
}

func (rec *Recovery) apply(f *os.File, w *walker, s survey) error {
	switch {
	case s.verdict == Damaged:
		rec.Outcome = Untouched
		return nil
	case s.verdict == Incomplete && w.seq == 0:
		rec.Outcome = Empty
		return nil
	case s.verdict == OK && s.footer:
		rec.Outcome = Whole
	case s.verdict == OK:
		rec.Outcome = FooterWritten
		if err := writeFooter(f, w.offset, s.finalAt); err != nil {
			return err
		}
	default:
		rec.Outcome, rec.Cut = Closed, w.src.size-w.offset
		if err := writeFinal(f, w); err != nil {
			return err
		}
	}
	return rec.summarise(f, w)
}

func writeFooter(f *os.File, at, final int64) error {
	end := footer(final)
	if _, err := f.WriteAt(end[:], at); err != nil {
		return err
	}
	return f.Sync()
}

// writeFinal cuts the torn tail, and only when that is on the disk appends the end.
func writeFinal(f *os.File, w *walker) error {
	if err := f.Truncate(w.offset); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	out := newWriter(io.NewOffsetWriter(f, w.offset), w.aead, w.header)
	out.state = w.state
	if err := out.Finish(Recovered, w.samples); err != nil {
		return err
	}
	w.final = &Final{Status: Recovered, Records: w.seq, Samples: w.samples, Transcript: w.transcript}
	return f.Sync()
}

func (rec *Recovery) summarise(f *os.File, w *walker) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	rec.Summary = Summary{
		FileID: w.header.FileID, Size: size,
		Records: w.final.Records, Samples: w.final.Samples, Transcript: w.final.Transcript,
	}
	rec.SHA256, err = digest(f, size)
	return err
}

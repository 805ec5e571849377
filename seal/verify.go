package seal

import (
	"crypto/sha256"
	"errors"
	"io"
	"time"
)

// Report is what Verify found.
type Report struct {
	Verdict    Verdict
	Fault      *Fault // why it is not ok; nil when it is
	FileID     FileID
	Status     Status // 0: no FINAL
	Records    uint64 // authentic ones, FINAL not counted
	Samples    uint64
	Duration   time.Duration
	Size       int64
	Footer     bool     // whole; without it a finished file is still ok, and Recover writes it
	Transcript [32]byte // over Records
	SHA256     [32]byte // of the file, with bytes 128..4095 taken as zero
}

// Verify authenticates every record of a file and everything FINAL says about them. It needs no clean file: whatever it
// is given, it answers with a verdict. A file that an insider with the key has rewritten is whole to Verify; compare the
// Report with the Summary on record by Matches.
func Verify(r io.ReaderAt, size int64, key DataKey) Report {
	rep := Report{Verdict: Damaged, Size: size}
	var err error
	if rep.SHA256, err = digest(r, size); err != nil {
		rep.Fault = &Fault{Kind: Unreadable, Record: inHeader, cause: err}
		return rep
	}
	w, err := openWalker(r, size, key)
	if err != nil {
		rep.Verdict, rep.Fault = headerVerdict(err)
		return rep
	}
	s := w.survey(func(record) {})
	rep.fill(w, s)
	return rep
}

func (rep *Report) fill(w *walker, s survey) {
	rep.Verdict, rep.Fault, rep.Footer = s.verdict, s.fault, s.footer
	rep.FileID = w.header.FileID
	rep.Records, rep.Samples, rep.Transcript = w.seq, w.state.samples, w.transcript
	if w.final != nil {
		rep.Status, rep.Records, rep.Samples = w.final.Status, w.final.Records, w.final.Samples
		rep.Transcript = w.final.Transcript
	}
	rep.Duration = w.header.Duration(rep.Samples)
}

// headerVerdict: a file that ends inside its header was never more than begun; any other fault there is damage.
func headerVerdict(err error) (Verdict, *Fault) {
	var fault *Fault
	if !errors.As(err, &fault) {
		fault = &Fault{Kind: Unreadable, Record: inHeader, cause: err}
	}
	if fault.Kind == Cut {
		return Incomplete, fault
	}
	return Damaged, fault
}

// Err is the report as an error: nil when the file is whole.
func (rep Report) Err() error {
	if rep.Verdict == OK {
		return nil
	}
	return rep.Fault
}

// Matches compares a file with what was put on record when it was finished: that holds against somebody who has the key.
func (rep Report) Matches(s Summary) error {
	if err := rep.Err(); err != nil {
		return err
	}
	if rep.FileID != s.FileID || rep.Records != s.Records || rep.Samples != s.Samples ||
		rep.Transcript != s.Transcript || rep.SHA256 != s.SHA256 {
		return &Fault{Kind: Mismatch, Record: inHeader}
	}
	return nil
}

// digest is SHA-256 of a file as it is put on record: the escrow slot, which a shred zeroes, counts as zero.
func digest(r io.ReaderAt, size int64) (sum [32]byte, err error) {
	h := sha256.New()
	var blank [headerSize - transcribed]byte
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, min(size, transcribed))); err != nil {
		return sum, err
	}
	h.Write(blank[:max(0, min(size, headerSize)-transcribed)])
	if size > headerSize {
		if _, err := io.CopyBuffer(h, io.NewSectionReader(r, headerSize, size-headerSize), make([]byte, 64<<10)); err != nil {
			return sum, err
		}
	}
	h.Sum(sum[:0])
	return sum, nil
}

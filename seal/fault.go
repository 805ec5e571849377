package seal

import "fmt"

// FaultKind is what is wrong with a file, from a closed list that the independent reader shares.
type FaultKind string

const (
	BadMagic       FaultKind = "magic"
	UnknownVersion FaultKind = "version"
	UnknownSuite   FaultKind = "suite"
	BadHeader      FaultKind = "header"
	Reserved       FaultKind = "reserved"   // bytes that must be zero are not
	Commitment     FaultKind = "commitment" // the key, or the header, is another file's
	Cut            FaultKind = "cut"        // the file ends inside
	BadLength      FaultKind = "length"
	BadType        FaultKind = "type"
	BadSequence    FaultKind = "sequence"
	BadTag         FaultKind = "tag"
	BadContent     FaultKind = "content" // authentic, and against the rules all the same
	BadFinal       FaultKind = "final"   // authentic, and disagrees with what stands before it
	BadTranscript  FaultKind = "transcript"
	BadIndex       FaultKind = "index"
	Trailing       FaultKind = "trailing"  // something follows the end
	Unreadable     FaultKind = "read"      // the disk, not the file
	Unfinished     FaultKind = "no_final"  // the file ends on a record's end, without FINAL
	Mismatch       FaultKind = "not_filed" // whole, but not the file that was put on record
)

var faultWords = map[FaultKind]string{
	BadMagic:       "not a recording",
	UnknownVersion: "unknown version",
	UnknownSuite:   "unknown suite",
	BadHeader:      "header out of bounds",
	Reserved:       "reserved bytes are not zero",
	Commitment:     "key or header of another recording",
	Cut:            "cut short",
	BadLength:      "length out of bounds",
	BadType:        "unknown type",
	BadSequence:    "out of sequence",
	BadTag:         "tag does not hold",
	BadContent:     "content against the rules",
	BadFinal:       "final disagrees with the records",
	BadTranscript:  "transcript disagrees with the records",
	BadIndex:       "index disagrees with the records",
	Trailing:       "bytes after the end",
	Unreadable:     "unreadable",
	Unfinished:     "no final record",
	Mismatch:       "not the file on record",
}

// inHeader is the record number of a fault in the header.
const inHeader = -1

// Fault says what is wrong with a file and where. Record is -1 for the header.
type Fault struct {
	Kind   FaultKind
	Record int64
	Offset int64
	cause  error
}

func (f *Fault) Error() string {
	place := "header"
	if f.Record >= 0 {
		place = fmt.Sprintf("record %d at %d", f.Record, f.Offset)
	}
	if f.cause != nil {
		return fmt.Sprintf("recording: %s: %s: %v", place, faultWords[f.Kind], f.cause)
	}
	return fmt.Sprintf("recording: %s: %s", place, faultWords[f.Kind])
}

// Unwrap gives what the disk said, where the disk was at fault.
func (f *Fault) Unwrap() error { return f.cause }

// Is lets errors.Is compare by kind: errors.Is(err, &Fault{Kind: BadTag}).
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Kind == f.Kind
}

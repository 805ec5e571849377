package audit

import "iter"

// Row is one leaf as it is kept: the leaf, and the copies of some of its fields that are kept beside it to be searched.
type Row struct {
	Seq   int64
	Leaf  []byte
	Copy  Copy
	State RowState
}

// RowState says how much of a leaf there is.
type RowState byte

const (
	Whole    RowState = iota // leaf and copy
	Archived                 // the leaf, out of a sealed segment; no copy is kept
	Removed                  // nothing: past its retention. Its hash stands for it, and a SegmentRemoved leaf says so
)

// Copy is what may be kept in columns beside a leaf. Verify compares it, so that nobody bends a search.
type Copy struct {
	At                                         int64 // µs since 1970
	Action, Object, Clinic, Actor, Correlation string
}

// CopyOf gives an event's searchable fields.
func CopyOf(e Event) Copy {
	return Copy{
		At: e.Time.UnixMicro(), Action: string(e.Action), Object: clean(e.Object), Clinic: clean(e.Clinic),
		Actor: clean(e.Actor.ID), Correlation: clean(e.Correlation),
	}
}

// Kept is one checkpoint as it is kept: the size it is filed under and the signed note.
type Kept struct {
	Size int64
	Note []byte
}

// DamagedFrom is the fact of an AuditDamaged leaf: the first seq that no checkpoint covered.
const DamagedFrom = "from"

// RemovedUntil is the fact of a SegmentRemoved leaf: every leaf before this seq is gone.
const RemovedUntil = "until"

// Log is a whole log, as streams: leaves by seq, hashes by index, checkpoints by size. An error ends a stream.
type Log struct {
	Leaves      iter.Seq2[Row, error]
	Hashes      iter.Seq2[StoredHash, error]
	Checkpoints iter.Seq2[Kept, error]
	Witnesses   [][]byte // checkpoints that were kept elsewhere
}

// Report is a verdict. OK means: every leaf, hash and checkpoint holds, and the last checkpoint covers the last leaf.
type Report struct {
	OK          bool   `json:"ok"`
	Size        int64  `json:"size"`        // leaves that hold
	Checkpoints int    `json:"checkpoints"` // checkpoints that hold
	Epoch       int    `json:"epoch"`       // of the last checkpoint that holds
	Root        string `json:"root,omitempty"`
	FirstBad    int64  `json:"first_bad"` // -1: none
	LastBad     int64  `json:"last_bad"`  // the damage lies in FirstBad..LastBad; -1: none
	Why         string `json:"why,omitempty"`
}

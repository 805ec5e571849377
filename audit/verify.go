package audit

import (
	"fmt"
	"iter"
	"strconv"
)

// Row is one leaf as it is kept: the leaf, and the copies of some of its fields that are kept beside it to be searched.
type Row struct {
	Seq  int64
	Leaf []byte
	Copy Copy
}

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

// Log is a whole log, as streams: leaves by seq, hashes by index, checkpoints by size. An error ends a stream.
type Log struct {
	Leaves      iter.Seq2[Row, error]
	Hashes      iter.Seq2[StoredHash, error]
	Checkpoints iter.Seq2[Kept, error]
	Witness     []byte // a checkpoint that was kept elsewhere; nil: none
}

// Report is a verdict. OK means: every leaf, hash and checkpoint holds, and the last checkpoint covers the last leaf.
type Report struct {
	OK          bool   `json:"ok"`
	Size        int64  `json:"size"`        // leaves that hold
	Checkpoints int    `json:"checkpoints"` // checkpoints that hold
	Root        string `json:"root,omitempty"`
	FirstBad    int64  `json:"first_bad"` // -1: none
	LastBad     int64  `json:"last_bad"`  // the damage lies in FirstBad..LastBad; -1: none
	Why         string `json:"why,omitempty"`
}

// Verify walks the log once, forwards, in constant memory, and stops at the first seq that does not hold. The error is
// the streams': a log that cannot be read is neither good nor bad.
func Verify(log Log, v *Verifier) (Report, error) {
	w := &walk{tree: NewTree(), verifier: v, covered: 0}
	hashes, stopHashes := iter.Pull2(log.Hashes)
	defer stopHashes()
	points, stopPoints := iter.Pull2(log.Checkpoints)
	defer stopPoints()
	w.nextHash, w.nextPoint = hashes, points
	if err := w.openWitness(log.Witness); err != nil {
		return w.report(), err
	}
	if err := w.advance(); err != nil || w.bad != nil {
		return w.report(), err
	}
	for row, err := range log.Leaves {
		if err != nil {
			return w.report(), err
		}
		if err := w.leaf(row); err != nil || w.bad != nil {
			return w.report(), err
		}
	}
	err := w.end()
	return w.report(), err
}

// walk is the state of one verification.
type walk struct {
	tree      *Tree
	verifier  *Verifier
	nextHash  func() (StoredHash, error, bool)
	nextPoint func() (Kept, error, bool)
	point     Kept  // the next checkpoint; valid while hasPoint
	covered   int64 // size of the last checkpoint that holds
	points    int
	hasPoint  bool
	witness   Checkpoint
	bad       *badRange
}

type badRange struct {
	first, last int64
	why         string
}

func (w *walk) fail(first, last int64, why string) { w.bad = &badRange{first, last, why} }

func (w *walk) openWitness(signed []byte) error {
	if signed == nil {
		return nil
	}
	c, err := w.verifier.Open(signed)
	if err != nil {
		return fmt.Errorf("witnessed %w", err)
	}
	w.witness = c
	return nil
}

// leaf takes the next row: its place, its form, its hashes, and the checkpoint that ends at it.
func (w *walk) leaf(row Row) error {
	n := w.tree.Size()
	if row.Seq != n {
		w.fail(n, n, "leaf missing")
		if row.Seq < n {
			w.fail(row.Seq, row.Seq, "leaf out of order")
		}
		return nil
	}
	if w.form(row); w.bad != nil {
		return nil
	}
	if err := w.hashes(row.Leaf); err != nil || w.bad != nil {
		return err
	}
	if err := w.witnessed(); err != nil || w.bad != nil {
		return err
	}
	return w.checkpoint()
}

// form reads the leaf by itself.
func (w *walk) form(row Row) {
	n := w.tree.Size()
	e, seq, err := ParseLeaf(row.Leaf)
	switch {
	case err != nil:
		w.fail(n, n, "leaf not canonical")
	case seq != n:
		w.fail(n, n, "leaf of another place")
	case CopyOf(e) != row.Copy:
		w.fail(n, n, "searchable copy differs from the leaf")
	case e.Action == AuditDamaged:
		from, err := strconv.ParseInt(e.Facts[DamagedFrom], 10, 64)
		if err != nil || from < 0 || from > n {
			from = n
		}
		w.fail(from, n, "did not fit the checkpoint when the server started")
	}
}

// hashes compares what the leaf adds to the tree with what is stored.
func (w *walk) hashes(leaf []byte) error {
	n := w.tree.Size()
	want, err := w.tree.Append(leaf)
	if err != nil {
		return err
	}
	for _, h := range want {
		got, err, ok := w.nextHash()
		if err != nil {
			return err
		}
		if !ok || got.Index != h.Index {
			w.fail(n, n, "hash missing")
			return nil
		}
		if got.Hash != h.Hash {
			w.fail(n, n, "leaf does not match its hash")
			return nil
		}
	}
	return nil
}

func (w *walk) witnessed() error {
	if w.witness.Size != w.tree.Size() {
		return nil
	}
	root, err := w.tree.Root()
	if err == nil && root != w.witness.Root {
		w.fail(w.covered, w.tree.Size()-1, "root differs from the witnessed checkpoint")
	}
	return err
}

// checkpoint compares the root with the checkpoint of this size, where there is one.
func (w *walk) checkpoint() error {
	size := w.tree.Size()
	if !w.hasPoint || w.point.Size != size {
		return nil
	}
	c, err := w.verifier.Open(w.point.Note)
	if err != nil || c.Size != size {
		w.fail(size-1, size-1, "checkpoint does not hold")
		return nil
	}
	root, err := w.tree.Root()
	if err != nil {
		return err
	}
	if root != c.Root {
		w.fail(w.covered, size-1, "root differs from the signed checkpoint")
		return nil
	}
	w.covered = size
	w.points++
	return w.advance()
}

// advance reads the next checkpoint.
func (w *walk) advance() error {
	k, err, ok := w.nextPoint()
	if err != nil {
		return err
	}
	if ok && k.Size <= w.covered {
		w.fail(max(k.Size-1, 0), max(k.Size-1, 0), "checkpoint out of order")
		return nil
	}
	w.point, w.hasPoint = k, ok
	return nil
}

// end says what must be true after the last leaf.
func (w *walk) end() error {
	size := w.tree.Size()
	if w.hasPoint {
		w.fail(size, w.point.Size-1, "leaf missing")
		return nil
	}
	if w.witness.Size > size {
		w.fail(size, w.witness.Size-1, "log ends before the witnessed checkpoint")
		return nil
	}
	if w.covered != size {
		w.fail(w.covered, size-1, "no checkpoint covers the leaf")
		return nil
	}
	_, err, ok := w.nextHash()
	if ok && err == nil {
		w.fail(size, size, "hash without a leaf")
	}
	return err
}

func (w *walk) report() Report {
	r := Report{Size: w.tree.Size(), Checkpoints: w.points, FirstBad: -1, LastBad: -1}
	if w.bad != nil {
		r.FirstBad, r.LastBad, r.Why = w.bad.first, w.bad.last, w.bad.why
		r.Size = min(r.Size, w.bad.first)
		return r
	}
	r.OK = true
	if root, err := w.tree.Root(); err == nil {
		r.Root = root.String()
	}
	return r
}

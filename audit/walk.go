package audit

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// Verify walks the log once, forwards, in constant memory, and stops at the first seq that does not hold. The error is
// the streams': a log that cannot be read is neither good nor bad.
func Verify(log Log, v *Verifier) (Report, error) {
	w := &walk{tree: NewTree(), verifier: v, epoch: 1}
	if err := w.openWitnesses(log.Witnesses); err != nil {
		return w.report(), err
	}
	hashes, stopHashes := iter.Pull2(log.Hashes)
	defer stopHashes()
	points, stopPoints := inBatches(log.Checkpoints, v.opened)
	defer stopPoints()
	rows, stopRows := inBatches(log.Leaves, read)
	defer stopRows()
	w.nextHash, w.nextPoint = hashes, points
	err := w.advance()
	for err == nil && w.bad == nil {
		row, stream, ok := rows()
		if stream != nil {
			return w.report(), stream
		}
		if !ok {
			err = w.end()
			break
		}
		err = w.leaf(row)
	}
	return w.report(), err
}

// walk is the state of one verification.
type walk struct {
	tree      *Tree
	verifier  *Verifier
	nextHash  func() (StoredHash, error, bool)
	nextPoint func() (opened, error, bool)
	point     opened // the next checkpoint; valid while hasPoint
	hasPoint  bool
	covered   int64 // size of the last checkpoint that holds
	points    int
	epoch     int
	removed   int64 // the leaves before it are not there
	agreed    int64 // what a leaf says about that
	witnesses []Checkpoint
	forks     []fork // of this epoch: forgiven when the next one declares what was witnessed
	bad       *badRange
}

// fork is a witnessed checkpoint whose root is not this log's.
type fork struct {
	badRange
	seen Head
}

type badRange struct {
	first, last int64
	why         string
}

func (w *walk) fail(first, last int64, why string) {
	if w.bad == nil {
		w.bad = &badRange{first, last, why}
	}
}

func (w *walk) openWitnesses(list [][]byte) error {
	for _, signed := range list {
		c, err := w.verifier.Open(signed)
		if err != nil {
			return fmt.Errorf("witnessed %w", err)
		}
		w.witnesses = append(w.witnesses, c)
	}
	return nil
}

// opened is a checkpoint whose signature was looked at.
type opened struct {
	Kept
	checkpoint Checkpoint
	err        error
}

func (v *Verifier) opened(k Kept) opened {
	c, err := v.Open(k.Note)
	return opened{k, c, err}
}

// found is a row whose leaf was looked at by itself.
type found struct {
	Row
	event Event
	why   string // empty: it holds
}

// read looks at a leaf by itself.
func read(r Row) found {
	f := found{Row: r}
	if r.State == Removed {
		return f
	}
	e, seq, err := ParseLeaf(r.Leaf)
	f.event = e
	switch {
	case err != nil:
		f.why = "leaf not canonical"
	case seq != r.Seq:
		f.why = "leaf of another place"
	case r.State == Whole && CopyOf(e) != r.Copy:
		f.why = "searchable copy differs from the leaf"
	}
	return f
}

// leaf takes the next row: its place, its form, its hashes, and the checkpoint that ends at it.
func (w *walk) leaf(f found) error {
	n := w.tree.Size()
	switch {
	case f.Seq < n:
		w.fail(f.Seq, f.Seq, "leaf out of order")
	case f.Seq > n, f.State == Removed && w.removed != n:
		w.fail(n, n, "leaf missing")
	case f.why != "":
		w.fail(n, n, f.why)
	case f.State == Removed:
		w.removed++
	default:
		w.told(f.event)
	}
	if w.bad != nil {
		return nil
	}
	if err := w.hashes(f); err != nil || w.bad != nil {
		return err
	}
	if err := w.witnessed(); err != nil || w.bad != nil {
		return err
	}
	return w.checkpoint()
}

// told follows what a leaf says about the log itself.
func (w *walk) told(e Event) {
	n := w.tree.Size()
	switch e.Action {
	case AuditDamaged:
		from, err := strconv.ParseInt(e.Facts[DamagedFrom], 10, 64)
		if err != nil || from < 0 || from > n {
			from = n
		}
		w.fail(from, n, "did not fit the checkpoint when the server started")
	case SegmentRemoved:
		if until, err := strconv.ParseInt(e.Facts[RemovedUntil], 10, 64); err == nil && until <= n {
			w.agreed = max(w.agreed, until)
		}
	case EpochBegan:
		w.epochBegan(e)
	}
}

// epochBegan takes a restore as what it was: its leaf must speak of this log, and declare what witnesses had seen of the
// leaves that are gone.
func (w *walk) epochBegan(e Event) {
	n := w.tree.Size()
	said, err := EpochOf(e)
	if err != nil {
		w.fail(n, n, "epoch does not say of what")
		return
	}
	root, err := w.tree.Root()
	if err != nil || said.Restored != (Head{n, root}) || said.Number <= w.epoch || said.Number != w.epoch+1 && w.removed == 0 {
		w.fail(n, n, "epoch of another log")
		return
	}
	for _, c := range w.witnesses {
		if c.Epoch() == w.epoch && c.Size > n && !said.declares(HeadOf(c)) {
			w.fail(n, c.Size-1, "restore did not declare the witnessed checkpoint")
		}
	}
	w.forks = slices.DeleteFunc(w.forks, func(f fork) bool { return said.declares(f.seen) })
	w.epoch = said.Number
}

// hashes compares what the leaf adds to the tree with what is stored. A removed leaf's own hash is taken as it is: the
// checkpoints over it say whether it is right.
func (w *walk) hashes(f found) error {
	n := w.tree.Size()
	first, err, ok := w.nextHash()
	if err != nil {
		return err
	}
	if !ok || first.Index != tlog.StoredHashIndex(0, n) {
		w.fail(n, n, "hash missing")
		return nil
	}
	leaf := first.Hash
	if f.State != Removed {
		leaf = tlog.RecordHash(f.Leaf)
	}
	want, err := w.tree.AppendHash(leaf)
	if err != nil {
		return err
	}
	for i, h := range want {
		got := first
		if i > 0 {
			if got, err, ok = w.nextHash(); err != nil {
				return err
			}
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
	size := w.tree.Size()
	for _, c := range w.witnesses {
		if c.Size != size || c.Epoch() != w.epoch {
			continue
		}
		root, err := w.tree.Root()
		if err != nil {
			return err
		}
		if root != c.Root { // an older log that was put back may have gone on past it before two people accepted that
			w.forks = append(w.forks, fork{badRange{w.covered, size - 1, "root differs from the witnessed checkpoint"}, HeadOf(c)})
		}
	}
	return nil
}

// checkpoint compares the root with the checkpoint of this size, where there is one.
func (w *walk) checkpoint() error {
	size := w.tree.Size()
	if !w.hasPoint || w.point.Size != size {
		return nil
	}
	c := w.point.checkpoint
	if w.removed == size && c.Epoch() > w.epoch {
		w.epoch = c.Epoch() // the leaf that began it is gone
	}
	if w.point.err != nil || c.Size != size || c.Epoch() != w.epoch {
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
	for _, c := range w.witnesses {
		if c.Epoch() > w.epoch || c.Epoch() == w.epoch && c.Size > size {
			w.fail(size, max(size, c.Size-1), "log ends before the witnessed checkpoint")
		}
	}
	if w.covered != size {
		w.fail(w.covered, size-1, "no checkpoint covers the leaf")
	}
	if w.removed > w.agreed {
		w.fail(w.agreed, w.removed-1, "leaf missing")
	}
	_, err, ok := w.nextHash()
	if ok && err == nil {
		w.fail(size, size, "hash without a leaf")
	}
	return err
}

func (w *walk) report() Report {
	r := Report{Size: w.tree.Size(), Checkpoints: w.points, Epoch: w.epoch, FirstBad: -1, LastBad: -1}
	if len(w.forks) > 0 && (w.bad == nil || w.forks[0].first <= w.bad.first) {
		w.bad = &w.forks[0].badRange
	}
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

// batchSize is how many leaves or checkpoints are looked at together, on every processor.
const batchSize = 1024

var errDone = errors.New("end of stream")

// inBatches gives a stream's items in their order, each looked at by itself, many at a time. An error of the stream comes
// when everything before it was given.
func inBatches[T, U any](stream iter.Seq2[T, error], look func(T) U) (next func() (U, error, bool), stop func()) {
	pull, stop := iter.Pull2(stream)
	var have []U
	var end error
	return func() (U, error, bool) {
		var none U
		if len(have) == 0 && end == nil {
			have, end = batch(pull, look)
		}
		if len(have) > 0 {
			u := have[0]
			have = have[1:]
			return u, nil, true
		}
		if end == errDone {
			return none, nil, false
		}
		return none, end, true
	}, stop
}

func batch[T, U any](pull func() (T, error, bool), look func(T) U) ([]U, error) {
	items := make([]T, 0, batchSize)
	var end error
	for len(items) < batchSize && end == nil {
		t, err, ok := pull()
		switch {
		case !ok:
			end = errDone
		case err != nil:
			end = err
		default:
			items = append(items, t)
		}
	}
	out := make([]U, len(items))
	var all sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(items))
	for w := range workers {
		all.Go(func() {
			for i := w; i < len(items); i += workers {
				out[i] = look(items[i])
			}
		})
	}
	all.Wait()
	return out, end
}

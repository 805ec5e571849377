package audit

import (
	"fmt"
	"maps"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node of the tree, SHA-256 as RFC 6962 §2.1 has it.
type Hash = tlog.Hash

// HashReader gives stored hashes by tlog's storage index.
type HashReader = tlog.HashReader

// StoredHash is one row of the hash table: tlog's storage index and the hash there.
type StoredHash struct {
	Index int64
	Hash  Hash
}

// Tree is the growing right edge of the log: its size and the roots of its complete subtrees, log2(size) hashes. It is
// a small value of one owner; Clone it before a transaction and put the clone back when the transaction fails.
type Tree struct {
	size int64
	edge map[int64]Hash
}

// NewTree is the empty log.
func NewTree() *Tree { return &Tree{edge: map[int64]Hash{}} }

// ResumeTree reads the right edge of a log of size leaves from its stored hashes.
func ResumeTree(size int64, r HashReader) (*Tree, error) {
	if size < 0 {
		return nil, fmt.Errorf("audit tree: size %d", size)
	}
	t := NewTree()
	t.size = size
	need := edgeIndexes(size)
	hashes, err := r.ReadHashes(need)
	if err != nil {
		return nil, fmt.Errorf("audit tree of %d: %w", size, err)
	}
	if len(hashes) != len(need) {
		return nil, fmt.Errorf("audit tree of %d: %d hashes for %d", size, len(hashes), len(need))
	}
	for i, x := range need {
		t.edge[x] = hashes[i]
	}
	return t, nil
}

// edgeIndexes lists where the roots of the complete subtrees of a log of size leaves are stored, left to right.
func edgeIndexes(size int64) []int64 {
	var out []int64
	done := int64(0)
	for level := 62; level >= 0; level-- {
		if size&(1<<level) == 0 {
			continue
		}
		out = append(out, tlog.StoredHashIndex(level, done>>level))
		done += 1 << level
	}
	return out
}

// SizeAt is the size of the smallest log that stores a hash at the index; 0 for -1.
func SizeAt(index int64) int64 {
	if index < 0 {
		return 0
	}
	level, n := tlog.SplitStoredHashIndex(index)
	return (n + 1) << level
}

// StoredUpTo is how many hashes a log of size leaves stores: the index of the next one.
func StoredUpTo(size int64) int64 { return tlog.StoredHashCount(size) }

// Size is the number of leaves, and the seq of the next one.
func (t *Tree) Size() int64 { return t.size }

// Clone is an independent copy.
func (t *Tree) Clone() *Tree { return &Tree{size: t.size, edge: maps.Clone(t.edge)} }

// ReadHashes serves tlog from the edge alone.
func (t *Tree) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, x := range indexes {
		h, ok := t.edge[x]
		if !ok {
			return nil, fmt.Errorf("audit tree of %d: hash %d: not on the edge", t.size, x)
		}
		out[i] = h
	}
	return out, nil
}

// LeafHash is a leaf's hash in the tree.
func LeafHash(leaf []byte) Hash { return tlog.RecordHash(leaf) }

// Append adds a leaf and gives the hashes to store with it, in index order.
func (t *Tree) Append(leaf []byte) ([]StoredHash, error) { return t.AppendHash(tlog.RecordHash(leaf)) }

// AppendHash is Append for a leaf of which only the hash is known.
func (t *Tree) AppendHash(leaf Hash) ([]StoredHash, error) {
	n := t.size
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, t)
	if err != nil {
		return nil, err
	}
	first := tlog.StoredHashIndex(0, n)
	out := make([]StoredHash, len(hashes))
	for level, h := range hashes {
		out[level] = StoredHash{first + int64(level), h}
		if level > 0 { // the two halves below are complete now: off the edge
			delete(t.edge, tlog.StoredHashIndex(level-1, n>>(level-1)-1))
		}
	}
	top := out[len(out)-1]
	t.edge[top.Index] = top.Hash
	t.size++
	return out, nil
}

// Root is the tree head of everything appended so far; of the empty log it is SHA-256 of nothing.
func (t *Tree) Root() (Hash, error) { return tlog.TreeHash(t.size, t) }

package audit

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof shows that one leaf is in the log of a signed checkpoint, without the rest of the log.
type Proof struct {
	Seq        int64  `json:"seq"`
	Leaf       []byte `json:"leaf"`
	Path       []Hash `json:"path"`       // RFC 6962 §2.1.1
	Checkpoint []byte `json:"checkpoint"` // signed note
}

// Prove makes the path of leaf seq in the log of size leaves.
func Prove(size, seq int64, r HashReader) ([]Hash, error) {
	if seq < 0 || seq >= size {
		return nil, fmt.Errorf("audit proof: seq %d of %d", seq, size)
	}
	path, err := tlog.ProveRecord(size, seq, r)
	if err != nil {
		return nil, fmt.Errorf("audit proof: seq %d of %d: %w", seq, size, err)
	}
	return path, nil
}

// CheckProof says whether the proof holds under the verifier's keys.
func CheckProof(p Proof, v *Verifier) error {
	c, err := v.Open(p.Checkpoint)
	if err != nil {
		return err
	}
	if _, seq, err := ParseLeaf(p.Leaf); err != nil || seq != p.Seq {
		return errors.New("audit proof: leaf of another place")
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Seq, tlog.RecordHash(p.Leaf)); err != nil {
		return fmt.Errorf("audit proof: seq %d of %d: path does not hold", p.Seq, c.Size)
	}
	return nil
}

// ProveGrowth makes the consistency proof from a log of old leaves to the same log of size leaves, RFC 6962 §2.1.2. From
// the empty log nothing needs to be proved.
func ProveGrowth(size, old int64, r HashReader) ([]Hash, error) {
	if old < 0 || old > size {
		return nil, fmt.Errorf("audit growth: from %d to %d", old, size)
	}
	if old == 0 || old == size {
		return nil, nil
	}
	path, err := tlog.ProveTree(size, old, r)
	if err != nil {
		return nil, fmt.Errorf("audit growth: from %d to %d: %w", old, size, err)
	}
	return path, nil
}

// CheckGrowth says whether the log of the later head begins with the log of the earlier one.
func CheckGrowth(proof []Hash, old, grown Head) error {
	err := errors.New("proof does not hold")
	switch {
	case old.Size > grown.Size:
	case old.Size == grown.Size && old.Root == grown.Root && len(proof) == 0:
		err = nil
	case old.Size == 0 && len(proof) == 0:
		err = nil
	case old.Size > 0 && old.Size < grown.Size:
		err = tlog.CheckTree(proof, grown.Size, grown.Root, old.Size, old.Root)
	}
	if err != nil {
		return fmt.Errorf("audit growth: from %d to %d: proof does not hold", old.Size, grown.Size)
	}
	return nil
}

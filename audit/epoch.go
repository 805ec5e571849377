package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// A restore ends a log: what was written after the restored copy was made is gone, and whoever witnessed it would see a
// fork. So the log that goes on has a new name, the next epoch's, and says in its first leaf from which checkpoint it
// goes on, which later one was witnessed before, and who approved it. The leaves before it stay in the tree.

// EpochOrigin is the name of a log in one of its epochs, which count from 1. The first is the log's own name.
func EpochOrigin(origin string, epoch int) string {
	if epoch <= 1 {
		return origin
	}
	return origin + "/" + strconv.Itoa(epoch)
}

// splitOrigin takes the epoch from a name "nightbell/ID/2". A name of another form is of its first epoch.
func splitOrigin(name string) (origin string, epoch int) {
	at := strings.LastIndexByte(name, '/')
	if at < 0 || strings.Count(name, "/") < 2 {
		return name, 1
	}
	n, err := strconv.Atoi(name[at+1:])
	if err != nil || n < 2 || strconv.Itoa(n) != name[at+1:] {
		return name, 1
	}
	return name[:at], n
}

// Head is a tree head without its name: how long, which root. The zero Head is that of nothing known.
type Head struct {
	Size int64 `json:"size"`
	Root Hash  `json:"root"`
}

// HeadOf gives a checkpoint's head.
func HeadOf(c Checkpoint) Head { return Head{c.Size, c.Root} }

// Epoch is what the first leaf of an epoch says.
type Epoch struct {
	Number    int      // 2 for the first restore of a log
	Restored  Head     // what the restored copy held: the leaves before this one
	Witnessed Head     // the last head that is known to have been witnessed, where there is one; what lies between is lost
	Approvals []string // "person:amy", in the order in which they approved
}

// declares reports whether the epoch owns up to a head that was witnessed before it.
func (e Epoch) declares(h Head) bool {
	return e.Witnessed.Size > h.Size || e.Witnessed == h
}

// Facts of an EpochBegan leaf.
const (
	factEpoch         = "epoch"
	factRestoredSize  = "restored_size"
	factRestoredRoot  = "restored_root"
	factWitnessedSize = "witnessed_size"
	factWitnessedRoot = "witnessed_root"
	factApprovals     = "approvals"
)

// Facts is the epoch as the leaf's facts.
func (e Epoch) Facts() map[string]string {
	f := map[string]string{factEpoch: strconv.Itoa(e.Number), factApprovals: strings.Join(e.Approvals, " ")}
	e.Restored.put(f, factRestoredSize, factRestoredRoot)
	if e.Witnessed != (Head{}) {
		e.Witnessed.put(f, factWitnessedSize, factWitnessedRoot)
	}
	return f
}

func (h Head) put(facts map[string]string, size, root string) {
	facts[size], facts[root] = strconv.FormatInt(h.Size, 10), base64.StdEncoding.EncodeToString(h.Root[:])
}

// EpochOf reads what an EpochBegan leaf says.
func EpochOf(e Event) (Epoch, error) {
	n, err := strconv.Atoi(e.Facts[factEpoch])
	if err != nil || e.Action != EpochBegan || n < 2 {
		return Epoch{}, fmt.Errorf("epoch: facts do not say which")
	}
	out := Epoch{Number: n, Approvals: strings.Fields(e.Facts[factApprovals])}
	if out.Restored, err = headIn(e.Facts, factRestoredSize, factRestoredRoot); err != nil {
		return Epoch{}, fmt.Errorf("epoch %d: restored: %w", n, err)
	}
	if e.Facts[factWitnessedSize] == "" {
		return out, nil
	}
	if out.Witnessed, err = headIn(e.Facts, factWitnessedSize, factWitnessedRoot); err != nil {
		return Epoch{}, fmt.Errorf("epoch %d: witnessed: %w", n, err)
	}
	return out, nil
}

func headIn(facts map[string]string, size, root string) (Head, error) {
	c, err := parseCheckpoint("head\n" + facts[size] + "\n" + facts[root] + "\n")
	return HeadOf(c), err
}

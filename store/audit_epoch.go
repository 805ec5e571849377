package store

import (
	"context"
	"fmt"

	"nightbell/audit"
	"nightbell/phi"
)

// Epoch is what a restore knows when it ends a log. The zero Witnessed says that no witness is known to have a later
// checkpoint.
type Epoch struct {
	Restored  audit.Head // of the copy that was restored; zero: of the log as it stands now
	Witnessed audit.Head
	Approvals []string // "person:amy", "share:3"
}

// BeginEpoch ends the log as it stands and begins its next epoch: the next leaf says so, and the checkpoints from it on
// bear the new epoch's name. It is called once after a restore, before anything else is written, and when two people
// accept that an older database was put back. A log that is not what was restored is ErrConflict.
func (s *Store) BeginEpoch(ctx context.Context, actor audit.Actor, e Epoch) (number int, err error) {
	err = s.write(ctx, func(t *tx) error {
		root, err := t.tree.Root()
		if err != nil {
			return err
		}
		stands := audit.Head{Size: t.tree.Size(), Root: root}
		if e.Restored == (audit.Head{}) {
			e.Restored = stands
		}
		if e.Restored != stands {
			return fmt.Errorf("log of %d is not the restored one of %d: %w", stands.Size, e.Restored.Size, ErrConflict)
		}
		number = t.epoch + 1
		return t.beginEpoch(actor, audit.Epoch{Number: number, Restored: stands, Witnessed: e.Witnessed, Approvals: e.Approvals})
	})
	if err != nil {
		return 0, fmt.Errorf("begin epoch: %w", err)
	}
	return number, nil
}

func (t *tx) beginEpoch(actor audit.Actor, e audit.Epoch) error {
	if _, err := t.exec("INSERT INTO audit_epochs (epoch, first) VALUES (?, ?)", e.Number, t.tree.Size()); err != nil {
		return err
	}
	// What waits in this transaction before it belongs to the old epoch, and is signed under its name.
	if err := t.seal(); err != nil {
		return err
	}
	t.leaves, t.hashes = nil, nil
	t.epoch = e.Number
	return t.remember(audit.Event{Actor: actor, Action: audit.EpochBegan, Object: "audit", Facts: e.Facts()}, phi.Text{})
}

// AuditEpoch is the epoch that the log is in; the first is 1.
func (s *Store) AuditEpoch(ctx context.Context) (int, error) {
	n, err := epochOf(s.read)
	if err != nil {
		return 0, fmt.Errorf("audit epoch: %w", err)
	}
	return n, nil
}

func epochOf(q querier) (epoch int, err error) {
	err = q.QueryRowContext(context.Background(), "SELECT coalesce(max(epoch), 1) FROM audit_epochs").Scan(&epoch)
	return epoch, named(err)
}

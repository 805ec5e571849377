package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// LiveDialog is a snapshot of a part of a running call: what the start after a crash takes it up again with. State holds
// numbers and keys: it lies sealed by the house's key.
type LiveDialog struct {
	ID      string // of the part: a leg's, a voice's
	Call    string
	Kind    string // the writer's own word
	State   []byte
	Updated time.Time
}

func dialogCell(id string) Cell { return Cell{Table: "live_dialogs", Column: "state_cell", Row: id} }

// PutLiveDialogs keeps snapshots; one of the same id takes the place of the one before.
func (s *Store) PutLiveDialogs(ctx context.Context, list []LiveDialog) error {
	k, err := s.sealer()
	if err != nil {
		return fmt.Errorf("live dialogs: %w", err)
	}
	cells := make([][]byte, len(list))
	for i, d := range list {
		if d.ID == "" || d.Call == "" || len(d.State) == 0 {
			return fmt.Errorf("live dialog %s: %w", d.ID, ErrInvalid)
		}
		if cells[i], err = k.SealCell(dialogCell(d.ID), d.State); err != nil {
			return fmt.Errorf("live dialog %s: %w", d.ID, err)
		}
	}
	err = s.write(ctx, func(t *tx) error {
		for i, d := range list {
			_, err := t.exec(`INSERT INTO live_dialogs (id, call, kind, state_cell, updated) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id)
				DO UPDATE SET call = excluded.call, kind = excluded.kind, state_cell = excluded.state_cell, updated = excluded.updated`,
				d.ID, d.Call, d.Kind, cells[i], s.now().UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("live dialogs: %w", err)
	}
	return nil
}

// DropLiveDialogs forgets everything of a call.
func (s *Store) DropLiveDialogs(ctx context.Context, call string) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM live_dialogs WHERE call = ?", call)
		return err
	})
	if err != nil {
		return fmt.Errorf("live dialogs of call %s: %w", call, err)
	}
	return nil
}

// DropLiveDialog forgets one part.
func (s *Store) DropLiveDialog(ctx context.Context, id string) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM live_dialogs WHERE id = ?", id)
		return err
	})
	if err != nil {
		return fmt.Errorf("live dialog %s: %w", id, err)
	}
	return nil
}

// LiveDialogs lists every snapshot, by call. One that does not open is left out and named by the error beside the others:
// it must not keep the rest from being taken up.
func (s *Store) LiveDialogs(ctx context.Context) ([]LiveDialog, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("live dialogs: %w", err)
	}
	var list []LiveDialog
	var bad error
	const query = "SELECT id, call, kind, state_cell, updated FROM live_dialogs ORDER BY call, id"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		var d LiveDialog
		var cell []byte
		var updated int64
		if err := rows.Scan(&d.ID, &d.Call, &d.Kind, &cell, &updated); err != nil {
			return err
		}
		d.Updated = time.UnixMicro(updated).UTC()
		if d.State, err = k.OpenCell(dialogCell(d.ID), cell); err != nil {
			bad = fmt.Errorf("live dialog %s: %w", d.ID, ErrDamaged)
			return nil
		}
		list = append(list, d)
		return nil
	})
	if err == nil {
		err = bad
	}
	return list, err
}

package store

import (
	"context"
	"fmt"

	"nightbell/audit"
	"nightbell/phi"
)

func trunkCell(id string) Cell { return Cell{Table: "trunks", Column: "secret_cell", Row: id} }

// SetTrunkSecret keeps a trunk's digest secret, sealed. Opaque here, as a device's.
func (s *Store) SetTrunkSecret(ctx context.Context, actor audit.Actor, trunk string, secret []byte) error {
	k, err := s.sealer()
	if err == nil && len(secret) == 0 {
		err = ErrInvalid
	}
	if err != nil {
		return fmt.Errorf("secret of trunk %s: %w", trunk, err)
	}
	cell, err := sealCell(k, trunkCell(trunk), string(secret))
	if err != nil {
		return fmt.Errorf("secret of trunk: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		err := t.must("UPDATE trunks SET secret_cell = ?, secret_set = ? WHERE id = ? AND removed IS NULL",
			cell, s.now().UnixMicro(), trunk)
		if err != nil {
			return err
		}
		t.changed = true
		return t.remember(audit.Event{Actor: actor, Action: audit.TrunkSecretSet, Object: "trunk:" + trunk}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("secret of trunk %s: %w", trunk, err)
	}
	return nil
}

// TrunkSecret opens a trunk's digest secret; ErrNotFound when none is set.
func (s *Store) TrunkSecret(ctx context.Context, trunk string) ([]byte, error) {
	secret, err := s.secret(ctx, trunkCell(trunk), "SELECT secret_cell FROM trunks WHERE id = ? AND removed IS NULL")
	if err != nil {
		return nil, fmt.Errorf("secret of trunk %s: %w", trunk, err)
	}
	return secret, nil
}

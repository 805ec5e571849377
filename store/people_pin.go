package store

import (
	"context"
	"fmt"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

// kindPIN marks the row of a PIN among the factors: it is kept, sealed and destroyed with them, but it is no second factor
// of a login and never listed as one.
const kindPIN access.FactorKind = "pin"

// SetPIN replaces the PIN that a person types on a hard phone; hash is Argon2id's. Empty: she has none any more.
func (s *Store) SetPIN(ctx context.Context, actor audit.Actor, person, hash string) error {
	f := access.Factor{ID: newID(), Person: person, Kind: kindPIN, Secret: []byte(hash), Made: s.now()}
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.active(person); err != nil {
			return err
		}
		_, err := t.exec("UPDATE factors SET secret_cell = NULL, removed = ? WHERE person = ? AND kind = ? AND removed IS NULL",
			f.Made.UnixMicro(), person, string(kindPIN))
		if err != nil {
			return err
		}
		action := audit.FactorRemoved
		if hash != "" {
			action = audit.FactorAdded
			if err := t.addPIN(f); err != nil {
				return err
			}
		}
		return t.remember(factorEvent(actor, action, f), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("PIN of %s: %w", person, err)
	}
	return nil
}

func (t *tx) addPIN(f access.Factor) error {
	cell, err := t.factorSealed(f)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO factors (id, person, kind, label, secret_cell, last_step, made) VALUES (?, ?, ?, '', ?, 0, ?)",
		f.ID, f.Person, string(f.Kind), cell, f.Made.UnixMicro())
	return err
}

// PIN gives the hash of a person's PIN; ErrNotFound: she has none.
func (s *Store) PIN(ctx context.Context, person string) (hash string, err error) {
	var id string
	err = s.read.QueryRowContext(ctx, "SELECT id FROM factors WHERE person = ? AND kind = ? AND removed IS NULL ORDER BY made DESC LIMIT 1",
		person, string(kindPIN)).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("PIN of %s: %w", person, named(err))
	}
	secret, err := s.secret(ctx, factorCell(id), "SELECT secret_cell FROM factors WHERE id = ? AND removed IS NULL")
	if err != nil {
		return "", fmt.Errorf("PIN of %s: %w", person, err)
	}
	return string(secret), nil
}

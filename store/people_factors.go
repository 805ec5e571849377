package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

func factorCell(id string) Cell { return Cell{Table: "factors", Column: "secret_cell", Row: id} }

// secretOf is what a factor keeps sealed: the TOTP secret, or the passkey's record.
func secretOf(f access.Factor) []byte {
	if f.Kind == access.Passkey {
		return f.Passkey
	}
	return f.Secret
}

// AddFactor enrols a second factor of an active account. ID and Made are set here.
func (s *Store) AddFactor(ctx context.Context, actor audit.Actor, f access.Factor) (access.Factor, error) {
	f.ID, f.Made, f.LastUsed = newID(), s.now(), time.Time{}
	err := s.write(ctx, func(t *tx) error {
		if f.Kind != access.TOTP && f.Kind != access.Passkey || len(secretOf(f)) == 0 {
			return ErrInvalid
		}
		if _, err := t.active(f.Person); err != nil {
			return err
		}
		cell, err := t.factorSealed(f)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO factors (id, person, kind, label, secret_cell, last_step, made)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, f.ID, f.Person, string(f.Kind), f.Label, cell, f.LastStep, f.Made.UnixMicro())
		if err != nil {
			return err
		}
		return t.remember(factorEvent(actor, audit.FactorAdded, f), phi.Text{})
	})
	if err != nil {
		return access.Factor{}, fmt.Errorf("add factor of %s: %w", f.Person, err)
	}
	return f, nil
}

func (t *tx) factorSealed(f access.Factor) ([]byte, error) {
	k, err := t.w.store.sealer()
	if err != nil {
		return nil, err
	}
	return sealCell(k, factorCell(f.ID), string(secretOf(f)))
}

func factorEvent(actor audit.Actor, action audit.Action, f access.Factor) audit.Event {
	return audit.Event{
		Actor: actor, Action: action, Object: "person:" + f.Person,
		Facts: map[string]string{"factor": f.ID, "kind": string(f.Kind)},
	}
}

// Factors gives a person's second factors with their secrets, oldest first.
func (s *Store) Factors(ctx context.Context, person string) ([]access.Factor, error) {
	list, err := s.factors(ctx, s.read, person)
	if err != nil {
		return nil, fmt.Errorf("factors of %s: %w", person, err)
	}
	return list, nil
}

func (s *Store) factors(ctx context.Context, q querier, person string) ([]access.Factor, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	const query = `SELECT id, person, kind, label, secret_cell, last_step, made, last_used FROM factors
		WHERE person = ? AND kind <> 'pin' AND removed IS NULL ORDER BY made, id`
	var list []access.Factor
	err = each(ctx, q, query, func(rows *sql.Rows) error {
		var f access.Factor
		var cell []byte
		var made, used sql.NullInt64
		if err := rows.Scan(&f.ID, &f.Person, &f.Kind, &f.Label, &cell, &f.LastStep, &made, &used); err != nil {
			return err
		}
		f.Made, f.LastUsed = instant(made), instant(used)
		clear, err := openCell(k, factorCell(f.ID), cell)
		if f.Kind == access.Passkey {
			f.Passkey = []byte(clear)
		} else {
			f.Secret = []byte(clear)
		}
		list = append(list, f)
		return err
	}, person)
	return list, err
}

// TouchFactor files that a factor was shown. A TOTP step works once: LastStep must be greater than any before, else
// ErrConflict, whoever asks and however many at a time. A passkey's record is replaced by the one given. What it was shown
// for is audited there: a login, a step-up.
func (s *Store) TouchFactor(ctx context.Context, f access.Factor) error {
	err := s.write(ctx, func(t *tx) error {
		now := s.now().UnixMicro()
		if f.Kind == access.TOTP {
			n, err := t.exec("UPDATE factors SET last_step = ?, last_used = ? WHERE id = ? AND kind = ? AND removed IS NULL AND last_step < ?",
				f.LastStep, now, f.ID, string(f.Kind), f.LastStep)
			if err == nil && n == 0 {
				return ErrConflict
			}
			return err
		}
		if len(f.Passkey) == 0 {
			return ErrInvalid
		}
		cell, err := t.factorSealed(f)
		if err != nil {
			return err
		}
		return t.must("UPDATE factors SET secret_cell = ?, last_used = ? WHERE id = ? AND kind = ? AND removed IS NULL",
			cell, now, f.ID, string(f.Kind))
	})
	if err != nil {
		return fmt.Errorf("factor %s: %w", f.ID, err)
	}
	return nil
}

// RemoveFactor destroys a factor's secret. One that is gone or another person's is ErrNotFound.
func (s *Store) RemoveFactor(ctx context.Context, actor audit.Actor, person, id string) error {
	err := s.write(ctx, func(t *tx) error {
		f := access.Factor{ID: id, Person: person}
		if err := t.scan("SELECT kind FROM factors WHERE id = ? AND person = ?", []any{id, person}, &f.Kind); err != nil {
			return err
		}
		err := t.must("UPDATE factors SET secret_cell = NULL, removed = ? WHERE id = ? AND removed IS NULL", s.now().UnixMicro(), id)
		if err != nil {
			return err
		}
		return t.remember(factorEvent(actor, audit.FactorRemoved, f), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("remove factor %s: %w", id, err)
	}
	return nil
}

// dropFactors destroys every factor and recovery code of a person and says how many factors there were.
func (t *tx) dropFactors(person string) (int64, error) {
	n, err := t.exec("UPDATE factors SET secret_cell = NULL, removed = ? WHERE person = ? AND removed IS NULL",
		t.w.store.now().UnixMicro(), person)
	if err != nil {
		return 0, err
	}
	_, err = t.exec("DELETE FROM recovery_codes WHERE person = ?", person)
	return n, err
}

// PutRecoveryCodes replaces a person's recovery codes, given as hashes.
func (s *Store) PutRecoveryCodes(ctx context.Context, actor audit.Actor, person string, hashes [][]byte) error {
	err := s.write(ctx, func(t *tx) error {
		if len(hashes) == 0 {
			return ErrInvalid
		}
		if _, err := t.active(person); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM recovery_codes WHERE person = ?", person); err != nil {
			return err
		}
		for _, h := range hashes {
			_, err := t.exec("INSERT INTO recovery_codes (person, hash, made) VALUES (?, ?, ?)", person, h, s.now().UnixMicro())
			if err != nil {
				return err
			}
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.RecoveryCodesMade, Object: "person:" + person}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("recovery codes of %s: %w", person, err)
	}
	return nil
}

// UseRecoveryCode takes a recovery code, once: ErrNotFound when she has none of this hash, ErrConflict when it was used.
// The login that it opens is audited.
func (s *Store) UseRecoveryCode(ctx context.Context, person string, hash []byte) error {
	err := s.write(ctx, func(t *tx) error {
		var n int
		if err := t.scan("SELECT 1 FROM recovery_codes WHERE person = ? AND hash = ?", []any{person, hash}, &n); err != nil {
			return err
		}
		taken, err := t.exec("UPDATE recovery_codes SET used = ? WHERE person = ? AND hash = ? AND used IS NULL",
			s.now().UnixMicro(), person, hash)
		if err == nil && taken == 0 {
			return ErrConflict
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("recovery code: %w", err)
	}
	return nil
}

// RecoveryCodesLeft counts the recovery codes that were not used.
func (s *Store) RecoveryCodesLeft(ctx context.Context, person string) (n int, err error) {
	row := s.read.QueryRowContext(ctx, "SELECT count(*) FROM recovery_codes WHERE person = ? AND used IS NULL", person)
	if err := row.Scan(&n); err != nil {
		return 0, fmt.Errorf("recovery codes: %w", named(err))
	}
	return n, nil
}

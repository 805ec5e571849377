package store

import (
	"context"
	"database/sql"
	"fmt"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

func passwordCell(person string) Cell {
	return Cell{Table: "accounts", Column: "password_cell", Row: person}
}

// standing is an account's state as it counts: a person whom the book does not have, or has as inactive, opens nothing,
// and is back when the book has her back.
const standing = `CASE WHEN a.state IN ('active', 'invited') AND (p.id IS NULL OR p.removed IS NOT NULL OR p.active = 0)
	THEN 'suspended' ELSE a.state END`

const accountQuery = `SELECT a.person, ` + standing + `, a.password_cell, a.must_change, a.made, a.last_login, a.last_from,
	a.terminated FROM accounts a LEFT JOIN people p ON p.id = a.person`

// Account reads one person's account, her password's hash with it; ErrNotFound where there is none. Somebody whom the book
// does not have any more is suspended.
func (s *Store) Account(ctx context.Context, person string) (access.Account, error) {
	list, err := s.accounts(ctx, s.read, " WHERE a.person = ?", person)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return access.Account{}, fmt.Errorf("account: %w", err)
	}
	return list[0], nil
}

// Accounts lists every account, terminated ones too, by person. Password hashes are not in the list.
func (s *Store) Accounts(ctx context.Context) ([]access.Account, error) {
	list, err := s.accounts(ctx, s.read, " ORDER BY a.person")
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	for i := range list {
		list[i].PasswordHash = ""
	}
	return list, nil
}

func (s *Store) accounts(ctx context.Context, q querier, where string, args ...any) ([]access.Account, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	var list []access.Account
	err = each(ctx, q, accountQuery+where, func(rows *sql.Rows) error {
		var a access.Account
		var cell []byte
		var made, last, ended sql.NullInt64
		if err := rows.Scan(&a.Person, &a.State, &cell, &a.MustChange, &made, &last, &a.LastLoginFrom, &ended); err != nil {
			return err
		}
		a.Made, a.LastLogin, a.Terminated = instant(made), instant(last), instant(ended)
		a.PasswordHash, err = openCell(k, passwordCell(a.Person), cell)
		list = append(list, a)
		return err
	}, args...)
	return list, err
}

// account reads an account inside the transaction.
func (t *tx) account(person string) (access.Account, error) {
	list, err := t.w.store.accounts(context.Background(), t.w.conn, " WHERE a.person = ?", person)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return access.Account{}, fmt.Errorf("account %s: %w", person, err)
	}
	return list[0], nil
}

// active refuses a person whose account does not open anything.
func (t *tx) active(person string) (access.Account, error) {
	a, err := t.account(person)
	if err == nil && a.State != access.Active {
		err = fmt.Errorf("account %s is %s: %w", person, a.State, ErrConflict)
	}
	return a, err
}

// inBook refuses a person whom the book does not have.
func (t *tx) inBook(person string) error {
	var n int
	err := t.scan("SELECT 1 FROM people WHERE id = ? AND removed IS NULL", []any{person}, &n)
	if err != nil {
		return fmt.Errorf("person %s: %w", person, err)
	}
	return nil
}

// SetPassword gives a person another password (its PHC text) and ends her logins, but for the actor's own: whoever knew
// the old one is out.
func (s *Store) SetPassword(ctx context.Context, actor audit.Actor, person, hash string) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.active(person); err != nil {
			return err
		}
		if err := t.putPassword(person, hash); err != nil {
			return err
		}
		if _, err := t.endLogins(person, access.EndRevoked, actor.Login); err != nil {
			return err
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.PasswordSet, Object: "person:" + person}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("set password of %s: %w", person, err)
	}
	return nil
}

func (t *tx) putPassword(person, hash string) error {
	if hash == "" {
		return fmt.Errorf("password: %w", ErrInvalid)
	}
	k, err := t.w.store.sealer()
	if err != nil {
		return err
	}
	cell, err := sealCell(k, passwordCell(person), hash)
	if err != nil {
		return err
	}
	return t.must("UPDATE accounts SET password_cell = ?, password_set = ?, must_change = 0 WHERE person = ?",
		cell, t.w.store.now().UnixMicro(), person)
}

// Rehash keeps the same password under a stronger hash; it is no change of the password and ends nothing. ErrConflict:
// the password was changed meanwhile.
func (s *Store) Rehash(ctx context.Context, person, was, hash string) error {
	err := s.write(ctx, func(t *tx) error {
		a, err := t.active(person)
		if err != nil {
			return err
		}
		if a.PasswordHash != was {
			return ErrConflict
		}
		must := a.MustChange
		if err := t.putPassword(person, hash); err != nil || !must {
			return err
		}
		return t.must("UPDATE accounts SET must_change = 1 WHERE person = ?", person)
	})
	if err != nil {
		return fmt.Errorf("rehash password of %s: %w", person, err)
	}
	return nil
}

// SuspendAccount closes an active account until it is reinstated: her logins and her readiness end with it.
func (s *Store) SuspendAccount(ctx context.Context, actor audit.Actor, person, reason string) error {
	err := s.write(ctx, func(t *tx) error {
		if err := t.moveAccount(person, access.Active, access.Suspended); err != nil {
			return err
		}
		if _, err := t.endLogins(person, access.EndRevoked, ""); err != nil {
			return err
		}
		if _, err := t.endReadiness(actor, person, "account suspended"); err != nil {
			return err
		}
		return t.accountChanged(actor, person, reason, [2]access.AccountState{access.Active, access.Suspended})
	})
	if err != nil {
		return fmt.Errorf("suspend %s: %w", person, err)
	}
	return nil
}

// ReinstateAccount opens a suspended account again.
func (s *Store) ReinstateAccount(ctx context.Context, actor audit.Actor, person, reason string) error {
	err := s.write(ctx, func(t *tx) error {
		if err := t.moveAccount(person, access.Suspended, access.Active); err != nil {
			return err
		}
		return t.accountChanged(actor, person, reason, [2]access.AccountState{access.Suspended, access.Active})
	})
	if err != nil {
		return fmt.Errorf("reinstate %s: %w", person, err)
	}
	return nil
}

// moveAccount changes the state from one to another; another one than expected is ErrConflict.
func (t *tx) moveAccount(person string, from, to access.AccountState) error {
	n, err := t.exec("UPDATE accounts SET state = ? WHERE person = ? AND state = ?", string(to), person, string(from))
	if err == nil && n == 0 {
		return fmt.Errorf("account is not %s: %w", from, ErrConflict)
	}
	t.people = true
	return err
}

func (t *tx) accountChanged(actor audit.Actor, person, reason string, states [2]access.AccountState) error {
	return t.remember(audit.Event{
		Actor: actor, Action: audit.AccountChanged, Object: "person:" + person, Reason: reason,
		Facts: map[string]string{"before": string(states[0]), "after": string(states[1])},
	}, phi.Text{})
}

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

// Invite lets a person of the book set a password by a secret of which only the hash comes here. It makes her account
// where there is none; one that was terminated begins anew, with nothing of before. An earlier invitation of hers ends.
// ID, By and Made are set here. Unknown person: ErrNotFound; a suspended account: ErrConflict.
func (s *Store) Invite(ctx context.Context, actor audit.Actor, in access.Invitation) (access.Invitation, error) {
	in.ID, in.By, in.Made, in.Used, in.Revoked = newID(), actor.ID, s.now(), time.Time{}, time.Time{}
	err := s.write(ctx, func(t *tx) error {
		if !access.ValidName(in.Person) || len(in.Hash) == 0 || !in.Expires.After(in.Made) {
			return ErrInvalid
		}
		if err := t.inBook(in.Person); err != nil {
			return err
		}
		if err := t.openAccount(in); err != nil {
			return err
		}
		if _, err := t.endInvitations(in.Person); err != nil {
			return err
		}
		_, err := t.exec("INSERT INTO invitations (id, person, author, hash, made, expires) VALUES (?, ?, ?, ?, ?, ?)",
			in.ID, in.Person, in.By, in.Hash, in.Made.UnixMicro(), in.Expires.UnixMicro())
		if err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.PersonInvited, Object: "person:" + in.Person,
			Facts: map[string]string{"invitation": in.ID, "expires": in.Expires.UTC().Format(time.RFC3339)},
		}, phi.Text{})
	})
	if err != nil {
		return access.Invitation{}, fmt.Errorf("invite %s: %w", in.Person, err)
	}
	return in, nil
}

// openAccount makes the account of an invited person where she has none, or none any more.
func (t *tx) openAccount(in access.Invitation) error {
	_, err := t.exec(`INSERT INTO accounts (person, state, made) VALUES (?, ?, ?) ON CONFLICT (person) DO UPDATE SET
		state = excluded.state, made = excluded.made, password_cell = NULL, password_set = NULL, must_change = 0,
		last_login = NULL, last_from = '', terminated = NULL WHERE state = 'terminated'`,
		in.Person, string(access.Invited), in.Made.UnixMicro())
	if err != nil {
		return err
	}
	a, err := t.account(in.Person)
	if err == nil && a.State == access.Suspended {
		return fmt.Errorf("account is suspended: %w", ErrConflict)
	}
	return err
}

func (t *tx) endInvitations(person string) (int64, error) {
	return t.exec("UPDATE invitations SET revoked = ? WHERE person = ? AND used IS NULL AND revoked IS NULL",
		t.w.store.now().UnixMicro(), person)
}

// UseInvitation takes an open invitation up, once: the account gets the password (its PHC text), and logins that were
// open under an older one end. Unknown, used, revoked and expired are all ErrNotFound.
func (s *Store) UseInvitation(ctx context.Context, actor audit.Actor, hash []byte, password string) (access.Invitation, error) {
	var in access.Invitation
	err := s.write(ctx, func(t *tx) error {
		var err error
		if in, err = t.takeInvitation(hash); err != nil {
			return err
		}
		a, err := t.account(in.Person)
		if err != nil {
			return err
		}
		if a.State != access.Invited && a.State != access.Active {
			return ErrNotFound
		}
		if err := t.putPassword(in.Person, password); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE accounts SET state = 'active' WHERE person = ? AND state = 'invited'", in.Person); err != nil {
			return err
		}
		if _, err := t.endLogins(in.Person, access.EndRevoked, ""); err != nil {
			return err
		}
		t.people = true
		return t.remember(audit.Event{
			Actor: actor, Action: audit.InvitationUsed, Object: "person:" + in.Person, Facts: map[string]string{"invitation": in.ID},
		}, phi.Text{})
	})
	if err != nil {
		return access.Invitation{}, fmt.Errorf("use invitation: %w", err)
	}
	return in, nil
}

// takeInvitation marks the invitation of a secret as used; exactly one caller succeeds.
func (t *tx) takeInvitation(hash []byte) (access.Invitation, error) {
	list, err := t.w.store.invitations(context.Background(), t.w.conn, " WHERE hash = ?", hash)
	if err != nil {
		return access.Invitation{}, err
	}
	now := t.w.store.now()
	if len(list) == 0 || !list[0].Open(now) {
		return access.Invitation{}, ErrNotFound
	}
	in := list[0]
	in.Used = now
	return in, t.must("UPDATE invitations SET used = ? WHERE id = ? AND used IS NULL AND revoked IS NULL", now.UnixMicro(), in.ID)
}

// RevokeInvitation ends an open invitation; one that is not open is ErrNotFound.
func (s *Store) RevokeInvitation(ctx context.Context, actor audit.Actor, id string) error {
	err := s.write(ctx, func(t *tx) error {
		var person string
		if err := t.scan("SELECT person FROM invitations WHERE id = ?", []any{id}, &person); err != nil {
			return err
		}
		err := t.must("UPDATE invitations SET revoked = ? WHERE id = ? AND used IS NULL AND revoked IS NULL", s.now().UnixMicro(), id)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.InvitationRevoked, Object: "person:" + person, Facts: map[string]string{"invitation": id},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("revoke invitation %s: %w", id, err)
	}
	return nil
}

// InvitationByHash reads the invitation of a secret, open or not.
func (s *Store) InvitationByHash(ctx context.Context, hash []byte) (access.Invitation, error) {
	list, err := s.invitations(ctx, s.read, " WHERE hash = ?", hash)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return access.Invitation{}, fmt.Errorf("invitation: %w", err)
	}
	return list[0], nil
}

// Invitations lists every invitation, oldest first.
func (s *Store) Invitations(ctx context.Context) ([]access.Invitation, error) {
	list, err := s.invitations(ctx, s.read, "")
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	return list, nil
}

func (s *Store) invitations(ctx context.Context, q querier, where string, args ...any) ([]access.Invitation, error) {
	var list []access.Invitation
	query := "SELECT id, person, author, hash, made, expires, used, revoked FROM invitations" + where + " ORDER BY made, id"
	err := each(ctx, q, query, func(rows *sql.Rows) error {
		var in access.Invitation
		var made, expires, used, revoked sql.NullInt64
		err := rows.Scan(&in.ID, &in.Person, &in.By, &in.Hash, &made, &expires, &used, &revoked)
		in.Made, in.Expires, in.Used, in.Revoked = instant(made), instant(expires), instant(used), instant(revoked)
		list = append(list, in)
		return err
	}, args...)
	return list, err
}

package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

// CreateLogin files a pending login: the password was right, the second factor is to come. It leaves no audit leaf; what
// comes of it does. ID, State, Made and Seen are set here. An account that is not active is ErrConflict.
func (s *Store) CreateLogin(ctx context.Context, l access.Login) (access.Login, error) {
	l.ID, l.State, l.Made, l.Factor = newID(), access.LoginPending, s.now(), ""
	l.Seen, l.SteppedUp, l.Ended, l.Why = l.Made, time.Time{}, time.Time{}, ""
	err := s.write(ctx, func(t *tx) error {
		if len(l.Hash) == 0 {
			return ErrInvalid
		}
		if _, err := t.active(l.Person); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO logins (id, person, hash, state, made, seen, source, agent, factor)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')`, l.ID, l.Person, l.Hash, string(l.State), l.Made.UnixMicro(), l.Seen.UnixMicro(), l.From, l.Agent)
		return err
	})
	if err != nil {
		return access.Login{}, fmt.Errorf("create login: %w", err)
	}
	return l, nil
}

// Promotion is what makes a pending login live.
type Promotion struct {
	Login  string // id
	Hash   []byte // of the live secret; the pending one opens nothing from then on
	Factor string // id of the factor that was shown, or "recovery"
	From   string // address
	Kind   string // for the audit: "totp", "passkey", "recovery"
}

// PromoteLogin makes a pending login live, once: a second try, or one that came after its end, is ErrConflict. It gives the
// login, and the account as it was before: when and from where she was here last.
func (s *Store) PromoteLogin(ctx context.Context, actor audit.Actor, p Promotion) (access.Login, access.Account, error) {
	var l access.Login
	var before access.Account
	err := s.write(ctx, func(t *tx) error {
		var err error
		if l, err = t.pending(p); err != nil {
			return err
		}
		if before, err = t.active(l.Person); err != nil {
			return err
		}
		now := s.now()
		l.Hash, l.State, l.Made, l.Seen, l.SteppedUp = bytes.Clone(p.Hash), access.LoginLive, now, now, now
		l.Factor, l.From = p.Factor, p.From
		n, err := t.exec(`UPDATE logins SET hash = ?, state = 'live', made = ?, seen = ?, stepped_up = ?, factor = ?, source = ?
			WHERE id = ? AND state = 'pending' AND ended IS NULL`,
			l.Hash, now.UnixMicro(), now.UnixMicro(), now.UnixMicro(), l.Factor, l.From, l.ID)
		if err == nil && n == 0 {
			err = ErrConflict
		}
		if err != nil {
			return err
		}
		err = t.must("UPDATE accounts SET last_login = ?, last_from = ? WHERE person = ?", now.UnixMicro(), l.From, l.Person)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.LoginMade, Object: "login:" + l.ID,
			Facts: map[string]string{"person": l.Person, "factor": p.Kind},
		}, phi.Text{})
	})
	if err != nil {
		return access.Login{}, access.Account{}, fmt.Errorf("promote login: %w", err)
	}
	return l, before, nil
}

func (t *tx) pending(p Promotion) (access.Login, error) {
	if len(p.Hash) == 0 || p.Factor == "" {
		return access.Login{}, ErrInvalid
	}
	list, err := logins(context.Background(), t.w.conn, " WHERE id = ?", p.Login)
	switch {
	case err != nil:
		return access.Login{}, err
	case len(list) == 0:
		return access.Login{}, ErrNotFound
	case list[0].State != access.LoginPending:
		return access.Login{}, fmt.Errorf("login is %s: %w", list[0].State, ErrConflict)
	}
	return list[0], nil
}

// StepUpLogin files that a second factor was shown again in a live login.
func (s *Store) StepUpLogin(ctx context.Context, actor audit.Actor, id, kind string) error {
	err := s.write(ctx, func(t *tx) error {
		err := t.must("UPDATE logins SET stepped_up = ? WHERE id = ? AND state = 'live' AND ended IS NULL", s.now().UnixMicro(), id)
		if err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.LoginSteppedUp, Object: "login:" + id, Facts: map[string]string{"factor": kind},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("step up login: %w", err)
	}
	return nil
}

// EndLogin ends a login; one that is over, or unknown, is ErrNotFound. A logout and a revocation end the readiness that was
// made in it too; a login that idles out does not: security.md, "The gate".
func (s *Store) EndLogin(ctx context.Context, actor audit.Actor, id, why string) error {
	err := s.write(ctx, func(t *tx) error {
		var person string
		if err := t.scan("SELECT person FROM logins WHERE id = ?", []any{id}, &person); err != nil {
			return err
		}
		err := t.must("UPDATE logins SET state = 'ended', ended = ?, why = ? WHERE id = ? AND ended IS NULL",
			s.now().UnixMicro(), why, id)
		if err != nil {
			return err
		}
		if err := t.endReadinessOf(actor, id, why); err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.LoginEnded, Object: "login:" + id, Reason: why, Facts: map[string]string{"person": person},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("end login: %w", err)
	}
	return nil
}

// endReadinessOf ends what was made ready in a login, where the login's end was meant.
func (t *tx) endReadinessOf(actor audit.Actor, login, why string) error {
	if why != access.EndLogout && why != access.EndRevoked {
		return nil
	}
	var person string
	err := t.scan("SELECT person FROM readiness WHERE login = ? AND ended IS NULL", []any{login}, &person)
	if err == ErrNotFound {
		return nil
	}
	if err == nil {
		_, err = t.endReadiness(actor, person, why)
	}
	return err
}

// EndLogins revokes every login of a person, but for the one of the given id, and says how many there were.
func (s *Store) EndLogins(ctx context.Context, actor audit.Actor, person, except string) (int, error) {
	var n int64
	err := s.write(ctx, func(t *tx) error {
		var err error
		if n, err = t.endLogins(person, access.EndRevoked, except); err != nil || n == 0 {
			return err
		}
		var login string
		err = t.scan("SELECT login FROM readiness WHERE person = ? AND ended IS NULL", []any{person}, &login)
		if err == nil && login != except {
			_, err = t.endReadiness(actor, person, access.EndRevoked)
		}
		if err != nil && err != ErrNotFound {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.LoginEnded, Object: "person:" + person, Reason: access.EndRevoked,
			Facts: map[string]string{"logins": fmt.Sprint(n)},
		}, phi.Text{})
	})
	if err != nil {
		return 0, fmt.Errorf("end logins of %s: %w", person, err)
	}
	return int(n), nil
}

func (t *tx) endLogins(person, why, except string) (int64, error) {
	return t.exec("UPDATE logins SET state = 'ended', ended = ?, why = ? WHERE person = ? AND id <> ? AND ended IS NULL",
		t.w.store.now().UnixMicro(), why, person, except)
}

// LoginByHash finds the login of a secret; it is asked with every request. ErrNotFound: there never was one. A login of
// somebody whose account is not active any more, or whom the book does not have, is given as ended.
func (s *Store) LoginByHash(ctx context.Context, hash []byte) (access.Login, error) {
	row := s.hot.login.QueryRowContext(ctx, hash)
	var l access.Login
	var state access.AccountState
	if err := scanLogin(row, &l, &state); err != nil {
		return access.Login{}, fmt.Errorf("login: %w", named(err))
	}
	if state != access.Active && l.State != access.LoginEnded {
		l.State, l.Why = access.LoginEnded, access.EndRevoked
	}
	s.touches.overlay(&l)
	return l, nil
}

// LoginsOf lists a person's open logins, newest first.
func (s *Store) LoginsOf(ctx context.Context, person string) ([]access.Login, error) {
	list, err := logins(ctx, s.read, " WHERE person = ? AND ended IS NULL ORDER BY made DESC, id", person)
	if err != nil {
		return nil, fmt.Errorf("logins of %s: %w", person, err)
	}
	for i := range list {
		s.touches.overlay(&list[i])
	}
	return list, nil
}

// ForgetLogins removes logins that ended before a time; the audit log keeps their story.
func (s *Store) ForgetLogins(ctx context.Context, before time.Time) (n int, err error) {
	err = s.write(ctx, func(t *tx) error {
		gone, err := t.exec("DELETE FROM logins WHERE ended < ?", before.UnixMicro())
		n = int(gone)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget logins: %w", err)
	}
	return n, nil
}

const loginColumns = "l.id, l.person, l.hash, l.state, l.made, l.seen, l.stepped_up, l.ended, l.why, l.source, l.agent, l.factor"

const loginByHash = "SELECT " + loginColumns + ", " + standing + ` FROM logins l JOIN accounts a ON a.person = l.person
	LEFT JOIN people p ON p.id = l.person WHERE l.hash = ?`

func logins(ctx context.Context, q querier, where string, args ...any) ([]access.Login, error) {
	var list []access.Login
	err := each(ctx, q, "SELECT "+loginColumns+" FROM logins l"+where, func(rows *sql.Rows) error {
		var l access.Login
		err := scanLogin(rows, &l)
		list = append(list, l)
		return err
	}, args...)
	return list, err
}

// scanner is a row, or rows at one of them.
type scanner interface{ Scan(...any) error }

func scanLogin(row scanner, l *access.Login, more ...any) error {
	var made, seen, stepped, ended sql.NullInt64
	into := []any{&l.ID, &l.Person, &l.Hash, &l.State, &made, &seen, &stepped, &ended, &l.Why, &l.From, &l.Agent, &l.Factor}
	err := row.Scan(append(into, more...)...)
	l.Made, l.Seen, l.SteppedUp, l.Ended = instant(made), instant(seen), instant(stepped), instant(ended)
	return err
}

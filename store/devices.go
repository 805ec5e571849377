package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// Device is an enrolled device as it is shown. Its secret is never here.
type Device struct {
	User      string
	Person    string
	Enrolled  time.Time // zero: in the book, without a credential yet
	Revoked   time.Time // zero: it may register
	LastSeen  time.Time
	MD5Until  time.Time
	HasSecret bool
}

// Enrolment binds a credential to a person. Secret is opaque here: whatever the registrar needs to check a digest.
type Enrolment struct {
	User     string
	Person   string
	Secret   []byte
	MD5Until time.Time
}

func deviceCell(user string) Cell { return Cell{Table: "devices", Column: "secret_cell", Row: user} }

// EnrolDevice makes or renews a device's credential; a device that was revoked is alive again, the old secret is gone.
// An unknown person is ErrNotFound.
func (s *Store) EnrolDevice(ctx context.Context, actor audit.Actor, e Enrolment) error {
	k, err := s.sealer()
	if err == nil && (e.User == "" || len(e.Secret) == 0) {
		err = ErrInvalid
	}
	if err != nil {
		return fmt.Errorf("enrol device %s: %w", e.User, err)
	}
	cell, err := sealCell(k, deviceCell(e.User), string(e.Secret))
	if err != nil {
		return fmt.Errorf("enrol device: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.stays(e.Person); err != nil {
			return err
		}
		err := t.must("UPDATE people SET active = active WHERE id = ? AND removed IS NULL", e.Person)
		if err != nil {
			return fmt.Errorf("person %s: %w", e.Person, err)
		}
		_, err = t.exec(`INSERT INTO devices (user, rank, person, md5_until, secret_cell, enrolled)
			SELECT ?, coalesce(max(rank), 0) + 1, ?, ?, ?, ? FROM devices WHERE true
			ON CONFLICT (user) DO UPDATE SET person = excluded.person, md5_until = excluded.md5_until,
			secret_cell = excluded.secret_cell, enrolled = excluded.enrolled, revoked = NULL`,
			e.User, e.Person, micros(e.MD5Until), cell, s.now().UnixMicro())
		if err != nil {
			return err
		}
		return t.deviceChanged(audit.Event{
			Actor: actor, Action: audit.DeviceEnrolled, Object: "device:" + e.User, Facts: map[string]string{"person": e.Person},
		})
	})
	if err != nil {
		return fmt.Errorf("enrol device %s: %w", e.User, err)
	}
	return nil
}

// deviceChanged remembers the change and files a new version of the book.
func (t *tx) deviceChanged(e audit.Event) error {
	if err := t.remember(e, phi.Text{}); err != nil {
		return err
	}
	return t.devicesChanged(e.Actor, 1)
}

// devicesChanged files a new version of the book in which so many devices differ.
func (t *tx) devicesChanged(actor audit.Actor, count int) error {
	was, err := bookVersion(context.Background(), t.w.conn)
	if err != nil {
		return err
	}
	n, err := versionNumber(was)
	if err != nil {
		return err
	}
	return t.newVersion(filing{actor: actor, number: n + 1, counts: map[string]int{"device": count}})
}

// RevokeDevice destroys a device's credential; who was ready with it is not any more. One that is revoked or unknown is
// ErrNotFound.
func (s *Store) RevokeDevice(ctx context.Context, actor audit.Actor, user, reason string) error {
	err := s.write(ctx, func(t *tx) error {
		err := t.must("UPDATE devices SET secret_cell = NULL, revoked = ? WHERE user = ? AND revoked IS NULL",
			s.now().UnixMicro(), user)
		if err != nil {
			return err
		}
		if err := t.unreadyDevice(actor, user); err != nil {
			return err
		}
		return t.deviceChanged(audit.Event{
			Actor: actor, Action: audit.DeviceRevoked, Object: "device:" + user, Reason: reason,
		})
	})
	if err != nil {
		return fmt.Errorf("revoke device %s: %w", user, err)
	}
	return nil
}

// DeviceSecret opens a device's credential for the registrar; ErrNotFound when there is none or it is revoked.
func (s *Store) DeviceSecret(ctx context.Context, user string) ([]byte, error) {
	secret, err := s.secret(ctx, deviceCell(user), "SELECT secret_cell FROM devices WHERE user = ? AND revoked IS NULL")
	if err != nil {
		return nil, fmt.Errorf("secret of device %s: %w", user, err)
	}
	return secret, nil
}

func (s *Store) secret(ctx context.Context, c Cell, query string) ([]byte, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	var cell []byte
	if err := s.read.QueryRowContext(ctx, query, c.Row).Scan(&cell); err != nil {
		return nil, named(err)
	}
	if cell == nil {
		return nil, ErrNotFound
	}
	clear, err := openCell(k, c, cell)
	return []byte(clear), err
}

// Devices lists all devices, revoked ones included, by user.
func (s *Store) Devices(ctx context.Context) ([]Device, error) {
	const query = `SELECT user, person, enrolled, revoked, last_seen, md5_until, secret_cell IS NOT NULL
		FROM devices ORDER BY user`
	var list []Device
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var d Device
		var enrolled, revoked, seen, md5 sql.NullInt64
		err := rows.Scan(&d.User, &d.Person, &enrolled, &revoked, &seen, &md5, &d.HasSecret)
		d.Enrolled, d.Revoked, d.LastSeen, d.MD5Until = instant(enrolled), instant(revoked), instant(seen), instant(md5)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	return list, nil
}

// SawDevice files when a device was last seen. Refreshes are counted, not audited: security.md, "Audit".
func (s *Store) SawDevice(ctx context.Context, user string, at time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		return t.must("UPDATE devices SET last_seen = ? WHERE user = ?", at.UnixMicro(), user)
	})
	if err != nil {
		return fmt.Errorf("device %s seen: %w", user, err)
	}
	return nil
}

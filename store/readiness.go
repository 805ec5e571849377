package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

// PutReadiness files that a person is ready, or how her readiness changed: the stretch goes on while login, device and
// Since are the same, else a new one begins and the old one ends. A new stretch needs, in this very transaction, an active
// account, a live login of hers, a role that answers and a device that is not revoked: nobody becomes ready behind a
// termination or a revocation (ErrConflict).
func (s *Store) PutReadiness(ctx context.Context, actor audit.Actor, r access.Readiness) error {
	err := s.write(ctx, func(t *tx) error {
		if r.Person == "" || r.Login == "" || r.Since.IsZero() || !r.Until.After(r.Since) {
			return ErrInvalid
		}
		if _, err := t.active(r.Person); err != nil {
			return err
		}
		goes, err := t.extendReadiness(r)
		if err == nil && !goes {
			err = t.beginReadiness(r)
		}
		if err != nil {
			return err
		}
		t.people = true
		action := audit.AgentReady
		if r.Mode == access.ReadyLimited {
			action = audit.AgentLimited
		}
		return t.remember(audit.Event{
			Actor: actor, Action: action, Object: "person:" + r.Person, Reason: r.Why,
			Facts: map[string]string{"device": r.Device, "until": r.Until.UTC().Format(time.RFC3339), "login": r.Login},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("readiness of %s: %w", r.Person, err)
	}
	return nil
}

// extendReadiness changes the open stretch, where it is this one.
func (t *tx) extendReadiness(r access.Readiness) (bool, error) {
	clinics, err := listJSON(r.Clinics)
	if err != nil {
		return false, err
	}
	n, err := t.exec(`UPDATE readiness SET till = ?, mode = ?, why = ?, clinics = ?
		WHERE person = ? AND login = ? AND device = ? AND since = ? AND ended IS NULL`,
		r.Until.UnixMicro(), string(r.Mode), r.Why, clinics, r.Person, r.Login, r.Device, r.Since.UnixMicro())
	return n > 0, err
}

func (t *tx) beginReadiness(r access.Readiness) error {
	if err := t.mayBeReady(r); err != nil {
		return err
	}
	clinics, err := listJSON(r.Clinics)
	if err != nil {
		return err
	}
	now := t.w.store.now().UnixMicro()
	if _, err := t.exec("UPDATE readiness SET ended = ? WHERE person = ? AND ended IS NULL", now, r.Person); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO readiness (id, person, login, device, since, till, mode, why, clinics)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, newID(), r.Person, r.Login, r.Device, r.Since.UnixMicro(), r.Until.UnixMicro(),
		string(r.Mode), r.Why, clinics)
	return err
}

// mayBeReady looks once more at what may have been taken away since the gate looked.
func (t *tx) mayBeReady(r access.Readiness) error {
	var one int
	err := t.scan("SELECT 1 FROM logins WHERE id = ? AND person = ? AND state = 'live' AND ended IS NULL",
		[]any{r.Login, r.Person}, &one)
	if err == nil {
		err = t.scan("SELECT 1 FROM devices WHERE user = ? AND person = ? AND revoked IS NULL AND secret_cell IS NOT NULL",
			[]any{r.Device, r.Person}, &one)
	}
	if err == ErrNotFound {
		return fmt.Errorf("login or device is over: %w", ErrConflict)
	}
	if err != nil {
		return err
	}
	answers, err := t.answers(r.Person)
	if err == nil && !answers {
		err = fmt.Errorf("no role that answers: %w", ErrConflict)
	}
	return err
}

// EndReadiness ends a person's readiness; one that is not ready is ErrNotFound.
func (s *Store) EndReadiness(ctx context.Context, actor audit.Actor, person, why string) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.endReadiness(actor, person, why)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end readiness of %s: %w", person, err)
	}
	return nil
}

func (t *tx) endReadiness(actor audit.Actor, person, why string) (int64, error) {
	n, err := t.exec("UPDATE readiness SET ended = ? WHERE person = ? AND ended IS NULL", t.w.store.now().UnixMicro(), person)
	if err != nil || n == 0 {
		return 0, err
	}
	t.people = true
	return n, t.remember(audit.Event{
		Actor: actor, Action: audit.AgentNotReady, Object: "person:" + person, Reason: why,
	}, phi.Text{})
}

// unreadyDevice ends the readiness that was made with a device whose credential is destroyed.
func (t *tx) unreadyDevice(actor audit.Actor, user string) error {
	people, err := t.texts("SELECT person FROM readiness WHERE device = ? AND ended IS NULL", user)
	for _, person := range people {
		if err == nil {
			_, err = t.endReadiness(actor, person, "device revoked")
		}
	}
	return err
}

// Readiness lists who is ready as the database has it: what a server that starts goes on with. Stretches that ran out are
// among them; whoever's account is not active is not.
func (s *Store) Readiness(ctx context.Context) ([]access.Readiness, error) {
	const query = `SELECT r.person, r.login, r.device, r.since, r.till, r.mode, r.why, r.clinics FROM readiness r
		JOIN accounts a ON a.person = r.person LEFT JOIN people p ON p.id = r.person
		WHERE r.ended IS NULL AND ` + standing + ` = 'active' ORDER BY r.person`
	var list []access.Readiness
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var r access.Readiness
		var since, until sql.NullInt64
		var clinics []byte
		err := rows.Scan(&r.Person, &r.Login, &r.Device, &since, &until, &r.Mode, &r.Why, &clinics)
		if err != nil {
			return err
		}
		r.Since, r.Until = instant(since), instant(until)
		list = append(list, r)
		return json.Unmarshal(clinics, &list[len(list)-1].Clinics)
	})
	if err != nil {
		return nil, fmt.Errorf("readiness: %w", err)
	}
	return list, nil
}

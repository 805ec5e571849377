package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

// GiveGrant gives a role. What nobody may hold (access.Grant.Check) is ErrInvalid, what excludes a role that she holds in
// the same time is ErrConflict, an unknown or terminated person ErrNotFound. ID and Made are set here.
func (s *Store) GiveGrant(ctx context.Context, actor audit.Actor, g access.Grant) (access.Grant, error) {
	err := s.write(ctx, func(t *tx) (err error) {
		g, err = t.giveGrant(actor, g)
		return err
	})
	if err != nil {
		return access.Grant{}, fmt.Errorf("grant to %s: %w", g.Person, err)
	}
	return g, nil
}

func (t *tx) giveGrant(actor audit.Actor, g access.Grant) (access.Grant, error) {
	g.ID, g.Ended = newID(), time.Time{}
	now := t.w.store.now()
	if g.From.IsZero() {
		g.From = now
	}
	if err := g.Check(); err != nil {
		return g, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := t.mayHold(g); err != nil {
		return g, err
	}
	clinics, err := listJSON(g.Clinics)
	if err != nil {
		return g, err
	}
	_, err = t.exec(`INSERT INTO grants (id, person, role, clinics, since, till, proposed_by, approved_by, made)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, g.ID, g.Person, string(g.Role), clinics, g.From.UnixMicro(), micros(g.Until),
		g.ProposedBy, g.ApprovedBy, now.UnixMicro())
	if err != nil {
		return g, err
	}
	t.people = true
	facts := map[string]string{
		"role": string(g.Role), "clinics": strings.Join(g.Clinics, " "), "grant": g.ID,
		"proposed_by": g.ProposedBy, "approved_by": g.ApprovedBy,
	}
	if !g.Until.IsZero() {
		facts["until"] = g.Until.UTC().Format(time.RFC3339)
	}
	return g, t.remember(audit.Event{Actor: actor, Action: audit.GrantGiven, Object: "person:" + g.Person, Facts: facts}, phi.Text{})
}

// mayHold refuses a grant beside those that she holds at some moment of its time.
func (t *tx) mayHold(g access.Grant) error {
	if err := t.inBook(g.Person); err != nil {
		return err
	}
	if a, err := t.account(g.Person); err != nil || a.State == access.Terminated {
		return fmt.Errorf("account: %w", ErrNotFound)
	}
	held, err := grants(context.Background(), t.w.conn, " WHERE person = ? AND ended IS NULL", g.Person)
	if err != nil {
		return err
	}
	for _, h := range held {
		apart := !h.Until.IsZero() && !h.Until.After(g.From) || !g.Until.IsZero() && !g.Until.After(h.From)
		if apart {
			continue
		}
		if err := access.Exclusive([]access.Role{h.Role, g.Role}); err != nil {
			return fmt.Errorf("%w: %w", ErrConflict, err)
		}
	}
	return nil
}

// EndGrant takes a role away; one that is gone is ErrNotFound. Who has no role left that answers calls is not ready any more,
// in the same transaction.
func (s *Store) EndGrant(ctx context.Context, actor audit.Actor, id, reason string) error {
	err := s.write(ctx, func(t *tx) error {
		list, err := grants(context.Background(), t.w.conn, " WHERE id = ? AND ended IS NULL", id)
		if err == nil && len(list) == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := t.must("UPDATE grants SET ended = ? WHERE id = ? AND ended IS NULL", s.now().UnixMicro(), id); err != nil {
			return err
		}
		t.people = true
		if err := t.unreadyWithoutRole(actor, list[0].Person); err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.GrantEnded, Object: "person:" + list[0].Person, Reason: reason,
			Facts: map[string]string{"role": string(list[0].Role), "grant": id},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("end grant %s: %w", id, err)
	}
	return nil
}

// unreadyWithoutRole ends the readiness of somebody whom nothing lets answer calls.
func (t *tx) unreadyWithoutRole(actor audit.Actor, person string) error {
	answers, err := t.answers(person)
	if err == nil && !answers {
		_, err = t.endReadiness(actor, person, access.EndRevoked)
	}
	return err
}

// answers reports whether a person holds a role now that takes patients' calls.
func (t *tx) answers(person string) (bool, error) {
	held, err := grants(context.Background(), t.w.conn, " WHERE person = ? AND ended IS NULL", person)
	roles := access.RolesAt(held, t.w.store.now())
	return slices.Contains(roles, access.Agent) || slices.Contains(roles, access.Supervisor), err
}

// GrantsOf gives what a person may: grants that were not taken away, those of another time too. It is asked with every
// request.
func (s *Store) GrantsOf(ctx context.Context, person string) ([]access.Grant, error) {
	rows, err := s.hot.grants.QueryContext(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("grants: %w", named(err))
	}
	defer rows.Close()
	var list []access.Grant
	for rows.Next() {
		g, err := scanGrant(rows)
		if err != nil {
			return nil, fmt.Errorf("grants: %w", named(err))
		}
		list = append(list, g)
	}
	if err := named(rows.Err()); err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	return list, nil
}

// Grants lists every grant, those that ended too, oldest first.
func (s *Store) Grants(ctx context.Context) ([]access.Grant, error) {
	list, err := grants(ctx, s.read, " ORDER BY since, id")
	if err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	return list, nil
}

const grantQuery = "SELECT id, person, role, clinics, since, till, proposed_by, approved_by, ended FROM grants"

const grantsOf = grantQuery + " WHERE person = ? AND ended IS NULL ORDER BY since, id"

func grants(ctx context.Context, q querier, where string, args ...any) ([]access.Grant, error) {
	var list []access.Grant
	err := each(ctx, q, grantQuery+where, func(rows *sql.Rows) error {
		g, err := scanGrant(rows)
		list = append(list, g)
		return err
	}, args...)
	return list, err
}

func scanGrant(rows *sql.Rows) (access.Grant, error) {
	var g access.Grant
	var clinics []byte
	var from, until, ended sql.NullInt64
	err := rows.Scan(&g.ID, &g.Person, &g.Role, &clinics, &from, &until, &g.ProposedBy, &g.ApprovedBy, &ended)
	if err != nil {
		return g, err
	}
	g.From, g.Until, g.Ended = instant(from), instant(until), instant(ended)
	return g, json.Unmarshal(clinics, &g.Clinics)
}

// listJSON writes a list; none is the empty list.
func listJSON(list []string) (string, error) {
	if list == nil {
		list = []string{}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

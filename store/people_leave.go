package store

import (
	"context"
	"fmt"
	"strconv"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

// Leaving says how much ended with a person's account.
type Leaving struct {
	Logins, Grants, Factors, Tokens, Feeds, Invitations, Proposals int
	Devices                                                        []string // users whose credentials were destroyed
	WasReady                                                       bool
}

// Terminate ends everything that a person holds, in one transaction: account, password, factors, recovery codes, logins,
// readiness, grants, devices, tokens and feeds that she made or that show her, invitations, and what she proposed and was
// not carried out yet. Nothing of it comes back; once more changes nothing. Her row in the book stays: who is on call is the
// schedule's to say.
func (s *Store) Terminate(ctx context.Context, actor audit.Actor, person, reason string) (Leaving, error) {
	var gone Leaving
	err := s.write(ctx, func(t *tx) error {
		gone = Leaving{}
		if err := t.closeAccount(person); err != nil {
			return err
		}
		for _, part := range leavings {
			if err := part(t, actor, person, &gone); err != nil {
				return err
			}
		}
		t.people = true
		return t.remember(audit.Event{
			Actor: actor, Action: audit.PersonTerminated, Object: "person:" + person, Reason: reason, Facts: gone.facts(),
		}, phi.Text{})
	})
	if err != nil {
		return Leaving{}, fmt.Errorf("terminate %s: %w", person, err)
	}
	return gone, nil
}

func (l Leaving) facts() map[string]string {
	return map[string]string{
		"logins": strconv.Itoa(l.Logins), "grants": strconv.Itoa(l.Grants), "factors": strconv.Itoa(l.Factors),
		"devices": strconv.Itoa(len(l.Devices)), "tokens": strconv.Itoa(l.Tokens), "feeds": strconv.Itoa(l.Feeds),
		"invitations": strconv.Itoa(l.Invitations), "proposals": strconv.Itoa(l.Proposals), "ready": strconv.FormatBool(l.WasReady),
	}
}

// closeAccount terminates the account; somebody of the book who never had one gets a closed one.
func (t *tx) closeAccount(person string) error {
	now := t.w.store.now().UnixMicro()
	n, err := t.exec(`UPDATE accounts SET state = ?, terminated = coalesce(terminated, ?), password_cell = NULL, must_change = 0
		WHERE person = ?`, string(access.Terminated), now, person)
	if err != nil || n > 0 {
		return err
	}
	if err := t.inBook(person); err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO accounts (person, state, made, terminated) VALUES (?, ?, ?, ?)",
		person, string(access.Terminated), now, now)
	return err
}

// stays refuses something new for somebody who left: what began before her termination must not end behind it.
func (t *tx) stays(person string) error {
	var gone int
	err := t.scan("SELECT 1 FROM accounts WHERE person = ? AND state = 'terminated'", []any{person}, &gone)
	if err == ErrNotFound {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("account of %s is terminated: %w", person, ErrConflict)
	}
	return err
}

// leavings are the parts of a termination; whatever a person can hold has one here.
var leavings = []func(*tx, audit.Actor, string, *Leaving) error{
	leaveRoom, leaveRights, leaveDevices, leaveSecrets, leaveProposals, leaveBreakGlass,
}

// leaveRoom ends logins and readiness.
func leaveRoom(t *tx, actor audit.Actor, person string, gone *Leaving) error {
	n, err := t.endLogins(person, access.EndRevoked, "")
	gone.Logins = int(n)
	if err != nil {
		return err
	}
	n, err = t.endReadiness(actor, person, "terminated")
	gone.WasReady = n > 0
	return err
}

// leaveRights ends grants and invitations.
func leaveRights(t *tx, _ audit.Actor, person string, gone *Leaving) error {
	n, err := t.exec("UPDATE grants SET ended = ? WHERE person = ? AND ended IS NULL", t.w.store.now().UnixMicro(), person)
	gone.Grants = int(n)
	if err != nil {
		return err
	}
	n, err = t.endInvitations(person)
	gone.Invitations = int(n)
	return err
}

// leaveDevices destroys the credentials of her devices; one new version of the book says so.
func leaveDevices(t *tx, actor audit.Actor, person string, gone *Leaving) error {
	users, err := t.texts("SELECT user FROM devices WHERE person = ? AND revoked IS NULL ORDER BY user", person)
	if err != nil || len(users) == 0 {
		return err
	}
	_, err = t.exec("UPDATE devices SET secret_cell = NULL, revoked = ? WHERE person = ? AND revoked IS NULL",
		t.w.store.now().UnixMicro(), person)
	if err != nil {
		return err
	}
	for _, user := range users {
		err := t.remember(audit.Event{
			Actor: actor, Action: audit.DeviceRevoked, Object: "device:" + user, Reason: "terminated",
		}, phi.Text{})
		if err != nil {
			return err
		}
	}
	gone.Devices = users
	return t.devicesChanged(actor, len(users))
}

// leaveSecrets destroys factors and recovery codes, and ends the tokens and feeds that she made or that show her: she
// knows their secrets.
func leaveSecrets(t *tx, _ audit.Actor, person string, gone *Leaving) error {
	n, err := t.dropFactors(person)
	gone.Factors = int(n)
	if err != nil {
		return err
	}
	now := t.w.store.now().UnixMicro()
	n, err = t.exec("UPDATE tokens SET revoked = ? WHERE person = ? AND revoked IS NULL", now, person)
	gone.Tokens = int(n)
	if err != nil {
		return err
	}
	n, err = t.exec("UPDATE feeds SET revoked = ? WHERE (author = ? OR kind = 'person' AND subject = ?) AND revoked IS NULL",
		now, person, person)
	gone.Feeds = int(n)
	return err
}

// leaveProposals withdraws what she proposed or was to get and nobody carried out: a delay that runs must not outlast her.
func leaveProposals(t *tx, actor audit.Actor, person string, gone *Leaving) error {
	list, err := t.w.store.proposals(context.Background(), t.w.conn,
		" WHERE (author = ? OR kind IN ('grant', 'factor_reset') AND subject = ?) AND state IN ('open', 'approved')", person, person)
	if err != nil {
		return err
	}
	for _, p := range list {
		was := p.State
		p.State = access.ProposalWithdrawn
		p.Decisions = append(p.Decisions, access.Decision{
			By: actor.ID, What: string(access.ProposalWithdrawn), Reason: "terminated", At: t.w.store.now(),
		})
		if err := t.putProposal(actor, p, was); err != nil {
			return err
		}
	}
	gone.Proposals = len(list)
	return nil
}

// leaveBreakGlass ends emergency access; its review goes on.
func leaveBreakGlass(t *tx, actor audit.Actor, person string, _ *Leaving) error {
	open, err := t.texts("SELECT id FROM break_glass WHERE person = ? AND closed IS NULL ORDER BY id", person)
	if err != nil || len(open) == 0 {
		return err
	}
	_, err = t.exec("UPDATE break_glass SET closed = ? WHERE person = ? AND closed IS NULL", t.w.store.now().UnixMicro(), person)
	for _, id := range open {
		if err == nil {
			err = t.remember(audit.Event{
				Actor: actor, Action: audit.BreakGlassClosed, Object: "break_glass:" + id, Reason: "terminated",
			}, phi.Text{})
		}
	}
	return err
}

// texts reads one column inside the transaction.
func (t *tx) texts(query string, args ...any) ([]string, error) {
	return textsOf(context.Background(), t.w.conn, query, args...)
}

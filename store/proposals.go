package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
)

func proposalCell(id string) Cell { return Cell{Table: "proposals", Column: "body_cell", Row: id} }

// Propose files a new proposal. An empty ID and a zero Made are chosen here.
func (s *Store) Propose(ctx context.Context, actor audit.Actor, p access.Proposal) (access.Proposal, error) {
	if p.ID == "" {
		p.ID = newID()
	}
	if p.Made.IsZero() {
		p.Made = s.now()
	}
	err := s.write(ctx, func(t *tx) error {
		if p.Kind == "" || p.State != access.ProposalOpen && p.State != access.ProposalApproved {
			return ErrInvalid
		}
		cell, err := t.proposalSealed(p)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO proposals (id, kind, subject, author, state, revision, made, body_cell)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, p.ID, string(p.Kind), p.Subject, p.By, string(p.State), len(p.Decisions),
			p.Made.UnixMicro(), cell)
		if err != nil {
			return err
		}
		return t.remember(proposalEvent(actor, audit.ProposalMade, p), phi.Text{})
	})
	if err != nil {
		return access.Proposal{}, fmt.Errorf("propose: %w", err)
	}
	return p, nil
}

func (t *tx) proposalSealed(p access.Proposal) ([]byte, error) {
	k, err := t.w.store.sealer()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return sealCell(k, proposalCell(p.ID), string(body))
}

func proposalEvent(actor audit.Actor, action audit.Action, p access.Proposal) audit.Event {
	e := audit.Event{
		Actor: actor, Action: action, Object: "proposal:" + p.ID, Clinic: p.Clinic,
		Facts: map[string]string{"kind": string(p.Kind), "subject": p.Subject, "by": p.By, "state": string(p.State)},
	}
	if p.Solo {
		e.Facts["solo"] = "true"
	}
	return e
}

// PutProposal files what became of a proposal, provided that it still stands as expected; who comes second gets
// ErrConflict. The approval of two people at once is one approval.
func (s *Store) PutProposal(ctx context.Context, actor audit.Actor, p access.Proposal, was access.ProposalState) error {
	err := s.write(ctx, func(t *tx) error { return t.putProposal(actor, p, was) })
	if err != nil {
		return fmt.Errorf("proposal %s: %w", p.ID, err)
	}
	return nil
}

func (t *tx) putProposal(actor audit.Actor, p access.Proposal, was access.ProposalState) error {
	cell, err := t.proposalSealed(p)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE proposals SET state = ?, revision = ?, body_cell = ?
		WHERE id = ? AND kind = ? AND state = ? AND (state <> ? OR revision < ?)`,
		string(p.State), len(p.Decisions), cell, p.ID, string(p.Kind), string(was), string(p.State), len(p.Decisions))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	if err != nil {
		return err
	}
	action := audit.ProposalDecided
	if p.State == access.ProposalCarried {
		action = audit.ProposalCarried
	}
	return t.remember(proposalEvent(actor, action, p), phi.Text{})
}

// stood is the state from which a proposal is carried out: approved, or, in solo mode, open until its delay was over.
func stood(p access.Proposal) access.ProposalState {
	if slices.ContainsFunc(p.Decisions, func(d access.Decision) bool { return d.What == string(access.ProposalApproved) }) {
		return access.ProposalApproved
	}
	return access.ProposalOpen
}

// CarryGrant carries a ripe proposal (access.Proposal.Carry) out by giving its grant: both in one transaction, once.
func (s *Store) CarryGrant(ctx context.Context, actor audit.Actor, p access.Proposal, g access.Grant) (access.Grant, error) {
	err := s.write(ctx, func(t *tx) (err error) {
		if p.State != access.ProposalCarried || p.Kind != access.ProposeGrant {
			return ErrInvalid
		}
		if err := t.putProposal(actor, p, stood(p)); err != nil {
			return err
		}
		g, err = t.giveGrant(actor, g)
		return err
	})
	if err != nil {
		return access.Grant{}, fmt.Errorf("carry out proposal %s: %w", p.ID, err)
	}
	return g, nil
}

// CarryFactorReset carries a ripe proposal out by taking a person's second factors, recovery codes, logins and
// readiness away: she enrols again by an invitation.
func (s *Store) CarryFactorReset(ctx context.Context, actor audit.Actor, p access.Proposal) error {
	err := s.write(ctx, func(t *tx) error {
		if p.State != access.ProposalCarried || p.Kind != access.ProposeFactorReset {
			return ErrInvalid
		}
		if err := t.putProposal(actor, p, stood(p)); err != nil {
			return err
		}
		n, err := t.dropFactors(p.Subject)
		if err != nil {
			return err
		}
		if _, err := t.endLogins(p.Subject, access.EndRevoked, ""); err != nil {
			return err
		}
		if _, err := t.endReadiness(actor, p.Subject, access.EndRevoked); err != nil {
			return err
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.FactorRemoved, Object: "person:" + p.Subject,
			Facts: map[string]string{"kind": "all", "factors": fmt.Sprint(n), "proposal": p.ID},
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("carry out proposal %s: %w", p.ID, err)
	}
	return nil
}

// Proposal reads one proposal as it stands.
func (s *Store) Proposal(ctx context.Context, id string) (access.Proposal, error) {
	list, err := s.proposals(ctx, s.read, " WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return access.Proposal{}, fmt.Errorf("proposal %s: %w", id, err)
	}
	return list[0], nil
}

// Proposals lists proposals, newest first: those in one of the states, or all.
func (s *Store) Proposals(ctx context.Context, states ...access.ProposalState) ([]access.Proposal, error) {
	w := &where{}
	w.in("state", texts(states))
	list, err := s.proposals(ctx, s.read, w.text()+" ORDER BY made DESC, id", w.args...)
	if err != nil {
		return nil, fmt.Errorf("proposals: %w", err)
	}
	return list, nil
}

// proposals reads them. The sealed body is the proposal; columns that say otherwise were bent.
func (s *Store) proposals(ctx context.Context, q querier, where string, args ...any) ([]access.Proposal, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	var list []access.Proposal
	err = each(ctx, q, "SELECT id, kind, state, revision, body_cell FROM proposals"+where, func(rows *sql.Rows) error {
		var id, kind, state string
		var revision int
		var cell []byte
		if err := rows.Scan(&id, &kind, &state, &revision, &cell); err != nil {
			return err
		}
		clear, err := openCell(k, proposalCell(id), cell)
		if err != nil {
			return err
		}
		var p access.Proposal
		if err := json.Unmarshal([]byte(clear), &p); err != nil {
			return err
		}
		if string(p.State) != state || string(p.Kind) != kind || len(p.Decisions) != revision {
			return fmt.Errorf("%w: proposal %s differs from its seal", ErrDamaged, id)
		}
		list = append(list, p)
		return nil
	}, args...)
	return list, err
}

package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// SoloDelay is how long a proposal waits that nobody else could approve.
const SoloDelay = 24 * time.Hour

// ProposalLife is how long a proposal waits for its approval, and an approved one to be carried out.
const ProposalLife = 7 * 24 * time.Hour

// Operator proposes from the machine itself; ValidName keeps people from having that name.
const Operator = "operator"

// Why a proposal does not move.
var (
	ErrProposal   = errors.New("proposal not complete")
	ErrMayNot     = errors.New("not a role that may")
	ErrSamePerson = errors.New("the one who proposes does not approve")
	ErrOwnMatter  = errors.New("nobody approves what concerns herself")
	ErrNotOpen    = errors.New("proposal is not open")
	ErrTooEarly   = errors.New("proposal is not ripe")
)

// Approver is a person with what she holds now.
type Approver struct {
	Person string
	Grants []Grant
}

// rule says who proposes a kind and who approves it. Of the two one is always a compliance officer; who is both admin and
// officer proposes as an officer, so that as many as can be may approve.
type rule struct {
	proposes  []Role
	approves  []Role
	clinicOwn bool // an office proposes for its own clinic only
	ofPerson  bool // the subject is a person, who does not decide about herself
}

var proposalRules = map[ProposalKind]rule{
	ProposeGrant:       {proposes: []Role{Admin, Office}, approves: []Role{Compliance}, clinicOwn: true, ofPerson: true},
	ProposePurge:       {proposes: []Role{Compliance, Admin}, approves: []Role{Admin, Compliance}},
	ProposeHoldRelease: {proposes: []Role{Compliance, Admin}, approves: []Role{Admin, Compliance}},
	ProposeDeparture:   {proposes: []Role{Compliance, Admin}, approves: []Role{Admin, Compliance}},
	ProposeShred:       {proposes: []Role{Compliance, Admin}, approves: []Role{Admin, Compliance}},
	ProposeFactorReset: {proposes: []Role{Admin, Supervisor}, approves: []Role{Compliance}, ofPerson: true},
	ProposeRestore:     {proposes: []Role{Compliance, Admin}, approves: []Role{Admin, Compliance}},
}

// ProposalKinds lists what two people decide together.
func ProposalKinds() []ProposalKind {
	return []ProposalKind{ProposeGrant, ProposePurge, ProposeHoldRelease, ProposeDeparture, ProposeShred, ProposeFactorReset, ProposeRestore}
}

// Propose opens a proposal. People are all who have an active account, with what they hold: when none of them could approve it,
// it is solo and ripens by waiting. p brings kind, subject, clinic, body and reason.
func Propose(p Proposal, by Approver, people []Approver, now time.Time) (Proposal, error) {
	law, known := proposalRules[p.Kind]
	switch {
	case !known || p.Subject == "" || strings.TrimSpace(p.Reason) == "":
		return p, ErrProposal
	case len(p.Body) > 0 && !json.Valid(p.Body):
		return p, ErrProposal
	}
	if by.Person != Operator && !ValidName(by.Person) {
		return p, ErrMayNot
	}
	p.By, p.Made, p.State, p.Decisions = by.Person, now, ProposalOpen, nil
	p.Carried, p.ByRole = time.Time{}, ""
	if by.Person != Operator {
		role, ok := first(law.proposes, by.Grants, now, p.Clinic, law.clinicOwn)
		if !ok {
			return p, fmt.Errorf("propose %s: %w", p.Kind, ErrMayNot)
		}
		p.ByRole = role
	}
	p.Solo = len(Electors(p, people, now)) == 0
	p.Expires = now.Add(ProposalLife)
	if p.Solo {
		p.NotBefore = now.Add(SoloDelay)
		p.Expires = p.NotBefore.Add(ProposalLife)
	}
	return p, nil
}

// first gives the first of the roles that the grants hold; an office's only where it is its own clinic.
func first(roles []Role, grants []Grant, now time.Time, clinic string, ownOnly bool) (Role, bool) {
	for _, r := range roles {
		for _, g := range grants {
			if g.Role != r || !g.Holds(now) {
				continue
			}
			if ownOnly && r == Office && (clinic == "" || !g.Covers(clinic, now)) {
				continue
			}
			return r, true
		}
	}
	return "", false
}

// Electors lists the people who could approve it now.
func Electors(p Proposal, people []Approver, now time.Time) []string {
	var could []string
	for _, one := range people {
		if _, err := p.mayApprove(one, now); err == nil {
			could = append(could, one.Person)
		}
	}
	return could
}

func (p Proposal) mayApprove(by Approver, now time.Time) (Role, error) {
	law, known := proposalRules[p.Kind]
	switch {
	case !known || !ValidName(by.Person):
		return "", ErrMayNot
	case by.Person == p.By:
		return "", ErrSamePerson
	case law.ofPerson && by.Person == p.Subject:
		return "", ErrOwnMatter
	}
	approves := law.approves
	if p.ByRole != Compliance {
		approves = []Role{Compliance}
	}
	role, ok := first(approves, by.Grants, now, p.Clinic, false)
	if !ok {
		return "", ErrMayNot
	}
	return role, nil
}

// Approve is another person's yes. A solo proposal can be approved as soon as there is somebody who may.
func (p Proposal) Approve(by Approver, now time.Time) (Proposal, error) {
	if !p.openAt(now) {
		return p, ErrNotOpen
	}
	role, err := p.mayApprove(by, now)
	if err != nil {
		return p, err
	}
	return p.decided(ProposalApproved, Decision{By: by.Person, Role: role, What: "approved", At: now}), nil
}

// Reject is a no of somebody who could have approved it.
func (p Proposal) Reject(by Approver, reason string, now time.Time) (Proposal, error) {
	if !p.openAt(now) {
		return p, ErrNotOpen
	}
	role, err := p.mayApprove(by, now)
	if err != nil {
		return p, err
	}
	return p.decided(ProposalRejected, Decision{By: by.Person, Role: role, What: "rejected", Reason: reason, At: now}), nil
}

// Withdraw takes it back; only the one who proposed does.
func (p Proposal) Withdraw(by Approver, now time.Time) (Proposal, error) {
	switch {
	case p.State != ProposalOpen && p.State != ProposalApproved:
		return p, ErrNotOpen
	case by.Person != p.By:
		return p, ErrMayNot
	}
	return p.decided(ProposalWithdrawn, Decision{By: by.Person, What: "withdrawn", At: now}), nil
}

// Ripe reports whether it may be carried out now: approved, or solo, waited out, and still with nobody who could approve it.
func (p Proposal) Ripe(people []Approver, now time.Time) bool {
	switch {
	case p.over(now):
		return false
	case p.State == ProposalApproved:
		return true
	}
	return p.State == ProposalOpen && p.Solo && !now.Before(p.NotBefore) && len(Electors(p, people, now)) == 0
}

// Carry marks a ripe proposal as carried out. Store it, expecting the state it had, before doing what it says: then it is done
// once, whoever else tries.
func (p Proposal) Carry(people []Approver, now time.Time) (Proposal, error) {
	if !p.Ripe(people, now) {
		return p, ErrTooEarly
	}
	p.State, p.Carried = ProposalCarried, now
	return p, nil
}

// Expire closes a proposal that nobody decided in time; ok is false when it is not over.
func (p Proposal) Expire(now time.Time) (Proposal, bool) {
	if (p.State != ProposalOpen && p.State != ProposalApproved) || !p.over(now) {
		return p, false
	}
	p.State = ProposalExpired
	return p, true
}

// openAt minds a clock set back before the proposal was made: it then waits until the clock is right.
func (p Proposal) openAt(now time.Time) bool {
	return p.State == ProposalOpen && !p.over(now) && !now.Before(p.Made.Add(-ClockSlack))
}

func (p Proposal) over(now time.Time) bool { return !p.Expires.IsZero() && !now.Before(p.Expires) }

func (p Proposal) decided(state ProposalState, d Decision) Proposal {
	p.State, p.Decisions = state, append(slices.Clone(p.Decisions), d)
	return p
}

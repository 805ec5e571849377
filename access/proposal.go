package access

import (
	"encoding/json"
	"time"
)

// ProposalKind is what two people decide together.
type ProposalKind string

// The closed list of kinds.
const (
	ProposeGrant       ProposalKind = "grant"
	ProposePurge       ProposalKind = "purge"
	ProposeHoldRelease ProposalKind = "hold_release"
	ProposeDeparture   ProposalKind = "clinic_departure"
	ProposeShred       ProposalKind = "shred"
	ProposeFactorReset ProposalKind = "factor_reset"
	ProposeRestore     ProposalKind = "restore"
)

// ProposalState is where a proposal stands.
type ProposalState string

// The states of a proposal; the last four are final.
const (
	ProposalOpen      ProposalState = "open"
	ProposalApproved  ProposalState = "approved"
	ProposalCarried   ProposalState = "carried_out"
	ProposalRejected  ProposalState = "rejected"
	ProposalWithdrawn ProposalState = "withdrawn"
	ProposalExpired   ProposalState = "expired"
)

// Decision is what a person said to a proposal.
type Decision struct {
	By     string    `json:"by"`
	Role   Role      `json:"role,omitempty"`
	What   string    `json:"what"` // "approved", "rejected", "withdrawn"
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Proposal is something that one person asks for and another allows; it is carried out once.
type Proposal struct {
	ID        string
	Kind      ProposalKind
	Subject   string          // person, clinic, recording or hold: an id
	Clinic    string          // that it concerns; empty: the house
	Body      json.RawMessage // what to carry out; no PHI
	Reason    string
	By        string // person, or "operator"
	ByRole    Role   // through which she proposes; empty: the operator
	Made      time.Time
	State     ProposalState
	Decisions []Decision
	Solo      bool      // nobody else could approve when it was made: it waits instead
	NotBefore time.Time // solo: the delay ends then
	Expires   time.Time
	Carried   time.Time
}

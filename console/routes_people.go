package console

import (
	"net/http"

	"nightbell/audit"
)

// accountRoutes are who can log in, with which roles, and what two people decide together.
func accountRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/accounts", "list-accounts", "Accounts with roles and factors",
			AccountsRead, House, "", nil, Settled, with(listAccounts)},
		{http.MethodPost, "/api/v1/people/{id}/invitation", "invite", "Invite a person of the book; the secret is shown once",
			AccountsWrite, House, audit.PersonInvited, nil, Fresh, with(invite)},
		{http.MethodDelete, "/api/v1/people/{id}/invitation", "revoke-invitation", "The invitation opens nothing any more",
			AccountsWrite, House, audit.InvitationRevoked, nil, Settled, with(revokeInvitation)},
		{http.MethodPost, "/api/v1/people/{id}/suspend", "suspend", "Nothing of hers opens anything until she is reinstated",
			AccountsWrite, House, audit.AccountChanged, nil, Fresh, with(actAccount("suspend"))},
		{http.MethodPost, "/api/v1/people/{id}/reinstate", "reinstate", "She may log in again",
			AccountsWrite, House, audit.AccountChanged, nil, Fresh, with(actAccount("reinstate"))},
		{http.MethodPost, "/api/v1/people/{id}/terminate", "terminate", "She left: logins, roles, telephones, tokens, feeds, readiness end at once",
			AccountsWrite, House, audit.PersonTerminated, nil, Fresh, with(actAccount("terminate"))},
		{http.MethodGet, "/api/v1/grants", "list-grants", "Who has which role where",
			GrantsRead, Clinic, "", nil, Settled, with(listGrants)},
		{http.MethodPost, "/api/v1/grants", "propose-grant", "Propose a role; somebody else approves it",
			GrantsWrite, Clinic, audit.ProposalMade, nil, Fresh, with(proposeGrant)},
		{http.MethodDelete, "/api/v1/grants/{id}", "end-grant", "End a role at once",
			GrantsWrite, Clinic, audit.GrantEnded, nil, Fresh, with(endGrant)},
		{http.MethodGet, "/api/v1/proposals", "list-proposals", "What waits for a second person, or did",
			ProposalsRead, Clinic, "", nil, Settled, with(listProposals)},
		{http.MethodPost, "/api/v1/proposals", "make-proposal", "Propose what has no route of its own",
			AccountsWrite, House, audit.ProposalMade, nil, Fresh, with(makeProposal)},
		{http.MethodGet, "/api/v1/proposals/{id}", "show-proposal", "One proposal with its decisions",
			ProposalsRead, Clinic, "", nil, Settled, with(showProposal)},
		{http.MethodPost, "/api/v1/proposals/{id}/approve", "approve-proposal", "The second person agrees: it is carried out once",
			ProposalsDecide, Clinic, audit.ProposalDecided, nil, Fresh, with(decide("approve"))},
		{http.MethodPost, "/api/v1/proposals/{id}/reject", "reject-proposal", "The second person does not",
			ProposalsDecide, Clinic, audit.ProposalDecided, nil, Fresh, with(decide("reject"))},
		{http.MethodPost, "/api/v1/proposals/{id}/withdraw", "withdraw-proposal", "The first person takes it back",
			ProposalsDecide, Personal, audit.ProposalDecided, nil, Settled, with(decide("withdraw"))},
		{http.MethodGet, "/api/v1/training", "list-training", "Who passed which course",
			TrainingRead, House, "", nil, Settled, with(listTraining)},
		{http.MethodPost, "/api/v1/people/{id}/training", "record-training", "Record that a person passed a course",
			TrainingWrite, House, audit.TrainingRecorded, nil, Settled, with(recordTraining)},
	}
}

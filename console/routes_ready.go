package console

import (
	"net/http"

	"nightbell/audit"
)

// readyRoutes are who takes calls now. Registered is not ready: a telephone rings for a person who said so in a two-factor login.
func readyRoutes() []Route {
	return []Route{
		{http.MethodPut, "/api/v1/me/ready", "make-ready", "Offer me calls on this telephone, for 12 h at most",
			CallsAnswer, Personal, audit.AgentReady, nil, Settled, with(makeReady)},
		{http.MethodDelete, "/api/v1/me/ready", "end-ready", "Offer me no more",
			CallsAnswer, Personal, audit.AgentNotReady, nil, Settled, with(endReady)},
		{http.MethodGet, "/api/v1/ready", "list-ready", "Who takes calls now, until when",
			ReadyRead, Clinic, "", nil, Settled, with(listReady)},
		{http.MethodDelete, "/api/v1/ready/{id}", "revoke-ready", "Offer this person no more calls, the last one of a clinic too",
			ReadyWrite, Clinic, audit.AgentNotReady, nil, Settled, with(revokeReady)},
	}
}

package console

import (
	"net/http"

	"nightbell/audit"
)

// engineRoutes are for whoever looks for a fault: signalling without numbers, and the way from a pseudonym back to a number.
// The program's internals are no route of the network: debug.go.
func engineRoutes() []Route {
	return []Route{
		{http.MethodPost, "/api/v1/traces", "start-trace", "Keep the redacted signalling of new calls, in memory, for some minutes",
			DebugRead, House, audit.TraceStarted, nil, Fresh, with(startTrace)},
		{http.MethodGet, "/api/v1/calls/{id}/trace", "show-trace", "A call's redacted signalling, where it was kept",
			DebugRead, House, audit.TraceShown, nil, Fresh, with(showTrace)},
		{http.MethodPost, "/api/v1/pseudonyms/resolve", "resolve-pseudonym", "Which number a pseudonym stands for; needs a reason",
			PseudonymsResolve, Clinic, audit.PseudonymResolved, []string{"number"}, Fresh, with(resolvePseudonym)},
	}
}

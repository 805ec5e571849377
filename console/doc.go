// Package console shows the house to people and programs: the HTTP API under /api/v1, its OpenAPI document, liveness,
// readiness and metrics, and the control socket through which the command line speaks to a running server.
//
// It answers two questions: may this caller do this, and what does the house answer? One route table (routes.go)
// says of every route who may, what is audited and which classes of PHI it touches; the same table serves, documents
// and is tested. A route that is not in it does not exist, and a caller without the route's scope gets 403. One role table
// (roles.go) says what a grant gives and how far it reaches: a claim is a scope with its bound, a clinic's or one's own.
//
// It never holds SQL, keys or SIP: everything it shows comes through the ports of ports.go, which cmd implements. It
// never lets a byte of PHI leave before the audit has it (45 CFR 164.312(b)): when the audit cannot be written the
// answer is 503. No error it sends repeats a value that it was sent.
//
// Start at routes.go and roles.go, then who.go (who is asking), gate.go (may she), identity.go (how far), then ports.go.
package console

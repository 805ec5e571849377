package console

import (
	"net/http"
	"slices"

	"nightbell/audit"
)

// Route is one line of the table that serves, documents and is tested.
type Route struct {
	Method, Path string
	ID           string // operation id in the OpenAPI document
	Summary      string
	Scope        Scope
	Reach        Reach
	Action       audit.Action // what the audit remembers; empty: nothing, the route shows no call and changes nothing
	Classes      []string     // PHI classes that an answer may hold in clear
	StepUp       StepUp       // how fresh a person's second factor must be
	serve        binding
}

// StepUp says how fresh a person's second factor must be. Tokens and the operator have none: what they may not do is said by
// their scopes.
type StepUp int

const (
	Settled StepUp = iota // that of the login is enough
	Fresh                 // seen within stepUpAge, else 403 nightbell:step-up
)

// Routes is the table. A path that is not here answers 404, a caller without the scope 403.
func Routes() []Route {
	return slices.Concat(
		loginRoutes(), meRoutes(), deskRoutes(), trunkRoutes(), accountRoutes(), readyRoutes(),
		bookRoutes(), rulesRoutes(), callRuleRoutes(), coverRoutes(), historyRoutes(), houseRoutes(), keyRoutes(), backupRoutes(), proofRoutes(), engineRoutes(), retentionRoutes(),
		liveRoutes(), ledgerRoutes(),
	)
}

func bookRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/book", "show-book", "The rules as they stand, people redacted",
			BookRead, House, "", nil, Settled, with(showBook)},
		{http.MethodPost, "/api/v1/book/reveal", "reveal-book", "The rules with names and numbers of people",
			BookReveal, House, audit.PeopleListed, []string{"name", "number"}, Fresh, with(revealBook)},
		{http.MethodPost, "/api/v1/book/check", "check-book", "What applying a file would change",
			BookWrite, House, "", nil, Settled, with(checkBook)},
		{http.MethodPost, "/api/v1/book/apply", "apply-book", "Apply a file, all or nothing",
			BookWrite, House, audit.BookApplied, nil, Fresh, with(applyBook)},
		{http.MethodGet, "/api/v1/oncall", "on-call-at", "Who is on call at an instant",
			OnCallRead, Clinic, "", nil, Settled, with(onCallAt)},
		{http.MethodGet, "/api/v1/oncall/shifts", "on-call-shifts", "Shifts and gaps between two instants",
			OnCallRead, Clinic, "", nil, Settled, with(onCallShifts)},
		{http.MethodPost, "/api/v1/oncall/verify", "verify-on-call", "Check a file of cases against the resolver",
			OnCallRead, Clinic, "", nil, Settled, with(verifyOnCall)},
		{http.MethodPost, "/api/v1/plan", "plan", "What a call to a number would do, and why",
			PlanRead, Clinic, audit.Planned, nil, Settled, with(plan)},
	}
}

func historyRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/calls", "list-calls", "Calls, newest first, callers redacted",
			CallsRead, Personal, audit.CallsListed, nil, Settled, with(listCalls)},
		{http.MethodPost, "/api/v1/calls/search", "search-calls", "Calls of a number, callers redacted",
			CallsSearch, Clinic, audit.Searched, []string{"number"}, Settled, with(searchCalls)},
		{http.MethodPost, "/api/v1/calls/reveal", "reveal-calls", "Calls with the callers' numbers; needs a reason",
			CallsReveal, Personal, audit.Revealed, []string{"number"}, Settled, with(revealCalls)},
		{http.MethodGet, "/api/v1/calls/{id}", "show-call", "One call with legs, plan and events",
			CallsRead, Personal, audit.CallShown, nil, Settled, with(showCall)},
		{http.MethodPost, "/api/v1/calls/{id}/reveal", "reveal-call", "One call with the caller's number; needs a reason",
			CallsReveal, Personal, audit.Revealed, []string{"number"}, Settled, with(revealCall)},
		{http.MethodGet, "/api/v1/calls/{id}/why", "why-call", "What happened to a call, in sentences",
			CallsRead, Personal, audit.CallShown, nil, Settled, with(whyCall)},
		{http.MethodGet, "/api/v1/recordings", "list-recordings", "Recordings, newest first",
			RecordingsRead, Personal, audit.RecordingListed, nil, Settled, with(listRecordings)},
		{http.MethodGet, "/api/v1/recordings/{id}", "show-recording", "One recording",
			RecordingsRead, Personal, audit.RecordingListed, nil, Settled, with(showRecording)},
		{http.MethodPost, "/api/v1/recordings/{id}/verify", "verify-recording", "Re-read every bit of a recording",
			RecordingsRead, Personal, audit.RecordingVerified, nil, Settled, with(verifyRecording)},
		{http.MethodGet, "/api/v1/recordings/{id}/audio", "play-recording", "The sound as WAV, with ranges",
			RecordingsPlay, Personal, audit.RecordingPlayed, []string{"audio"}, Settled, with(playRecording)},
		{http.MethodPost, "/api/v1/recordings/{id}/export", "export-recording", "The sound as WAV, to be kept outside",
			RecordingsExport, Clinic, audit.RecordingExported, []string{"audio"}, Fresh, with(exportRecording)},
		{http.MethodPost, "/api/v1/recordings/{id}/key", "recording-key", "The data key, for independent verification",
			RecordingsKey, Clinic, audit.RecordingKeyGiven, []string{"audio"}, Fresh, with(showRecordingKey)},
	}
}

func houseRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/audit", "list-audit", "What happened, newest first",
			AuditRead, Personal, audit.AuditListed, nil, Settled, with(listAudit)},
		{http.MethodPost, "/api/v1/audit/verify", "verify-audit", "Walk the whole tree",
			AuditRead, House, audit.AuditVerified, nil, Settled, with(verifyAudit)},
		{http.MethodGet, "/api/v1/tokens", "list-tokens", "Tokens without their secrets",
			TokensRead, House, "", nil, Settled, with(listTokens)},
		{http.MethodPost, "/api/v1/tokens", "create-token", "Make a token; its secret is shown once",
			TokensWrite, House, audit.TokenCreated, nil, Fresh, with(createToken)},
		{http.MethodDelete, "/api/v1/tokens/{id}", "revoke-token", "Revoke a token",
			TokensWrite, House, audit.TokenRevoked, nil, Fresh, with(revokeToken)},
		{http.MethodGet, "/api/v1/devices", "list-devices", "Devices and whether they are registered",
			DevicesRead, House, "", nil, Settled, with(listDevices)},
		{http.MethodPost, "/api/v1/devices", "enrol-devices", "Enrol devices; their secrets are shown once",
			DevicesWrite, House, audit.DeviceEnrolled, nil, Fresh, with(enrolDevices)},
		{http.MethodDelete, "/api/v1/devices/{id}", "revoke-device", "Revoke a device",
			DevicesWrite, House, audit.DeviceRevoked, nil, Fresh, with(revokeDevice)},
		{http.MethodGet, "/api/v1/trunks", "list-trunks", "Trunks and how each is known",
			TrunksRead, House, "", nil, Settled, with(listTrunks)},
		{http.MethodPost, "/api/v1/trunks/{id}/test", "test-trunk", "Check what a trunk needs",
			TrunksRead, House, "", nil, Settled, with(testTrunk)},
		{http.MethodPut, "/api/v1/trunks/{id}/secret", "set-trunk-secret", "Keep a trunk's digest secret",
			TrunksWrite, House, audit.TrunkSecretSet, nil, Fresh, with(setTrunkSecret)},
		{http.MethodGet, "/api/v1/health", "health", "What the data folder says of itself",
			LiveRead, House, "", nil, Settled, with(showHealth)},
	}
}

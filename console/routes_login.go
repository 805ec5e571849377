package console

import (
	"net/http"

	"nightbell/audit"
)

// loginRoutes are the ways in: a password opens the second factor's routes, the second factor everything else.
func loginRoutes() []Route {
	return []Route{
		{http.MethodPost, "/api/v1/login", "log-in", "Name and password; the second factor follows",
			Open, Personal, "", nil, Settled, with(logIn)},
		{http.MethodPost, "/api/v1/login/totp", "prove-totp", "The second factor: six digits of an authenticator",
			SecondFactor, Personal, audit.LoginMade, nil, Settled, with(proveTOTP)},
		{http.MethodPost, "/api/v1/login/recovery", "prove-recovery", "The second factor: a recovery code",
			SecondFactor, Personal, audit.LoginMade, nil, Settled, with(proveRecovery)},
		{http.MethodPost, "/api/v1/login/passkey/begin", "challenge", "What the browser's passkey function takes",
			SecondFactor, Personal, "", nil, Settled, with(challenge)},
		{http.MethodPost, "/api/v1/login/passkey/finish", "prove-passkey", "The second factor: a passkey",
			SecondFactor, Personal, audit.LoginMade, nil, Settled, with(provePasskey)},
		{http.MethodPost, "/api/v1/login/step-up/begin", "challenge-again", "What the browser's passkey function takes, in a live login",
			Self, Personal, "", nil, Settled, with(challenge)},
		{http.MethodPost, "/api/v1/login/step-up", "step-up", "Show a second factor again, good for five minutes",
			Self, Personal, audit.LoginSteppedUp, nil, Settled, with(stepUp)},
		{http.MethodPost, "/api/v1/logout", "log-out", "End this login",
			Self, Personal, audit.LoginEnded, nil, Settled, with(logOut)},
		{http.MethodPost, "/api/v1/invitations/accept", "accept-invitation", "Set the first password; a second factor follows",
			Open, Personal, audit.InvitationUsed, nil, Settled, with(acceptInvitation)},
	}
}

// meRoutes are everybody's own pages.
func meRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/me", "show-me", "Who I am, what I may, when I was here last",
			Self, Personal, "", nil, Settled, with(showMe)},
		{http.MethodGet, "/api/v1/me/logins", "list-logins", "My logins that are open",
			Self, Personal, "", nil, Settled, with(listLogins)},
		{http.MethodDelete, "/api/v1/me/logins", "end-logins", "End all of them, this one too",
			Self, Personal, audit.LoginEnded, nil, Settled, with(endLogins)},
		{http.MethodDelete, "/api/v1/me/logins/{id}", "end-login", "End one of them",
			Self, Personal, audit.LoginEnded, nil, Settled, with(endLogin)},
		{http.MethodPut, "/api/v1/me/password", "set-password", "Another password; every other login of mine ends",
			Self, Personal, audit.PasswordSet, nil, Fresh, with(setPassword)},
		{http.MethodPost, "/api/v1/me/totp", "begin-totp", "A secret for an authenticator, shown once",
			FactorsWrite, Personal, "", nil, Fresh, with(beginTOTP)},
		{http.MethodPost, "/api/v1/me/totp/confirm", "confirm-totp", "The authenticator has it: from now on it counts",
			FactorsWrite, Personal, audit.FactorAdded, nil, Fresh, with(confirmTOTP)},
		{http.MethodPost, "/api/v1/me/passkeys/begin", "begin-passkey", "What the browser's function for a new passkey takes",
			FactorsWrite, Personal, "", nil, Fresh, with(beginPasskey)},
		{http.MethodPost, "/api/v1/me/passkeys/finish", "finish-passkey", "The new passkey",
			FactorsWrite, Personal, audit.FactorAdded, nil, Fresh, with(finishPasskey)},
		{http.MethodDelete, "/api/v1/me/factors/{id}", "remove-factor", "Remove a second factor; never the last one",
			Self, Personal, audit.FactorRemoved, nil, Fresh, with(removeFactor)},
		{http.MethodPost, "/api/v1/me/recovery-codes", "make-recovery-codes", "Ten new recovery codes, shown once",
			Self, Personal, audit.RecoveryCodesMade, nil, Fresh, with(makeRecoveryCodes)},
		{http.MethodGet, "/api/v1/me/policies", "list-policies", "Policies to acknowledge, and which I did",
			Self, Personal, "", nil, Settled, with(listPolicies)},
		{http.MethodPost, "/api/v1/me/acknowledgements", "acknowledge", "I read this version of a policy",
			Self, Personal, audit.PolicyAcknowledged, nil, Settled, with(acknowledge)},
		{http.MethodGet, "/api/v1/me/devices", "list-own-devices", "My telephones",
			Self, Personal, "", nil, Settled, with(listOwnDevices)},
		{http.MethodPost, "/api/v1/me/devices", "enrol-own-device", "Enrol a telephone of mine; its credential is shown once",
			CallsAnswer, Personal, audit.DeviceEnrolled, nil, Fresh, with(enrolOwnDevice)},
		{http.MethodDelete, "/api/v1/me/devices/{id}", "revoke-own-device", "Revoke a telephone of mine",
			Self, Personal, audit.DeviceRevoked, nil, Settled, with(revokeOwnDevice)},
	}
}

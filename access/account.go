package access

import "time"

// AccountState is where an account stands in its life.
type AccountState string

// The states of an account. A terminated account never comes back: a person who returns is invited anew.
const (
	Invited    AccountState = "invited"
	Active     AccountState = "active"
	Suspended  AccountState = "suspended"
	Terminated AccountState = "terminated"
)

// Account is the way in of one person of the book; her login name is her id there.
type Account struct {
	Person        string
	State         AccountState
	PasswordHash  string // PHC text of Passwords.Hash; empty until the invitation is used
	MustChange    bool   // of the password, at the next login
	Made          time.Time
	LastLogin     time.Time
	LastLoginFrom string // address
	Terminated    time.Time
}

// Invitation lets a person set her first password, or a new one after a reset: once, and before it expires.
type Invitation struct {
	ID      string
	Person  string
	By      string
	Hash    []byte // SHA-256 of the secret
	Made    time.Time
	Expires time.Time
	Used    time.Time
	Revoked time.Time
}

// InvitationLife is how long an invitation waits.
const InvitationLife = 72 * time.Hour

// Open reports whether the invitation can still be used. A clock set back before it was made does not open it.
func (i Invitation) Open(now time.Time) bool {
	return i.Used.IsZero() && i.Revoked.IsZero() && now.Before(i.Expires) && !now.Before(i.Made.Add(-ClockSlack))
}

// ValidName reports whether a text can be a person's login name: 1 to 64 of a-z, 0-9, dot, dash and underscore. Anything else
// (capitals and look-alikes of other alphabets included) names nobody, and the operator's name is nobody's.
func ValidName(name string) bool {
	if len(name) == 0 || len(name) > 64 || name == Operator {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

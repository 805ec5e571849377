package access

import "time"

// FactorKind is how a second factor proves itself.
type FactorKind string

// The kinds of second factors. Recovery codes are kept apart.
const (
	TOTP    FactorKind = "totp"
	Passkey FactorKind = "passkey"
)

// Factor is one second factor of a person. Secret and Passkey are kept sealed.
type Factor struct {
	ID       string
	Person   string
	Kind     FactorKind
	Label    string
	Secret   []byte // totp: 20 random bytes
	Passkey  []byte // passkey: JSON of the credential record, public key and counter
	LastStep int64  // totp: the last step that was used; no step up to it works again
	Made     time.Time
	LastUsed time.Time
}

// RecoveryCode is one of ten ways in without a second factor; each works once.
type RecoveryCode struct {
	Person string
	Hash   []byte // SHA-256 of the code: 80 random bits need no slow hash
	Used   time.Time
}

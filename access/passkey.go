package access

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// CeremonyLife is how long a passkey ceremony waits for its answer.
const CeremonyLife = 5 * time.Minute

const mostCeremony = 64 << 10

// What a passkey ceremony answers.
var (
	ErrPasskey       = errors.New("passkey not proved")
	ErrPasskeyCloned = errors.New("passkey: its counter went back, so there are two of it")
	ErrOrigin        = errors.New("passkeys need an https name: https://localhost:PORT or a DNS name")
)

// Passkeys runs the WebAuthn ceremonies of one origin. What lies between the two halves of a ceremony is opaque bytes that the
// caller keeps on the server and gives back once.
type Passkeys struct{ party *webauthn.WebAuthn }

// Holder is a person with the factors she has.
type Holder struct {
	Person  string
	Factors []Factor
}

// NewPasskeys serves one origin ("https://bell.example:8443"); an address instead of a name is refused, as browsers do.
func NewPasskeys(origin, house string) (*Passkeys, error) {
	at, err := url.Parse(origin)
	if err != nil || at.Scheme != "https" || at.Hostname() == "" {
		return nil, ErrOrigin
	}
	if _, err := netip.ParseAddr(at.Hostname()); err == nil {
		return nil, ErrOrigin
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID:                  at.Hostname(),
		RPDisplayName:         house,
		RPOrigins:             []string{at.Scheme + "://" + at.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationPreferred, // the password is the other factor
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Passkeys{party: party}, nil
}

// BeginRegistration gives the options for the browser and the bytes to keep.
func (p *Passkeys) BeginRegistration(h Holder, now time.Time) (options, ceremony []byte, err error) {
	u, err := asUser(h)
	if err != nil {
		return nil, nil, err
	}
	creation, session, err := p.party.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, nil, fmt.Errorf("passkey options: %w", err)
	}
	return seam(creation, *session, now)
}

// FinishRegistration takes the browser's answer and gives the credential record to keep in Factor.Passkey.
func (p *Passkeys) FinishRegistration(h Holder, ceremony, answer []byte, now time.Time) ([]byte, error) {
	u, session, err := resume(h, ceremony, now)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, ErrPasskey
	}
	made, err := p.party.CreateCredential(u, session, parsed)
	if err != nil {
		return nil, ErrPasskey
	}
	made.Attestation = webauthn.CredentialAttestation{} // not asked for; a record of the authenticator's make is not ours to keep
	return json.Marshal(made)
}

// BeginLogin gives the options for the browser and the bytes to keep.
func (p *Passkeys) BeginLogin(h Holder, now time.Time) (options, ceremony []byte, err error) {
	u, err := asUser(h)
	if err != nil {
		return nil, nil, err
	}
	if len(u.credentials) == 0 {
		return nil, nil, ErrPasskey
	}
	assertion, session, err := p.party.BeginLogin(u)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey options: %w", err)
	}
	return seam(assertion, *session, now)
}

// FinishLogin takes the browser's answer and gives the factor that proved itself, with its counter moved on: store it before
// the login becomes live.
func (p *Passkeys) FinishLogin(h Holder, ceremony, answer []byte, now time.Time) (Factor, error) {
	u, session, err := resume(h, ceremony, now)
	if err != nil {
		return Factor{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Factor{}, ErrPasskey
	}
	used, err := p.party.ValidateLogin(u, session, parsed)
	if err != nil {
		return Factor{}, ErrPasskey
	}
	if used.Authenticator.CloneWarning {
		return Factor{}, ErrPasskeyCloned
	}
	for i, c := range u.credentials {
		if string(c.ID) != string(used.ID) {
			continue
		}
		f := u.factors[i]
		f.Passkey, err = json.Marshal(used)
		f.LastUsed = now
		return f, err
	}
	return Factor{}, ErrPasskey
}

// ceremonyBytes is what lies between the halves; its clock is ours.
type ceremonyBytes struct {
	Begun   time.Time            `json:"begun"`
	Session webauthn.SessionData `json:"session"`
}

func seam(forBrowser any, session webauthn.SessionData, now time.Time) (options, ceremony []byte, err error) {
	options, err = json.Marshal(forBrowser)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey options: %w", err)
	}
	ceremony, err = json.Marshal(ceremonyBytes{Begun: now, Session: session})
	return options, ceremony, err
}

func resume(h Holder, ceremony []byte, now time.Time) (*user, webauthn.SessionData, error) {
	var kept ceremonyBytes
	if len(ceremony) == 0 || len(ceremony) > mostCeremony || json.Unmarshal(ceremony, &kept) != nil {
		return nil, webauthn.SessionData{}, ErrPasskey
	}
	if age := now.Sub(kept.Begun); age < -ClockSlack || age > CeremonyLife {
		return nil, webauthn.SessionData{}, ErrPasskey
	}
	u, err := asUser(h)
	return u, kept.Session, err
}

// user is a person as WebAuthn sees her. Her handle says nothing of her: authenticators show it to whoever holds them.
type user struct {
	person      string
	factors     []Factor
	credentials []webauthn.Credential
}

func asUser(h Holder) (*user, error) {
	if !ValidName(h.Person) {
		return nil, ErrPasskey
	}
	u := &user{person: h.Person}
	for _, f := range h.Factors {
		if f.Kind != Passkey || f.Person != h.Person {
			continue
		}
		var c webauthn.Credential
		if err := json.Unmarshal(f.Passkey, &c); err != nil {
			return nil, fmt.Errorf("passkey record: %w", err)
		}
		u.factors, u.credentials = append(u.factors, f), append(u.credentials, c)
	}
	return u, nil
}

// WebAuthnID is the user handle: opaque, the same for all of a person's passkeys.
func (u *user) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("nightbell user handle v1|" + u.person))
	return sum[:]
}

// WebAuthnName is what the authenticator shows.
func (u *user) WebAuthnName() string { return u.person }

// WebAuthnDisplayName is the same: a person's full name does not leave the house.
func (u *user) WebAuthnDisplayName() string { return u.person }

// WebAuthnCredentials are her passkeys.
func (u *user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

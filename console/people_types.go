package console

import (
	"encoding/json"
	"time"
)

// LoginView is one way in that is open.
type LoginView struct {
	ID      string    `json:"id"`
	Made    time.Time `json:"made"`
	Seen    time.Time `json:"seen" doc:"last request; may lag by 30 s"`
	From    string    `json:"from" doc:"address"`
	Agent   string    `json:"agent" doc:"what the browser or program calls itself"`
	Factor  string    `json:"factor" doc:"totp, passkey, recovery"`
	Current bool      `json:"current" doc:"the one that asks"`
}

// Profile is what a person knows of herself.
type Profile struct {
	Person    string       `json:"person"`
	State     string       `json:"state" enum:"invited,active,suspended,terminated"`
	LastLogin time.Time    `json:"last_login,omitzero" doc:"the one before this"`
	LastFrom  string       `json:"last_login_from,omitempty" doc:"address"`
	Failed    int          `json:"failed_since,omitempty" doc:"failed attempts since the last login"`
	Change    bool         `json:"must_change_password,omitempty"`
	Grants    []GrantView  `json:"grants" nullable:"false"`
	Factors   []FactorView `json:"factors" nullable:"false"`
	CodesLeft int          `json:"recovery_codes_left"`
	Gate      []string     `json:"gate" nullable:"false" doc:"why calls cannot be offered now, every reason; empty: they can"`
	Ready     *ReadyView   `json:"ready,omitempty"`
}

// FactorView is a second factor without its secret.
type FactorView struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind" enum:"totp,passkey"`
	Label    string    `json:"label"`
	Made     time.Time `json:"made"`
	LastUsed time.Time `json:"last_used,omitzero"`
}

// TOTPView is a TOTP secret on its way into an authenticator, shown once.
type TOTPView struct {
	ID     string `json:"id" doc:"to confirm"`
	Secret string `json:"secret" doc:"base32, to be typed" text:"free"`
	URI    string `json:"uri" doc:"otpauth"`
	QR     []byte `json:"qr" doc:"the same as a PNG, base64"`
}

// TOTPBody confirms that the authenticator has the secret.
type TOTPBody struct {
	ID    string `json:"id" pattern:"^[A-Za-z0-9._~-]{1,64}$"`
	Code  string `json:"code" pattern:"^[0-9]{6}$"`
	Label string `json:"label,omitempty" maxLength:"64" doc:"what the person calls it"`
}

// PasskeyBody is what navigator.credentials.create answered.
type PasskeyBody struct {
	Credential json.RawMessage
	Label      string
}

// PolicyView is a policy that has to be acknowledged, and whether it was.
type PolicyView struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	At      time.Time `json:"acknowledged,omitzero"`
}

// AcknowledgementBody says which version was read.
type AcknowledgementBody struct {
	Policy  string `json:"policy" pattern:"^[a-z0-9._-]{1,64}$"`
	Version string `json:"version" pattern:"^[A-Za-z0-9._-]{1,64}$"`
}

// DeviceBody asks for a telephone's credential.
type DeviceBody struct {
	Kind  string `json:"kind" enum:"secret,certificate" doc:"secret: 160 bits for SHA-256 digest; certificate: a client certificate"`
	Label string `json:"label,omitempty" maxLength:"64" doc:"what the person calls it"`
	CSR   string `json:"csr,omitempty" maxLength:"16384" doc:"certificate request, PKCS #10 in PEM; without one a key is made here" text:"free"`
}

// DeviceKit is a telephone's credential, shown once, in the forms in which telephones take it.
type DeviceKit struct {
	Enrolled
	Key string `json:"key,omitempty" doc:"PEM; where no certificate request was sent"`
	QR  []byte `json:"qr,omitempty" doc:"PNG, base64: AOR and secret"`
}

// ProvisionView is what one program takes.
type ProvisionView struct {
	For  string `json:"for" doc:"linphone, baresip"`
	Text string `json:"text"`
}

// AccountView is an account as admins see it.
type AccountView struct {
	Person     string         `json:"person"`
	State      string         `json:"state" enum:"none,invited,active,suspended,terminated"`
	Roles      []string       `json:"roles" nullable:"false"`
	Factors    []string       `json:"factors" nullable:"false" doc:"kinds"`
	Made       time.Time      `json:"made,omitzero"`
	LastLogin  time.Time      `json:"last_login,omitzero"`
	Terminated time.Time      `json:"terminated,omitzero"`
	Invited    time.Time      `json:"invitation_expires,omitzero" doc:"of an open invitation"`
	Ended      map[string]int `json:"ended,omitempty" doc:"terminate, suspend: how many logins, grants, devices, tokens, feeds, invitations ended"`
}

// InvitationBody asks for an invitation.
type InvitationBody struct {
	Role   string `json:"role,omitempty" enum:"admin" doc:"only by the operator, for the first admin: there is nobody yet who could propose"`
	Hours  int    `json:"hours,omitempty" minimum:"1" maximum:"168" default:"72" doc:"how long it is good"`
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

// InvitationView is an invitation with its secret, shown once.
type InvitationView struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Expires time.Time `json:"expires"`
	Secret  string    `json:"secret" doc:"shown this once; hand it over in person or by telephone, never with the name in one letter" text:"free"`
}

// AccountAct is a step in an account's life.
type AccountAct struct {
	Do     string // suspend, reinstate, terminate
	Reason string
}

// GrantView is a role of somebody.
type GrantView struct {
	ID       string    `json:"id"`
	Person   string    `json:"person"`
	Role     string    `json:"role" enum:"admin,scheduler,agent,supervisor,clinician,office,compliance,auditor"`
	Clinics  []string  `json:"clinics" nullable:"false" doc:"empty: all"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Proposed string    `json:"proposed_by,omitempty"`
	Approved string    `json:"approved_by,omitempty"`
}

// GrantBody proposes a role for somebody.
type GrantBody struct {
	Person  string    `json:"person" pattern:"^[a-z0-9._-]{1,64}$"`
	Role    string    `json:"role" enum:"admin,scheduler,agent,supervisor,clinician,office,compliance,auditor"`
	Clinics []string  `json:"clinics,omitempty" nullable:"false" maxItems:"1000" doc:"empty: all"`
	From    time.Time `json:"from,omitzero" doc:"now if absent"`
	Until   time.Time `json:"until,omitzero" doc:"open if absent"`
	Reason  string    `json:"reason" minLength:"3" maxLength:"200"`
}

// ProposalView is something that waits for a second person, or did.
type ProposalView struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind" enum:"grant,purge,hold_release,clinic_departure,shred,factor_reset,restore"`
	Subject   string          `json:"subject"`
	Clinic    string          `json:"clinic,omitempty"`
	Body      json.RawMessage `json:"body,omitempty" doc:"what would be done"`
	Reason    string          `json:"reason"`
	By        string          `json:"by"`
	Made      time.Time       `json:"made"`
	State     string          `json:"state" enum:"open,approved,carried_out,rejected,withdrawn,expired"`
	Solo      bool            `json:"solo,omitempty" doc:"nobody else could approve: it waits, and the log says so"`
	NotBefore time.Time       `json:"not_before,omitzero"`
	Expires   time.Time       `json:"expires,omitzero"`
	Decisions []DecisionView  `json:"decisions" nullable:"false"`
}

// DecisionView is what somebody said to a proposal.
type DecisionView struct {
	By     string    `json:"by"`
	Role   string    `json:"role,omitempty"`
	What   string    `json:"what" enum:"approved,rejected,withdrawn"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// ProposalBody proposes what has no route of its own.
type ProposalBody struct {
	Kind    string `json:"kind" enum:"factor_reset,clinic_departure,shred,hold_release,purge,restore" doc:"factor_reset: the person's second factors go, and she is invited anew; the others: what is exported, released or destroyed then"`
	Subject string `json:"subject" pattern:"^[A-Za-z0-9._~-]{1,64}$" doc:"id of the person, clinic, recording or hold; purge: purge, or retention~ARTEFACT~DAYS[~CLINIC]"`
	Clinic  string `json:"clinic,omitempty" maxLength:"64" doc:"that it concerns"`
	Reason  string `json:"reason" minLength:"3" maxLength:"200"`
}

// ProposalAct is a decision.
type ProposalAct struct {
	Do     string // approve, reject, withdraw
	Reason string
}

// TrainingView is a course that somebody passed.
type TrainingView struct {
	Person  string    `json:"person"`
	Course  string    `json:"course"`
	Passed  time.Time `json:"passed"`
	Expires time.Time `json:"expires,omitzero"`
	By      string    `json:"by"`
}

// TrainingBody records it.
type TrainingBody struct {
	Course  string    `json:"course" pattern:"^[a-z0-9._-]{1,64}$"`
	Passed  time.Time `json:"passed,omitzero" doc:"now if absent; never ahead"`
	Expires time.Time `json:"expires,omitzero" doc:"a year after passed if absent"`
}

// ReadyView is somebody who takes calls.
type ReadyView struct {
	Person  string    `json:"person"`
	Device  string    `json:"device" doc:"user part"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until" doc:"12 h at most; never inside a call"`
	Mode    string    `json:"mode" enum:"full,limited"`
	Why     string    `json:"why,omitempty" doc:"limited: the end that was due"`
	Clinics []string  `json:"clinics" nullable:"false" doc:"empty: all"`
}

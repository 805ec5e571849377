package console

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

// What the ports of this file answer beside the errors of ports.go. A password that is too short or too common is Mistakes of
// body.password.
var (
	ErrWrong     = errors.New("name, password or second factor is wrong") // whichever it was
	ErrLoginOver = errors.New("login is over")
)

// WrongFor is ErrWrong about an account that exists: the log names it, the answer does not.
type WrongFor struct{ Person string }

func (*WrongFor) Error() string { return ErrWrong.Error() }

// Is makes it ErrWrong.
func (*WrongFor) Is(err error) bool { return err == ErrWrong }

// GateClosed is 403: the access gate refuses, and says every reason at once.
type GateClosed struct{ Reasons []string }

func (*GateClosed) Error() string { return "access gate" }

// Visit is where a request of somebody who is not known yet comes from.
type Visit struct {
	From    string // address; "uid:N" on the control socket
	Agent   string // what the browser or program calls itself, cut to 200 bytes
	Request string // correlation of the audit events
}

// Opened is a login that was opened or raised. The secret is new: the one before it, if there was one, opens nothing any more.
type Opened struct {
	Secret  string // nbl_ or nbp_ and 43 characters; empty: the one that stands stays
	Login   string
	Person  string
	State   access.LoginState
	Until   time.Time // it ends at the latest
	Offered []string  // of a pending login: totp, passkey, recovery; none: a factor has to be enrolled first
}

// Proof is a second factor as it is shown: one of the three, and for a step-up by TOTP the password beside it.
type Proof struct {
	Kind     ProofKind
	Code     string          // totp, recovery
	Passkey  json.RawMessage // passkey: what navigator.credentials.get answered
	Password string
}

// ProofKind is the way in which a second factor is shown.
type ProofKind string

// The ways.
const (
	ByTOTP     ProofKind = "totp"
	ByRecovery ProofKind = "recovery"
	ByPasskey  ProofKind = "passkey"
)

// Entrance lets people in, step by step. Each answers ErrWrong for everything that was wrong, and takes the same time for a
// name that does not exist. Failures are remembered by the console, openings by the port, in the transaction.
type Entrance interface {
	// Password opens a pending login.
	Password(ctx context.Context, v Visit, person, password string) (Opened, error)
	// Challenge begins a passkey ceremony of a login, pending or live: what navigator.credentials.get takes. It is good once.
	Challenge(ctx context.Context, login string) (json.RawMessage, error)
	// Prove makes a pending login live, under a new secret.
	Prove(ctx context.Context, v Visit, login string, p Proof) (Opened, error)
	// StepUp shows a second factor of a live login again.
	StepUp(ctx context.Context, v Visit, login string, p Proof) (Opened, error)
	// Accept takes up an invitation: sets the password and opens a pending login, good for enrolling the first factor.
	Accept(ctx context.Context, v Visit, secret, password string) (Opened, error)
}

// Visitor is who holds a login's secret, at this moment.
type Visitor struct {
	Login     string
	Person    string
	State     access.LoginState // pending or live
	Mode      LoginMode
	Grants    []access.Grant // that hold now
	SteppedUp time.Time
	Device    string         // user part of the device on which she is ready; empty: she is not
	Openings  []GlassOpening // emergency accesses of hers that stand open
}

// LoginMode is how much of her roles a login gives.
type LoginMode string

const (
	Full      LoginMode = "full"
	Limited   LoginMode = "limited"   // a clinic's last ready agent after an automatic end: no history, no playback
	Paperwork LoginMode = "paperwork" // training or acknowledgements lapsed: her own pages, until they are in order
	Enrolling LoginMode = "enrolling" // pending, and no factor stands yet: the first one may be enrolled
)

// Logins are the ways in that are open. Every request with a login's secret asks Recognise: it reads memory, not a disk.
type Logins interface {
	// Recognise is ErrNotFound for a secret of nobody, ErrLoginOver for one that opens nothing any more: idle, too old, ended.
	Recognise(ctx context.Context, secret string) (Visitor, error)
	// Touch says that the login was used; it returns at once, and what it says is written now and then.
	Touch(login, from string)
	Of(ctx context.Context, person string) ([]LoginView, error)
	// End ends one login of the person; empty: all of them. ErrNotFound: it is not hers.
	End(ctx context.Context, person, login string, by audit.Actor) error
}

// Oneself is what a person knows and changes of herself.
type Oneself interface {
	Show(ctx context.Context, person string) (Profile, error)
	Password(ctx context.Context, password string, by audit.Actor) error // every other login of hers ends
	RecoveryCodes(ctx context.Context, by audit.Actor) ([]string, error) // ten new ones; those before are void
	Policies(ctx context.Context, person string) ([]PolicyView, error)
	Acknowledge(ctx context.Context, a AcknowledgementBody, by audit.Actor) (PolicyView, error)
}

// Factors are a person's own second factors; by names person and login. Confirm and FinishPasskey make a pending login live: then
// Opened has its new secret.
type Factors interface {
	NewTOTP(ctx context.Context, by audit.Actor) (TOTPView, error) // counts once it is confirmed
	ConfirmTOTP(ctx context.Context, c TOTPBody, by audit.Actor) (FactorView, Opened, error)
	NewPasskey(ctx context.Context, by audit.Actor) (json.RawMessage, error) // what navigator.credentials.create takes
	FinishPasskey(ctx context.Context, p PasskeyBody, by audit.Actor) (FactorView, Opened, error)
	Remove(ctx context.Context, factor string, by audit.Actor) error // *Refusal for the last one
}

// OwnDevices are a person's own telephones.
type OwnDevices interface {
	Enrol(ctx context.Context, d DeviceBody, by audit.Actor) (DeviceKit, error)
	List(ctx context.Context, person string) ([]Device, error)
	Revoke(ctx context.Context, user string, by audit.Actor) error // ErrNotFound: not hers
}

// Accounts are who can log in at all.
type Accounts interface {
	List(context.Context) ([]AccountView, error)
	// Invite gives the invitation's secret, once. The operator may invite the first admin alone: else ErrNotAllowed.
	Invite(ctx context.Context, person string, b InvitationBody, by audit.Actor) (InvitationView, error)
	RevokeInvitation(ctx context.Context, person string, by audit.Actor) error
	Act(ctx context.Context, person string, a AccountAct, by audit.Actor) (AccountView, error)
}

// Grants are who has which role where.
type Grants interface {
	List(context.Context, GrantQuery) ([]GrantView, error)
	Propose(ctx context.Context, g GrantBody, by audit.Actor) (ProposalView, error) // *Refusal: roles that exclude each other
	End(ctx context.Context, id, reason string, by audit.Actor) error
	Find(ctx context.Context, id string) (GrantView, error)
}

// Proposals are what two people do together. Which roles may decide which kind is access' to say.
type Proposals interface {
	List(context.Context, ProposalQuery) ([]ProposalView, error)
	Find(ctx context.Context, id string) (ProposalView, error)
	Make(ctx context.Context, b ProposalBody, by audit.Actor) (ProposalView, error)
	Decide(ctx context.Context, id string, d ProposalAct, by Decider) (ProposalView, error)
}

// Trainings are the dated records that somebody passed a course.
type Trainings interface {
	List(ctx context.Context, person string) ([]TrainingView, error) // empty: everybody's
	Record(ctx context.Context, person string, b TrainingBody, by audit.Actor) (TrainingView, error)
}

// Readiness is who takes calls now.
type Readiness interface {
	// Make is *GateClosed with every reason when the gate refuses.
	Make(ctx context.Context, device string, by audit.Actor) (ReadyView, error)
	List(context.Context) ([]ReadyView, error)
	// End is her own wish, Revoke somebody else's: that goes below a clinic's last one too.
	End(ctx context.Context, by audit.Actor) error
	Revoke(ctx context.Context, person, reason string, by audit.Actor) error
}

// Decider is a person who decides, with what she decides by.
type Decider struct {
	Actor  audit.Actor
	Grants []access.Grant
}

// GrantQuery asks for grants; Clinics nil: of all.
type GrantQuery struct {
	Person  string
	Clinics []string
	Ended   Past
}

// ProposalQuery asks for proposals; Clinics nil: of all.
type ProposalQuery struct {
	State   string
	Clinics []string
}

// Past says whether what is over is listed too.
type Past string

const (
	StandingOnly Past = ""    // what stands
	AndEnded     Past = "all" // and what is over
)

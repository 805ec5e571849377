package console

import (
	"context"
	"errors"
	"io"
	"time"

	"nightbell/audit"
	"nightbell/policy"
)

// Ports is what the console asks of the rest of the house. Every change takes the actor: the port writes its audit event in
// the transaction of the change. Reads of what is protected are remembered by the console itself, through AuditLog.
type Ports struct {
	Books       Books
	Rota        Rota
	Clinics     Clinics
	People      People
	Schedules   Schedules
	Versions    Versions
	Previews    Previews
	Outlook     Outlook
	Offers      Offers
	Feeds       Feeds
	Calls       Calls
	Recordings  Recordings
	Audit       AuditLog
	Keys        Keys
	Slots       Slots
	Destruction Destruction
	Tokens      Tokens
	Devices     Devices
	Trunks      Trunks
	Agents      Agents
	Carriers    Carriers
	Health      Health
	Floor       Floor
	Unsealing   Unsealing // nil: nothing can be unsealed here

	Entrance   Entrance
	Logins     Logins
	Oneself    Oneself
	Factors    Factors
	OwnDevices OwnDevices
	Pins       Pins
	Accounts   Accounts
	Grants     Grants
	Proposals  Proposals
	Trainings  Trainings
	Readiness  Readiness

	Backups  Backups
	Evidence Evidence
	Reviews  Reviews

	Engine     Engine
	Pseudonyms Pseudonyms

	Keeping     Keeping
	Holding     Holding
	Disclosures Disclosures
	Glass       Glass

	CallRules    CallRules
	OutwardRules OutwardRules
	Prompts      Prompts

	Lines   Lines
	Desks   Desks
	Callers Callers
	Voices  Voices
	Alarms  Alarms
	Checks  Checks
}

// What ports answer instead of a value; anything else becomes a 500 without its text.
var (
	ErrNotFound   = errors.New("not found")
	ErrConflict   = errors.New("changed meanwhile")
	ErrSealed     = errors.New("sealed")
	ErrAuditDown  = errors.New("audit not writable")
	ErrNotAllowed = errors.New("not allowed")
	ErrNotRunning = errors.New("server not running")
	ErrInUse      = errors.New("still in use")
)

// Mistake is one thing wrong in what was sent: where, and what. Text never repeats a value.
type Mistake struct {
	File   string `json:"file,omitempty" doc:"name of the file, as it was given"`
	Line   int    `json:"line,omitempty" doc:"line in the file, from 1"`
	Column int    `json:"column,omitempty"`
	Field  string `json:"field,omitempty" doc:"path of the field, e.g. clinic[0].zone or body.at"`
	Text   string `json:"message"`
}

// Mistakes refuses an input as a whole (422).
type Mistakes []Mistake

func (m Mistakes) Error() string {
	if len(m) == 0 {
		return "input refused"
	}
	if m[0].Field == "" {
		return m[0].Text
	}
	return m[0].Field + ": " + m[0].Text
}

// Sight says whether identifying values are shown.
type Sight int

const (
	Redacted Sight = iota // "[phi:phone]"
	Clear                 // after the audit has the reason
)

// Page asks for a part of a list. Cursor is opaque; empty means the beginning.
type Page struct {
	Cursor string
	Limit  int
}

// Books keeps the rules.
type Books interface {
	Show(context.Context, Sight) (BookView, error)
	Check(context.Context, BookFile) (Difference, error)
	// Apply is all or nothing; with Expect set it answers ErrConflict when the book is no longer that version.
	Apply(context.Context, BookFile, audit.Actor) (Difference, error)
}

// BookFile is the rules as somebody wrote them.
type BookFile struct {
	Name   string
	TOML   []byte
	Expect string // version the difference was made against; empty: whatever stands
}

// BookView is the rules as they stand.
type BookView struct {
	Version  string         `json:"version"`
	ZoneData string         `json:"zone_data" doc:"version of the time zone data in use"`
	Counts   map[string]int `json:"counts" doc:"how many clinics, numbers, trunks, people, devices, schedules"`
	TOML     string         `json:"toml" doc:"the book as a file that book apply takes"`
}

// Difference is what applying a file changes.
type Difference struct {
	From     string   `json:"from" doc:"version that stands"`
	To       string   `json:"to" doc:"version after the change"`
	Changes  []Change `json:"changes"`
	Warnings []string `json:"warnings"`
	Applied  bool     `json:"applied"`
}

// Change is one line of a difference.
type Change struct {
	Kind  string `json:"kind" enum:"added,changed,removed"`
	Of    string `json:"of" doc:"clinic, number, trunk, person, device, schedule, absence, catch_all"`
	ID    string `json:"id"`
	Field string `json:"field,omitempty"`
	From  string `json:"from,omitempty" doc:"empty where it is a person's name or number"`
	To    string `json:"to,omitempty"`
}

// Rota answers who is on call and what a call would do. All of it is the one pure function of policy.
type Rota interface {
	Plan(context.Context, policy.Inquiry) (policy.Plan, error)
	At(context.Context, RotaQuery) ([]Standing, error)
	Shifts(context.Context, RotaQuery) ([]Shift, error)
	Verify(context.Context, []byte) (Verdict, error)
}

// RotaQuery asks about schedules; At uses From alone.
type RotaQuery struct {
	Clinic, Schedule string // empty: all
	From, To         time.Time
	KnownAt          time.Time // zero: everything known now
}

// Standing is who stands in a tier at an instant. Person is empty for a gap.
type Standing struct {
	Clinic   string    `json:"clinic"`
	Schedule string    `json:"schedule"`
	Tier     int       `json:"tier"`
	Person   string    `json:"person" doc:"person id; empty: nobody"`
	Source   string    `json:"source" doc:"layer or override that put the person there"`
	Until    time.Time `json:"until,omitzero"`
	Because  []string  `json:"because"`
	Origin
}

// Origin is what put a person there, part by part: a swap or a note names a shift by layer, period and day.
type Origin struct {
	Layer  string   `json:"layer,omitempty"`
	Period int64    `json:"period" doc:"of the layer's rotation"`
	Day    string   `json:"day,omitempty" doc:"local date on which the window of the shift starts"`
	Edit   string   `json:"edit,omitempty" doc:"id of the override or swap"`
	For    string   `json:"for,omitempty" doc:"who is covered"`
	Notes  []string `json:"notes,omitempty"`
}

// Shift is a stretch of one person in one tier; Person is empty for a gap.
type Shift struct {
	Clinic   string    `json:"clinic"`
	Schedule string    `json:"schedule"`
	Tier     int       `json:"tier"`
	Person   string    `json:"person" doc:"person id; empty: a gap"`
	Source   string    `json:"source"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Origin
}

// Verdict is the answer to a file of cases.
type Verdict struct {
	Total int           `json:"total"`
	Wrong int           `json:"wrong"`
	Cases []CaseVerdict `json:"cases"`
}

// CaseVerdict is one case.
type CaseVerdict struct {
	ID     string `json:"id"`
	OK     bool   `json:"ok"`
	Got    any    `json:"got"`
	Expect any    `json:"expect"`
}

// Calls is the history.
type Calls interface {
	List(context.Context, CallQuery) (CallPage, error)
	Find(ctx context.Context, id string) (CallStory, error)
}

// AuditLog is the memory of the house.
type AuditLog interface {
	// Note returns when the event is durable, or an error: then nothing may be shown.
	Note(context.Context, audit.Event) error
	List(context.Context, AuditQuery) (AuditPage, error)
	Verify(context.Context) (AuditVerdict, error)
}

// Recordings is the sealed sound.
type Recordings interface {
	List(context.Context, RecordingQuery) (RecordingPage, error)
	Find(ctx context.Context, id string) (RecordingRow, error)
	Verify(ctx context.Context, id string) (RecordingVerdict, error)
	// Open unseals on the fly; nothing in clear touches a disk.
	Open(ctx context.Context, id string) (Sound, error)
	// Key is ErrNotAllowed outside development mode until step-up exists.
	Key(ctx context.Context, id string) (hex string, err error)
}

// Sound is a WAV to seek in.
type Sound struct {
	io.ReadSeekCloser
	Modified time.Time
}

// Tokens keeps bearer tokens by the hash of their secret.
type Tokens interface {
	// Create sets id and moment and gives the secret, once.
	Create(context.Context, Token, audit.Actor) (t Token, secret string, err error)
	List(context.Context) ([]Token, error)
	Revoke(ctx context.Context, id string, by audit.Actor) error
	// Check finds the live token of a secret; ErrNotFound when there is none, or it is revoked or expired.
	Check(ctx context.Context, secret string) (Token, error)
}

// Devices keeps agents' SIP identities.
type Devices interface {
	Enrol(context.Context, Enrolment, audit.Actor) ([]Enrolled, error)
	List(context.Context) ([]Device, error)
	Revoke(ctx context.Context, user string, by audit.Actor) error
}

// Trunks keeps connections to clinics and carriers.
type Trunks interface {
	List(context.Context) ([]TrunkView, error)
	Test(ctx context.Context, id string) (TrunkTest, error)
	// Secret keeps the digest secret of the trunk, sealed.
	Secret(ctx context.Context, id, secret string, by audit.Actor) error
}

// Agents is who answers.
type Agents interface {
	List(context.Context) ([]Agent, error)
	Pause(ctx context.Context, person string, by audit.Actor) error
	Resume(ctx context.Context, person string, by audit.Actor) error
}

// Floor is the running server. Offline it answers "stopped".
type Floor interface {
	State() State
	Live(context.Context) (Live, error)
}

// State is what readiness says.
type State string

const (
	Ready    State = "ready"
	Sealed   State = "sealed"
	Draining State = "draining"
	Stopped  State = "stopped"
)

// Health is what the data folder says of itself when doctor asks.
type Health interface {
	Checks(context.Context) ([]Finding, error)
}

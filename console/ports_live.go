package console

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
)

// Lines are the calls that run. Offline every one of these answers ErrNotRunning.
type Lines interface {
	Calls(context.Context) ([]call.View, error)
	// Watch tells what looks different now until ctx ends. A slow reader misses states in between, never the last one.
	Watch(ctx context.Context) (<-chan call.Change, error)
	// Order is answered by the call's own goroutine; a refusal is a *call.Unfit.
	Order(ctx context.Context, id string, cmd call.Command) error
	// Place has the house call somebody and gives the id of the new call.
	Place(ctx context.Context, p Placing, by audit.Actor) (id string, err error)
}

// AlarmMoved is the change of an alarm, beside those of calls, agents and queues; its id is the alarm's name.
const AlarmMoved call.ChangeKind = "alarm"

// Placing is a call that somebody wants the house to make.
type Placing struct {
	Kind   call.PlacingKind
	Person string // whose phone rings first
	User   string // which of them; empty: all that are registered
	Clinic string
	To     phi.Phone
	Of     string // call that is called back
}

// Desks are what agents say of themselves and what follows from the calls they are in.
type Desks interface {
	// Break keeps calls from a person until it is over; without a moment until she says so.
	Break(ctx context.Context, b Break, by audit.Actor) error
	EndBreak(ctx context.Context, person string, by audit.Actor) error
	// EndWrapUp offers her calls again before the time for her notes is over.
	EndWrapUp(ctx context.Context, person string, by audit.Actor) error
}

// Break is a time in which a person takes no calls.
type Break struct {
	Person string
	Reason string // of the closed list of breaks
	Until  time.Time
}

// Callers is the ledger of those with whom nobody spoke.
type Callers interface {
	List(context.Context, CallerQuery) (CallerPage, error)
	Find(ctx context.Context, callID string) (Unserved, error)
	Own(ctx context.Context, callID string, by audit.Actor) error
	Settle(ctx context.Context, s Settlement, by audit.Actor) error
}

// CallerQuery asks the ledger, newest first.
type CallerQuery struct {
	Page
	Within Within
	Clinic string
	State  string // open, served, called_back, written_off; empty: all
}

// CallerPage is a part of the ledger.
type CallerPage struct {
	Items []Unserved
	Next  string
}

// Settlement is what somebody says became of a caller.
type Settlement struct {
	Call   string
	State  string // served, called_back, written_off
	Answer string // id of the call that answered to it
	Reason string
}

// Unserved is a caller with whom nobody spoke. No number: the call's own reveal shows it.
type Unserved struct {
	Call      string    `json:"call" doc:"id of the call"`
	Clinic    string    `json:"clinic"`
	Caller    string    `json:"caller,omitempty" doc:"pseudonym: one caller of one clinic has one"`
	Arrived   time.Time `json:"arrived"`
	Waited    float64   `json:"waited_s" doc:"seconds until the call ended"`
	Why       string    `json:"why" doc:"how the call ended, a closed word"`
	State     string    `json:"state" enum:"open,served,called_back,written_off"`
	Owner     string    `json:"owner,omitempty" doc:"person who sees to it"`
	Settled   time.Time `json:"settled,omitzero"`
	SettledBy string    `json:"settled_by,omitempty"`
	Answer    string    `json:"answer,omitempty" doc:"id of the call that answered to it"`
	Proposed  string    `json:"proposed,omitempty" doc:"id of a later call in which somebody spoke with the same caller: close it as served"`
}

// Voices are the messages that callers left.
type Voices interface {
	List(context.Context, VoiceQuery) (VoicePage, error)
	Find(ctx context.Context, id string) (VoiceMessage, error)
	Take(ctx context.Context, id string, by audit.Actor) error
}

// VoiceQuery asks for voice messages, newest first.
type VoiceQuery struct {
	Page
	Within Within
	Clinic string
	Open   bool // those that nobody has taken on
}

// VoicePage is a part of the list.
type VoicePage struct {
	Items []VoiceMessage
	Next  string
}

// VoiceMessage is what a caller left when nobody could answer; its sound is a recording.
type VoiceMessage struct {
	ID        string    `json:"id"`
	Call      string    `json:"call"`
	Clinic    string    `json:"clinic"`
	Recording string    `json:"recording"`
	Urgency   string    `json:"urgency"`
	Made      time.Time `json:"made"`
	Taken     time.Time `json:"taken,omitzero"`
	TakenBy   string    `json:"taken_by,omitempty"`
}

// Checks find out whether a clinic's lines come to us.
type Checks interface {
	// Check dials the clinic's public number and takes some seconds; one that runs already is ErrConflict.
	Check(ctx context.Context, clinic string, by audit.Actor) (Forwarding, error)
}

// Forwarding is what the sentinel found.
type Forwarding struct {
	Clinic  string    `json:"clinic"`
	At      time.Time `json:"at"`
	Result  string    `json:"result" enum:"forwarded,rang_elsewhere,answered_elsewhere,busy,unchecked"`
	Seconds float64   `json:"seconds" doc:"until that was known"`
}

// Alarms are what stands wrong until it is over, or until a person has seen to it.
type Alarms interface {
	List(context.Context) ([]Alarm, error)
	// Acknowledge is by a named person; an alarm that does not stand is ErrNotFound.
	Acknowledge(ctx context.Context, name string, by audit.Actor) error
	// Stale are those that nobody acted on for 30 days: proposed for deletion.
	Stale(context.Context) ([]StaleAlarm, error)
}

// AlarmClass says who hears of an alarm, and how soon.
type AlarmClass string

const (
	AlarmPatient AlarmClass = "patient" // rings a telephone until acknowledged
	AlarmTonight AlarmClass = "tonight" // one bundle an hour to the operator on call
	AlarmMorning AlarmClass = "morning" // a digest
)

// Alarm is one that stands, or that stood and was not seen to.
type Alarm struct {
	Name           string     `json:"name"`
	Of             string     `json:"of" doc:"its row in docs/OPERATING.md: a gap of one schedule is of gap"`
	Class          AlarmClass `json:"class" enum:"patient,tonight,morning"`
	Words          string     `json:"words"`
	Action         string     `json:"action" doc:"what to do"`
	Since          time.Time  `json:"since"`
	Raised         time.Time  `json:"raised" doc:"the last time"`
	Acknowledged   time.Time  `json:"acknowledged,omitzero"`
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	Telephone      string     `json:"telephone,omitempty" doc:"patient: ringing, acknowledged, cleared, exhausted, or why nobody can be telephoned"`
}

// StaleAlarm is an alarm that is raised and that nobody acts on.
type StaleAlarm struct {
	Name   string     `json:"name"`
	Class  AlarmClass `json:"class" enum:"patient,tonight,morning"`
	Raised int        `json:"raised" doc:"how often in the last 30 days"`
	Since  time.Time  `json:"since" doc:"the first of them"`
}

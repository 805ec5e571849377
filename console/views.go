package console

import (
	"strconv"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// CallQuery asks the history. Number is matched through the blind index; it never stands in a URL.
type CallQuery struct {
	Page
	Within   Within
	Clinic   string
	Number   phi.Phone // zero: any
	From, To time.Time // arrival, half-open; zero: open
}

// CallPage is a part of the history, newest first.
type CallPage struct {
	Items []Call
	Next  string
}

// Call is one line of the history.
type Call struct {
	ID        string
	Clinic    string
	Trunk     string
	Dialled   phi.Phone
	From      phi.Phone
	Pseudonym string // of the caller
	Arrived   time.Time
	Answered  time.Time
	Ended     time.Time
	Outcome   string
	By        string
	Served    bool
	Recording string
	Took      []string // ids of the people who spoke with the caller
}

// CallStory is one call with all that is known of it.
type CallStory struct {
	Call
	TrunkName  string
	KnownBy    string
	Protection string
	Plan       policy.Plan
	Legs       []LegView
	Events     []CallEvent
}

// LegView is one leg's share.
type LegView struct {
	User     string     `json:"user" doc:"user part of the device's AOR; empty: the caller"`
	Person   string     `json:"person,omitempty"`
	Invited  time.Time  `json:"invited,omitzero"`
	Answered time.Time  `json:"answered,omitzero"`
	Ended    time.Time  `json:"ended,omitzero"`
	Cause    string     `json:"cause"`
	Code     int        `json:"code,omitempty" doc:"SIP code behind the cause"`
	Sound    *SoundView `json:"sound,omitempty"`
}

// SoundView is how the leg sounded.
type SoundView struct {
	Codec       string  `json:"codec"`
	Suite       string  `json:"suite"`
	Received    uint64  `json:"received" doc:"packets received"`
	Sent        uint64  `json:"sent" doc:"packets sent"`
	Lost        uint64  `json:"lost" doc:"packets missing"`
	LossPercent float64 `json:"loss_percent"`
	JitterMS    float64 `json:"jitter_ms"`
	MOS         float64 `json:"mos" doc:"estimate, 1 to 4.5"`
}

// CallEvent is one line of a call's story.
type CallEvent struct {
	At   time.Time         `json:"at"`
	Kind string            `json:"kind"`
	Leg  string            `json:"leg,omitempty"`
	Data map[string]string `json:"data,omitempty"`
}

// RecordingQuery asks for recordings, newest first.
type RecordingQuery struct {
	Page
	Within       Within
	Clinic, Call string
}

// RecordingPage is a part of the list.
type RecordingPage struct {
	Items []RecordingRow `json:"items"`
	Next  string         `json:"next,omitempty"`
}

// RecordingRow is one sealed file.
type RecordingRow struct {
	ID      string    `json:"id"`
	Call    string    `json:"call"`
	Clinic  string    `json:"clinic"`
	FileID  string    `json:"file_id"`
	File    string    `json:"file" doc:"name inside the recordings folder"`
	Started time.Time `json:"started"`
	State   string    `json:"state" doc:"opening, live, final, recovered, damaged, aborted, lost, shredded"`
	Samples uint64    `json:"samples"`
	Rate    int       `json:"rate" doc:"samples per second"`
	Seconds float64   `json:"seconds"`
	SHA256  string    `json:"sha256,omitempty"`
	Part    int       `json:"part"`
	Path    string    `json:"path" doc:"place of the sealed file on the server"`
	Reason  string    `json:"reason,omitempty" doc:"why it is not final"`
	Took    []string  `json:"-"` // ids of the people who spoke with the caller
}

// RecordingVerdict is what re-reading every bit says.
type RecordingVerdict struct {
	ID         string  `json:"id"`
	OK         bool    `json:"ok"`
	Status     string  `json:"status" doc:"complete, recovered, aborted, continued, incomplete, damaged"`
	Records    uint64  `json:"records"`
	Samples    uint64  `json:"samples"`
	Seconds    float64 `json:"seconds"`
	Transcript string  `json:"transcript"`
	SHA256     string  `json:"sha256"`
	Problem    string  `json:"problem,omitempty" doc:"what is wrong, in words"`
}

// AuditQuery asks the log, newest first.
type AuditQuery struct {
	Page
	Action, Object, Actor string
	From, To              time.Time
}

// AuditPage is a part of the log.
type AuditPage struct {
	Items []AuditRow `json:"items"`
	Next  string     `json:"next,omitempty"`
}

// AuditRow is one leaf.
type AuditRow struct {
	Seq         uint64            `json:"seq"`
	Time        time.Time         `json:"time"`
	Actor       string            `json:"actor" doc:"type:id"`
	Action      string            `json:"action"`
	Object      string            `json:"object"`
	Clinic      string            `json:"clinic,omitempty"`
	Outcome     string            `json:"outcome"`
	Reason      string            `json:"reason,omitempty"`
	Classes     []string          `json:"classes,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
	Correlation string            `json:"correlation,omitempty"`
	Late        bool              `json:"late,omitempty" doc:"merged from a spool after the fact"`
}

// AuditVerdict is what walking the whole tree says.
type AuditVerdict struct {
	OK          bool   `json:"ok"`
	Size        uint64 `json:"size" doc:"leaves walked"`
	Root        string `json:"root"`
	Checkpoints int    `json:"checkpoints" doc:"signed tree heads that hold"`
	FirstBad    *int64 `json:"first_bad,omitempty" doc:"sequence of the first leaf that does not hold"`
	Problem     string `json:"problem,omitempty"`
}

// facts are what the log keeps about its own verification.
func (v AuditVerdict) facts() map[string]string {
	verdict := "holds"
	if !v.OK {
		verdict = "wrong"
	}
	return map[string]string{"verdict": verdict, "size": strconv.FormatUint(v.Size, 10)}
}

// Token is a bearer token without its secret.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scopes  []Scope   `json:"scopes"`
	Clinic  string    `json:"clinic,omitempty" doc:"the only clinic it may see; empty: all"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// Enrolment asks for devices of one person. With a certificate request a device is known by its client certificate and has
// no secret.
type Enrolment struct {
	Person   string    `json:"person" minLength:"1" maxLength:"64"`
	Count    int       `json:"count,omitempty" minimum:"1" maximum:"1000" default:"1"`
	Secret   string    `json:"secret,omitempty" minLength:"20" maxLength:"128" doc:"chosen by the caller; only with count 1" text:"free"`
	MD5Until time.Time `json:"md5_until,omitzero" doc:"end of the MD5 exception, at most 90 days ahead"`
	User     string    `json:"user,omitempty" maxLength:"64" doc:"a device of the person that gets a new credential; empty: another device"`
	CSR      string    `json:"csr,omitempty" maxLength:"16384" doc:"certificate request, PKCS #10 in PEM; only with count 1 and without a secret" text:"free"`
}

// Enrolled is a device with its secret, shown once.
type Enrolled struct {
	User        string          `json:"user"`
	Secret      string          `json:"secret" doc:"empty: known by its certificate" text:"free"`
	AOR         string          `json:"aor"`
	Person      string          `json:"person"`
	Certificate string          `json:"certificate,omitempty" doc:"chain in PEM"`
	Authority   string          `json:"authority,omitempty" doc:"PEM of the CA that signs the server"`
	Setups      []ProvisionView `json:"setups,omitempty" doc:"what telephones take"`
}

// Device is an agent's SIP identity.
type Device struct {
	User      string    `json:"user"`
	Person    string    `json:"person"`
	Algos     string    `json:"algorithm" enum:"SHA-256,MD5,certificate" doc:"how it proves itself"`
	MD5Until  time.Time `json:"md5_until,omitzero"`
	Enrolled  time.Time `json:"enrolled,omitzero"`
	Revoked   time.Time `json:"revoked,omitzero"`
	HasSecret bool      `json:"has_secret"`
	LastSeen  time.Time `json:"last_seen,omitzero"`
	Bindings  int       `json:"bindings" doc:"live registrations; 0 when the server is stopped"`
}

// TrunkView is a trunk as configured and as it stands.
type TrunkView struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	KnownBy    []string   `json:"known_by" doc:"certificate names, address ranges, digest"`
	HasSecret  bool       `json:"has_secret"`
	Calls      int        `json:"calls" doc:"live calls"`
	Exceptions []string   `json:"exceptions"`
	Expires    *time.Time `json:"exception_ends,omitempty"`
}

// TrunkTest is what a look at the trunk found.
type TrunkTest struct {
	ID     string      `json:"id"`
	OK     bool        `json:"ok"`
	Checks []TestCheck `json:"checks"`
}

// TestCheck is one line of a test.
type TestCheck struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Finding is one line of doctor.
type Finding struct {
	Name   string `json:"name"`
	Grade  Grade  `json:"grade" enum:"ok,warn,wrong"`
	Detail string `json:"detail"`
}

// Grade of a finding.
type Grade string

const (
	Fine  Grade = "ok"
	Warn  Grade = "warn"
	Wrong Grade = "wrong"
)

// Agent is somebody who may be rung.
type Agent struct {
	Person     string   `json:"person"`
	Role       string   `json:"role"`
	Active     bool     `json:"active"`
	Paused     bool     `json:"paused"`
	Devices    []string `json:"devices" doc:"user parts"`
	Registered []string `json:"registered" doc:"user parts with a live registration"`

	State   string    `json:"state,omitempty" doc:"away, ready, offered, talking, wrap_up, break, training, paused; absent while the server is stopped"`
	Since   time.Time `json:"since,omitzero" doc:"of the state"`
	Until   time.Time `json:"until,omitzero" doc:"when it ends by itself"`
	Reason  string    `json:"reason,omitempty" doc:"of a break or a pause"`
	Call    string    `json:"call,omitempty" doc:"the call she is in, or is offered"`
	Clinics []string  `json:"clinics,omitempty" doc:"of her grants; absent: the whole house"`
}

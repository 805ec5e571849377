package policy

import (
	"net/netip"
	"time"

	"nightbell/phi"
)

// Book is the immutable snapshot of all rules. It is made by store (from SQLite) or by book (from a file), read by
// Decide, and never changed after it was made: a new rule is a new Book. Ids are opaque lower-case texts.
type Book struct {
	Version   string // opaque; differs whenever any rule differs
	ZoneData  string // version of the zone data the book was checked with, "2026f"; a Plan names what it was read with
	Clinics   []Clinic
	Numbers   []Number
	Trunks    []Trunk
	People    []Person
	Devices   []Device
	Schedules []Schedule
	CatchAll  string // id of the clinic that takes unknown numbers of a known trunk
	Fallback  FallbackTrunk
	Edits     []Edit // of people: deactivate, absence; they act on every schedule
	Queues    []Queue
	Laws      []ConsentLaw  // of recording; empty: BuiltInLaws
	Emergency EmergencyLine // how 911 leaves the house; zero: it does not
}

// Clinic is the practice that hired us.
type Clinic struct {
	ID         string
	Name       string // of the practice; public, no PHI
	Zone       string // IANA
	Hours      []Hours
	Open       Flow   // while one of Hours holds; a clinic without Hours is always "closed", that is: answered
	Closed     Flow   // else
	Greeting   string // prompt name; empty: none
	Announce   string // prompt played before recording starts; empty: none is due
	LastResort string // prompt of the last resort; never empty once made
	Record     bool
	Suspended  bool
	Holidays   []Holiday
	Features   Features
	Fallback   string // E.164: dialled over the book's fallback trunk while the server is sealed; empty: the announcement alone
}

// Hours is a weekly opening window; it belongs to the day it starts on (S6).
type Hours struct {
	Days       []int     // ISO weekdays, 1 = Monday
	Start, End WallClock // End <= Start reaches into the next day
}

// WallClock is a local time of day in minutes after midnight, 0..1439.
type WallClock int

// Flow is what a call does, as rules: steps in order. Decide turns it into a Plan by asking the schedules.
type Flow struct{ Steps []StepRule }

// StepRule names whom to ring: a tier of a schedule, or people by id, or both.
type StepRule struct {
	Name     string        `json:"name,omitempty"`
	Schedule string        `json:"schedule,omitempty"` // schedule id; empty: none
	Tier     int           `json:"tier,omitempty"`     // 1 = primary; 0 means 1
	People   []string      `json:"people,omitempty"`
	Mode     RingMode      `json:"mode,omitempty"`
	For      time.Duration `json:"for,omitempty"`    // how long each round rings
	Do       StepKind      `json:"do,omitempty"`     // empty: ring
	Queue    string        `json:"queue,omitempty"`  // of queue: its id
	Menu     string        `json:"menu,omitempty"`   // of menu: its id among the clinic's
	Prompt   string        `json:"prompt,omitempty"` // of say
}

// Number is a dialled number that belongs to a clinic.
type Number struct {
	Number string // E.164 ("+12125550100"), or an extension on Trunk
	Trunk  string // trunk id; required for an extension, empty: any trunk that may dial it
	Clinic string
	Answer AnswerMode
}

// AnswerMode says when the caller's INVITE gets its 200.
type AnswerMode string

const (
	AtOnce           AnswerMode = "at_once"            // 200, greeting, announcement, hunt: the default
	WhenAgentAnswers AnswerMode = "when_agent_answers" // 180 only until an agent answers
)

// Person is somebody who may be rung. Roles: agent, clinician, supervisor, scheduler, admin, office, compliance, auditor.
type Person struct {
	ID     string
	Name   phi.Name
	Role   string
	Phone  phi.Phone // verified telephone of a clinician, E.164
	Active bool
	State  string `json:",omitempty"` // ISO 3166-2 where she works ("US-CA"): its law of recording counts; empty: the clinic's
}

// Device is an agent's SIP identity. Its secret is never here.
type Device struct {
	User     string // user part of the AOR and digest user name
	Person   string
	MD5Until time.Time // zero: SHA-256 only; else the end of the MD5 exception (at most 90 days ahead when made)
}

// Trunk is a SIP connection to a clinic or carrier: how it is known, what it may do.
type Trunk struct {
	ID         string
	Name       string
	Identity   TrunkIdentity
	Suites     []string // SRTP crypto suites in order of preference; empty: the default order of sip.md
	NumberFrom string   // "request" (default), "to", "diversion"
	Caller     string   // "pai" (P-Asserted-Identity, then From; default) or "from"
	Country    string   // ISO 3166 region in which national numbers are read; "US" by default
	MaxCalls   int      // 0: no limit
	MaxRate    int      // calls per second; 0: no limit
	Exceptions []Exception
	Advertised string   // address put into Contact, Via and SDP towards this trunk; empty: the listener's
	Carrier    *Carrier // its outbound side; nil: it only brings calls
}

// TrunkIdentity holds the ways a trunk is known; any one that is set suffices, except that Addresses stand alone or
// restrict Digest. Nothing in a SIP header identifies a trunk.
type TrunkIdentity struct {
	CertNames []string       // DNS or URI names of the client certificate (SAN), verified against CertRoots
	CertRoots string         // PEM; empty: the server's own private CA
	Addresses []netip.Prefix // source addresses, on a TLS listener (or under a signalling exception)
	Digest    string         // digest user name; the secret is kept sealed elsewhere
}

// Exception is an audited, expiring permission to be insecure; Scope is of "signalling" (TCP, UDP), "media" (RTP in clear)
// and "md5" (digests of a PBX that knows no SHA-256).
type Exception struct {
	Scope  []string
	Until  time.Time
	Reason string
}

// FallbackTrunk is the carrier over which callers reach their clinic's fallback number while the server is sealed. Its
// digest secret is kept elsewhere, as a trunk of the id FallbackTrunkID. Zero: there is none.
type FallbackTrunk struct {
	Host     string    // DNS name or address; its certificate must hold it
	Port     int       // of SIP over TLS
	User     string    // digest user name; empty: it asks for none
	Roots    string    // PEM; empty: the system's
	MD5Until time.Time // end of the MD5 exception; zero: SHA-256 only
}

// FallbackTrunkID names the fallback trunk among the trunks; no other trunk may have it.
const FallbackTrunkID = "fallback_trunk"

// Schedule says who is on call. Layers are in rank order.
type Schedule struct {
	ID        string
	Clinic    string
	Name      string
	Line      string // the clinic's service line it belongs to ("cardiology"); empty: the whole clinic
	Place     string // the clinic's place it serves; empty: all
	Zone      string // empty: the clinic's
	Layers    []Layer
	Overrides []Override // the assigns of a plain book; they take their place among Edits by Created
	Edits     []Edit     // append-only, in creation order
}

// Layer stands where its windows hold; the first active replace layer of a tier stands, add layers join it.
type Layer struct {
	ID       string
	Tier     int // 1 = primary
	Mode     LayerMode
	Windows  []Hours  // none: always
	Holidays []string // names of the clinic's holidays; the layer holds on those local dates alone. none: every day
	As       string   // id of another layer whose rotation stands here ("holiday days go to the after-hours person")
	Rotation Rotation
}

type LayerMode string

const (
	Replace LayerMode = "replace"
	Add     LayerMode = "add"
)

// Rotation hands a shift from member to member at resolve(Anchor + k*Every) (S3, S4, S5).
type Rotation struct {
	Anchor  string // local wall time "2006-01-02T15:04:05"
	Every   int
	Unit    Unit
	Members []string // person ids; Nobody takes a turn like a person
	Advance Advance  // empty: EveryPeriod
	Terms   []Term   // dated membership; a member without a term is one always
}

// Nobody is the slot of a rotation that is deliberately empty: the next tier is used.
const Nobody = "nobody"

// Advance says which periods use up a turn.
type Advance string

const (
	EveryPeriod Advance = "every"
	Covered     Advance = "covered" // only periods that the layer's windows cover
)

// Term is when a member takes turns: at hand-offs within [From, To). Zero: unbounded.
type Term struct {
	Member   string
	From, To time.Time
}

type Unit string

const (
	Hour  Unit = "h"
	Day   Unit = "d"
	Week  Unit = "w"
	Month Unit = "m"
)

// Override puts a person in for a time. The latest created wins.
type Override struct {
	ID         string
	Kind       string // "assign" in the first issue
	Person     string
	Tier       int
	Start, End time.Time
	Created    time.Time
	Reason     string
}

// Holiday is a date in every year: fixed (Month, Day) or the Nth Weekday of Month (-1: the last).
type Holiday struct {
	Name     string
	Month    time.Month
	Day      int
	Weekday  int // ISO
	Nth      int
	Observed Observed
}

// Observed says where a holiday goes that falls on a weekend.
type Observed string

const (
	AsIs           Observed = ""
	NearestWeekday Observed = "nearest" // Saturday: the Friday before; Sunday: the Monday after
	NextMonday     Observed = "monday"  // Saturday and Sunday: the Monday after
)

// Edit is one entry of a schedule's history. The order of the list is the order of creation; nothing is ever removed.
type Edit struct {
	ID         string
	At         time.Time // when it was made: "as known at" an earlier moment leaves it out
	Do         Do
	Person     string // who comes (assign, add, cover), leaves (deactivate) or is away (absence)
	From       string // cover, take_over: for whom. absence: empty
	Cover      string // absence, dnd: who stands in; empty: nobody (a dnd always has one)
	Tier       int    // of an override; 0 means 1
	Start, End time.Time
	Effective  time.Time // members, anchor, every, layers, deactivate
	Layer      string    // members, anchor, every, swap, give
	Members    []string
	Anchor     string
	Every      int
	Unit       Unit
	Layers     []Layer
	A, B       Shift  // swap; give has A alone
	Shifts     []Duty // plan
	Filler     string // plan: "layers", or empty: nobody
	Of         string // change, undo: the id of the edit meant
	Reason     string
	Note       string // note: what the shift's people are to know; no PHI
}

// Do is what an edit does.
type Do string

const (
	DoAssign     Do = "assign"     // this person, this time
	DoCover      Do = "cover"      // Person only where From would stand
	DoAdd        Do = "add"        // Person as well
	DoNobody     Do = "nobody"     // deliberately empty; needs a reason
	DoPlan       Do = "plan"       // an exact block of shifts with a filler
	DoChange     Do = "change"     // new Start or End for edit Of, which keeps its place
	DoUndo       Do = "undo"       // edit Of no longer counts
	DoSwap       Do = "swap"       // shifts A and B change hands
	DoGive       Do = "give"       // shift A goes to Person
	DoMembers    Do = "members"    // a rotation's list
	DoAnchor     Do = "anchor"     // a rotation's hand-off
	DoEvery      Do = "every"      // a rotation's length
	DoLayers     Do = "layers"     // the whole list of layers: a version
	DoDeactivate Do = "deactivate" // Person takes no more calls
	DoAbsence    Do = "absence"    // Person is away; Cover stands in
	DoDND        Do = "dnd"        // Person is not to be disturbed; Cover stands in, and where nobody can, Person is rung
	DoTakeOver   Do = "take_over"  // Person takes the running shift over from From, Start to End; From empty: the tier
	DoNote       Do = "note"       // Note shows with the tier's shifts, or with shift A of Layer, from Start to End
)

// Shift names one shift of a layer by identity, not by clock: it follows a moved hand-off.
type Shift struct {
	Period int64  `json:"period"`
	Day    string `json:"day,omitempty"` // local date its window starts on, "2006-01-02"; empty: the whole period
}

// Duty is one shift of a plan.
type Duty struct {
	Person     string
	Start, End time.Time
}

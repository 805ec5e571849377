package call

import (
	"context"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// Arrival is a caller's INVITE, frozen: what is known and the verbs the call needs. The rim (sip, joined by cmd) has
// already authenticated the trunk and validated the message.
type Arrival struct {
	ID      string // of the call; random
	Inquiry policy.Inquiry
	Trunk   TrunkFacts
	Offer   []byte // SDP; nil: the INVITE had none
	Leg     Leg
	Listen  func(func(LegEvent)) // set once; earlier events are delivered at once, in order; the func never blocks
	Profile media.Profile        // where and how the caller's sound travels
}

// TrunkFacts is how the trunk was known, for the story of the call.
type TrunkFacts struct {
	ID, Name   string
	KnownBy    string // "certificate NAME", "address PREFIX", "digest"
	Protection string // "TLSv1.3 TLS_AES_128_GCM_SHA256"
}

// Leg is one party's dialog. No verb waits for the network: each sends and returns; what becomes of it arrives as a
// LegEvent. A verb that does not fit the dialog's state returns an error and sends nothing.
type Leg interface {
	Ring(sdp []byte) error   // 180, or 183 where sdp is early media
	Answer(sdp []byte) error // 200 to the INVITE, or to the offer last reported by Offered
	Refuse(Refusal) error    // final answer to the INVITE, or to the offer last reported by Offered
	Offer(sdp []byte) error  // re-INVITE
	End(Cause)               // CANCEL, BYE or a refusal, whichever fits; idempotent
}

// Refusal says why an offer or a call is not taken; the rim chooses the code.
type Refusal struct {
	Cause    Cause
	WarnCode int    // RFC 3261 §20.43; zero: 399
	Warning  string // its text, no PHI; empty: no header
}

// LegEvent is what a leg reports, in the order it happened on the wire.
type LegEvent struct {
	Kind   LegEventKind
	Cause  Cause     // of Refused, Ended
	Code   int       // the SIP code behind it, for the story only
	SDP    []byte    // of Ringing (early media), Answered, Offered, Agreed
	Digit  string    // of Digit (SIP INFO)
	Reason string    // RFC 3326 text, or the SIP reason phrase's standard text; no PHI
	Refer  *Referral // of Referred
}

type LegEventKind string

const (
	Trying    LegEventKind = "trying"
	Ringing   LegEventKind = "ringing"   // 180 or 183
	Answered  LegEventKind = "answered"  // 2xx to our INVITE; ACK is sent by the leg
	Refused   LegEventKind = "refused"   // final non-2xx to our INVITE, timeout, unreachable
	Confirmed LegEventKind = "confirmed" // ACK to our 200; SDP set when the offer was ours
	Offered   LegEventKind = "offered"   // re-INVITE or UPDATE: must be met with Answer or Refuse; SDP nil: make an offer
	Agreed    LegEventKind = "agreed"    // answer to our re-INVITE; SDP set. Code >= 300: refused, old session stands
	Digit     LegEventKind = "digit"     // INFO dtmf-relay
	FlowLost  LegEventKind = "flow_lost" // the connection is gone
	FlowBack  LegEventKind = "flow_back" // the same device is there again
	Referred  LegEventKind = "referred"  // REFER: Refer says to whom; meet it through Transferor
	Ended     LegEventKind = "ended"     // BYE, CANCEL, 408/481, timer: nothing follows
)

// Cause is why a leg or a call ended, and whose doing it was.
type Cause string

const (
	Completed     Cause = "completed"      // ordinary BYE
	CallerGone    Cause = "caller_gone"    // CANCEL, or BYE before anybody answered
	ElsewhereTook Cause = "elsewhere"      // another phone answered (RFC 3326 Reason cause=200)
	Busy          Cause = "busy"           // 486, 600
	Declined      Cause = "declined"       // 603, 480 by hand
	NoAnswer      Cause = "no_answer"      // our ring time ran out, 408, 487
	Unreachable   Cause = "unreachable"    // no binding, lost flow, transport error, 5xx
	NotAcceptable Cause = "not_acceptable" // 488: no common codec, no usable keys
	NoMedia       Cause = "no_media"       // media could not be set up or went silent with a lost flow
	NotReady      Cause = "not_ready"      // she may be offered calls no more: revoked while her phone rang
	LastResort    Cause = "last_resort"    // the last resort was announced to its end
	Draining      Cause = "draining"       // 503 with Retry-After
	Overload      Cause = "overload"       // limits of the trunk
	Fault         Cause = "fault"          // ours
	FaxCall       Cause = "fax"            // a fax machine called
	ToBeCalled    Cause = "to_be_called"   // the caller keeps her place and will be called back
	CutOff        Cause = "cut_off"        // the server died in the middle: only the start after it says so
)

// Phones rings softphones. One Target may have several contacts; each is a leg of its own.
type Phones interface {
	// Contacts lists the flows at which the users are reachable now for a call of clinic: registered, and ready for that
	// clinic. Empty clinic: a call that no clinic owns. Opaque ids.
	Contacts(clinic string, users []string) []Contact
	// Invite sends one INVITE on the very flow of the contact. Events go to post, in order, never blocking.
	Invite(ctx context.Context, c Contact, inv Invite, post func(LegEvent)) (Leg, error)
}

// Contact is one binding of one user at this moment.
type Contact struct {
	ID      string
	User    string
	Profile media.Profile
}

// Invite is what a ringing phone is told. From is the caller where policy lets the agent see the number.
type Invite struct {
	Call   string
	From   phi.Phone
	Clinic string // display name shown on the phone
	Number string // the clinic's number
	Offer  []byte
	Again  bool // the caller was served already: the phone shows it
	Auto   bool // its owner asked for this call: the phone may answer by itself
}

// Sound makes the voices of one call and joins them; implemented over media.Call by cmd.
type Sound interface {
	NewVoice(media.Profile) (Voice, error)
	Bridge(a, b Voice)
	Split()
	Arrange(all []Hearing) // who hears whom from now on; who is not named hears nobody
	Close()
}

// Hearing is one voice and whom it hears.
type Hearing struct {
	Listener Voice
	Sources  []Voice
}

// Voice is one party's sound: the session behind one leg.
type Voice interface {
	Negotiation
	Stage
	Listen(func(media.Event)) // the func never blocks
	Stats() media.Stats
	Close()
}

// Ear is what a Voice may be asked to look for, and to keep to itself. Voices implement it; it stands apart so that no
// interface has more than a handful of methods.
type Ear interface {
	Detect(media.Detection)
	Conceal(media.Concealment)
}

// Transferor is a Leg whose peer may refer: after Referred one of the first two, then TellRefer until a final code.
type Transferor interface {
	AcceptRefer() error // 202, and a first NOTIFY that it is tried
	RefuseRefer(Refusal) error
	TellRefer(code int) error // NOTIFY with a sipfrag (RFC 3515 §2.4.5); a final code ends it
}

// Referral is what a peer asks for: To is joined to the one it talks with.
type Referral struct {
	To       phi.Phone // user part of Refer-To
	Replaces string    // id of the leg of ours that its Replaces names; empty: blind
}

// Guest is an INVITE that belongs to a call there is: a registered phone retrieves from park, consults, or takes over.
type Guest struct {
	User, Person string // whose phone
	Offer        []byte
	Leg          Leg
	Listen       func(func(LegEvent))
	Profile      media.Profile
	Want         GuestWish
	Replaces     string    // id of the leg it replaces; of Replace
	Slot         string    // of Retrieve
	To           phi.Phone // of Consult: whom she dialled; of Monitor: whose call
	Call         string    // id of the call; empty: the one that the wish means
}

// GuestWish is a closed list.
type GuestWish string

const (
	Retrieve GuestWish = "retrieve" // a parked caller
	PickUp   GuestWish = "pick_up"  // the longest waiting caller whom she may be offered
	Consult  GuestWish = "consult"  // a second call of an agent whose caller is on hold: a line of that call
	Replace  GuestWish = "replace"  // RFC 3891
	Monitor  GuestWish = "monitor"  // a supervisor dialled an agent's code: listen
)

// Placing is a call that the house places: whom first, whom then.
type Placing struct {
	ID       string // of the call; random
	Why      PlacingKind
	Clinic   string
	Near     []Contact    // rung first, by user: an agent's phones; empty: nobody
	NearLeg  *Guest       // the near party called us herself: an agent dials out
	NearDial *Dialling    // or is dialled over a trunk: a clinician
	Far      *Dialling    // then dialled; nil: nobody (an alarm, a probe, the sentinel speak with the near party alone)
	Whisper  []string     // prompts the near party hears before the far one is dialled
	Accept   AcceptRule   // what the near party must do
	Ended    func(Record) // told at the end; never blocks; may be nil
	Of       string       // id of the call this one answers to: a call-back's
}

// PlacingKind is a closed list.
type PlacingKind string

const (
	CallOut   PlacingKind = "call_out"  // an agent calls in a clinic's name
	CallBack  PlacingKind = "call_back" // a queue's caller who kept her place, or a clinician through the system
	AlarmCall PlacingKind = "alarm"     // a PATIENT alarm, by telephone
	ProbeCall PlacingKind = "probe"
	Sentinel  PlacingKind = "sentinel" // is the clinic's number forwarded to us?
)

// AcceptRule is what somebody who is rung must do before she is joined. A voicemail or a machine does none of it.
type AcceptRule string

const (
	ByAnswer AcceptRule = "answer"  // a registered phone: its owner made herself ready
	ByKey    AcceptRule = "key"     // 1: an agent verifies by voice
	ByPIN    AcceptRule = "key_pin" // 1 and her PIN: nobody verifies
)

// Dialling is one party that is dialled over a trunk outward.
type Dialling struct {
	Person  string    // who she is; empty: an outside party
	To      phi.Phone // E.164, or what the carrier passes on (911)
	Route   policy.OutboundRoute
	Display string // the clinic's name
	Call    string
	Offer   []byte // ours; made when the trunk's profile is known, see Trunks
}

// Trunks dials over trunks outward.
type Trunks interface {
	// Profile is where and how sound travels over the first usable trunk of the route, and that trunk's id; an error in closed words: no_trunk, not_allowed,
	// limit.
	Profile(d Dialling) (trunk string, _ media.Profile, _ error)
	// Dial sends the INVITE; failover between servers and trunks is its own. Events are those of a leg.
	Dial(ctx context.Context, trunk string, d Dialling, post func(LegEvent)) (Leg, error)
}

// PINs checks what a clinician typed; it may take a while (Argon2id) and is called off the call's goroutine.
type PINs interface {
	CheckPIN(ctx context.Context, person, typed string) (bool, error)
	Telephone(person string) phi.Phone // verified; zero: none
}

// Agents says who may be offered a caller now, and remembers what agents do. See agents.go.
type Agents interface {
	Present(clinic, user string) bool // ready for that clinic, and registered
	Pause(person string, why PauseReason)
	Skills(person string) []string
	Team() []Teammate            // everybody who may answer; none of these asks the switchboard anything
	Last(person string) []string // clinics that would be left without anybody ready
}

// PauseReason is a closed list.
type PauseReason string

const (
	Unanswered PauseReason = "no_answer" // offers she did not answer
)

// Negotiation is RFC 3264 on one voice. An error may be a *media.Refusal, which the rim turns into 488 and a Warning.
type Negotiation interface {
	Answer(offer []byte) (answer []byte, err error)
	Offer(like Voice) (offer []byte, err error) // like: whose codecs come first; nil: none
	Accept(answer []byte) error
	Direction() media.Direction // what the peer may do now
}

// Stage is what a voice is made to hear beside the bridge.
type Stage interface {
	Play(p *media.Prompt, times int) <-chan struct{} // times 0: for ever; closed at its end or when replaced
	Quiet()
	SendDigit(digit byte, d time.Duration)
}

// Recorder begins recordings. Start returns at once; the row, the key and the file are made elsewhere while the tap
// queues. An error means the call goes on unrecorded, and says so (an Unwilling says why); trouble later is reported to
// the func.
type Recorder interface {
	Start(spec RecordingSpec, caller Voice, trouble func(reason string)) (Recording, error)
}

// Unwilling is why a Recorder does not begin, in a closed word for the story of the call.
type Unwilling string

func (u Unwilling) Error() string { return "not recorded: " + string(u) }

// RecordingSpec is what META needs.
type RecordingSpec struct {
	Call, Clinic string
	Consent      string // "announced", "not_due"
	Part         int
	Direction    string        // "in" or "out"; empty: in
	Sides        [2]string     // "caller", "agent"
	Kind         RecordingKind // empty: the conversation
}

// RecordingKind is a closed list.
type RecordingKind string

const (
	Conversation RecordingKind = ""
	Consulting   RecordingKind = "consult" // agent and clinician, the caller on hold
	Whispering   RecordingKind = "whisper"
	VoiceMessage RecordingKind = "voicemail"
)

// Recording is one that runs.
type Recording interface {
	ID() string
	Mark(kind, actor, reason string) // hold, joined, left, dtmf, transfer
	Pause(actor, reason string)
	Resume(actor, reason string)
	Stop(status media.RecordingStatus) // flushes and closes in the background
}

// Journal remembers. It never blocks and never fails: what cannot be written now is spooled.
type Journal interface {
	Note(Event)
	Begin(Record)  // once the plan is made: Ended is zero
	Finish(Record) // the whole, at the end
}

// Event is one line of a call's story. Data holds closed words, ids and numbers of milliseconds; never PHI.
type Event struct {
	Call string
	At   time.Time
	Kind EventKind
	Leg  string // "caller", or the user rung
	Data map[string]string
}

// EventKind is a closed list; docs/GLOSSARY explains each.
type EventKind string

const (
	Arrived     EventKind = "arrived"
	Attested    EventKind = "attested" // what the caller's signature came to (RFC 8224)
	Planned     EventKind = "planned"
	Greeted     EventKind = "greeted"
	Announced   EventKind = "announced"
	Apologised  EventKind = "apologised" // the agent's connection died; the caller was asked to hold
	Rang        EventKind = "rang"       // INVITE sent to a phone
	Alerting    EventKind = "alerting"   // 180 came back
	LegRefused  EventKind = "leg_refused"
	LegAnswered EventKind = "leg_answered"
	Bridged     EventKind = "bridged"
	Held        EventKind = "held"
	Resumed     EventKind = "resumed"
	Keyed       EventKind = "keyed" // DTMF was relayed; the digit is not kept
	RecordingOn EventKind = "recording"
	Unrecorded  EventKind = "unrecorded"
	MediaSilent EventKind = "media_silent"
	FlowGone    EventKind = "flow_gone"
	Stepped     EventKind = "stepped"     // the hunt moved on
	LineOpened  EventKind = "line_opened" // somebody is consulted, or a transfer's target is rung
	LineClosed  EventKind = "line_closed" // and was not reached, or was let go
	Consulted   EventKind = "consulted"   // agent and third speak apart
	ThreeWay    EventKind = "three_way"
	Transferred EventKind = "transferred" // the agent left; somebody else speaks with the caller
	RangBack    EventKind = "rang_back"   // nobody took the transferred or parked caller: the agent's phone is rung
	Revived     EventKind = "revived"     // the process was killed; the next one took the call up
	Requeued    EventKind = "requeued"    // the caller waits again, first of all
	ParkedIn    EventKind = "parked"
	Retrieved   EventKind = "retrieved"
	Observed    EventKind = "observed" // a supervisor hears; data says how
	Unobserved  EventKind = "unobserved"
	RecPaused   EventKind = "recording_paused"
	RecResumed  EventKind = "recording_resumed"
	RecDeclined EventKind = "recording_declined"
	SecretOn    EventKind = "secret"
	SecretOff   EventKind = "secret_over"
	Ordered     EventKind = "ordered" // a person's command on the running call
	Noted       EventKind = "noted"
	Resorted    EventKind = "last_resort"
	Finished    EventKind = "finished"
)

// Record is the whole of a call when it is over: filed by store.
type Record struct {
	ID        string
	Trunk     TrunkFacts
	From      phi.Phone
	Dialled   string
	Plan      policy.Plan
	Arrived   time.Time
	Answered  time.Time // zero: never
	Ended     time.Time
	Outcome   Cause
	By        string // whose doing: "caller", a user, "system"
	Served    bool   // an agent spoke with the caller
	Legs      []LegRecord
	Recording string
	Direction string      // "out": the house placed it; empty: in
	Why       PlacingKind // of a call that the house placed
	Of        string      // id of the call this one answers to
	Taken     *Acceptance // who took a patch, or acknowledged an alarm; nil: nobody
	Message   *Message    // what the caller left; nil: nothing
}

// LegRecord is one leg's share of the story.
type LegRecord struct {
	User     string // "" = caller, or an outside party
	Place    string // "" = the caller or a phone; "outside": dialled over a trunk
	Person   string
	Invited  time.Time
	Answered time.Time
	Ended    time.Time
	Cause    Cause
	Code     int
	Sound    *media.Stats // nil: no media
}

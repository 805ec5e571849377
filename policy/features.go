package policy

import (
	"time"

	"nightbell/phi"
)

// This file has the words for what a call may do besides ringing people: wait in a queue, ask for a key, patch the caller to
// the clinician, take a voice message; and what the law, the language and the lines outward ask of it.

// StepKind says what a step does. Empty is Ring.
type StepKind string

const (
	Ring      StepKind = "ring"      // rings its targets
	Wait      StepKind = "queue"     // waits in a queue until an agent is free
	Ask       StepKind = "menu"      // reads a menu and does what the key says
	Say       StepKind = "say"       // plays a prompt
	Patching  StepKind = "patch"     // climbs the ladder of clinicians by itself: key 1 and a PIN
	Voicemail StepKind = "voicemail" // takes a voice message; the call ends after it
)

// Strategy says which agent a queue's caller is given to.
type Strategy string

const (
	LongestIdle Strategy = "longest_idle" // the default
	RingAll     Strategy = "ring_all"
	RoundRobin  Strategy = "round_robin"
	Ordered     Strategy = "ordered"
	FewestCalls Strategy = "fewest_calls"
)

// Queue is how callers wait and who is offered them.
type Queue struct {
	ID         string         `json:"id"`
	Name       string         `json:"name,omitempty"`
	Strategy   Strategy       `json:"strategy,omitempty"`
	Members    []QueueMember  `json:"members,omitempty"`  // as rules; empty: whoever is ready for the clinic
	Schedule   string         `json:"schedule,omitempty"` // its tier Tier is a member too
	Tier       int            `json:"tier,omitempty"`
	Skills     []string       `json:"skills,omitempty"`   // an agent needs all of them
	Relax      time.Duration  `json:"relax,omitempty"`    // after it skills are no longer asked for; zero: never
	RingFor    time.Duration  `json:"ring_for,omitempty"` // one offer; zero: DefaultRing
	WrapUp     time.Duration  `json:"wrap_up,omitempty"`
	PauseAfter int            `json:"pause_after,omitempty"` // offers not answered in a row that pause an agent; zero: 3; never the last agent
	MaxWait    time.Duration  `json:"max_wait,omitempty"`    // zero: without end
	MaxCallers int            `json:"max_callers,omitempty"` // who comes when so many wait goes on to the next step; zero: no limit
	Empty      EmptyQueue     `json:"empty,omitempty"`       // when nobody who could answer is ready
	Music      string         `json:"music,omitempty"`       // prompt; empty: "music"
	First      time.Duration  `json:"first,omitempty"`       // until the first announcement; zero: 20 s
	Every      time.Duration  `json:"every,omitempty"`       // between announcements; zero: 45 s
	Position   bool           `json:"position,omitempty"`    // says the place in the queue
	Estimate   bool           `json:"estimate,omitempty"`    // says the expected wait in minutes
	Messages   []string       `json:"messages,omitempty"`    // prompts that take turns
	Keys       map[string]Key `json:"keys,omitempty"`        // what a waiting caller may press: "1" -> call_back
	Priority   int            `json:"priority,omitempty"`    // higher is served first; the clinic's and the caller's are added
	Weight     int            `json:"weight,omitempty"`      // among queues of equal priority: turns; zero: 1
}

// QueueMember is one who may be offered a queue's callers.
type QueueMember struct {
	Person string   `json:"person"`
	Users  []string `json:"users,omitempty"` // in a plan: her devices
	Order  int      `json:"order,omitempty"` // ordered: lowest first; else: who has a higher one is asked when no lower one is free
	Skills []string `json:"skills,omitempty"`
}

// EmptyQueue says what a queue does while nobody is ready who could answer.
type EmptyQueue string

const (
	GoOn   EmptyQueue = "go_on" // the next step at once; the default
	WaitOn EmptyQueue = "wait"
)

// Key is what a key does.
type Key struct {
	Do     KeyAction `json:"do"`
	Step   string    `json:"step,omitempty"`   // go_to: name of a step of the same flow
	Menu   string    `json:"menu,omitempty"`   // menu
	Flow   string    `json:"flow,omitempty"`   // flow: a named flow of the clinic
	Prompt string    `json:"prompt,omitempty"` // say: and the menu again
	Lang   string    `json:"lang,omitempty"`   // language: "es"
}

// KeyAction is a closed list.
type KeyAction string

const (
	KeyGoTo        KeyAction = "go_to"
	KeyNext        KeyAction = "next" // on to the next step
	KeyMenu        KeyAction = "menu"
	KeyFlow        KeyAction = "flow"
	KeySay         KeyAction = "say"
	KeyVoicemail   KeyAction = "voicemail"
	KeyCallBack    KeyAction = "call_back" // keeps the place in the queue
	KeyPatch       KeyAction = "patch"
	KeyLanguage    KeyAction = "language"
	KeyClinician   KeyAction = "clinician"   // a clinician calls in: her PIN, and she is joined to the caller who asked for her last
	KeyInterpreter KeyAction = "interpreter" // a third leg to the clinic's interpreter line
	KeyDecline     KeyAction = "decline"     // of the recording
	KeyHangUp      KeyAction = "hang_up"
)

// Menu is what a caller is asked.
type Menu struct {
	ID      string         `json:"id"`
	Prompt  string         `json:"prompt"`
	Keys    map[string]Key `json:"keys"`
	Wait    time.Duration  `json:"wait,omitempty"`    // for a key after the prompt; zero: 5 s
	Tries   int            `json:"tries,omitempty"`   // zero: 2
	Default *Key           `json:"default,omitempty"` // after the tries; nil: next
}

// Patch is how a caller is joined to the clinician on call.
type Patch struct {
	Ladder      []StepRule    `json:"ladder,omitempty"`  // whom, in order; only people with a verified telephone or a device count
	Rounds      int           `json:"rounds,omitempty"`  // zero: 1
	Spacing     time.Duration `json:"spacing,omitempty"` // between two rounds: a number is dialled once per round
	RingFor     time.Duration `json:"ring_for,omitempty"`
	AnswerWait  time.Duration `json:"answer_wait,omitempty"`  // for the key after the whisper; zero: 15 s
	Greeting    string        `json:"greeting,omitempty"`     // whisper before clinic and urgency
	WithoutPIN  bool          `json:"without_pin,omitempty"`  // nobody verifies and no PIN is asked: for lines without PHI
	Record      bool          `json:"record,omitempty"`       // the consult
	WhisperKept bool          `json:"whisper_kept,omitempty"` // whisper and listen are recorded, in a file of their own
}

// PatchStep is one round of a plan's patch: who is dialled, resolved at the moment of the plan.
type PatchStep struct {
	Name    string        `json:"name"`
	Mode    RingMode      `json:"mode"`
	For     time.Duration `json:"for"`
	People  []Reachable   `json:"people"`
	Because []string      `json:"because"`
}

// Reachable is a person with every way to her that a patch may use.
type Reachable struct {
	Person string    `json:"person"`
	Users  []string  `json:"users,omitempty"` // her devices
	Phone  phi.Phone `json:"-"`               // her verified telephone; found anew at each attempt by Ports.Telephone
	HasPIN bool      `json:"has_pin,omitempty"`
}

// VoicemailRule is how a message is taken.
type VoicemailRule struct {
	Greeting string        `json:"greeting,omitempty"` // prompt; empty: "voicemail"
	Most     time.Duration `json:"most,omitempty"`     // zero: 3 min
	Silence  time.Duration `json:"silence,omitempty"`  // ends it; zero: 8 s
	Urgency  Urgency       `json:"urgency,omitempty"`  // of the message it becomes; empty: urgent
}

// Consent is what has to be said before a call is recorded, decided by the strictest of the states concerned.
type Consent struct {
	Rule    ConsentRule   `json:"rule"`
	Beep    time.Duration `json:"beep,omitempty"`    // a tone this often; zero: none
	Decline string        `json:"decline,omitempty"` // key that declines; empty: none, the agent's button alone
	States  []string      `json:"states,omitempty"`  // "US-CA": whose laws were read, strictest first
	Because string        `json:"because,omitempty"`
}

// ConsentRule is a closed list, from lenient to strict.
type ConsentRule string

const (
	OneParty    ConsentRule = "one_party"   // nothing has to be said
	Announced   ConsentRule = "announced"   // it has to be said
	AllParties  ConsentRule = "all_parties" // it has to be said to everyone who joins
	NoRecording ConsentRule = "never"
)

// ConsentLaw is one line of the editable table: what a state asks.
type ConsentLaw struct {
	State string        `json:"state"` // ISO 3166-2
	Rule  ConsentRule   `json:"rule"`
	Beep  time.Duration `json:"beep,omitempty"`
	Note  string        `json:"note,omitempty"` // the statute, for people
}

// Language is one in which a clinic's callers are served; prompts named NAME.TAG are preferred.
type Language struct {
	Tag  string `json:"tag"` // "es"
	Name string `json:"name,omitempty"`
	Key  string `json:"key,omitempty"` // pressed during the greeting chooses it
}

// Features is what a clinic has besides its flows. Decide copies what a call needs into its Plan.
type Features struct {
	Emergency   string          `json:"emergency,omitempty"` // prompt: "if this is an emergency, hang up and dial 911"; said first
	Bypass      []string        `json:"bypass,omitempty"`    // callers' numbers are never here: trunk ids whose callers skip the words (a hospital's line)
	State       string          `json:"state,omitempty"`     // ISO 3166-2 where the clinic is
	Languages   []Language      `json:"languages,omitempty"`
	Interpreter string          `json:"interpreter,omitempty"` // E.164 of the interpreter line
	Fax         string          `json:"fax,omitempty"`         // E.164 to which fax calls go
	Flows       map[string]Flow `json:"flows,omitempty"`       // by name, for keys
	Menus       []Menu          `json:"menus,omitempty"`
	Patch       *Patch          `json:"patch,omitempty"`
	Voicemail   *VoicemailRule  `json:"voicemail,omitempty"` // the last resort before the announcement; nil: none
	Priority    int             `json:"priority,omitempty"`
	RepeatLift  int             `json:"repeat_lift,omitempty"` // added for a caller who rang within the last hour; zero: 1
	MaxCalls    int             `json:"max_calls,omitempty"`   // at once; who comes then hears "all_busy"; zero: no limit
	Music       string          `json:"music,omitempty"`       // on hold; empty: "music"
	Card        string          `json:"card,omitempty"`        // words for the agent; no PHI
	CallerID    string          `json:"caller_id,omitempty"`   // which of its numbers outside lines show; empty: the first
	Beep        time.Duration   `json:"beep,omitempty"`        // a tone this often while recorded, whatever the law; zero: as the law asks
	Decline     string          `json:"decline,omitempty"`     // key that declines the recording; empty: none
	Closing     string          `json:"closing,omitempty"`     // number whose forwarding the sentinel checks at closing time; empty: none
}

// Carrier is a trunk's outbound side. Its digest secret is the trunk's.
type Carrier struct {
	Host         string        `json:"host"`                  // name (SRV, then address) or address
	Port         int           `json:"port,omitempty"`        // zero: SRV, else 5061
	User         string        `json:"user,omitempty"`        // digest; empty: no challenge is answered
	Domain       string        `json:"domain,omitempty"`      // of From and of registration; empty: Host
	Roots        string        `json:"roots,omitempty"`       // PEM; empty: the system's
	Certificate  bool          `json:"certificate,omitempty"` // the trunk's own client certificate is shown
	Register     bool          `json:"register,omitempty"`
	OptionsEvery time.Duration `json:"options_every,omitempty"` // zero: 30 s; negative: never
	MD5Until     time.Time     `json:"md5_until,omitzero"`
	Numbers      NumberRules   `json:"numbers,omitzero"`
	Rank         int           `json:"rank,omitempty"` // lower is tried first
}

// NumberRules say which numbers may be dialled over a trunk, and how they are written.
type NumberRules struct {
	Allow  []string `json:"allow,omitempty"`  // E.164 prefixes; empty: "+1" and the trunk's country
	Deny   []string `json:"deny,omitempty"`   // wins; premium lines are denied by default
	Format string   `json:"format,omitempty"` // "e164" (default), "plain" (no plus), "national"
	Prefix string   `json:"prefix,omitempty"` // put before
}

// EmergencyLine is how 911 leaves the house (47 CFR 9.16, RFC 6442).
type EmergencyLine struct {
	Trunk     string              `json:"trunk"`               // empty: none
	CallBack  string              `json:"call_back,omitempty"` // E.164 shown, and rung back at
	Locations map[string]Location `json:"locations,omitempty"` // by device; "" is the house's
}

// Location is a dispatchable location (47 CFR 9.3): a street address with what is needed to find the caller.
type Location struct {
	Country string `json:"country"` // "US"
	State   string `json:"state"`   // A1
	City    string `json:"city"`    // A3
	Street  string `json:"street"`
	House   string `json:"house"` // HNO
	Room    string `json:"room,omitempty"`
	Floor   string `json:"floor,omitempty"`
	Postal  string `json:"postal,omitempty"`
}

// OutboundRoute is a plan's way out: trunks in the order in which they are tried.
type OutboundRoute struct {
	Trunks []string `json:"trunks"`
	Shown  string   `json:"shown"` // E.164 of the clinic
}

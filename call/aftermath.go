package call

import (
	"time"

	"nightbell/policy"
)

// Acceptance is who took a patch or acknowledged an alarm, and how.
type Acceptance struct {
	Person string     `json:"person"`
	At     time.Time  `json:"at"`
	Rule   AcceptRule `json:"rule"`
	By     string     `json:"by,omitempty"` // the agent who asked for the patch; empty: the house
}

// Message is what a caller left when nobody could answer. Its sound is a recording of its own.
type Message struct {
	Recording string         `json:"recording"`
	Urgency   policy.Urgency `json:"urgency"`
	Withheld  bool           `json:"withheld,omitempty"` // the caller sent no number to call back
	Spoken    time.Duration  `json:"spoken"`
	Heard     bool           `json:"heard,omitempty"` // she stayed and pressed the key that keeps it
}

// How calls end besides, and what the story of a patch, a voice message and a placed call says.
const (
	Acknowledged Cause = "acknowledged" // an alarm was taken by a person, by key
	MessageLeft  Cause = "voicemail"    // the caller left a voice message

	PatchBegan     EventKind = "patch"           // the ladder to the clinician is climbed
	Whispered      EventKind = "whispered"       // who answered hears clinic and urgency
	Took           EventKind = "accepted"        // by key, and PIN where one is asked
	TurnedDown     EventKind = "declined"        // key 2
	NotTaken       EventKind = "not_accepted"    // she answered, or a machine did, and no key came
	PINWrong       EventKind = "pin_wrong"       //
	PINRefused     EventKind = "pin_refused"     // three wrong ones
	Unreached      EventKind = "unreached"       // her telephone or phone did not answer
	TakenElsewhere EventKind = "taken_elsewhere" // another one took it in the meantime
	PassedOver     EventKind = "passed_over"     // no way to a person in this round: no telephone, dialled already
	PatchOver      EventKind = "patch_over"      // with its result
	Capturing      EventKind = "voicemail"       // a voice message is taken
	MessageKept    EventKind = "voice_message"
	MessageVoid    EventKind = "voice_void" // too little was said
	Placed         EventKind = "placed"     // the house calls
)

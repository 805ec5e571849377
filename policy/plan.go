package policy

import (
	"time"

	"nightbell/phi"
)

// Inquiry is what is known of a call when it arrives.
type Inquiry struct {
	Trunk  string    // trunk id
	Number string    // what was dialled: E.164 where it is one, else the extension as sent
	From   phi.Phone // zero: withheld
	At     time.Time
}

// Plan is the decision for one call, copied into the call with its reasons: later edits never bend a ringing call,
// and "why did it ring Bo?" can be answered a year later. It holds no PHI.
type Plan struct {
	Clinic     string     `json:"clinic"`
	ClinicName string     `json:"clinic_name"`
	Number     string     `json:"number"` // the number that matched; empty when the catch-all took the call
	Open       bool       `json:"open"`   // the clinic's hours held
	Answer     AnswerMode `json:"answer"`
	Greeting   string     `json:"greeting,omitempty"`
	Announce   string     `json:"announce,omitempty"`
	Record     bool       `json:"record"`
	Steps      []Step     `json:"steps"`
	LastResort string     `json:"last_resort"`
	Version    string     `json:"version"`
	ZoneData   string     `json:"zone_data"`
	At         time.Time  `json:"at"`
	Because    []string   `json:"because"` // sentences: number, hours, layer, period, override, zone data

	// What the call may do besides; zero values are what a bare book means.
	Emergency   string            `json:"emergency,omitempty"`
	Bypass      bool              `json:"bypass,omitempty"` // no words at all before the queue: a hospital's line
	Languages   []Language        `json:"languages,omitempty"`
	Consent     Consent           `json:"consent,omitzero"`
	Menus       map[string]Menu   `json:"menus,omitempty"`
	Flows       map[string][]Step `json:"flows,omitempty"`
	Patch       *PatchPlan        `json:"patch,omitempty"`
	Voicemail   *VoicemailRule    `json:"voicemail,omitempty"`
	Outbound    OutboundRoute     `json:"outbound,omitzero"`
	Interpreter string            `json:"interpreter,omitempty"`
	Fax         string            `json:"fax,omitempty"`
	Music       string            `json:"music,omitempty"`
	Priority    int               `json:"priority,omitempty"`
	RepeatLift  int               `json:"repeat_lift,omitempty"`
	MaxCalls    int               `json:"max_calls,omitempty"` // of the clinic at once
	Card        string            `json:"card,omitempty"`
}

// PatchPlan is a patch with its people found.
type PatchPlan struct {
	Patch
	Steps []PatchStep `json:"steps"`
}

// Step is one round of ringing.
type Step struct {
	Name    string        `json:"name"`
	Mode    RingMode      `json:"mode"`
	For     time.Duration `json:"for"` // nanoseconds
	Targets []Target      `json:"targets"`
	Because []string      `json:"because"`
	Do      StepKind      `json:"do,omitempty"`     // empty: ring
	Queue   *Queue        `json:"queue,omitempty"`  // of queue; its members are found
	Menu    string        `json:"menu,omitempty"`   // of menu
	Prompt  string        `json:"prompt,omitempty"` // of say
}

// Target is who is rung: a person at her devices.
type Target struct {
	Person string   `json:"person"`
	Users  []string `json:"users"` // AOR user parts
}

// RingMode says how a step rings its targets.
type RingMode string

const (
	Together RingMode = "together" // all at once, first answer wins
	InOrder  RingMode = "in_order" // one after the other, each for Step.For
)

package policy

import (
	"slices"
	"time"
)

// Ladder is an escalation under way: rungs are tried one after the other until somebody accepts. It is a value and a pure
// machine: events and time go in, the next ladder and what to do come out. Kept as JSON it goes on after a restart where it
// stood. Its rungs are a copy that later edits do not bend; people are found anew at every attempt (S11, S12).
type Ladder struct {
	ID       string      `json:"id"`
	Kind     string      `json:"kind"`    // "message", "call", ...: whose it is
	Subject  string      `json:"subject"` // id of what is escalated
	Rungs    []Rung      `json:"rungs"`
	Repeats  int         `json:"repeats"` // how often the rungs are walked again after the first time
	Urgency  Urgency     `json:"urgency"`
	State    LadderState `json:"state"`
	Round    int         `json:"round"`           // 0: the first walk
	Rung     int         `json:"rung"`            // the rung that is to be tried at Due
	Tried    []string    `json:"tried,omitempty"` // in_order: who has had a turn on that rung
	Attempt  int         `json:"attempt"`
	Due      time.Time   `json:"due,omitzero"`      // when to send Ticked; zero: never
	Ringing  []string    `json:"ringing,omitempty"` // asked by the last attempt, and silent so far
	Asked    []string    `json:"asked,omitempty"`   // ever: they may accept
	Taker    string      `json:"taker,omitempty"`
	Finished time.Time   `json:"finished,omitzero"`
}

// Rung is one step: whom to try, and how long they have.
type Rung struct {
	Name     string        `json:"name"`
	Schedule string        `json:"schedule,omitempty"`
	Tier     int           `json:"tier,omitempty"` // 0 means 1; an empty tier falls to the next
	People   []string      `json:"people,omitempty"`
	Mode     RingMode      `json:"mode,omitempty"`  // in_order: Delay for each
	Delay    time.Duration `json:"delay"`           // until the next rung; elapsed time, whatever the clocks do
	Least    Urgency       `json:"least,omitempty"` // below it the rung is passed over
}

// Urgency is how pressing it is; empty is Routine.
type Urgency string

const (
	Routine   Urgency = "routine"
	Urgent    Urgency = "urgent"
	Emergency Urgency = "emergency"
)

// rank orders urgencies; one that is not known is as pressing as can be.
func (u Urgency) rank() int {
	switch u {
	case "", Routine:
		return 0
	case Urgent:
		return 1
	}
	return 2
}

// LadderState is how far a ladder is.
type LadderState string

const (
	Climbing  LadderState = "climbing"
	Taken     LadderState = "taken"     // somebody accepted
	Exhausted LadderState = "exhausted" // every rung was tried; the alarm loops elsewhere
	Cancelled LadderState = "cancelled"
)

// LadderEvent is something that happens to a ladder.
type LadderEvent struct {
	Kind    LadderEventKind
	At      time.Time
	Person  string                              // Accepted, Declined: who
	Reason  string                              // Accepted by somebody who was never asked: required
	Rung    int                                 // Jumped: where to
	Urgency Urgency                             // Raised
	Who     func(r Rung, at time.Time) []string // finds a rung's people; needed wherever an attempt may follow
}

// LadderEventKind says what happened.
type LadderEventKind string

const (
	Ticked    LadderEventKind = "ticked"    // Due has come; an earlier tick does nothing
	Accepted  LadderEventKind = "accepted"  // Person takes it: everything stops
	Declined  LadderEventKind = "declined"  // Person does not, or cannot be reached: when nobody is left, the next at once
	Escalated LadderEventKind = "escalated" // the next rung at once, by hand
	Jumped    LadderEventKind = "jumped"    // to a rung, by hand
	Raised    LadderEventKind = "raised"    // a higher urgency: from the first rung again, at once
	Withdrawn LadderEventKind = "withdrawn" // it is no longer needed
)

// Action is what a ladder asks to be done.
type Action struct {
	Do      LadderDo  `json:"do"`
	Attempt int       `json:"attempt"` // number of the attempt; repeated after a crash it has the same number
	Round   int       `json:"round"`
	Rung    int       `json:"rung"`
	Name    string    `json:"name,omitempty"`
	People  []string  `json:"people,omitempty"`
	Urgency Urgency   `json:"urgency,omitempty"`
	At      time.Time `json:"at"`
	Because string    `json:"because,omitempty"`
}

// LadderDo is a kind of action.
type LadderDo string

const (
	Try    LadderDo = "try"    // ring or notify People
	Skip   LadderDo = "skip"   // the rung is empty: nothing to do, but it is written down
	Leave  LadderDo = "leave"  // the next is tried: a call stops ringing People, a notice may stand
	Hush   LadderDo = "hush"   // stop everything that is pending for People
	Alarm  LadderDo = "alarm"  // exhausted
	Refuse LadderDo = "refuse" // the event is not heeded; Because says why
)

// ladderKeeps is how many of those asked a ladder remembers.
const ladderKeeps = 256

// NewLadder makes a ladder whose first attempt is due at an instant.
func NewLadder(id string, rungs []Rung, repeats int, due time.Time) Ladder {
	return Ladder{ID: id, Rungs: slices.Clone(rungs), Repeats: repeats, State: Climbing, Due: due}
}

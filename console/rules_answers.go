package console

import (
	"time"

	"nightbell/policy"
)

// Saved is the answer to a change of the rules that was made.
type Saved struct {
	ID       string   `json:"id" doc:"of the thing that was changed"`
	Tag      string   `json:"etag" doc:"that stands now, for If-Match"`
	Version  string   `json:"version" doc:"of the book"`
	Edits    []string `json:"edits" doc:"ids of the edits that were appended"`
	Changes  []Change `json:"changes"`
	Warnings []string `json:"warnings"`

	Report *policy.SaveReport `json:"report,omitempty" doc:"who is affected, gaps, double bookings, starved, unreachable, useless; absent where nobody's time can change"`
}

// Preview is what a proposal would do.
type Preview struct {
	Warnings []string `json:"warnings"`
	Shifts   []Shift  `json:"shifts" doc:"as they would be"`
	Before   []Shift  `json:"before" doc:"as they are"`
	Because  []string `json:"because" doc:"why, at the beginning of the time shown"`

	Report policy.SaveReport `json:"report"`
}

// Fairness is who carried how much of a schedule, quarter by quarter.
type Fairness struct {
	Clinic   string                 `json:"clinic"`
	Schedule string                 `json:"schedule"`
	Quarters []policy.QuarterShares `json:"quarters"`
}

// Explanation is the same answer as who is on call, in sentences.
type Explanation struct {
	Clinic   string     `json:"clinic"`
	Schedule string     `json:"schedule"`
	At       time.Time  `json:"at"`
	Local    string     `json:"local" doc:"the instant in the schedule's zone"`
	KnownAt  time.Time  `json:"known_at,omitzero"`
	Zone     string     `json:"zone"`
	ZoneData string     `json:"zone_data"`
	Version  string     `json:"version"`
	Tiers    []Standing `json:"tiers"`
	Because  []string   `json:"because"`
	Notes    []string   `json:"notes"`
}

// Replayed is what past calls would have reached.
type Replayed struct {
	policy.Replay
	Refused []Mistake `json:"refused" doc:"lines of the log that could not be read"`
	Unknown []string  `json:"unknown" doc:"names of the log that are nobody here"`
}

// RotaDifference is what an import would change, day by day.
type RotaDifference struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Shifts   []Shift   `json:"shifts" doc:"in the file"`
	Added    []Shift   `json:"added" doc:"stand after the import and not before"`
	Removed  []Shift   `json:"removed"`
	Unknown  []string  `json:"unknown" doc:"names of the file that are nobody here"`
	Warnings []string  `json:"warnings"`

	Report *policy.SaveReport `json:"report,omitempty"`
}

// OfferView is an offer as it stands.
type OfferView struct {
	ID            string      `json:"id"`
	Clinic        string      `json:"clinic"`
	Schedule      string      `json:"schedule"`
	Layer         string      `json:"layer"`
	Kind          string      `json:"kind" enum:"swap,give,pool"`
	From          string      `json:"from"`
	A             ShiftBody   `json:"a"`
	B             *ShiftBody  `json:"b,omitempty"`
	To            []string    `json:"to"`
	NeedsApproval bool        `json:"needs_approval"`
	State         string      `json:"state" enum:"open,taken,approved,declined,withdrawn,expired"`
	TakenBy       string      `json:"taken_by,omitempty"`
	Made          time.Time   `json:"made"`
	Closes        time.Time   `json:"closes"`
	Start         time.Time   `json:"start,omitzero" doc:"of the shift, as the rota stands"`
	End           time.Time   `json:"end,omitzero"`
	Events        []OfferStep `json:"events"`
}

// OfferStep is one line of an offer's story.
type OfferStep struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
	Who  string    `json:"who,omitempty"`
}

package policy

import "time"

// PastCall is a call that was made: a call of our own, or a line of another vendor's log.
type PastCall struct {
	Number, Trunk string
	At            time.Time
	Reached       []string // person ids
}

// Replay is what past calls would have met under other rules.
type Replay struct {
	Total       int          `json:"total"`
	Others      int          `json:"others"` // would have reached somebody else
	Nobody      int          `json:"nobody"` // would have reached nobody
	Differences []Difference `json:"differences"`
}

// Difference is one call that would have gone another way. It holds no number: the call is found by its time.
type Difference struct {
	At     time.Time `json:"at"`
	Clinic string    `json:"clinic"`
	Before []string  `json:"before"`
	After  []string  `json:"after"`
}

// ReplayCalls runs past calls against two books. Before nil: what the calls really reached stands in its place.
func ReplayCalls(before, after *Snapshot, calls []PastCall) Replay { return Replay{} }

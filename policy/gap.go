package policy

import "time"

// Gap is a time in which a schedule's first tier is empty.
type Gap struct {
	Schedule string    `json:"schedule"`
	Clinic   string    `json:"clinic"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Severity Severity  `json:"severity"`
	Because  string    `json:"because"` // no PHI
}

// Severity is how bad a gap is.
type Severity string

const (
	NextTier    Severity = "next_tier" // the first tier is empty, another takes its calls
	NobodyAtAll Severity = "nobody"    // every tier is empty
)

// Gaps lists the gaps of every schedule over the horizon, in the book's order. An empty schedule, and one that cannot be
// read, is a gap throughout.
func (s *Snapshot) Gaps(now time.Time, horizon time.Duration) []Gap { return nil }

// GapsOf is Gaps of one schedule.
func (s *Snapshot) GapsOf(schedule string, now time.Time, horizon time.Duration) []Gap { return nil }

package policy

import (
	"time"
)

// SaveReport is what a change would do, shown before it is stored and with it.
type SaveReport struct {
	Affected       []PersonChange `json:"affected"`
	Gaps           []Gap          `json:"gaps"`
	NewGaps        []Gap          `json:"new_gaps"` // made by this change: they need an acknowledgement
	DoubleBookings []Double       `json:"double_bookings"`
	Starved        []Starved      `json:"starved"`
	Unreachable    []string       `json:"unreachable"` // ids of people with neither a device nor a telephone
	Useless        []string       `json:"useless"`     // ids of overrides without effect
	IdleLayers     []string       `json:"idle_layers"` // ids of layers that never stand within the horizon
	Mistakes       []string       `json:"mistakes"`    // why the schedule cannot be read; then it is a gap throughout
	Replay         *Replay        `json:"replay,omitempty"`
}

// PersonChange is how a person's time on call changes within the horizon, in hours.
type PersonChange struct {
	Person string  `json:"person"`
	Before float64 `json:"hours_before"`
	After  float64 `json:"hours_after"`
	Gained float64 `json:"hours_gained"` // on call now where she was not
	Lost   float64 `json:"hours_lost"`
}

// Double is a time in which a person stands in two schedules at once.
type Double struct {
	Person string    `json:"person"`
	Here   string    `json:"schedule"`
	There  string    `json:"other_schedule"`
	Clinic string    `json:"other_clinic"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

// Starved is a member whose turns never fall into the layer's windows.
type Starved struct {
	Layer  string `json:"layer"`
	Person string `json:"person"`
}

// Horizon is how far ahead gaps are looked for.
const Horizon = 90 * 24 * time.Hour

// Report says what a change of one schedule does from now on: before and after are the book without and with it. Before may
// be nil, or not hold the schedule: then all of it is new.
func Report(before, after *Snapshot, schedule string, now time.Time, horizon time.Duration) SaveReport {
	return SaveReport{}
}

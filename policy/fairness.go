package policy

import "time"

// Share is a person's part of a schedule, in hours on call. Hours are real ones: a night in which the clocks go back is an
// hour longer. Nights, weekends and holidays are read on the schedule's wall clock, and may fall together.
type Share struct {
	Person   string  `json:"person"`
	Hours    float64 `json:"hours"`
	Primary  float64 `json:"primary"`  // in the first tier
	Nights   float64 `json:"nights"`   // 22:00 to 06:00
	Weekends float64 `json:"weekends"` // Saturday and Sunday
	Holidays float64 `json:"holidays"` // the clinic's
	Shifts   int     `json:"shifts"`
}

// QuarterShares is the fairness of one quarter of a year, as the schedule's calendar counts it.
type QuarterShares struct {
	Quarter string    `json:"quarter"` // "2026-Q4"
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Shares  []Share   `json:"shares"`
}

// Fairness adds up who was and will be on call in [from, to), by person id.
func (s *Snapshot) Fairness(schedule string, from, to time.Time) []Share { return nil }

// FairnessByQuarter is Fairness cut at the quarters of the schedule's calendar.
func (s *Snapshot) FairnessByQuarter(schedule string, from, to time.Time) []QuarterShares { return nil }

package policy

import "time"

// MovedShift is a shift that other zone data put elsewhere.
type MovedShift struct {
	Schedule string    `json:"schedule"`
	Clinic   string    `json:"clinic"`
	Tier     int       `json:"tier"`
	Person   string    `json:"person"`
	Layer    string    `json:"layer"`
	Period   int64     `json:"period"`
	Day      string    `json:"day,omitempty"`
	OldStart time.Time `json:"old_start,omitzero"` // zero: the shift is new
	OldEnd   time.Time `json:"old_end,omitzero"`
	NewStart time.Time `json:"new_start,omitzero"` // zero: the shift is gone
	NewEnd   time.Time `json:"new_end,omitzero"`
}

// ShiftsMoved lists the shifts within the horizon that begin or end at another instant under new zone data.
func ShiftsMoved(b *Book, old, new *Zones, from time.Time, horizon time.Duration) []MovedShift {
	return nil
}

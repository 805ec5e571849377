package access

import "time"

// ReadyMode says how much a ready person may do.
type ReadyMode string

// Limited is what is left to a clinic's last ready agent after an automatic end: answer, form, patch; no history, no playback.
const (
	ReadyFull    ReadyMode = "full"
	ReadyLimited ReadyMode = "limited"
)

// ShiftMost is the longest stretch of readiness; a call under way is never cut by its end.
const ShiftMost = 12 * time.Hour

// Readiness is a person's word, in a two-factor login, that calls may ring her. Its stretch is her shift.
type Readiness struct {
	Person  string
	Login   string // id of the login in which she said so
	Device  string // user part of her device's AOR
	Since   time.Time
	Until   time.Time // at most ShiftMost after Since
	Mode    ReadyMode
	Why     string   // limited: the automatic end that was due
	Clinics []string // from her grants; empty: all
}

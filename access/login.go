package access

import (
	"slices"
	"time"
)

// LoginState is how far a login has come.
type LoginState string

// A pending login knows the password only and is good for the second factor alone.
const (
	LoginPending LoginState = "pending"
	LoginLive    LoginState = "live"
	LoginEnded   LoginState = "ended"
)

// Login is one way in that is open, or was.
type Login struct {
	ID        string
	Person    string
	Hash      []byte // SHA-256 of the secret
	State     LoginState
	Made      time.Time // of a live login: when the second factor was proved
	Seen      time.Time // last request; may lag by TouchEvery
	SteppedUp time.Time // last proof of a second factor in this login
	Ended     time.Time
	Why       string // it ended: a word of EndOf
	From      string // address
	Agent     string // what the browser or program calls itself, cut to 200 bytes
	Factor    string // id of the factor that made it live, or "recovery"; empty while pending
}

// TouchEvery is how often a login's Seen is written while requests come.
const TouchEvery = 30 * time.Second

// ClockSlack is how far a clock may step back before logins made after it are ended.
const ClockSlack = 2 * time.Minute

// Limits are the lengths of a login.
type Limits struct {
	Idle     time.Duration
	Absolute time.Duration
	Pending  time.Duration
	StepUp   time.Duration
}

// LimitsFor are the limits of a person with these roles: an admin's login idles out earlier.
func LimitsFor(roles []Role) Limits {
	lim := Limits{Idle: 15 * time.Minute, Absolute: 12 * time.Hour, Pending: 5 * time.Minute, StepUp: 5 * time.Minute}
	if slices.Contains(roles, Admin) {
		lim.Idle = 10 * time.Minute
	}
	return lim
}

// Why a login is over.
const (
	EndLogout   = "logout"
	EndIdle     = "idle"
	EndAbsolute = "absolute"
	EndPending  = "second factor not given"
	EndClock    = "clock set back"
	EndRevoked  = "revoked"
)

// Live reports whether the login opens anything at the moment (a pending one: the second-factor routes), else why not. Whoever
// hears "no" writes the end down: then no clock brings it back.
func (l Login) Live(now time.Time, lim Limits) (ok bool, why string) {
	switch {
	case l.State == LoginEnded || !l.Ended.IsZero():
		return false, l.Why
	case l.Made.IsZero():
		return false, EndRevoked
	case now.Before(l.Made.Add(-ClockSlack)) || now.Before(l.Seen.Add(-ClockSlack)):
		return false, EndClock
	case l.State == LoginPending && now.Sub(l.Made) >= lim.Pending:
		return false, EndPending
	case l.State == LoginPending:
		return true, ""
	case l.State != LoginLive:
		return false, EndRevoked
	case now.Sub(l.Made) >= lim.Absolute:
		return false, EndAbsolute
	case now.Sub(l.Seen) >= lim.Idle:
		return false, EndIdle
	}
	return true, ""
}

// TwoFactors reports whether both factors were proved in this login.
func (l Login) TwoFactors() bool { return l.State == LoginLive && l.Factor != "" }

// SteppedUpAt reports whether a second factor was proved so lately that roles, keys, exports and the like may be touched.
func (l Login) SteppedUpAt(now time.Time) bool {
	since := now.Sub(l.SteppedUp)
	return l.TwoFactors() && !l.SteppedUp.IsZero() && since >= 0 && since <= LimitsFor(nil).StepUp
}

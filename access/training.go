package access

import "time"

// Training is a dated record that a person passed a course.
type Training struct {
	Person  string
	Course  string
	Passed  time.Time
	Expires time.Time // zero: never
	By      string    // who recorded it
}

// Current reports whether the training counts at the moment.
func (t *Training) Current(at time.Time) bool {
	return !at.Before(t.Passed) && (t.Expires.IsZero() || at.Before(t.Expires))
}

// Acknowledgement is a person's word that she read a version of a policy.
type Acknowledgement struct {
	Person  string
	Policy  string
	Version string
	At      time.Time
}

// Policy is a policy in force that has to be acknowledged.
type Policy struct {
	ID      string
	Version string
	From    time.Time // since when this version is in force
}

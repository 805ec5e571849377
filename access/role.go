package access

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Role is what a person may be in the house. The book's role of a person only describes; grants of these decide.
type Role string

// The closed list of roles; console/roles.go says what each may.
const (
	Admin      Role = "admin"
	Scheduler  Role = "scheduler"
	Agent      Role = "agent"
	Supervisor Role = "supervisor"
	Clinician  Role = "clinician"
	Office     Role = "office"
	Compliance Role = "compliance"
	Auditor    Role = "auditor"
)

// Roles lists every role in the order of the matrix in docs/HIPAA.md.
func Roles() []Role {
	return []Role{Admin, Scheduler, Agent, Supervisor, Clinician, Office, Compliance, Auditor}
}

// Known reports whether the word is a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// answers reports whether the role takes patients' calls.
func (r Role) answers() bool { return r == Agent || r == Supervisor }

// exclusive pairs: an admin sees no PHI, so she never answers, and a supervisor answers too.
var exclusive = [][2]Role{{Admin, Agent}, {Admin, Supervisor}}

// ErrExclusive refuses roles that no person holds together.
var ErrExclusive = errors.New("roles exclude each other")

// Exclusive refuses roles that no one person may hold at the same time.
func Exclusive(roles []Role) error {
	for _, pair := range exclusive {
		if slices.Contains(roles, pair[0]) && slices.Contains(roles, pair[1]) {
			return fmt.Errorf("%w: %s and %s", ErrExclusive, pair[0], pair[1])
		}
	}
	return nil
}

// Grant is one role of one person, for some clinics, for some time. Nothing else gives a right.
type Grant struct {
	ID         string
	Person     string
	Role       Role
	Clinics    []string // empty: all
	From       time.Time
	Until      time.Time // zero: open
	ProposedBy string
	ApprovedBy string    // empty: nobody had to (the first admin), or solo mode
	Ended      time.Time // zero: not ended before its time
}

// Holds reports whether the grant gives its role at the moment.
func (g Grant) Holds(now time.Time) bool {
	if now.Before(g.From) || (!g.Until.IsZero() && !now.Before(g.Until)) {
		return false
	}
	return g.Ended.IsZero() || now.Before(g.Ended)
}

// Covers reports whether the grant gives its role for the clinic at the moment.
func (g Grant) Covers(clinic string, now time.Time) bool {
	return g.Holds(now) && (len(g.Clinics) == 0 || slices.Contains(g.Clinics, clinic))
}

// Check refuses a grant that nobody may hold: an unknown role, an office of no clinic or of two, an end before its beginning.
func (g Grant) Check() error {
	switch {
	case !ValidName(g.Person):
		return errors.New("grant: person: not a name")
	case !g.Role.Known():
		return errors.New("grant: role: not one of ours")
	case g.Role == Office && len(g.Clinics) != 1:
		return errors.New("grant: office: exactly one clinic")
	case !g.Until.IsZero() && !g.Until.After(g.From):
		return errors.New("grant: ends before it begins")
	case slices.Contains(g.Clinics, ""):
		return errors.New("grant: clinics: one is empty")
	}
	return nil
}

// RolesAt lists the roles that the grants give at the moment, each once, in the order of Roles.
func RolesAt(grants []Grant, now time.Time) []Role {
	var roles []Role
	for _, r := range Roles() {
		if slices.ContainsFunc(grants, func(g Grant) bool { return g.Role == r && g.Holds(now) }) {
			roles = append(roles, r)
		}
	}
	return roles
}

// ClinicsOf joins the clinics for which the grants give one of the roles; all is true when a grant names none.
func ClinicsOf(grants []Grant, now time.Time, roles ...Role) (clinics []string, all bool) {
	for _, g := range grants {
		if !g.Holds(now) || !slices.Contains(roles, g.Role) {
			continue
		}
		if len(g.Clinics) == 0 {
			return nil, true
		}
		clinics = append(clinics, g.Clinics...)
	}
	slices.Sort(clinics)
	return slices.Compact(clinics), false
}

package console

import (
	"slices"
	"time"

	"nightbell/audit"
)

// Identity is who is asking, as far as the house has proof of it.
type Identity struct {
	Actor     audit.Actor
	Person    string    // empty: a token, the operator
	SteppedUp time.Time // of a person: when her second factor was last seen
	claims    map[Scope][]Claim
}

// Bound is how far a scope reaches, from nothing to everything in the grant's clinics.
type Bound int

const (
	Nothing Bound = iota
	OwnDay        // the calls she took, for 24 h
	Own           // what is hers: the calls she took, her shifts, herself
	Broken        // one call that an emergency access has opened
	Ops           // of the audit: how the house runs, nothing about patients
	Granted       // everything in the clinics of the grant; no clinics: the whole house
)

// Claim is one reason to have a scope: a role's bound in a grant's clinics.
type Claim struct {
	Bound   Bound
	Clinics []string // nil: all
	Call    string   // of Broken
}

// Reach says what is the least a claim must reach for a route to know what to do with it.
type Reach int

const (
	House    Reach = iota // concerns the whole house: whoever is bound to clinics is refused
	Clinic                // shows what belongs to the clinics of the claim, as if nothing else existed
	Personal              // knows what is the asking person's own
)

// enough reports whether a route of this reach can serve the claim.
func (c Claim) enough(r Reach) bool {
	switch r {
	case House:
		return c.Bound == Granted && c.Clinics == nil
	case Clinic:
		return c.Bound == Granted
	}
	return c.Bound > Nothing
}

// in reports whether everything of this clinic may be shown by the claim.
func (c Claim) in(clinic string) bool {
	return c.Bound == Granted && (c.Clinics == nil || slices.Contains(c.Clinics, clinic))
}

// Has reports whether the identity has the scope, however far it reaches.
func (i Identity) Has(s Scope) bool { return len(i.claims[s]) > 0 }

// may reports whether a route of this scope and reach can serve the identity.
func (i Identity) may(s Scope, r Reach) bool {
	return slices.ContainsFunc(i.claims[s], func(c Claim) bool { return c.enough(r) })
}

// everywhere gives scopes without a bound.
func everywhere(list []Scope) map[Scope][]Claim { return within(list, nil) }

// within gives scopes bound to clinics; nil: all.
func within(list []Scope, clinics []string) map[Scope][]Claim {
	claims := make(map[Scope][]Claim, len(list))
	for _, s := range list {
		for _, s := range append([]Scope{s}, implied[s]...) {
			claims[s] = []Claim{{Bound: Granted, Clinics: clinics}}
		}
	}
	return claims
}

// mine are the claims under which the request was let through: those that its route can serve.
func (a *asking) mine() []Claim {
	return slices.DeleteFunc(slices.Clone(a.who.claims[a.route.Scope]), func(c Claim) bool { return !c.enough(a.route.Reach) })
}

// sees reports whether things of this clinic exist for whoever asks on this route.
func (a *asking) sees(clinic string) bool { return a.seesWith(a.route.Scope, clinic) }

// seesWith is sees for a scope beside the route's own.
func (a *asking) seesWith(s Scope, clinic string) bool {
	return slices.ContainsFunc(a.who.claims[s], func(c Claim) bool { return c.in(clinic) })
}

// clinics are those that whoever asks sees whole; nil: all of them.
func (a *asking) clinics() []string {
	out := []string{}
	for _, c := range a.mine() {
		if c.Bound == Granted && c.Clinics == nil {
			return nil
		}
		if c.Bound == Granted {
			out = append(out, c.Clinics...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// oneClinic is the clinic of whoever sees just one; empty: several, all, or none.
func (a *asking) oneClinic() string {
	if list := a.clinics(); len(list) == 1 {
		return list[0]
	}
	return ""
}

// Within is the part of the history that somebody sees: calls of these clinics, and besides them those that she took.
// A port that knows less answers more: the console drops what is not hers in any case.
type Within struct {
	Clinics []string  // nil: all
	Took    string    // person id; empty: no others
	Since   time.Time // of those that she took: arrived at or after; zero: all
	Calls   []string  // that emergency accesses have opened
}

// within is the part of the history that whoever asks sees on this route.
func (a *asking) within(now time.Time) Within {
	w := Within{Clinics: a.clinics()}
	for _, c := range a.mine() {
		switch {
		case c.Bound == Own:
			w.Took, w.Since = a.who.Person, time.Time{}
		case c.Bound == OwnDay && w.Took == "":
			w.Took, w.Since = a.who.Person, now.Add(-ownDay)
		case c.Bound == Broken:
			w.Calls = append(w.Calls, c.Call)
		}
	}
	return w
}

// ownDay is how long an agent may listen again to a call that she took.
const ownDay = 24 * time.Hour

// holds reports whether a call lies within.
func (w Within) holds(c Call) bool {
	return w.Clinics == nil || slices.Contains(w.Clinics, c.Clinic) || w.hers(c.Took, c.Arrived) || slices.Contains(w.Calls, c.ID)
}

// hers reports whether the call is one that she took, and not too long ago.
func (w Within) hers(took []string, arrived time.Time) bool {
	return w.Took != "" && slices.Contains(took, w.Took) && !arrived.Before(w.Since)
}

// unbound reports whether whoever asks sees every clinic.
func (a *asking) unbound() bool { return a.clinics() == nil }

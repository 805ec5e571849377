package access

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Cause is why a stretch of readiness ends by itself.
type Cause string

// The automatic ends. A logout, a revocation and a termination are not among them: those are deliberate and go below the last.
const (
	FlowLost  Cause = "flow lost"
	NoAnswer  Cause = "repeated no-answer"
	ShiftOver Cause = "shift over"
	MadeRoom  Cause = "relieved" // a limited agent is no longer the last one
)

func (r Readiness) covers(clinic string) bool {
	return len(r.Clinics) == 0 || slices.Contains(r.Clinics, clinic)
}

// Roster is who is ready, for which clinics and how far. It never changes: every change gives a new one, so the call path reads
// it without a lock. A nil roster is an empty one.
type Roster struct{ ready map[string]Readiness }

// NewRoster takes what was stored; of two stretches of one person the later counts.
func NewRoster(ready []Readiness) *Roster {
	r := &Roster{ready: make(map[string]Readiness, len(ready))}
	for _, one := range ready {
		if was, ok := r.ready[one.Person]; one.Person != "" && (!ok || one.Since.After(was.Since)) {
			r.ready[one.Person] = one
		}
	}
	return r
}

// All lists who is ready, by person.
func (r *Roster) All() []Readiness {
	if r == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(r.ready), func(a, b Readiness) int { return strings.Compare(a.Person, b.Person) })
}

// Of gives a person's readiness, whatever the clinic.
func (r *Roster) Of(person string) (Readiness, bool) {
	if r == nil {
		return Readiness{}, false
	}
	one, ok := r.ready[person]
	return one, ok
}

// Present gives a person's readiness for a clinic, full or limited. The end of a shift does not end it: Due names who is due, and
// whoever carries that out minds calls under way and the last agent.
func (r *Roster) Present(person, clinic string) (Readiness, bool) {
	one, ok := r.Of(person)
	if !ok || !one.covers(clinic) {
		return Readiness{}, false
	}
	return one, true
}

// For lists who is ready for a clinic, those in full first, each by person.
func (r *Roster) For(clinic string) []Readiness {
	var ready []Readiness
	for _, one := range r.All() {
		if one.covers(clinic) {
			ready = append(ready, one)
		}
	}
	slices.SortStableFunc(ready, func(a, b Readiness) int { return rank(a.Mode) - rank(b.Mode) })
	return ready
}

func rank(m ReadyMode) int {
	if m == ReadyLimited {
		return 1
	}
	return 0
}

// With gives the roster in which this person is ready so.
func (r *Roster) With(one Readiness) *Roster {
	next := r.copied()
	next.ready[one.Person] = one
	return next
}

// Without gives the roster in which this person is not ready: what logout, revocation and termination do, whoever is left.
func (r *Roster) Without(person string) *Roster {
	next := r.copied()
	delete(next.ready, person)
	return next
}

func (r *Roster) copied() *Roster {
	if r == nil {
		return NewRoster(nil)
	}
	return &Roster{ready: maps.Clone(r.ready)}
}

// Last reports whether the person is a live clinic's last ready agent: one of these clinics has nobody else ready in full.
func (r *Roster) Last(person string, live []string) bool {
	return len(r.lastFor(person, live)) > 0
}

func (r *Roster) lastFor(person string, live []string) []string {
	mine, ok := r.Of(person)
	if !ok {
		return nil
	}
	var clinics []string
	for _, clinic := range live {
		if mine.covers(clinic) && !r.anotherFor(person, clinic) {
			clinics = append(clinics, clinic)
		}
	}
	return clinics
}

// anotherFor reports whether somebody else is ready in full for the clinic.
func (r *Roster) anotherFor(person, clinic string) bool {
	for _, one := range r.ready {
		if one.Person != person && one.Mode == ReadyFull && one.covers(clinic) {
			return true
		}
	}
	return false
}

// Ending is what an automatic end came to.
type Ending struct {
	Readiness Readiness // as it stands now; of an ended one: as it was
	Limited   bool      // she goes on, because a clinic would be left without an agent
	For       []string  // limited: the clinics that have nobody else
	Changed   bool      // false: she was not ready, or limited already
}

// End carries out an automatic end: she is no longer ready, or, as a live clinic's last agent, goes on in limited mode. Whoever
// calls it stores and audits the ending, and calls the supervisor when it is limited.
func (r *Roster) End(person string, cause Cause, live []string) (*Roster, Ending) {
	mine, ok := r.Of(person)
	if !ok {
		return r, Ending{}
	}
	if last := r.lastFor(person, live); len(last) > 0 {
		if mine.Mode == ReadyLimited {
			return r, Ending{Readiness: mine, Limited: true, For: last}
		}
		mine.Mode, mine.Why = ReadyLimited, string(cause)
		return r.With(mine), Ending{Readiness: mine, Limited: true, For: last, Changed: true}
	}
	return r.Without(person), Ending{Readiness: mine, Changed: true}
}

// Due lists whose stretch is over, by person; a person on a call is not due before it ends, and one on limited mode has been.
// A clock set back before a stretch began makes it due: else it would never be.
func (r *Roster) Due(now time.Time, onCall func(person string) bool) []string {
	var due []string
	for _, one := range r.All() {
		over := !now.Before(one.Until) || now.Sub(one.Since) >= ShiftMost || now.Before(one.Since.Add(-ClockSlack))
		if over && one.Mode == ReadyFull && !onCall(one.Person) {
			due = append(due, one.Person)
		}
	}
	return due
}

// Relieved lists who is on limited mode though no clinic needs her for it any more: their automatic end can be carried out now.
func (r *Roster) Relieved(live []string, onCall func(person string) bool) []string {
	var free []string
	for _, one := range r.All() {
		if one.Mode == ReadyLimited && !r.Last(one.Person, live) && !onCall(one.Person) {
			free = append(free, one.Person)
		}
	}
	return free
}

// Uncovered lists the live clinics for which nobody is ready, in their order: "no eligible agent" alarms at once.
func (r *Roster) Uncovered(live []string) []string {
	var bare []string
	for _, clinic := range live {
		if len(r.For(clinic)) == 0 {
			bare = append(bare, clinic)
		}
	}
	return bare
}

// ReadyFor makes the readiness of a person who passed the gate for MakingReady: for the clinics of her grants as agent or
// supervisor, for twelve hours at most or until those grants end.
func ReadyFor(f Facts, device string) Readiness {
	clinics, all := ClinicsOf(f.Grants, f.Now, Agent, Supervisor)
	if all {
		clinics = nil
	}
	until := f.Now.Add(ShiftMost)
	for _, g := range f.Grants {
		if g.Role.answers() && g.Holds(f.Now) && !g.Until.IsZero() && g.Until.Before(until) {
			until = g.Until
		}
	}
	return Readiness{
		Person: f.Account.Person, Login: f.Login.ID, Device: device,
		Since: f.Now, Until: until, Mode: ReadyFull, Clinics: clinics,
	}
}

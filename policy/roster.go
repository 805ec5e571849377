package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Roster is one schedule made ready to be asked: the same value answers Resolve, Expand and Explain. It is immutable and
// safe for any number of callers.
type Roster struct {
	ID       string
	ZoneName string
	zone     *time.Location
	tiers    int
	versions []version // oldest first
	acts     []act     // overrides and absences, in creation order
	swaps    []swap
	away     []act // absences and do-not-disturb alone
	remarks  []remark
	gone     []departure
}

// version is the list of layers from an instant on (S9).
type version struct {
	from   int64
	number int
	layers []layer
}

type layer struct {
	id      string
	tier    int
	mode    LayerMode
	windows windows
	on      calendar
	rota    *turns
	lender  string // id of the layer whose rotation stands here; swaps are bound to it
}

// act is an override: what it does while it holds.
type act struct {
	id         string
	do         Do
	tier       int // 0: every tier (an absence)
	person     string
	from       string
	start, end int64
	duties     []duty
	layers     bool // plan: the layers fill what no duty takes
}

type duty struct {
	person     string
	start, end int64
}

// remark is a note while it shows: on a tier, or on one shift of a layer.
type remark struct {
	tier       int
	layer      string // empty: the whole tier
	shift      shift
	text       string
	start, end int64
}

type swap struct {
	id, layer string
	a, b      shift
	person    string // give: who takes a
}

type shift struct {
	k, date int64
	whole   bool
}

type departure struct {
	person string
	at     int64
}

// Rules is what a schedule is read with.
type Rules struct {
	Zone     *time.Location
	ZoneName string
	Holidays []Holiday
	People   []Edit    // deactivations and absences from the book
	KnownAt  time.Time // zero: everything known
}

// Compile makes a schedule ready. Every mistake is named; a schedule with one is not made.
func Compile(s Schedule, rules Rules) (*Roster, error) {
	if rules.Zone == nil {
		return nil, UnknownZone{rules.ZoneName}
	}
	edits, err := standing(history(s, rules))
	if err != nil {
		return nil, err
	}
	r := &Roster{ID: s.ID, ZoneName: rules.ZoneName, zone: rules.Zone}
	b := builder{roster: r, rules: rules, edits: edits, clock: newClock(rules.Zone), rotas: map[string]*turns{}}
	b.departures()
	b.versions(s.Layers)
	b.overrides()
	if len(b.mistakes) > 0 {
		return nil, errors.Join(b.mistakes...)
	}
	r.tiers = b.tiers()
	return r, nil
}

// Zone is where the schedule's clock hangs.
func (r *Roster) Zone() *time.Location { return r.zone }

// Tiers is how many tiers the schedule has.
func (r *Roster) Tiers() int { return r.tiers }

// history brings the schedule's overrides and edits and those of people into one order of creation.
func history(s Schedule, rules Rules) []Edit {
	all := make([]Edit, 0, len(s.Overrides)+len(s.Edits)+len(rules.People))
	for _, o := range s.Overrides {
		all = append(all, o.edit())
	}
	all = append(append(all, s.Edits...), rules.People...)
	slices.SortStableFunc(all, func(a, b Edit) int { return a.At.Compare(b.At) })
	if rules.KnownAt.IsZero() {
		return all
	}
	return slices.DeleteFunc(all, func(e Edit) bool { return e.At.After(rules.KnownAt) })
}

func (o Override) edit() Edit {
	return Edit{
		ID: o.ID, At: o.Created, Do: Do(cmp.Or(o.Kind, string(DoAssign))), Person: o.Person,
		Tier: o.Tier, Start: o.Start, End: o.End, Reason: o.Reason,
	}
}

// standing applies undo (of an undo too) and change, and returns what is left in its old order.
func standing(all []Edit) ([]Edit, error) {
	place := map[string]int{}
	for i, e := range all {
		if e.ID != "" {
			place[e.ID] = i
		}
	}
	dead := make([]bool, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		e := all[i]
		if e.Do != DoUndo && e.Do != DoChange {
			continue
		}
		of, ok := place[e.Of]
		if !ok || of >= i {
			return nil, fmt.Errorf("edit %s: %s of an edit that is not before it: %q", e.ID, e.Do, clip(e.Of))
		}
		if e.Do == DoUndo && !dead[i] {
			dead[of] = true
		}
	}
	left := slices.Clone(all)
	for i, e := range all {
		if e.Do != DoChange || dead[i] {
			continue
		}
		target := &left[place[e.Of]]
		if !e.Start.IsZero() {
			target.Start = e.Start
		}
		if !e.End.IsZero() {
			target.End = e.End
		}
	}
	out := left[:0]
	for i, e := range left {
		if !dead[i] && e.Do != DoUndo && e.Do != DoChange {
			out = append(out, e)
		}
	}
	return out, nil
}

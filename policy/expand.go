package policy

import (
	"slices"
	"time"
)

// Stretch is a time in which a tier's people stay the same; no people is a gap.
type Stretch struct {
	Tier       int
	Start, End time.Time
	People     []Standing // empty: nobody
	Passed     []Passed
}

// Expand lists what Resolve answers over [from, to), tier by tier, clipped to it, gaps included: it is built from Resolve's
// own boundaries, so the two cannot disagree. The stretches of a tier meet and sum up to the range.
func (r *Roster) Expand(from, to time.Time) []Stretch {
	return expand(from, to, r.Resolve)
}

// Expand is Roster.Expand with the book's people passed over where they cannot be rung. False: there is no such schedule.
func (s *Snapshot) Expand(schedule string, from, to time.Time) ([]Stretch, bool) {
	if s.rosters[schedule] == nil {
		return nil, false
	}
	return expand(from, to, func(at time.Time, into *OnCall) { s.Resolve(schedule, at, into) }), true
}

func expand(from, to time.Time, resolve func(time.Time, *OnCall)) []Stretch {
	var now OnCall
	var tiers [][]Stretch
	for at := from; at.Before(to); {
		resolve(at, &now)
		until := to
		if !now.Until.IsZero() && now.Until.Before(to) {
			until = now.Until
		}
		for len(tiers) < len(now.Tiers) {
			tiers = append(tiers, nil)
		}
		for i := range now.Tiers {
			tiers[i] = extend(tiers[i], &now.Tiers[i], at, until)
		}
		at = until
	}
	var all []Stretch
	for _, t := range tiers {
		all = append(all, t...)
	}
	return all
}

// extend lengthens the last stretch where nothing has changed, or begins another.
func extend(list []Stretch, tier *Tier, from, to time.Time) []Stretch {
	if n := len(list); n > 0 && list[n-1].same(tier) {
		list[n-1].End = to
		list[n-1].noted(tier)
		return list
	}
	return append(list, Stretch{
		Tier: tier.Number, Start: from, End: to,
		People: append([]Standing(nil), tier.People...), Passed: append([]Passed(nil), tier.Passed...),
	})
}

// noted collects what shows at any time of the stretch: a note does not cut a shift in two.
func (s *Stretch) noted(tier *Tier) {
	for i := range tier.People {
		for _, n := range tier.People[i].Notes {
			if p := &s.People[i]; !slices.Contains(p.Notes, n) {
				p.Notes = append(slices.Clip(p.Notes), n)
			}
		}
	}
}

func (s *Stretch) same(tier *Tier) bool {
	if len(s.People) != len(tier.People) || len(s.Passed) != len(tier.Passed) {
		return false
	}
	for i, p := range tier.People {
		if s.People[i].Person != p.Person || s.People[i].Source != p.Source {
			return false
		}
	}
	for i, p := range tier.Passed {
		if s.Passed[i] != p {
			return false
		}
	}
	return true
}

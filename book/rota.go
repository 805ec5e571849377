package book

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"nightbell/policy"
)

// RotaReading is what a rota in somebody else's form is read with: its file name for the mistakes, the zone of times
// without one, the zone data, and the time after which an entry that repeats is not followed any further.
type RotaReading struct {
	File     string
	Zone     *time.Location
	Zones    *policy.Zones // nil: the embedded copy
	From, To time.Time     // entries outside are left out; To also ends what repeats for ever
}

// Turn is one entry of a rota as it was written: who is a name of the file, not yet a person of the book.
type Turn struct {
	Who        string
	Tier       int // 0: the file does not say
	Start, End time.Time
	Line       int
}

// Rota is a rota read: its turns by start.
type Rota struct {
	Turns    []Turn
	Warnings Mistakes
}

// Limits of what is imported. The size is looked at before anything is parsed.
const (
	MaxRota   = 4 << 20
	maxTurns  = 20_000
	maxRota   = 400 * 24 * time.Hour // from the first start to the last end of one plan
	maxTurn   = 62 * 24 * time.Hour
	maxColumn = 64
)

// tooLarge refuses a file by its size alone.
func (r *report) tooLarge(n, most int) bool {
	if n <= most {
		return false
	}
	r.wrong("", "is larger than %d MiB", most>>20)
	return true
}

// importer collects turns and what is wrong with them.
type importer struct {
	report
	RotaReading
	turns []Turn
}

func newImporter(with RotaReading) *importer {
	if with.Zones == nil {
		with.Zones = policy.EmbeddedZones()
	}
	if with.Zone == nil {
		with.Zone = time.UTC
	}
	return &importer{report: report{file: with.File}, RotaReading: with}
}

// wrongAt notes a mistake in a line of the file.
func (r *importer) wrongAt(line int, field, format string, args ...any) {
	if len(r.mistakes) < maxMistakes {
		r.mistakes = append(r.mistakes, Mistake{File: r.File, Line: line, Column: 1, Field: field, Text: fmt.Sprintf(format, args...)})
	}
}

func (r *importer) warnAt(line int, field, format string, args ...any) {
	if len(r.warnings) < maxMistakes {
		r.warnings = append(r.warnings, Mistake{File: r.File, Line: line, Column: 1, Field: field, Text: fmt.Sprintf(format, args...)})
	}
}

// turn checks one entry and keeps it if it lies in the range asked for.
func (r *importer) turn(t Turn) {
	switch {
	case strings.TrimSpace(t.Who) == "":
		r.wrongAt(t.Line, "person", "is missing")
	case strings.ContainsFunc(t.Who, invisible):
		r.wrongAt(t.Line, "person", "holds a control character")
	case len(t.Who) > maxText:
		r.wrongAt(t.Line, "person", "is longer than %d characters", maxText)
	case !sane(t.Start) || !sane(t.End):
		r.wrongAt(t.Line, "start", "is out of range: years run from 1970 to 9998")
	case !t.End.After(t.Start):
		r.wrongAt(t.Line, "end", "is not after the start")
	case t.End.Sub(t.Start) > maxTurn:
		r.wrongAt(t.Line, "end", "is more than 62 days after the start")
	case !r.From.IsZero() && !t.End.After(r.From), !r.To.IsZero() && !t.Start.Before(r.To):
	case len(r.turns) >= maxTurns:
		r.wrong("rota", "has more than %d shifts", maxTurns)
	default:
		t.Who = strings.TrimSpace(t.Who)
		r.turns = append(r.turns, t)
	}
}

func sane(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 9998 }

// wall reads a local time in a zone and warns where the clocks skip or repeat it (S2, S13).
func (r *importer) wall(line int, field string, w policy.Wall, zone *time.Location) time.Time {
	switch len(w.Occurrences(zone)) {
	case 0:
		r.warnAt(line, field, "the clocks skip this local time: the first instant after it is meant")
	case 2:
		r.warnAt(line, field, "this local time comes twice: the first is meant")
	}
	return w.Instant(zone)
}

// rota ends the reading: all turns by start, or every mistake.
func (r *importer) rota() (Rota, error) {
	if len(r.mistakes) == 0 && len(r.turns) == 0 {
		r.wrong("rota", "holds no shift in the time that counts")
	}
	if len(r.mistakes) > 0 {
		return Rota{}, sorted(r.mistakes)
	}
	slices.SortStableFunc(r.turns, func(a, b Turn) int { return cmp.Or(a.Start.Compare(b.Start), a.Tier-b.Tier) })
	return Rota{Turns: r.turns, Warnings: sorted(r.warnings)}, nil
}

// Names says who of a rota is whom: people of the file by name to people of the book by id, beside the ids themselves.
type Names struct {
	People map[string]string
	Known  func(id string) bool
}

// Find reads a name of the file. Case and the words that calendars put before a name do not matter.
func (n Names) Find(who string) (string, bool) {
	for _, try := range []string{who, afterWords(who)} {
		for name, id := range n.People {
			if strings.EqualFold(name, try) && (id == policy.Nobody || n.Known(id)) {
				return id, true
			}
		}
		if id := strings.ToLower(try); n.Known(id) {
			return id, true
		}
	}
	return "", false
}

// afterWords drops what calendars put before a name ("On call: Bo", "On Call - Bo").
func afterWords(who string) string {
	rest := who
	for _, word := range []string{"on call", "on-call", "oncall"} {
		if len(rest) > len(word) && strings.EqualFold(rest[:len(word)], word) {
			rest = rest[len(word):]
			break
		}
	}
	return strings.Trim(rest, " :-")
}

// Plan makes one edit of a rota for a tier: an exact block from the first start to the last end. The names that are nobody
// in the book are listed, once each, and then there is no edit.
func (r Rota) Plan(names Names, tier int, filler string) (policy.Edit, []string) {
	e := policy.Edit{Do: policy.DoPlan, Tier: tier, Filler: filler}
	var unknown []string
	for _, t := range r.Turns {
		if t.Tier != 0 && t.Tier != tier {
			continue
		}
		id, ok := names.Find(t.Who)
		if !ok {
			if !slices.Contains(unknown, t.Who) {
				unknown = append(unknown, t.Who)
			}
			continue
		}
		if e.Start.IsZero() || t.Start.Before(e.Start) {
			e.Start = t.Start
		}
		if t.End.After(e.End) {
			e.End = t.End
		}
		if id != policy.Nobody {
			e.Shifts = append(e.Shifts, policy.Duty{Person: id, Start: t.Start, End: t.End})
		}
	}
	if len(unknown) > 0 {
		return policy.Edit{}, unknown
	}
	return e, nil
}

// Tiers lists the tiers that a rota names; tier 1 where it names none.
func (r Rota) Tiers() []int {
	var tiers []int
	for _, t := range r.Turns {
		if n := max(t.Tier, 1); !slices.Contains(tiers, n) {
			tiers = append(tiers, n)
		}
	}
	slices.Sort(tiers)
	return tiers
}

// Moved is what an import would change: shifts that stand after it and not before, and the other way round.
type Moved struct{ Added, Removed []policy.Stretch }

// Differ compares two answers of Expand over one range, person by person and tier by tier, by time alone: the same person
// at the same time by another source is no difference.
func Differ(before, after []policy.Stretch) Moved {
	return Moved{Added: without(after, before), Removed: without(before, after)}
}

// without cuts from each person's time in a what she has in b.
func without(a, b []policy.Stretch) (left []policy.Stretch) {
	type place struct {
		person string
		tier   int
	}
	has := map[place][]policy.Stretch{}
	for _, st := range b {
		for _, p := range st.People {
			at := place{p.Person, st.Tier}
			has[at] = append(has[at], st)
		}
	}
	for _, st := range a {
		for _, p := range st.People {
			rest := policy.Stretch{Tier: st.Tier, Start: st.Start, End: st.End, People: []policy.Standing{p}}
			for _, other := range has[place{p.Person, st.Tier}] {
				if !other.End.After(rest.Start) || !other.Start.Before(rest.End) {
					continue
				}
				if other.Start.After(rest.Start) {
					piece := rest
					piece.End = other.Start
					left = append(left, piece)
				}
				rest.Start = other.End
				if !rest.Start.Before(rest.End) {
					break
				}
			}
			if rest.Start.Before(rest.End) {
				left = append(left, rest)
			}
		}
	}
	return left
}

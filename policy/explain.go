package policy

import (
	"fmt"
	"time"
)

// Explain gives the answer of Resolve as sentences: tier, person, layer, period, override, until when. People appear by id.
func (r *Roster) Explain(at time.Time) []string {
	var now OnCall
	r.Resolve(at, &now)
	return r.explain(&now)
}

// Explain is Roster.Explain with the book's people: who cannot be rung is passed over, and the zone data is named.
func (s *Snapshot) Explain(schedule string, at time.Time) []string {
	var now OnCall
	if !s.Resolve(schedule, at, &now) {
		return []string{fmt.Sprintf("there is no schedule %s that can be read", clip(schedule))}
	}
	r := s.rosters[schedule]
	lines := append(r.explain(&now), fmt.Sprintf("zone %s, zone data %s", r.ZoneName, s.Zones.Name()))
	if s.Book.Version != "" {
		lines = append(lines, "version "+s.Book.Version+" of the rules")
	}
	return lines
}

func (r *Roster) explain(now *OnCall) (lines []string) {
	for _, tier := range now.Tiers {
		for _, p := range tier.Passed {
			lines = append(lines, fmt.Sprintf("tier %d: %s is passed over: %s", tier.Number, p.Person, p.Why))
		}
		for _, p := range tier.People {
			lines = append(lines, fmt.Sprintf("tier %d: %s: %s", tier.Number, p.Person, r.reason(p)))
		}
		if len(tier.People) == 0 {
			lines = append(lines, fmt.Sprintf("tier %d: nobody; the next tier is used", tier.Number))
		}
	}
	return lines
}

// reason says in words why somebody stands.
func (r *Roster) reason(p Standing) string {
	until := ""
	if !p.Until.IsZero() {
		until = " until " + clockText(p.Until.Unix(), r.zone, r.ZoneName)
	}
	src := p.Source
	shift := fmt.Sprintf("layer %s, period %d", src.Layer, src.Period)
	if src.Number > 0 {
		shift += fmt.Sprintf(", version %d of the layers", src.Number)
	}
	if src.dated {
		shift += ", window of " + src.Day()
	}
	switch {
	case src.Kind == "" && src.Edit != "":
		return shift + ", by swap " + src.Edit + until
	case src.Kind == "":
		return shift + until
	case src.For != "" && src.Kind == DoAbsence:
		return "stands in for " + src.For + " who is absent (" + shift + ")" + until
	case src.For != "" && src.Kind == DoDND:
		return "stands in for " + src.For + " who is not to be disturbed (" + shift + ")" + until
	case src.For != "" && src.Kind == DoTakeOver:
		return "took over from " + src.For + " by override " + src.Edit + until
	case src.For != "":
		return "covers " + src.For + " by override " + src.Edit + until
	}
	return fmt.Sprintf("override %s (%s)%s", src.Edit, src.Kind, until)
}

// clockText writes an instant as the clinic reads it: "2026-11-23 17:00 America/New_York (EST)".
func clockText(t int64, zone *time.Location, name string) string {
	if t <= dawn || t >= dusk {
		return "ever"
	}
	local := time.Unix(t, 0).In(zone)
	short, _ := local.Zone()
	layout := "2006-01-02 15:04"
	if local.Second() != 0 {
		layout = "2006-01-02 15:04:05"
	}
	return local.Format(layout) + " " + name + " (" + short + ")"
}

package book

import (
	"time"

	"nightbell/policy"
)

// edit converts one entry of a schedule's history and checks the fields that its kind needs.
func (r *reader) edit(path string, e edit, rules policy.Rules) policy.Edit {
	made := policy.Edit{
		ID: r.id(path+".id", e.ID), At: r.instant(path+".at", e.At, rules.Zone), Do: policy.Do(e.Do), Person: e.Person,
		From: e.From, Cover: e.Cover, Tier: e.Tier, Start: r.instant(path+".start", e.Start, rules.Zone),
		End: r.instant(path+".end", e.End, rules.Zone), Effective: r.instant(path+".effective", e.Effective, rules.Zone),
		Layer: e.Layer, Filler: e.Filler, Of: e.Of, Reason: r.text(path+".reason", e.Reason),
		Note: r.text(path+".note", e.Note),
	}
	if made.At.IsZero() {
		r.wrong(path+".at", "is missing: when the edit was made")
	}
	if made.Tier < 0 || made.Tier > maxTier {
		r.wrong(path+".tier", "must be 1 to %d", maxTier)
	}
	switch made.Do {
	case policy.DoAssign, policy.DoAdd, policy.DoCover, policy.DoNobody, policy.DoPlan, policy.DoTakeOver, policy.DoNote,
		policy.DoAbsence, policy.DoDND:
		r.span(path, made.Start, made.End)
		r.overriding(path, e, &made, rules.Zone)
	case policy.DoSwap, policy.DoGive:
		r.swapping(path, e, &made)
	case policy.DoMembers, policy.DoAnchor, policy.DoEvery, policy.DoLayers, policy.DoDeactivate:
		r.rotating(path, e, &made, rules)
	case policy.DoChange, policy.DoUndo:
		if e.Of == "" {
			r.wrong(path+".of", "is missing: the edit that is meant")
		}
	default:
		r.wrong(path+".do", "must be one of assign, cover, add, nobody, plan, take_over, note, absence, dnd, change, undo, swap, give, members, anchor, every, layers, deactivate")
	}
	return made
}

func (r *reader) overriding(path string, e edit, made *policy.Edit, zone *time.Location) {
	switch made.Do {
	case policy.DoAssign, policy.DoAdd:
		r.isPerson(path+".person", e.Person)
	case policy.DoCover:
		r.isPerson(path+".from", e.From)
		if r.isPerson(path+".person", e.Person); e.From == e.Person && e.From != "" {
			r.wrong(path+".person", "covers herself")
		}
	case policy.DoTakeOver:
		if r.isPerson(path+".person", e.Person); e.From != "" {
			r.isPerson(path+".from", e.From)
		}
	case policy.DoAbsence, policy.DoDND:
		r.away(path, *made)
	case policy.DoNote:
		if r.name(path+".note", e.Note); e.Layer != "" {
			made.A = r.shift(path+".a", e.A)
		}
	case policy.DoNobody:
		if e.Reason == "" {
			r.wrong(path+".reason", "is missing: nobody needs a reason")
		}
	case policy.DoPlan:
		r.oneOf(path+".filler", e.Filler, "", "layers")
		for i, d := range e.Shifts {
			at := index(path+".shifts", i)
			r.isPerson(at+".person", d.Person)
			shift := policy.Duty{
				Person: d.Person, Start: r.instant(at+".start", d.Start, zone), End: r.instant(at+".end", d.End, zone),
			}
			r.span(at, shift.Start, shift.End)
			if shift.Start.Before(made.Start) || shift.End.After(made.End) {
				r.wrong(at, "lies outside the plan")
			}
			made.Shifts = append(made.Shifts, shift)
		}
	}
}

func (r *reader) swapping(path string, e edit, made *policy.Edit) {
	if e.Layer == "" {
		r.wrong(path+".layer", "is missing")
	}
	made.A = r.shift(path+".a", e.A)
	if made.Do == policy.DoSwap {
		made.B = r.shift(path+".b", e.B)
		return
	}
	r.isPerson(path+".person", e.Person)
}

func (r *reader) shift(path string, s *shift) policy.Shift {
	if s == nil {
		r.wrong(path, "is missing: the period of the shift")
		return policy.Shift{}
	}
	if _, err := time.Parse(time.DateOnly, s.Day); err != nil && s.Day != "" {
		r.wrong(path+".day", "is not a date like 2026-11-23")
	}
	return policy.Shift{Period: s.Period, Day: s.Day}
}

func (r *reader) rotating(path string, e edit, made *policy.Edit, rules policy.Rules) {
	if made.Effective.IsZero() {
		r.wrong(path+".effective", "is missing")
	}
	if e.Layer == "" && made.Do != policy.DoLayers && made.Do != policy.DoDeactivate {
		r.wrong(path+".layer", "is missing")
	}
	switch made.Do {
	case policy.DoDeactivate:
		r.isPerson(path+".person", e.Person)
	case policy.DoMembers:
		r.members(path+".members", e.Members)
		made.Members = e.Members
	case policy.DoAnchor:
		made.Anchor = r.anchor(path+".anchor", e.Anchor)
	case policy.DoEvery:
		made.Every, made.Unit = r.every(path+".every", e.Every)
	case policy.DoLayers:
		made.Layers = r.layers(path+".layers", e.Layers, rules)
	}
}

package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// builder makes a Roster once.
type builder struct {
	roster   *Roster
	rules    Rules
	edits    []Edit
	clock    clock
	rotas    map[string]*turns
	mistakes []error
}

func (b *builder) wrong(format string, args ...any) {
	b.mistakes = append(b.mistakes, fmt.Errorf(format, args...))
}

func (b *builder) departures() {
	for _, e := range b.edits {
		if e.Do == DoDeactivate {
			b.roster.gone = append(b.roster.gone, departure{e.Person, e.Effective.Unix()})
		}
	}
}

// change is something that happens to the layers at an instant.
type change struct {
	at   int64
	edit Edit
}

// versions walks everything that changes layers and rotations in order of effect, and leaves behind the list of versions
// and each rotation's eras.
func (b *builder) versions(first []Layer) {
	changes := b.changes(first)
	now := slices.Clone(first)
	b.publish(dawn, 0, now)
	number := 0
	for _, ch := range changes {
		switch e := ch.edit; e.Do {
		case DoLayers:
			number++
			b.relayer(&now, e.Layers, ch.at)
			b.publish(ch.at, number, now)
		case DoMembers, DoAnchor, DoEvery:
			i := slices.IndexFunc(now, func(l Layer) bool { return l.ID == e.Layer })
			if i < 0 {
				b.wrong("edit %s: unknown layer %q", e.ID, clip(e.Layer))
				continue
			}
			now[i].Rotation = edited(now[i].Rotation, e)
			b.amend(now[i], e.Do, ch.at)
		default: // somebody comes or goes
			for _, l := range now {
				b.amend(l, DoMembers, ch.at)
			}
		}
	}
}

// changes lists edits of rotations, deactivations and the bounds of terms in order of effect.
func (b *builder) changes(first []Layer) (all []change) {
	for _, e := range b.edits {
		switch e.Do {
		case DoMembers, DoAnchor, DoEvery, DoLayers, DoDeactivate:
			all = append(all, change{e.Effective.Unix(), e})
		}
		for _, l := range e.Layers {
			all = append(all, termChanges(l)...)
		}
	}
	for _, l := range first {
		all = append(all, termChanges(l)...)
	}
	slices.SortStableFunc(all, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank(), b.rank()))
	})
	return all
}

// rank orders what takes effect in one instant: who is a member and active counts for a hand-off of that very instant,
// while a moved hand-off counts from the next one on.
func (c change) rank() int {
	if c.edit.Do == DoAnchor {
		return 1
	}
	return 0
}

func termChanges(l Layer) (all []change) {
	for _, t := range l.Rotation.Terms {
		for _, at := range []time.Time{t.From, t.To} {
			if !at.IsZero() {
				all = append(all, change{at: at.Unix()})
			}
		}
	}
	return all
}

func edited(r Rotation, e Edit) Rotation {
	switch e.Do {
	case DoMembers:
		r.Members = e.Members
	case DoAnchor:
		r.Anchor = e.Anchor
	case DoEvery:
		r.Every, r.Unit = e.Every, e.Unit
	}
	return r
}

// relayer takes over a new list of layers. A layer that keeps its id keeps its rotation, and whose turn it is.
func (b *builder) relayer(now *[]Layer, next []Layer, at int64) {
	for _, l := range next {
		if b.rotas[l.ID] == nil {
			continue
		}
		var old Rotation // of a layer that comes back after a while: nothing is known to be the same
		if i := slices.IndexFunc(*now, func(old Layer) bool { return old.ID == l.ID }); i >= 0 {
			old = (*now)[i].Rotation
		}
		switch {
		case old.Anchor != l.Rotation.Anchor:
			b.amend(l, DoAnchor, at)
		case old.Every != l.Rotation.Every || old.Unit != l.Rotation.Unit:
			b.amend(l, DoEvery, at)
		default:
			b.amend(l, DoMembers, at)
		}
	}
	*now = slices.Clone(next)
}

// amend brings a layer's rotation to what the layer says now.
func (b *builder) amend(l Layer, do Do, at int64) {
	rota := b.rotas[l.ID]
	if rota == nil || l.As != "" {
		return
	}
	a := amendment{
		effective: at, do: do, list: l.Rotation.Members, live: b.alive(l, at), beat: l.Rotation,
		windows: newWindows(l.Windows), advance: l.Rotation.Advance,
	}
	var err error
	if a.anchor, err = checkRotation(l); err != nil {
		b.wrong("layer %s: %w", clip(l.ID), err)
		return
	}
	if !a.same(&rota.eras[len(rota.eras)-1]) {
		rota.amend(a, &b.clock)
	}
}

// alive says who takes turns in a layer from an instant on.
func (b *builder) alive(l Layer, at int64) func(string) bool {
	return func(member string) bool {
		for _, g := range b.roster.gone {
			if g.person == member && g.at <= at {
				return false
			}
		}
		return inTerm(l.Rotation.Terms, member, at)
	}
}

// inTerm reports whether a member without terms, or one of whose terms holds, is asked about.
func inTerm(terms []Term, member string, at int64) bool {
	dated := false
	for _, t := range terms {
		if t.Member != member {
			continue
		}
		dated = true
		if (t.From.IsZero() || t.From.Unix() <= at) && (t.To.IsZero() || at < t.To.Unix()) {
			return true
		}
	}
	return !dated
}

// publish makes a version of the layers as they are now, holiday layers first (S7).
func (b *builder) publish(from int64, number int, now []Layer) {
	v := version{from: from, number: number}
	for _, l := range now {
		if l.As == "" && b.rotas[l.ID] == nil {
			b.begin(l, from)
		}
	}
	for _, holiday := range []bool{true, false} {
		for _, l := range now {
			if (len(l.Holidays) > 0) == holiday {
				v.layers = append(v.layers, b.layer(l))
			}
		}
	}
	b.roster.versions = append(b.roster.versions, v)
}

func (b *builder) begin(l Layer, from int64) {
	anchor, err := checkRotation(l)
	if err != nil {
		b.wrong("layer %s: %w", clip(l.ID), err)
		return
	}
	rota := begin(l.Rotation, anchor, newWindows(l.Windows), b.alive(l, from), &b.clock)
	b.rotas[l.ID] = &rota
}

func (b *builder) layer(l Layer) layer {
	made := layer{
		id: l.ID, tier: max(l.Tier, 1), mode: cmp.Or(l.Mode, Replace), windows: newWindows(l.Windows),
		on: newCalendar(l.Holidays, b.rules.Holidays), lender: cmp.Or(l.As, l.ID),
	}
	if made.on != nil && len(made.windows) == 0 {
		made.windows = allDay
	}
	if made.mode != Replace && made.mode != Add {
		b.wrong("layer %s: unknown mode %q", clip(l.ID), clip(string(l.Mode)))
	}
	if made.rota = b.rotas[made.lender]; made.rota == nil && l.As != "" {
		b.wrong("layer %s: unknown layer %q", clip(l.ID), clip(l.As))
	}
	return made
}

// maxEvery bounds a rotation's length: a century of any unit but the hour.
const maxEvery = 36525

func checkRotation(l Layer) (Wall, error) {
	r := l.Rotation
	switch {
	case r.Every < 1 || r.Every > maxEvery:
		return 0, fmt.Errorf("length out of range: %d", r.Every)
	case r.Unit != Hour && r.Unit != Day && r.Unit != Week && r.Unit != Month:
		return 0, fmt.Errorf("unknown unit %q", clip(string(r.Unit)))
	case r.Advance != "" && r.Advance != EveryPeriod && r.Advance != Covered:
		return 0, fmt.Errorf("unknown advance %q", clip(string(r.Advance)))
	case len(r.Members) == 0:
		return 0, errors.New("rotation without members")
	}
	return ParseWall(r.Anchor)
}

func (b *builder) tiers() int {
	n := 0
	for _, v := range b.roster.versions {
		for _, l := range v.layers {
			n = max(n, l.tier)
		}
	}
	for _, a := range b.roster.acts {
		n = max(n, a.tier)
	}
	return n
}

package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nightbell/console"
	"nightbell/phi"
	"nightbell/policy"
)

// What stands, in the form of the API. Every view can be sent back as a body.

func momentOf(t time.Time) console.Moment {
	if t.IsZero() {
		return ""
	}
	return console.Moment(t.UTC().Format(time.RFC3339Nano))
}

func clockOf(c policy.WallClock) string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

func windowsView(list []policy.Hours) []console.WindowBody {
	out := []console.WindowBody{}
	for _, h := range list {
		out = append(out, console.WindowBody{Days: full(h.Days), Start: clockOf(h.Start), End: clockOf(h.End)})
	}
	return out
}

func holidaysView(list []policy.Holiday) []console.HolidayBody {
	out := []console.HolidayBody{}
	for _, h := range list {
		out = append(out, console.HolidayBody{
			Name: h.Name, Month: int(h.Month), Day: h.Day, Weekday: h.Weekday, Nth: h.Nth, Observed: string(h.Observed),
		})
	}
	return out
}

func flowView(f policy.Flow) []console.StepBody {
	out := []console.StepBody{}
	for _, s := range f.Steps {
		out = append(out, console.StepBody{
			Name: s.Name, Schedule: s.Schedule, Tier: s.Tier, People: s.People, Mode: string(s.Mode), Ring: int(s.For / time.Second),
			Do: string(s.Do), Queue: s.Queue, Menu: s.Menu, Prompt: s.Prompt,
		})
	}
	return out
}

func (r rulebook) clinicView(c policy.Clinic, b *policy.Book) console.ClinicView {
	v := console.ClinicView{ID: c.ID, Numbers: []string{}, Schedules: []string{}, ClinicBody: console.ClinicBody{
		Name: c.Name, Zone: c.Zone, Hours: windowsView(c.Hours), Holidays: holidaysView(c.Holidays), Open: flowView(c.Open),
		Closed: flowView(c.Closed), Greeting: c.Greeting, Announce: c.Announce, LastResort: c.LastResort, Record: c.Record,
		Suspended: c.Suspended, Fallback: c.Fallback,
	}}
	for _, n := range b.Numbers {
		if n.Clinic == c.ID {
			v.Numbers = append(v.Numbers, n.Number)
		}
	}
	for _, s := range b.Schedules {
		if s.Clinic == c.ID {
			v.Schedules = append(v.Schedules, s.ID)
		}
	}
	v.Tag, _ = r.tag(aClinic, c.ID, b)
	return v
}

func (r rulebook) personView(p policy.Person, b *policy.Book, sight console.Sight) console.PersonView {
	v := console.PersonView{
		ID: p.ID, Name: p.Name.String(), Role: p.Role, Active: p.Active, State: p.State, Devices: []string{}, Schedules: []string{},
		Edits: editsView(editsOf(p.ID, b)),
	}
	if !p.Phone.IsZero() {
		v.Phone = p.Phone.String()
	}
	if sight == console.Clear {
		v.Name, v.Phone = p.Name.Reveal(), p.Phone.Reveal()
	}
	for _, d := range b.Devices {
		if d.Person == p.ID {
			v.Devices = append(v.Devices, d.User)
		}
	}
	for _, s := range b.Schedules {
		if names(s)[p.ID] {
			v.Schedules = append(v.Schedules, s.ID)
		}
	}
	v.Reachable = len(v.Devices) > 0 || !p.Phone.IsZero()
	v.Tag, _ = r.tag(aPerson, p.ID, b)
	return v
}

// names are the people whom a schedule speaks of.
func names(s policy.Schedule) map[string]bool {
	all := map[string]bool{}
	layers := func(list []policy.Layer) {
		for _, l := range list {
			for _, m := range l.Rotation.Members {
				all[m] = true
			}
		}
	}
	layers(s.Layers)
	for _, o := range s.Overrides {
		all[o.Person] = true
	}
	for _, e := range s.Edits {
		layers(e.Layers)
		for _, m := range e.Members {
			all[m] = true
		}
		all[e.Person], all[e.Cover], all[e.From] = true, true, true
		for _, d := range e.Shifts {
			all[d.Person] = true
		}
	}
	delete(all, "")
	delete(all, policy.Nobody)
	return all
}

func layersView(list []policy.Layer) []console.LayerBody {
	out := []console.LayerBody{}
	for _, l := range list {
		out = append(out, console.LayerBody{
			ID: l.ID, Tier: l.Tier, Mode: string(l.Mode), Windows: windowsView(l.Windows), Holidays: l.Holidays, As: l.As,
			Rotation: rotationView(l.Rotation),
		})
	}
	return out
}

func rotationView(r policy.Rotation) console.RotationBody {
	v := console.RotationBody{Anchor: r.Anchor, Every: everyView(r.Every, r.Unit), Members: r.Members, Advance: string(r.Advance)}
	for _, t := range r.Terms {
		v.Terms = append(v.Terms, console.TermBody{Member: t.Member, From: momentOf(t.From), To: momentOf(t.To)})
	}
	return v
}

func everyView(n int, unit policy.Unit) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d%s", n, unit)
}

func editsView(list []policy.Edit) []console.EditView {
	out := []console.EditView{}
	undone := undoneIn(list)
	for _, e := range list {
		out = append(out, console.EditView{ID: e.ID, At: e.At, Undone: undone[e.ID], EditBody: editView(e)})
	}
	return out
}

func editView(e policy.Edit) console.EditBody {
	v := console.EditBody{
		Do: string(e.Do), Person: e.Person, From: e.From, Cover: e.Cover, Tier: e.Tier, Start: momentOf(e.Start), End: momentOf(e.End),
		Effective: momentOf(e.Effective), Layer: e.Layer, Members: e.Members, Anchor: e.Anchor, Every: everyView(e.Every, e.Unit),
		Filler: e.Filler, Of: e.Of, Note: e.Note, Reason: e.Reason,
	}
	if len(e.Layers) > 0 {
		v.Layers = layersView(e.Layers)
	}
	if e.A != (policy.Shift{}) || e.Do == policy.DoSwap || e.Do == policy.DoGive {
		v.A = shiftView(e.A)
	}
	if e.Do == policy.DoSwap {
		v.B = shiftView(e.B)
	}
	for _, d := range e.Shifts {
		v.Shifts = append(v.Shifts, console.DutyBody{Person: d.Person, Start: momentOf(d.Start), End: momentOf(d.End)})
	}
	return v
}

func shiftView(s policy.Shift) *console.ShiftBody {
	return &console.ShiftBody{Period: s.Period, Day: s.Day}
}

// undoneIn are the ids of edits that no longer count; an undo may be undone.
func undoneIn(list []policy.Edit) map[string]bool {
	undone := map[string]bool{}
	for _, e := range slices.Backward(list) {
		if e.Do == policy.DoUndo && !undone[e.ID] {
			undone[e.Of] = true
		}
	}
	return undone
}

func (r rulebook) scheduleView(s policy.Schedule, snap *policy.Snapshot) console.ScheduleView {
	v := console.ScheduleView{
		ID: s.ID, Clinic: s.Clinic, Name: s.Name, Line: s.Line, Place: s.Place, Zone: zoneOf(s, snap),
		Layers: layersView(layersNow(s)), Edits: append(overridesView(s.Overrides), editsView(s.Edits)...),
	}
	if roster := snap.Roster(s.ID); roster != nil {
		v.Tiers = roster.Tiers()
	}
	v.Tag, _ = r.tag(aSchedule, s.ID, snap.Book)
	return v
}

// overridesView shows the overrides of a plain book as the edits that they are.
func overridesView(list []policy.Override) []console.EditView {
	out := []console.EditView{}
	for _, o := range list {
		kind := o.Kind
		if kind == "" {
			kind = string(policy.DoAssign)
		}
		out = append(out, console.EditView{ID: o.ID, At: o.Created, EditBody: console.EditBody{
			Do: kind, Person: o.Person, Tier: o.Tier, Start: momentOf(o.Start), End: momentOf(o.End), Reason: o.Reason,
		}})
	}
	return out
}

func zoneOf(s policy.Schedule, snap *policy.Snapshot) string {
	if s.Zone != "" {
		return s.Zone
	}
	if c, ok := snap.Clinic(s.Clinic); ok {
		return c.Zone
	}
	return ""
}

// layersNow are the last layers known: the latest version with every later edit of a rotation in it.
func layersNow(s policy.Schedule) []policy.Layer {
	now := slices.Clone(s.Layers)
	undone := undoneIn(s.Edits)
	edits := slices.DeleteFunc(slices.Clone(s.Edits), func(e policy.Edit) bool { return undone[e.ID] })
	slices.SortStableFunc(edits, func(a, b policy.Edit) int { return a.Effective.Compare(b.Effective) })
	for _, e := range edits {
		if e.Do == policy.DoLayers {
			now = slices.Clone(e.Layers)
			continue
		}
		i := slices.IndexFunc(now, func(l policy.Layer) bool { return l.ID == e.Layer })
		if i < 0 {
			continue
		}
		switch e.Do {
		case policy.DoMembers:
			now[i].Rotation.Members = e.Members
		case policy.DoAnchor:
			now[i].Rotation.Anchor = e.Anchor
		case policy.DoEvery:
			now[i].Rotation.Every, now[i].Rotation.Unit = e.Every, e.Unit
		}
	}
	return now
}

// nameOf takes a name as it was typed; what is redacted is not a name.
func nameOf(text string) (phi.Name, bool) {
	text = strings.TrimSpace(text)
	return phi.NewName(text), text != "" && !strings.HasPrefix(text, "[phi:")
}

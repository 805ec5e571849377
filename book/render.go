package book

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"nightbell/phi"
	"nightbell/policy"
)

// Reveal says how names and telephone numbers of people are written.
type Reveal string

const (
	Redacted Reveal = "redacted" // "[phi:name]": such a file is for reading, not for applying
	Clear    Reveal = "clear"    // the caller has asked for it with a reason, and audited that
)

// Render writes a book as a file that Parse reads back to the same rules.
func Render(b *policy.Book, how Reveal) ([]byte, error) {
	f := rendered{Format: 1, CatchAll: b.CatchAll, Fallback: renderFallback(b.Fallback)}
	for _, c := range b.Clinics {
		f.Clinics = append(f.Clinics, renderClinic(c))
	}
	for _, n := range b.Numbers {
		f.Numbers = append(f.Numbers, table{"number": n.Number, "trunk": n.Trunk, "clinic": n.Clinic, "answer": string(n.Answer)}.trim())
	}
	for _, t := range b.Trunks {
		f.Trunks = append(f.Trunks, renderTrunk(t))
	}
	for _, p := range b.People {
		f.People = append(f.People, renderPerson(p, how))
	}
	for _, d := range b.Devices {
		f.Devices = append(f.Devices, table{"user": d.User, "person": d.Person, "md5_until": d.MD5Until}.trim())
	}
	for _, s := range b.Schedules {
		f.Schedules = append(f.Schedules, renderSchedule(s))
	}
	for _, e := range b.Edits {
		f.person(e)
	}
	for _, q := range b.Queues {
		f.Queues = append(f.Queues, tableOf(reflect.ValueOf(q)))
	}
	for _, l := range b.Laws {
		f.Laws = append(f.Laws, tableOf(reflect.ValueOf(l)))
	}
	f.Emergency = renderEmergency(b.Emergency)
	var out bytes.Buffer
	if err := toml.NewEncoder(&out).Encode(f); err != nil {
		return nil, fmt.Errorf("render book: %w", err)
	}
	return out.Bytes(), nil
}

// rendered is the file's form for writing: tables whose empty fields are left out.
type rendered struct {
	Format    int     `toml:"format"`
	CatchAll  string  `toml:"catch_all"`
	Fallback  table   `toml:"fallback_trunk,omitempty"`
	Clinics   []table `toml:"clinics,omitempty"`
	Numbers   []table `toml:"numbers,omitempty"`
	Trunks    []table `toml:"trunks,omitempty"`
	People    []table `toml:"people,omitempty"`
	Devices   []table `toml:"devices,omitempty"`
	Schedules []table `toml:"schedules,omitempty"`
	Absences  []table `toml:"absences,omitempty"`
	Departed  []table `toml:"deactivations,omitempty"`
	Mended    []table `toml:"corrections,omitempty"`
	Queues    []table `toml:"queues,omitempty"`
	Laws      []table `toml:"laws,omitempty"`
	Emergency table   `toml:"emergency,omitempty"`
}

type table map[string]any

// trim drops what is empty, which reads back as the same; false and 0 that mean something are written as pointers.
func (t table) trim() table {
	for k, v := range t {
		switch v := v.(type) {
		case string:
			if v == "" {
				delete(t, k)
			}
		case int:
			if v == 0 {
				delete(t, k)
			}
		case bool:
			if !v {
				delete(t, k)
			}
		case time.Time:
			if v.IsZero() {
				delete(t, k)
			}
		case []string:
			if len(v) == 0 {
				delete(t, k)
			}
		case []table:
			if len(v) == 0 {
				delete(t, k)
			}
		}
	}
	return t
}

func all[F any](list []F, render func(F) table) (made []table) {
	for _, f := range list {
		made = append(made, render(f))
	}
	return made
}

func renderClinic(c policy.Clinic) table {
	made := table{
		"id": c.ID, "name": c.Name, "zone": c.Zone, "greeting": c.Greeting, "announce": c.Announce,
		"last_resort": c.LastResort, "record": new(c.Record), "suspended": c.Suspended, "fallback": c.Fallback,
		"hours": all(c.Hours, renderHours), "holidays": all(c.Holidays, renderHoliday),
		"open": all(c.Open.Steps, renderStep), "closed": all(c.Closed.Steps, renderStep),
	}.trim()
	maps.Copy(made, tableOf(reflect.ValueOf(c.Features)))
	return made
}

// weekday names an ISO weekday as the file does; "" for none.
func weekday(d int) string {
	for name, n := range weekdays {
		if n == d {
			return name
		}
	}
	return ""
}

func renderHours(h policy.Hours) table {
	var days []string
	for _, d := range h.Days {
		days = append(days, weekday(d))
	}
	return table{"days": days, "start": h.Start.String(), "end": h.End.String()}
}

func renderHoliday(h policy.Holiday) table {
	return table{
		"name": h.Name, "month": int(h.Month), "day": h.Day, "weekday": weekday(h.Weekday), "nth": h.Nth,
		"observed": string(h.Observed),
	}.trim()
}

func renderStep(s policy.StepRule) table {
	made := table{
		"name": s.Name, "schedule": s.Schedule, "tier": s.Tier, "people": s.People, "mode": string(s.Mode),
		"do": string(s.Do), "queue": s.Queue, "menu": s.Menu, "prompt": s.Prompt,
	}
	if s.For > 0 {
		made["ring"] = s.For.String()
	}
	return made.trim()
}

func renderTrunk(t policy.Trunk) table {
	var addresses []string
	for _, a := range t.Identity.Addresses {
		addresses = append(addresses, a.String())
	}
	made := table{
		"id": t.ID, "name": t.Name, "certificate": t.Identity.CertNames, "certificate_roots": t.Identity.CertRoots,
		"addresses": addresses, "digest": t.Identity.Digest, "suites": t.Suites, "number_from": t.NumberFrom,
		"caller": t.Caller, "country": t.Country, "max_calls": t.MaxCalls, "max_rate": t.MaxRate, "advertised": t.Advertised,
		"exceptions": all(t.Exceptions, func(e policy.Exception) table {
			return table{"scope": e.Scope, "until": e.Until, "reason": e.Reason}
		}),
	}
	if t.Carrier != nil {
		made["carrier"] = tableOf(reflect.ValueOf(*t.Carrier))
	}
	return made.trim()
}

func renderPerson(p policy.Person, how Reveal) table {
	made := table{"id": p.ID, "role": p.Role, "active": new(p.Active), "state": p.State}
	if how == Clear {
		made["name"], made["phone"] = p.Name.Reveal(), p.Phone.Reveal()
		return made.trim()
	}
	made["name"] = fmt.Sprint(p.Name)
	if p.Phone != (phi.Phone{}) {
		made["phone"] = fmt.Sprint(p.Phone)
	}
	return made.trim()
}

func renderSchedule(s policy.Schedule) table {
	return table{
		"id": s.ID, "clinic": s.Clinic, "name": s.Name, "line": s.Line, "place": s.Place, "zone": s.Zone,
		"layers": all(s.Layers, renderLayer),
		"overrides": all(s.Overrides, func(o policy.Override) table {
			return table{
				"id": o.ID, "kind": o.Kind, "person": o.Person, "tier": o.Tier, "start": o.Start, "end": o.End,
				"created": o.Created, "reason": o.Reason,
			}.trim()
		}),
		"edits": all(s.Edits, renderEdit),
	}.trim()
}

func renderLayer(l policy.Layer) table {
	made := table{
		"id": l.ID, "tier": l.Tier, "mode": string(l.Mode), "windows": all(l.Windows, renderHours),
		"holidays": l.Holidays, "as": l.As,
	}
	if l.As == "" {
		made["rotation"] = renderRotation(l.Rotation)
	}
	return made.trim()
}

func renderRotation(r policy.Rotation) table {
	return table{
		"anchor": local(r.Anchor), "every": length(r.Every, r.Unit), "members": r.Members, "advance": string(r.Advance),
		"terms": all(r.Terms, func(t policy.Term) table {
			return table{"member": t.Member, "from": t.From, "to": t.To}.trim()
		}),
	}.trim()
}

func length(n int, u policy.Unit) string { return fmt.Sprintf("%d%s", n, u) }

// local writes a wall time as a TOML local date-time; one that cannot be read stays out, and Parse names it missing.
func local(s string) any {
	t, err := time.Parse("2006-01-02T15:04:05", s)
	if err != nil {
		return ""
	}
	return toml.LocalDateTime{
		LocalDate: toml.LocalDate{Year: t.Year(), Month: int(t.Month()), Day: t.Day()},
		LocalTime: toml.LocalTime{Hour: t.Hour(), Minute: t.Minute(), Second: t.Second()},
	}
}

func renderEdit(e policy.Edit) table {
	made := table{
		"id": e.ID, "at": e.At, "do": string(e.Do), "person": e.Person, "from": e.From, "cover": e.Cover, "tier": e.Tier, "start": e.Start,
		"end": e.End, "effective": e.Effective, "layer": e.Layer, "members": e.Members, "anchor": local(e.Anchor),
		"layers": all(e.Layers, renderLayer), "filler": e.Filler, "of": e.Of, "reason": e.Reason, "note": e.Note,
		"shifts": all(e.Shifts, func(d policy.Duty) table {
			return table{"person": d.Person, "start": d.Start, "end": d.End}
		}),
	}
	if e.Every > 0 {
		made["every"] = length(e.Every, e.Unit)
	}
	if slices.Contains([]policy.Do{policy.DoSwap, policy.DoGive}, e.Do) || e.Do == policy.DoNote && e.Layer != "" {
		made["a"] = renderShift(e.A)
	}
	if e.Do == policy.DoSwap {
		made["b"] = renderShift(e.B)
	}
	return made.trim()
}

func renderShift(s policy.Shift) table {
	return table{"period": s.Period, "day": strings.TrimSpace(s.Day)}.trim()
}

// person writes an edit of people to the list it stands in.
func (f *rendered) person(e policy.Edit) {
	made := table{
		"id": e.ID, "at": e.At, "person": e.Person, "cover": e.Cover, "start": e.Start, "end": e.End, "effective": e.Effective,
		"of": e.Of, "reason": e.Reason,
	}.trim()
	switch e.Do {
	case policy.DoDND:
		made["do"] = string(e.Do)
		f.Absences = append(f.Absences, made)
	case policy.DoAbsence:
		f.Absences = append(f.Absences, made)
	case policy.DoDeactivate:
		f.Departed = append(f.Departed, made)
	default:
		made["do"] = string(e.Do)
		f.Mended = append(f.Mended, made)
	}
}

package book

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"nightbell/policy"
)

// House is how the file names the location that stands for every device without one of its own.
const House = "house"

// emergency takes the house's own location from the name it has in the file.
func (r *reader) emergency(path string, e policy.EmergencyLine) policy.EmergencyLine {
	if l, ok := e.Locations[House]; ok {
		delete(e.Locations, House)
		e.Locations[""] = l
	}
	e.CallBack = r.telephone(path+".call_back", e.CallBack)
	return e
}

// carrier checks a trunk's outbound side.
func (r *reader) carrier(path string, t policy.Trunk) {
	c := t.Carrier
	if c == nil {
		return
	}
	r.theirs(path, policy.CheckCarrier(t))
	if c.Roots != "" && !roots(c.Roots) {
		r.wrong(path+".roots", "is not a list of PEM certificates")
	}
	if !c.MD5Until.IsZero() {
		r.until(path+".md5_until", c.MD5Until)
	}
}

// theirs reports what policy finds, with the path of where it was looking.
func (r *reader) theirs(path string, found policy.Mistakes) {
	for _, m := range found {
		r.wrong(within(path, m.Field), "%s", m.Text)
	}
}

// within puts a path before a field; a list's field begins with its index.
func within(path, f string) string {
	if f == "" || path == "" || strings.HasPrefix(f, "[") {
		return path + f
	}
	return path + "." + f
}

// calls checks what is said of calls, once the whole book is there.
func (r *reader) calls(b *policy.Book) {
	for i := range b.Queues {
		r.theirs(index("queues", i), policy.CheckQueue(b.Queues[i], b))
	}
	once := map[string]bool{}
	for i, q := range b.Queues {
		if once[q.ID] && q.ID != "" {
			r.wrong(index("queues", i)+".id", "stands already")
		}
		once[q.ID] = true
	}
	r.theirs("", policy.CheckLaws(b.Laws))
	r.theirs("emergency", renamed(policy.CheckEmergency(b.Emergency, b)))
	for i := range b.Clinics {
		c := &b.Clinics[i]
		if plainRinging(c) {
			continue
		}
		path := index("clinics", i)
		r.theirs(path, policy.CheckFeatures(*c, b, nil))
		for _, w := range policy.CallWarnings(*c, b, nil) {
			r.warn(within(path, w.Field), "%s", w.Text)
		}
	}
	for _, w := range policy.HouseWarnings(b) {
		r.warn(w.Field, "%s", w.Text)
	}
}

// renamed gives the house's location the name it has in the file.
func renamed(m policy.Mistakes) policy.Mistakes {
	for i := range m {
		if rest, own := strings.CutPrefix(m[i].Field, "locations."); own && (rest == "" || rest[0] == '.') {
			m[i].Field = "locations." + House + rest
		}
	}
	return m
}

// plainRinging reports a clinic of before: it has flows that ring, and nothing else.
func plainRinging(c *policy.Clinic) bool {
	rings := func(s policy.StepRule) bool { return s.Do == "" || s.Do == policy.Ring }
	all := slices.Concat(c.Open.Steps, c.Closed.Steps)
	return reflect.ValueOf(c.Features).IsZero() && !slices.ContainsFunc(all, func(s policy.StepRule) bool { return !rings(s) })
}

// ringing reads how long a step rings.
func (r *reader) ringing(path, text string) time.Duration {
	ring, err := time.ParseDuration(text)
	if err != nil || ring < time.Second || ring > maxRing {
		r.wrong(path, "is not a time from 1s to %s", maxRing)
	}
	return ring
}

func renderEmergency(e policy.EmergencyLine) table {
	if reflect.ValueOf(e).IsZero() {
		return nil
	}
	made := tableOf(reflect.ValueOf(e))
	if all, ok := made["locations"].(table); ok {
		if own, ok := all[""]; ok {
			delete(all, "")
			all[House] = own
		}
	}
	return made
}

// houseDiff names what differs of the laws and of the way of 911.
func houseDiff(old, new *policy.Book) (all []Change) {
	all = compare("queue", old.Queues, new.Queues, func(q policy.Queue) string { return q.ID })
	all = append(all, compare("law", old.Laws, new.Laws, func(l policy.ConsentLaw) string { return l.State })...)
	w := walk{of: "emergency", id: "line"}
	w.values("", reflect.ValueOf(old.Emergency), reflect.ValueOf(new.Emergency))
	return append(all, w.found...)
}

// pointers compares what two pointers lead to.
func (w *walk) pointers(path string, a, b reflect.Value) {
	switch {
	case a.IsNil():
		w.note(path, "", "added")
	case b.IsNil():
		w.note(path, "stood", "")
	default:
		w.values(path, a.Elem(), b.Elem())
	}
}

// maps compares two tables key by key.
func (w *walk) maps(path string, a, b reflect.Value) {
	names := map[string]bool{}
	for _, m := range []reflect.Value{a, b} {
		for _, k := range m.MapKeys() {
			names[k.String()] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for k := range names {
		sorted = append(sorted, k)
	}
	slices.Sort(sorted)
	for _, k := range sorted {
		at := join(path, k)
		x, y := a.MapIndex(reflect.ValueOf(k)), b.MapIndex(reflect.ValueOf(k))
		switch {
		case !x.IsValid():
			w.note(at, "", fmt.Sprintf("added %s", plain(k)))
		case !y.IsValid():
			w.note(at, "stood", "")
		default:
			w.values(at, x, y)
		}
	}
}

// features brings a clinic's telephone numbers into E.164; the rest is checked when the whole book is there.
func (r *reader) features(path string, f policy.Features) policy.Features {
	f.Interpreter = r.telephone(path+".interpreter", f.Interpreter)
	f.Fax = r.telephone(path+".fax", f.Fax)
	f.CallerID = r.telephone(path+".caller_id", f.CallerID)
	f.Closing = r.telephone(path+".closing", f.Closing)
	return f
}
